//! Writes SoundFont 2 files, which is what the synthesizer reads: samples of other formats become
//! soundfonts of one instrument each.
//!
//! Format: Creative, "SoundFont Technical Specification 2.04".

/// Mono samples with their loop.
pub struct Sample {
    pub data: Vec<i16>,
    pub rate: u32,
    /// First and one past the last frame of the loop.
    pub loop_: Option<(u32, u32)>,
}

/// Times in seconds, levels in decibels below full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Envelope {
    pub attack: f32,
    pub hold: f32,
    /// Time of a fall by 100 dB.
    pub decay: f32,
    pub sustain: f32,
    pub release: f32,
}

impl Envelope {
    /// Leaves a sound as it is until its key is released, and fades it out in `release` seconds.
    pub const fn flat(release: f32) -> Self {
        Self { attack: 0.001, hold: 0.0, decay: 0.001, sustain: 0.0, release }
    }
}

/// Keys and velocities that play a sample, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Index into the samples of the file.
    pub sample: usize,
    pub keys: (u8, u8),
    pub velocities: (u8, u8),
    /// Key at which the sample sounds as recorded.
    pub root_key: u8,
    /// Correction of the pitch in cents.
    pub cents: i16,
    /// Quieter by this many decibels.
    pub attenuation: f32,
    pub envelope: Envelope,
}

/// A preset that plays an instrument.
pub struct Preset {
    /// 128 for drum kits.
    pub bank: u16,
    pub program: u8,
    /// Index into the instruments of the file.
    pub instrument: usize,
}

/// Everything in one file.
#[derive(Default)]
pub struct SoundFontFile {
    pub samples: Vec<Sample>,
    /// Zones of each instrument.
    pub instruments: Vec<Vec<Zone>>,
    pub presets: Vec<Preset>,
}

/// Generator numbers of the specification, 8.1.2.
mod generator {
    pub const ATTACK: u16 = 34;
    pub const HOLD: u16 = 35;
    pub const DECAY: u16 = 36;
    pub const SUSTAIN: u16 = 37;
    pub const RELEASE: u16 = 38;
    pub const INSTRUMENT: u16 = 41;
    pub const KEY_RANGE: u16 = 43;
    pub const VELOCITY_RANGE: u16 = 44;
    pub const ATTENUATION: u16 = 48;
    pub const COARSE_TUNE: u16 = 51;
    pub const FINE_TUNE: u16 = 52;
    pub const SAMPLE_ID: u16 = 53;
    pub const SAMPLE_MODES: u16 = 54;
    pub const ROOT_KEY: u16 = 58;
}

impl SoundFontFile {
    /// The bytes of the file.
    pub fn to_bytes(&self, name: &str) -> Vec<u8> {
        // Silence that the specification wants after each sample.
        const GAP: usize = 46;
        let (mut wave, mut shdr) = (Vec::new(), Vec::new());
        for (id, sample) in self.samples.iter().enumerate() {
            let start = (wave.len() / 2) as u32;
            let end = start + sample.data.len() as u32;
            for value in &sample.data {
                wave.extend(value.to_le_bytes());
            }
            wave.extend([0; 2 * GAP]);
            let (from, to) = sample.loop_.unwrap_or((0, 0));
            shdr.extend(label("s", id));
            longs(&mut shdr, &[start, end, start + from, start + to, sample.rate]);
            // The root key stands in each zone.
            shdr.extend([60, 0]);
            words(&mut shdr, &[0, 1]);
        }
        shdr.extend(label("EOS", 0));
        shdr.extend([0; 26]);

        let (mut inst, mut ibag, mut igen) = (Vec::new(), Vec::new(), Vec::new());
        for (number, zones) in self.instruments.iter().enumerate() {
            inst.extend(label("i", number));
            words(&mut inst, &[(ibag.len() / 4) as u16]);
            for zone in zones {
                words(&mut ibag, &[(igen.len() / 4) as u16, 0]);
                words(&mut igen, &self.generators(zone));
            }
        }
        inst.extend(label("EOI", 0));
        words(&mut inst, &[(ibag.len() / 4) as u16]);
        words(&mut ibag, &[(igen.len() / 4) as u16, 0]);
        words(&mut igen, &[0, 0]);

        let (mut phdr, mut pbag, mut pgen) = (Vec::new(), Vec::new(), Vec::new());
        for (number, preset) in self.presets.iter().enumerate() {
            phdr.extend(label("p", number));
            words(&mut phdr, &[preset.program.into(), preset.bank, (pbag.len() / 4) as u16]);
            longs(&mut phdr, &[0, 0, 0]);
            words(&mut pbag, &[(pgen.len() / 4) as u16, 0]);
            words(&mut pgen, &[generator::INSTRUMENT, preset.instrument as u16]);
        }
        phdr.extend(label("EOP", 0));
        words(&mut phdr, &[0, 0, (pbag.len() / 4) as u16]);
        longs(&mut phdr, &[0, 0, 0]);
        words(&mut pbag, &[(pgen.len() / 4) as u16, 0]);
        words(&mut pgen, &[0, 0]);

        let mut version = Vec::new();
        words(&mut version, &[2, 1]);
        let mut name = name.as_bytes().to_vec();
        name.resize(name.len() + 2 - name.len() % 2, 0);
        let info = list(b"INFO", &[(b"ifil", &version), (b"isng", b"EMU8000\0"), (b"INAM", &name)]);
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

    /// Pairs of generator and amount; ranges must come first and the sample last.
    fn generators(&self, zone: &Zone) -> Vec<u16> {
        use generator::*;
        let range = |(low, high): (u8, u8)| u16::from(low) | u16::from(high) << 8;
        let e = &zone.envelope;
        // Synthesizers take four tenths of an attenuation, as the hardware did.
        let attenuation = (zone.attenuation.max(0.0) * 10.0 / 0.4).min(1440.0) as u16;
        let (coarse, fine) = (zone.cents / 100, zone.cents % 100);
        let looped = self.samples[zone.sample].loop_.is_some();
        vec![
            KEY_RANGE,
            range(zone.keys),
            VELOCITY_RANGE,
            range(zone.velocities),
            ATTACK,
            timecents(e.attack),
            HOLD,
            timecents(e.hold),
            DECAY,
            timecents(e.decay),
            SUSTAIN,
            (e.sustain * 10.0).clamp(0.0, 1440.0) as u16,
            RELEASE,
            timecents(e.release),
            ATTENUATION,
            attenuation,
            COARSE_TUNE,
            coarse as u16,
            FINE_TUNE,
            fine as u16,
            ROOT_KEY,
            zone.root_key.into(),
            SAMPLE_MODES,
            u16::from(looped),
            SAMPLE_ID,
            zone.sample as u16,
        ]
    }
}

fn words(out: &mut Vec<u8>, values: &[u16]) {
    values.iter().for_each(|value| out.extend(value.to_le_bytes()));
}

fn longs(out: &mut Vec<u8>, values: &[u32]) {
    values.iter().for_each(|value| out.extend(value.to_le_bytes()));
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
    use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};
    use std::io::Cursor;
    use std::sync::Arc;

    fn tone(hz: f32, rate: u32) -> Sample {
        let data = (0..rate)
            .map(|n| ((n as f32 * hz * std::f32::consts::TAU / rate as f32).sin() * 2e4) as i16)
            .collect();
        Sample { data, rate, loop_: Some((0, rate)) }
    }

    fn zone(sample: usize, velocities: (u8, u8), root_key: u8, cents: i16) -> Zone {
        Zone {
            sample,
            keys: (0, 127),
            velocities,
            root_key,
            cents,
            attenuation: 0.0,
            envelope: Envelope { attack: 0.001, hold: 0.0, decay: 1.0, sustain: 0.0, release: 0.1 },
        }
    }

    /// Rising zero crossings in the second after the note has begun.
    fn heard_hz(font: &Arc<SoundFont>, key: i32, velocity: i32) -> usize {
        let mut synth = Synthesizer::new(font, &SynthesizerSettings::new(32_000)).unwrap();
        synth.process_midi_message(0, 0xC0, 40, 0);
        synth.note_on(0, key, velocity);
        let (mut left, mut right) = (vec![0.0; 40_000], vec![0.0; 40_000]);
        synth.render(&mut left, &mut right);
        let part = &left[8_000..40_000];
        part.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
    }

    #[test]
    fn notes_sound_at_their_pitch_and_velocities_choose_the_sample() {
        let file = SoundFontFile {
            samples: vec![tone(440.0, 32_000), tone(1320.0, 48_000)],
            instruments: vec![vec![zone(0, (0, 63), 69, 0), zone(1, (64, 127), 69, -1200)]],
            presets: vec![Preset { bank: 0, program: 40, instrument: 0 }],
        };
        let font = Arc::new(SoundFont::new(&mut Cursor::new(file.to_bytes("test"))).unwrap());
        for (key, velocity, hz) in [(69, 40, 440), (81, 40, 880), (69, 100, 660), (57, 100, 330)] {
            let heard = heard_hz(&font, key, velocity);
            assert!(heard.abs_diff(hz) <= 2, "key {key}, velocity {velocity}: {heard} Hz");
        }
    }
}
