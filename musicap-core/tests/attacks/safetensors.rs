//! safetensors files, after the attacks of the format's own house.

use std::io::{Read, Seek, SeekFrom, Write};

use musicap::checkpoint::Checkpoint;
use musicap::{Error, Pretrained};

use crate::common::Scratch;
use crate::confined::within;

fn file(header: &str, data: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; data]].concat()
}

fn refusal(bytes: Vec<u8>) -> String {
    match Checkpoint::from_safetensors("test.safetensors", std::io::Cursor::new(bytes)) {
        Err(error @ Error::InvalidCheckpoint { .. }) => {
            let message = error.to_string();
            assert!(message.len() < 1_000 && !message.contains(char::is_control), "{message:?}");
            message
        }
        other => panic!("{other:?}"),
    }
}

fn tensor(name: &str, shape: &str, offsets: &str) -> String {
    format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}"#)
}

#[test]
fn bytes_belong_to_one_tensor_and_every_byte_to_one() {
    let a = tensor("a", "[2]", "[0,8]");
    for (b, data) in [("[4,12]", 12), ("[0,8]", 8), ("[12,20]", 20), ("[16,24]", 24)] {
        let header = format!("{{{a},{}}}", tensor("b", "[2]", b));
        assert!(refusal(file(&header, data)).contains("offset"), "{b}");
    }
    let twice = format!("{{{a},{}}}", tensor("a", "[2]", "[8,16]"));
    refusal(file(&twice, 16));
}

#[test]
fn offsets_and_shapes_beyond_all_measure_are_refused() {
    within(64, || {
        for (shape, offsets) in [
            ("[1152921504606846976]", "[0,4611686018427387904]"),
            ("[1152921504606846976,1152921504606846976]", "[0,8]"),
            ("[18446744073709551615]", "[0,18446744073709551612]"),
            ("[2]", "[18446744073709551608,18446744073709551615]"),
            ("[2]", "[-8,0]"),
            ("[-2]", "[0,8]"),
            ("[2]", "[8,0]"),
            ("[1e300]", "[0,8]"),
            ("[2.5]", "[0,8]"),
            ("[99999999999999999999999999]", "[0,8]"),
            ("[1,1,1,1,1,1,1,1,2]", "[0,8]"),
        ] {
            refusal(file(&format!("{{{}}}", tensor("a", shape, offsets)), 8));
        }
        let dimensions = vec!["1"; 1_000_000].join(",");
        let message =
            refusal(file(&format!("{{{}}}", tensor("a", &format!("[{dimensions}]"), "[0,4]")), 4));
        assert!(message.contains("1000000 dimensions"), "{message}");
    });
}

#[test]
fn a_header_is_no_longer_than_its_file() {
    within(64, || {
        for length in [1, 9, 1 << 20, 1 << 60, u64::MAX] {
            refusal([&length.to_le_bytes()[..], b"{}"].concat());
        }
        refusal(Vec::new());
        refusal(vec![0; 7]);
        refusal(vec![0; 8]);
    });
}

#[test]
fn a_header_nested_without_end_is_refused() {
    within(64, || {
        for (open, depth) in [("[", 1_000_000), (r#"{"a":"#, 1_000_000)] {
            refusal(file(&open.repeat(depth), 0));
            refusal(file(&format!(r#"{{"a":{}"#, open.repeat(depth)), 0));
        }
    });
}

/// A file that is a terabyte of nothing on paper.
#[test]
fn a_file_of_holes_costs_nothing() {
    within(64, || {
        let scratch = Scratch::new();
        let path = scratch.path("model.safetensors");
        let mut sparse = std::fs::File::create(&path).unwrap();
        let header = format!("{{{}}}", tensor("a", "[2]", "[0,8]"));
        sparse.write_all(&file(&header, 0)).unwrap();
        sparse.set_len(1 << 40).unwrap();
        // Bytes that belong to no tensor are padding at most: nothing is made of them.
        if let Ok(checkpoint) = Checkpoint::open_safetensors(&path) {
            let (name, stored) = checkpoint.saved_tensors().next().unwrap();
            assert_eq!(checkpoint.read(name, stored).unwrap(), [0.0, 0.0]);
        }
        sparse.seek(SeekFrom::Start(0)).unwrap();
        sparse.write_all(&(1u64 << 39).to_le_bytes()).unwrap();
        let error = Checkpoint::open_safetensors(&path).unwrap_err();
        assert!(matches!(error, Error::InvalidCheckpoint { .. }), "{error}");
    });
}

/// Weights in several files are listed in an index, which could name any file. None is read.
#[test]
fn an_index_that_names_other_folders_is_not_followed() {
    let scratch = Scratch::new();
    let folder = scratch.path("model");
    std::fs::create_dir(&folder).unwrap();
    let index = r#"{"weight_map":{"bart.model.shared.weight":"../../../../etc/passwd"}}"#;
    std::fs::write(folder.join("model.safetensors.index.json"), index).unwrap();
    std::fs::write(folder.join("config.json"), "{}").unwrap();
    let error = Pretrained::open(&folder).unwrap_err();
    assert!(matches!(error, Error::IncompleteModel { .. }), "{error}");
}

/// A source that is shorter when it is read than when it was opened.
#[test]
fn a_file_that_shrinks_is_an_error_when_it_is_read() {
    struct Shrinking(std::io::Cursor<Vec<u8>>);
    impl Read for Shrinking {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let header = self.0.get_ref().len() - 8;
            let left = header.saturating_sub(self.0.position() as usize).min(buffer.len());
            self.0.read(&mut buffer[..left])
        }
    }
    impl Seek for Shrinking {
        fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
            self.0.seek(to)
        }
    }
    let bytes = file(&format!("{{{}}}", tensor("a", "[2]", "[0,8]")), 8);
    let source = Shrinking(std::io::Cursor::new(bytes));
    let checkpoint = Checkpoint::from_safetensors("test", source).unwrap();
    let (name, stored) = checkpoint.saved_tensors().next().unwrap();
    let error = checkpoint.read(name, stored).unwrap_err();
    assert!(matches!(error, Error::InvalidCheckpoint { .. }), "{error}");
}
