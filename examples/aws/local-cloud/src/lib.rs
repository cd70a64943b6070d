//! The pipeline on one machine, with real parts.
//!
//! | in AWS | here |
//! |---|---|
//! | S3 | [`s3`]: s3s-fs behind HTTP, with signatures, `If-None-Match` and notifications |
//! | Lambda | [`lambda`]: the real binaries behind a Runtime API; two retries, dead letters |
//! | SageMaker | [`sagemaker`]: the real container's binary behind its two calls |
//! | Elastic Beanstalk | the real `web` binary |
//! | CloudWatch Logs | a file for each process |
//!
//! [`Cloud`] starts all of it and can make it fail ([`faults`]).

mod children;
mod cloud;
pub mod faults;
pub mod lambda;
pub mod s3;
pub mod sagemaker;
mod settings;

pub use cloud::Cloud;
pub use settings::{Mode, Settings};
