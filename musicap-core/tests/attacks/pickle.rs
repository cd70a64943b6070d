//! PyTorch files: programs, bombs and lies.

use std::path::PathBuf;

use musicap::Error;
use musicap::checkpoint::Checkpoint;

use crate::common::Scratch;
use crate::confined::within;
use crate::torch::{Entry, Tensor, archive, deflated, end_of_archive, state_dict, text};

fn open(bytes: &[u8]) -> Result<Checkpoint, Error> {
    let scratch = Scratch::new();
    let path = scratch.path("transfer.pth");
    std::fs::write(&path, bytes).unwrap();
    Checkpoint::open_pth(&path)
}

/// Why the file is refused: one line of moderate length.
fn refusal(bytes: &[u8]) -> String {
    match open(bytes) {
        Err(error @ Error::InvalidCheckpoint { .. }) => {
            let message = error.to_string();
            assert!(message.len() < 1_000 && !message.contains(char::is_control), "{message:?}");
            message
        }
        other => panic!("{other:?}"),
    }
}

fn pickled(pickle: Vec<u8>) -> Vec<u8> {
    archive(&[Entry::stored("archive/data.pkl", pickle)])
}

/// A file of one storage of two values and one tensor.
fn one_tensor(tensor: &Tensor) -> Vec<u8> {
    archive(&[
        Entry::stored("archive/data.pkl", state_dict(std::slice::from_ref(tensor))),
        Entry::stored("archive/data/0", [1f32.to_le_bytes(), 2f32.to_le_bytes()].concat()),
    ])
}

const HONEST: Tensor =
    Tensor { name: "a", key: "0", values: 2, offset: 0, shape: &[2], stride: &[1] };

#[test]
fn an_honest_file_made_the_same_way_is_read() {
    let checkpoint = open(&one_tensor(&HONEST)).unwrap();
    let (name, stored) = checkpoint.tensors().next().unwrap();
    assert_eq!((name, &stored.shape[..]), ("a", &[2][..]));
    assert_eq!(checkpoint.read(name, stored).unwrap(), [1.0, 2.0]);
}

/// What is checked is what is read, even if another file takes its place in between.
#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_while_it_is_opened_is_not_read_unchecked() {
    let scratch = Scratch::new();
    let path = scratch.path("transfer.pth");
    let honest = one_tensor(&HONEST);
    // Refused by itself: it is compressed.
    let other = archive(&[
        Entry::stored("archive/data.pkl", state_dict(&[HONEST])),
        Entry { name: "archive/data/0", bytes: deflated(b'A', 259), method: 8, size: 259 },
    ]);
    std::fs::write(&path, &honest).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for bytes in [&other, &honest].into_iter().cycle() {
                let beside = scratch.path("beside");
                std::fs::write(&beside, bytes).unwrap();
                std::fs::rename(&beside, &path).unwrap();
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
            }
        });
        let mut read = 0;
        for _ in 0..2_000 {
            let Ok(checkpoint) = Checkpoint::open_pth(&path) else { continue };
            let (name, stored) = checkpoint.tensors().next().unwrap();
            let values = checkpoint.read(name, stored);
            if !matches!(&values, Ok(values) if *values == [1.0, 2.0]) {
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
                panic!("{values:?}");
            }
            read += 1;
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(read > 0, "the honest file was never met");
    });
}

#[test]
fn no_program_is_run_whatever_calls_it() {
    let scratch = Scratch::new();
    let proof: PathBuf = scratch.path("it-ran");
    let command = format!("touch {}", proof.display());
    let calls: [(&str, &[u8]); 4] = [
        ("posix system", b"\x85R"),
        ("os system", b"\x85R"),
        ("subprocess Popen", b"\x85\x81"),
        ("builtins exec", b"\x85R"),
    ];
    for (callable, call) in calls {
        let (module, name) = callable.split_once(' ').unwrap();
        let mut pickle = b"\x80\x02}(".to_vec();
        text(&mut pickle, "weights");
        pickle.extend(format!("c{module}\n{name}\n").bytes());
        text(&mut pickle, &command);
        pickle.extend(call);
        // And once more as the state that an object is given.
        pickle.extend(b"}b");
        pickle.extend(b"u.");
        for bytes in [pickle.clone(), pickled(pickle)] {
            let opened = open(&bytes).map(|found| found.tensors().count());
            assert!(matches!(opened, Ok(0) | Err(Error::InvalidCheckpoint { .. })), "{opened:?}");
        }
    }
    assert!(!proof.exists());
}

#[test]
fn a_memo_that_doubles_forty_times_is_stopped() {
    within(128, || {
        let mut pickle = b"\x80\x02]q\x00".to_vec();
        for _ in 0..40 {
            pickle.extend(b"h\x00h\x00\x86q\x00");
        }
        pickle.push(b'.');
        assert!(refusal(&pickled(pickle.clone())).contains("memo bomb"));
        assert!(refusal(&pickle).contains("memo bomb"));
    });
}

#[test]
fn lists_in_lists_in_lists_end_somewhere() {
    within(256, || {
        let deep = [vec![b']'; 300_000], vec![b'a'; 299_999], vec![b'.']].concat();
        let pickle = [b"\x80\x02", &deep[..]].concat();
        assert!(refusal(&pickle).contains("nesting"));
        assert!(refusal(&pickled(pickle)).contains("nesting"));
        let tuples = [b"\x80\x02N".to_vec(), vec![0x85; 500_000], vec![b'.']].concat();
        assert!(refusal(&tuples).contains("nesting"));
    });
}

/// Each `N` is a byte in the file and some hundred in memory.
#[test]
fn sixty_million_values_are_not_built() {
    within(192, || {
        let flood = [b"\x80\x02(".to_vec(), vec![b'N'; 60_000_000], b"l.".to_vec()].concat();
        assert!(refusal(&flood).contains("too many values"));
        assert!(refusal(&pickled(flood)).contains("too many values"));
    });
}

#[test]
fn a_zip_bomb_is_not_unpacked() {
    within(64, || {
        // 100 MB of values in 630 kB, as the description of the tensors and as a tensor.
        let length = 258 * 400_000 + 1;
        let bytes = deflated(b'N', length);
        assert!(bytes.len() * 150 < length);
        let bomb = |name| Entry { name, bytes: bytes.clone(), method: 8, size: length as u32 };
        assert!(refusal(&archive(&[bomb("archive/data.pkl")])).contains("compressed"));
        let pickle = Entry::stored("archive/data.pkl", state_dict(&[HONEST]));
        assert!(refusal(&archive(&[pickle, bomb("archive/data/0")])).contains("compressed"));
    });
}

#[test]
fn an_archive_that_declares_billions_of_entries_is_refused() {
    within(64, || {
        let honest = one_tensor(&HONEST);
        let start = honest.len() as u64;
        for (entries, length, start) in [
            (1u64 << 34, 1u64 << 40, 1u64 << 40),
            (1 << 34, 1 << 40, 0),
            (u64::MAX, u64::MAX, u64::MAX),
            (1 << 20, 46 << 20, start),
        ] {
            let at = honest.len() as u64;
            let mut file = honest.clone();
            file.extend(b"PK\x06\x06");
            file.extend(44u64.to_le_bytes());
            file.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for number in [entries, entries, length, start] {
                file.extend(number.to_le_bytes());
            }
            file.extend(b"PK\x06\x07\0\0\0\0");
            file.extend(at.to_le_bytes());
            file.extend(1u32.to_le_bytes());
            file.extend(end_of_archive(u16::MAX, u32::MAX, u32::MAX));
            assert!(refusal(&file).contains("ZIP directory"));
        }
        for (entries, length, start) in
            [(u16::MAX - 1, 46, 0), (1, u32::MAX - 1, 0), (1, 46, 1 << 31)]
        {
            let file = [honest.clone(), end_of_archive(entries, length, start)].concat();
            assert!(refusal(&file).contains("ZIP directory"));
        }
    });
}

/// Two directories in one archive: what is checked must be what is read.
#[test]
fn an_archive_that_can_be_read_in_two_ways_is_refused() {
    let honest = one_tensor(&HONEST);
    let other = pickled(b"\x80\x02}.".to_vec());
    // A second archive in the first one's comment, whose own comment does not end.
    let mut decoy = honest.clone();
    let length = decoy.len();
    decoy[length - 2..].copy_from_slice(&(other.len() as u16).to_le_bytes());
    decoy.extend(&other);
    let length = decoy.len();
    decoy[length - 2..].fill(0xff);
    assert!(refusal(&decoy).contains("ZIP directory"));
    // A comment, in which a directory might hide, of the archive and of an entry.
    let mut remark = honest.clone();
    let length = remark.len();
    remark[length - 2] = 4;
    assert!(refusal(&[remark, b"PK\x01\x02".to_vec()].concat()).contains("ZIP directory"));
    let directory = honest.windows(4).position(|word| word == b"PK\x01\x02").unwrap();
    let mut remark = honest.clone();
    remark[directory + 32] = 1;
    assert!(refusal(&remark).contains("ZIP directory"));
    // An archive in parts.
    for at in [4, 6, 8] {
        let mut parts = honest.clone();
        parts[honest.len() - 22 + at] = 7;
        assert!(refusal(&parts).contains("ZIP directory"));
    }
    // A name in Unicode beside the name.
    let name = usize::from(honest[directory + 28]);
    let mut named = honest.clone();
    let extra = [&0x7075_u16.to_le_bytes()[..], &[5, 0, 1, 0, 0, 0, 0]].concat();
    named[directory + 30] = extra.len() as u8;
    let end = directory + 46 + name;
    named.splice(end..end, extra.iter().copied());
    let last = named.len() - 22;
    let size = u32::from_le_bytes(named[last + 12..last + 16].try_into().unwrap());
    named[last + 12..last + 16].copy_from_slice(&(size + extra.len() as u32).to_le_bytes());
    assert!(refusal(&named).contains("ZIP directory"));
}

#[test]
fn tensors_that_repeat_eight_bytes_for_gigabytes_are_refused() {
    within(128, || {
        for tensor in [
            Tensor { shape: &[1 << 29], stride: &[0], ..HONEST },
            Tensor { shape: &[1 << 20, 1 << 8], stride: &[0, 0], ..HONEST },
        ] {
            assert!(refusal(&one_tensor(&tensor)).contains("its tensors claim"));
        }
        // Many of them, each no larger than the file.
        let names: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
        let shape = [1 << 18];
        let tensors: Vec<Tensor> = names
            .iter()
            .map(|name| Tensor { name, shape: &shape, stride: &[0], ..HONEST })
            .collect();
        assert!(refusal(&pickled(state_dict(&tensors))).contains("its tensors claim"));
    });
}

#[test]
fn numbers_beyond_all_measure_are_refused() {
    within(64, || {
        const MAX: i64 = i64::MAX;
        for tensor in [
            Tensor { shape: &[1 << 60], ..HONEST },
            Tensor { values: 1 << 60, shape: &[1 << 60], ..HONEST },
            Tensor { values: MAX, ..HONEST },
            Tensor { shape: &[MAX, MAX], stride: &[MAX, MAX], ..HONEST },
            Tensor { offset: MAX, ..HONEST },
            Tensor { values: -1, ..HONEST },
            Tensor { offset: -1, ..HONEST },
            Tensor { shape: &[-2], ..HONEST },
            Tensor { stride: &[-1], ..HONEST },
            Tensor { stride: &[1, 1], ..HONEST },
            Tensor { shape: &[1; 9], stride: &[1; 9], ..HONEST },
        ] {
            refusal(&one_tensor(&tensor));
        }
    });
}

/// Keys name entries of the archive, not files.
#[test]
fn a_storage_s_name_leads_nowhere_else() {
    for key in ["../../../../../../etc/passwd", "/etc/passwd", "1", ""] {
        let bytes = one_tensor(&Tensor { key, ..HONEST });
        let checkpoint = match open(&bytes) {
            Ok(checkpoint) => checkpoint,
            Err(error) => panic!("{error}"),
        };
        let (name, stored) = checkpoint.tensors().next().unwrap();
        // The file is gone from its folder, so this reads from what was opened or not at all.
        let read = checkpoint.read(name, stored);
        assert!(matches!(read, Err(Error::InvalidCheckpoint { .. })), "{key}: {read:?}");
    }
}

#[test]
fn the_tar_archives_of_early_pytorch_are_refused_by_name() {
    let mut tar = vec![0; 1024];
    tar[..8].copy_from_slice(b"sys_info");
    tar[257..262].copy_from_slice(b"ustar");
    assert!(refusal(&tar).contains("2017"));
}

#[test]
fn a_file_cut_off_or_altered_anywhere_is_read_or_refused() {
    within(256, || {
        let whole = one_tensor(&HONEST);
        for length in 0..whole.len() {
            refusal(&whole[..length]);
        }
        for place in 0..whole.len() {
            for bits in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[place] ^= bits;
                let Ok(checkpoint) = open(&bytes) else { continue };
                for (name, stored) in checkpoint.tensors() {
                    let _ = checkpoint.read(name, stored);
                }
            }
        }
    });
}
