//! Local summaries: what they say is what captions said, at the times that captions said it.

use musicap::caption::{Caption, Captions};
use musicap::summarize::{
    Cancel, LocalSummarizer, Summarizer, SummaryLength, SummaryOptions, SummaryStyle, Watch,
    summarize_blocking,
};
use musicap::{Error, SummaryProblem};

/// Words that a summary may bring along. All others must stand in a caption.
const CONNECTIVES: &str = "a an the and or is are enter enters heard throughout most of time at \
    times until from to music tempo recording without";

fn captions(texts: &[&str]) -> Captions {
    let caption = |(index, text): (usize, &&str)| Caption {
        index,
        start_s: 10.0 * index as f64,
        end_s: 10.0 * index as f64 + 10.0,
        text: (*text).to_owned(),
        score: -0.5,
    };
    let captions = texts.iter().enumerate().map(caption).collect();
    Captions { duration_s: 10.0 * texts.len() as f64, captions, ..Captions::default() }
}

fn describe(texts: &[&str]) -> String {
    LocalSummarizer::new().describe(&captions(texts), &SummaryOptions::default()).unwrap()
}

fn words(text: &str) -> Vec<String> {
    let letters = |c: char| !c.is_alphanumeric() && c != '\'';
    text.to_lowercase().split(letters).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// The song of examples/songs, as the embedded model captions it.
const THREE_SCENES: [&str; 5] = [
    "A piano plays a melody, alone. The tempo is slow and unhurried.",
    "A piano plays a slow-paced melody, accompanied by chords on a piano. The music is played \
     without drums. It sounds calm.",
    "A piano plays a mid-tempo, laid-back melody. The accompaniment is played by a string \
     section, a synth bass and a piano. The music is soft.",
    "A distorted electric guitar plays a fast-paced, bouncy melody. It is accompanied by a piano \
     and a synth bass. The rhythm comes from a rock drum beat.",
    "A distorted guitar plays a fast-paced melody. It is accompanied by a piano, a synth bass and \
     a saxophone. The rhythm comes from a rock drum beat.",
];

/// An accordion solo as the reference system captions it: one caption, then notes for ever.
const ACCORDION: [&str; 3] = [
    "The low quality recording features a sustained strings melody, followed by an accordion solo \
     melody. It sounds emotional and passionate.",
    "The low quality recording features an accordion solo that consists of long notes long notes \
     first notes long notes long notes first notes long notes",
    "The song is an accordion playing long notes, first notes, long notes, first notes, long \
     notes, short notes, long notes notes notes notes notes notes",
];

#[test]
fn what_holds_comes_first_then_what_changes_and_when() {
    assert_eq!(
        describe(&THREE_SCENES),
        "A piano is heard throughout. Until 0:20 the music is slow. From 0:10 to 0:30 the music is \
         calm. From 0:20 a synth bass enters. From 0:30 a distorted electric guitar and a rock drum beat enter; the music is \
         fast-paced."
    );
}

#[test]
fn the_reference_system_s_example_is_summarised_without_its_loops() {
    let summary = describe(&ACCORDION);
    assert!(!summary.contains("notes"), "{summary}");
    assert!(summary.starts_with("An accordion solo is heard throughout."), "{summary}");
    assert!(summary.contains("Until 0:10 strings are heard"), "{summary}");
    assert!(summary.contains("emotional and passionate"), "{summary}");
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
    assert!(summary.starts_with("Strings are heard throughout"), "{summary}");
    assert!(summary.contains("the music is epic"), "{summary}");
    assert!(summary.contains("From 0:30 a female vocalist enters"), "{summary}");
    assert!(summary.contains("emotional"), "{summary}");
}

#[test]
fn one_caption_speaks_for_itself() {
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
    assert_eq!(
        describe(
            &["The recording is almost silent. Only a faint background noise can be heard, and \
               no music is playing."; 3]
        ),
        "Throughout, the recording is almost silent."
    );
    // Words that no lexicon has are quoted, in any language.
    assert_eq!(describe(&["静かな曲です。", "静かな曲です。"]), "At 0:00: “静かな曲です。”");
}

#[test]
fn an_hour_is_summarised_within_the_length_asked_for() {
    let hour: Vec<&str> = (0..360).map(|n| THREE_SCENES[n / 72]).collect();
    for length in [SummaryLength::Short, SummaryLength::Medium, SummaryLength::Long] {
        let options = SummaryOptions::default().with_length(length);
        let summary = LocalSummarizer::new().describe(&captions(&hour), &options).unwrap();
        let count = summary.split_whitespace().count();
        assert!((10..=length.words()).contains(&count), "{count}: {summary}");
        assert!(summary.starts_with("A piano is heard throughout"), "{summary}");
        assert!(summary.contains("36:00"), "{summary}");
    }
}

#[test]
fn lines_are_one_statement_each() {
    let options = SummaryOptions::default().with_style(SummaryStyle::Lines);
    let summary = LocalSummarizer::new().describe(&captions(&THREE_SCENES), &options).unwrap();
    assert_eq!(summary.lines().count(), 5, "{summary}");
}

#[test]
fn what_only_a_language_model_can_do_is_refused() {
    let summarizer: Box<dyn Summarizer> = Box::new(LocalSummarizer::new());
    let options = SummaryOptions::default().with_language("Japanese");
    let error = summarizer.check(&options).unwrap_err().to_string();
    assert!(error.contains("language is Japanese") && error.contains("English"), "{error}");
    let cancel = Cancel::new();
    let watch = Watch::default().with_cancel(&cancel);
    let error = summarize_blocking(&*summarizer, &captions(&THREE_SCENES), &options, &watch);
    assert!(error.is_err());
    let options = SummaryOptions::default();
    let summary = summarize_blocking(&*summarizer, &captions(&THREE_SCENES), &options, &watch);
    assert_eq!(summary.unwrap(), describe(&THREE_SCENES));
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
        assert!(summary.chars().count() <= 1500, "{} letters", summary.chars().count());
    }
}

/// A deterministic source of random numbers (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// A caption in the manner of the embedded model or of LP-MusicCaps, or one that has lost its way.
fn compose(dice: &mut Dice, loyal: &[&str]) -> String {
    const THINGS: [&str; 12] = [
        "a piano",
        "strings",
        "a distorted electric guitar",
        "a synth bass",
        "an accordion",
        "male vocals",
        "a harp",
        "punchy kick and snare hits",
        "drums",
        "a choir",
        "a double bass",
        "shimmering hi hats",
    ];
    const TEMPO: [&str; 6] = ["slow", "fast", "mid-tempo", "slow-paced", "moderate", "fast-paced"];
    const MOODS: [&str; 8] =
        ["calm", "energetic", "sad", "epic", "playful", "emotional", "dark", "soothing"];
    const ENDS: [&str; 6] = [
        "There are no drums.",
        "The music is played without percussion.",
        "The music is soft.",
        "It could be playing in a church.",
        "The audio is in mono.",
        "",
    ];
    let mut thing = || if dice.below(3) > 0 { dice.pick(loyal) } else { dice.pick(&THINGS) };
    let (lead, second, third) = (thing(), thing(), thing());
    let (tempo, mood, end) = (dice.pick(&TEMPO), dice.pick(&MOODS), dice.pick(&ENDS));
    match dice.below(8) {
        0 => format!(
            "{lead} plays a {tempo}, {mood} melody. It is accompanied by {second} and {third}. {end}"
        ),
        1 => format!(
            "This is a {tempo} and {mood} orchestral piece with {lead}, {second} and {third}. {end}"
        ),
        2 => format!(
            "The low quality recording features {lead}, followed by {second}. It sounds {mood}. {end}"
        ),
        3 => format!(
            "{lead} sounds {mood} over {second} with no {third}. The tempo is {tempo}. {end}"
        ),
        4 => format!("{lead} plays long notes long notes first notes long notes long notes"),
        5 => "The recording is almost silent. Only a faint noise can be heard.".to_owned(),
        6 => format!("{end}{end}"),
        _ => format!(
            "A {mood} instrumental with {lead} playing without {second}; the tempo is {tempo}."
        ),
    }
}

/// The words of a caption but those that it denies.
fn present(words: Vec<String>) -> Vec<String> {
    let mut denied = false;
    let is_present = |word: &String| {
        let keep = !denied;
        denied = word == "no" || word == "without";
        keep
    };
    words.into_iter().filter(is_present).collect()
}

/// The times `m:ss` in a text, in seconds.
fn times(text: &str) -> Vec<f64> {
    let digits = |c: char| !c.is_ascii_digit() && c != ':';
    let clocks = text.split(digits).filter_map(|word| word.trim_matches(':').split_once(':'));
    clocks.map(|(m, s)| m.parse::<f64>().unwrap() * 60.0 + s.parse::<f64>().unwrap()).collect()
}

#[test]
fn every_word_of_a_summary_stands_in_a_caption_of_the_time_it_speaks_of() {
    let connectives = words(CONNECTIVES);
    let mut dice = Dice(7);
    for round in 0..2000 {
        let n = 2 + dice.below(12);
        let loyal = [["a piano", "strings"], ["drums", "a harp"], ["male vocals", "drums"]];
        let texts: Vec<String> = (0..n).map(|at| compose(&mut dice, &loyal[at * 3 / n])).collect();
        let texts: Vec<&str> = texts.iter().map(|text| &text[..]).collect();
        let captions = captions(&texts);
        let length = [SummaryLength::Short, SummaryLength::Medium, SummaryLength::Long][round % 3];
        let options = SummaryOptions::default().with_length(length).with_style(SummaryStyle::Lines);
        let summary = LocalSummarizer::new().describe(&captions, &options).unwrap();
        assert_eq!(summary, LocalSummarizer::new().describe(&captions, &options).unwrap());
        assert!(summary.split_whitespace().count() <= length.words(), "{summary}");
        assert!(!summary.contains("notes"), "{summary}");
        if texts.iter().all(|text| text.trim().is_empty()) || summary.starts_with("The captions") {
            continue;
        }
        for statement in summary.lines() {
            let show = || format!("{statement:?} of {texts:#?}");
            if let Some((time, quote)) = statement.split_once(": “") {
                let at = (times(time)[0] / 10.0) as usize;
                assert!(texts[at].contains(quote.trim_end_matches('”')), "{}", show());
                continue;
            }
            if let Some((time, text)) = statement.split_once(": ") {
                let at = (times(time)[0] / 10.0) as usize;
                assert!(texts[at].contains(text), "{}", show());
                continue;
            }
            let marks = times(statement);
            let (from, to) = match (&marks[..], statement.split(' ').next().unwrap()) {
                ([until], "Until") => (0.0, *until),
                ([from], "From") => (*from, 10.0 * n as f64),
                ([from, to], "From") => (*from, *to),
                ([], _) => (0.0, 10.0 * n as f64),
                _ => panic!("odd times: {}", show()),
            };
            assert!(from < to && to <= 10.0 * n as f64, "{}", show());
            let part = &texts[(from / 10.0) as usize..(to / 10.0) as usize];
            let told: Vec<Vec<String>> = part.iter().map(|text| words(text)).collect();
            let claimed: Vec<String> = words(statement)
                .into_iter()
                .filter(|word| !connectives.contains(word) && word.parse::<u32>().is_err())
                .collect();
            for word in &claimed {
                assert!(told.iter().any(|words| words.contains(word)), "{word:?}: {}", show());
            }
            if statement.contains("enter") {
                let before = texts[..(from / 10.0) as usize].iter().map(|text| words(text));
                let before: Vec<Vec<String>> = before.map(present).collect();
                let is_new = |word: &&String| !before.iter().any(|words| words.contains(word));
                assert!(claimed.iter().any(|word| is_new(&word)), "{}", show());
            }
        }
    }
}
