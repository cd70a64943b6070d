//! Who plays, how fast and how loud: decided before a note is written.

use crate::family::{FAMILIES, Family, Family::*, Production};
use crate::rng::Rng;
use crate::score::{Dynamics, Groove, Role, Style, Tempo};

/// One player and the job it has.
#[derive(Clone, Copy, Debug)]
pub struct Player {
    pub role: Role,
    /// None for drums.
    pub family: Option<Family>,
    pub program: u8,
}

/// A piece before its notes.
#[derive(Clone, Debug)]
pub struct Plan {
    pub tempo: Tempo,
    pub bpm: f32,
    pub dynamics: Dynamics,
    pub style: Style,
    pub beats_per_bar: usize,
    pub groove: Option<Groove>,
    pub players: Vec<Player>,
    /// Whether the notes are random ones rather than music.
    pub scattered: bool,
}

/// The shape of an ensemble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cast {
    Silence,
    DrumsAlone,
    Solo,
    Duo,
    Trio,
    Band,
}

impl Plan {
    /// A random piece.
    pub fn random(rng: &mut Rng) -> Self {
        let cast = rng.weighted(&[
            (Cast::Silence, 0.006),
            (Cast::DrumsAlone, 0.02),
            (Cast::Solo, 0.29),
            (Cast::Duo, 0.22),
            (Cast::Trio, 0.16),
            (Cast::Band, 0.30),
        ]);
        let style = rng.weighted(&[
            (Style::Free, 0.38),
            (Style::Orchestral, 0.20),
            (Style::Rock, 0.10),
            (Style::Electronic, 0.10),
            (Style::Jazz, 0.09),
            (Style::Folk, 0.08),
            (Style::Ambient, 0.05),
            (Style::Latin, 0.04),
        ]);
        let tempo = match style {
            Style::Ambient => Tempo::Slow,
            _ => rng.one(&[Tempo::Slow, Tempo::Medium, Tempo::Fast]),
        };
        let dynamics = match style {
            Style::Ambient => rng.one(&[Dynamics::Quiet, Dynamics::Quiet, Dynamics::Moderate]),
            _ => rng.one(&[Dynamics::Quiet, Dynamics::Moderate, Dynamics::Loud]),
        };
        let mut plan = Self::with(tempo, dynamics, style, rng);
        plan.players = cast_players(cast, style, rng);
        let odds = match (cast, style) {
            (Cast::DrumsAlone, _) => 1.0,
            (Cast::Silence | Cast::Solo, _) | (_, Style::Ambient) => 0.0,
            (Cast::Duo, _) => 0.18,
            (_, Style::Orchestral) => 0.12,
            (Cast::Trio, _) => 0.45,
            _ => 0.88,
        };
        if rng.chance(odds) {
            plan.add_drums(rng);
        }
        plan
    }

    /// Up to three instruments, or percussion, that play random notes.
    pub fn scattered(rng: &mut Rng) -> Self {
        let tempo = rng.one(&[Tempo::Slow, Tempo::Medium, Tempo::Fast]);
        let dynamics = rng.one(&[Dynamics::Quiet, Dynamics::Moderate, Dynamics::Loud]);
        let mut plan = Self::with(tempo, dynamics, Style::Free, rng);
        plan.scattered = true;
        let count = rng.weighted(&[(0, 0.09), (1, 0.51), (2, 0.25), (3, 0.15)]);
        let mut families: Vec<Family> = all().collect();
        rng.shuffle(&mut families);
        for &family in &families[..count] {
            let role = if plan.players.is_empty() { Role::Melody } else { Role::CounterMelody };
            plan.add(role, family, rng);
        }
        if count == 0 || (count > 1 && rng.chance(0.3)) {
            let program = rng.one(&[0, 0, 8, 16, 24, 25, 32, 40]);
            plan.players.push(Player { role: Role::Drums, family: None, program });
        }
        plan
    }

    /// A plan without players.
    pub fn with(tempo: Tempo, dynamics: Dynamics, style: Style, rng: &mut Rng) -> Self {
        let bpm = match tempo {
            Tempo::Slow => rng.between(46.0, 74.0),
            Tempo::Medium => rng.between(88.0, 114.0),
            Tempo::Fast => rng.between(134.0, 184.0),
        };
        let beats_per_bar = match style {
            Style::Rock | Style::Electronic | Style::Latin => 4,
            _ => rng.weighted(&[(4, 0.72), (3, 0.28)]),
        };
        Self {
            tempo,
            bpm,
            dynamics,
            style,
            beats_per_bar,
            groove: None,
            players: Vec::new(),
            scattered: false,
        }
    }

    /// Adds a player with a random program of its family.
    pub fn add(&mut self, role: Role, family: Family, rng: &mut Rng) {
        self.players.push(player(role, family, rng));
    }

    /// Adds drums whose feel suits the style.
    pub fn add_drums(&mut self, rng: &mut Rng) {
        let groove = match (self.beats_per_bar, self.style) {
            (3, _) => Groove::Waltz,
            (_, Style::Rock) => Groove::Rock,
            (_, Style::Electronic) => rng.one(&[Groove::Dance, Groove::Dance, Groove::Funk]),
            (_, Style::Jazz) => Groove::Swing,
            (_, Style::Folk) => rng.one(&[Groove::HandPercussion, Groove::Ballad, Groove::Rock]),
            (_, Style::Latin) => rng.one(&[Groove::Latin, Groove::HandPercussion]),
            (_, Style::Orchestral) => Groove::March,
            _ => rng.one(&[
                Groove::Rock,
                Groove::Dance,
                Groove::Swing,
                Groove::Funk,
                Groove::Ballad,
                Groove::March,
                Groove::Latin,
                Groove::HandPercussion,
            ]),
        };
        self.groove = Some(groove);
        let program = match groove {
            Groove::Dance => rng.one(&[24, 25, 24, 0]),
            Groove::Swing => rng.one(&[32, 40, 32, 0]),
            Groove::Rock => rng.one(&[0, 8, 16]),
            _ => rng.one(&[0, 0, 8, 16, 25, 40]),
        };
        self.players.push(Player { role: Role::Drums, family: None, program });
    }
}

fn player(role: Role, family: Family, rng: &mut Rng) -> Player {
    Player { role, family: Some(family), program: rng.one(family.traits().programs) }
}

fn cast_players(cast: Cast, style: Style, rng: &mut Rng) -> Vec<Player> {
    match cast {
        Cast::Silence | Cast::DrumsAlone => Vec::new(),
        Cast::Solo => solo(style, rng),
        Cast::Duo => ensemble(style, 2, rng),
        Cast::Trio => ensemble(style, 3, rng),
        Cast::Band => {
            let size = rng.int(3, 5) as usize;
            ensemble(style, size, rng)
        }
    }
}

/// One family alone: a bare line, or melody and accompaniment on the same instrument.
fn solo(style: Style, rng: &mut Rng) -> Vec<Player> {
    let family = match style {
        // Real recordings are full of string orchestras: one solo in seven is one.
        Style::Orchestral if rng.chance(0.45) => Strings,
        Style::Ambient => rng.one(&[SynthPad, SynthPad, Strings, Choir, Piano, Harp, Bells]),
        _ => FAMILIES[rng.index(FAMILIES.len())].family,
    };
    let lead = player(Role::Melody, family, rng);
    let same = |role| Player { role, ..lead };
    match family.traits().production {
        Production::Low => vec![same(Role::Bass)],
        Production::Line => vec![lead],
        _ if style == Style::Ambient => vec![same(Role::Pad)],
        _ => rng
            .weighted(&[
                (&[Role::Melody][..], 0.25),
                (&[Role::Melody, Role::Chords], 0.25),
                (&[Role::Melody, Role::Arpeggio], 0.15),
                (&[Role::Melody, Role::Pad], 0.12),
                (&[Role::Melody, Role::CounterMelody, Role::Chords], 0.08),
                (&[Role::Chords], 0.08),
                (&[Role::Arpeggio], 0.07),
            ])
            .iter()
            .map(|&role| same(role))
            .collect(),
    }
}

/// A lead and its company, each family once (but a lead may double its own chords).
fn ensemble(style: Style, size: usize, rng: &mut Rng) -> Vec<Player> {
    let mut players = Vec::new();
    let mut free = pool(style);
    rng.shuffle(&mut free);

    if style != Style::Ambient {
        let at = free.iter().position(|&family| family != Bass && family != SynthPad).unwrap_or(0);
        let lead = free[at];
        free.retain(|&family| family != lead);
        players.push(player(Role::Melody, lead, rng));
    }
    // A singer leads or is not there.
    free.retain(|&family| family != Voice);
    if let Some(at) = free.iter().position(|family| family.plays_chords()) {
        let family = free[at];
        free.retain(|&other| other != family);
        players.push(player(accompaniment(family, rng), family, rng));
    }
    let bass_odds = match (style, size) {
        (Style::Ambient, _) | (_, 0..=2) => 0.0,
        (Style::Orchestral, _) => 0.25,
        (_, 3) => 0.5,
        _ => 0.9,
    };
    if rng.chance(bass_odds) {
        players.push(player(Role::Bass, Bass, rng));
        free.retain(|&family| family != Bass);
    }
    while players.len() < size && !free.is_empty() {
        let family = free[0];
        free.retain(|&other| other != family);
        let role = match family.traits().production {
            Production::Low => Role::Bass,
            Production::Line => Role::CounterMelody,
            _ if rng.chance(0.3) => Role::CounterMelody,
            _ => accompaniment(family, rng),
        };
        if role == Role::Bass && players.iter().any(|player| player.role == Role::Bass) {
            continue;
        }
        players.push(player(role, family, rng));
    }
    players
}

/// A way of playing harmony that suits the family.
fn accompaniment(family: Family, rng: &mut Rng) -> Role {
    match family {
        Harp | Bells | Mallets => rng.one(&[Role::Arpeggio, Role::Arpeggio, Role::Chords]),
        SynthPad | Choir => Role::Pad,
        _ if family.traits().production == Production::Sustained => {
            rng.one(&[Role::Pad, Role::Pad, Role::Chords])
        }
        _ => rng.one(&[Role::Chords, Role::Chords, Role::Arpeggio]),
    }
}

/// Families at home in a style; a family that stands twice is twice as likely.
fn pool(style: Style) -> Vec<Family> {
    let listed: &[Family] = match style {
        // Seldom heard in other styles, and so twice beside all.
        Style::Free | Style::Latin => &[
            Harpsichord,
            Accordion,
            Violin,
            Cello,
            Pizzicato,
            Trumpet,
            Saxophone,
            Flute,
            FolkStrings,
        ],
        Style::Orchestral => &[
            Strings,
            Strings,
            Strings,
            Violin,
            Cello,
            Pizzicato,
            Harp,
            Choir,
            Trumpet,
            Brass,
            Reeds,
            Flute,
            Bells,
            Bells,
            Mallets,
            Harpsichord,
            Piano,
        ],
        Style::Rock => &[
            DistortedGuitar,
            DistortedGuitar,
            ElectricGuitar,
            AcousticGuitar,
            Organ,
            Piano,
            Choir,
            Saxophone,
            SynthLead,
            ElectricPiano,
            Voice,
            Voice,
            Voice,
        ],
        Style::Electronic => &[
            SynthLead,
            SynthLead,
            SynthPad,
            SynthPad,
            ElectricPiano,
            Bells,
            Choir,
            Mallets,
            Piano,
            ElectricGuitar,
            Voice,
        ],
        Style::Jazz => &[
            Saxophone,
            Saxophone,
            Trumpet,
            Piano,
            Piano,
            ElectricGuitar,
            Mallets,
            Brass,
            Reeds,
            Organ,
            ElectricPiano,
            Flute,
            Voice,
        ],
        Style::Folk => &[
            AcousticGuitar,
            AcousticGuitar,
            Accordion,
            FolkStrings,
            Violin,
            Flute,
            Harp,
            Cello,
            Reeds,
            Piano,
            Voice,
            Voice,
        ],
        Style::Ambient => &[SynthPad, SynthPad, Strings, Choir, Bells, Harp, Piano],
    };
    match style {
        Style::Free | Style::Latin => all().chain(listed.iter().copied()).collect(),
        _ => listed.to_vec(),
    }
}

/// All families, in the order of [`Family`].
fn all() -> impl Iterator<Item = Family> {
    FAMILIES.iter().map(|traits| traits.family)
}
