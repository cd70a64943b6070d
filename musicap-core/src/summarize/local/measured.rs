//! The sentence about tempo and key, from the facts of a recording.

use super::super::facts::{Facts as Words, Kind};
use super::render::Renderer;
use crate::facts::{Facts, Key, Mode, TempoClass};

/// From these confidences on, a tempo and a key are stated: nine of ten of those are right
/// (docs/label.md).
const SURE_TEMPO: f32 = 0.8;
const SURE_KEY: f32 = 0.8;

/// "The tempo is about 120 BPM, the key E minor.", as far as facts are sure. Not the tempo if more
/// than a fifth of the captions that name one name another: it changes.
pub(super) fn statement(facts: &Facts, captions: &[Words], renderer: &Renderer) -> Option<String> {
    let tempo = facts.tempo.filter(|tempo| tempo.confidence >= SURE_TEMPO);
    let tempo = tempo.filter(|tempo| !is_contradicted(tempo.class, captions));
    let key = facts.key.as_ref().filter(|key| key.confidence >= SURE_KEY);
    let bpm = tempo.map(|tempo| format!("{:.0}", tempo.bpm));
    let key = key.map(|key| name(key, renderer));
    let clause = match (&bpm, &key) {
        (None, None) => return None,
        (Some(bpm), None) => renderer.message("measured-tempo", &[("bpm", bpm)]),
        (None, Some(key)) => renderer.message("measured-key", &[("key", key)]),
        (Some(bpm), Some(key)) => renderer.message("measured-both", &[("bpm", bpm), ("key", key)]),
    };
    Some(renderer.sentence(&clause))
}

/// Whether more than a fifth of the captions that name a tempo name another than this one.
fn is_contradicted(class: TempoClass, captions: &[Words]) -> bool {
    let group = match class {
        TempoClass::Slow => "slow",
        TempoClass::Medium => "medium",
        TempoClass::Fast => "fast",
    };
    let named = captions.iter().flat_map(|words| words.of(|kind| kind == Kind::Tempo));
    let (same, other): (Vec<_>, Vec<_>) = named.partition(|term| term.group == group);
    4 * other.len() > same.len()
}

/// "F-sharp minor"
fn name(key: &Key, renderer: &Renderer) -> String {
    let id = match key.mode {
        Mode::Major => "key-major",
        Mode::Minor => "key-minor",
    };
    // "#" cannot be in the name of a variant.
    renderer.message(id, &[("tonic", &key.tonic.replace('#', "s"))])
}

#[cfg(test)]
mod tests {
    use super::super::super::Language;
    use super::*;
    use serde_json::json;

    fn facts(bpm: f32, tempo: f32, tonic: &str, mode: &str, key: f32) -> Facts {
        let class = serde_json::to_value(TempoClass::of(bpm)).unwrap();
        serde_json::from_value(json!({
            "tempo": { "bpm": bpm, "confidence": tempo, "class": class },
            "key": { "tonic": tonic, "mode": mode, "confidence": key },
        }))
        .unwrap()
    }

    fn said(facts: &Facts, captions: &[&str], code: &str) -> Option<String> {
        let words: Vec<Words> = captions.iter().map(|text| Words::parse(text)).collect();
        let language = Language::find(code).unwrap();
        statement(facts, &words, &Renderer::new(language.catalog()))
    }

    #[test]
    fn only_what_is_sure_is_stated() {
        let said = |facts: &Facts| said(facts, &["A piano piece."], "en");
        let both = facts(119.6, 0.9, "F#", "minor", 0.9);
        assert_eq!(said(&both).unwrap(), "The tempo is about 120 BPM, the key F-sharp minor.");
        let tempo = facts(119.6, 0.9, "C", "major", 0.5);
        assert_eq!(said(&tempo).unwrap(), "The tempo is about 120 BPM.");
        let key = facts(119.6, 0.5, "C", "major", 0.9);
        assert_eq!(said(&key).unwrap(), "The key is C major.");
        assert_eq!(said(&facts(119.6, 0.5, "C", "major", 0.5)), None);
        assert_eq!(said(&Facts::default()), None);
    }

    #[test]
    fn a_tempo_that_captions_contradict_or_change_is_not_stated() {
        let fast = facts(160.0, 0.9, "C", "major", 0.0);
        assert_eq!(said(&fast, &["A slow piano piece.", "A slow song."], "en"), None);
        assert_eq!(
            said(&fast, &["A fast piano piece.", "A fast song.", "A slow song."], "en"),
            None
        );
        let mostly = ["A fast song."; 4].into_iter().chain(["A slow song."]).collect::<Vec<_>>();
        assert!(said(&fast, &mostly, "en").is_some());
        assert!(said(&fast, &["A piano piece."], "en").is_some());
    }

    #[test]
    fn every_language_names_all_keys() {
        let tonics = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
        for language in Language::all() {
            let mut all = std::collections::BTreeSet::new();
            for (tonic, mode) in tonics.iter().flat_map(|&t| [(t, "major"), (t, "minor")]) {
                let text = said(&facts(96.0, 0.9, tonic, mode, 0.9), &[], language.code()).unwrap();
                assert!(text.contains("96") && !text.contains(['{', '}', '#']), "{text}");
                all.insert(text);
            }
            assert_eq!(all.len(), 24, "{language:?}");
        }
        // As they are called there: Riemann, Musik-Lexikon; German B is B-flat.
        for (code, tonic, mode, name) in [
            ("de", "Bb", "major", "B-Dur"),
            ("de", "B", "minor", "h-Moll"),
            ("de", "Db", "minor", "cis-Moll"),
            ("fr", "Eb", "major", "mi bémol majeur"),
            ("es", "G", "minor", "sol menor"),
            ("it", "F#", "minor", "fa diesis minore"),
            ("pt", "A", "minor", "lá menor"),
            ("ja", "E", "minor", "ホ短調"),
            ("ko", "F", "major", "바장조"),
            ("zh", "Ab", "major", "降A大调"),
        ] {
            let text = said(&facts(96.0, 0.0, tonic, mode, 0.9), &[], code).unwrap();
            assert!(text.contains(name), "{text}");
        }
    }
}
