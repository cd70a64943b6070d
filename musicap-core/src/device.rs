//! Where a model runs.

use std::str::FromStr;

use crate::error::{Error, Result};

/// A device that models run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Device {
    /// The processor, by Burn's Flex backend (cargo feature `flex`, on by default).
    #[default]
    Cpu,
    /// The processor, by Burn's older ndarray backend (cargo feature `ndarray`). The captions
    /// are the same and come more slowly.
    Ndarray,
}

impl Device {
    /// Burn's handle of the device.
    ///
    /// # Errors
    /// [`Error::DeviceUnavailable`] if this build does not have the device's backend.
    pub fn to_burn(self) -> Result<burn::tensor::Device> {
        match self {
            #[cfg(feature = "flex")]
            Device::Cpu => Ok(burn::tensor::Device::flex()),
            // Deprecated by Burn in favour of Flex, and kept for comparison as long as it is there.
            #[cfg(feature = "ndarray")]
            #[allow(deprecated)]
            Device::Ndarray => Ok(burn::tensor::Device::ndarray()),
            #[allow(unreachable_patterns)]
            other => {
                let feature = if other == Device::Cpu { "flex" } else { "ndarray" };
                let reason = format!("this build lacks the cargo feature \"{feature}\"");
                Err(Error::DeviceUnavailable { device: other.to_string(), reason })
            }
        }
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Device::Cpu => "cpu",
            Device::Ndarray => "ndarray",
        })
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "cpu" => Ok(Device::Cpu),
            "ndarray" => Ok(Device::Ndarray),
            "gpu" | "cuda" => Err(Error::DeviceUnavailable {
                device: name.to_owned(),
                reason: "this version of musicap has no GPU backend yet; use cpu".into(),
            }),
            other => Err(Error::option("device", other, "cpu or ndarray")),
        }
    }
}
