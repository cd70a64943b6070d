//! What a summary says, before it has words: the whole first, then its course.

use super::super::facts::{Facts, Kind, Term};
use super::sections::{FEW, Part, State, mentions, said};

/// The share of captions that must mention what is said of the whole.
const WHOLE: f64 = 0.6;
/// The greatest share of captions that mention what is said to be gone.
const GONE: f64 = 0.2;
/// The least share of captions, and the least number, for what is there at times.
const AT_TIMES: f64 = 0.15;
const MIN_AT_TIMES: usize = 3;
/// The most sounds that are listed of the whole and of a change.
const MAX_SOUNDS: usize = 5;

/// A recording as a story.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Story {
    pub(super) whole: State,
    /// Whether `whole` is how the recording opens, as nothing holds throughout.
    pub(super) is_opening: bool,
    /// The first caption with music, if something else precedes it.
    pub(super) music_from: Option<usize>,
    pub(super) events: Vec<Event>,
    /// Sounds that are present at times.
    pub(super) at_times: Vec<Term>,
}

/// What changes at one time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    /// The first caption of it.
    pub(super) caption: usize,
    pub(super) changes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// How it opens, where that differs from the whole.
    Open(Vec<Term>),
    AtFirst(Vec<Term>),
    Enter(Vec<Term>),
    Return(Vec<Term>),
    /// Sounds that are no music follow.
    Follow(Vec<Term>),
    /// All is gone but these.
    Drop(Vec<Term>),
    /// The same in the last section.
    End(Vec<Term>),
    /// All is gone, and there are only these.
    Only(Vec<Term>),
    /// The first give way to the others.
    Replace(Vec<Term>, Vec<Term>),
    /// The drums, or the voices, stop.
    Stop(Term),
    Silence,
    /// The music takes on these qualities; `from` is the tempo before.
    Turn {
        qualities: Vec<Term>,
        from: Option<Term>,
    },
    /// It becomes music of this genre.
    Genre(Term),
}

impl Story {
    /// The story of sections, of which there are at least one.
    pub(super) fn of(parts: &[Part], facts: &[Facts]) -> Self {
        let is_music = |part: &&Part| {
            let sounds = &part.state.sounds;
            !part.state.is_silent
                && (sounds.is_empty() || sounds.iter().any(|t| t.kind.is_musical()))
        };
        let music: Vec<&Part> = parts.iter().filter(is_music).collect();
        let opening = music.first().copied().unwrap_or(&parts[0]);
        let mut whole =
            if music.is_empty() { parts[0].state.clone() } else { whole(&music, facts) };
        let is_single = parts.len() == 1;
        // A bass that is there throughout leads none of the sections: the piece is not one for it.
        let leads = |sound: &Term| music.iter().any(|p| p.state.sounds.first() == Some(sound));
        let is_led = whole.sounds.first().is_some_and(leads);
        let is_opening = !is_single && !is_led && whole.genre.is_none();
        if is_opening {
            // Absences are those of the whole: what comes later is no longer without drums.
            let absent = std::mem::take(&mut whole.absent);
            let recording = std::mem::take(&mut whole.recording);
            // A solo at the beginning is not one throughout.
            whole = State { absent, recording, is_solo: false, ..opening.state.clone() };
        } else if is_single {
            whole = State { recording: whole.recording, ..parts[0].state.clone() };
        }
        let mut finder = EventFinder::new(&whole, facts);
        let mut events = Vec::new();
        let preceding: &[Part] = match music.first() {
            Some(first) => {
                &parts[..parts.iter().position(|p| std::ptr::eq(p, *first)).unwrap_or(0)]
            }
            None => &[],
        };
        if let [first, ..] = preceding
            && !first.state.sounds.is_empty()
        {
            let sounds = first.state.sounds.iter().copied().take(MAX_SOUNDS).collect();
            events.push(Event { caption: 0, changes: vec![Change::Open(sounds)] });
        }
        if !is_single && !is_opening {
            let mut own = finder.opening(opening);
            if let Some(own) = own.as_mut().filter(|_| !preceding.is_empty()) {
                // The sounds that the music opens with enter where it begins.
                for change in &mut own.changes {
                    if let Change::Open(sounds) = change {
                        *change = Change::Enter(std::mem::take(sounds));
                    }
                }
            }
            events.extend(own);
        }
        if is_opening {
            finder.tempo = whole.tempo;
            finder.moods = whole.moods.clone();
        }
        let first = parts.iter().position(|part| std::ptr::eq(part, opening)).unwrap_or(0);
        for at in first + 1..parts.len() {
            events.extend(finder.event(parts, at));
        }
        if !expects_drums(parts) {
            whole.absent.retain(|term| term.kind != Kind::Drums);
        }
        let at_times = at_times(parts, &whole, facts);
        let music_from = (!preceding.is_empty()).then_some(opening.captions.start);
        Story { whole, is_opening, music_from, events, at_times }
    }
}

/// Whether one would expect drums, so that their absence is worth stating: in popular music, and
/// where instruments of a band play. Nobody says of a string quartet that it has no drums.
fn expects_drums(parts: &[Part]) -> bool {
    const OF_A_BAND: [&str; 9] = [
        "electric-guitar",
        "distorted-guitar",
        "electric-bass",
        "synth-bass",
        "synth",
        "synth-lead",
        "synth-pad",
        "electric-piano",
        "keyboard",
    ];
    const WITHOUT: [&str; 3] = ["orchestral", "classical", "ambient"];
    parts.iter().any(|Part { state, .. }| {
        state.sounds.iter().any(|term| OF_A_BAND.contains(&term.id) || term.kind == Kind::Drums)
            || state.genre.is_some_and(|genre| !WITHOUT.contains(&genre.id))
    })
}

/// What holds of nearly all of the music.
fn whole(parts: &[&Part], facts: &[Facts]) -> State {
    let of_music = parts.iter().flat_map(|part| facts[part.captions.clone()].iter().cloned());
    let mut whole = State::of(&of_music.collect::<Vec<_>>(), WHOLE);
    let (first, last) = (&parts[0].state, &parts[parts.len() - 1].state);
    whole.sounds.retain(|&term| first.has(term) && last.has(term));
    let tempos: Vec<Term> = parts.iter().filter_map(|part| part.state.tempo).collect();
    whole.tempo = match &tempos[..] {
        [tempo, rest @ ..] if rest.iter().all(|other| other == tempo) => Some(*tempo),
        _ => None,
    };
    let genres: Vec<Term> = parts.iter().filter_map(|part| part.state.genre).collect();
    whole.genre = whole.genre.filter(|genre| genres.iter().all(|other| other == genre));
    if parts.len() > 1 {
        whole.moods.retain(|mood| {
            parts.iter().all(|part| {
                part.state.moods.is_empty()
                    || part.state.moods.iter().any(|other| other.group == mood.group)
            })
        });
        whole.is_solo = false;
    }
    whole
}

/// Sounds that many captions mention and no section has.
fn at_times(parts: &[Part], whole: &State, facts: &[Facts]) -> Vec<Term> {
    let mut list: Vec<(usize, Term)> = Vec::new();
    for term in facts.iter().flat_map(|facts| facts.of(Kind::is_musical)) {
        let known = whole.has(term)
            || parts.iter().any(|part| part.state.has(term))
            || list.iter().any(|(_, other)| (other.kind, other.group) == (term.kind, term.group));
        if !known {
            list.push((mentions(facts, term), Term { id: term.group, ..term }));
        }
    }
    let least = (AT_TIMES * said(facts) as f64).max(MIN_AT_TIMES as f64);
    list.retain(|(count, _)| *count as f64 >= least);
    list.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    list.into_iter().map(|(_, term)| term).take(2).collect()
}

/// Whether two terms name the same sound, one of them perhaps more exactly.
fn is_same(one: Term, other: Term) -> bool {
    (one.kind, one.group) == (other.kind, other.group)
}

/// Sounds, and what becomes of them.
type Changed = (Vec<Term>, fn(Vec<Term>) -> Change);

/// The changes of these sounds, of those that there are.
fn changed(lists: &[Changed]) -> Vec<Change> {
    let some = lists.iter().filter(|(sounds, _)| !sounds.is_empty());
    some.map(|(sounds, change)| change(sounds.iter().copied().take(MAX_SOUNDS).collect())).collect()
}

/// Finds the events between sections, and keeps track of what has been stated.
struct EventFinder<'a> {
    whole: &'a State,
    facts: &'a [Facts],
    tempo: Option<Term>,
    moods: Vec<Term>,
    loudness: Option<Term>,
    genre: Option<Term>,
    /// Sounds that have been said to be gone.
    gone: Vec<Term>,
}

impl<'a> EventFinder<'a> {
    fn new(whole: &'a State, facts: &'a [Facts]) -> Self {
        let State { tempo, moods, loudness, genre, .. } = whole.clone();
        EventFinder { whole, facts, tempo, moods, loudness, genre, gone: Vec::new() }
    }

    /// How the recording opens, where that is not said of the whole.
    fn opening(&mut self, part: &Part) -> Option<Event> {
        let mut changes = Vec::new();
        let own = part.state.sounds.iter().copied();
        let sounds: Vec<Term> = own.filter(|&term| !self.whole.has(term)).collect();
        if !sounds.is_empty() {
            changes.push(Change::Open(sounds.into_iter().take(MAX_SOUNDS).collect()));
        }
        let qualities = self.new_qualities(&part.state);
        if !qualities.is_empty() {
            changes.push(Change::AtFirst(qualities));
        }
        (!changes.is_empty()).then_some(Event { caption: part.captions.start, changes })
    }

    /// What changes where the section `at` begins.
    fn event(&mut self, parts: &[Part], at: usize) -> Option<Event> {
        let (before, part) = (&parts[at - 1].state, &parts[at]);
        let state = &part.state;
        if state.is_silent {
            let changes = vec![Change::Silence];
            return (!before.is_silent).then_some(Event { caption: part.captions.start, changes });
        }
        let mut changes = Vec::new();
        let new =
            |effects: bool| {
                state.sounds.iter().copied().filter(move |&term| {
                    (term.kind == Kind::Effect) == effects && !before.has(term)
                })
            };
        let follows: Vec<Term> = new(true).collect();
        // What the whole has is new where it was said to be gone.
        let is_new = |term: &Term| {
            !self.whole.has(*term)
                || before.is_silent
                || self.gone.iter().any(|gone| is_same(*gone, *term))
        };
        let new: Vec<Term> = new(false).filter(is_new).collect();
        let is_old = |term: &Term| self.was_gone(parts, at, *term);
        let (mut returns, enters): (Vec<Term>, Vec<Term>) = new.into_iter().partition(is_old);
        // The drums return, if other ones: "the electronic beat" would have been there.
        for term in &mut returns {
            if !parts[..at].iter().any(|part| part.state.sounds.contains(term)) {
                *term = Term { id: term.group, ..*term };
            }
        }
        let left: Vec<Term> =
            before.sounds.iter().copied().filter(|&term| !state.has(term)).collect();
        let is_gone = |term: &Term| {
            let here = &self.facts[part.captions.clone()];
            mentions(here, *term) as f64 <= GONE * said(here) as f64
        };
        let left_for_good = !left.is_empty() && left.iter().all(is_gone);
        let keeps = state.sounds.iter().any(|&term| before.has(term));
        let rest = |is_last: bool| {
            let sounds = state.sounds.iter().copied().take(MAX_SOUNDS).collect();
            if is_last { Change::End(sounds) } else { Change::Drop(sounds) }
        };
        let is_last = at + 1 == parts.len();
        if enters.is_empty() && returns.is_empty() && follows.is_empty() {
            let shrinks = state.sounds.len() * 2 <= before.sounds.len() || state.is_solo;
            if left_for_good && shrinks && !state.sounds.is_empty() {
                changes.push(rest(is_last));
            } else {
                let stopped = left.iter().find(|term| {
                    matches!(term.kind, Kind::Drums | Kind::Voice)
                        && state.absent.iter().any(|absent| absent.kind == term.kind)
                });
                changes.extend(stopped.map(|term| Change::Stop(*term)));
            }
        } else if left_for_good
            && returns.is_empty()
            && follows.is_empty()
            && matches!((&left[..], &enters[..]), ([old], [new])
                if before.sounds.first() == Some(old) && state.sounds.first() == Some(new))
        {
            // Another leads now, and what accompanies goes on.
            changes.push(Change::Replace(left.clone(), enters));
        } else if left_for_good && !keeps && returns.is_empty() && follows.is_empty() {
            changes.push(match left.len() {
                ..=3 => {
                    Change::Replace(left.clone(), enters.into_iter().take(MAX_SOUNDS).collect())
                }
                _ => Change::Only(enters.into_iter().take(MAX_SOUNDS).collect()),
            });
        } else if left_for_good
            && follows.is_empty()
            && left.len() > enters.len() + returns.len()
            && left.iter().any(|term| term.kind == Kind::Drums)
        {
            // Some stay and others join them.
            let kept: Vec<Term> =
                state.sounds.iter().copied().filter(|&term| before.has(term)).collect();
            let new = [enters, returns].concat();
            changes.extend(match kept.is_empty() {
                true => changed(&[(new, Change::Only)]),
                false => changed(&[(kept, Change::Drop), (new, Change::Enter)]),
            });
        } else {
            changes.extend(changed(&[
                (enters, Change::Enter),
                (returns, Change::Return),
                (follows, Change::Follow),
            ]));
        }
        self.gone.retain(|gone| !state.has(*gone));
        let says_gone = |change: &Change| {
            matches!(
                change,
                Change::Drop(_) | Change::End(_) | Change::Only(_) | Change::Replace(..)
            )
        };
        if changes.iter().any(says_gone) {
            self.gone.extend(&left);
        }
        self.gone.extend(changes.iter().filter_map(|change| match change {
            Change::Stop(term) => Some(*term),
            _ => None,
        }));
        let from = self.tempo;
        let qualities = self.new_qualities(state);
        // Sounds that return bring the tempo and mood that they had before.
        let is_known = parts[..at - 1].iter().any(|earlier| {
            earlier.state.tempo == state.tempo
                && earlier.state.sounds.len() == state.sounds.len()
                && state.sounds.iter().all(|&term| earlier.state.has(term))
        });
        if !qualities.is_empty() && (!is_known || changes.is_empty()) {
            changes.push(Change::Turn { qualities, from });
        }
        if let Some(genre) = state.genre.filter(|genre| self.genre != Some(*genre)) {
            // The first genre that is stated is not a change of genre.
            if self.genre.is_some()
                || self.whole.genre.is_none() && parts[at - 1].state.genre.is_some()
            {
                changes.push(Change::Genre(genre));
            }
            self.genre = Some(genre);
        }
        (!changes.is_empty()).then_some(Event { caption: part.captions.start, changes })
    }

    /// Whether a sound was there in an earlier section and not in the last.
    fn was_gone(&self, parts: &[Part], at: usize, term: Term) -> bool {
        let last = &self.facts[parts[at - 1].captions.clone()];
        let gone = mentions(last, term) as f64 <= GONE * said(last) as f64;
        gone && parts[..at - 1].iter().any(|part| part.state.has(term))
    }

    /// Tempo, loudness and mood of a section, where they differ from what was said last.
    fn new_qualities(&mut self, state: &State) -> Vec<Term> {
        let mut qualities = Vec::new();
        if let Some(tempo) = state.tempo.filter(|tempo| self.tempo != Some(*tempo)) {
            qualities.push(tempo);
            self.tempo = Some(tempo);
        }
        if let Some(loudness) = state.loudness.filter(|loudness| self.loudness != Some(*loudness)) {
            // Captions seldom say how loud it is: only the contrary of the last is a change.
            if self.loudness.is_some() {
                qualities.push(loudness);
            }
            self.loudness = Some(loudness);
        }
        let is_new = |mood: &&Term| self.moods.iter().all(|other| other.group != mood.group);
        let new: Option<Term> = state.moods.iter().find(is_new).copied();
        let enough = self.facts.len() < FEW || !state.moods.is_empty();
        if let Some(mood) = new.filter(|_| enough) {
            qualities.push(mood);
            self.moods = vec![mood];
        }
        qualities
    }
}
