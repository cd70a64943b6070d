//! The pieces of work, and what is kept ready for them.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

use burn::tensor::{Tensor, TensorData};
use cpu_time::ProcessTime;
use musicap::audio::{AudioConfig, LogMel, Tail, chunks_in_place};
use musicap::model::{Layout, Network, Placement};
use musicap::{Captioner, Device, Error, LoadOptions, Pretrained, Result};
use musicap_bench as bench;
use ndarray::Array3;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::request::{Answer, Model, Request};

/// What was last needed, by what it was asked for with.
#[derive(Default)]
pub struct Workshop {
    captioner: Option<(Model, Captioner)>,
    encoder: Option<(Model, Encoder)>,
    pool: Option<(usize, ThreadPool)>,
    chunks: Option<(Recording, Vec<Vec<f32>>)>,
}

/// File, number of chunks and front end.
type Recording = (PathBuf, usize, AudioConfig);

struct Encoder {
    audio: AudioConfig,
    model: Box<dyn Network>,
    device: burn::tensor::Device,
}

impl Workshop {
    pub fn work(&mut self, request: Request) -> Result<Answer> {
        match request {
            Request::Decode { file } => {
                let rate = AudioConfig::default().sample_rate;
                timed(|| bench::decode(&file, rate)).map(|(_, answer)| answer)
            }
            Request::Mel { audio, chunks, threads } => {
                let config = AudioConfig::default();
                let samples = self.chunks(&audio, chunks, &config)?.concat();
                let pool = self.pool(threads)?;
                // All that a caller with samples needs: cut, check, plan, compute.
                let mel = || {
                    let chunks = chunks_in_place(&samples, &config, Tail::Keep)?;
                    let log_mel = LogMel::new(&config)?;
                    Ok(pool.install(|| log_mel.compute_chunks(&chunks)))
                };
                timed(mel).map(|(_, answer)| answer)
            }
            Request::Encode { model, audio, chunks } => {
                let config = self.encoder(&model)?.audio.clone();
                let mel = self.mel(&audio, chunks, &config)?;
                self.pool(model.threads)?;
                let (Some((_, encoder)), Some((_, pool))) = (&self.encoder, &self.pool) else {
                    unreachable!("both have just been made");
                };
                let shape: [usize; 3] = mel.dim().into();
                let mel = TensorData::new(mel.into_raw_vec_and_offset().0, shape);
                let mel = Tensor::<3>::from_data(mel, &encoder.device);
                let encode = || encoder.model.encode(mel).into_data();
                timed(|| Ok(pool.install(encode))).map(|(_, answer)| answer)
            }
            Request::Caption { model, audio, chunks, beams, tokens } => {
                let captioner = self.captioner(&model)?.clone();
                let config = captioner.config();
                let mel = self.mel(&audio, chunks, &config.audio)?;
                let generation = bench::forced(&config.generation, beams, tokens);
                let indices: Vec<usize> = (0..chunks).collect();
                let (generated, answer) =
                    timed(|| captioner.generate_tokens(mel, &indices, &generation))?;
                let tokens = generated.into_iter().map(|sequence| sequence.tokens).collect();
                Ok(Answer { tokens, ..answer })
            }
        }
    }

    fn captioner(&mut self, model: &Model) -> Result<&Captioner> {
        kept(&mut self.captioner, model, || {
            let device = model.device.as_deref().map_or(Ok(Device::Cpu), Device::from_str)?;
            let options = LoadOptions::default()
                .with_device(device)
                .with_threads(model.threads)
                .with_precision(model.precision);
            Captioner::load(&find(model)?, &options)
        })
    }

    fn encoder(&mut self, model: &Model) -> Result<&Encoder> {
        kept(&mut self.encoder, model, || {
            let pretrained = find(model)?;
            let (config, device) = (pretrained.config(), musicap::model::burn_device(Device::Cpu)?);
            let mut reader = pretrained.reader().with_precision(model.precision);
            let placement = Placement { device: device.clone(), layout: Layout::Packed };
            Ok(Encoder {
                audio: config.audio.clone(),
                model: config.architecture().load(&config.audio, &mut reader, &placement)?,
                device,
            })
        })
    }

    fn pool(&mut self, threads: usize) -> Result<&ThreadPool> {
        kept(&mut self.pool, &threads, || {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build();
            Ok(pool.expect("a system that starts threads"))
        })
    }

    fn chunks(&mut self, file: &Path, count: usize, config: &AudioConfig) -> Result<&[Vec<f32>]> {
        let recording = (file.to_owned(), count, config.clone());
        kept(&mut self.chunks, &recording, || bench::chunks(file, config, count))
            .map(|chunks| &chunks[..])
    }

    fn mel(&mut self, file: &Path, count: usize, config: &AudioConfig) -> Result<Array3<f32>> {
        let log_mel = LogMel::new(config)?;
        Ok(log_mel.compute_chunks(self.chunks(file, count, config)?))
    }
}

/// What `slot` holds for `key`, made anew if it holds something for another.
fn kept<'a, K: Clone + PartialEq, T>(
    slot: &'a mut Option<(K, T)>,
    key: &K,
    make: impl FnOnce() -> Result<T>,
) -> Result<&'a T> {
    if slot.as_ref().is_none_or(|(held, _)| held != key) {
        *slot = None;
        *slot = Some((key.clone(), make()?));
    }
    Ok(slot.as_ref().map(|(_, value)| value).expect("just made"))
}

fn find(model: &Model) -> Result<Pretrained> {
    match &model.folder {
        Some(folder) => Pretrained::open(folder),
        None => Pretrained::embedded(),
    }
}

fn timed<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<(T, Answer)> {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let value = work()?;
    let answer = Answer {
        wall_s: wall.elapsed().as_secs_f64(),
        cpu_s: cpu.elapsed().as_secs_f64(),
        peak_kib: peak_kib(),
        tokens: Vec::new(),
    };
    Ok((value, answer))
}

/// `VmHWM` of Linux' /proc/self/status.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
