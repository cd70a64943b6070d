//! The configuration of an AAC stream, as symphonia's decoder accepts it, and the extensions of
//! HE-AAC that this decoder does not decode.
//!
//! symphonia decodes AAC-LC in mono and stereo. HE-AAC is AAC-LC at half the rate, its core, with a
//! description of the treble (spectral band replication) and, in version 2, of the stereo image
//! (parametric stereo). The core alone can be decoded.

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;

const LC: u32 = 2;
const SBR: u32 = 5;
const PS: u32 = 29;
const ESCAPE: u32 = 31;
/// So many packets are looked through for spectral band replication.
const MAX_PACKETS: u32 = 16;
/// Of those, so many must have it: what looks like it may be chance in one of fifty.
const MIN_FOUND: u32 = 8;

/// So many elements that fill up a packet may follow.
const MAX_FILLS: usize = 2;

/// The extensions of HE-AAC in a stream, which are not decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HeAacExtensions {
    /// Spectral band replication: the treble.
    pub(super) sbr: bool,
    /// The stereo image.
    pub(super) parametric_stereo: bool,
}

/// Up to 32 bits of a configuration.
fn bits(config: &[u8], at: usize, count: usize) -> Option<u32> {
    let bit = |at: usize| config.get(at / 8).map(|byte| u32::from(byte >> (7 - at % 8) & 1));
    (at..at + count).try_fold(0, |value, at| Some(value << 1 | bit(at)?))
}

/// The extensions that a configuration states (ISO/IEC 14496-3, 1.6.2.1): as a dedicated object
/// type, or in a form that older decoders ignore.
pub(super) fn extensions(config: &[u8]) -> HeAacExtensions {
    let kind = bits(config, 0, 5);
    let extension = |mark: u32| {
        let places = 16..config.len().min(64) * 8;
        places.into_iter().find(|&at| bits(config, at, 11) == Some(mark)).map(|at| at + 11)
    };
    // The type is followed by a flag, which encoders of plain AAC may store as 0.
    let is_extended = extension(0x2b7).and_then(|at| bits(config, at, 6)) == Some(SBR << 1 | 1);
    HeAacExtensions {
        sbr: kind == Some(SBR) || kind == Some(PS) || is_extended,
        parametric_stereo: kind == Some(PS) || (is_extended && extension(0x548).is_some()),
    }
}

/// Replaces a configuration that symphonia refuses by one that it reads: that of HE-AAC by its
/// core's, and one that announces a delay that does not follow.
pub(super) fn to_core(params: &mut AudioCodecParameters) {
    let config = params.extra_data.as_deref().filter(|_| params.codec == CODEC_ID_AAC);
    if let Some(core) = config.and_then(core) {
        params.extra_data = Some(core.into());
    }
}

fn core(config: &[u8]) -> Option<[u8; 2]> {
    let kind = bits(config, 0, 5)?;
    let (rate, channels) = (bits(config, 5, 4)?, bits(config, 9, 4)?);
    // Bits of the general configuration: the frame's length, a core coder's delay, an extension.
    let general = match kind {
        // The rate of the whole and the core's type come in between.
        SBR | PS if bits(config, 13, 4)? < 15 && bits(config, 17, 5)? == LC => bits(config, 22, 3)?,
        LC if config.len() == 2 => bits(config, 13, 3)?,
        _ => return None,
    };
    let has_delay = general & 2 != 0;
    if rate == 15 || (kind == LC && !has_delay) {
        return None;
    }
    let word = LC << 11 | rate << 7 | channels << 3 | (general & 4);
    Some((word as u16).to_be_bytes())
}

/// The name of an MPEG-4 audio object type that is not decoded.
pub(super) fn object_name(params: &AudioCodecParameters) -> Option<&'static str> {
    let config = params.extra_data.as_deref().filter(|_| params.codec == CODEC_ID_AAC)?;
    let kind = match bits(config, 0, 5)? {
        ESCAPE => 32 + bits(config, 5, 6)?,
        kind => kind,
    };
    Some(match kind {
        1 => "AAC Main",
        3 => "AAC SSR",
        4 => "AAC LTP",
        17 | 19 | 20 => "error-resilient AAC",
        22 => "MPEG-4 BSAC",
        23 => "AAC-LD",
        32 | 33 => "MPEG layer I or II in MPEG-4",
        36 => "MPEG-4 ALS",
        37 | 38 => "MPEG-4 SLS",
        39 => "AAC-ELD",
        42 => "xHE-AAC (USAC)",
        _ => return None,
    })
}

/// Looks for spectral band replication in packets, for streams whose configuration does not
/// announce it, such as ADTS, which has none.
#[derive(Debug, Default)]
pub(super) struct SbrSearch {
    packets: u32,
    found: u32,
}

impl SbrSearch {
    /// Looks at the next packet; true once, when it is certain.
    pub(super) fn finds(&mut self, packet: &[u8]) -> bool {
        if self.packets == MAX_PACKETS || self.found == MIN_FOUND {
            return false;
        }
        self.packets += 1;
        self.found += u32::from(ends_with_sbr(packet));
        self.found == MIN_FOUND
    }
}

/// Whether the last element of a raw data block is a fill element with spectral band replication
/// (ISO/IEC 14496-3, 4.4.2.1 and 4.5.2.8). To find it from the front, all of the packet would have
/// to be decoded; from the end, its length has to fit.
fn ends_with_sbr(packet: &[u8]) -> bool {
    const END: u32 = 7;
    let bits = |at: usize, count: usize| bits(packet, at, count);
    // Up to seven zeros fill the last byte after the end mark.
    let Some(last) = packet.iter().rposition(|&byte| byte != 0) else { return false };
    if last + 1 < packet.len() {
        return false;
    }
    let end = last * 8 + 8 - packet[last].trailing_zeros() as usize;
    let Some(end) = end.checked_sub(3).filter(|&end| bits(end, 3) == Some(END)) else {
        return false;
    };
    has_sbr_before(packet, end, MAX_FILLS)
}

/// Whether one of the last `most` fill elements before the bit `end` has spectral band replication.
fn has_sbr_before(packet: &[u8], end: usize, most: usize) -> bool {
    const FILL: u32 = 6;
    let bits = |at: usize, count: usize| bits(packet, at, count);
    let starts = (0..270).filter_map(|count: usize| {
        // A count of 15 is followed by eight bits of the rest, and counts one too many.
        let head = if count < 15 { 7 } else { 15 };
        let at = end.checked_sub(head + 8 * count)?;
        let is_fill = match count {
            ..15 => bits(at, 7) == Some(FILL << 4 | count as u32),
            _ => bits(at, 15) == Some((FILL << 4 | 15) << 8 | (count as u32 - 14)),
        };
        is_fill.then_some((at, count, at + head))
    });
    let mut starts = starts.filter(|&(at, count, data)| {
        (count > 0 && matches!(bits(data, 4), Some(13 | 14)))
            || (most > 1 && has_sbr_before(packet, at, most - 1))
    });
    starts.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Configurations of published files: LC, HE-AAC and version 2 as extensions, version 2 as a
    /// dedicated type.
    #[test]
    fn configurations_state_the_extensions_of_he_aac() {
        let both = HeAacExtensions { sbr: true, parametric_stereo: true };
        let sbr = HeAacExtensions { sbr: true, parametric_stereo: false };
        assert_eq!(extensions(&[0x12, 0x10]), HeAacExtensions::default());
        assert_eq!(extensions(&[0x13, 0x90, 0x56, 0xe5, 0xa0]), sbr);
        assert_eq!(extensions(&[0x13, 0x88, 0x56, 0xe5, 0xa5, 0x48, 0x80]), both);
        assert_eq!(extensions(&[0xeb, 0x8a, 0x08, 0x00]), both);
    }

    #[test]
    fn the_core_s_configuration_is_that_of_aac_lc() {
        // 22,050 Hz in mono.
        assert_eq!(core(&[0xeb, 0x8a, 0x08, 0x00]), Some([0x13, 0x88]));
        assert_eq!(core(&[0x12, 0x12]), Some([0x12, 0x10]));
        assert_eq!(core(&[0x12, 0x10]), None);
        assert_eq!(core(&[0x13, 0x90, 0x56, 0xe5, 0xa0]), None);
        assert_eq!(core(&[]), None);
    }
}
