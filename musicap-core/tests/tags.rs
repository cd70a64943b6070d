//! Tag heads: what they keep out of captions, and that without one nothing changes.

use std::fs;
use std::path::PathBuf;

use musicap::checkpoint::Precision;
use musicap::{Captioner, Captions, LoadOptions, Pretrained};
use serde_json::{Value, json};

const SONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/songs/three-scenes.ogg");

/// A folder with the embedded model, whose `config.json` `change` has changed.
fn model(test: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("musicap-{test}-{}", std::process::id()));
    Pretrained::embedded().unwrap().save(&folder, Precision::F32).unwrap();
    let path = folder.join("config.json");
    let mut config = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut config);
    fs::write(path, config.to_string()).unwrap();
    folder
}

fn captions(test: &str, change: impl FnOnce(&mut Value)) -> Captions {
    let folder = model(test, change);
    let captioner = Captioner::from_pretrained(&folder).unwrap();
    fs::remove_dir_all(folder).ok();
    captioner.caption_file(SONG).unwrap()
}

fn tag(config: &Value, name: &str) -> usize {
    let names = config["tags"]["names"].as_array().unwrap();
    names.iter().position(|other| other == name).unwrap()
}

/// Gives every word about `name` another threshold.
fn set_threshold(config: &mut Value, name: &str, threshold: f64) {
    let tag = tag(config, name);
    for word in config["tags"]["words"].as_array_mut().unwrap() {
        if word["tag"] == tag {
            word["threshold"] = json!(threshold);
        }
    }
}

#[test]
fn names_below_their_threshold_are_not_in_captions() {
    let said = |captions: &Captions| {
        captions.captions.iter().filter(|caption| caption.text.contains("piano")).count()
    };
    let as_shipped = Captioner::embedded().unwrap().caption_file(SONG).unwrap();
    // The song begins with a piano alone.
    assert!(as_shipped.captions[0].text.contains("piano"), "{}", as_shipped.captions[0].text);
    let without = captions("no-piano", |config| {
        set_threshold(config, "piano", 1.1);
        set_threshold(config, "electric_piano", 1.1);
    });
    assert_eq!(said(&without), 0, "{:?}", without.captions);
    // A saved model has its tag head, and captions as before.
    assert_eq!(captions("saved", |_| {}).captions, as_shipped.captions);
}

#[test]
fn confidence_is_a_probability_that_falls_with_doubt() {
    let as_shipped = Captioner::embedded().unwrap().caption_file(SONG).unwrap();
    for caption in &as_shipped.captions {
        let confidence = caption.confidence.unwrap();
        assert!((0.0..=1.0).contains(&confidence), "{confidence}");
    }
    // The same captions, whose statements are less probable.
    let doubtful = captions("doubt", |config| {
        for word in config["tags"]["words"].as_array_mut().unwrap() {
            word["threshold"] = json!(0.0);
        }
        for [_, offset] in pairs(&mut config["tags"]["calibration"]) {
            *offset = json!(offset.as_f64().unwrap() - 6.0);
        }
    });
    let mean = |captions: &Captions| {
        let sum: f32 = captions.captions.iter().filter_map(|caption| caption.confidence).sum();
        sum / captions.captions.len() as f32
    };
    assert!(mean(&doubtful) < mean(&as_shipped) - 0.1);
}

/// The values of an array of pairs.
fn pairs(array: &mut Value) -> impl Iterator<Item = [&mut Value; 2]> {
    let rows = array.as_array_mut().unwrap().iter_mut();
    rows.map(|row| row.as_array_mut().unwrap().iter_mut().collect::<Vec<_>>().try_into().unwrap())
}

#[test]
fn a_tag_head_that_does_not_fit_is_refused() {
    let folder = model("unfit", |config| {
        config["tags"]["names"].as_array_mut().unwrap().pop();
        config["tags"]["calibration"].as_array_mut().unwrap().pop();
    });
    let pretrained = Pretrained::open(&folder).unwrap();
    let error = Captioner::load(&pretrained, &LoadOptions::default()).unwrap_err();
    fs::remove_dir_all(folder).ok();
    assert!(error.to_string().contains("tag"), "{error}");
}
