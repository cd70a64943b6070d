//! Where a model runs.

#[cfg(feature = "cuda")]
mod cuda;
#[cfg(any(feature = "wgpu", feature = "cuda"))]
mod tuning;
#[cfg(feature = "wgpu")]
mod wgpu;

use std::str::FromStr;
use std::sync::OnceLock;

use crate::error::{Error, Result};

/// A device that models run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Device {
    /// The CPU, through Burn's Flex backend (cargo feature `flex`, on by default). In a build with
    /// `ndarray` and without `flex` it is [`Ndarray`](Self::Ndarray).
    #[default]
    Cpu,
    /// The CPU, through Burn's older ndarray backend (cargo feature `ndarray`). It produces the
    /// same captions more slowly.
    Ndarray,
    /// A GPU through Vulkan, Metal or DirectX 12 (cargo feature `wgpu`): the adapter of this
    /// number among [`adapters`], or the first that is not a software renderer, preferring
    /// discrete cards.
    Gpu(Option<usize>),
    /// An NVIDIA GPU through CUDA (cargo feature `cuda`): the one of this number, or the first.
    Cuda(Option<usize>),
    /// The first available of CUDA, GPU and CPU.
    Auto,
}

/// A GPU, or a software renderer presented as one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adapter {
    /// The device to pass to [`LoadOptions::with_device`](crate::LoadOptions::with_device).
    pub device: Device,
    /// Its name according to the driver.
    pub name: String,
    /// The API: `Vulkan`, `Metal`, `Dx12` or `CUDA`.
    pub backend: String,
    /// The kind of adapter.
    pub kind: AdapterKind,
    /// Whether it computes in half precision.
    pub half: bool,
    /// Its memory in bytes, if known.
    pub memory: Option<u64>,
}

/// The kind of an [`Adapter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdapterKind {
    /// A card with its own memory.
    Discrete,
    /// Integrated into the CPU.
    Integrated,
    /// A share of a card, in a virtual machine.
    Virtual,
    /// A software renderer on the CPU, slower than [`Device::Cpu`].
    Software,
    /// The driver does not say.
    Unknown,
}

/// What opening a device gives.
pub(crate) struct Opened {
    /// Never [`Device::Auto`], a GPU by its number, whatever it was asked for by, and
    /// [`Device::Ndarray`] for the processor without Flex.
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

/// The GPUs that this build can use; empty if there are no drivers.
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
    /// Checks that this build and this machine have the device.
    ///
    /// # Errors
    /// [`Error::DeviceUnavailable`] says what is missing.
    pub fn check(self) -> Result<()> {
        self.open().map(drop)
    }

    /// Burn's handle of the device.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub(crate) fn to_burn(self) -> Result<burn::tensor::Device> {
        Ok(self.open()?.burn)
    }

    /// Any device that this build and machine have, the processor first.
    ///
    /// # Errors
    /// [`Error::DeviceUnavailable`] if there is none.
    pub(crate) fn any() -> Result<burn::tensor::Device> {
        let devices = [Device::Cpu, Device::Cuda(None), Device::Gpu(None)];
        let mut opened = devices.into_iter().map(Device::to_burn);
        let first = opened.next().unwrap_or_else(|| Device::Cpu.to_burn());
        first.or_else(|error| opened.find_map(Result::ok).ok_or(error))
    }

    /// The device that [`Device::Auto`] stands for, and a note if it is the processor; any other
    /// device unchanged.
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
        let note = format!("using the CPU because there is no GPU ({})", reasons.join("; "));
        (Device::Cpu, Some(note))
    }

    pub(crate) fn open(self) -> Result<Opened> {
        let unavailable =
            |reason: String| Error::DeviceUnavailable { device: self.to_string(), reason };
        #[cfg(any(feature = "flex", feature = "ndarray"))]
        let opened = |burn| Ok(Opened { device: self, burn, gpu: None });
        match self {
            Device::Auto => self.resolve().0.open(),
            #[cfg(feature = "flex")]
            Device::Cpu => opened(burn::tensor::Device::flex()),
            #[cfg(all(feature = "ndarray", not(feature = "flex")))]
            Device::Cpu => Device::Ndarray.open(),
            // Deprecated by Burn in favour of Flex, and kept for comparison as long as it is there.
            #[cfg(feature = "ndarray")]
            #[allow(deprecated)]
            Device::Ndarray => opened(burn::tensor::Device::ndarray()),
            #[cfg(feature = "wgpu")]
            Device::Gpu(number) => {
                GpuProcess::claim().map_err(unavailable)?;
                let (number, burn, gpu) = wgpu::open(number).map_err(unavailable)?;
                Ok(Opened { device: Device::Gpu(Some(number)), burn, gpu: Some(gpu) })
            }
            #[cfg(feature = "cuda")]
            Device::Cuda(number) => {
                GpuProcess::claim().map_err(unavailable)?;
                let number = number.unwrap_or(0);
                let (burn, gpu) = cuda::open(number).map_err(unavailable)?;
                Ok(Opened { device: Device::Cuda(Some(number)), burn, gpu: Some(gpu) })
            }
            #[allow(unreachable_patterns)]
            _ => {
                let feature = match self {
                    Device::Ndarray => "\"ndarray\"",
                    Device::Gpu(_) => "\"wgpu\"",
                    Device::Cuda(_) => "\"cuda\"",
                    _ => "\"flex\" or \"ndarray\"",
                };
                Err(unavailable(format!("this build does not have the cargo feature {feature}")))
            }
        }
    }
}

/// The process that uses GPUs. Their drivers, and the threads that serve them, do not survive a
/// fork: a child would wait for its parent's threads for ever.
#[cfg_attr(not(any(feature = "wgpu", feature = "cuda")), allow(dead_code))]
pub(crate) struct GpuProcess(u32);

#[cfg_attr(not(any(feature = "wgpu", feature = "cuda")), allow(dead_code))]
impl GpuProcess {
    /// Makes this process the one that uses GPUs, unless it was forked from one that does.
    ///
    /// # Errors
    /// Why not, and what to do.
    pub fn claim() -> Result<(), String> {
        static FIRST: OnceLock<GpuProcess> = OnceLock::new();
        FIRST.get_or_init(|| GpuProcess(std::process::id())).check(std::process::id())
    }

    /// Whether `process` is this one.
    fn check(&self, process: u32) -> Result<(), String> {
        match self.0 == process {
            true => Ok(()),
            false => Err(format!(
                "this process was forked from process {}, which has used a GPU: GPUs do not survive \
                 a fork; start new processes instead of forking, or load no model on a GPU before",
                self.0
            )),
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
            let known = "cpu, gpu, cuda, auto or ndarray; gpu:1 is the second adapter";
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

    #[test]
    fn a_forked_process_is_told_that_the_gpu_is_its_parent_s() {
        let parent = GpuProcess(41);
        assert!(parent.check(41).is_ok());
        let refused = parent.check(42).unwrap_err();
        assert!(refused.contains("forked from process 41"), "{refused}");
        assert_eq!(GpuProcess::claim(), Ok(()));
    }

    #[cfg(feature = "ndarray")]
    #[test]
    fn without_flex_the_processor_is_ndarray() {
        let expected = if cfg!(feature = "flex") { Device::Cpu } else { Device::Ndarray };
        assert_eq!(Device::Cpu.open().unwrap().device, expected);
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
