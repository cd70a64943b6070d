//! Whether a `.pth` file is what `torch.save` writes, before anything is made of it.
//!
//! | attack | what is asked for here |
//! |---|---|
//! | a ZIP archive that unpacks to gigabytes | no entry is compressed: `torch.save` compresses none |
//! | an archive that declares billions of entries | its directory ends where the file's last record begins, and holds them |
//! | a pickle that builds a hundred times its size | its opcodes are counted, see [`pickle`](super::pickle) |
//! | tensors that repeat a few bytes for gigabytes | all tensors together are as large as a few files ([`check_sizes`]) |
//! | the tar archive that PyTorch wrote before 2017, which may be sparse | refused |

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take};
use std::path::{Path, PathBuf};

use super::pickle::{Stop, Walk};
use crate::panics::catch_panic;

/// Tied tensors are the same bytes under up to four names, and an optimizer may keep some more.
const MAX_COPIES: u64 = 8;
/// The pickle and what stands before and after it in a file of the format before 2020.
const LEGACY_PICKLES: usize = 5;

/// The records at the end of an archive (PKWARE's APPNOTE.TXT, 4.3.14 to 4.3.16).
const END: (&[u8; 4], u64) = (b"PK\x05\x06", 22);
const LOCATOR: (&[u8; 4], u64) = (b"PK\x06\x07", 20);
const WIDE_END: (&[u8; 4], u64) = (b"PK\x06\x06", 56);
/// An entry of its directory (4.3.12), and what stands before the entry's bytes (4.3.7).
const ENTRY: (&[u8; 4], u64) = (b"PK\x01\x02", 46);
const LOCAL: (&[u8; 4], u64) = (b"PK\x03\x04", 30);

const BROKEN: &str = "its ZIP directory is damaged or not at its end, as torch.save writes it";

/// The tensors of `file`, which has been opened at `path`, by their names.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn tensors(
    file: &File,
    path: &Path,
) -> Result<HashMap<String, pytorch_reader::Tensor>, String> {
    check(file)?;
    let path = path_of(file, path)?;
    let reader = catch_panic(|| pytorch_reader::PytorchReader::new(path))
        .map_err(|_| "it is inconsistent".to_owned())?
        .map_err(|reason| reason.to_string())?;
    let tensors = reader.into_tensors();
    let bytes = tensors.values().map(|tensor| tensor.byte_len() as u64);
    check_sizes(file, bytes.fold(0, u64::saturating_add))?;
    Ok(tensors)
}

/// A path that opens the file that is open as `file`, whatever has been put in its place at `path`
/// meanwhile: `pytorch-reader` only takes paths.
#[cfg(unix)]
fn path_of(file: &File, path: &Path) -> Result<PathBuf, String> {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::MetadataExt;

    let identity = |data: std::fs::Metadata| (data.dev(), data.ino());
    let opened = file.metadata().map(identity);
    for path in [Path::new("/dev/fd").join(file.as_raw_fd().to_string()), path.to_owned()] {
        let found = std::fs::metadata(&path).map(identity);
        if matches!((&opened, found), (Ok(opened), Ok(found)) if *opened == found) {
            return Ok(path);
        }
    }
    Err("it has been replaced while it was being read; try again".into())
}

/// On other systems a file that is open cannot be replaced.
#[cfg(not(unix))]
fn path_of(_: &File, path: &Path) -> Result<PathBuf, String> {
    Ok(path.to_owned())
}

/// Says in words why `file` cannot be read with a small multiple of its size in memory.
fn check(file: &File) -> Result<(), String> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => BROKEN.to_owned(),
        _ => format!("it cannot be read: {error}"),
    };
    let mut file = BufReader::new(file);
    let mut start = Vec::new();
    file.by_ref().take(262).read_to_end(&mut start).map_err(failed)?;
    if start.get(257..) == Some(b"ustar") {
        return Err("it was written by PyTorch before 0.1.10 (2017); load it and save it with a \
                    newer version"
            .into());
    }
    if start.starts_with(b"PK") {
        return check_archive(&mut file).map_err(failed)?;
    }
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    check_pickles(&mut file, LEGACY_PICKLES)
}

/// Says in words that tensors of `bytes` bytes in all cannot be what a file holds.
fn check_sizes(file: &File, bytes: u64) -> Result<(), String> {
    let length = file.metadata().map_or(0, |data| data.len());
    match bytes <= length.saturating_mul(MAX_COPIES) {
        true => Ok(()),
        false => Err(format!("its tensors claim {bytes} bytes, but the file has {length}")),
    }
}

fn check_pickles(pickles: &mut impl BufRead, most: usize) -> Result<(), String> {
    let mut walk = Walk::default();
    for _ in 0..most {
        match walk.pass(pickles) {
            Ok(()) => {}
            Err(Stop::NoPickle) => break,
            Err(Stop::TooMany) => return Err("its pickle has too many values".into()),
        }
    }
    Ok(())
}

/// What the last record of an archive says of its directory.
struct Directory {
    entries: u64,
    start: u64,
    length: u64,
}

fn check_archive<R: BufRead + Seek>(file: &mut R) -> io::Result<Result<(), String>> {
    let (directory, end) = find_directory(file)?;
    let Directory { entries, start, length } = directory;
    let fits = start.checked_add(length) == Some(end);
    if !fits || entries.checked_mul(ENTRY.1).is_none_or(|least| least > length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut at = start;
    let mut pickles = Vec::new();
    for _ in 0..entries {
        let entry = record(file, at, ENTRY)?;
        let (flags, method) = (le(&entry[8..10]), le(&entry[10..12]));
        let (name_length, extra) = (le(&entry[28..30]), le(&entry[30..32]));
        let mut name = vec![0; name_length as usize];
        file.read_exact(&mut name)?;
        // Bit 0: encrypted.
        if method != 0 || flags & 1 != 0 {
            let reason = "it is compressed or encrypted; load it and save it with torch.save";
            return Ok(Err(reason.into()));
        }
        if name.ends_with(b"data.pkl") {
            pickles.push((le(&entry[42..46]), le(&entry[24..28])));
        }
        // Other names than the one that stands there are what other readers go by.
        let mut more = vec![0; extra as usize];
        file.read_exact(&mut more)?;
        let comment = le(&entry[32..34]);
        if comment > 0 || has_other_name(&more) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        at += ENTRY.1 + name_length + extra;
    }
    if at != end {
        return Err(io::ErrorKind::InvalidData.into());
    }
    for (at, length) in pickles {
        let local = record(file, at, LOCAL)?;
        let skipped = le(&local[26..28]) + le(&local[28..30]);
        file.seek(SeekFrom::Start(at + LOCAL.1 + skipped))?;
        let mut pickle: Take<_> = file.by_ref().take(length);
        if let Err(reason) = check_pickles(&mut pickle, 1) {
            return Ok(Err(reason));
        }
    }
    Ok(Ok(()))
}

/// The directory by the archive's last record, and where the directory must end.
fn find_directory<R: BufRead + Seek>(file: &mut R) -> io::Result<(Directory, u64)> {
    let length = file.seek(SeekFrom::End(0))?;
    let before = |at: u64, length| at.checked_sub(length).ok_or(io::ErrorKind::UnexpectedEof);
    let mut end = before(length, END.1)?;
    let last = record(file, end, END)?;
    let mut directory = Directory {
        entries: le(&last[10..12]),
        length: le(&last[12..16]),
        start: le(&last[16..20]),
    };
    // One archive in one part, and nothing after it: whoever looks for the last record in another
    // way finds this one, too.
    let plain = last[4..8] == [0; 4] && last[8..10] == last[10..12] && last[20..22] == [0; 2];
    if !plain || starts_elsewhere(file, end, &directory)? {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let full = directory.entries == 0xffff || directory.start.max(directory.length) >= 0xffff_ffff;
    // torch.save adds a record in 64 bits always; it counts where the last one is full.
    let locator = record(file, before(end, LOCATOR.1)?, LOCATOR);
    if let Ok(locator) = locator {
        end = le(&locator[8..16]);
        if end != before(length, END.1 + LOCATOR.1 + WIDE_END.1)? {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let wide = record(file, end, WIDE_END)?;
        let plain = le(&wide[4..12]) == WIDE_END.1 - 12
            && wide[16..24] == [0; 8]
            && wide[24..32] == wide[32..40]
            && locator[4..8] == [0; 4];
        if !plain {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if full {
            directory = Directory {
                entries: le(&wide[32..40]),
                length: le(&wide[40..48]),
                start: le(&wide[48..56]),
            };
        }
    } else if full {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok((directory, end))
}

/// Whether a directory seems to start as far before the last record as it is long, and elsewhere by
/// its own account.
fn starts_elsewhere<R: BufRead + Seek>(
    file: &mut R,
    end: u64,
    directory: &Directory,
) -> io::Result<bool> {
    let Some(start) = end.checked_sub(directory.length) else { return Ok(false) };
    Ok(start != directory.start && record(file, start, (ENTRY.0, 4)).is_ok())
}

/// Whether an entry's extra fields hold a name in Unicode (APPNOTE 4.6.9).
fn has_other_name(mut extra: &[u8]) -> bool {
    while let Some((head, rest)) = extra.split_first_chunk::<4>() {
        if le(&head[..2]) == 0x7075 {
            return true;
        }
        extra = rest.get(le(&head[2..]) as usize..).unwrap_or_default();
    }
    false
}

/// The record at `at`, which must begin with its signature.
fn record<R: Read + Seek>(
    file: &mut R,
    at: u64,
    (signature, length): (&[u8; 4], u64),
) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    match bytes.starts_with(signature) {
        true => Ok(bytes),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// A little-endian number of up to eight bytes.
fn le(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
