//! Injected failures.

use std::sync::Mutex;

/// A kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Reading an object: S3 answers 503 SlowDown.
    Get,
    /// Writing an object: S3 answers 503 SlowDown.
    Put,
    /// Reading an object: the connection breaks half-way.
    CutGet,
    /// Invoking the endpoint: SageMaker answers 429 ThrottlingException.
    Throttle,
}

/// The planned failures.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Planned>>);

#[derive(Debug)]
struct Planned {
    fault: Fault,
    path_part: String,
    times: usize,
    injected: usize,
}

impl Faults {
    /// Makes the next `times` requests fail whose path contains `path_part`.
    pub fn plan(&self, fault: Fault, path_part: &str, times: usize) {
        let path_part = path_part.to_owned();
        let planned = Planned { fault, path_part, times, injected: 0 };
        self.0.lock().expect("not poisoned").push(planned);
    }

    /// How many failures of this kind have been injected.
    pub fn injected(&self, fault: Fault) -> usize {
        let planned = self.0.lock().expect("not poisoned");
        let of_kind = planned.iter().filter(|planned| planned.fault == fault);
        of_kind.map(|planned| planned.injected).sum()
    }

    /// Whether the request at `path` has to fail. Counts the failure.
    pub(crate) fn inject(&self, fault: Fault, path: &str) -> bool {
        let mut planned = self.0.lock().expect("not poisoned");
        let next = planned.iter_mut().find(|planned| {
            planned.fault == fault
                && planned.injected < planned.times
                && path.contains(&planned.path_part)
        });
        next.map(|planned| planned.injected += 1).is_some()
    }
}
