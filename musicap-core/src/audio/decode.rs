//! From a file to blocks of mono samples at the file's own rate.
//!
//! symphonia takes containers apart and decodes packets. This module picks the track, mixes the
//! channels, cuts what encoders put before and after the sound, and keeps time where something is
//! damaged or missing: silence of the same length goes in its place and a [`Gap`] reports it. What a
//! container says of time, and how far it is believed, is in the module `timeline`.
//!
//! | format | extensions | cut before and after the sound |
//! |---|---|---|
//! | WAV, also RF64 and BW64: integers of 8 to 32 bits, float32, float64, A-law, µ-law, ADPCM, MP3 | `.wav` | exact |
//! | AIFF | `.aiff`, `.aif` | exact |
//! | FLAC, also in Ogg | `.flac`, `.oga` | exact |
//! | MP3 | `.mp3` | exact with a LAME tag, else nothing is known and nothing cut |
//! | Ogg Vorbis | `.ogg` | exact |
//! | Opus up to 7.1 (feature `opus`), in Ogg, WebM, MP4 | `.opus`, `.webm` | exact in Ogg, else the start |
//! | MP4: AAC-LC in mono or stereo, ALAC, MP3, FLAC, PCM | `.m4a`, `.mp4`, `.mov` | exact with an edit list or iTunes comment |
//! | AAC-LC in ADTS | `.aac` | not marked in the format, nothing cut |
//! | Matroska, WebM: the codecs above | `.mkv`, `.mka`, `.webm` | nothing cut |
//!
//! The format is found by content; names and extensions are not looked at. [`FORMATS`](super::FORMATS)
//! lists them. Where a file has several audio tracks, the default one is read.
//!
//! Memory does not grow with the length of the sound: it holds a few packets and their samples, and
//! what the container keeps as an index (MP4: some bytes a packet).

use std::collections::VecDeque;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::time::Duration;

use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::packet::Packet;

use super::downmix;
use super::gap::{Gap, GapCause, Gaps};
use super::input::{self, Input};
use super::limits::AudioLimits;
use super::note::AudioNote;
use super::probe::{self, Container, guard, panicked};
use super::resample::Resampler;
use super::timeline::Piece;
use super::track::{TrackReader, Trim};
use super::waveform::Waveform;
use crate::{Error, Result};

/// Silence is returned in blocks of this many samples.
const SILENCE_BLOCK: u64 = 4_096;
/// Silence may outlast the sound that was really decoded by this many seconds. A file of a few
/// bytes whose time stamps leap by a year would otherwise last a year.
const MAX_SILENCE: u64 = 30;
/// After this many errors of the container without a packet in between, the rest is given up.
const MAX_ERRORS: usize = 64;
/// At most this many notes are kept.
const MAX_NOTES: usize = 100;
/// A track that starts after others by less than this many seconds starts with them.
const MIN_DELAY_S: f64 = 0.25;

/// How much is read in a row without any sound before the rest is given up: packets of other
/// tracks, and, at a higher cost, own ones that are empty or damaged. A file of a kilobyte may
/// declare four billion packets of no bytes.
const MAX_FRUITLESS: u32 = 1 << 20;
const COST_OF_OWN: u32 = 16;
/// A stream that follows another in an Ogg file has a decoder made for it.
const COST_OF_STREAM: u32 = 1 << 14;

/// Reads an audio file block by block, as mono float32 at the file's own rate.
///
/// The samples of 16-bit files are their integers divided by 32768, exactly. Stereo becomes the mean
/// of both channels, surround is mixed by ITU-R BS.775. Samples that are infinite or NaN become 0.
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
    container: Container,
    track: TrackReader,
    /// The rate of the whole, and what brings a later part of another rate to it.
    rate: u32,
    converter: Option<Resampler>,
    /// What is to be returned, and the samples that were returned last.
    ready: VecDeque<Ready>,
    block: Vec<f32>,
    /// What has been prepared so far: samples that were or will be returned, the silence among
    /// them, and those that will be.
    prepared: u64,
    silence: u64,
    held: u64,
    /// When the sound starts after the file's other tracks, in seconds.
    start_s: f64,
    /// The first stamp of another track, in seconds.
    others_start_s: Option<f64>,
    /// Non-empty packets that were decoded.
    decoded_any: bool,
    last_reason: Option<String>,
    /// What has been read since there was sound, see [`MAX_FRUITLESS`].
    fruitless: u32,
    gaps: Gaps,
    notes: Vec<AudioNote>,
    ended: bool,
}

enum Ready {
    Sound(Vec<f32>),
    Silence(u64),
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
        Self::begin(input::open(path, &limits)?, path.display().to_string(), limits)
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
        Self::begin(input, origin, limits)
    }

    /// Reads a stream that cannot be sought, such as standard input, to its end into memory, with
    /// the default limits; `name` is for messages only.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`Error::AudioLimit`] if the stream is longer than
    /// [`max_stream_bytes`](AudioLimits::max_stream_bytes).
    pub fn from_stream(stream: impl Read, name: impl Into<String>) -> Result<Self> {
        let (name, limits) = (name.into(), AudioLimits::default());
        let bytes = input::read_pipe(stream, &name, &limits)?;
        Self::from_reader_with(io::Cursor::new(bytes), name, limits)
    }

    fn begin<R>(input: Input<R>, origin: String, limits: AudioLimits) -> Result<Self>
    where
        R: Read + Seek + Send + Sync + 'static,
    {
        let container = probe::probe(input, &origin)?;
        let (track, read, tracks) = probe::choose_track(&container, &origin)?;
        let track = TrackReader::new(track, &container, &limits, &origin)?;
        track.check_format(&limits, &origin)?;
        let mut notes = Vec::new();
        if tracks > 1 {
            notes.push(AudioNote::OtherTracks { read, tracks });
        }
        let mut reader = Self {
            origin,
            limits,
            container,
            rate: track.rate,
            converter: None,
            start_s: track.delay_s(),
            track,
            ready: VecDeque::new(),
            block: Vec::new(),
            prepared: 0,
            silence: 0,
            held: 0,
            others_start_s: None,
            decoded_any: false,
            last_reason: None,
            fruitless: 0,
            gaps: Gaps::default(),
            notes,
            ended: false,
        };
        // The first packet tells the rate for sure; for some codecs the container does not know.
        while reader.prepared == reader.silence && !reader.ended {
            reader.advance()?;
        }
        if reader.prepared == reader.silence {
            return Err(reader.no_samples());
        }
        if reader.start_s < MIN_DELAY_S {
            reader.start_s = 0.0;
        }
        reader.notes.extend(reader.track.note());
        if let Some(duration) = reader.duration().filter(|_| reader.track.is_exact) {
            reader.limits.check_duration(&reader.origin, duration.as_secs_f64())?;
        }
        Ok(reader)
    }

    /// The sample rate in Hz, the same for the whole file.
    pub fn sample_rate(&self) -> u32 {
        self.rate
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
        Duration::from_secs_f64(self.seconds(self.prepared - self.held))
    }

    /// The file's path or the name given for it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The container's name in words.
    pub fn container(&self) -> &str {
        self.container.name
    }

    /// What could not be decoded so far, in order of time: complete once
    /// [`next_block`](Self::next_block) has returned `None`.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps.list
    }

    /// How many gaps there were beyond those that [`gaps`](Self::gaps) lists.
    pub fn unlisted_gaps(&self) -> usize {
        self.gaps.omitted
    }

    /// When the sound starts on the file's own timeline: after 0 where the picture of a video starts
    /// first. Gaps count from the start of the timeline, [`position`](Self::position) does not.
    pub fn start(&self) -> Duration {
        Duration::try_from_secs_f64(self.start_s).unwrap_or_default()
    }

    /// What was done to the sound so far that its user should know of: complete once
    /// [`next_block`](Self::next_block) has returned `None`.
    pub fn notes(&self) -> &[AudioNote] {
        &self.notes
    }

    /// The next samples, at least one; `None` at the end.
    ///
    /// # Errors
    /// [`Error::AudioRead`] if the source fails, [`Error::AudioLimit`] if the sound outlasts the
    /// limit. Damage is no error, see [`gaps`](Self::gaps). After an error the reader is at its end.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>> {
        while self.ready.is_empty() && !self.ended {
            if let Err(error) = self.advance() {
                self.ended = true;
                self.ready.clear();
                self.held = 0;
                return Err(error);
            }
        }
        match self.ready.front_mut() {
            None => Ok(None),
            Some(Ready::Silence(left)) => {
                static SILENCE: [f32; SILENCE_BLOCK as usize] = [0.0; SILENCE_BLOCK as usize];
                let length = (*left).min(SILENCE_BLOCK);
                *left -= length;
                if *left == 0 {
                    self.ready.pop_front();
                }
                self.held -= length;
                Ok(Some(&SILENCE[..length as usize]))
            }
            Some(Ready::Sound(samples)) => {
                let before = std::mem::replace(&mut self.block, std::mem::take(samples));
                self.track.recycle(before);
                self.ready.pop_front();
                self.held -= self.block.len() as u64;
                Ok(Some(&self.block))
            }
        }
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
        frames as f64 / f64::from(self.rate)
    }

    /// Reads the next packet: prepares samples or silence, or finds the end.
    fn advance(&mut self) -> Result<()> {
        if self.track.is_over() {
            return self.end(None);
        }
        let mut errors = 0;
        let packet = loop {
            if self.fruitless > MAX_FRUITLESS {
                return self.end(Some("too much of it has no sound".into()));
            }
            match guard(|| self.container.reader.next_packet()) {
                Ok(Some(packet)) if packet.track_id == self.track.id => break packet,
                Ok(Some(packet)) => {
                    self.fruitless += 1;
                    if !self.decoded_any && self.others_start_s.is_none() {
                        self.others_start_s = self.other_start_s(&packet);
                    }
                }
                Ok(None) => return self.end(None),
                Err(SymphoniaError::IoError(error))
                    if error.kind() == io::ErrorKind::UnexpectedEof =>
                {
                    let reason = "it ends in the middle".to_owned();
                    return self.end(Some(reason).filter(|_| !self.container.fixed.is_whole));
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
                    if errors == MAX_ERRORS || panicked(&error) {
                        return self.end(Some(error.to_string()));
                    }
                    self.last_reason = Some(error.to_string());
                }
            }
        };
        self.fruitless += COST_OF_OWN;
        if let (false, Some(others), Some(own)) =
            (self.decoded_any, self.others_start_s.take(), self.track.start_s(&packet))
        {
            self.start_s += (own - others).max(0.0);
        }
        let trim = Trim::of(&packet);
        match self.track.decode(packet) {
            Ok(mut decoded) => {
                let frames = decoded.samples.len();
                if frames > 0 {
                    self.check_format()?;
                }
                self.track.trim(&mut decoded, trim);
                self.track.timeline.push(decoded);
            }
            Err(error) if panicked(&error) => return self.end(Some(error.to_string())),
            Err(error) => {
                self.last_reason = Some(error.to_string());
                let frames = self.track.lost_frames(trim.duration);
                let cause = GapCause::Damaged(error.to_string());
                self.track.timeline.push_lost(frames, cause);
            }
        }
        self.deliver()
    }

    /// Where another track than the one that is read starts.
    fn other_start_s(&self, packet: &Packet) -> Option<f64> {
        let tracks = self.container.reader.tracks();
        let base = tracks.iter().find(|track| track.id == packet.track_id)?.time_base?;
        Some(packet.pts.get() as f64 * f64::from(base.numer.get()) / f64::from(base.denom.get()))
    }

    /// Compares the rate and channels of what was decoded with what they were.
    fn check_format(&mut self) -> Result<()> {
        let (rate, channels) = self.track.decoded_format();
        if rate != self.track.rate {
            self.track.change_rate(rate);
            self.deliver()?;
        }
        if channels != self.track.channels || !self.decoded_any {
            self.track.channels = channels;
        }
        self.track.check_format(&self.limits, &self.origin)?;
        if !self.decoded_any {
            self.rate = rate;
            self.notes.extend(self.track.apply_edits());
        }
        let converted = self.converter.as_ref().map_or(self.rate, Resampler::from_hz);
        if rate != converted {
            self.finish_conversion();
            if rate != self.rate {
                let note = AudioNote::RateChanged { from_hz: self.rate, to_hz: rate };
                if !self.notes.contains(&note) && self.notes.len() < MAX_NOTES {
                    self.notes.push(note);
                }
                self.converter = Some(Resampler::new(rate, self.rate)?);
            }
        }
        self.decoded_any = true;
        Ok(())
    }

    /// Takes what the timeline has decided.
    fn deliver(&mut self) -> Result<()> {
        while let Some(piece) = self.track.pop() {
            match piece {
                Piece::Lost(frames, cause) => self.put_silence(frames, cause),
                Piece::Sound(mut samples) => {
                    let frames = samples.len() as u64;
                    if downmix::remove_non_finite(&mut samples) {
                        let start = self.start_s + self.seconds(self.prepared);
                        let end = start + frames as f64 / f64::from(self.track.rate);
                        self.gaps.push(start, end, GapCause::NotFinite, true);
                    }
                    if let Some(converter) = &mut self.converter {
                        let mut converted = Vec::new();
                        converter.process(&samples, &mut converted);
                        samples = converted;
                    }
                    self.put_sound(samples);
                }
            }
        }
        if let Some(channel) = self.track.downmix.first_alone.take() {
            let note = AudioNote::OppositePhase { channel: channel + 1 };
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        self.limits.check_duration(&self.origin, self.seconds(self.prepared))
    }

    fn put_sound(&mut self, samples: Vec<f32>) {
        if !samples.is_empty() {
            self.fruitless = 0;
            self.prepared += samples.len() as u64;
            self.held += samples.len() as u64;
            self.ready.push_back(Ready::Sound(samples));
        }
    }

    /// Puts silence in the place of frames that are lost, unless it would outlast the sound.
    fn put_silence(&mut self, frames: u64, cause: GapCause) {
        let frames =
            u128::from(frames) * u128::from(self.rate) / u128::from(self.track.rate.max(1));
        let frames = u64::try_from(frames).unwrap_or(u64::MAX);
        let start = self.start_s + self.seconds(self.prepared);
        let most = (self.prepared - self.silence) + MAX_SILENCE * u64::from(self.rate);
        let filled = self.silence.saturating_add(frames) <= most;
        if filled && frames > 0 {
            self.prepared += frames;
            self.silence += frames;
            self.held += frames;
            self.ready.push_back(Ready::Silence(frames));
        }
        self.gaps.push(start, start + self.seconds(frames), cause, filled);
    }

    fn finish_conversion(&mut self) {
        if let Some(mut converter) = self.converter.take() {
            let mut rest = Vec::new();
            converter.finish(&mut rest);
            self.put_sound(rest);
        }
    }

    /// An Ogg file continues with another logical stream.
    fn next_track(&mut self) -> Result<()> {
        self.track.timeline.finish();
        self.deliver()?;
        let (track, _, _) = probe::choose_track(&self.container, &self.origin)?;
        let track = TrackReader::new(track, &self.container, &self.limits, &self.origin)?;
        // The length of the whole is not known any more.
        self.track = track;
        self.track.declared = None;
        self.track.check_format(&self.limits, &self.origin)
    }

    fn end(&mut self, broken: Option<String>) -> Result<()> {
        self.track.timeline.finish();
        self.deliver()?;
        self.finish_conversion();
        self.ended = true;
        // An estimate says how much is missing where something is.
        let declared = self.track.declared.filter(|_| self.track.is_exact || broken.is_some());
        let slack = u64::from(self.rate / 20);
        let (start, end) = (self.prepared, declared.unwrap_or(self.prepared).max(self.prepared));
        let is_short = end > start + slack;
        let is_cut = broken.is_some() && !self.track.may_end_anywhere;
        if is_short || (is_cut && declared.is_none_or(|all| all > start)) {
            let start_s = self.start_s + self.seconds(start);
            let end_s = self.start_s + self.seconds(end);
            self.gaps.push(start_s, end_s, GapCause::Truncated, false);
        }
        self.last_reason = broken.or(self.last_reason.take());
        Ok(())
    }

    /// Why no sample came out.
    fn no_samples(&self) -> Error {
        let origin = self.origin.clone();
        let container = self.container.name;
        match &self.last_reason {
            Some(reason) => Error::DamagedAudio {
                origin,
                container: container.into(),
                reason: format!("no sound could be decoded: {reason}"),
            },
            None => {
                Error::NoSamples { origin, reason: format!("the {container} file has no samples") }
            }
        }
    }
}

impl std::fmt::Debug for AudioReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AudioReader")
            .field("origin", &self.origin)
            .field("container", &self.container.name)
            .field("sample_rate", &self.rate)
            .field("channels", &self.track.channels)
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
