//! How much sound is taken in.

use std::time::Duration;

use crate::{Error, Result};

/// Limits on the audio that is decoded, so that no file can take unlimited time or memory.
///
/// | limit | default |
/// |---|---|
/// | duration | 24 hours |
/// | channels | 64 |
/// | sample rate | 1,000 to 768,000 Hz |
/// | bytes of a stream that is not seekable | 1 GiB |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudioLimits {
    /// The longest duration, both as the container declares it and as it is decoded.
    pub max_duration: Duration,
    /// The largest number of channels.
    pub max_channels: usize,
    /// The lowest sample rate in Hz.
    pub min_sample_rate: u32,
    /// The highest sample rate in Hz.
    pub max_sample_rate: u32,
    /// The longest stream, in bytes, that is read into memory because it is not seekable, such as a
    /// pipe.
    pub max_stream_bytes: u64,
}

impl Default for AudioLimits {
    fn default() -> Self {
        Self {
            max_duration: Duration::from_secs(24 * 3600),
            max_channels: 64,
            min_sample_rate: 1_000,
            max_sample_rate: 768_000,
            max_stream_bytes: 1 << 30,
        }
    }
}

impl AudioLimits {
    /// Sets the longest duration.
    #[must_use]
    pub fn with_max_duration(mut self, longest: Duration) -> Self {
        self.max_duration = longest;
        self
    }

    /// Sets the largest number of channels.
    #[must_use]
    pub fn with_max_channels(mut self, most: usize) -> Self {
        self.max_channels = most;
        self
    }

    /// Sets the lowest and highest sample rate in Hz.
    #[must_use]
    pub fn with_sample_rates(mut self, lowest: u32, highest: u32) -> Self {
        self.min_sample_rate = lowest;
        self.max_sample_rate = highest;
        self
    }

    /// Sets the longest stream, in bytes, that is read into memory.
    #[must_use]
    pub fn with_max_stream_bytes(mut self, most: u64) -> Self {
        self.max_stream_bytes = most;
        self
    }

    /// Checks what is known before the first sample; `origin` is for messages.
    ///
    /// # Errors
    /// [`Error::AudioLimit`] if the rate or the number of channels is out of bounds.
    pub fn check_format(&self, origin: &str, rate: u32, channels: usize) -> Result<()> {
        // Times are counted in samples of a rate, so none is 0, whatever the limit.
        let (low, high) = (self.min_sample_rate.max(1), self.max_sample_rate);
        if !(low..=high).contains(&rate) {
            return Err(Error::AudioLimit {
                origin: origin.into(),
                what: "sample rate",
                found: format!("{rate} Hz"),
                limit: format!("{low} to {high} Hz"),
            });
        }
        if !(1..=self.max_channels).contains(&channels) {
            return Err(Error::AudioLimit {
                origin: origin.into(),
                what: "number of channels",
                found: channels.to_string(),
                limit: format!("1 to {}", self.max_channels),
            });
        }
        Ok(())
    }

    pub(super) fn check_duration(&self, origin: &str, seconds: f64) -> Result<()> {
        let limit = self.max_duration.as_secs_f64();
        if seconds > limit {
            return Err(Error::AudioLimit {
                origin: origin.into(),
                what: "duration",
                found: format!("{seconds:.1} s or more"),
                limit: format!("{limit:.1} s"),
            });
        }
        Ok(())
    }
}
