//! That local summaries understand the captions that the embedded model is trained on.

use musicap::summarize::Language;
use musicap::{Caption, Captions};

use crate::caption::{steady, variants, without_music, without_music_variants, write_into};
use crate::compose::compose;
use crate::nonmusic::Kind;
use crate::plan::Plan;
use crate::recording::Quality;
use crate::rng::{Purpose, Rng};
use musicap::facts::VoiceKind;

/// A caption in German, or itself with a mark where a word of it is not understood.
fn translated(text: &str) -> String {
    let captions = Captions::new(10.0, vec![Caption::new(0, 0.0, 10.0, text)]);
    let german = Language::find("de").expect("German");
    captions.translated(german).expect("English captions").captions.remove(0).text
}

#[test]
fn every_caption_of_the_generator_is_read_in_full() {
    let mut unread = Vec::new();
    for index in 0..500 {
        let mut rng = Rng::new(23, index, Purpose::Compose);
        let plan = Plan::random(&mut rng);
        let score = compose(&plan, 12.0, &mut rng);
        let mut captions = variants(&score, &mut Rng::new(23, index, Purpose::Caption));
        captions.push(steady(&score));
        unread.extend(captions.into_iter().filter(|text| translated(text).starts_with("[en]")));
    }
    assert!(unread.is_empty(), "{} unread: {:#?}", unread.len(), &unread[..unread.len().min(30)]);
    assert!(translated("A shimmering piano.").starts_with("[en]"));
}

#[test]
fn captions_of_records_are_read_in_full_with_voices_and_damage() {
    let mut unread = Vec::new();
    let mut read = |texts: Vec<String>| {
        unread.extend(texts.into_iter().filter(|text| translated(text).starts_with("[en]")));
    };
    let qualities = [
        Quality::Clean,
        Quality::Vinyl,
        Quality::Tape,
        Quality::Hum,
        Quality::Phone,
        Quality::Telephone,
        Quality::Clipped,
        Quality::Crushed,
    ];
    for index in 0..500 {
        let mut rng = Rng::new(29, index, Purpose::Compose);
        let score = compose(&Plan::random(&mut rng), 12.0, &mut rng);
        let mut record = crate::clip::record(index, &score, Vec::new(), Vec::new());
        let voices = [VoiceKind::Man, VoiceKind::Woman, VoiceKind::Rap, VoiceKind::Speech];
        record.voice_kind = Some(rng.one(&voices));
        record.woman = rng.one(&[Some(false), Some(true), None]);
        record.quality = Some(rng.one(&qualities));
        write_into(&mut record, &mut rng);
        read([vec![record.caption], record.captions, record.taught].concat());
    }
    for kind in [
        Kind::Silence,
        Kind::WhiteNoise,
        Kind::PinkNoise,
        Kind::BrownNoise,
        Kind::Tone,
        Kind::Applause,
        Kind::Speech,
    ] {
        for woman in [None, Some(false), Some(true)] {
            let mut rng = Rng::new(29, 0, Purpose::Caption);
            read(vec![without_music(kind, woman)]);
            read(without_music_variants(kind, woman, &mut rng));
        }
    }
    unread.sort();
    unread.dedup();
    assert!(unread.is_empty(), "{} unread: {:#?}", unread.len(), &unread[..unread.len().min(30)]);
}
