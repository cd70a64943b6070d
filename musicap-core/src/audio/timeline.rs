//! Where packets become samples: decoded frames follow each other, whatever the container says.
//!
//! A decoder that gives 25 s of sound has 25 s of sound. What a container says of time is believed
//! only where the format knows it, the value is possible, and the packets around it agree:
//!
//! | container | stamp of a packet | declared length | what shortens the last packets |
//! |---|---|---|---|
//! | WAV, AIFF, AU | none: counted from the bytes read | exact, unless never written | nothing |
//! | MP3 | none: counted by the reader | exact with a Xing, Info or VBRI header, else an estimate | a LAME tag |
//! | AAC (ADTS) | none: counted by the reader | an estimate | nothing |
//! | FLAC | its own frame number | exact, unless 0 | nothing |
//! | Ogg | from the position that its page ends at; −1 says that there is none | the last page's position, which promises nothing | the last page's position |
//! | MP4 | from a table of all durations, and the start of each fragment | exact without fragments | its own duration |
//! | Matroska, WebM | its block's, to the millisecond; later frames of a block have none | the longest track's: an estimate | nothing that symphonia reads |
//!
//! * The first stamp is where the stream starts, not how much silence comes before it.
//! * A stamp ahead of the decoded frames by more than 10 ms and half a packet, with which the stamps
//!   that follow agree for 0.1 s, says that packets are lost: silence of that length is put in and a
//!   gap is reported. In Ogg they have to agree for 2 s, longer than a page, as all stamps of a page
//!   come from one number, and ffmpeg writes wrong ones at times. One stamp alone moves nothing,
//!   and neither does a leap right after the first packet, which telephones write.
//! * A stamp that is behind moves nothing, and neither does a stamp that drifts: clocks of
//!   recorders are not those of sound cards.
//! * Frames are cut from the end only where the stream ends, and only if the first packet that is
//!   shortened keeps a part. A page without a position would otherwise cut all of its sound.
//! * A file that ends before an exact length is truncated, and so is one that ends within a packet.

use std::collections::VecDeque;

use super::gap::GapCause;

/// Stamps that have to agree with one that is ahead, at least.
const CONFIRMATIONS: usize = 2;
/// A stamp that is ahead by less than 10 ms, a hundredth of a second, was rounded.
const ROUNDED: i64 = 100;
/// A leap that is not confirmed after so many frames never is.
const MAX_WAITING: u64 = 1 << 21;
/// More than these frames at the end are sound and not padding.
const MAX_PADDING: usize = 16_384;

/// What a packet's stamp is worth, see the table above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamps {
    /// The container has none.
    None,
    /// Every packet has its own.
    EachPacket,
    /// The first packet of a block has one. Others repeat it or are counted from it.
    EachBlock,
    /// All packets of a page are counted from the end of the page before.
    EachPage,
}

/// A packet's frames, with what its container says of them.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// Where they start, in frames by the container's stamps.
    pub(super) stamp: Option<i64>,
    /// How many frames at the end are padding if the stream ends here.
    pub(super) padding: usize,
    pub(super) samples: Vec<f32>,
}

/// What comes next in the stream.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    Sound(Vec<f32>),
    /// Frames of sound that are lost.
    Lost(u64, GapCause),
}

impl Piece {
    fn frames(&self) -> u64 {
        match self {
            Piece::Sound(samples) => samples.len() as u64,
            Piece::Lost(frames, _) => *frames,
        }
    }
}

/// One track's frames in their order.
#[derive(Debug)]
pub(super) struct Timeline {
    stamps: Stamps,
    rate: u32,
    /// Frames so far, those that are lost included.
    clock: u64,
    /// How far stamps are ahead of the clock: where the stream starts. The highest that was
    /// confirmed.
    lead: Option<i64>,
    /// Stamps that agreed with it.
    agreed: usize,
    /// A later stamp than this one is a block's own.
    last_stamp: Option<i64>,
    /// Packets that are shortened if the stream ends after them.
    last: VecDeque<Decoded>,
    leap: Option<Leap>,
    ready: VecDeque<Piece>,
}

/// Frames that wait until the stamps after a leap have confirmed it.
#[derive(Debug)]
struct Leap {
    lead: i64,
    confirmed: usize,
    waiting: VecDeque<Piece>,
    /// The frames of those that wait.
    frames: u64,
}

impl Leap {
    fn new(lead: i64) -> Self {
        Self { lead, confirmed: 0, waiting: VecDeque::new(), frames: 0 }
    }
}

impl Timeline {
    pub(super) fn new(stamps: Stamps, rate: u32) -> Self {
        Self {
            stamps,
            rate,
            clock: 0,
            lead: None,
            agreed: 0,
            last_stamp: None,
            last: VecDeque::new(),
            leap: None,
            ready: VecDeque::new(),
        }
    }

    /// The sample rate changes: time stamps are compared from scratch.
    pub(super) fn change_rate(&mut self, rate: u32) {
        self.finish();
        self.rate = rate;
        self.lead = None;
        self.agreed = 0;
        self.last_stamp = None;
    }

    /// Takes the next packet's frames.
    pub(super) fn push(&mut self, decoded: Decoded) {
        let (padding, frames) = (decoded.padding, decoded.samples.len());
        let held: usize = self.last.iter().map(|last| last.padding).sum();
        let is_possible = if self.last.is_empty() { padding < frames } else { padding <= frames };
        if padding == 0 || !is_possible || held + padding > MAX_PADDING {
            self.flush_last();
            self.place(decoded);
        } else {
            // Only the first keeps a part, or what was held was not the end.
            if padding < frames {
                self.flush_last();
            }
            self.last.push_back(decoded);
        }
    }

    /// A packet whose frames are lost.
    pub(super) fn push_lost(&mut self, frames: u64, cause: GapCause) {
        self.flush_last();
        self.release_or_hold(Piece::Lost(frames, cause));
    }

    /// The stream ends: what is padding is cut.
    pub(super) fn finish(&mut self) {
        // The end position is stored separately: after a page that starts too late it looks as if more
        // frames were padding, after a lost one it does not.
        let padding: usize = self.last.iter().map(|last| last.padding).sum();
        let ahead = self
            .leap
            .as_ref()
            .zip(self.lead)
            .map_or(0, |(leap, lead)| leap.lead.saturating_sub(lead));
        let is_lost = self.is_agreed(u64::from(self.rate) / 10) && (padding as i64) < ahead;
        let mut sound = if is_lost { 0 } else { ahead as usize };
        if is_lost {
            self.accept_leap();
        }
        for mut last in std::mem::take(&mut self.last) {
            let kept = last.padding.min(sound);
            sound -= kept;
            last.samples.truncate(last.samples.len() - (last.padding - kept));
            self.place(last);
        }
        self.drop_leap();
    }

    /// What comes next, as far as it is decided.
    pub(super) fn pop(&mut self) -> Option<Piece> {
        self.ready.pop_front()
    }

    fn flush_last(&mut self) {
        for last in std::mem::take(&mut self.last) {
            self.place(last);
        }
    }

    /// Compares a packet's stamp with the clock.
    fn place(&mut self, decoded: Decoded) {
        let Decoded { stamp, padding, samples } = decoded;
        let frames = samples.len();
        // A page that would end before its own packets contradicts itself.
        let stamp = stamp.filter(|_| padding == 0 || padding < frames);
        if let Some(stamp) = self.own(stamp) {
            self.compare(stamp, frames);
        }
        self.release_or_hold(Piece::Sound(samples));
    }

    /// The stamp, if it belongs to this packet.
    fn own(&mut self, stamp: Option<i64>) -> Option<i64> {
        let stamp = stamp?;
        let is_own = match self.stamps {
            Stamps::None => false,
            Stamps::EachPacket => true,
            Stamps::EachBlock | Stamps::EachPage => self.last_stamp.is_none_or(|last| stamp > last),
        };
        self.last_stamp = Some(stamp);
        is_own.then_some(stamp)
    }

    fn compare(&mut self, stamp: i64, frames: usize) {
        let tolerance = (i64::from(self.rate) / ROUNDED).max(frames as i64 / 2);
        let agree = |a: i64, b: i64| a.saturating_sub(b).saturating_abs() <= tolerance;
        let clock = self.clock.saturating_add(self.waiting());
        let clock = i64::try_from(clock).unwrap_or(i64::MAX);
        let ahead = stamp.saturating_sub(clock);
        let lead = *self.lead.get_or_insert(ahead);
        if agree(ahead, lead) {
            self.drop_leap();
            self.lead = Some(ahead);
            self.agreed += 1;
        } else if ahead > lead {
            match self.leap.as_mut().filter(|leap| agree(ahead, leap.lead)) {
                Some(leap) => leap.confirmed += 1,
                None => {
                    self.drop_leap();
                    self.leap = Some(Leap::new(ahead));
                }
            }
            if self.is_agreed(self.confirming_frames()) {
                self.accept_leap();
            }
        }
    }

    /// Whether stamps have agreed with the leap for so many frames.
    fn is_agreed(&self, frames: u64) -> bool {
        let is_repeated = |leap: &Leap| leap.confirmed >= CONFIRMATIONS;
        self.leap.as_ref().is_some_and(is_repeated) && self.waiting() >= frames
    }

    /// Puts in what the leap says is lost.
    fn accept_leap(&mut self) {
        let Some((leap, lead)) = self.leap.take().zip(self.lead) else { return };
        if self.agreed < CONFIRMATIONS {
            // Nothing says that the stamps before it are right.
            self.lead = Some(leap.lead);
            self.agreed = leap.confirmed;
        } else {
            // Lost frames are counted, too, so that the lead stays what it was.
            self.release(Piece::Lost(leap.lead.abs_diff(lead), GapCause::Missing));
        }
        leap.waiting.into_iter().for_each(|piece| self.release(piece));
    }

    /// A leap that was not confirmed is none.
    fn drop_leap(&mut self) {
        for piece in self.leap.take().into_iter().flat_map(|leap| leap.waiting) {
            self.release(piece);
        }
    }

    fn release_or_hold(&mut self, piece: Piece) {
        match &mut self.leap {
            Some(leap) => {
                leap.frames = leap.frames.saturating_add(piece.frames());
                leap.waiting.push_back(piece);
            }
            None => return self.release(piece),
        }
        if self.waiting() > MAX_WAITING {
            self.drop_leap();
        }
    }

    /// For how many frames stamps have to agree with one that is ahead.
    fn confirming_frames(&self) -> u64 {
        match self.stamps {
            Stamps::EachPage => 2 * u64::from(self.rate),
            _ => u64::from(self.rate) / 10,
        }
    }

    /// The frames that wait for a leap to be confirmed.
    fn waiting(&self) -> u64 {
        self.leap.as_ref().map_or(0, |leap| leap.frames)
    }

    fn release(&mut self, piece: Piece) {
        self.clock = self.clock.saturating_add(piece.frames());
        self.ready.push_back(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 1_000;
    const FRAMES: usize = 20;

    fn packet(stamp: i64) -> Decoded {
        Decoded { stamp: Some(stamp), padding: 0, samples: vec![1.0; FRAMES] }
    }

    /// The frames of sound and of silence that come out, in their order, neighbours as one.
    fn line(stamps: Stamps, packets: impl IntoIterator<Item = Decoded>) -> Vec<(char, u64)> {
        let mut timeline = Timeline::new(stamps, RATE);
        let mut line: Vec<(char, u64)> = Vec::new();
        let mut take = |timeline: &mut Timeline| {
            while let Some(piece) = timeline.pop() {
                let kind = if matches!(piece, Piece::Sound(_)) { 's' } else { '-' };
                match line.last_mut().filter(|last| last.0 == kind) {
                    Some(last) => last.1 += piece.frames(),
                    None => line.push((kind, piece.frames())),
                }
            }
        };
        for packet in packets {
            timeline.push(packet);
            take(&mut timeline);
        }
        timeline.finish();
        take(&mut timeline);
        line
    }

    fn at(stamps: &[i64]) -> Vec<Decoded> {
        stamps.iter().copied().map(packet).collect()
    }

    #[test]
    fn frames_follow_each_other_whatever_single_stamps_say() {
        let steady: Vec<i64> = (0..10).map(|n| 20 * n).collect();
        for start in [0, -312, 3_600_000] {
            let moved: Vec<i64> = steady.iter().map(|stamp| stamp + start).collect();
            assert_eq!(line(Stamps::EachPacket, at(&moved)), [('s', 200)]);
        }
        // One ahead, one or many behind, the last one ahead, none known.
        for (index, stamp) in [(4, 5_000), (4, -1), (9, 5_000), (8, 5_000)] {
            let mut stamps = steady.clone();
            stamps[index] = stamp;
            assert_eq!(line(Stamps::EachPacket, at(&stamps)), [('s', 200)], "{index}");
        }
        assert_eq!(line(Stamps::EachPacket, at(&[0; 10])), [('s', 200)]);
        let unknown = (0..10).map(|_| Decoded { stamp: None, ..packet(0) });
        assert_eq!(line(Stamps::EachPacket, unknown), [('s', 200)]);
        let leaping: Vec<i64> = (0..10).map(|n| 900 * n).collect();
        assert_eq!(line(Stamps::None, at(&leaping)), [('s', 200)]);
    }

    #[test]
    fn a_leap_that_later_stamps_confirm_is_lost_sound() {
        let stamps: Vec<i64> = (0..15).map(|n| 20 * n + if n > 4 { 300 } else { 0 }).collect();
        let expected = [('s', 100), ('-', 300), ('s', 200)];
        assert_eq!(line(Stamps::EachPacket, at(&stamps)), expected);
        // Once back, a second leap counts from where the first one ended.
        let twice: Vec<i64> =
            (0..22).map(|n| 20 * n + 300 * i64::from(n > 3) + 100 * i64::from(n > 11)).collect();
        let expected = [('s', 80), ('-', 300), ('s', 160), ('-', 100), ('s', 200)];
        assert_eq!(line(Stamps::EachPacket, at(&twice)), expected);
    }

    #[test]
    fn a_page_with_a_wrong_position_is_no_leap() {
        // 50 packets a page: the third page's end is 300 too late, so that the fourth starts late.
        let stamps = |lost: i64| -> Vec<i64> {
            (0..400)
                .map(|n| 20 * n + if n / 50 == 3 { 300 } else { 0 } + lost * (n / 200))
                .collect()
        };
        assert_eq!(line(Stamps::EachPage, at(&stamps(0))), [('s', 8_000)]);
        let expected = [('s', 4_000), ('-', 500), ('s', 4_000)];
        assert_eq!(line(Stamps::EachPage, at(&stamps(500))), expected);
    }

    #[test]
    fn a_leap_after_the_first_packet_is_where_the_stream_starts() {
        let stamps: Vec<i64> = (0..25).map(|n| 20 * n + if n > 0 { 300 } else { 0 }).collect();
        assert_eq!(line(Stamps::EachPacket, at(&stamps)), [('s', 500)]);
        // A later one is none.
        let lost: Vec<i64> = stamps.iter().map(|n| n + if *n > 600 { 200 } else { 0 }).collect();
        assert_eq!(line(Stamps::EachPacket, at(&lost)), [('s', 320), ('-', 200), ('s', 180)]);
    }

    #[test]
    fn jitter_and_drift_are_no_leaps() {
        let stamps: Vec<i64> = (0..400).map(|n| 20 * n + n % 3 * 4 + n / 4).collect();
        assert_eq!(line(Stamps::EachPacket, at(&stamps)), [('s', 8_000)]);
    }

    #[test]
    fn later_frames_of_a_block_have_no_stamp_of_their_own() {
        let blocks: Vec<i64> = (0..24).map(|n| n / 8 * 160).collect();
        assert_eq!(line(Stamps::EachBlock, at(&blocks)), [('s', 480)]);
        let lost: Vec<i64> = (0..64).map(|n| n / 8 * 160 + if n >= 16 { 500 } else { 0 }).collect();
        let expected = [('s', 320), ('-', 500), ('s', 960)];
        assert_eq!(line(Stamps::EachBlock, at(&lost)), expected);
    }

    #[test]
    fn padding_is_cut_at_the_end_alone_and_only_if_it_leaves_a_part() {
        let padded = |paddings: &[usize]| {
            let packets = paddings.iter().enumerate();
            let packets = packets.map(|(n, &padding)| Decoded { padding, ..packet(20 * n as i64) });
            line(Stamps::EachBlock, packets)
        };
        assert_eq!(padded(&[0, 0, 5]), [('s', 55)]);
        assert_eq!(padded(&[0, 5, 20]), [('s', 35)]);
        // What follows was not the end; a packet that is cut whole is one whose end is unknown.
        assert_eq!(padded(&[0, 5, 0]), [('s', 60)]);
        assert_eq!(padded(&[0, 20, 20]), [('s', 60)]);
        assert_eq!(padded(&[0, 5, 20, 0, 7]), [('s', 93)]);
    }

    #[test]
    fn a_leap_that_is_never_decided_keeps_little() {
        let mut timeline = Timeline::new(Stamps::EachBlock, RATE);
        timeline.push(packet(0));
        timeline.push(packet(50_000));
        for _ in 0..MAX_WAITING / FRAMES as u64 + 10 {
            timeline.push(packet(50_000));
        }
        assert!(timeline.leap.is_none());
    }
}
