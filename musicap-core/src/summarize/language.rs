//! The languages of local summaries: one file each in `languages`, in Fluent's syntax.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use crate::error::{Error, Result};

/// A language that [`LocalSummarizer`](super::LocalSummarizer) supports.
///
/// ```
/// use musicap::summarize::Language;
///
/// assert_eq!(Language::find("de")?.code(), "de");
/// assert_eq!(Language::find("Deutsch")?, Language::find("German")?);
/// assert!(Language::find("Klingon").unwrap_err().to_string().contains("Hindi (hi)"));
/// # Ok::<(), musicap::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(usize);

/// Code, English name, own name, file.
type Row = (&'static str, &'static str, &'static str, &'static str);

macro_rules! row {
    ($code:literal, $english:literal, $native:literal) => {
        ($code, $english, $native, include_str!(concat!("languages/", $code, ".ftl")))
    };
}

const LANGUAGES: &[Row] = &[
    row!("en", "English", "English"),
    row!("de", "German", "Deutsch"),
    row!("fr", "French", "français"),
    row!("es", "Spanish", "español"),
    row!("it", "Italian", "italiano"),
    row!("pt", "Portuguese", "português"),
    row!("ja", "Japanese", "日本語"),
    row!("ko", "Korean", "한국어"),
    row!("zh", "Chinese", "中文"),
    row!("hi", "Hindi", "हिन्दी"),
];

impl Language {
    /// English, the language of captions.
    pub const ENGLISH: Language = Language(0);

    /// All supported languages.
    pub fn all() -> impl Iterator<Item = Language> {
        (0..LANGUAGES.len()).map(Language)
    }

    /// The language with this code (`de`, `de-AT`), English name or native name, ignoring case.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] lists the supported languages.
    pub fn find(name: &str) -> Result<Language> {
        let wanted = name.trim().to_lowercase();
        let primary = wanted.split(['-', '_']).next().unwrap_or_default();
        let is_it = |&(code, english, native, _): &Row| {
            code == primary || wanted == english.to_lowercase() || wanted == native.to_lowercase()
        };
        LANGUAGES.iter().position(is_it).map(Language).ok_or_else(|| {
            let known: Vec<String> =
                LANGUAGES.iter().map(|(code, english, ..)| format!("{english} ({code})")).collect();
            let shown: String = name.trim().chars().take(40).collect();
            let expected = format!(
                "one of the languages of captions and local summaries: {}",
                known.join(", ")
            );
            Error::option("language", format!("{shown:?}"), expected)
        })
    }

    /// The ISO 639-1 code.
    pub fn code(self) -> &'static str {
        LANGUAGES[self.0].0
    }

    /// The name in English.
    pub fn english_name(self) -> &'static str {
        LANGUAGES[self.0].1
    }

    /// The name in the language itself.
    pub fn native_name(self) -> &'static str {
        LANGUAGES[self.0].2
    }

    /// What stands between two sentences.
    pub(super) fn sentence_separator(self) -> &'static str {
        if matches!(self.code(), "ja" | "zh") { "" } else { " " }
    }

    /// The messages of this language. Its file is parsed once.
    pub(super) fn catalog(self) -> &'static Catalog {
        static CATALOGS: [OnceLock<Catalog>; LANGUAGES.len()] =
            [const { OnceLock::new() }; LANGUAGES.len()];
        CATALOGS[self.0].get_or_init(|| Catalog::parse(LANGUAGES[self.0].0, LANGUAGES[self.0].3))
    }
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Language({})", self.code())
    }
}

/// The messages of one language.
pub(super) struct Catalog {
    bundle: FluentBundle<FluentResource>,
    /// What is written differently where it meets: "de le" as "du". After `~` also within words.
    contractions: Vec<(String, String)>,
}

/// What a message is given, by name.
pub(super) type Args<'a> = [(&'a str, &'a str)];

impl Catalog {
    fn parse(code: &str, source: &str) -> Self {
        // The files are part of the crate and tested; what could not be parsed is left out.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(good, _)| good);
        let language = code.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Marks that keep right-to-left and left-to-right text apart: no language here needs them.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        let mut catalog = Catalog { bundle, contractions: Vec::new() };
        let pairs = catalog.text("contractions", &[]).unwrap_or_default();
        let pair = |line: &str| {
            let (from, to) = line.split_once('=')?;
            Some((from.trim().replace('_', " "), to.trim().replace('_', " ")))
        };
        catalog.contractions = pairs.lines().filter_map(pair).collect();
        catalog
    }

    /// Whether there is a message `id`.
    pub(super) fn has(&self, id: &str) -> bool {
        self.bundle.has_message(id)
    }

    /// The message `id`, if there is one.
    pub(super) fn text(&self, id: &str, args: &Args<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&values(args)), &mut errors);
        if cfg!(test) {
            assert!(errors.is_empty(), "{:?} {id}: {errors:?}", self.bundle.locales);
        }
        Some(text.into_owned())
    }

    /// The attribute `name` of the message `id`, if it has one.
    pub(super) fn attribute(&self, id: &str, name: &str) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.get_attribute(name)?.value();
        Some(self.bundle.format_pattern(pattern, None, &mut vec![]).into_owned())
    }

    /// A text with the language's contractions: "de le violon" as "du violon".
    pub(super) fn contracted(&self, text: &str) -> String {
        let mut text = format!(" {text} ");
        for (from, to) in &self.contractions {
            text = match from.strip_prefix('~') {
                Some(from) => text.replace(from, to),
                None => text.replace(&format!(" {from}"), &format!(" {to}")),
            };
        }
        text.trim().to_owned()
    }
}

fn values<'a>(args: &Args<'a>) -> FluentArgs<'a> {
    args.iter().map(|&(name, value)| (name, value)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::facts::all_terms;
    use super::*;

    /// Pairs of messages of which a language has one: who plays a piece, and what is absent, is said
    /// in one of two places.
    const EITHER: [(&str, &str); 3] =
        [("piece-for", "whole-for"), ("piece-solo", "whole-for-solo"), ("whole-without", "absent")];

    /// Messages that not every language needs: rules for adjectives, forms of a clause that is
    /// followed by another, nouns in lists.
    fn is_optional(id: &str) -> bool {
        id.starts_with("adjective-")
            || id.ends_with("-then")
            || matches!(id, "noun-the-listed" | "qualities-phrase")
            || EITHER.iter().any(|(one, other)| id == *one || id == *other)
    }

    fn ids(source: &str) -> BTreeSet<&str> {
        let starts = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
        source.lines().filter(starts).filter_map(|line| Some(line.split_once(" =")?.0)).collect()
    }

    #[test]
    fn every_language_has_every_message_and_no_other() {
        let english = ids(LANGUAGES[0].3);
        for (code, .., source) in LANGUAGES {
            FluentResource::try_new((*source).to_owned())
                .unwrap_or_else(|(_, errors)| panic!("{code}.ftl: {errors:?}"));
            let own = ids(source);
            let missing: Vec<_> = english.difference(&own).filter(|id| !is_optional(id)).collect();
            assert!(missing.is_empty(), "{code}.ftl lacks {missing:?}");
            let extra: Vec<_> = own.difference(&english).filter(|id| !is_optional(id)).collect();
            assert!(extra.is_empty(), "{code}.ftl has {extra:?}, which nothing uses");
            for (one, other) in EITHER {
                assert!(own.contains(one) != own.contains(other), "{code}.ftl: {one}, {other}");
            }
        }
    }

    #[test]
    fn every_term_of_the_lexicon_has_a_name_in_every_language() {
        for language in Language::all() {
            for term in all_terms().filter(|term| term.id != "silent") {
                let id = format!("{}-{}", term.kind.prefix(), term.id);
                assert!(language.catalog().has(&id), "{language:?} lacks {id}");
            }
        }
    }

    #[test]
    fn languages_are_found_by_code_and_names() {
        for name in ["de", "DE", "de-AT", "de_CH", "German", "german", " Deutsch "] {
            assert_eq!(Language::find(name).unwrap().code(), "de", "{name}");
        }
        assert_eq!(Language::find("日本語").unwrap().code(), "ja");
        for name in ["", "x", "Klingon", "deu tsch", &"é".repeat(1000)] {
            let error = Language::find(name).unwrap_err().to_string();
            assert!(error.contains("German (de)") && error.contains("Hindi (hi)"), "{error}");
            assert!(error.len() < 500, "{error}");
        }
    }

    #[test]
    fn words_that_merge_are_merged_at_their_borders_alone() {
        let french = Language::find("fr").unwrap().catalog();
        assert_eq!(french.contracted("le orgue et le violon"), "l’orgue et le violon");
        assert_eq!(french.contracted("fait place à le chœur"), "fait place au chœur");
        assert_eq!(french.contracted("à lente"), "à lente");
        let english = Language::ENGLISH.catalog();
        assert_eq!(english.contracted("a accordion and a ukulele"), "an accordion and a ukulele");
    }
}
