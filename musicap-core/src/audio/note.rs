//! What was done to a recording that its listener should know of.

use std::fmt;

/// A remark about a recording's audio, other than a gap.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AudioNote {
    /// The file has other audio tracks, which were not read.
    OtherTracks {
        /// The number of the track that was read, from 1.
        read: usize,
        /// How many audio tracks there are.
        tracks: usize,
    },
    /// Channels in opposite phase would cancel each other, so only one of them was used.
    OppositePhase {
        /// The channel's number, from 1.
        channel: usize,
    },
    /// The file's edit list, which repeats or reorders parts of the audio, was ignored.
    EditList,
    /// Only the core of HE-AAC was decoded: frequencies above half its sample rate are missing.
    HeAacCore {
        /// The core's sample rate in Hz.
        sample_rate: u32,
        /// Whether the stereo parameters of HE-AAC v2 were ignored.
        parametric_stereo: bool,
    },
    /// The sample rate changes within the file; the audio was resampled to the first rate.
    RateChanged {
        /// The first rate in Hz.
        from_hz: u32,
        /// The later rate in Hz.
        to_hz: u32,
    },
    /// The recording is very quiet and was amplified.
    Amplified {
        /// By how much, in decibels.
        gain_db: f32,
    },
}

impl fmt::Display for AudioNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AudioNote::OtherTracks { read, tracks } => {
                write!(f, "of {tracks} audio tracks only number {read}, the default, was read")
            }
            AudioNote::OppositePhase { channel } => write!(
                f,
                "the channels are in opposite phase and cancel each other; only channel \
                 {channel} was used"
            ),
            AudioNote::EditList => {
                f.write_str("the edit list repeats or reorders parts of the audio; it was ignored")
            }
            AudioNote::HeAacCore { sample_rate, parametric_stereo } => {
                let limit = f64::from(*sample_rate) / 2_000.0;
                let kind = if *parametric_stereo { "HE-AAC v2" } else { "HE-AAC" };
                write!(
                    f,
                    "only the core of {kind} was decoded: frequencies above {limit} kHz are missing"
                )
            }
            AudioNote::RateChanged { from_hz, to_hz } => {
                write!(
                    f,
                    "the sample rate changes from {from_hz} Hz to {to_hz} Hz; the rest was \
                     resampled to {from_hz} Hz"
                )
            }
            AudioNote::Amplified { gain_db } => {
                write!(f, "the recording is very quiet; it was amplified by {gain_db:.0} dB")
            }
        }
    }
}
