//! NVIDIA GPUs through CUDA.

use burn::tensor::{Device as BurnDevice, DeviceType, FloatDType};

use super::{Adapter, AdapterKind, Device, Gpu, tuning};
use crate::panics::catch_panic;

pub fn adapters() -> Vec<Adapter> {
    let numbered = (0..).zip(list());
    let adapter = |(number, device): (usize, BurnDevice)| {
        let (name, half) = look(&device).ok()?;
        Some(Adapter {
            device: Device::Cuda(Some(number)),
            name,
            backend: "CUDA".into(),
            kind: AdapterKind::Discrete,
            half,
            memory: None,
        })
    };
    numbered.filter_map(adapter).collect()
}

/// Opens the card `number`.
///
/// # Errors
/// The reason, and what to do.
pub fn open(number: usize) -> Result<(BurnDevice, Gpu), String> {
    let mut listed = list();
    if number >= listed.len() {
        return Err(match listed.len() {
            0 => {
                "no NVIDIA driver or no GPU found: install the driver, or use the device cpu".into()
            }
            count => format!("there is no GPU {number}, only cuda:0 to cuda:{}", count - 1),
        });
    }
    let device = listed.swap_remove(number);
    let (_, half) = look(&device)?;
    Ok((device, Gpu { half, memory: None, largest: u64::MAX }))
}

/// The cards; none where there is no driver.
fn list() -> Vec<BurnDevice> {
    tuning::keep();
    let list = || BurnDevice::enumerate(DeviceType::Cuda).into_vec();
    catch_panic(list).unwrap_or_default()
}

/// A card's name, and whether it computes in half precision. This opens it, and Burn panics where
/// the driver or the CUDA toolkit is too old.
fn look(device: &BurnDevice) -> Result<(String, bool), String> {
    let look = || {
        let name = device.identity().map_or_else(|| "NVIDIA GPU".into(), |known| known.name);
        (name, device.supports_dtype(FloatDType::F16))
    };
    let failed = |reason: String| format!("CUDA could not be used: {reason}");
    catch_panic(look).map_err(failed)
}
