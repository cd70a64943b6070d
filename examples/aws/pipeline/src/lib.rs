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
//! [`event`] parses S3's notifications, [`name`] gives a recording the [`RecordingId`] under which
//! all of its results are stored, [`Store`] reads and writes objects, [`Problem`] says whether a
//! retry can help, and [`run`] drives a [`Stage`] as a Lambda function with [`logs`] and metrics.

pub mod event;
pub mod features;
pub mod json_api;
mod lambda;
pub mod logs;
pub mod name;
mod problem;
pub mod settings;
mod store;
mod text;

pub use event::Object;
pub use features::Features;
pub use lambda::{Done, Stage, Work, run};
pub use name::RecordingId;
pub use problem::Problem;
pub use store::{Store, Written, sdk_config};
pub use text::shorten;
