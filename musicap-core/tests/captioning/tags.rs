//! Tag heads: what they keep out of captions, the confidence they give, and that nothing else
//! changes.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use musicap::audio::AudioReader;
use musicap::checkpoint::Precision;
use musicap::{Caption, CaptionOptions, Captioner, LoadOptions, Pretrained};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};

const SONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/songs/three-scenes.ogg");
const D_MODEL: usize = 192;

/// What the test's tag head says of every chunk: its weights are zero, its bias is 1.
fn probability() -> f32 {
    1.0 / (1.0 + (-1.0f32).exp())
}

fn scratch(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// A folder with the embedded network and a tag head that finds a piano in every chunk with the
/// same probability; captions may name it if that is at least `threshold`.
fn with_tag_head(test: &str, threshold: f32) -> PathBuf {
    let folder = scratch(test);
    Pretrained::embedded().unwrap().save(&folder, Precision::F32).unwrap();

    let weights = folder.join("model.safetensors");
    let bytes = fs::read(&weights).unwrap();
    let network = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors: HashMap<String, TensorView> = network.tensors().into_iter().collect();
    let zeros = vec![0; 2 * D_MODEL * size_of::<f32>()];
    let (weight, bias) = (vec![1, 2 * D_MODEL], 1.0f32.to_le_bytes());
    let weight = TensorView::new(Dtype::F32, weight, &zeros).unwrap();
    tensors.insert("tag_head.weight".into(), weight);
    tensors.insert("tag_head.bias".into(), TensorView::new(Dtype::F32, vec![1], &bias).unwrap());
    // The file is still being read from.
    let written = safetensors::serialize(tensors, None).unwrap();
    fs::write(&weights, written).unwrap();

    let tokenizer = fs::read_to_string(folder.join("tokenizer.json")).unwrap();
    let tokenizer: Value = serde_json::from_str(&tokenizer).unwrap();
    let piano = &tokenizer["model"]["vocab"]["Ġpiano"];
    assert!(piano.is_u64(), "{piano}");
    change_config(&folder, |config| {
        config["tags"] = json!({
            "names": ["piano"],
            "calibration": [[1.0, 0.0]],
            "words": [{"tokens": [piano], "tag": 0, "threshold": threshold}],
            "confidence": {"bias": 0.0, "score": 0.0, "evidence": 1.0, "named": 0.0}
        });
    });
    folder
}

fn change_config(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("config.json");
    let mut config = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut config);
    fs::write(path, config.to_string()).unwrap();
}

/// The song's captions by the model in `folder`.
fn captions(folder: &Path) -> Vec<Caption> {
    Captioner::from_pretrained(folder).unwrap().caption_file(SONG).unwrap().captions
}

/// The song's captions by the same network without a tag head.
fn without_tag_head(test: &str) -> Vec<Caption> {
    let folder = scratch(test);
    Pretrained::embedded().unwrap().save(&folder, Precision::F32).unwrap();
    change_config(&folder, |config| config["tags"] = Value::Null);
    captions(&folder)
}

#[test]
fn a_tag_that_is_probable_enough_changes_no_caption() {
    let expected = without_tag_head("tags-none");
    // The song begins with a piano alone.
    assert!(expected[0].text.contains("piano"), "{}", expected[0].text);
    let found = captions(&with_tag_head("tags-free", probability() - 0.01));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!((&found.text, found.score), (&expected.text, expected.score));
        assert_eq!(expected.confidence, None);
        // The logistic function of ln p is p / (1 + p), that of no evidence at all 1/2.
        let p = if found.text.contains(" piano") { probability() } else { 1.0 };
        let confidence = found.confidence.unwrap();
        assert!((confidence - p / (1.0 + p)).abs() <= 0.001, "{confidence}: {}", found.text);
    }
}

#[test]
fn a_name_below_its_threshold_is_in_no_caption() {
    let found = captions(&with_tag_head("tags-banned", probability() + 0.01));
    for caption in &found {
        assert!(!caption.text.contains("piano"), "{}", caption.text);
        assert!(!caption.text.is_empty());
    }
}

/// All words of a folder's wording.
fn words_of(folder: &Path) -> HashSet<String> {
    let read = |file: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap()
    };
    let (config, tokenizer) = (read("config.json"), read("tokenizer.json"));
    let vocabulary = tokenizer["model"]["vocab"].as_object().unwrap();
    let pieces: HashMap<u64, &str> =
        vocabulary.iter().map(|(piece, id)| (id.as_u64().unwrap(), piece.as_str())).collect();
    let lists = ["first", "next"].map(|name| config["tags"]["wording"][name].as_array().unwrap());
    let word = |tokens: &Value| -> String {
        tokens.as_array().unwrap().iter().map(|id| pieces[&id.as_u64().unwrap()]).collect()
    };
    lists.into_iter().flatten().map(|tokens| word(tokens).replace('Ġ', "")).collect()
}

#[test]
fn sampling_writes_the_words_of_the_wording_alone() {
    let folder = scratch("tags-wording");
    Pretrained::embedded().unwrap().save(&folder, Precision::F32).unwrap();
    let words = words_of(&folder);
    assert!(words.contains("piano") && words.contains("A"), "{words:?}");
    let others = || -> Vec<String> {
        let captioner = Captioner::from_pretrained(&folder).unwrap();
        let drawn = |seed| {
            let generation = captioner.config().generation.clone().with(|config| {
                config.num_beams = 1;
                config.do_sample = true;
                config.temperature = 1.5;
                config.seed = seed;
            });
            let options = CaptionOptions::default().with_generation(generation);
            captioner.caption(AudioReader::open(SONG).unwrap(), &options).unwrap().captions
        };
        let captions = (0..4).flat_map(drawn);
        let texts: Vec<String> = captions.map(|caption| caption.text).collect();
        let all = texts.iter().flat_map(|text| text.split(' '));
        all.map(|word| word.trim_end_matches(['.', ',']).to_owned())
            .filter(|word| !words.contains(word))
            .collect()
    };
    assert_eq!(others(), [""; 0]);
    change_config(&folder, |config| config["tags"]["wording"] = Value::Null);
    assert!(!others().is_empty(), "whole words without a rule for them");
}

#[test]
fn a_saved_model_has_its_tag_head() {
    let folder = with_tag_head("tags-saved", 0.9);
    let expected = captions(&folder);
    let saved = scratch("tags-saved-again");
    Pretrained::open(&folder).unwrap().save(&saved, Precision::F32).unwrap();
    assert_eq!(captions(&saved), expected);
}

#[test]
fn a_tag_head_that_does_not_fit_is_refused() {
    let folder = with_tag_head("tags-unfit", 0.5);
    change_config(&folder, |config| {
        config["tags"]["names"] = json!(["piano", "drums"]);
        config["tags"]["calibration"] = json!([[1.0, 0.0], [1.0, 0.0]]);
    });
    let pretrained = Pretrained::open(&folder).unwrap();
    let error = Captioner::load(&pretrained, &LoadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("tag_head.weight"), "{error}");
}
