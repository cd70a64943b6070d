//! Whether the codebooks of a Vorbis track are of a size that music has.
//!
//! symphonia bounds each codebook to 16 MB and unpacks as many as 256 of them, but a codebook of
//! that size needs only 22 bytes in the file: entries of equal length are counted, not listed, and
//! their vectors are made of a handful of numbers (Vorbis I specification, 3.2.1).

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_VORBIS;
use symphonia::core::errors::{Result, limit_error};

/// The most numbers in all codebooks together, 32 MB: what encoders write has some 100,000.
const MAX_NUMBERS: u64 = 1 << 23;
/// What an entry takes besides its vector, in numbers: symphonia's tables for codes of many
/// lengths take a kilobyte.
const NUMBERS_PER_ENTRY: u64 = 256;
/// What symphonia takes: codebooks beyond are refused there.
const MAX_ENTRIES: u64 = 131_072;
const MAX_DIMENSIONS: u64 = 32;
/// A file has one, and what looks like another is a chance of one in 2^56.
const MAX_SETUPS: usize = 8;

/// Refuses a Vorbis track whose codebooks would fill gigabytes.
pub(super) fn check(params: &AudioCodecParameters) -> Result<()> {
    const SETUP: &[u8] = b"\x05vorbis";
    let headers = match (&params.extra_data, params.codec) {
        (Some(headers), CODEC_ID_VORBIS) => headers,
        _ => return Ok(()),
    };
    // Containers pack the headers in different ways, and one might be hidden in another.
    let setups = headers.windows(SETUP.len()).enumerate().filter(|(_, word)| *word == SETUP);
    for (number, (start, _)) in setups.enumerate() {
        if number == MAX_SETUPS {
            return limit_error("vorbis: more than one setup header");
        }
        let mut bits = Bits { bytes: &headers[start + SETUP.len()..], at: 0 };
        let mut numbers = 0;
        let count = bits.read(8).unwrap_or(0) + 1;
        for _ in 0..count {
            // What is broken here is broken for the decoder, which says so.
            let Some(codebook) = bits.codebook() else { break };
            numbers += codebook;
            if numbers > MAX_NUMBERS {
                return limit_error("vorbis: the codebooks are too large");
            }
        }
    }
    Ok(())
}

/// Bits of bytes, the lowest first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl Bits<'_> {
    fn read(&mut self, count: u32) -> Option<u64> {
        let bit = |at: u64| {
            let byte = self.bytes.get(usize::try_from(at / 8).ok()?)?;
            Some(u64::from(byte >> (at % 8) & 1))
        };
        let number =
            (0..count).try_fold(0, |number, i| Some(number | bit(self.at + u64::from(i))? << i));
        self.at += u64::from(count);
        number
    }

    /// Passes a codebook and gives how many numbers it takes; `None` where it is none.
    fn codebook(&mut self) -> Option<u64> {
        if self.read(24)? != 0x56_43_42 {
            return None;
        }
        let (dimensions, entries) = (self.read(16)?, self.read(24)?);
        if dimensions > MAX_DIMENSIONS || entries > MAX_ENTRIES {
            return None;
        }
        let is_ordered = self.read(1)? == 1;
        match is_ordered {
            true => self.ordered_lengths(entries)?,
            false => {
                let is_sparse = self.read(1)? == 1;
                for _ in 0..entries {
                    if !is_sparse || self.read(1)? == 1 {
                        self.read(5)?;
                    }
                }
            }
        }
        let values = match self.read(4)? {
            0 => return Some(entries * NUMBERS_PER_ENTRY),
            1 => root(entries, dimensions)?,
            2 => entries * dimensions,
            _ => return None,
        };
        self.at += 64;
        let bits = self.read(4)? + 1;
        self.at += 1 + values * bits;
        Some(entries * (dimensions + NUMBERS_PER_ENTRY))
    }

    /// The numbers of entries of each length in turn.
    fn ordered_lengths(&mut self, entries: u64) -> Option<()> {
        self.read(5)?;
        let mut passed = 0;
        while passed < entries {
            let left = entries - passed;
            passed += self.read(u64::BITS - left.leading_zeros())?;
        }
        (passed == entries).then_some(())
    }
}

/// The greatest number whose power is not above `entries`.
fn root(entries: u64, power: u64) -> Option<u64> {
    let power = u32::try_from(power).ok().filter(|&power| power > 0)?;
    let fits = |n: u64| n.checked_pow(power).is_some_and(|all| all <= entries);
    let (mut low, mut high) = (0, entries + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(middle) { low = middle } else { high = middle }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_those_of_the_specification() {
        for (entries, power, expected) in
            [(0, 1, 0), (1, 5, 1), (81, 4, 3), (80, 4, 2), (131_072, 32, 1), (1 << 24, 1, 1 << 24)]
        {
            assert_eq!(root(entries, power), Some(expected), "{entries}, {power}");
        }
        assert_eq!(root(5, 0), None);
    }

    #[test]
    fn bits_are_read_from_the_lowest_and_end_with_the_bytes() {
        let mut bits = Bits { bytes: &[0b1010_0110, 0xff], at: 0 };
        assert_eq!(
            [bits.read(3), bits.read(5), bits.read(8)],
            [Some(6), Some(0b1_0100), Some(255)]
        );
        assert_eq!(bits.read(1), None);
    }
}
