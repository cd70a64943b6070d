//! Where a model runs.

#[cfg(feature = "cuda")]
mod cuda;
#[cfg(any(feature = "wgpu", feature = "cuda"))]
mod tuning;
#[cfg(feature = "wgpu")]
mod wgpu;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;

use crate::error::{Error, Result, one_line};

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
    /// A GPU through Vulkan, Metal or DirectX 12 (cargo feature `wgpu`): the adapter of this
    /// number among [`adapters`], or the first that is no program on the processor, a discrete
    /// one if there is any.
    Gpu(Option<usize>),
    /// An NVIDIA GPU through CUDA (cargo feature `cuda`): the one of this number, or the first.
    Cuda(Option<usize>),
    /// The first of CUDA, GPU and processor that there is.
    Auto,
}

/// A GPU, or a program that passes for one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adapter {
    /// How it is asked for.
    pub device: Device,
    /// What the driver calls it.
    pub name: String,
    /// How it is reached: `Vulkan`, `Metal`, `Dx12` or `CUDA`.
    pub backend: String,
    /// What it is.
    pub kind: AdapterKind,
    /// Whether it computes in half precision.
    pub half: bool,
    /// Bytes of its memory, if they are known.
    pub memory: Option<u64>,
}

/// What an [`Adapter`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdapterKind {
    /// A card with memory of its own.
    Discrete,
    /// Part of the processor.
    Integrated,
    /// A share of a card, in a virtual machine.
    Virtual,
    /// A program on the processor, slower than [`Device::Cpu`].
    Software,
    /// The driver does not say.
    Unknown,
}

/// What opening a device gives.
pub(crate) struct Opened {
    /// Never [`Device::Auto`].
    pub device: Device,
    pub burn: burn::tensor::Device,
    /// If it is a GPU.
    pub gpu: Option<Gpu>,
}

/// What there is to know of a GPU that has been opened.
#[cfg_attr(not(any(feature = "wgpu", feature = "cuda")), allow(dead_code))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gpu {
    pub half: bool,
    pub memory: Option<u64>,
    /// The most bytes of one tensor.
    pub largest: u64,
}

/// The GPUs that this build can use. It never fails: where there are no drivers the list is
/// empty.
pub fn adapters() -> Vec<Adapter> {
    #[allow(unused_mut)]
    let mut adapters: Vec<Adapter> = Vec::new();
    #[cfg(feature = "cuda")]
    adapters.extend(cuda::adapters());
    #[cfg(feature = "wgpu")]
    adapters.extend(wgpu::adapters());
    adapters
}

impl Device {
    /// Burn's handle of the device.
    ///
    /// # Errors
    /// [`Error::DeviceUnavailable`] if this build does not have the device's backend, or this
    /// machine no such device.
    pub fn to_burn(self) -> Result<burn::tensor::Device> {
        Ok(self.open()?.burn)
    }

    /// The device that [`Device::Auto`] stands for, and what to tell if it is the processor; any
    /// other device as it is.
    pub fn resolve(self) -> (Device, Option<String>) {
        if self != Device::Auto {
            return (self, None);
        }
        let mut reasons: Vec<String> = Vec::new();
        for device in [Device::Cuda(None), Device::Gpu(None)] {
            match device.open() {
                Ok(_) => return (device, None),
                Err(Error::DeviceUnavailable { device, reason }) => {
                    reasons.push(format!("{device}: {reason}"));
                }
                Err(other) => reasons.push(other.to_string()),
            }
        }
        let note = format!("the processor computes, as there is no GPU ({})", reasons.join("; "));
        (Device::Cpu, Some(note))
    }

    pub(crate) fn open(self) -> Result<Opened> {
        let unavailable =
            |reason: String| Error::DeviceUnavailable { device: self.to_string(), reason };
        let opened = |burn| Ok(Opened { device: self, burn, gpu: None });
        match self {
            Device::Auto => self.resolve().0.open(),
            #[cfg(feature = "flex")]
            Device::Cpu => opened(burn::tensor::Device::flex()),
            // Deprecated by Burn in favour of Flex, and kept for comparison as long as it is there.
            #[cfg(feature = "ndarray")]
            #[allow(deprecated)]
            Device::Ndarray => opened(burn::tensor::Device::ndarray()),
            #[cfg(feature = "wgpu")]
            Device::Gpu(number) => {
                let (burn, gpu) = wgpu::open(number).map_err(unavailable)?;
                Ok(Opened { device: self, burn, gpu: Some(gpu) })
            }
            #[cfg(feature = "cuda")]
            Device::Cuda(number) => {
                let (burn, gpu) = cuda::open(number.unwrap_or(0)).map_err(unavailable)?;
                Ok(Opened { device: self, burn, gpu: Some(gpu) })
            }
            #[allow(unreachable_patterns)]
            _ => {
                let feature = match self {
                    Device::Ndarray => "ndarray",
                    Device::Gpu(_) => "wgpu",
                    Device::Cuda(_) => "cuda",
                    _ => "flex",
                };
                let _ = opened;
                Err(unavailable(format!("this build lacks the cargo feature \"{feature}\"")))
            }
        }
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Device::Cpu => f.pad("cpu"),
            Device::Ndarray => f.pad("ndarray"),
            Device::Gpu(None) => f.pad("gpu"),
            Device::Gpu(Some(number)) => f.pad(&format!("gpu:{number}")),
            Device::Cuda(None) => f.pad("cuda"),
            Device::Cuda(Some(number)) => f.pad(&format!("cuda:{number}")),
            Device::Auto => f.pad("auto"),
        }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let wrong = || {
            let known = "cpu, gpu, cuda, auto or ndarray, and gpu:1 is the second adapter";
            Error::option("device", name, known)
        };
        let (kind, number) = match name.split_once(':') {
            Some((kind, number)) => (kind, Some(number.parse::<u16>().map_err(|_| wrong())?)),
            None => (name, None),
        };
        match (kind, number.map(usize::from)) {
            ("cpu", None) => Ok(Device::Cpu),
            ("ndarray", None) => Ok(Device::Ndarray),
            ("auto", None) => Ok(Device::Auto),
            ("gpu", number) => Ok(Device::Gpu(number)),
            ("cuda", number) => Ok(Device::Cuda(number)),
            _ => Err(wrong()),
        }
    }
}

impl std::fmt::Display for AdapterKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            AdapterKind::Discrete => "discrete",
            AdapterKind::Integrated => "integrated",
            AdapterKind::Virtual => "virtual",
            AdapterKind::Software => "software",
            AdapterKind::Unknown => "unknown",
        })
    }
}

/// Does `work`, in which Burn may panic where a driver fails or memory runs out.
///
/// # Errors
/// What the panic says, in one line.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
        one_line(message.unwrap_or("the backend failed"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_devices_stand_for_each_other() {
        for name in ["cpu", "ndarray", "gpu", "gpu:0", "gpu:12", "cuda", "cuda:1", "auto"] {
            assert_eq!(Device::from_str(name).unwrap().to_string(), name);
        }
        for wrong in ["", "GPU", "gpu:", "gpu:-1", "gpu:x", "cpu:0", "gpu:99999999999", "tpu"] {
            let refused = Device::from_str(wrong).unwrap_err().to_string();
            assert!(refused.contains("gpu:1 is the second adapter"), "{refused}");
        }
    }

    #[cfg(not(any(feature = "wgpu", feature = "cuda")))]
    #[test]
    fn a_build_without_gpu_backends_says_which_feature_is_missing() {
        assert!(adapters().is_empty());
        for (device, feature) in [(Device::Gpu(None), "wgpu"), (Device::Cuda(Some(1)), "cuda")] {
            let refused = device.to_burn().unwrap_err().to_string();
            assert!(refused.contains(&format!("\"{feature}\"")), "{refused}");
        }
        let (device, note) = Device::Auto.resolve();
        assert_eq!(device, Device::Cpu);
        assert!(note.unwrap().contains("\"wgpu\""));
    }
}
