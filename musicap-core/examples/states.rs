//! Writes the encoder's states of a recording as raw float32 `[chunks, frames, d_model]`:
//! `cargo run --release -p musicap-core --example states -- embedded song.mp3 states.f32`
use std::error::Error;

use musicap::audio::{AudioReader, Chunks, LogMel, Tail};
use musicap::burn::tensor::{Tensor, TensorData};
use musicap::model::{Layout, Placement, burn_device};
use musicap::{Device, Pretrained};

fn main() -> Result<(), Box<dyn Error>> {
    let [model, recording, output] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "usage: states MODEL|embedded RECORDING OUTPUT")?;
    let pretrained = match &model[..] {
        "embedded" => Pretrained::embedded()?,
        path => Pretrained::open(path)?,
    };
    let device = burn_device(Device::Cpu)?;
    let (config, mut reader) = (pretrained.config(), pretrained.reader());
    let placement = Placement { device: device.clone(), layout: Layout::Packed };
    let network = config.architecture().load(&config.audio, &mut reader, &placement)?;
    let log_mel = LogMel::new(&config.audio)?;
    let mut bytes: Vec<u8> = Vec::new();
    for chunk in Chunks::new(AudioReader::open(recording)?, &config.audio, 0.0, Tail::Keep)? {
        let mel = log_mel.compute(&chunk?.samples);
        let (n_mels, frames) = mel.dim();
        let data = TensorData::new(mel.into_raw_vec_and_offset().0, [1, n_mels, frames]);
        let states: Tensor<3> = network.encode(Tensor::from_data(data, &device));
        let values: Vec<f32> =
            states.to_data().try_to_vec().map_err(|error| format!("{error:?}"))?;
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    Ok(std::fs::write(output, bytes)?)
}
