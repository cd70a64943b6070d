//! Injected failures: planned ones, and random ones that are the same for the same seed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::time::Duration;

/// A kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Reading an object: S3 answers 503 SlowDown.
    Get,
    /// Asking for an object's size: S3 answers 503 SlowDown.
    Head,
    /// Writing an object: S3 answers 503 SlowDown.
    Put,
    /// Writing an object: S3 has written it and answers 500 InternalError.
    LostAnswer,
    /// Reading an object: the connection breaks half-way.
    CutGet,
    /// A request of S3's takes up to [`MAX_DELAY`] longer.
    Slow,
    /// The event of a new object arrives up to [`MAX_DELAY`] later.
    LateEvent,
    /// The event of a new object arrives twice.
    RepeatedEvent,
    /// Invoking the endpoint: SageMaker answers 429 ThrottlingException.
    Throttle,
    /// The endpoint's container is killed within [`MAX_DELAY`] after a request has arrived.
    KillContainer,
    /// A function's process is killed within [`MAX_DELAY`] after it has taken an event.
    KillFunction,
}

/// The longest delay of a random failure.
pub const MAX_DELAY: Duration = Duration::from_millis(1500);

/// The failures to inject.
#[derive(Debug, Default)]
pub struct Faults {
    planned: Mutex<Vec<Planned>>,
    random: Mutex<Random>,
}

#[derive(Debug)]
struct Planned {
    fault: Fault,
    path_part: String,
    times: usize,
    injected: usize,
}

#[derive(Debug, Default)]
struct Random {
    seed: u64,
    probabilities: Vec<(Fault, f64)>,
    /// How often each request has been made: the same request fails or succeeds by its number.
    requests: HashMap<(Fault, String), u64>,
    injected: HashMap<Fault, usize>,
}

impl Faults {
    /// Makes the next `times` requests fail whose path contains `path_part`.
    pub fn plan(&self, fault: Fault, path_part: &str, times: usize) {
        let path_part = path_part.to_owned();
        let planned = Planned { fault, path_part, times, injected: 0 };
        self.planned.lock().expect("not poisoned").push(planned);
    }

    /// Makes requests fail with these probabilities. Whether the n-th request for a path fails
    /// depends only on the seed, not on the order of requests for different paths. No
    /// probabilities end it.
    pub fn randomize(&self, seed: u64, probabilities: &[(Fault, f64)]) {
        let mut random = self.random.lock().expect("not poisoned");
        random.seed = seed;
        random.probabilities = probabilities.to_vec();
    }

    /// How many failures of this kind have been injected.
    pub fn injected(&self, fault: Fault) -> usize {
        let planned = self.planned.lock().expect("not poisoned");
        let of_kind = planned.iter().filter(|planned| planned.fault == fault);
        let random = self.random.lock().expect("not poisoned");
        let random = random.injected.get(&fault).copied().unwrap_or_default();
        of_kind.map(|planned| planned.injected).sum::<usize>() + random
    }

    /// Whether the request at `path` has to fail. Counts the failure.
    pub(crate) fn inject(&self, fault: Fault, path: &str) -> bool {
        let mut planned = self.planned.lock().expect("not poisoned");
        let next = planned.iter_mut().find(|planned| {
            planned.fault == fault
                && planned.injected < planned.times
                && path.contains(&planned.path_part)
        });
        if let Some(planned) = next {
            planned.injected += 1;
            return true;
        }
        drop(planned);
        self.delay(fault, path).is_some()
    }

    /// How long after the request at `path` a random failure happens, if one does. Counts it.
    pub(crate) fn delay(&self, fault: Fault, path: &str) -> Option<Duration> {
        let mut random = self.random.lock().expect("not poisoned");
        let (_, probability) = *random.probabilities.iter().find(|(of, _)| *of == fault)?;
        let number = random.requests.entry((fault, path.to_owned())).or_default();
        *number += 1;
        let mut hasher = DefaultHasher::new();
        (*number, random.seed, fault, path).hash(&mut hasher);
        let hash = hasher.finish();
        if (hash >> 32) as f64 / (1_u64 << 32) as f64 >= probability {
            return None;
        }
        *random.injected.entry(fault).or_default() += 1;
        Some(MAX_DELAY.mul_f64((hash & 0xffff) as f64 / 65_536.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_failures_depend_on_the_seed_and_not_on_the_order_of_requests() {
        let paths: Vec<String> = (0..500).map(|number| format!("bucket/{number}")).collect();
        let failed = |seed, order: &mut dyn Iterator<Item = &String>| {
            let faults = Faults::default();
            faults.randomize(seed, &[(Fault::Get, 0.1)]);
            let mut failed: Vec<String> =
                order.filter(|path| faults.inject(Fault::Get, path)).cloned().collect();
            assert_eq!(faults.injected(Fault::Get), failed.len());
            failed.sort();
            failed
        };
        let first = failed(1, &mut paths.iter());
        assert!((20..100).contains(&first.len()), "{} of 500", first.len());
        assert_eq!(failed(1, &mut paths.iter().rev()), first);
        assert_ne!(failed(2, &mut paths.iter()), first);
    }
}
