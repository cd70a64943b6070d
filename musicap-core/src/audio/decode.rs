//! From a file to blocks of mono samples at the file's own rate.
//!
//! symphonia demultiplexes containers and decodes packets. This module reads them and reports what is
//! damaged or missing as a [`Gap`], with silence of the same length in its place. `track` decodes and
//! cuts what encoders put before and after the sound, `timeline` says how far a container's time
//! stamps are believed, `downmix` mixes channels, and `output` holds what is ready.
//!
//! | format | extensions | cut before and after the sound |
//! |---|---|---|
//! | WAV, also RF64 and BW64: integers of 8 to 32 bits, float32, float64, A-law, µ-law, ADPCM, MP3 | `.wav`, `.wave` | exact |
//! | AIFF | `.aiff`, `.aif`, `.aifc` | exact |
//! | AU: PCM of 8 to 32 bits, float32, float64, A-law, µ-law | `.au`, `.snd` | exact |
//! | FLAC, also in Ogg | `.flac`, `.oga` | exact |
//! | MP3, MPEG layer I and II | `.mp3`, `.mp2` | exact with a LAME tag, else nothing is known and nothing cut |
//! | Ogg Vorbis | `.ogg` | exact |
//! | Opus up to 7.1 (feature `opus`), in Ogg, WebM, MP4 | `.opus`, `.webm` | exact in Ogg, else the start |
//! | MP4: AAC-LC and the core of HE-AAC, in mono or stereo, ALAC, MP3, FLAC, PCM | `.m4a`, `.m4b`, `.mp4`, `.mov` | exact with an edit list or iTunes comment |
//! | AAC-LC and the core of HE-AAC in ADTS | `.aac` | not marked in the format, nothing cut |
//! | Matroska, WebM: the codecs above | `.mkv`, `.mka`, `.webm` | nothing cut |
//!
//! The format is found by content; names and extensions are not looked at. [`FORMATS`](super::FORMATS)
//! lists them. Where a file has several audio tracks, the default one is read.
//!
//! Memory does not grow with the length of the sound: it holds a few packets and their samples, and
//! what the container keeps as an index (MP4: some bytes a packet).

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
use super::output::Output;
use super::probe::{self, Container, catch_decoder_panic, panicked};
use super::r128::LoudnessTap;
use super::timeline::Piece;
use super::track::{TrackReader, Trim};
use super::waveform::Waveform;
use crate::facts::Loudness;
use crate::{Error, Result};

/// After this many errors of the container without a packet in between, reading stops.
const MAX_ERRORS: usize = 64;
/// At most this many notes are kept.
const MAX_NOTES: usize = 100;
/// If more bytes than these belong to no packet, audio was not decoded. Tags are shorter, or have been
/// cut off before.
const MAX_UNREAD: u64 = 1 << 16;
/// A track that starts less than this many seconds after the others is taken to start with them.
const MIN_DELAY_S: f64 = 0.25;

/// How much is read in a row without any audio before reading stops: packets of other tracks count
/// 1, empty or damaged ones of this track more. A file of a kilobyte may declare four billion packets
/// of no bytes.
const MAX_WITHOUT_AUDIO: u32 = 1 << 20;
const COST_OF_PACKET: u32 = 16;
/// A chained Ogg stream counts more, since a decoder is created for it.
const COST_OF_STREAM: u32 = 1 << 14;

/// Reads an audio file block by block, as mono float32 at the file's own rate.
///
/// Samples of 16-bit files are the integers divided by 32768, exactly. Stereo becomes the mean of
/// both channels, surround is downmixed by ITU-R BS.775. Samples that are infinite or NaN become 0.
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
    output: Output,
    /// When the sound starts after the file's other tracks, in seconds.
    start_s: f64,
    /// The first stamp of another track, in seconds.
    others_start_s: Option<f64>,
    /// Non-empty packets that were decoded.
    decoded_any: bool,
    last_reason: Option<String>,
    /// What has been read since the last audio, see [`MAX_WITHOUT_AUDIO`].
    without_audio: u32,
    gaps: Gaps,
    notes: Vec<AudioNote>,
    ended: bool,
}

impl AudioReader {
    /// Opens a file with the default limits and decodes its first packet.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read, [`Error::UnknownFormat`] if it is not an audio file,
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

    /// Reads a file in memory, with the default limits; `name` is for messages only.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_bytes<B>(bytes: B, name: impl Into<String>) -> Result<Self>
    where
        B: AsRef<[u8]> + Send + Sync + 'static,
    {
        Self::from_reader(io::Cursor::new(bytes), name)
    }

    /// Reads a file from any seekable source, with the default limits; `name` is
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

    /// Reads a file from any seekable source; `name` is for messages only.
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

    /// Reads a stream that is not seekable, such as standard input, to its end into memory, with
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
        let mut track = track;
        track.downmix.loudness = LoudnessTap::Opening(Vec::new());
        track.check_format(&limits, &origin)?;
        let mut notes = Vec::new();
        if tracks > 1 {
            notes.push(AudioNote::OtherTracks { read, tracks });
        }
        let mut reader = Self {
            origin,
            limits,
            container,
            output: Output::new(track.rate),
            start_s: track.delay_s(),
            track,
            others_start_s: None,
            decoded_any: false,
            last_reason: None,
            without_audio: 0,
            gaps: Gaps::default(),
            notes,
            ended: false,
        };
        // Only a decoded packet is certain to have the right rate: some containers do not store it.
        while !reader.output.has_sound() && !reader.ended {
            reader.advance()?;
        }
        if !reader.output.has_sound() {
            return Err(reader.no_samples());
        }
        if reader.start_s < MIN_DELAY_S {
            reader.start_s = 0.0;
        }
        if let Some(duration) = reader.duration().filter(|_| reader.track.is_exact) {
            reader.limits.check_duration(&reader.origin, duration.as_secs_f64())?;
        }
        Ok(reader)
    }

    /// The sample rate in Hz, the same for the whole file.
    pub fn sample_rate(&self) -> u32 {
        self.output.rate()
    }

    /// The number of channels, which are downmixed to mono.
    pub fn channels(&self) -> usize {
        self.track.channels
    }

    /// The duration according to the container: right for most files, an estimate for MP3 without a
    /// Xing header, unknown for raw streams. Meant for progress bars: the exact duration is only
    /// known at the end.
    pub fn duration(&self) -> Option<Duration> {
        let seconds = self.track.declared? as f64 / f64::from(self.track.rate);
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// The duration of the samples returned so far.
    pub fn position(&self) -> Duration {
        Duration::from_secs_f64(self.output.position_s())
    }

    /// The file's path, or the name given to it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The container's name.
    pub fn container(&self) -> &str {
        self.container.name
    }

    /// What could not be decoded so far, in order of time: complete once
    /// [`next_block`](Self::next_block) has returned `None`.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps.list
    }

    /// Number of gaps beyond those in [`gaps`](Self::gaps).
    pub fn unlisted_gaps(&self) -> usize {
        self.gaps.omitted
    }

    /// When the audio starts on the file's timeline: later than 0 if a video's picture starts
    /// first. Gaps count from the start of the timeline, [`position`](Self::position) does not.
    pub fn start(&self) -> Duration {
        Duration::try_from_secs_f64(self.start_s).unwrap_or_default()
    }

    /// Changes made to the audio so far that users should know about: complete once
    /// [`next_block`](Self::next_block) has returned `None`.
    pub fn notes(&self) -> &[AudioNote] {
        &self.notes
    }

    /// Measures the loudness of all channels while blocks are read. Has an effect only before the
    /// first block.
    pub fn measure_loudness(&mut self) {
        self.track.downmix.loudness.start();
    }

    /// The loudness of what has been read; `None` if it is not
    /// [measured](Self::measure_loudness), or for silence.
    pub fn loudness(&self) -> Option<Loudness> {
        self.track.downmix.loudness.loudness()
    }

    /// The next samples, at least one; `None` at the end.
    ///
    /// # Errors
    /// [`Error::AudioRead`] if the source fails, [`Error::AudioLimit`] if the audio is longer than
    /// the limit. Damage is not an error, see [`gaps`](Self::gaps). After an error the reader is at
    /// its end.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>> {
        self.track.downmix.loudness.opened();
        while self.output.is_empty() && !self.ended {
            if let Err(error) = self.advance() {
                self.ended = true;
                self.output.clear();
                return Err(error);
            }
        }
        let track = &mut self.track;
        Ok(self.output.next(|used| track.recycle(used)))
    }

    /// Reads the rest of the audio into memory.
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

    /// Reads the next packet: prepares samples or silence, or finds the end.
    fn advance(&mut self) -> Result<()> {
        if self.track.is_over() {
            return self.end(None);
        }
        let mut errors = 0;
        let packet = loop {
            if self.without_audio > MAX_WITHOUT_AUDIO {
                return self.end(Some("too many packets without audio".into()));
            }
            match catch_decoder_panic(|| self.container.reader.next_packet()) {
                Ok(Some(packet)) if packet.track_id == self.track.id => break packet,
                Ok(Some(packet)) => {
                    self.without_audio += 1;
                    if !self.decoded_any && self.others_start_s.is_none() {
                        self.others_start_s = self.other_start_s(&packet);
                    }
                }
                Ok(None) => return self.end(None),
                Err(SymphoniaError::IoError(error))
                    if error.kind() == io::ErrorKind::UnexpectedEof =>
                {
                    let reason = "it ends in the middle of a packet".to_owned();
                    return self.end(Some(reason).filter(|_| !self.container.fixed.is_whole));
                }
                Err(SymphoniaError::IoError(source)) => {
                    let at_s = self.output.prepared_s();
                    return Err(Error::AudioRead { origin: self.origin.clone(), at_s, source });
                }
                Err(SymphoniaError::ResetRequired) => {
                    self.without_audio += COST_OF_STREAM;
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
        self.without_audio += COST_OF_PACKET;
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
            self.output.set_rate(rate);
            self.notes.extend(self.track.apply_edits());
        }
        if self.output.expect_rate(rate)? {
            self.note(AudioNote::RateChanged { from_hz: self.output.rate(), to_hz: rate });
        }
        self.decoded_any = true;
        Ok(())
    }

    /// Takes what the timeline has decided.
    fn deliver(&mut self) -> Result<()> {
        while let Some(piece) = self.track.pop() {
            match piece {
                Piece::Lost(frames, cause) => {
                    let lost = self.output.push_lost(frames, self.track.rate);
                    let (start, end) = (self.start_s + lost.start_s, self.start_s + lost.end_s);
                    self.gaps.push(start, end, cause, lost.filled);
                }
                Piece::Sound(mut samples) => {
                    if downmix::remove_non_finite(&mut samples) {
                        let start = self.start_s + self.output.prepared_s();
                        let end = start + samples.len() as f64 / f64::from(self.track.rate);
                        self.gaps.push(start, end, GapCause::NotFinite, true);
                    }
                    if self.output.push(samples) {
                        self.without_audio = 0;
                    }
                }
            }
        }
        let opposite = self.track.downmix.take_note();
        for note in opposite.into_iter().chain(self.track.note()) {
            self.note(note);
        }
        self.limits.check_duration(&self.origin, self.output.prepared_s())
    }

    /// Adds a note, once.
    fn note(&mut self, note: AudioNote) {
        if !self.notes.contains(&note) && self.notes.len() < MAX_NOTES {
            self.notes.push(note);
        }
    }

    /// An Ogg file continues with another logical stream.
    fn next_track(&mut self) -> Result<()> {
        self.track.timeline.finish();
        self.deliver()?;
        let (track, _, _) = probe::choose_track(&self.container, &self.origin)?;
        let mut track = TrackReader::new(track, &self.container, &self.limits, &self.origin)?;
        track.downmix.loudness = std::mem::take(&mut self.track.downmix.loudness);
        // The length of the whole is not known any more.
        self.track = track;
        self.track.declared = None;
        self.track.check_format(&self.limits, &self.origin)
    }

    fn end(&mut self, broken: Option<String>) -> Result<()> {
        self.track.timeline.finish();
        self.deliver()?;
        self.output.finish();
        self.ended = true;
        // An estimate says how much is missing where something is.
        let declared = self.track.declared.filter(|_| self.track.is_exact || broken.is_some());
        let slack = u64::from(self.output.rate() / 20);
        let start = self.output.prepared();
        let end = declared.unwrap_or(start).max(start);
        let is_short = end > start + slack;
        let is_cut = broken.is_some() && !self.track.may_end_anywhere;
        let is_truncated = is_short || (is_cut && declared.is_none_or(|all| all > start));
        // Frames of another format, which symphonia passes over without a word.
        let frame_bytes = self.container.fixed.frame_bytes.unwrap_or(0);
        let unread = frame_bytes.saturating_sub(self.track.bytes);
        let cause = match unread > MAX_UNREAD && self.gaps.list.is_empty() {
            true => {
                let reason = format!("{unread} bytes are not frames of this stream");
                Some(GapCause::Damaged(reason))
            }
            false => is_truncated.then_some(GapCause::Truncated),
        };
        if let Some(cause) = cause {
            let start_s = self.start_s + self.output.seconds(start);
            let end_s = self.start_s + self.output.seconds(end);
            self.gaps.push(start_s, end_s, cause, false);
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
                reason: format!("nothing could be decoded: {reason}"),
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
            .field("sample_rate", &self.sample_rate())
            .field("channels", &self.track.channels)
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
