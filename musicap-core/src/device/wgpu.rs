//! GPUs through wgpu.
//!
//! Adapters are listed by wgpu itself before Burn is asked for one, which would panic where there
//! is none. OpenGL is left out: it lists the same cards once more, and computes with less.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use burn::tensor::wgpu::WgpuBackend;
use burn::tensor::wgpu::wgpu::{
    self, AdapterInfo, Backend, Backends, DeviceType, Features, Instance, InstanceDescriptor,
};
use burn::tensor::{Device as BurnDevice, DeviceKind, FloatDType};

use super::{Adapter, AdapterKind, Device, Gpu, tuning};
use crate::panics::catch_panic;

/// The programming interfaces that are asked, as one after the other is preferred.
const APIS: [(Backend, WgpuBackend); 3] = [
    (Backend::Vulkan, WgpuBackend::Vulkan),
    (Backend::Metal, WgpuBackend::Metal),
    (Backend::Dx12, WgpuBackend::Dx12),
];

/// An adapter, and how Burn is asked for it.
struct Listed {
    info: AdapterInfo,
    half: bool,
    kind: DeviceKind,
    api: WgpuBackend,
}

pub fn adapters() -> Vec<Adapter> {
    let numbered = (0..).zip(list());
    let adapter = |(number, listed): (usize, Listed)| Adapter {
        device: Device::Gpu(Some(number)),
        name: listed.info.name.clone(),
        backend: format!("{:?}", listed.info.backend),
        kind: kind(&listed.info),
        half: listed.half,
        memory: memory(&listed.info),
    };
    numbered.map(adapter).collect()
}

/// Opens the adapter `number`, or the best, and says which it is.
///
/// # Errors
/// The reason, and what to do.
pub fn open(number: Option<usize>) -> Result<(usize, BurnDevice, Gpu), String> {
    // Burn opens an adapter once in a process.
    static OPEN: Mutex<Option<HashMap<usize, (BurnDevice, Gpu)>>> = Mutex::new(None);

    let listed = list();
    let number = match number {
        Some(number) if number < listed.len() => number,
        Some(number) => {
            return Err(match listed.len() {
                0 => nothing(),
                1 => format!("there is no adapter {number}, only gpu:0 ({})", listed[0].info.name),
                count => format!("there is no adapter {number}, only gpu:0 to gpu:{}", count - 1),
            });
        }
        None => best(&listed)?,
    };
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let open = open.get_or_insert_default();
    if let Some((device, gpu)) = open.get(&number) {
        return Ok((number, device.clone(), *gpu));
    }
    tuning::keep();
    let Listed { info, kind, api, .. } = &listed[number];
    let options = BurnDevice::wgpu_options().device_kind(kind.clone()).graphics_api(*api);
    let begin = move || {
        options.init_with_setup().map_err(|error| error.to_string()).map(|(device, setup)| {
            let limits = setup.device.limits();
            let largest = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
            let half = device.supports_dtype(FloatDType::F16);
            (device, half, largest)
        })
    };
    let failed = |reason| format!("{} could not be opened: {reason}; update its driver", info.name);
    let (device, half, largest) = catch_panic(begin).flatten().map_err(failed)?;
    let gpu = Gpu { half, memory: memory(info), largest };
    open.insert(number, (device.clone(), gpu));
    Ok((number, device, gpu))
}

/// The adapters, in an order that is the same in every process of a machine.
fn list() -> Vec<Listed> {
    let mut listed = Vec::new();
    for (backend, api) in APIS {
        // Burn counts adapters of each kind and interface apart.
        let mut counts = [0; 3];
        for adapter in ask(backend.into()) {
            let info = adapter.get_info();
            let mut next = |kind: usize| {
                counts[kind] += 1;
                counts[kind] - 1
            };
            let kind = match info.device_type {
                DeviceType::DiscreteGpu => DeviceKind::DiscreteGpu(next(0)),
                DeviceType::IntegratedGpu => DeviceKind::IntegratedGpu(next(1)),
                DeviceType::VirtualGpu => DeviceKind::VirtualGpu(next(2)),
                DeviceType::Cpu => DeviceKind::Cpu,
                // Burn has no name for these; the best adapter is one, if it is the only one.
                DeviceType::Other => DeviceKind::DefaultDevice,
            };
            // Of several programs Burn reaches the first.
            let is_second =
                |other: &Listed| matches!(other.kind, DeviceKind::Cpu) && kind == DeviceKind::Cpu;
            if listed.iter().any(is_second) {
                continue;
            }
            let half = adapter.features().contains(Features::SHADER_F16);
            listed.push(Listed { info, half, kind, api });
        }
    }
    listed
}

fn ask(backends: Backends) -> Vec<wgpu::Adapter> {
    // The Vulkan loader crashes when instances come and go on several threads at once.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let descriptor =
        InstanceDescriptor { backends, ..InstanceDescriptor::new_without_display_handle() };
    let instance = Instance::new(descriptor);
    let mut found = pin!(instance.enumerate_adapters(backends));
    // Outside a browser there is nothing to wait for.
    match found.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(adapters) => adapters,
        Poll::Pending => Vec::new(),
    }
}

/// The number of the adapter that computes fastest, by what kind it is.
fn best(listed: &[Listed]) -> Result<usize, String> {
    let rank = |listed: &Listed| match kind(&listed.info) {
        AdapterKind::Discrete => 0,
        AdapterKind::Integrated => 1,
        AdapterKind::Virtual => 2,
        AdapterKind::Unknown => 3,
        AdapterKind::Software => 4,
    };
    let (number, adapter) =
        listed.iter().enumerate().min_by_key(|(_, listed)| rank(listed)).ok_or_else(nothing)?;
    match kind(&adapter.info) {
        AdapterKind::Software => Err(format!(
            "there is only {}, a software renderer, which is slower than the device cpu; \
             gpu:{number} selects it anyway",
            adapter.info.name
        )),
        _ => Ok(number),
    }
}

fn nothing() -> String {
    let apis = match () {
        _ if cfg!(target_vendor = "apple") => "Metal",
        _ if cfg!(windows) => "Vulkan or DirectX 12",
        _ => "Vulkan",
    };
    format!("no adapter found: install a driver with {apis}, or use the device cpu")
}

fn kind(info: &AdapterInfo) -> AdapterKind {
    match info.device_type {
        DeviceType::DiscreteGpu => AdapterKind::Discrete,
        DeviceType::IntegratedGpu => AdapterKind::Integrated,
        DeviceType::VirtualGpu => AdapterKind::Virtual,
        DeviceType::Cpu => AdapterKind::Software,
        DeviceType::Other => AdapterKind::Unknown,
    }
}

/// Bytes of a card's memory, which wgpu does not report: Linux does for some drivers.
fn memory(info: &AdapterInfo) -> Option<u64> {
    let card = format!("/sys/bus/pci/devices/{}", info.device_pci_bus_id);
    std::fs::read_to_string(card + "/mem_info_vram_total").ok()?.trim().parse().ok()
}
