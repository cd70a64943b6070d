//! The loudness of a file by EBU R 128, from all of its channels before they are mixed to mono.
//!
//! The first packets are decoded when a file is opened, before anybody can ask for its loudness. They
//! are kept until the first block is read.

use ebur128::{EbuR128, Mode};

use crate::facts::Loudness;

/// Samples of all channels that are kept for a file that is being opened.
const MAX_KEPT: usize = 1 << 20;
/// Quieter than this in LUFS is silence, which has no loudness.
const SILENCE_LUFS: f64 = -70.0;

/// Measures what passes by, if anybody has asked.
#[derive(Default)]
pub(super) enum LoudnessTap {
    /// Nobody has.
    #[default]
    Off,
    /// The file is being opened. Packets with their sample rate.
    Opening(Vec<(u32, Vec<Vec<f32>>)>),
    /// Its loudness so far; `None` after an error.
    On(Option<Box<EbuR128>>),
}

impl LoudnessTap {
    pub(super) fn is_on(&self) -> bool {
        !matches!(self, LoudnessTap::Off)
    }

    /// Takes samples, one vector for each channel.
    pub(super) fn push(&mut self, rate: u32, planes: Vec<Vec<f32>>) {
        match self {
            LoudnessTap::Off => {}
            LoudnessTap::Opening(kept) => {
                let samples = |planes: &[Vec<f32>]| planes.iter().map(Vec::len).sum::<usize>();
                let all: usize = kept.iter().map(|(_, planes)| samples(planes)).sum();
                if all + samples(&planes) <= MAX_KEPT {
                    kept.push((rate, planes));
                }
            }
            LoudnessTap::On(meter) => {
                if let Some(found) = meter
                    && add(found, rate, &planes).is_err()
                {
                    *meter = None;
                }
            }
        }
    }

    /// Measures from here on, and what has been kept.
    pub(super) fn start(&mut self) {
        if let LoudnessTap::Opening(kept) = self {
            let kept = std::mem::take(kept);
            let first = kept.first().map(|(rate, planes)| (*rate, planes.len() as u32));
            let (rate, channels) = first.unwrap_or((48_000, 2));
            // Blocks are counted in a histogram, so that memory does not grow.
            let mode = Mode::I | Mode::LRA | Mode::SAMPLE_PEAK | Mode::HISTOGRAM;
            *self = LoudnessTap::On(EbuR128::new(channels, rate, mode).ok().map(Box::new));
            kept.into_iter().for_each(|(rate, planes)| self.push(rate, planes));
        }
    }

    /// Forgets what has been kept, if nobody has asked.
    pub(super) fn opened(&mut self) {
        if let LoudnessTap::Opening(_) = self {
            *self = LoudnessTap::Off;
        }
    }

    /// The loudness so far; `None` for silence.
    pub(super) fn loudness(&self) -> Option<Loudness> {
        let LoudnessTap::On(Some(meter)) = self else { return None };
        let integrated = meter.loudness_global().ok().filter(|lufs| *lufs > SILENCE_LUFS)?;
        let range = meter.loudness_range().ok().filter(|range| range.is_finite());
        let peaks = (0..meter.channels()).filter_map(|channel| meter.sample_peak(channel).ok());
        let peak = 20.0 * peaks.fold(0.0, f64::max).log10();
        let rounded = |decibels: f64| (decibels * 100.0).round() / 100.0;
        Some(Loudness {
            integrated_lufs: rounded(integrated),
            range_lu: range.map(rounded),
            sample_peak_dbfs: peak.is_finite().then(|| rounded(peak)),
        })
    }
}

fn add(meter: &mut EbuR128, rate: u32, planes: &[Vec<f32>]) -> Result<(), ebur128::Error> {
    let channels = planes.len() as u32;
    if (meter.rate(), meter.channels()) != (rate, channels) {
        meter.change_parameters(channels, rate)?;
    }
    let planes: Vec<&[f32]> = planes.iter().map(|plane| &plane[..]).collect();
    meter.add_frames_planar_f32(&planes)
}

impl std::fmt::Debug for LoudnessTap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            LoudnessTap::Off => "Off",
            LoudnessTap::Opening(_) => "Opening",
            LoudnessTap::On(_) => "On",
        })
    }
}
