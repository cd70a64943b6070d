//! Files that no encoder writes any more, or none should: pages, boxes and elements by hand.

/// The pages of an Ogg file (RFC 3533).
pub fn ogg_pages(file: &[u8]) -> Vec<Vec<u8>> {
    let (mut pages, mut at) = (Vec::new(), 0);
    while at < file.len() {
        let table = &file[at + 27..][..usize::from(file[at + 26])];
        let body: usize = table.iter().map(|&size| usize::from(size)).sum();
        let end = at + 27 + table.len() + body;
        pages.push(file[at..end].to_vec());
        at = end;
    }
    pages
}

/// The pages as a file, with the right checksums.
pub fn ogg_file(pages: Vec<Vec<u8>>) -> Vec<u8> {
    pages.into_iter().flat_map(ogg_page_with_checksum).collect()
}

pub fn ogg_page_with_checksum(mut page: Vec<u8>) -> Vec<u8> {
    page[22..26].fill(0);
    let sum = page.iter().fold(0u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    });
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    page
}

/// The position that a page ends at.
pub fn granule(page: &[u8]) -> i64 {
    i64::from_le_bytes(page[6..14].try_into().unwrap())
}

pub fn set_granule(page: &mut [u8], position: i64) {
    page[6..14].copy_from_slice(&position.to_le_bytes());
}

/// The packets of an Ogg file with one stream, headers first.
pub fn ogg_packets(file: &[u8]) -> Vec<Vec<u8>> {
    let (mut packets, mut packet) = (Vec::new(), Vec::new());
    for page in ogg_pages(file) {
        let table = &page[27..][..usize::from(page[26])];
        let mut at = 27 + table.len();
        for &size in table {
            packet.extend(&page[at..at + usize::from(size)]);
            at += usize::from(size);
            if size < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
    }
    packets
}

/// Pages with one packet in them, without a granule position.
pub fn ogg_packet_pages(packet: &[u8], serial: u32, first_number: u32) -> Vec<Vec<u8>> {
    let mut sizes = vec![255_u8; packet.len() / 255];
    sizes.push((packet.len() % 255) as u8);
    let mut rest = packet;
    let pages = sizes.chunks(255).enumerate().map(|(number, table)| {
        let body: usize = table.iter().map(|&size| usize::from(size)).sum();
        let (body, after) = rest.split_at(body);
        rest = after;
        let mut page = b"OggS\0".to_vec();
        page.push(u8::from(number > 0));
        page.extend(0_u64.to_le_bytes());
        page.extend(serial.to_le_bytes());
        page.extend((first_number + number as u32).to_le_bytes());
        page.extend([0; 4]);
        page.push(table.len() as u8);
        [page, table.to_vec(), body.to_vec()].concat()
    });
    pages.collect()
}

/// A box of an MP4 file.
pub fn mp4_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes(), &kind[..], content].concat()
}

/// Puts an edit list of durations in movie ticks and media times into the first track of a file
/// whose samples come before `moov`.
pub fn with_edits(file: &[u8], edits: &[(u32, i32)]) -> Vec<u8> {
    let find = |from: usize, kind: &[u8; 4]| {
        from + file[from..].windows(4).position(|word| word == kind).unwrap() - 4
    };
    let size = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
    let mdat = find(0, b"mdat");
    let moov = find(mdat + size(mdat) as usize, b"moov");
    let trak = find(moov, b"trak");
    let tkhd = find(trak, b"tkhd");
    let after_tkhd = tkhd + size(tkhd) as usize;
    let old = if &file[after_tkhd + 4..after_tkhd + 8] == b"edts" { size(after_tkhd) } else { 0 };
    let mut list = [&[0; 4], &(edits.len() as u32).to_be_bytes()[..]].concat();
    for (duration, media_time) in edits {
        list.extend(duration.to_be_bytes());
        list.extend(media_time.to_be_bytes());
        list.extend(0x1_0000_u32.to_be_bytes());
    }
    let edts = mp4_box(b"edts", &mp4_box(b"elst", &list));
    let mut new = file.to_vec();
    for parent in [moov, trak] {
        let grown = size(parent) + edts.len() as u32 - old;
        new[parent..parent + 4].copy_from_slice(&grown.to_be_bytes());
    }
    new.splice(after_tkhd..after_tkhd + old as usize, edts);
    new
}

/// An element of a Matroska file.
pub fn element(id: u32, content: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let start = id.iter().position(|&byte| byte != 0).unwrap();
    let size = (content.len() as u64 | 1 << 56).to_be_bytes();
    [&id[start..], &size, content].concat()
}

/// A Matroska file of one audio track: a codec with its private data, channels at a rate, blocks
/// with their times in milliseconds, and what else the track's entry holds.
pub fn matroska(
    codec: &str,
    private: &[u8],
    (rate, channels, bits): (f64, u8, u8),
    entry: &[u8],
    blocks: &[(u64, Vec<u8>)],
) -> Vec<u8> {
    let mut audio = [element(0xb5, &rate.to_be_bytes()), element(0x9f, &[channels])].concat();
    if bits > 0 {
        audio.extend(element(0x6264, &[bits]));
    }
    let mut track = [
        element(0xd7, &[1]),
        element(0x73c5, &[1]),
        element(0x83, &[2]),
        element(0x86, codec.as_bytes()),
        element(0xe1, &audio),
        entry.to_vec(),
    ]
    .concat();
    if !private.is_empty() {
        track.extend(element(0x63a2, private));
    }
    let information = [
        element(0x2a_d7b1, &1_000_000_u32.to_be_bytes()),
        element(0x4d80, b"tests"),
        element(0x5741, b"tests"),
    ]
    .concat();
    let mut segment =
        [element(0x1549_a966, &information), element(0x1654_ae6b, &element(0xae, &track))].concat();
    for (time, block) in blocks {
        let block = element(0xa3, &[&[0x81, 0, 0], &block[..]].concat());
        let time = element(0xe7, &time.to_be_bytes());
        segment.extend(element(0x1f43_b675, &[time, block].concat()));
    }
    let head = element(0x1a45_dfa3, &element(0x4282, b"matroska"));
    [head, element(0x1853_8067, &segment)].concat()
}

/// Packets in one block with Xiph's lacing: flags, a number, sizes, packets.
pub fn xiph_laced(packets: &[Vec<u8>]) -> Vec<u8> {
    let (last, others) = packets.split_last().unwrap();
    let mut block = vec![0x02, others.len() as u8];
    for packet in others {
        block.extend(vec![255; packet.len() / 255]);
        block.push((packet.len() % 255) as u8);
    }
    others.iter().chain([last]).for_each(|packet| block.extend(packet));
    block
}

/// One packet in a block.
pub fn unlaced(packet: &[u8]) -> Vec<u8> {
    [&[0], packet].concat()
}

/// A zlib stream without compression (RFC 1950, 1951).
pub fn zlib(data: &[u8]) -> Vec<u8> {
    let len = data.len() as u16;
    let (mut a, mut b) = (1_u32, 0_u32);
    for &byte in data {
        a = (a + u32::from(byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let sum = (b << 16 | a).to_be_bytes();
    [&[0x78, 1, 1], &len.to_le_bytes()[..], &(!len).to_le_bytes(), data, &sum].concat()
}

/// An APEv2 tag with one item, header and footer.
pub fn ape_tag(name: &[u8], value: &[u8]) -> Vec<u8> {
    let item = [&(value.len() as u32).to_le_bytes()[..], &[2, 0, 0, 0], name, &[0], value].concat();
    let end = |flags: u32| {
        let size = item.len() as u32 + 32;
        let numbers = [2_000, size, 1, flags].map(u32::to_le_bytes).concat();
        [b"APETAGEX", &numbers[..], &[0; 8]].concat()
    };
    [end(0xa000_0000), item.clone(), end(0x8000_0000)].concat()
}

/// An ID3v2.4 tag with a footer, as it stands at the end of a file.
pub fn id3v24_at_end(body: &[u8]) -> Vec<u8> {
    let size = [21, 14, 7, 0].map(|shift| (body.len() >> shift) as u8 & 0x7f);
    let end = |mark: &[u8; 3]| [&mark[..], &[4, 0, 0x10], &size].concat();
    [end(b"ID3"), body.to_vec(), end(b"3DI")].concat()
}

/// A Matroska file with chapters that have no identifier of their edition, before its first cluster.
pub fn with_chapters(file: &[u8]) -> Vec<u8> {
    let find = |id: &[u8]| file.windows(4).position(|word| word == id).unwrap();
    let (segment, cluster) = (find(b"\x18\x53\x80\x67"), find(b"\x1f\x43\xb6\x75"));
    let atom = [element(0x73c4, &[1]), element(0x91, &[0])].concat();
    let chapters = element(0x1043_a770, &element(0x45b9, &element(0xb6, &atom)));
    let size = u64::from_be_bytes(file[segment + 4..segment + 12].try_into().unwrap());
    let mut new = file.to_vec();
    let grown = size + chapters.len() as u64;
    new[segment + 4..segment + 12].copy_from_slice(&grown.to_be_bytes());
    new.splice(cluster..cluster, chapters);
    new
}

/// An ADTS stream whose packets have `fill` elements before their end marks, as strings of bits.
pub fn adts_with(file: &[u8], fill: &[&str]) -> Vec<u8> {
    let (mut new, mut at) = (Vec::new(), 0);
    while at < file.len() {
        let head: [u8; 7] = file[at..at + 7].try_into().unwrap();
        let length =
            usize::from(head[3] & 3) << 11 | usize::from(head[4]) << 3 | usize::from(head[5]) >> 5;
        let payload = &file[at + 7..at + length];
        let bits: String = payload.iter().map(|byte| format!("{byte:08b}")).collect();
        let bits = bits.trim_end_matches('0').strip_suffix("111").expect("an end mark");
        let mut bits = [bits, &fill.concat(), "111"].concat();
        bits.extend(std::iter::repeat_n('0', (8 - bits.len() % 8) % 8));
        let packed = (0..bits.len() / 8).map(|n| u8::from_str_radix(&bits[8 * n..8 * n + 8], 2));
        let packed: Vec<u8> = packed.map(Result::unwrap).collect();
        let size = packed.len() + 7;
        let mut head = head;
        head[3] = head[3] & !3 | (size >> 11) as u8;
        head[4] = (size >> 3) as u8;
        head[5] = head[5] & 31 | (size << 5) as u8;
        new.extend(head);
        new.extend(packed);
        at += length;
    }
    new
}
