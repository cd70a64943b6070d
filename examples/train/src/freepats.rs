//! Freepats (Debian package `freepats`) as a soundfont: reads its Gravis Ultrasound patches and
//! lays them out as a SoundFont 2 file in memory, which is what the synthesizer reads.
//!
//! Patches: Gravis, "Ultrasound SDK", GF1PATCH110; envelope rates as in TiMidity.
//! SoundFont: Creative, "SoundFont Technical Specification 2.04".

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// One sample of a patch with the keys it serves.
struct Sample {
    data: Vec<i16>,
    rate: u32,
    loop_: Option<(u32, u32)>,
    low_key: u8,
    high_key: u8,
    root_key: u8,
    cents: i8,
    envelope: Envelope,
}

/// Seconds and decibels of a volume envelope.
struct Envelope {
    attack: f32,
    /// Time of a fall by 100 dB.
    decay: f32,
    sustain: f32,
    release: f32,
}

/// The patches of `folder` as the bytes of a soundfont.
pub fn soundfont(folder: &Path) -> Result<Vec<u8>> {
    let mut presets = Vec::new();
    for (program, path) in patches(&folder.join("Tone_000"))? {
        let samples = read_patch(&path).with_context(|| path.display().to_string())?;
        presets.push((0u16, u16::from(program), samples));
    }
    let mut kit = Vec::new();
    for (key, path) in patches(&folder.join("Drum_000"))? {
        for mut sample in read_patch(&path).with_context(|| path.display().to_string())? {
            (sample.low_key, sample.high_key, sample.root_key, sample.cents) = (key, key, key, 0);
            sample.loop_ = None;
            kit.push(sample);
        }
    }
    presets.push((128, 0, kit));
    Ok(lay_out(&presets))
}

/// Files named by a three-digit number.
fn patches(folder: &Path) -> Result<Vec<(u8, std::path::PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let (true, Some(number)) =
            (name.ends_with(".pat"), name.get(..3).and_then(|n| n.parse().ok()))
        {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}

fn read_patch(path: &Path) -> Result<Vec<Sample>> {
    const HEADERS: usize = 129 + 63;
    const LAYER: usize = 47;
    const SAMPLE: usize = 96;
    let bytes = fs::read(path)?;
    ensure!(bytes.starts_with(b"GF1PATCH1") && bytes.len() > HEADERS + LAYER, "not a patch");
    let count = bytes[HEADERS + 6] as usize;
    let mut at = HEADERS + LAYER;
    let mut samples = Vec::new();
    for _ in 0..count {
        let header = bytes.get(at..at + SAMPLE).context("cut off")?;
        let word = |i: usize| u32::from(u16::from_le_bytes([header[i], header[i + 1]]));
        let long = |i: usize| word(i) | word(i + 2) << 16;
        let length = long(8) as usize;
        let modes = header[55];
        let raw = bytes.get(at + SAMPLE..at + SAMPLE + length).context("cut off")?;
        at += SAMPLE + length;

        let wide = modes & 1 != 0;
        let unsigned = modes & 2 != 0;
        let mut data: Vec<i16> = match wide {
            true => raw.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect(),
            false => raw.iter().map(|&b| i16::from(b as i8) << 8).collect(),
        };
        if unsigned {
            data.iter_mut().for_each(|value| *value = value.wrapping_add(i16::MIN));
        }
        let scale = if wide { 2 } else { 1 };
        let (mut from, mut to) = (long(12) / scale, (long(16) / scale).min(data.len() as u32));
        if modes & 8 != 0 && from < to {
            // There and back again: the way back is written out.
            let back: Vec<i16> = data[from as usize..to as usize].iter().rev().copied().collect();
            data.truncate(to as usize);
            data.extend(back);
            to = data.len() as u32;
        }
        if modes & 16 != 0 {
            data.reverse();
            (from, to) = (data.len() as u32 - to, data.len() as u32 - from);
        }
        let looped = modes & 4 != 0 && to > from + 8;
        let root = key(long(30));
        samples.push(Sample {
            data,
            rate: word(20),
            loop_: looped.then_some((from, to)),
            low_key: key(long(22)).round().clamp(0.0, 127.0) as u8,
            high_key: key(long(26)).round().clamp(0.0, 127.0) as u8,
            root_key: root.round().clamp(0.0, 127.0) as u8,
            cents: ((root - root.round()) * -100.0) as i8,
            envelope: envelope(&header[37..49], modes),
        });
    }
    // Neighbours' ranges meet without a hole, so that no key is mute.
    samples.sort_by_key(|sample| sample.root_key);
    for i in 1..samples.len() {
        samples[i].low_key = samples[i - 1].high_key.saturating_add(1);
    }
    if let Some(last) = samples.last_mut() {
        last.high_key = 127;
    }
    if let Some(first) = samples.first_mut() {
        first.low_key = 0;
    }
    Ok(samples)
}

/// MIDI key of a frequency in millihertz.
fn key(millihertz: u32) -> f32 {
    69.0 + 12.0 * (millihertz.max(1) as f32 / 440_000.0).log2()
}

/// Six rates, then six levels.
fn envelope(bytes: &[u8], modes: u8) -> Envelope {
    // The volume table spans about 36 dB.
    const SPAN_DB: f32 = 36.0;
    let seconds = |rate: u8| {
        let step = u32::from(rate & 0x3F) << (9 - 3 * (rate >> 6));
        47.55 / step.max(1) as f32
    };
    if modes & 64 == 0 {
        return Envelope { attack: 0.001, decay: 0.001, sustain: 0.0, release: 0.2 };
    }
    let (rates, levels) = bytes.split_at(6);
    let fall = SPAN_DB * (1.0 - f32::from(levels[2]) / 255.0);
    // Without the sustain bit the sound dies away while the key is down.
    let sustained = modes & 32 != 0;
    Envelope {
        attack: seconds(rates[0]) * f32::from(levels[0]) / 255.0,
        decay: seconds(rates[2]) * 100.0 / SPAN_DB,
        sustain: if sustained { fall } else { 100.0 },
        release: (seconds(rates[3]) * 100.0 / SPAN_DB).clamp(0.05, 2.0),
    }
}

/// Generator numbers of the SoundFont specification, 8.1.2.
mod generator {
    pub const ATTACK: u16 = 34;
    pub const DECAY: u16 = 36;
    pub const SUSTAIN: u16 = 37;
    pub const RELEASE: u16 = 38;
    pub const INSTRUMENT: u16 = 41;
    pub const KEY_RANGE: u16 = 43;
    pub const SAMPLE_ID: u16 = 53;
    pub const SAMPLE_MODES: u16 = 54;
}

/// Writes presets of one instrument each.
fn lay_out(presets: &[(u16, u16, Vec<Sample>)]) -> Vec<u8> {
    use generator::*;
    // Silence that the specification wants after each sample.
    const GAP: usize = 46;
    let mut wave: Vec<u8> = Vec::new();
    let mut phdr = Vec::new();
    let (mut pbag, mut pgen) = (Vec::new(), Vec::new());
    let (mut inst, mut ibag, mut igen, mut shdr) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let words = |out: &mut Vec<u8>, values: &[u16]| {
        values.iter().for_each(|value| out.extend(value.to_le_bytes()));
    };
    let longs = |out: &mut Vec<u8>, values: &[u32]| {
        values.iter().for_each(|value| out.extend(value.to_le_bytes()));
    };
    let mut sample_id = 0u16;
    for (number, (bank, program, samples)) in presets.iter().enumerate() {
        phdr.extend(label("p", number));
        words(&mut phdr, &[*program, *bank, (pbag.len() / 4) as u16]);
        longs(&mut phdr, &[0, 0, 0]);
        words(&mut pbag, &[(pgen.len() / 4) as u16, 0]);
        words(&mut pgen, &[INSTRUMENT, number as u16]);
        inst.extend(label("i", number));
        words(&mut inst, &[(ibag.len() / 4) as u16]);
        for sample in samples {
            words(&mut ibag, &[(igen.len() / 4) as u16, 0]);
            let e = &sample.envelope;
            words(
                &mut igen,
                &[KEY_RANGE, u16::from(sample.low_key) | u16::from(sample.high_key) << 8],
            );
            words(&mut igen, &[ATTACK, timecents(e.attack), DECAY, timecents(e.decay)]);
            words(&mut igen, &[SUSTAIN, (e.sustain * 10.0) as u16, RELEASE, timecents(e.release)]);
            words(
                &mut igen,
                &[SAMPLE_MODES, u16::from(sample.loop_.is_some()), SAMPLE_ID, sample_id],
            );
            let start = (wave.len() / 2) as u32;
            for value in &sample.data {
                wave.extend(value.to_le_bytes());
            }
            wave.extend([0; 2 * GAP]);
            let (from, to) = sample.loop_.unwrap_or((0, 0));
            shdr.extend(label("s", usize::from(sample_id)));
            longs(
                &mut shdr,
                &[start, start + sample.data.len() as u32, start + from, start + to, sample.rate],
            );
            shdr.extend([sample.root_key, sample.cents as u8]);
            words(&mut shdr, &[0, 1]);
            sample_id += 1;
        }
    }
    phdr.extend(label("EOP", 0));
    words(&mut phdr, &[0, 0, (pbag.len() / 4) as u16]);
    longs(&mut phdr, &[0, 0, 0]);
    words(&mut pbag, &[(pgen.len() / 4) as u16, 0]);
    words(&mut pgen, &[0, 0]);
    inst.extend(label("EOI", 0));
    words(&mut inst, &[(ibag.len() / 4) as u16]);
    words(&mut ibag, &[(igen.len() / 4) as u16, 0]);
    words(&mut igen, &[0, 0]);
    shdr.extend(label("EOS", 0));
    shdr.extend([0; 26]);

    let mut version = Vec::new();
    words(&mut version, &[2, 1]);
    let info =
        list(b"INFO", &[(b"ifil", &version), (b"isng", b"EMU8000\0"), (b"INAM", b"Freepats")]);
    let sound = list(b"sdta", &[(b"smpl", &wave)]);
    let modulators = [0u8; 10];
    let parameters = list(
        b"pdta",
        &[
            (b"phdr", &phdr),
            (b"pbag", &pbag),
            (b"pmod", &modulators),
            (b"pgen", &pgen),
            (b"inst", &inst),
            (b"ibag", &ibag),
            (b"imod", &modulators),
            (b"igen", &igen),
            (b"shdr", &shdr),
        ],
    );
    chunk(b"RIFF", &[&b"sfbk"[..], &info, &sound, &parameters].concat())
}

fn label(kind: &str, number: usize) -> [u8; 20] {
    let mut label = [0; 20];
    let text = format!("{kind}{number}");
    label[..text.len()].copy_from_slice(text.as_bytes());
    label
}

fn timecents(seconds: f32) -> u16 {
    ((1200.0 * seconds.max(0.001).log2()) as i16).clamp(-12_000, 8_000) as u16
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = id.to_vec();
    chunk.extend((body.len() as u32).to_le_bytes());
    chunk.extend(body);
    if body.len() % 2 == 1 {
        chunk.push(0);
    }
    chunk
}

fn list(kind: &[u8; 4], chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = kind.to_vec();
    for (id, content) in chunks {
        body.extend(chunk(id, content));
    }
    chunk(b"LIST", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_read_back_with_its_keys_and_loop() {
        let sample = Sample {
            data: (0..400).map(|n| ((n as f32 * 0.3).sin() * 20_000.0) as i16).collect(),
            rate: 22_050,
            loop_: Some((100, 300)),
            low_key: 0,
            high_key: 127,
            root_key: 60,
            cents: -7,
            envelope: Envelope { attack: 0.01, decay: 1.0, sustain: 6.0, release: 0.3 },
        };
        let bytes = lay_out(&[(0, 40, vec![sample])]);
        let font = rustysynth::SoundFont::new(&mut std::io::Cursor::new(bytes)).unwrap();
        let preset = &font.get_presets()[0];
        assert_eq!((preset.get_patch_number(), preset.get_bank_number()), (40, 0));
        let header = &font.get_sample_headers()[0];
        assert_eq!(header.get_end_loop() - header.get_start_loop(), 200);
        assert_eq!((header.get_original_pitch(), header.get_pitch_correction()), (60, -7));
    }

    #[test]
    fn frequencies_become_keys() {
        assert_eq!(key(440_000), 69.0);
        assert!((key(261_626) - 60.0).abs() < 0.001);
    }

    /// Best lag of the autocorrelation as a MIDI key, octaves folded away.
    fn pitch_class(samples: &[f32], rate: f32) -> f32 {
        let strength =
            |lag: usize| -> f32 { samples.iter().zip(&samples[lag..]).map(|(a, b)| a * b).sum() };
        let (low, high) = ((rate / 900.0) as usize, (rate / 200.0) as usize);
        let best = (low..high).max_by(|&a, &b| strength(a).total_cmp(&strength(b))).unwrap();
        (69.0 + 12.0 * (rate / best as f32 / 440.0).log2()).rem_euclid(12.0)
    }

    #[test]
    fn installed_patches_sound_at_their_pitch() {
        use rustysynth::{Synthesizer, SynthesizerSettings};
        let folder = Path::new("/usr/share/midi/freepats");
        assert!(folder.exists(), "this test needs freepats: apt-get install freepats");
        let bytes = soundfont(folder).unwrap();
        let font = rustysynth::SoundFont::new(&mut std::io::Cursor::new(bytes)).unwrap();
        let font = std::sync::Arc::new(font);
        let mut wrong = Vec::new();
        for preset in font.get_presets().iter().filter(|preset| preset.get_bank_number() == 0) {
            let program = preset.get_patch_number();
            let mut synth = Synthesizer::new(&font, &SynthesizerSettings::new(32_000)).unwrap();
            synth.process_midi_message(0, 0xC0, program, 0);
            synth.note_on(0, 60, 100);
            let (mut left, mut right) = (vec![0.0; 12_800], vec![0.0; 12_800]);
            synth.render(&mut left, &mut right);
            let heard = pitch_class(&left[6_400..], 32_000.0);
            let off = heard.min(12.0 - heard);
            if left.iter().all(|x| x.abs() < 1e-4) || off > 0.6 {
                wrong.push((program, heard));
            }
        }
        eprintln!("{wrong:?}");
        // Bells and effects have no such pitch.
        assert!(wrong.len() < 12, "{wrong:?}");
    }
}
