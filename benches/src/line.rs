//! Each stage of the line by itself, with the embedded model and the song of the repository:
//! `cargo bench -p musicap-bench --features criterion`. For comparison with other programs there
//! is peers/run.py.

use std::path::Path;
use std::time::Duration;

use burn::tensor::{Tensor, TensorData};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use musicap::audio::{AudioReader, LogMel, Resampler};
use musicap::model::{Layout, Placement};
use musicap::{Captioner, Device, Pretrained};
use musicap_bench::{SONG, chunks, decode};

/// Chunks that are encoded and decoded together.
const CHUNKS: usize = 4;
/// Beams of each.
const BEAMS: usize = 5;
/// Tokens that a decoder step looks back on.
const SEEN: usize = 16;

fn audio(c: &mut Criterion) {
    let config = Pretrained::embedded().expect("the embedded model").config().audio.clone();
    let song = Path::new(SONG);
    let samples = chunks(song, &config, CHUNKS).expect("the song");
    let log_mel = LogMel::new(&config).expect("a front end that is in use");
    let seconds = samples.concat().len() as u64 / u64::from(config.sample_rate);
    let mut original = Vec::new();
    let mut reader = AudioReader::open(song).expect("the song");
    let rate = reader.sample_rate();
    while let Some(block) = reader.next_block().expect("a whole song") {
        original.extend_from_slice(block);
    }

    // Elements are seconds of audio.
    let mut group = c.benchmark_group("audio");
    group.throughput(Throughput::Elements(original.len() as u64 / u64::from(rate)));
    group.bench_function("decode and resample", |b| b.iter(|| decode(song, config.sample_rate)));
    group.bench_function("resample", |b| {
        b.iter(|| {
            let mut resampler = Resampler::new(rate, config.sample_rate).expect("a usual rate");
            let mut out = Vec::new();
            resampler.process(&original, &mut out);
            resampler.finish(&mut out);
            out
        });
    });
    group.throughput(Throughput::Elements(seconds));
    group.bench_function("log-mel", |b| b.iter(|| log_mel.compute_chunks(&samples)));
    group.finish();
}

fn model(c: &mut Criterion) {
    let pretrained = Pretrained::embedded().expect("the embedded model");
    let config = pretrained.config();
    let device = musicap::model::burn_device(Device::Cpu).expect("a processor");
    let mut weights = pretrained.reader();
    let placement = Placement { device: device.clone(), layout: Layout::Packed };
    let model = config.architecture().load(&config.audio, &mut weights, &placement);
    let model = model.expect("the embedded weights");
    let samples = chunks(Path::new(SONG), &config.audio, CHUNKS).expect("the song");
    let mel = LogMel::new(&config.audio).expect("a front end in use").compute_chunks(&samples);
    let shape: [usize; 3] = mel.dim().into();
    let mel = TensorData::new(mel.into_raw_vec_and_offset().0, shape);
    let mel = Tensor::<3>::from_data(mel, &device);

    let mut group = c.benchmark_group("model");
    group.bench_function("encoder", |b| {
        b.iter_batched(|| mel.clone(), |mel| model.encode(mel).into_data(), BatchSize::SmallInput);
    });
    let mut cache = model.cache(model.encode(mel));
    let tokens = [config.generation.decoder_start_token_id].repeat(CHUNKS * SEEN);
    model.decode(&tokens, CHUNKS, &mut cache).expect("known tokens");
    let beams: Vec<usize> = (0..CHUNKS).flat_map(|chunk| [chunk; BEAMS]).collect();
    cache.reorder(&beams, &(0..CHUNKS).collect::<Vec<_>>(), &device);
    let tokens = [config.generation.decoder_start_token_id].repeat(beams.len());
    group.bench_function("decoder step", |b| {
        b.iter_batched_ref(
            || (cache.clone(), Vec::new()),
            |(cache, logits)| {
                let hidden = model.decode(&tokens, tokens.len(), cache);
                let hidden = hidden.expect("known tokens");
                let [rows, length, d_model] = hidden.dims();
                model.logits(hidden.reshape([rows * length, d_model]), logits)
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn caption(c: &mut Criterion) {
    let captioner = Captioner::embedded().expect("the embedded model");
    c.bench_function("caption a song of 45 s", |b| {
        b.iter(|| captioner.caption_file(SONG).expect("captions"));
    });
}

criterion_group! {
    name = line;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(5));
    targets = audio, model, caption
}
criterion_main!(line);
