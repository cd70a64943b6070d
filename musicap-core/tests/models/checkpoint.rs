//! Checkpoints as others write them, and as nobody should.

use std::path::{Path, PathBuf};

use musicap::checkpoint::{Checkpoint, Precision};
use musicap::model::bart::{BartConfig, BartModel};
use musicap::model::{Layout, Placement, TensorSource};
use musicap::{Captioner, Device, Error, LoadOptions, Pretrained, Tokenizer};

fn kit(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/parity").join(file)
}

fn scratch(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A safetensors file of a header and some bytes of data.
fn safetensors(path: &Path, header: &str, data: &[u8]) -> PathBuf {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    std::fs::write(path, bytes).unwrap();
    path.to_owned()
}

#[test]
fn the_state_dict_is_found_beside_the_optimizer_and_tied_tensors_count_once() {
    let pretrained = Pretrained::open(kit("model-a")).unwrap();
    let (checkpoint, config) = (pretrained.checkpoint(), pretrained.config());
    let names: Vec<&str> =
        checkpoint.saved_tensors(config.architecture()).map(|(name, _)| name).collect();
    assert!(names.contains(&"bart.model.shared.weight"));
    assert!(!names.contains(&"bart.lm_head.weight"));
    assert!(names.iter().all(|name| !name.contains("mel_encoder") && !name.contains("optimizer")));
    let values = pretrained.reader().tensor("bart.final_logits_bias", &[1, 700]).unwrap();
    assert_eq!(values.len(), 700);
}

#[test]
fn a_network_gives_back_the_tensors_it_was_built_from() {
    let device = musicap::model::burn_device(Device::Cpu).unwrap();
    for pretrained in [Pretrained::open(kit("model-b")).unwrap(), Pretrained::embedded().unwrap()] {
        let (config, checkpoint) = (pretrained.config(), pretrained.checkpoint());
        let bart = config.architecture_as::<BartConfig>().unwrap();
        let placement = Placement { device: device.clone(), layout: Layout::Plain };
        let mut reader = pretrained.reader();
        let model = BartModel::load(bart, &config.audio, &mut reader, &placement).unwrap();
        let mut tensors = model.tensors().unwrap();
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        // The tag head is beside the network.
        let mut stored: Vec<_> = checkpoint
            .saved_tensors(bart)
            .filter(|(name, _)| !name.starts_with("tag_head."))
            .collect();
        stored.sort_by_key(|(name, _)| *name);
        assert_eq!(tensors.len(), stored.len());
        for (tensor, (name, stored)) in tensors.iter().zip(stored) {
            assert_eq!((&tensor.name[..], &tensor.shape), (name, &stored.shape));
            assert_eq!(tensor.values, checkpoint.read(name, stored).unwrap(), "{name}");
        }

        let other = Checkpoint::from_tensors("trained", tensors);
        let config = config.clone().with_extra("musicap", "a note".into());
        let trained = pretrained.with_weights("trained", config, other).unwrap();
        let folder = scratch("trained");
        trained.save(&folder, Precision::F32).unwrap();
        let saved = Pretrained::open(&folder).unwrap();
        assert_eq!(saved.config().extra("musicap").unwrap(), "a note");
        // A tag head would find other things in another encoder's output.
        assert!(saved.config().extra("tags").is_none_or(serde_json::Value::is_null));
        Captioner::load(&saved, &LoadOptions::default()).unwrap();
    }
}

#[test]
fn a_saved_folder_holds_the_same_values() {
    let folder = scratch("saved");
    let pretrained = Pretrained::open(kit("model-a")).unwrap();
    pretrained.save(&folder, Precision::F32).unwrap();
    let saved = Pretrained::open(&folder).unwrap();
    assert_eq!(saved.config().generation, pretrained.config().generation);
    assert_eq!(saved.config().audio, pretrained.config().audio);
    let architecture = pretrained.config().architecture();
    let before: Vec<_> = pretrained.checkpoint().saved_tensors(architecture).collect();
    let after: Vec<_> = saved.checkpoint().saved_tensors(architecture).collect();
    assert_eq!(before.len(), after.len());
    for ((name, stored), (saved_name, saved_stored)) in before.iter().zip(&after) {
        assert_eq!(name, saved_name);
        assert_eq!(
            pretrained.checkpoint().read(name, stored).unwrap(),
            saved.checkpoint().read(name, saved_stored).unwrap(),
        );
    }
    // safetensors' own reader finds the file in order.
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.len(), after.len());
    assert!(!folder.join("model.safetensors.partial").exists());
}

#[test]
fn keys_that_musicap_does_not_know_survive_a_conversion() {
    let folder = scratch("keys");
    Pretrained::open(kit("model-a")).unwrap().save(&folder, Precision::F16).unwrap();
    let config = std::fs::read_to_string(folder.join("config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["transformers_version"], "4.26.1");
    assert_eq!(config["audio"]["power"], "real");
}

/// bart-base's `config.json`, which people put beside LP-MusicCaps' weights, has 4 beams and 20
/// tokens; the reference passes its own settings in code.
#[test]
fn a_reference_checkpoint_is_used_with_the_reference_s_settings() {
    let generation = &Pretrained::open(kit("model-a")).unwrap().config().generation.clone();
    for name in ["model-a", "model-a/transfer.pth"] {
        assert_eq!(Pretrained::open_config(kit(name)).unwrap().generation, *generation);
    }
    let config = std::fs::read_to_string(kit("model-a/config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!((&config["num_beams"], &config["max_length"]), (&4.into(), &20.into()));
    let found = (generation.num_beams, generation.max_length, generation.min_length);
    assert_eq!(found, (5, 128, 2));
    // What the reference does not pass is the configuration's.
    assert_eq!(generation.no_repeat_ngram_size, 3);

    // Once converted, config.json states what is in effect and may be edited.
    let folder = scratch("reference");
    Pretrained::open(kit("model-a")).unwrap().save(&folder, Precision::F32).unwrap();
    let text = std::fs::read_to_string(folder.join("config.json")).unwrap();
    std::fs::write(
        folder.join("config.json"),
        text.replace("\"num_beams\": 5", "\"num_beams\": 3"),
    )
    .unwrap();
    assert_eq!(Pretrained::open(&folder).unwrap().config().generation.num_beams, 3);
}

#[test]
fn a_conversion_does_not_keep_the_hash_of_the_weights_it_was_made_from() {
    let pretrained = Pretrained::open(kit("model-a")).unwrap();
    let extra = serde_json::json!({"version": "1", "sha256": "of other weights"});
    let config = pretrained.config().clone().with_extra("musicap", extra);
    let checkpoint = Checkpoint::open_pth(&kit("model-a/transfer.pth")).unwrap();
    let folder = scratch("hash");
    pretrained
        .with_weights("hashed", config, checkpoint)
        .unwrap()
        .save(&folder, Precision::Int8)
        .unwrap();
    let saved = Pretrained::open(&folder).unwrap();
    assert_eq!(saved.config().extra("musicap").unwrap(), &serde_json::json!({"version": "1"}));
}

#[test]
fn a_folder_that_is_saved_over_has_this_model_s_settings_alone() {
    let folder = scratch("over");
    let other = r#"{"num_beams": 9, "max_length": 33}"#;
    std::fs::write(folder.join("generation_config.json"), other).unwrap();
    let pretrained = Pretrained::open(kit("model-b")).unwrap();
    pretrained.save(&folder, Precision::F32).unwrap();
    let saved = Pretrained::open(&folder).unwrap();
    assert_eq!(saved.config().generation, pretrained.config().generation);
    assert!(folder.join("generation_config.json").is_file(), "somebody's file is gone");
}

#[test]
fn a_save_that_is_interrupted_leaves_no_mixture_of_two_models() {
    let folder = scratch("mixture");
    Pretrained::open(kit("model-a")).unwrap().save(&folder, Precision::F32).unwrap();
    let other = Pretrained::embedded().unwrap();
    // A folder in the place of a file cannot be replaced: the save ends half-way.
    std::fs::remove_file(folder.join("tokenizer.json")).unwrap();
    std::fs::create_dir_all(folder.join("tokenizer.json/in the way")).unwrap();
    other.save(&folder, Precision::F32).unwrap_err();
    std::fs::remove_dir_all(folder.join("tokenizer.json")).unwrap();
    for file in ["vocab.json", "merges.txt"] {
        std::fs::copy(kit("model-a").join(file), folder.join(file)).unwrap();
    }
    let opened = Pretrained::open(&folder);
    let Err(Error::IncompleteModel { missing, .. }) = opened else { panic!("{opened:?}") };
    assert_eq!(missing, "config.json");
    let left = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("partial")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn hostile_safetensors_are_errors_that_say_why() {
    let folder = scratch("hostile");
    let file =
        |name: &str, header: &str, data: &[u8]| safetensors(&folder.join(name), header, data);
    let beyond = r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#;
    let reversed = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#;
    let huge = r#"{"a":{"dtype":"F32","shape":[1152921504606846976,16],"data_offsets":[0,8]}}"#;
    let ints = r#"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#;
    let mismatch = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#;
    let length = folder.join("length");
    std::fs::write(&length, (1u64 << 60).to_le_bytes()).unwrap();
    let short = folder.join("short");
    std::fs::write(&short, b"abc").unwrap();
    for (path, word) in [
        (file("beyond", beyond, &[0; 8]), "truncated"),
        (file("reversed", reversed, &[0; 8]), ""),
        (file("huge", huge, &[0; 8]), ""),
        (file("ints", ints, &[0; 8]), "I64"),
        (file("mismatch", mismatch, &[0; 8]), ""),
        (file("not-json", "{{{{", &[]), "header"),
        (length, "truncated"),
        (short, "shorter than 8 bytes"),
    ] {
        match Checkpoint::open_safetensors(&path) {
            Err(Error::InvalidCheckpoint { origin, reason }) => {
                assert_eq!(origin, path.display().to_string());
                assert!(reason.contains(word), "{}: {reason}", path.display());
            }
            other => panic!("{}: {other:?}", path.display()),
        }
    }
}

/// A pickle that would run a program if it were run.
#[test]
fn no_code_is_run_from_a_pickle() {
    let folder = scratch("pickle");
    let proof = folder.join("it-ran");
    let command = format!("touch {}", proof.display());
    let pickle = format!("cos\nsystem\n(S'{command}'\ntR.");
    let path = folder.join("transfer.pth");
    std::fs::write(&path, pickle).unwrap();
    let opened = Checkpoint::open_pth(&path).map(|found| found.tensors().count());
    assert!(matches!(opened, Ok(0) | Err(Error::InvalidCheckpoint { .. })), "{opened:?}");
    assert!(!proof.exists());
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    let folder = scratch("nan");
    Pretrained::open(kit("model-a")).unwrap().save(&folder, Precision::F32).unwrap();
    let path = folder.join("model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let loaded = Captioner::from_pretrained(&folder).map(drop);
    let Err(Error::InvalidCheckpoint { reason, .. }) = loaded else { panic!("{loaded:?}") };
    assert!(reason.contains("finite"), "{reason}");
}

#[test]
fn a_hostile_tokenizer_is_an_error() {
    let json = |model: &str, decoder: &str| {
        format!(
            r#"{{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
                "normalizer":null,"pre_tokenizer":null,"post_processor":null,
                "decoder":{decoder},"model":{model}}}"#
        )
    };
    let bpe = |prefix: &str| {
        format!(
            r###"{{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":{prefix},
                "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,
                "vocab":{{"a":0,"b":1,"ab":2}},"merges":[["a","b"]]}}"###
        )
    };
    let byte_level = r#"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}"#;
    let json = |model: &str| json(model, byte_level);
    let opened = Tokenizer::from_json("here", json(&bpe("\"####\"")).as_bytes()).map(drop);
    assert!(matches!(opened, Err(Error::InvalidTokenizer { .. })), "{opened:?}");

    let tokenizer = Tokenizer::from_json("here", json(&bpe("null")).as_bytes()).unwrap();
    // Tokens that are not in the vocabulary are left out.
    assert!(tokenizer.decode(&[u32::MAX]).is_ok());
}

#[test]
fn a_config_that_asks_for_gigabytes_a_chunk_is_refused() {
    let folder = scratch("gigabytes");
    let config = r#"{"audio":{"sample_rate":192000,"chunk_seconds":120,"hop_length":1,
        "n_mels":1024,"conv_layers":16,"f_max":8000}}"#;
    std::fs::write(folder.join("config.json"), config).unwrap();
    for file in ["vocab.json", "merges.txt", "transfer.pth"] {
        std::fs::copy(kit("model-a").join(file), folder.join(file)).unwrap();
    }
    let opened = Pretrained::open(&folder).map(drop);
    assert!(matches!(opened, Err(Error::InvalidConfig { .. })), "{opened:?}");
}
