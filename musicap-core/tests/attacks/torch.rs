//! Files as `torch.save` writes them, byte by byte, with room for lies.

/// What an archive says of an entry.
pub struct Entry<'a> {
    pub name: &'a str,
    pub bytes: Vec<u8>,
    /// 0: stored, 8: deflated.
    pub method: u16,
    /// The size after unpacking.
    pub size: u32,
}

impl<'a> Entry<'a> {
    pub fn stored(name: &'a str, bytes: Vec<u8>) -> Self {
        Entry { name, size: bytes.len() as u32, bytes, method: 0 }
    }
}

/// A ZIP archive. Checksums are 0, which `torch.load` takes for none.
pub fn archive(entries: &[Entry]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for Entry { name, bytes, method, size } in entries {
        let start = file.len() as u32;
        let mut middle = Vec::new();
        middle.extend([20, 0, 0, 0]);
        middle.extend(method.to_le_bytes());
        middle.extend([0; 8]);
        middle.extend((bytes.len() as u32).to_le_bytes());
        middle.extend(size.to_le_bytes());
        middle.extend((name.len() as u16).to_le_bytes());
        middle.extend([0; 2]);
        file.extend(b"PK\x03\x04");
        file.extend(&middle);
        file.extend(name.bytes());
        file.extend(bytes);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(middle);
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.bytes());
    }
    let end = end_of_archive(entries.len() as u16, directory.len() as u32, file.len() as u32);
    [file, directory, end].concat()
}

/// The last record of an archive.
pub fn end_of_archive(entries: u16, length: u32, start: u32) -> Vec<u8> {
    let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
    end.extend(entries.to_le_bytes());
    end.extend(entries.to_le_bytes());
    end.extend(length.to_le_bytes());
    end.extend(start.to_le_bytes());
    end.extend([0; 2]);
    end
}

/// A tensor's entry in a state_dict.
pub struct Tensor<'a> {
    pub name: &'a str,
    pub key: &'a str,
    /// Values in the storage.
    pub values: i64,
    pub offset: i64,
    pub shape: &'a [i64],
    pub stride: &'a [i64],
}

/// The pickle of a state_dict of float32 tensors.
pub fn state_dict(tensors: &[Tensor]) -> Vec<u8> {
    let mut pickle = b"\x80\x02}(".to_vec();
    for tensor in tensors {
        text(&mut pickle, tensor.name);
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut pickle, "storage");
        pickle.extend(b"ctorch\nFloatStorage\n");
        text(&mut pickle, tensor.key);
        text(&mut pickle, "cpu");
        number(&mut pickle, tensor.values);
        pickle.extend(b"tQ");
        number(&mut pickle, tensor.offset);
        for numbers in [tensor.shape, tensor.stride] {
            pickle.push(b'(');
            numbers.iter().for_each(|&value| number(&mut pickle, value));
            pickle.push(b't');
        }
        pickle.extend(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    pickle.extend(b"u.");
    pickle
}

pub fn text(pickle: &mut Vec<u8>, text: &str) {
    pickle.push(b'X');
    pickle.extend((text.len() as u32).to_le_bytes());
    pickle.extend(text.bytes());
}

fn number(pickle: &mut Vec<u8>, number: i64) {
    pickle.extend([0x8a, 8]);
    pickle.extend(number.to_le_bytes());
}

/// `length` bytes of `byte` as deflate has them (RFC 1951): one literal, and matches of 258 bytes
/// at distance 1 in 13 bits each. A thousandth and a half of what comes out.
pub fn deflated(byte: u8, length: usize) -> Vec<u8> {
    assert!(byte < 144 && length % 258 == 1);
    let (mut bytes, mut filled) = (Vec::new(), 0);
    let mut push = |bits: u32, count: u32, huffman: bool| {
        for i in 0..count {
            let bit = if huffman { bits >> (count - 1 - i) } else { bits >> i } & 1;
            if filled % 8 == 0 {
                bytes.push(0);
            }
            *bytes.last_mut().unwrap() |= (bit as u8) << (filled % 8);
            filled += 1;
        }
    };
    // The last block, with fixed codes.
    push(1, 1, false);
    push(1, 2, false);
    push(0x30 + u32::from(byte), 8, true);
    for _ in 0..length / 258 {
        push(0b1100_0101, 8, true);
        push(0, 5, true);
    }
    push(0, 7, true);
    bytes
}
