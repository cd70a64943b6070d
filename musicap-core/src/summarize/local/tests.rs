//! Every language against random facts: no message without words, no doubled article, no English.

use super::super::facts::{Facts, Figure, Kind, Lead, Manner, Term, all_terms};
use super::super::{Language, SummaryLength};
use super::render::Renderer;
use super::translate::rendered;
use super::{Caption, Timed, story_or_outline};

/// A deterministic source of random numbers (Knuth's MMIX constants).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }
}

/// The facts of one caption: any terms that may be together.
fn sheet(random: &mut Random) -> Facts {
    let of = |wanted: &dyn Fn(Kind) -> bool| -> Vec<Term> {
        all_terms().filter(|term| wanted(term.kind)).collect()
    };
    let sounds = of(&Kind::is_sound);
    let mut facts = Facts::default();
    for _ in 0..random.below(6) {
        let term = sounds[random.below(sounds.len())];
        if !facts.terms.iter().any(|other| other.group == term.group) {
            facts.terms.push(term);
        }
    }
    for kind in [Kind::Tempo, Kind::Mood, Kind::Mood, Kind::Loudness, Kind::Genre, Kind::Recording]
    {
        let terms = of(&|other| other == kind);
        if random.below(3) > 0 {
            let term = terms[random.below(terms.len())];
            if !facts.terms.contains(&term) {
                facts.terms.push(term);
            }
        }
    }
    for kind in [Kind::Drums, Kind::Voice] {
        if random.below(4) == 0 && facts.of(|other| other == kind).count() == 0 {
            let id = if kind == Kind::Drums { "drums" } else { "voice" };
            facts.absent.extend(all_terms().find(|term| term.kind == kind && term.id == id));
        }
    }
    facts.is_solo = facts.of(Kind::is_sound).count() == 1 && random.below(2) == 0;
    if facts.terms.is_empty() {
        facts.terms.extend(all_terms().find(|term| term.kind == Kind::Silence));
    }
    facts
}

/// A recording of some sections, each of which repeats a fact sheet.
fn recording(random: &mut Random) -> (Vec<Facts>, Vec<Caption>) {
    let mut facts: Vec<Facts> = Vec::new();
    for _ in 0..=random.below(4) {
        let next = match facts.is_empty() || random.below(4) > 0 {
            true => sheet(random),
            false => facts[random.below(facts.len())].clone(),
        };
        let repeats = 2 + random.below(3);
        facts.extend(std::iter::repeat_n(next, repeats));
    }
    let step = [10.0, 10.0, 300.0][random.below(3)];
    let caption = |index: usize| Caption {
        index,
        start_s: step * index as f64,
        end_s: step * (index + 1) as f64,
        text: String::new(),
        score: 0.0,
        ..Caption::default()
    };
    let captions = (0..facts.len()).map(caption).collect();
    (facts, captions)
}

/// What no text of a language has: pairs of words (after ~ the beginning of the second will do), or
/// parts of them.
fn wrong_pairs(code: &str) -> &'static [&'static str] {
    match code {
        "en" => &[
            "a a",
            "a an",
            "an a",
            "the a",
            "a the",
            "the the",
            "a ~e",
            "a ~i",
            "a ~o",
            "a ~a",
            "and and",
            "with with",
            "an ~p",
        ],
        "de" => &[
            "ein ein",
            "ein eine",
            "eine ein",
            "die die",
            "der der",
            "das das",
            "ein die",
            "und und",
            "mit mit",
            "mit ein",
            "mit eine",
            "ohne ein",
            "beginnt mit sprecher",
            "beginnt mit testton",
            "von ein",
            "von die",
            "für schlichtem",
            "leise leise",
            "laute laute",
        ],
        "fr" => &[
            "un un",
            "un une",
            "une un",
            "le le",
            "le un",
            "la une",
            "les des",
            "de le",
            "à le",
            "à les",
            "le ~a",
            "le ~o",
            "la ~é",
            "que ~un",
            "des des",
            "et et",
            "ni ni",
            "femme parlée",
            "doux doux",
            "seul seul",
            "solo seul",
        ],
        "es" => &[
            "un un",
            "una una",
            "el un",
            "la una",
            "a el",
            "de el",
            "y ~i",
            "y y",
            "ni ni",
            "solista solo",
        ],
        "it" => &[
            "un un",
            "una una",
            "il un",
            "la una",
            "e ~e",
            "un’",
            "l’",
            "né né",
            "a ~a",
            "a gli",
            "a i",
            "solista solo",
        ],
        "pt" => {
            &["um um", "uma uma", "o um", "e e", "nem nem", "a o", "a os", "a as", "solista solo"]
        }
        "ja" => {
            &["的な劇的な", "曲調がテンポ", "曲調が音量", "））", "）（", "ないの", "静かな静かな"]
        }
        "ko" => &["무반주의", "템포의 템포", "맞춰 화음에 맞춰"],
        "hi" => {
            &["घंटियाँ के साथ", "तालियाँ के साथ", "आवाज़ें के साथ", "घंटियाँ की जगह", "घंटियाँ पर", "घंटियाँ रचना"]
        }
        "zh" => &["，没有人声开始", "曲曲", "一首一首", "变得速度", "轻柔的轻柔", "和弦和"],
        _ => &[],
    }
}

fn check(text: &str, language: Language) {
    let code = language.code();
    let show = || format!("{code}: {text}");
    if std::env::var("SHOW").is_ok() {
        println!("{}", show());
    }
    assert!(!text.trim().is_empty(), "{}", show());
    for sign in ["{", "}", "$", "  ", " ,", " .", "..", ",,", "sound-", "none", "–:", ";;"] {
        assert!(!text.contains(sign), "{sign:?} in {}", show());
    }
    let lower = format!(" {} ", text.to_lowercase().replace(['.', ',', ';', ':', '\n'], " "));
    for pair in wrong_pairs(code) {
        let needle = match pair.split_once('~') {
            // Writing without blanks between words, and endings.
            _ if matches!(code, "ja" | "ko" | "zh" | "hi") => (*pair).to_owned(),
            Some((first, beginning)) => format!(" {first}{beginning}"),
            None => format!(" {pair} "),
        };
        assert!(!lower.contains(&needle), "{pair:?} in {}", show());
    }
    match code {
        "en" => {}
        // Spaces that do not break before these signs.
        "fr" => assert!(!text.contains(" ;") && !text.contains(" :"), "{}", show()),
        "ja" | "zh" | "ko" | "hi" => {
            assert!(!text.contains(|c: char| c.is_ascii_alphabetic()), "{}", show());
        }
        _ => {
            for word in ["the", "and", "with", "at", "of", "without", "music", "joined", "piece"] {
                assert!(!lower.contains(&format!(" {word} ")), "{word:?} in {}", show());
            }
        }
    }
    for sentence in text.lines() {
        let first = sentence.chars().next().unwrap();
        assert!(!first.is_lowercase(), "{}", show());
        assert!(sentence.ends_with(['.', '。', '।']), "{}", show());
    }
}

#[test]
fn random_facts_are_rendered_in_full_in_every_language() {
    for language in Language::all() {
        let renderer = Renderer::new(language.catalog());
        let mut random = Random(23);
        for round in 0..200 {
            let (facts, captions) = recording(&mut random);
            let length = [SummaryLength::Medium, SummaryLength::Long][round % 2];
            let timed = Timed { captions: &captions, changes: &[] };
            let statements = story_or_outline(&facts, timed, length, &renderer);
            check(&statements.join("\n"), language);
        }
    }
}

#[test]
fn every_sound_quality_and_genre_is_rendered_in_every_language() {
    for language in Language::all() {
        let renderer = Renderer::new(language.catalog());
        for term in all_terms() {
            for is_solo in [false, true] {
                let facts = Facts { terms: vec![term], is_solo, ..Facts::default() };
                let state = super::sections::State::of(&[facts], 0.5);
                check(&renderer.sentence(&renderer.whole(&state)), language);
                assert!(!renderer.title(&state).is_empty(), "{term:?}");
            }
        }
    }
}

#[test]
fn random_captions_are_translated_in_full_in_every_language() {
    for language in Language::all() {
        let mut random = Random(24);
        for _ in 0..200 {
            let mut facts = sheet(&mut random);
            let of_piece = |term: &Term| matches!(term.kind, Kind::Genre | Kind::Form);
            let first = facts.terms.iter().position(of_piece);
            let mut at = 0..;
            facts.terms.retain(|term| {
                let at = at.next();
                !of_piece(term) || at == first
            });
            let sounds: Vec<Term> = facts.of(Kind::is_sound).collect();
            let loudness = all_terms().find(|term| term.kind == Kind::Loudness);
            let manners = [
                Manner { figure: Figure::Chords, loudness: None },
                Manner { figure: Figure::Sustained, loudness: None },
                Manner { figure: Figure::Arpeggios, loudness },
            ];
            if let [lead, others @ ..] = &sounds[..] {
                let leads = [None, Some((*lead, Lead::Melody)), Some((*lead, Lead::Front))];
                facts.roles.lead = leads[random.below(3)];
                for other in others {
                    if random.below(3) == 0 {
                        facts.roles.manners.push((*other, manners[random.below(3)]));
                    }
                }
                if random.below(6) == 0 {
                    facts.roles.over = Some(manners[random.below(3)]);
                }
            }
            let text = rendered(&facts, language).unwrap().join("\n");
            let lines = text.replace(". ", ".\n").replace("। ", "।\n").replace('。', "。\n");
            check(&lines.replace("\n\n", "\n"), language);
        }
    }
}

#[test]
fn what_is_not_understood_in_full_is_not_translated() {
    let german = Language::find("de").unwrap();
    for text in [
        "A shimmering flute plays.",
        "A flute plays over shimmering hi hats.",
        "A flute plays a melody over a soft bass.",
        "A flute plays a slow melody, but no harp.",
        "Slow punk with drums.",
    ] {
        assert_eq!(rendered(&Facts::parse(text), german), None, "{text}");
    }
}

#[test]
fn korean_particles_follow_the_last_sound_of_their_noun() {
    let korean = Language::find("ko").unwrap();
    let renderer = Renderer::new(korean.catalog());
    for term in all_terms().filter(|term| term.kind.is_sound()) {
        let name = renderer.message(&format!("sound-{}", term.id), &[]);
        // Syllables are ordered by initial, vowel and final, of which there are 28 with none first.
        let last = name.chars().last().unwrap() as u32 - 0xac00;
        let class = if last.is_multiple_of(28) { "none" } else { "c" };
        assert_eq!(renderer.class(term), class, "{name}");
    }
}

#[test]
fn italian_articles_follow_the_first_letters_of_their_noun() {
    let renderer = Renderer::new(Language::find("it").unwrap().catalog());
    for term in all_terms().filter(|term| term.kind.is_sound()) {
        let name = renderer.message(&format!("sound-{}", term.id), &[]);
        let class = renderer.class(term);
        let second = name.chars().nth(1).unwrap();
        let starts_with_vowel = name.starts_with(['a', 'e', 'i', 'o', 'u']);
        let is_hard = name.starts_with(['z', 'x'])
            || name.starts_with('s') && !"aeiou".contains(second) && second != 'h'
            || name.starts_with("sh");
        let expected: &[&str] = match (starts_with_vowel, is_hard) {
            (true, _) => &["mv", "fv", "mvp", "fp", "um", "uf"],
            (_, true) => &["mz", "f", "mvp", "fp", "um", "uf"],
            _ => &["none", "m", "f", "mp", "fp", "um", "uf"],
        };
        assert!(expected.contains(&&class[..]), "{name}: {class}");
    }
}
