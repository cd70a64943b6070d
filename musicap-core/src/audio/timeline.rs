//! Where packets become samples: decoded frames follow each other, whatever the container says.
//!
//! A decoder that gives 25 s of sound has 25 s of sound. What a container says of time is believed
//! only where the format knows it, the value is possible, and the packets around it agree:
//!
//! | container | stamp of a packet | declared length | what shortens the last packets |
//! |---|---|---|---|
//! | WAV, AIFF | none: counted from the bytes read | exact, unless never written | nothing |
//! | MP3 | none: counted by the reader | exact with a Xing, Info or VBRI header, else an estimate | a LAME tag |
//! | AAC (ADTS) | none: counted by the reader | an estimate | nothing |
//! | FLAC | its own frame number | exact, unless 0 | nothing |
//! | Ogg | from the position that its page ends at; −1 says that there is none | the last page's position, which promises nothing | the last page's position |
//! | MP4 | from a table of all durations, and the start of each fragment | exact without fragments | its own duration |
//! | Matroska, WebM | its block's, to the millisecond; later frames of a block have none | the longest track's: an estimate | nothing that symphonia reads |
//!
//! * The first stamp is where the stream starts, not how much silence comes before it.
//! * A stamp ahead of the decoded frames by more than 10 ms and half a packet, with which the next
//!   [`CONFIRMATIONS`] stamps agree, says that packets are lost: silence of that length is put in
//!   and a gap is reported. One that no other agrees with moves nothing.
//! * A stamp that is behind moves nothing, and neither does a stamp that drifts: clocks of
//!   recorders are not those of sound cards.
//! * Frames are cut from the end only where the stream ends, and only if the first packet that is
//!   shortened keeps a part. A page without a position would otherwise cut all of its sound.
//! * A file that ends before an exact length is truncated, and so is one that ends within a packet.

use std::collections::VecDeque;

use super::gap::GapCause;

/// Stamps that have to agree with one that is ahead.
pub(super) const CONFIRMATIONS: usize = 2;
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
    /// The first packet of a block or page has one. Others repeat it or are counted from it.
    EachBlock,
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
}

impl Timeline {
    pub(super) fn new(stamps: Stamps, rate: u32) -> Self {
        Self {
            stamps,
            rate,
            clock: 0,
            lead: None,
            last_stamp: None,
            last: VecDeque::new(),
            leap: None,
            ready: VecDeque::new(),
        }
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
        for mut last in std::mem::take(&mut self.last) {
            last.samples.truncate(last.samples.len() - last.padding);
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

    /// The stamp, if the packet has one of its own.
    fn own(&mut self, stamp: Option<i64>) -> Option<i64> {
        let stamp = stamp?;
        let is_own = match self.stamps {
            Stamps::None => false,
            Stamps::EachPacket => true,
            Stamps::EachBlock => self.last_stamp.is_none_or(|last| stamp > last),
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
        } else if ahead > lead {
            match self.leap.as_mut().filter(|leap| agree(ahead, leap.lead)) {
                Some(leap) => leap.confirmed += 1,
                None => {
                    self.drop_leap();
                    self.leap = Some(Leap { lead: ahead, confirmed: 0, waiting: VecDeque::new() });
                }
            }
            if let Some(leap) = self.leap.take_if(|leap| leap.confirmed >= CONFIRMATIONS) {
                // Lost frames are counted, too, so that the lead stays what it was.
                self.release(Piece::Lost(leap.lead.abs_diff(lead), GapCause::Missing));
                leap.waiting.into_iter().for_each(|piece| self.release(piece));
            }
        }
    }

    /// A leap that was not confirmed is none.
    fn drop_leap(&mut self) {
        for piece in self.leap.take().into_iter().flat_map(|leap| leap.waiting) {
            self.release(piece);
        }
    }

    fn release_or_hold(&mut self, piece: Piece) {
        match &mut self.leap {
            Some(leap) => leap.waiting.push_back(piece),
            None => return self.release(piece),
        }
        if self.waiting() > MAX_WAITING {
            self.drop_leap();
        }
    }

    /// The frames that wait for a leap to be confirmed.
    fn waiting(&self) -> u64 {
        self.leap.iter().flat_map(|leap| &leap.waiting).map(Piece::frames).sum()
    }

    fn release(&mut self, piece: Piece) {
        self.clock = self.clock.saturating_add(piece.frames());
        self.ready.push_back(piece);
    }
}
