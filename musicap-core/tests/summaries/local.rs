//! Local summaries: what they say is what captions said, at the times that captions said it.

use musicap::caption::{Caption, Captions, Format};
use musicap::serde_json::{from_value, json};
use musicap::summarize::{
    Cancel, Language, LocalSummarizer, Summarizer, SummaryLength, SummaryOptions, SummaryStyle,
    Watch, summarize_blocking,
};
use musicap::{Error, SummaryProblem};

fn captions(texts: &[&str]) -> Captions {
    let caption = |(index, text): (usize, &&str)| {
        Caption::new(index, 10.0 * index as f64, 10.0 * index as f64 + 10.0, *text)
    };
    let captions = texts.iter().enumerate().map(caption).collect();
    Captions::new(10.0 * texts.len() as f64, captions)
}

fn describe(texts: &[&str]) -> String {
    LocalSummarizer::new().describe(&captions(texts), &SummaryOptions::default()).unwrap()
}

/// A caption of the example song as the embedded model writes them (examples/songs).
const PIANO: &str = "This is a slow solo for piano alone. The music feels gentle.";
const STRINGS: &str = "A piano plays a slow melody, accompanied by sustained chords from a string \
    section and a bass. The music feels gentle.";
const EASYGOING: &str = "A piano plays a medium-paced melody, accompanied by sustained chords from \
    a string section and a bass. The music feels easygoing.";
const BAND: &str = "This is an instrumental with a distorted electric guitar, an electric guitar \
    and a bass. Drums keep the time. The tempo is fast.";
const ORGAN_BAND: &str = "This is an instrumental with a distorted electric guitar, an electric \
    piano and a bass. Drums keep the time. The tempo is fast.";
const THREE_SCENES: [&str; 5] = [PIANO, STRINGS, EASYGOING, BAND, ORGAN_BAND];

const VERSE: &str = "A female singer sings a mid-tempo, gentle melody over chords on an acoustic \
    guitar. There are no drums.";
const CHORUS: &str = "A female singer sings a fast, energetic melody. It is accompanied by a \
    distorted guitar and a bass guitar. The rhythm comes from drums.";

/// An accordion solo as the reference system captions it: one caption, then endless notes.
const ACCORDION: [&str; 3] = [
    "The low quality recording features a sustained strings melody, followed by an accordion solo \
     melody. It sounds emotional and passionate.",
    "The low quality recording features an accordion solo that consists of long notes long notes \
     first notes long notes long notes first notes long notes",
    "The song is an accordion playing long notes, first notes, long notes, first notes, long \
     notes, short notes, long notes notes notes notes notes notes",
];

fn repeated(pattern: &[(usize, &'static str)]) -> Vec<&'static str> {
    pattern.iter().flat_map(|&(count, text)| std::iter::repeat_n(text, count)).collect()
}

#[test]
fn half_a_minute_is_one_sentence() {
    let text = "A flute plays a slow, calm melody over a harp and strings. There are no drums.";
    assert_eq!(describe(&[text; 3]), "A slow, calm flute piece with a harp and strings.");
}

#[test]
fn the_whole_comes_first_then_what_changes_and_when() {
    assert_eq!(
        describe(&THREE_SCENES),
        "A slow, gentle piano piece, joined by strings and a bass at 0:10; at 0:30 a distorted \
         guitar and drums come in, and the music speeds up."
    );
}

#[test]
fn a_song_is_told_as_a_story_in_which_bands_return() {
    let song = repeated(&[(3, VERSE), (4, CHORUS), (3, VERSE), (4, CHORUS), (3, PIANO)]);
    assert_eq!(
        describe(&song),
        "The recording opens as a mid-tempo, gentle song with a female voice and an acoustic \
         guitar. At 0:30 a distorted guitar, a bass guitar and drums come in, and the music speeds \
         up and becomes energetic; at 1:10 it drops to the female voice and acoustic guitar. At \
         1:40 the band returns; at 2:20 it changes to a piano, and the music slows down and \
         becomes gentle."
    );
}

#[test]
fn an_hour_is_an_outline_of_sections() {
    let hour: Vec<&str> = (0..360).map(|n| THREE_SCENES[n / 72]).collect();
    assert_eq!(
        describe(&hour),
        "In outline: 0:00 piano alone, slow; 12:00 piano, strings and bass; 24:00 piano, strings \
         and bass, mid-tempo; 36:00 full band, fast."
    );
    for length in [SummaryLength::Short, SummaryLength::Medium, SummaryLength::Long] {
        let options = SummaryOptions::default().with_length(length);
        let summary = LocalSummarizer::new().describe(&captions(&hour), &options).unwrap();
        let count = summary.split_whitespace().count();
        assert!((5..=length.words()).contains(&count), "{count}: {summary}");
    }
}

#[test]
fn a_song_of_many_sections_is_an_outline_that_keeps_its_middle() {
    let bridge = "A saxophone plays a mid-tempo melody over an organ and a harp.";
    let song = repeated(&[
        (2, PIANO),
        (3, VERSE),
        (3, CHORUS),
        (3, VERSE),
        (3, CHORUS),
        (3, bridge),
        (2, PIANO),
        (4, CHORUS),
        (2, VERSE),
    ]);
    assert_eq!(
        describe(&song),
        "In outline: 0:00 piano alone, slow; 0:20 female voice and acoustic guitar, mid-tempo; \
         0:50 full band, fast; 1:20 female voice and acoustic guitar, mid-tempo; 1:50 full band, \
         fast; 2:20 saxophone, organ and harp, mid-tempo; 2:50 piano alone, slow; 3:10 full band, \
         fast; 3:50 female voice and acoustic guitar, mid-tempo."
    );
}

#[test]
fn an_hour_s_set_of_many_songs_has_each_song_in_its_outline() {
    // Twelve songs of five minutes, each with verses and choruses of its own.
    let leads = [
        "piano",
        "violin",
        "trumpet",
        "flute",
        "organ",
        "harp",
        "cello",
        "banjo",
        "accordion",
        "marimba",
        "oboe",
        "sitar",
    ];
    let caption = |n: usize| {
        let lead = leads[n / 30];
        match n % 30 / 5 % 2 {
            0 => format!("A {lead} plays a slow melody over a bass."),
            _ => format!("A {lead} plays a slow melody over a bass and drums."),
        }
    };
    let texts: Vec<String> = (0..360).map(caption).collect();
    let texts: Vec<&str> = texts.iter().map(|text| &text[..]).collect();
    let summary = describe(&texts);
    for lead in leads {
        assert!(summary.contains(lead), "{lead}: {summary}");
    }
    assert!(summary.split_whitespace().count() <= 80, "{summary}");
}

#[test]
fn one_wrong_caption_between_neighbours_that_agree_is_not_told() {
    let wrong = "A choir sings a fast, loud song with bells and a tuba.";
    let right = describe(&repeated(&[(6, STRINGS)]));
    assert_eq!(describe(&repeated(&[(3, STRINGS), (1, wrong), (2, STRINGS)])), right);
    let song = repeated(&[(4, STRINGS), (5, BAND)]);
    let with_errors =
        repeated(&[(2, STRINGS), (1, wrong), (1, STRINGS), (2, BAND), (1, wrong), (2, BAND)]);
    assert_eq!(describe(&with_errors), describe(&song));
}

#[test]
fn what_captions_do_not_deny_is_not_said_to_be_missing() {
    let silent_on_drums = "A flute plays a slow melody over a harp.";
    assert_eq!(describe(&[silent_on_drums; 3]), "A slow flute piece with a harp.");
    let denied = "A flute plays a slow melody over a harp. There are no drums.";
    assert_eq!(describe(&[denied; 3]), "A slow flute piece with a harp.");
    let mixed = repeated(&[(4, denied), (4, "A flute plays a slow melody over a harp and drums.")]);
    assert_eq!(describe(&mixed), "A slow flute piece with a harp, joined by drums at 0:40.");
}

#[test]
fn drums_that_captions_then_deny_have_stopped() {
    let with = "A flute plays a slow melody over a harp and strings. Drums keep the time.";
    let without = "A flute plays a slow melody over a harp and strings. There are no drums.";
    assert_eq!(
        describe(&repeated(&[(4, with), (4, without)])),
        "A slow flute piece with a harp and strings. It opens with drums; at 0:40 the drums stop."
    );
}

#[test]
fn one_sound_gives_way_to_another() {
    let trumpet = "A trumpet plays a slow melody.";
    let choir = "A choir sings a slow melody.";
    assert_eq!(
        describe(&repeated(&[(3, trumpet), (3, choir)])),
        "A slow trumpet piece; at 0:30 the trumpet gives way to a choir."
    );
}

#[test]
fn what_is_said_to_be_gone_is_said_to_return() {
    let band = "An electric guitar plays a fast melody over bass and drums.";
    let piano = "A piano plays a fast melody.";
    assert_eq!(
        describe(&repeated(&[(2, band), (2, piano), (2, band)])),
        "A fast electric guitar piece with a bass and drums; at 0:20 the electric guitar, bass and \
         drums give way to a piano; at 0:40 the band returns."
    );
}

#[test]
fn a_piece_of_which_nothing_is_known_is_not_described() {
    let other = ["A flute plays.", "A tuba plays.", "A harp plays.", "A sitar plays."];
    let cello = "A cello plays a slow melody over a marimba.";
    let summary = describe(&[&other[..], &[cello; 4]].concat());
    assert_eq!(summary, "At 0:40 a cello and a marimba come in, and the music becomes slow.");
}

#[test]
fn what_returns_has_a_name_that_it_had_before() {
    let waltz = "A viola plays a slow melody over a harp and a waltz drum beat.";
    let trumpet = "A trumpet plays a slow melody.";
    let dance = "A trumpet plays a slow melody over an electronic dance beat.";
    let summary = describe(&repeated(&[(3, waltz), (3, trumpet), (3, dance)]));
    assert!(summary.contains("the drums return"), "{summary}");
}

#[test]
fn what_stays_is_told_apart_from_what_joins_it() {
    let before = "An oboe plays a slow melody over an organ, a harp, a bass and drums.";
    let after = "An oboe plays a slow melody with a choir.";
    assert_eq!(
        describe(&repeated(&[(2, before), (2, after)])),
        "A slow oboe piece; it opens with an organ, a harp, a bass and drums; at 0:20 it drops to \
         the oboe, and a choir comes in."
    );
}

#[test]
fn speech_and_silence_are_not_music() {
    let speech = "A man speaks. There is applause.";
    let silent = "The recording is almost silent. Only a faint background noise can be heard, and \
        no music is playing.";
    assert_eq!(
        describe(&repeated(&[(8, CHORUS), (2, speech), (2, silent)])),
        "A fast, energetic song with a female voice, a distorted guitar, a bass guitar and drums. \
         At 1:20 a male speaker and applause follow; at 1:40 the music stops."
    );
    // What precedes the music is no opening of it.
    assert_eq!(
        describe(&repeated(&[(2, speech), (4, VERSE), (4, CHORUS), (3, PIANO)])),
        "It opens with a male speaker and applause; at 0:20 the music begins as a mid-tempo, \
         gentle song with a female voice and an acoustic guitar. At 1:00 a distorted guitar, a \
         bass guitar and drums come in, and the music speeds up and becomes energetic. At 1:40 it \
         changes to a piano, and the music slows down and becomes gentle."
    );
    assert_eq!(
        describe(&repeated(&[(2, silent), (6, CHORUS)])),
        "A fast, energetic song with a female voice, a distorted guitar, a bass guitar and drums."
    );
    assert_eq!(
        describe(&[speech; 3]),
        "Only a male speaker and applause can be heard, and no music."
    );
    assert_eq!(describe(&[silent; 3]), "The recording is almost silent.");
}

#[test]
fn sounds_that_come_and_go_are_there_at_times() {
    let with = "A piano plays a slow melody over a bass and a saxophone.";
    let without = "A piano plays a slow melody over a bass.";
    let texts: Vec<&str> = (0..12).map(|n| if n % 3 == 1 { with } else { without }).collect();
    assert_eq!(
        describe(&texts),
        "A slow piano piece with a bass. At times a saxophone can be heard."
    );
}

#[test]
fn names_are_as_exact_as_captions_agree() {
    let of = |names: [&str; 3]| {
        let texts = names.map(|name| format!("A {name} plays a slow melody over drums."));
        describe(&texts.each_ref().map(|text| &text[..]))
    };
    assert_eq!(of(["double bass"; 3]), "A slow double bass piece with drums.");
    assert_eq!(of(["double bass", "synth bass", "bass"]), "A slow bass piece with drums.");
}

#[test]
fn a_piece_is_not_named_after_what_accompanies() {
    let by = |lead: &str| format!("A {lead} plays a slow melody over a bass.");
    let texts = [by("piano"), by("piano"), by("flute"), by("flute")];
    assert_eq!(
        describe(&texts.each_ref().map(|text| &text[..])),
        "A slow piano piece with a bass; at 0:20 the piano gives way to a flute."
    );
}

#[test]
fn the_reference_system_s_example_is_summarised_without_its_loops() {
    let summary = describe(&ACCORDION);
    assert_eq!(
        summary,
        "An accordion piece; at first it is emotional, with strings; from 0:10 to the end only the \
         accordion remains. The sound quality is poor."
    );
}

#[test]
fn lp_music_caps_captions_are_summarised_too() {
    let summary = describe(&[
        "The low quality recording features a sustained strings melody, followed by shimmering hi \
         hats and punchy kick hits. It sounds epic and suspenseful.",
        "The low quality recording features a sustained strings melody and epic brass. It sounds \
         epic and intense, like something you would hear in a trailer.",
        "This is an orchestral piece. There is a strings melody with timpani rolls. The \
         atmosphere is epic. This piece could be used in the soundtrack of a movie.",
        "A female vocalist sings over sustained strings. The music is epic and emotional. There \
         are no drums in this part.",
        "A female vocalist sings a passionate melody over strings. It is epic and emotional.",
    ]);
    assert_eq!(
        summary,
        "An epic string piece; at 0:30 a female voice comes in, and the music becomes emotional."
    );
}

#[test]
fn one_caption_stands_for_itself() {
    assert_eq!(
        describe(&[
            "A trumpet plays a melody, unaccompanied.  The tempo is fast. The tempo is fast."
        ]),
        "A trumpet plays a melody, unaccompanied. The tempo is fast."
    );
    assert_eq!(
        describe(&["notes notes notes notes", "A trumpet plays.", ""]),
        "From 0:10 to 0:20: A trumpet plays."
    );
}

#[test]
fn there_is_sensible_text_where_there_is_little_to_say() {
    assert_eq!(describe(&[]), "There are no captions.");
    assert_eq!(describe(&["", " \n"]), "There are no captions.");
    assert_eq!(describe(&["notes notes notes"; 4]), "The captions only repeat themselves.");
    // Words that the lexicon lacks are quoted, in any language, and marked in others.
    let foreign = ["静かな曲です。", "静かな曲です。"];
    assert_eq!(describe(&foreign), "At 0:00: “静かな曲です。”");
    let options = SummaryOptions::default().with_language("de");
    let german = LocalSummarizer::new().describe(&captions(&foreign), &options).unwrap();
    assert_eq!(german, "Bei 0:00: „静かな曲です。“ (Original)");
}

#[test]
fn lines_are_one_statement_each() {
    let options = SummaryOptions::default().with_style(SummaryStyle::Lines);
    let song = repeated(&[(3, VERSE), (4, CHORUS), (3, VERSE)]);
    let summary = LocalSummarizer::new().describe(&captions(&song), &options).unwrap();
    assert_eq!(summary.lines().count(), 3, "{summary}");
    assert!(summary.lines().all(|line| line.ends_with('.')), "{summary}");
}

#[test]
fn summaries_are_written_in_the_language_asked_for() {
    for (language, summary) in [
        (
            "German",
            "Ein langsames, sanftes Klavierstück, zu dem bei 0:10 Streicher und ein Bass \
             hinzukommen; bei 0:30 setzen eine verzerrte E-Gitarre und Schlagzeug ein, und die \
             Musik wird schneller.",
        ),
        (
            "fr",
            "Un morceau lent et tendre pour piano, rejoint à 0:10 par les cordes et une \
             basse\u{202f}; à 0:30, une guitare saturée et la batterie font leur entrée, et le tempo \
             s’accélère.",
        ),
        (
            "ja",
            "ゆったりとして優しいピアノ曲に、0:10から弦楽器とベースが加わる。0:30からディストーション\
             ギターとドラムが入り、テンポが上がる。",
        ),
    ] {
        let options = SummaryOptions::default().with_language(language);
        let text = LocalSummarizer::new().describe(&captions(&THREE_SCENES), &options).unwrap();
        assert_eq!(text, summary);
    }
}

#[test]
fn captions_are_translated_where_they_are_read_in_full_and_marked_where_not() {
    let german = Language::find("de").unwrap();
    let translated = captions(&[STRINGS, "A shimmering flute."]).translated(german).unwrap();
    let texts: Vec<&str> = translated.captions.iter().map(|caption| &caption.text[..]).collect();
    assert_eq!(
        texts,
        [
            "Ein Klavier spielt eine langsame, sanfte Melodie, begleitet von gehaltenen \
             Streicherakkorden und Bass.",
            "[en] A shimmering flute."
        ]
    );
    assert_eq!(translated.language.as_deref(), Some("de"));
    let json = translated.format(Format::Json);
    assert_eq!(Captions::parse_json("here", &json).unwrap(), std::slice::from_ref(&translated));
    let english = captions(&[STRINGS]).translated(Language::ENGLISH).unwrap();
    assert_eq!(english, captions(&[STRINGS]));
    // A caption that is the only one is the summary.
    let options = SummaryOptions::default().with_language("de");
    let summary = LocalSummarizer::new().describe(&captions(&[STRINGS]), &options).unwrap();
    assert_eq!(summary, translated.captions[0].text);
    // What is no longer English is neither summarised, divided nor translated again.
    let error = LocalSummarizer::new().describe(&translated, &SummaryOptions::default());
    assert!(error.unwrap_err().to_string().contains("another language (de)"));
    assert_eq!(translated.find_sections(german), []);
    assert_eq!(translated.translated(german).unwrap(), translated);
    for language in [Language::find("fr").unwrap(), Language::ENGLISH] {
        let error = translated.translated(language).unwrap_err().to_string();
        assert!(error.contains("another language (de)"), "{error}");
    }
}

#[test]
fn captions_that_call_themselves_english_are_those_of_a_model() {
    let german = Language::find("de").unwrap();
    let unnamed = captions(&THREE_SCENES);
    for code in ["en", "en-US"] {
        let mut named = unnamed.clone();
        named.language = Some(code.to_owned());
        let summary = LocalSummarizer::new().describe(&named, &SummaryOptions::default()).unwrap();
        assert_eq!(summary, describe(&THREE_SCENES), "{code}");
        assert_eq!(named.find_sections(Language::ENGLISH)[0].title, "Piano alone", "{code}");
        assert_eq!(named.translated(german).unwrap(), unnamed.translated(german).unwrap());
        assert_eq!(named.translated(Language::ENGLISH).unwrap(), named);
    }
    let mut austrian = unnamed.translated(german).unwrap();
    austrian.language = Some("de-AT".to_owned());
    assert_eq!(austrian.translated(german).unwrap(), austrian);
}

#[test]
fn sections_have_times_and_titles() {
    let found = captions(&THREE_SCENES).find_sections(Language::ENGLISH);
    let plain: Vec<(f64, f64, &str)> =
        found.iter().map(|section| (section.start_s, section.end_s, &section.title[..])).collect();
    // The song changes at 15 s and at 30 s; a caption is of ten seconds.
    assert_eq!(
        plain,
        [
            (0.0, 10.0, "Piano alone"),
            (10.0, 30.0, "Piano, strings and bass"),
            (30.0, 50.0, "Distorted guitar, bass and drums")
        ]
    );
    let mut with = captions(&THREE_SCENES);
    with.sections = with.find_sections(Language::find("es").unwrap());
    assert_eq!(with.sections[0].title, "Piano solo");
    let json = with.format(Format::Json);
    assert_eq!(Captions::parse_json("here", &json).unwrap(), [with]);
    assert_eq!(captions(&["notes notes notes", ""]).find_sections(Language::ENGLISH), []);
    // Where captions have no sound in common, the title has those of each.
    let trumpet = "A trumpet plays a fast melody, unaccompanied.";
    let strings = "Strings play a fast melody, unaccompanied.";
    let found = captions(&repeated(&[(4, PIANO), (1, trumpet), (1, strings)]));
    let found = found.find_sections(Language::ENGLISH);
    assert_eq!(found.last().unwrap().title, "Trumpet and strings");
}

#[test]
fn sections_end_after_they_start_whatever_times_captions_have() {
    let sections = |spans: &[(f64, f64, &str)], at_s: f64| {
        let spans = spans.iter().enumerate();
        let captions =
            spans.map(|(index, &(start, end, text))| Caption::new(index, start, end, text));
        let mut captions = Captions::new(100.0, captions.collect());
        let change = json!({"at_s": at_s, "strength": 0.9});
        captions.changes = vec![from_value(change).unwrap()];
        let found = captions.find_sections(Language::ENGLISH);
        assert!(found.iter().all(|one| one.start_s <= one.end_s), "{found:?}");
        found.iter().map(|one| (one.start_s, one.end_s)).collect::<Vec<_>>()
    };
    let piano = "A piano.";
    assert_eq!(sections(&[(1e308, -1.0, piano)], 0.0), [(1e308, 1e308)]);
    assert_eq!(sections(&[(0.0, 10.0, piano), (90.0, 10.0, piano)], 0.0).len(), 1);
    // A change within the first of three captions that lie in each other, after the last one's end.
    let drums = "Drums alone.";
    let nested = [(0.0, 1.0, piano), (1.0, 100.0, drums), (1.1, 1.2, drums), (1.2, 1.3, drums)];
    assert_eq!(sections(&nested, 90.0).last(), Some(&(1.0, 1.3)));
}

#[test]
fn what_only_a_language_model_can_do_is_refused() {
    let summarizer: Box<dyn Summarizer> = Box::new(LocalSummarizer::new());
    let options = SummaryOptions::default().with_language("Klingon");
    let error = summarizer.check(&options).unwrap_err().to_string();
    assert!(error.contains("Klingon") && error.contains("Japanese (ja)"), "{error}");
    let cancel = Cancel::new();
    let watch = Watch::default().with_cancel(&cancel);
    let error = summarize_blocking(&*summarizer, &captions(&THREE_SCENES), &options, &watch);
    assert!(error.is_err());
    let options = SummaryOptions::default();
    let summary = summarize_blocking(&*summarizer, &captions(&THREE_SCENES), &options, &watch);
    assert_eq!(summary.unwrap(), describe(&THREE_SCENES));
    let styled = SummaryOptions::default().with_style(SummaryStyle::Words("a haiku".into()));
    assert!(summarizer.check(&styled).is_err());
    cancel.cancel();
    let error = summarize_blocking(&*summarizer, &captions(&THREE_SCENES), &options, &watch);
    let problem = SummaryProblem::Cancelled;
    assert!(matches!(error, Err(Error::Summary { problem: found, .. }) if found == problem));
}

#[test]
fn hostile_captions_do_no_harm() {
    let long = "x".repeat(1_000_000);
    let many = "Loud. ".repeat(100_000);
    let spaces = "a\u{2003}\u{200b}\u{301}. ".repeat(1000);
    for texts in
        [&[&long[..], &many, &spaces][..], &[&long], &[&long, &long], &["“”.", "-->", "\0"]]
    {
        let mut captions = captions(texts);
        captions.captions[0].start_s = f64::NAN;
        captions.captions.last_mut().unwrap().end_s = f64::INFINITY;
        let options = SummaryOptions::default();
        let summary = LocalSummarizer::new().describe(&captions, &options).unwrap();
        assert!(summary.chars().count() <= 1500, "{} characters", summary.chars().count());
        captions.find_sections(Language::ENGLISH);
    }
}

/// A deterministic source of random numbers (Knuth's MMIX constants).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// What a caption may mention: its words there, and the words of a summary that it bears out.
/// "A double bass" bears out "double bass" and "bass", but "a synth bass" no "double bass".
const THINGS: [(&str, &[&str]); 14] = [
    ("a piano", &["piano"]),
    ("strings", &["strings", "string piece"]),
    ("a distorted electric guitar", &["distorted guitar"]),
    ("a synth bass", &["synth bass", "bass"]),
    ("a double bass", &["double bass", "bass"]),
    ("an accordion", &["accordion"]),
    ("a harp", &["harp"]),
    ("male vocals", &["male voice"]),
    ("a choir", &["choir"]),
    ("drums", &["drums"]),
    ("punchy kick and snare hits", &["drums"]),
    ("shimmering hi hats", &["drums"]),
    ("a clarinet", &["clarinet"]),
    ("a trumpet", &["trumpet"]),
];
const TEMPOS: [(&str, &[&str]); 6] = [
    ("slow", &["slow", "slows down"]),
    ("fast", &["fast", "speeds up"]),
    ("mid-tempo", &["mid-tempo", "slows down", "speeds up"]),
    ("slow-paced", &["slow", "slows down"]),
    ("moderate", &["mid-tempo", "slows down", "speeds up"]),
    ("fast-paced", &["fast", "speeds up"]),
];
const MOODS: [(&str, &[&str]); 8] = [
    ("calm", &["calm"]),
    ("energetic", &["energetic"]),
    ("sad", &["sad"]),
    ("epic", &["epic", "grand"]),
    ("playful", &["playful", "lively"]),
    ("emotional", &["emotional"]),
    ("dark", &["dark"]),
    ("soothing", &["gentle", "calm"]),
];
const ENDS: [(&str, &[&str]); 5] = [
    ("There are no drums.", &["without drums", "drums stop"]),
    ("The music is played without percussion.", &["without drums", "drums stop"]),
    ("The music is soft.", &["soft", "softer"]),
    ("It could be playing in a church.", &[]),
    ("", &[]),
];

/// A caption, and the words that it bears out.
struct Composed {
    text: String,
    /// Whether it describes music, and not silence or nothing at all.
    is_full: bool,
    bears_out: Vec<&'static str>,
}

/// A caption in the manner of the embedded model or of LP-MusicCaps, or a degenerate one. Two
/// thirds of what it mentions is of `common`.
fn compose(random: &mut Random, common: &[usize]) -> Composed {
    let mut bears_out = Vec::new();
    let thing = |random: &mut Random| {
        let index =
            if random.below(3) > 0 { random.pick(common) } else { random.below(THINGS.len()) };
        THINGS[index]
    };
    let (lead, second, third) = (thing(random), thing(random), thing(random));
    let (tempo, mood, end) = (random.pick(&TEMPOS), random.pick(&MOODS), random.pick(&ENDS));
    let mut of = |parts: &[(&str, &'static [&'static str])]| {
        bears_out.extend(parts.iter().flat_map(|(_, words)| words.iter().copied()));
    };
    let (a, b, c, t, m, e) = (lead.0, second.0, third.0, tempo.0, mood.0, end.0);
    let kind = random.below(8);
    let text = match kind {
        0 => {
            of(&[lead, second, third, tempo, mood, end]);
            format!("{a} plays a {t}, {m} melody. It is accompanied by {b} and {c}. {e}")
        }
        1 => {
            of(&[lead, second, third, tempo, mood, end, ("", &["orchestral"])]);
            format!("This is a {t} and {m} orchestral piece with {a}, {b} and {c}. {e}")
        }
        2 => {
            of(&[lead, second, mood, end, ("", &["sound quality is poor"])]);
            format!("The low quality recording features {a}, followed by {b}. It sounds {m}. {e}")
        }
        3 => {
            // What is denied is not there; of these only drums and voices are read as missing.
            of(&[
                lead,
                second,
                tempo,
                mood,
                end,
                ("", &["without drums", "without vocals", "vocals", "stop"]),
            ]);
            format!("{a} sounds {m} over {b} with no {c}. The tempo is {t}. {e}")
        }
        4 => {
            of(&[lead]);
            format!("{a} plays long notes long notes first notes long notes long notes")
        }
        5 => {
            of(&[("", &["almost silent", "music stops"])]);
            "The recording is almost silent. Only a faint noise can be heard.".to_owned()
        }
        6 => {
            of(&[end]);
            format!("{e}{e}")
        }
        _ => {
            of(&[
                lead,
                tempo,
                mood,
                ("", &["instrumental", "without drums", "without vocals", "vocals", "stop"]),
            ]);
            format!("A {m} instrumental with {a} playing without {b}; the tempo is {t}.")
        }
    };
    Composed { text, is_full: !matches!(kind, 4..=6), bears_out }
}

/// The clauses of a summary, each with the time from which it holds: it is cut before every time,
/// and at "joined by", which precedes its own.
fn clauses(summary: &str) -> Vec<(f64, String)> {
    let summary = summary.to_lowercase();
    let mut marks: Vec<(usize, f64)> = vec![(0, 0.0)];
    for lead in ["at ", "from "] {
        for (at, _) in summary.match_indices(lead) {
            let starts_word = at == 0 || !summary.as_bytes()[at - 1].is_ascii_alphanumeric();
            let rest = &summary[at + lead.len()..];
            let clock: String =
                rest.chars().take_while(|c| c.is_ascii_digit() || *c == ':').collect();
            let Some((m, s)) = clock.split_once(':').filter(|_| starts_word) else { continue };
            let time = m.parse::<f64>().unwrap() * 60.0 + s.parse::<f64>().unwrap();
            let before = &summary[..at];
            let cut = before.rfind("joined by").filter(|&cut| !before[cut..].contains([';', '.']));
            marks.push((cut.unwrap_or(at), time));
        }
    }
    // Remarks on the whole, at the end.
    for remark in ["the sound quality", "at times"] {
        marks.extend(summary.find(remark).map(|at| (at, 0.0)));
    }
    marks.sort_by_key(|(at, _)| *at);
    let ends = marks.iter().skip(1).map(|(at, _)| *at).chain([summary.len()]);
    marks.iter().zip(ends).map(|(&(at, time), end)| (time, summary[at..end].to_owned())).collect()
}

/// Every word of a summary that makes a claim.
fn claims() -> Vec<&'static str> {
    let tables = [&THINGS[..], &TEMPOS[..], &MOODS[..], &ENDS[..]].concat();
    let mut claims: Vec<&str> =
        tables.iter().flat_map(|(_, words)| words.iter().copied()).collect();
    claims.extend([
        "without vocals",
        "vocals",
        "orchestral",
        "sound quality is poor",
        "almost silent",
        "music stops",
    ]);
    // Longest first: "double bass" is no claim of any bass.
    claims.sort_by_key(|claim| (std::cmp::Reverse(claim.len()), *claim));
    claims.dedup();
    claims
}

/// Words that a summary brings along. Whatever else it says is a claim.
const FRAME: &str = "a an the and or is are of with without in to by at from it its only there no \
    come comes enter enters return returns opens open begins as piece song recording instrumental joined \
    first becomes become music drops end give gives way can be heard times voice string stop stops \
    for alone unaccompanied sound quality outline changes band full remain remains solo";

#[test]
fn every_claim_of_a_summary_is_borne_out_by_captions_of_its_time() {
    let (claims, frame) = (claims(), FRAME.split_whitespace().collect::<Vec<_>>());
    let mut random = Random(7);
    let mut claimed = 0;
    for round in 0..2000 {
        let n = 2 + random.below(12);
        let common = [[0, 1], [9, 6], [7, 9]];
        let composed: Vec<Composed> =
            (0..n).map(|at| compose(&mut random, &common[at * 3 / n])).collect();
        let texts: Vec<&str> = composed.iter().map(|caption| &caption.text[..]).collect();
        let length = [SummaryLength::Short, SummaryLength::Medium, SummaryLength::Long][round % 3];
        let options = SummaryOptions::default().with_length(length);
        let captions = captions(&texts);
        let summary = LocalSummarizer::new().describe(&captions, &options).unwrap();
        assert_eq!(summary, LocalSummarizer::new().describe(&captions, &options).unwrap());
        assert!(summary.split_whitespace().count() <= length.words(), "{summary}");
        assert!(!summary.contains("notes"), "{summary}");
        let speaks_for_itself = summary.starts_with("The captions")
            || summary.starts_with("There are no captions")
            || summary.contains('“')
            || texts.iter().any(|text| text.contains(&summary))
            || summary.contains(": ");
        if speaks_for_itself {
            continue;
        }
        let show = |clause: &str| format!("{clause:?} of {summary:?} of {texts:#?}");
        let clauses = clauses(&summary);
        for (at, (from, clause)) in clauses.iter().enumerate() {
            // What gives way or stops was there before; what is there at times, anywhere.
            let looks_back =
                ["give", "stop", "at times", "opens"].iter().any(|w| clause.contains(w));
            let first = if looks_back || at == 0 { 0 } else { (from / 10.0) as usize };
            let mut rest = clause.clone();
            for claim in &claims {
                if !rest.contains(claim) {
                    continue;
                }
                rest = rest.replace(claim, " ");
                claimed += 1;
                let says = |caption: &&Composed| caption.bears_out.contains(claim);
                let count = composed[first..].iter().filter(says).count();
                // One of several is an error unless the others say nothing.
                let all_full = composed[first..].iter().all(|caption| caption.is_full);
                let is_last = (from / 10.0) as usize + 1 >= n;
                let least = if n >= 5 && !is_last && !looks_back && all_full { 2 } else { 1 };
                // One says what is missing where no other contradicts it.
                let least = if ["without", "vocals", "stop"].iter().any(|w| claim.contains(w)) {
                    1
                } else {
                    least
                };
                let is_edge = first == 0 && at == 0;
                assert!(count >= if is_edge { 1 } else { least }, "{claim:?}: {}", show(clause));
            }
            let left = rest.split(|c: char| !c.is_alphanumeric() && c != '-');
            for word in left.filter(|word| !word.is_empty() && word.parse::<u32>().is_err()) {
                assert!(frame.contains(&word), "{word:?}: {}", show(clause));
            }
        }
    }
    // So that the test tests something.
    assert!(claimed > 5000, "{claimed} claims");
}

#[cfg(feature = "embedded-model")]
#[test]
fn sections_of_the_example_song_begin_where_its_music_changes() {
    // examples/songs/README.md: the second scene begins at 15 s, within a chunk, the third at 30 s.
    let song = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/three-scenes.ogg");
    let mut captions = musicap::Captioner::embedded().unwrap().caption_file(song).unwrap();
    let near = |at_s: f64| captions.changes.iter().any(|change| (change.at_s - at_s).abs() <= 1.0);
    assert!(near(15.0) && near(30.0), "{:?}", captions.changes);
    assert!(captions.changes.is_sorted_by(|a, b| a.at_s < b.at_s));
    // What is heard, whatever the model says.
    for (caption, text) in captions.captions.iter_mut().zip(THREE_SCENES) {
        caption.text = text.into();
    }
    let sections = captions.find_sections(Language::ENGLISH);
    let starts: Vec<f64> = sections.iter().map(|section| section.start_s).collect();
    assert!(starts.iter().any(|start| (start - 15.0).abs() <= 1.0), "{starts:?}");
    assert!(starts.iter().any(|start| (start - 30.0).abs() <= 1.0), "{starts:?}");
    assert_eq!((sections[0].start_s, sections[sections.len() - 1].end_s), (0.0, 45.0));
    assert!(sections.windows(2).all(|pair| pair[0].end_s == pair[1].start_s), "{sections:?}");
    let json = captions.format(Format::Json);
    assert_eq!(Captions::parse_json("here", &json).unwrap(), [captions]);
}
