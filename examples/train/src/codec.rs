//! Round trips through lossy codecs, by ffmpeg: many clips in one file, as starting a process for
//! each would take longer than rendering it.

use crate::rng::Rng;
use crate::sampler::resample;
use anyhow::{Context, Result, ensure};
use musicap::audio::AudioReader;
use std::fs;
use std::process::Command;

/// Rate of the clips, in Hz.
const RATE: u32 = 16_000;
/// Silence after each clip, longer than any codec's delay.
const GAP: usize = 4_000;

/// A codec of ffmpeg, its container, and the bit rates in kbit/s that are tried at 16 kHz mono.
struct Codec {
    name: &'static str,
    encoder: &'static str,
    format: &'static str,
    rates: &'static [u32],
}

const CODECS: [Codec; 4] = [
    Codec { name: "mp3", encoder: "libmp3lame", format: "mp3", rates: &[16, 24, 32, 48, 64] },
    Codec { name: "aac", encoder: "aac", format: "adts", rates: &[16, 24, 32, 48] },
    Codec { name: "opus", encoder: "libopus", format: "ogg", rates: &[12, 16, 20, 24, 32] },
    Codec { name: "vorbis", encoder: "libvorbis", format: "ogg", rates: &[24, 32, 48] },
];

/// Encodes and decodes `clips` with one codec and returns its name and bit rate.
///
/// # Errors
/// If ffmpeg is missing or fails.
pub fn round_trip(clips: &mut [&mut Vec<f32>], rng: &mut Rng) -> Result<String> {
    let codec = &CODECS[rng.index(CODECS.len())];
    let rate = rng.one(codec.rates);
    let mut bytes = Vec::new();
    for clip in clips.iter() {
        bytes.extend(clip.iter().flat_map(|sample| sample.to_le_bytes()));
        bytes.extend([0; 4 * GAP]);
    }
    let input = std::env::temp_dir().join(format!("musicap-codec-{}.f32", std::process::id()));
    fs::write(&input, bytes)?;
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "f32le", "-ar", "16000", "-ac", "1", "-i"])
        .arg(&input)
        .args(["-c:a", codec.encoder, "-b:a", &format!("{rate}k"), "-f", codec.format, "-"])
        .output()
        .context("starting ffmpeg (apt-get install ffmpeg)")?;
    fs::remove_file(&input)?;
    ensure!(
        output.status.success(),
        "ffmpeg -c:a {} failed: {}",
        codec.encoder,
        String::from_utf8_lossy(&output.stderr)
    );
    let mut reader = AudioReader::from_bytes(output.stdout, codec.name)?;
    let mut decoded = Vec::new();
    while let Some(block) = reader.next_block()? {
        decoded.extend_from_slice(block);
    }
    let decoded = resample(&decoded, reader.sample_rate(), RATE)?;
    let mut start = 0;
    for clip in clips.iter_mut() {
        let length = clip.len();
        let from = start.min(decoded.len().saturating_sub(length));
        clip.copy_from_slice(&decoded[from..from + length]);
        start += length + GAP;
    }
    Ok(format!("{} {rate}k", codec.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::level;
    use crate::rng::Purpose;

    #[test]
    fn clips_come_back_in_their_order_and_nearly_as_they_were() {
        let tone = |hz: f32, length: usize| -> Vec<f32> {
            (0..length)
                .map(|n| 0.2 * (n as f32 * hz * std::f32::consts::TAU / 16_000.0).sin())
                .collect()
        };
        let crossings = |samples: &[f32]| {
            samples.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
        };
        let mut seen = std::collections::HashSet::new();
        for index in 0..12 {
            let mut rng = Rng::new(1, index, Purpose::Kind);
            let (mut low, mut high) = (tone(300.0, 32_000), tone(900.0, 16_000));
            seen.insert(round_trip(&mut [&mut low, &mut high], &mut rng).unwrap());
            assert_eq!((low.len(), high.len()), (32_000, 16_000));
            let (low, high) = (&low[8_000..24_000], &high[4_000..12_000]);
            assert!(crossings(low).abs_diff(300) <= 3, "{}", crossings(low));
            assert!(crossings(high).abs_diff(450) <= 3, "{}", crossings(high));
            assert!((level(low) - level(high)).abs() < 2.0);
        }
        assert!(seen.len() >= 4, "{seen:?}");
    }
}
