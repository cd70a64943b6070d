//! Audio containers as elements whose lengths and checksums are computed when they are written, so
//! that mutations reach what lies behind them.
//!
//! An element has the bytes that its container's syntax fixes but its length and checksums (`head`),
//! then its content. Elements that contain others (RIFF's lists, MP4's boxes, EBML's masters, Ogg's
//! pages) have these as children after the content. Whatever follows no syntax is an element
//! without a head and is written as it was.

/// A container format, or a stream of frames with headers of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Adts,
    Aiff,
    Flac,
    Matroska,
    Mp3,
    Mp4,
    Ogg,
    Riff,
}

/// A page, box, chunk, block, frame or packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub head: Vec<u8>,
    pub content: Vec<u8>,
    pub children: Vec<Element>,
}

impl Element {
    fn new(head: &[u8], content: &[u8]) -> Self {
        Self { head: head.into(), content: content.into(), children: Vec::new() }
    }
}

/// Elements in elements beyond this depth are content.
const MAX_DEPTH: usize = 12;

impl Container {
    /// Splits a file into elements.
    pub fn parse(self, data: &[u8]) -> Vec<Element> {
        let next: fn(&[u8]) -> Option<(Element, usize)> = match self {
            Container::Mp4 | Container::Riff | Container::Aiff | Container::Matroska => {
                return self.parse_nested(data, 0);
            }
            Container::Ogg => ogg_page,
            Container::Flac => flac_element,
            Container::Mp3 => mp3_frame,
            Container::Adts => adts_frame,
        };
        let (mut elements, mut rest, mut other) = (Vec::new(), data, Vec::new());
        while let Some(&first) = rest.first() {
            let found = next(rest).filter(|(_, len)| *len > 0);
            let Some((element, len)) = found else {
                other.push(first);
                rest = &rest[1..];
                continue;
            };
            if !other.is_empty() {
                elements.push(Element::new(&[], &std::mem::take(&mut other)));
            }
            elements.push(element);
            rest = &rest[len.min(rest.len())..];
        }
        if !other.is_empty() {
            elements.push(Element::new(&[], &other));
        }
        elements
    }

    fn parse_nested(self, data: &[u8], depth: usize) -> Vec<Element> {
        let (mut elements, mut rest) = (Vec::new(), data);
        while !rest.is_empty() {
            let Some((head, content, len)) = self.split(rest) else {
                elements.push(Element::new(&[], rest));
                break;
            };
            let mut element = Element::new(head, content);
            let prefix = self.prefix(head).filter(|&len| len <= content.len());
            if let Some(prefix) = prefix.filter(|_| depth < MAX_DEPTH) {
                element.children = self.parse_nested(&content[prefix..], depth + 1);
                element.content.truncate(prefix);
            }
            elements.push(element);
            rest = &rest[len.min(rest.len())..];
        }
        elements
    }

    /// The head and content of the first element, and its length with padding.
    fn split(self, data: &[u8]) -> Option<(&[u8], &[u8], usize)> {
        let word = |at: usize| Some(<[u8; 4]>::try_from(data.get(at..at + 4)?).unwrap());
        match self {
            Container::Mp4 => {
                let (start, len) = match u32::from_be_bytes(word(0)?) {
                    0 => (8, data.len()),
                    1 => {
                        let len = u64::from_be_bytes(data.get(8..16)?.try_into().unwrap());
                        (16, usize::try_from(len).ok()?)
                    }
                    len => (8, len as usize),
                };
                let end = len.min(data.len());
                Some((data.get(4..8)?, data.get(start..end)?, end))
            }
            Container::Riff | Container::Aiff => {
                let len = match self {
                    Container::Riff => u32::from_le_bytes(word(4)?),
                    _ => u32::from_be_bytes(word(4)?),
                };
                let end = (8 + len as usize).min(data.len());
                Some((&data[..4], &data[8..end], end + end % 2))
            }
            _ => {
                let id_len = data.first()?.leading_zeros() as usize + 1;
                let size_len = data.get(id_len)?.leading_zeros() as usize + 1;
                let start = id_len + size_len;
                if id_len > 4 || size_len > 8 {
                    return None;
                }
                let field = data.get(id_len..start)?;
                let value = field[1..]
                    .iter()
                    .fold(u64::from(field[0]) & (0xff >> size_len), |value, &byte| {
                        value << 8 | u64::from(byte)
                    });
                let is_unknown = value == (1 << (7 * size_len)) - 1;
                let len = if is_unknown { u64::MAX } else { value };
                let end = len.saturating_add(start as u64).min(data.len() as u64) as usize;
                Some((&data[..id_len], &data[start..end], end))
            }
        }
    }

    /// How many bytes come before the children of an element; `None` if it has none.
    fn prefix(self, head: &[u8]) -> Option<usize> {
        match (self, head) {
            (Container::Riff, b"RIFF" | b"RF64" | b"BW64" | b"LIST") => Some(4),
            (Container::Aiff, b"FORM") => Some(4),
            (Container::Mp4, b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"edts") => Some(0),
            (Container::Mp4, b"moof" | b"traf" | b"mvex" | b"udta" | b"ilst" | b"dinf") => Some(0),
            (Container::Mp4, b"meta") => Some(4),
            (Container::Mp4, b"stsd" | b"dref") => Some(8),
            (Container::Mp4, b"mp4a" | b"alac" | b"fLaC" | b"Opus") => Some(28),
            (Container::Matroska, [0x1a, 0x45, 0xdf, 0xa3] | [0x18, 0x53, 0x80, 0x67]) => Some(0),
            (Container::Matroska, [0x15, 0x49, 0xa9, 0x66] | [0x16, 0x54, 0xae, 0x6b]) => Some(0),
            (Container::Matroska, [0x1f, 0x43, 0xb6, 0x75] | [0x1c, 0x53, 0xbb, 0x6b]) => Some(0),
            (Container::Matroska, [0x11, 0x4d, 0x9b, 0x74] | [0xae] | [0xe1] | [0xa0]) => Some(0),
            (Container::Matroska, [0x6d, 0x80] | [0x62, 0x40] | [0x50, 0x34]) => Some(0),
            _ => None,
        }
    }

    /// Writes elements as a file, with right lengths and checksums.
    pub fn write(self, elements: &[Element]) -> Vec<u8> {
        let mut file = Vec::new();
        for element in elements {
            self.write_element(element, &mut file);
        }
        file
    }

    fn write_element(self, element: &Element, file: &mut Vec<u8>) {
        let Element { head, content, children } = element;
        if head.is_empty() {
            return file.extend(content);
        }
        match self {
            Container::Ogg => return write_ogg_page(element, file),
            Container::Flac => return write_flac_element(element, file),
            Container::Mp3 => {
                file.extend(head);
                let mut content = content.clone();
                if let Some(len) = mp3_frame_len(head) {
                    content.resize(len.saturating_sub(4), 0);
                }
                return file.extend(content);
            }
            Container::Adts => {
                let len = (head.len() + content.len()).min(0x1fff);
                let mut head = head.clone();
                head[3] = head[3] & 0xfc | (len >> 11) as u8;
                head[4] = (len >> 3) as u8;
                head[5] = head[5] & 0x1f | (len << 5) as u8;
                file.extend(head);
                return file.extend(content);
            }
            _ => {}
        }
        let body = [content.clone(), self.write(children)].concat();
        match self {
            Container::Mp4 => {
                file.extend((body.len() as u32 + 8).to_be_bytes());
                file.extend(head);
                file.extend(body);
            }
            Container::Riff | Container::Aiff => {
                let len = body.len() as u32;
                file.extend(head);
                let is_riff = self == Container::Riff;
                file.extend(if is_riff { len.to_le_bytes() } else { len.to_be_bytes() });
                file.extend(&body);
                file.extend(&[0][..body.len() % 2]);
            }
            _ => {
                file.extend(head);
                let len = body.len() as u64;
                match len {
                    0..0x7f => file.push(0x80 | len as u8),
                    0x7f..0x3fff => file.extend((0x4000 | len as u16).to_be_bytes()),
                    _ => file.extend((1 << 56 | len).to_be_bytes()),
                }
                file.extend(body);
            }
        }
    }
}

/// The bytes of an Ogg page's header before its checksum, and its own size with the table's length.
const OGG_HEAD: usize = 22;
const OGG_HEADER: usize = 27;

/// A page: the head is the header up to the checksum; the children are packets, whose head is 1 if
/// they end in this page.
fn ogg_page(data: &[u8]) -> Option<(Element, usize)> {
    let header = data.get(..OGG_HEADER).filter(|header| header.starts_with(b"OggS"))?;
    let lacing = data.get(OGG_HEADER..OGG_HEADER + usize::from(header[26]))?;
    let mut page = Element::new(&header[..OGG_HEAD], &[]);
    let (mut at, mut len) = (OGG_HEADER + lacing.len(), 0);
    for (number, &size) in lacing.iter().enumerate() {
        len += usize::from(size);
        if size < 255 || number + 1 == lacing.len() {
            page.children.push(Element::new(&[u8::from(size < 255)], data.get(at..at + len)?));
            at += std::mem::take(&mut len);
        }
    }
    Some((page, at))
}

fn write_ogg_page(page: &Element, file: &mut Vec<u8>) {
    let (mut lacing, mut body) = (Vec::new(), Vec::<u8>::new());
    for (number, packet) in page.children.iter().enumerate() {
        let (len, is_last) = (packet.content.len(), number + 1 == page.children.len());
        let ends = !is_last || packet.head.first().is_none_or(|&ends| ends % 2 == 1);
        let mut sizes = vec![255; len / 255];
        if ends {
            sizes.push((len % 255) as u8);
        }
        if lacing.len() + sizes.len() > 255 {
            break;
        }
        body.extend(&packet.content[..if ends { len } else { len / 255 * 255 }]);
        lacing.extend(sizes);
    }
    let start = file.len();
    file.extend(&page.head);
    file.extend([0; 4]);
    file.push(lacing.len() as u8);
    file.extend(lacing);
    file.extend(body);
    // RFC 3533, 6: the polynomial 0x04c11db7, from the highest bit, beginning with 0.
    let sum = crc(&file[start..], 32, 0x04c1_1db7);
    file[start + OGG_HEAD..][..4].copy_from_slice(&sum.to_le_bytes());
}

/// The signature and metadata blocks, whose head is one byte, and frames, whose head is their header
/// without its checksum (RFC 9639).
fn flac_element(data: &[u8]) -> Option<(Element, usize)> {
    if data.starts_with(b"fLaC") {
        // Blocks follow the signature: it is written with the first of them.
        let (mut block, len) = flac_block(&data[4..])?;
        block.head.splice(0..0, *b"fLaC");
        return Some((block, len + 4));
    }
    if let Some(len) = flac_header_len(data) {
        let next = (len + 3..data.len()).find(|&at| flac_header_len(&data[at..]).is_some());
        let end = next.unwrap_or(data.len());
        let content = data.get(len + 1..end - 2)?;
        return Some((Element::new(&data[..len], content), end));
    }
    flac_block(data)
}

fn flac_block(data: &[u8]) -> Option<(Element, usize)> {
    // Types of RFC 9639, 8.1.
    let &[kind, high, middle, low, ref rest @ ..] = data else { return None };
    let len = u32::from_be_bytes([0, high, middle, low]) as usize;
    let content = rest.get(..len).filter(|_| kind & 0x7f <= 6)?;
    Some((Element::new(&[kind], content), len + 4))
}

/// The length of a frame's header without its checksum, which must be right.
fn flac_header_len(data: &[u8]) -> Option<usize> {
    let &[0xff, 0xf8 | 0xf9, sizes, _, first, ..] = data else { return None };
    let number = match first.leading_ones() as usize {
        0 => 1,
        ones @ 2..=7 => ones,
        _ => return None,
    };
    let block = [0, 0, 0, 0, 0, 0, 1, 2].get(usize::from(sizes >> 4)).copied().unwrap_or(0);
    let rate = [1, 2, 2].get(usize::from(sizes & 15).wrapping_sub(12)).copied().unwrap_or(0);
    let len = 4 + number + block + rate;
    let sum = *data.get(len)?;
    (crc(&data[..len], 8, 0x07) == u32::from(sum)).then_some(len)
}

fn write_flac_element(element: &Element, file: &mut Vec<u8>) {
    let Element { head, content, .. } = element;
    let start = file.len();
    file.extend(head);
    if head.len() == 1 || head.starts_with(b"fLaC") {
        file.extend(&(content.len() as u32).to_be_bytes()[1..]);
        return file.extend(content);
    }
    file.push(crc(head, 8, 0x07) as u8);
    file.extend(content);
    let sum = crc(&file[start..], 16, 0x8005) as u16;
    file.extend(sum.to_be_bytes());
}

/// The length of an MPEG audio frame, by its header.
fn mp3_frame_len(head: &[u8]) -> Option<usize> {
    let &[0xff, version, rates, _, ..] = head else { return None };
    if version & 0xe0 != 0xe0 {
        return None;
    }
    let (is_mpeg1, layer) = (version & 0x18 == 0x18, 4 - (version >> 1 & 3));
    let kbits: [usize; 14] = match (is_mpeg1, layer) {
        (true, 1) => [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        (true, 2) => [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        (true, 3) => [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        (false, 1) => [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        (false, 2 | 3) => [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        _ => return None,
    };
    let bits = kbits.get(usize::from(rates >> 4).checked_sub(1)?)? * 1000;
    let rate = [44_100, 48_000, 32_000].get(usize::from(rates >> 2 & 3))?
        >> match version >> 3 & 3 {
            3 => 0,
            2 => 1,
            0 => 2,
            _ => return None,
        };
    let padding = usize::from(rates >> 1 & 1);
    Some(match (layer, is_mpeg1) {
        (1, _) => (12 * bits / rate + padding) * 4,
        (3, false) => 72 * bits / rate + padding,
        _ => 144 * bits / rate + padding,
    })
}

fn mp3_frame(data: &[u8]) -> Option<(Element, usize)> {
    let len = mp3_frame_len(data)?;
    Some((Element::new(&data[..4], data.get(4..len)?), len))
}

fn adts_frame(data: &[u8]) -> Option<(Element, usize)> {
    let head = data.get(..7).filter(|head| head[0] == 0xff && head[1] & 0xf6 == 0xf0)?;
    let len = u32::from_be_bytes([0, head[3] & 3, head[4], head[5]]) as usize >> 5;
    Some((Element::new(head, data.get(7..len)?), len))
}

/// A checksum of so many bits, from the highest bit, beginning with 0.
fn crc(bytes: &[u8], bits: u32, polynomial: u32) -> u32 {
    let polynomial = polynomial << (32 - bits);
    let sum = bytes.iter().fold(0, |sum: u32, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
            sum << 1 ^ if sum >> 31 == 1 { polynomial } else { 0 }
        })
    });
    sum >> (32 - bits)
}
