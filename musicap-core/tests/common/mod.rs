//! A signal of our own, and ffmpeg as the outside judge of what a file holds.
#![allow(dead_code)]

pub mod compare;
pub mod make;

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder that goes away with its owner.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("musicap-audio-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a scratch folder");
        Self(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs ffmpeg and returns what it writes to stdout.
pub fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(arguments)
        .output()
        .expect("these tests need ffmpeg: install it (apt-get install ffmpeg)");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ffmpeg {arguments:?}: {message}");
    output.stdout
}

/// What ffmpeg decodes, channel by channel interleaved, as float32.
pub fn ffmpeg_decode(path: &Path) -> Vec<f32> {
    ffmpeg_decode_with(&[], path)
}

/// The same with options before the input, to choose a decoder.
pub fn ffmpeg_decode_with(options: &[&str], path: &Path) -> Vec<f32> {
    let input = ["-i", path.to_str().unwrap(), "-map", "0:a:0", "-f", "f32le", "-"];
    let bytes = ffmpeg(&[options, &input].concat());
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

pub fn mean_of_channels(interleaved: &[f32], channels: usize) -> Vec<f32> {
    let frames = interleaved.chunks_exact(channels);
    frames.map(|frame| frame.iter().sum::<f32>() / channels as f32).collect()
}

/// The mono mix of channels in WAV's order: half of both sides of ITU-R BS.775's stereo.
pub fn downmix(interleaved: &[f32], channels: usize) -> Vec<f32> {
    const C: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const S: f32 = 0.5 * C;
    let weights: &[f32] = match channels {
        3 => &[0.5, 0.5, C],
        4 => &[0.5, 0.5, S, S],
        5 => &[0.5, 0.5, C, S, S],
        6 => &[0.5, 0.5, C, 0.0, S, S],
        7 => &[0.5, 0.5, C, 0.0, 0.5, S, S],
        8 => &[0.5, 0.5, C, 0.0, S, S, S, S],
        _ => return mean_of_channels(interleaved, channels),
    };
    let mix = |frame: &[f32]| frame.iter().zip(weights).map(|(x, weight)| x * weight).sum();
    interleaved.chunks_exact(channels).map(mix).collect()
}

/// Chords with a beat, different in each channel, with some noise; 16-bit integers, interleaved.
pub fn signal(rate: u32, channels: usize, frames: usize) -> Vec<i16> {
    let mut noise = 0x2545_f491_u32;
    let mut samples = Vec::with_capacity(frames * channels);
    for n in 0..frames {
        let t = n as f64 / f64::from(rate);
        let beat = (-6.0 * (t * 2.0).fract()).exp();
        for channel in 0..channels {
            let root = 220.0 * (1.0 + channel as f64 * 0.25);
            let chord = (TAU * root * t).sin() + (TAU * root * 1.5 * t).sin() * 0.6;
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = f64::from(noise >> 16) / 65_536.0 - 0.5;
            let value = chord * 0.3 * (0.3 + 0.7 * beat) + hiss * 0.1 * beat;
            samples.push((value * 32_767.0).round().clamp(-32_768.0, 32_767.0) as i16);
        }
    }
    samples
}

/// A WAV file of 16-bit integers, written by hand so that it is known to the byte.
pub fn wav(samples: &[i16], rate: u32, channels: u16) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
    wav_with(1, 16, rate, channels, &data)
}

pub fn wav_with(format: u16, bits: u16, rate: u32, channels: u16, data: &[u8]) -> Vec<u8> {
    let frame = channels.wrapping_mul(bits / 8);
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(format.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend(rate.wrapping_mul(u32::from(frame)).to_le_bytes());
    file.extend(frame.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}
