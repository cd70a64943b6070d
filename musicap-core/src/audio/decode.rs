//! From a file to blocks of mono samples at the file's own rate.
//!
//! symphonia takes containers apart and decodes packets. This module picks the track, mixes the
//! channels, cuts what encoders put before and after the sound, and keeps time where something is
//! damaged or missing: silence of the same length goes in its place and a [`Gap`] tells of it.
//!
//! | format | extensions | cut before and after the sound |
//! |---|---|---|
//! | WAV, also RF64 and BW64: integers of 8 to 32 bits, float32, float64, A-law, µ-law, ADPCM | `.wav` | exact |
//! | AIFF | `.aiff`, `.aif` | exact |
//! | FLAC, also in Ogg | `.flac`, `.oga` | exact |
//! | MP3 | `.mp3` | exact with a LAME tag, else nothing is known and nothing cut |
//! | Ogg Vorbis | `.ogg` | exact |
//! | Opus in mono or stereo (feature `opus`), in Ogg, WebM, MP4 | `.opus`, `.webm` | exact in Ogg, else the start |
//! | MP4: AAC-LC in mono or stereo, ALAC, MP3, FLAC | `.m4a`, `.mp4`, `.mov` | exact with an edit list or iTunes comment |
//! | AAC-LC in ADTS | `.aac` | not marked in the format, nothing cut |
//! | Matroska, WebM: the codecs above | `.mkv`, `.mka`, `.webm` | nothing cut |
//!
//! The format is found by content; names and extensions are not looked at. Where a file has
//! several tracks, the default audio track is read.
//!
//! Memory does not grow with the length of the sound: it holds one packet and its samples, and
//! what the container keeps as an index (MP4: some bytes a packet).

use std::io::{self, Read, Seek};
use std::path::Path;
use std::time::Duration;

use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::FormatReader;
use symphonia::core::packet::Packet;

use super::gap::{Gap, GapCause, Gaps};
use super::limits::AudioLimits;
use super::mono;
use super::source::{self, Container, Input, guarded};
use super::track::{TrackReader, panicked};
use super::waveform::Waveform;
use crate::{Error, Result};

/// Silence is handed out in blocks of this many samples.
const SILENCE_BLOCK: u64 = 4_096;
/// Silence may outlast the sound that was really decoded by this many seconds. A file of a few
/// bytes whose time stamps leap by a year would otherwise last a year.
const MOST_SILENCE: u64 = 30;
/// After this many errors of the container without a packet in between, the rest is given up.
const MOST_ERRORS: usize = 64;

/// How much is read in a row without any sound before the rest is given up: packets of other
/// tracks, and, dearer, own ones that are empty or damaged. A file of a kilobyte may declare four
/// billion packets of no bytes.
const MOST_FRUITLESS: u32 = 1 << 20;
const COST_OF_OWN: u32 = 16;
/// A stream that follows another in an Ogg file has a decoder made for it.
const COST_OF_STREAM: u32 = 1 << 14;

/// Reads a sound file block by block, as mono float32 at the file's own rate.
///
/// The samples of 16-bit files are their integers divided by 32768, exactly; several channels are
/// replaced by their mean. Samples that are not numbers become 0.
///
/// ```no_run
/// use musicap::audio::{AudioReader, Resampler};
///
/// let mut reader = AudioReader::open("song.mp3")?;
/// let mut resampler = Resampler::new(reader.sample_rate(), 16_000)?;
/// let mut samples = Vec::new();
/// while let Some(block) = reader.next_block()? {
///     resampler.process(block, &mut samples);
/// }
/// resampler.finish(&mut samples);
/// for gap in reader.gaps() {
///     eprintln!("{}: {gap}", reader.origin());
/// }
/// # Ok::<(), musicap::Error>(())
/// ```
pub struct AudioReader {
    origin: String,
    limits: AudioLimits,
    format: Box<dyn FormatReader>,
    container: &'static str,
    /// Whether the source is known to end where the sound does.
    is_whole: bool,
    track: TrackReader,
    /// The samples of the packet at hand, and whether they are still to be handed out.
    block: Vec<f32>,
    block_ready: bool,
    /// Silence to be handed out before the block.
    silence_due: u64,
    /// What has been prepared so far: samples handed out or due, and the silence among them.
    prepared: u64,
    silence: u64,
    /// Non-empty packets that were decoded.
    decoded_any: bool,
    last_reason: Option<String>,
    /// What has been read since there was sound, see [`MOST_FRUITLESS`].
    fruitless: u32,
    gaps: Gaps,
    ended: bool,
}

impl AudioReader {
    /// Opens a file with the default limits and decodes its first packet.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::UnknownFormat`] if it is no sound file,
    /// [`Error::DamagedAudio`], [`Error::NoAudioTrack`], [`Error::UnsupportedCodec`],
    /// [`Error::NoSamples`] and [`Error::AudioLimit`] as their names say.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, AudioLimits::default())
    }

    /// Opens a file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, limits: AudioLimits) -> Result<Self> {
        let path = path.as_ref();
        Self::start(source::open_file(path)?, path.display().to_string(), limits)
    }

    /// Reads a file that lies in memory, with the default limits; `name` is for messages only.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_bytes<B>(bytes: B, name: impl Into<String>) -> Result<Self>
    where
        B: AsRef<[u8]> + Send + Sync + 'static,
    {
        Self::from_reader(io::Cursor::new(bytes), name)
    }

    /// Reads a file from anything that can be read and sought, with the default limits; `name` is
    /// for messages only.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_reader<R>(reader: R, name: impl Into<String>) -> Result<Self>
    where
        R: Read + Seek + Send + Sync + 'static,
    {
        Self::from_reader_with(reader, name, AudioLimits::default())
    }

    /// Reads a file from anything that can be read and sought; `name` is for messages only.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_reader_with<R>(
        reader: R,
        name: impl Into<String>,
        limits: AudioLimits,
    ) -> Result<Self>
    where
        R: Read + Seek + Send + Sync + 'static,
    {
        let origin = name.into();
        let input = Input::new(reader).map_err(|source| Error::AudioRead {
            origin: origin.clone(),
            at_s: 0.0,
            source,
        })?;
        Self::start(input, origin, limits)
    }

    fn start<R>(input: Input<R>, origin: String, limits: AudioLimits) -> Result<Self>
    where
        R: Read + Seek + Send + Sync + 'static,
    {
        let Container { reader: format, name: container, edits, is_whole } =
            source::probe(input, &origin)?;
        let track = source::choose_track(format.as_ref(), container, &origin)?;
        let track = TrackReader::new(track, format.as_ref(), &limits, &origin)?;
        let edit = edits.into_iter().find(|edit| edit.track == track.id);
        track.limit_to_format(&limits, &origin)?;

        let mut reader = Self {
            origin,
            limits,
            format,
            container,
            is_whole,
            track,
            block: Vec::new(),
            block_ready: false,
            silence_due: 0,
            prepared: 0,
            silence: 0,
            decoded_any: false,
            last_reason: None,
            fruitless: 0,
            gaps: Gaps::default(),
            ended: false,
        };
        // The first packet tells the rate for sure; for some codecs the container does not know.
        while !reader.block_ready && !reader.ended {
            reader.advance()?;
            if let Some(edit) = edit.filter(|_| reader.decoded_any && reader.track.cuts.is_empty())
            {
                reader.track.apply_edit(edit, &mut reader.block, &mut reader.prepared);
                reader.block_ready = !reader.block.is_empty();
            }
        }
        if reader.prepared == reader.silence {
            return Err(reader.nothing_heard());
        }
        if let Some(duration) = reader.duration() {
            reader.limits.check_duration(&reader.origin, duration.as_secs_f64())?;
        }
        Ok(reader)
    }

    /// The sample rate in Hz, the same for the whole file.
    pub fn sample_rate(&self) -> u32 {
        self.track.rate
    }

    /// The number of channels that are mixed into one.
    pub fn channels(&self) -> usize {
        self.track.channels
    }

    /// How long the sound is by what the container says: right for most files, an estimate for MP3
    /// without a Xing header, and unknown for bare streams. For progress; only the end tells.
    pub fn duration(&self) -> Option<Duration> {
        let seconds = self.track.declared? as f64 / f64::from(self.track.rate);
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// How much has been handed out.
    pub fn position(&self) -> Duration {
        let held = self.silence_due + if self.block_ready { self.block.len() as u64 } else { 0 };
        Duration::from_secs_f64(self.seconds(self.prepared - held))
    }

    /// The file's path or the name given for it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The container's name in words.
    pub fn container(&self) -> &str {
        self.container
    }

    /// What could not be decoded so far, in order of time: complete once
    /// [`next_block`](Self::next_block) has returned `None`.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps.list
    }

    /// How many gaps there were beyond those that [`gaps`](Self::gaps) lists.
    pub fn unlisted_gaps(&self) -> usize {
        self.gaps.left_out
    }

    /// The next samples, at least one; `None` at the end.
    ///
    /// # Errors
    /// [`Error::AudioRead`] if the source fails, [`Error::SampleRateChanged`] if the rate changes
    /// on the way, [`Error::AudioLimit`] if the sound outlasts the limit. Damage is no error, see
    /// [`gaps`](Self::gaps). After an error the reader is at its end.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>> {
        while self.silence_due == 0 && !self.block_ready && !self.ended {
            if let Err(error) = self.advance() {
                self.ended = true;
                self.block_ready = false;
                self.silence_due = 0;
                return Err(error);
            }
        }
        if self.silence_due > 0 {
            // The block at hand comes after the silence, so this needs a place of its own.
            static SILENCE: [f32; SILENCE_BLOCK as usize] = [0.0; SILENCE_BLOCK as usize];
            let length = self.silence_due.min(SILENCE_BLOCK);
            self.silence_due -= length;
            return Ok(Some(&SILENCE[..length as usize]));
        }
        if self.block_ready {
            self.block_ready = false;
            return Ok(Some(&self.block));
        }
        Ok(None)
    }

    /// Reads everything that is left into memory.
    ///
    /// # Errors
    /// As [`next_block`](Self::next_block).
    pub fn read_all(&mut self) -> Result<Waveform> {
        let mut samples = Vec::new();
        while let Some(block) = self.next_block()? {
            samples.extend_from_slice(block);
        }
        Waveform::new(samples, self.sample_rate())
    }

    fn seconds(&self, frames: u64) -> f64 {
        frames as f64 / f64::from(self.track.rate)
    }

    /// Goes one packet further: prepares a block or silence, or finds the end.
    fn advance(&mut self) -> Result<()> {
        if self.track.is_over() {
            return self.end(None);
        }
        let mut errors = 0;
        let packet = loop {
            if self.fruitless > MOST_FRUITLESS {
                return self.end(Some("there is no sound for too long".into()));
            }
            match guarded(|| self.format.next_packet()) {
                Ok(Some(packet)) if packet.track_id == self.track.id => break packet,
                Ok(Some(_)) => self.fruitless += 1,
                Ok(None) => return self.end(None),
                Err(SymphoniaError::IoError(error))
                    if error.kind() == io::ErrorKind::UnexpectedEof =>
                {
                    let reason = "it ends in the middle".to_owned();
                    return self.end(Some(reason).filter(|_| !self.is_whole));
                }
                Err(SymphoniaError::IoError(source)) => {
                    let at_s = self.seconds(self.prepared);
                    return Err(Error::AudioRead { origin: self.origin.clone(), at_s, source });
                }
                Err(SymphoniaError::ResetRequired) => {
                    self.fruitless += COST_OF_STREAM;
                    self.next_track()?;
                }
                Err(error) => {
                    errors += 1;
                    if errors == MOST_ERRORS || panicked(&error) {
                        return self.end(Some(error.to_string()));
                    }
                    self.last_reason = Some(error.to_string());
                }
            }
        };
        self.fruitless += COST_OF_OWN;
        self.keep_time(&packet);
        match self.track.decode(&packet, &mut self.block) {
            Ok(frames) => self.accept(&packet, frames),
            Err(error) if panicked(&error) => self.end(Some(error.to_string())),
            Err(error) => {
                self.replace(&packet, error.to_string());
                Ok(())
            }
        }
    }

    /// Notes a leap in the time stamps before this packet.
    fn keep_time(&mut self, packet: &Packet) {
        let start = self.track.start_of(packet);
        let (Some(expected), Some(start)) = (self.track.next_start, start) else { return };
        let missing = start.saturating_sub(expected);
        // Containers with coarse time stamps round to the millisecond.
        if missing > i64::from(self.track.rate / 100) {
            self.put_silence(missing.unsigned_abs(), GapCause::Missing);
        }
    }

    /// A packet could not be decoded.
    fn replace(&mut self, packet: &Packet, reason: String) {
        let length = self.track.frames(packet.dur.get());
        self.track.next_start =
            self.track.start_of(packet).and_then(|start| start.checked_add_unsigned(length));
        self.last_reason = Some(reason.clone());
        self.put_silence(length, GapCause::Damaged(reason));
    }

    fn put_silence(&mut self, frames: u64, cause: GapCause) {
        let start = self.seconds(self.prepared);
        let most = (self.prepared - self.silence) + MOST_SILENCE * u64::from(self.track.rate);
        let filled = self.silence.saturating_add(frames) <= most;
        if filled {
            let heard = frames - self.track.cut_length(frames);
            self.track.clock += frames;
            self.silence_due += heard;
            self.prepared += heard;
            self.silence += heard;
        }
        self.gaps.push(start, start + self.seconds(frames), cause, filled);
    }

    /// A packet was decoded into `frames` frames, which lie in `block`.
    fn accept(&mut self, packet: &Packet, frames: usize) -> Result<()> {
        let (rate, channels) = self.track.decoded_format();
        if frames > 0 && rate != self.track.rate {
            if self.decoded_any {
                return Err(Error::SampleRateChanged {
                    origin: self.origin.clone(),
                    at_s: self.seconds(self.prepared),
                    from_hz: self.track.rate,
                    to_hz: rate,
                });
            }
            self.track.change_rate(rate);
        }
        self.track.next_start =
            self.track.start_of(packet).and_then(|start| start.checked_add_unsigned(frames as u64));
        if frames == 0 {
            return Ok(());
        }
        if channels != self.track.channels || !self.decoded_any {
            self.track.channels = channels;
            self.track.limit_to_format(&self.limits, &self.origin)?;
        }
        self.decoded_any = true;
        self.track.cut(packet, &mut self.block);
        if mono::mend(&mut self.block) {
            let (start, length) = (self.seconds(self.prepared), self.seconds(frames as u64));
            self.gaps.push(start, start + length, GapCause::NotFinite, true);
        }
        self.prepared += self.block.len() as u64;
        self.block_ready = !self.block.is_empty();
        if self.block_ready {
            self.fruitless = 0;
        }
        self.limits.check_duration(&self.origin, self.seconds(self.prepared))
    }

    /// An Ogg file goes on with another logical stream.
    fn next_track(&mut self) -> Result<()> {
        let track = source::choose_track(self.format.as_ref(), self.container, &self.origin)?;
        let track = TrackReader::new(track, self.format.as_ref(), &self.limits, &self.origin)?;
        if self.decoded_any && track.rate != self.track.rate {
            return Err(Error::SampleRateChanged {
                origin: self.origin.clone(),
                at_s: self.seconds(self.prepared),
                from_hz: self.track.rate,
                to_hz: track.rate,
            });
        }
        // The length of the whole is not known any more.
        self.track = TrackReader { declared: None, ..track };
        self.track.limit_to_format(&self.limits, &self.origin)
    }

    fn end(&mut self, broken: Option<String>) -> Result<()> {
        self.ended = true;
        let declared = self.track.declared.filter(|_| self.track.declared_for_sure);
        let slack = u64::from(self.track.rate / 20);
        let (start, end) = (self.prepared, declared.unwrap_or(self.prepared).max(self.prepared));
        if end > start + slack || (broken.is_some() && declared.is_none_or(|all| all > start)) {
            self.gaps.push(self.seconds(start), self.seconds(end), GapCause::Truncated, false);
        }
        self.last_reason = broken.or(self.last_reason.take());
        Ok(())
    }

    /// Why no sample came out.
    fn nothing_heard(&self) -> Error {
        let origin = self.origin.clone();
        match &self.last_reason {
            Some(reason) => Error::DamagedAudio {
                origin,
                container: self.container.into(),
                reason: format!("no sound could be decoded: {reason}"),
            },
            None => Error::NoSamples {
                origin,
                reason: format!("the {} file has no samples", self.container),
            },
        }
    }
}

impl std::fmt::Debug for AudioReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioReader")
            .field("origin", &self.origin)
            .field("container", &self.container)
            .field("sample_rate", &self.track.rate)
            .field("channels", &self.track.channels)
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
