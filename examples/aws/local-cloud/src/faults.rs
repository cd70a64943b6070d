//! Failures on purpose.

use std::sync::Mutex;

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Reading objects: S3 answers 503 SlowDown.
    Get,
    /// Writing objects: S3 answers 503 SlowDown.
    Put,
    /// Reading objects: the connection breaks half-way.
    CutGet,
    /// Invoking the endpoint: SageMaker answers 429 ThrottlingException.
    Throttle,
}

/// The failures that are to come.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Planned>>);

#[derive(Debug)]
struct Planned {
    fault: Fault,
    part: String,
    times: usize,
    struck: usize,
}

impl Faults {
    /// Lets the next `times` requests fail that have `part` in their path.
    pub fn plan(&self, fault: Fault, part: &str, times: usize) {
        let part = part.to_owned();
        self.0.lock().expect("no panic here").push(Planned { fault, part, times, struck: 0 });
    }

    /// How many planned failures of this kind have happened.
    pub fn struck(&self, fault: Fault) -> usize {
        let planned = self.0.lock().expect("no panic here");
        planned.iter().filter(|planned| planned.fault == fault).map(|planned| planned.struck).sum()
    }

    /// Whether the request at `path` is to fail.
    pub(crate) fn strikes(&self, fault: Fault, path: &str) -> bool {
        let mut planned = self.0.lock().expect("no panic here");
        let next = planned.iter_mut().find(|planned| {
            planned.fault == fault && planned.struck < planned.times && path.contains(&planned.part)
        });
        next.map(|planned| planned.struck += 1).is_some()
    }
}
