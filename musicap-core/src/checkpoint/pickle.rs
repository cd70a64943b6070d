//! Walks through a pickle without building anything, to know beforehand how much it would build.
//!
//! `pytorch-reader` runs nothing of a pickle and bounds how deep it nests and what it copies. But
//! a value of a hundred bytes takes one byte of opcode, so that a file of `N`s alone would fill a
//! hundred times its size.

use std::io::{self, BufRead, Read};

/// The most opcodes of one file. LP-MusicCaps with its optimizer's state has some 20,000; as many
/// values as this take some 100 MB.
const MAX_OPCODES: usize = 1 << 20;

/// Pickles that are walked through, one after the other.
#[derive(Debug, Default)]
pub(super) struct Walk {
    opcodes: usize,
}

/// Why a walk ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// There are more opcodes than anything sensible has.
    TooMany,
    /// What comes is no pickle. Whoever builds it will say more.
    NoPickle,
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Stop::NoPickle
    }
}

impl Walk {
    /// Reads a pickle up to its end.
    pub(super) fn pass(&mut self, pickle: &mut impl BufRead) -> Result<(), Stop> {
        loop {
            self.opcodes += 1;
            if self.opcodes > MAX_OPCODES {
                return Err(Stop::TooMany);
            }
            // Opcodes and what follows them: CPython's Lib/pickletools.py.
            match number(pickle, 1)? as u8 {
                b'.' => return Ok(()),
                b'(' | b'0' | b'1' | b'2' | b'N' | b'R' | b'b' | b'd' | b'l' | b't' | b's' => {}
                b'a' | b')' | b']' | b'}' | b'e' | b'u' | b'Q' => {}
                0x81 | 0x85..=0x89 | 0x8f..=0x94 | 0x97 | 0x98 => {}
                b'I' | b'L' | b'F' | b'V' | b'g' | b'p' | b'P' => skip_line(pickle)?,
                b'c' => {
                    skip_line(pickle)?;
                    skip_line(pickle)?;
                }
                b'K' | b'h' | b'q' | 0x80 | 0x82 => skip(pickle, 1)?,
                b'M' | 0x83 => skip(pickle, 2)?,
                b'J' | b'j' | b'r' | 0x84 => skip(pickle, 4)?,
                b'G' | 0x95 => skip(pickle, 8)?,
                b'U' | b'C' | 0x8a | 0x8c => skip_counted(pickle, 1)?,
                b'T' | b'X' | b'B' | 0x8b => skip_counted(pickle, 4)?,
                0x8d | 0x8e | 0x96 => skip_counted(pickle, 8)?,
                _ => return Err(Stop::NoPickle),
            }
        }
    }
}

/// A little-endian number of `bytes` bytes.
fn number(pickle: &mut impl Read, bytes: usize) -> io::Result<u64> {
    let mut number = [0; 8];
    pickle.read_exact(&mut number[..bytes])?;
    Ok(u64::from_le_bytes(number))
}

fn skip_counted(pickle: &mut impl BufRead, bytes: usize) -> io::Result<()> {
    let length = number(pickle, bytes)?;
    skip(pickle, length)
}

fn skip(pickle: &mut impl BufRead, length: u64) -> io::Result<()> {
    match io::copy(&mut pickle.take(length), &mut io::sink())? == length {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn skip_line(pickle: &mut impl BufRead) -> io::Result<()> {
    pickle.skip_until(b'\n').map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"a": [1, 2.5, None], "b": "text"}` by CPython's `pickle.dumps`, protocols 0 and 4.
    const PROTOCOL_0: &[u8] = b"(dp0\nVa\np1\n(lp2\nI1\naF2.5\naNasVb\np3\nVtext\np4\ns.";
    const PROTOCOL_4: &[u8] = b"\x80\x04\x95\x23\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94]\x94(K\x01G@\x04\
        \0\0\0\0\0\0Ne\x8c\x01b\x94\x8c\x04text\x94u.";

    #[test]
    fn pickles_of_all_protocols_are_passed_to_their_end() {
        for pickle in [PROTOCOL_0, PROTOCOL_4] {
            let twice = [pickle, pickle, b"rest"].concat();
            let (mut walk, mut rest) = (Walk::default(), &twice[..]);
            walk.pass(&mut rest).unwrap();
            walk.pass(&mut rest).unwrap();
            assert_eq!(rest, b"rest");
        }
    }

    #[test]
    fn opcodes_without_end_stop_the_walk() {
        let flood = vec![b'N'; MAX_OPCODES + 1];
        assert!(matches!(Walk::default().pass(&mut &flood[..]), Err(Stop::TooMany)));
    }

    #[test]
    fn what_is_cut_off_or_no_pickle_stops_the_walk() {
        for bytes in [&b""[..], b"}", b"\xff", b"X\xff\xff\xff\xffab", b"\x8e\xff\xff\xff\xff"] {
            assert!(matches!(Walk::default().pass(&mut &bytes[..]), Err(Stop::NoPickle)));
        }
    }
}
