//! The pipeline on one machine: the binaries that are deployed, with local servers in place of AWS.
//!
//! | in AWS | here |
//! |---|---|
//! | S3 | [`s3`]: s3s-fs behind HTTP, with signatures, `If-None-Match` and notifications |
//! | Lambda | [`lambda`]: the Runtime API, two retries, dead letters |
//! | SageMaker | [`sagemaker`]: the APIs for endpoints and jobs in front of the container's program |
//! | Secrets Manager | [`secrets`]: one call |
//! | CloudWatch Logs | a file for each process |
//!
//! [`Cloud`] starts all of it, can inject failures ([`faults`]) and records the calls that each part
//! makes ([`calls`]). Browsers are kept from everything but the page and its uploads
//! ([`loopback`]).

pub mod calls;
mod children;
mod cloud;
pub mod faults;
pub mod lambda;
pub mod loopback;
pub mod s3;
pub mod sagemaker;
pub mod secrets;
mod settings;

pub use cloud::Cloud;
pub use settings::{Mode, Settings};
