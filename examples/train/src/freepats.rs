//! Freepats (Debian package `freepats`) as a soundfont: reads its Gravis Ultrasound patches.
//!
//! Patches: Gravis, "Ultrasound SDK", GF1PATCH110; envelope rates as in TiMidity.

use crate::sf2::{Envelope, Preset, Sample, SoundFontFile, Zone};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// One sample of a patch with the keys it serves.
struct PatchSample {
    sample: Sample,
    low_key: u8,
    high_key: u8,
    root_key: u8,
    cents: i16,
    envelope: Envelope,
}

/// The patches of `folder` as the bytes of a soundfont.
pub fn soundfont(folder: &Path) -> Result<Vec<u8>> {
    let mut file = SoundFontFile::default();
    for (program, path) in patches(&folder.join("Tone_000"))? {
        let samples = read_patch(&path).with_context(|| path.display().to_string())?;
        add_instrument(&mut file, 0, program, samples);
    }
    let mut kit = Vec::new();
    for (key, path) in patches(&folder.join("Drum_000"))? {
        for mut sample in read_patch(&path).with_context(|| path.display().to_string())? {
            (sample.low_key, sample.high_key, sample.root_key, sample.cents) = (key, key, key, 0);
            sample.sample.loop_ = None;
            kit.push(sample);
        }
    }
    add_instrument(&mut file, 128, 0, kit);
    Ok(file.to_bytes("Freepats"))
}

fn add_instrument(file: &mut SoundFontFile, bank: u16, program: u8, samples: Vec<PatchSample>) {
    let mut zones = Vec::new();
    for patch in samples {
        zones.push(Zone {
            sample: file.samples.len(),
            keys: (patch.low_key, patch.high_key),
            velocities: (0, 127),
            root_key: patch.root_key,
            cents: patch.cents,
            attenuation: 0.0,
            envelope: patch.envelope,
        });
        file.samples.push(patch.sample);
    }
    file.presets.push(Preset { bank, program, instrument: file.instruments.len() });
    file.instruments.push(zones);
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

fn read_patch(path: &Path) -> Result<Vec<PatchSample>> {
    const HEADERS: usize = 129 + 63;
    const LAYER: usize = 47;
    const SAMPLE_HEADER: usize = 96;
    let bytes = fs::read(path)?;
    ensure!(bytes.starts_with(b"GF1PATCH1") && bytes.len() > HEADERS + LAYER, "not a patch");
    let count = bytes[HEADERS + 6] as usize;
    let mut at = HEADERS + LAYER;
    let mut samples = Vec::new();
    for _ in 0..count {
        let header = bytes.get(at..at + SAMPLE_HEADER).context("cut off")?;
        let word = |i: usize| u32::from(u16::from_le_bytes([header[i], header[i + 1]]));
        let long = |i: usize| word(i) | word(i + 2) << 16;
        let length = long(8) as usize;
        let modes = header[55];
        let raw = bytes.get(at + SAMPLE_HEADER..at + SAMPLE_HEADER + length).context("cut off")?;
        at += SAMPLE_HEADER + length;

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
        samples.push(PatchSample {
            sample: Sample { data, rate: word(20), loop_: looped.then_some((from, to)) },
            low_key: key(long(22)).round().clamp(0.0, 127.0) as u8,
            high_key: key(long(26)).round().clamp(0.0, 127.0) as u8,
            root_key: root.round().clamp(0.0, 127.0) as u8,
            cents: ((root - root.round()) * -100.0) as i16,
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
        return Envelope::flat(0.2);
    }
    let (rates, levels) = bytes.split_at(6);
    let fall = SPAN_DB * (1.0 - f32::from(levels[2]) / 255.0);
    // Without the sustain bit the sound dies away while the key is down.
    let sustained = modes & 32 != 0;
    Envelope {
        attack: seconds(rates[0]) * f32::from(levels[0]) / 255.0,
        hold: 0.0,
        decay: seconds(rates[2]) * 100.0 / SPAN_DB,
        sustain: if sustained { fall } else { 100.0 },
        release: (seconds(rates[3]) * 100.0 / SPAN_DB).clamp(0.05, 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
