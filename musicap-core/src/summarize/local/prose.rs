//! Claims put into sentences. Besides words of the captions and times, these use only the words
//! that stand in this file.

use super::claims::{Claim, When};
use super::lexicon::Kind;
use crate::caption::{Caption, minutes};

/// Nouns that take no article, though they do not end in `-ing` or `-s`.
const MASS_NOUNS: &[&str] = &["percussion", "brass", "speech", "narration", "applause", "timpani"];

/// A sentence for each time that claims are made of, in the order of time.
pub(super) fn sentences(claims: &[Claim], captions: &[Caption]) -> Vec<String> {
    let mut claims: Vec<&Claim> = claims.iter().collect();
    let order = |claim: &&Claim| (claim.when, claim.attribute.kind, claim.attribute.absent);
    claims.sort_by(|a, b| order(a).cmp(&order(b)).then(b.weight.total_cmp(&a.weight)));
    claims.chunk_by(|a, b| a.when == b.when).map(|group| sentence(group, captions)).collect()
}

/// `from 0:20 to 0:40`
pub(super) fn stretch(first: usize, last: usize, captions: &[Caption]) -> String {
    format!("from {} to {}", minutes(captions[first].start_s), minutes(end(last, captions)))
}

/// All that is claimed of one time.
fn sentence(group: &[&Claim], captions: &[Caption]) -> String {
    let when = group[0].when;
    let is_thing = |claim: &&&Claim| claim.attribute.kind.sounds() && !claim.attribute.absent;
    let things: Vec<&Claim> = group.iter().filter(is_thing).copied().collect();
    let mut clauses = Vec::new();
    if !things.is_empty() {
        let is_new = things.iter().all(|claim| claim.is_new) && lasts(when, captions);
        clauses.push(heard(&things, is_new));
    }
    clauses.extend(tempo(group));
    clauses.extend(nature(group));
    let surfaces = |kind: Kind| -> Vec<String> {
        let of_kind = group.iter().filter(|claim| claim.attribute.kind == kind);
        of_kind
            .map(|claim| match claim.attribute.key {
                "live" => with_article(&claim.surface),
                _ => claim.surface.clone(),
            })
            .collect()
    };
    for kind in [Kind::Recording, Kind::Silence] {
        let surfaces = surfaces(kind);
        if !surfaces.is_empty() {
            clauses.push(format!("the recording is {}", list(&surfaces, "and")));
        }
    }
    if when == When::Throughout && !things.is_empty() {
        clauses[0] += " throughout";
    }
    let lead = match when {
        When::Throughout if things.is_empty() => "throughout, ".to_owned(),
        When::Throughout => String::new(),
        When::Mostly => "most of the time ".to_owned(),
        When::Part { first: 0, last } => format!("until {} ", minutes(end(last, captions))),
        When::Part { first, .. } if lasts(when, captions) => {
            format!("from {} ", minutes(captions[first].start_s))
        }
        When::Part { first, last } => format!("{} ", stretch(first, last, captions)),
        When::AtTimes => "at times ".to_owned(),
    };
    capitalised(&format!("{lead}{}.", clauses.join("; ")))
}

/// "a piano and drums are heard", "a piano enters"
fn heard(things: &[&Claim], is_new: bool) -> String {
    let names: Vec<String> = things.iter().map(|claim| with_article(&claim.surface)).collect();
    let several = names.len() > 1 || is_plural(&things[0].surface);
    let verb = match (is_new, several) {
        (true, true) => "enter",
        (true, false) => "enters",
        (false, true) => "are heard",
        (false, false) => "is heard",
    };
    format!("{} {verb}", list(&names, "and"))
}

/// "the tempo is moderate", where it cannot be said of the music.
fn tempo(group: &[&Claim]) -> Option<String> {
    let claim = group.iter().find(|claim| is_measure(claim))?;
    Some(format!("the tempo is {}", claim.surface))
}

/// Whether a tempo is named by a word that suits nothing else.
fn is_measure(claim: &Claim) -> bool {
    matches!(&claim.surface[..], "medium" | "moderate")
}

/// "the music is slow and calm, without drums"
fn nature(group: &[&Claim]) -> Option<String> {
    let surfaces = |wanted: fn(&Claim) -> bool| -> Vec<String> {
        group.iter().filter(|claim| wanted(claim)).map(|claim| claim.surface.clone()).collect()
    };
    let qualities = surfaces(|claim| {
        matches!(claim.attribute.kind, Kind::Tempo | Kind::Mood | Kind::Loudness | Kind::Genre)
            && !is_measure(claim)
    });
    let missing = surfaces(|claim| claim.attribute.absent);
    let without = format!("without {}", list(&missing, "or"));
    match (qualities.is_empty(), missing.is_empty()) {
        (true, true) => None,
        (true, false) => Some(format!("the music is {without}")),
        (false, true) => Some(format!("the music is {}", list(&qualities, "and"))),
        (false, false) => Some(format!("the music is {}, {without}", list(&qualities, "and"))),
    }
}

/// Whether a time goes on to the end and has a beginning.
fn lasts(when: When, captions: &[Caption]) -> bool {
    matches!(when, When::Part { first, last } if first > 0 && last + 1 == captions.len())
}

/// Where a caption ends, or the next one starts where they overlap.
fn end(index: usize, captions: &[Caption]) -> f64 {
    let own = captions[index].end_s;
    captions.get(index + 1).map_or(own, |next| own.min(next.start_s))
}

fn is_plural(noun: &str) -> bool {
    let last = noun.rsplit(' ').next().unwrap_or(noun);
    last == "timpani" || last.ends_with('s') && !matches!(last, "bass" | "brass")
}

fn with_article(noun: &str) -> String {
    let last = noun.rsplit(' ').next().unwrap_or(noun);
    if is_plural(noun) || last.ends_with("ing") || MASS_NOUNS.contains(&last) {
        return noun.to_owned();
    }
    // As spoken: a ukulele.
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']) && !noun.starts_with("uk");
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

fn list(items: &[String], joiner: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {joiner} {last}", first.join(", ")),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_get_the_article_they_need() {
        for (noun, expected) in [
            ("piano", "a piano"),
            ("electric bass", "an electric bass"),
            ("double bass", "a double bass"),
            ("strings", "strings"),
            ("brass", "brass"),
            ("ukulele", "a ukulele"),
            ("hand percussion", "hand percussion"),
            ("male singing", "male singing"),
        ] {
            assert_eq!(with_article(noun), expected);
        }
    }
}
