//! That local summaries understand the captions that the embedded model is trained on.

use musicap::summarize::Language;
use musicap::{Caption, Captions};

use crate::caption::{steady, variants};
use crate::compose::compose;
use crate::plan::Plan;
use crate::rng::{Purpose, Rng};

/// A caption in German, or itself with a mark where a word of it is not understood.
fn translated(text: &str) -> String {
    let caption = Caption {
        index: 0,
        start_s: 0.0,
        end_s: 10.0,
        text: text.to_owned(),
        score: 0.0,
        confidence: None,
    };
    let captions = Captions { captions: vec![caption], ..Captions::default() };
    let german = Language::find("de").expect("German");
    captions.translated(german).captions.remove(0).text
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
