//! What the stages of the pipeline share.
//!
//! ```text
//! uploads/incoming/… ─► ingest ─► features/ID.json and ID.npy
//!                                             │
//!           captions/ID.json ◄─ caption ◄─────┘
//!                   │
//!                   └─► summarize ─► summaries/ID.json
//! ```
//!
//! [`event`] reads what S3 announces, [`name`] gives a recording the [`RecordingId`] under which
//! all of its results are filed, [`Store`] reads and writes objects, [`Problem`] tells what is
//! worth a retry, and [`run`] drives a [`Stage`] as a Lambda with [`logs`] and metrics.

pub mod event;
pub mod features;
mod lambda;
pub mod logs;
pub mod name;
mod problem;
pub mod settings;
mod store;

pub use event::Object;
pub use features::Features;
pub use lambda::{Done, Stage, Work, run};
pub use name::RecordingId;
pub use problem::Problem;
pub use store::{Store, Written, sdk_config};
