//! JSON: configurations, tokenizers, captions.

use std::path::Path;

use musicap::audio::Waveform;
use musicap::checkpoint::ModelConfig;
use musicap::summarize::{LocalSummarizer, SummaryOptions};
use musicap::{
    CaptionOptions, Captioner, Captions, Error, Format, Pretrained, Tokenizer, VocabFiles,
};

use crate::common::Scratch;
use crate::confined::within;

/// One line of moderate length, whatever the file holds.
fn check(error: &Error) {
    let message = error.to_string();
    assert!(message.len() < 1_000 && !message.contains(char::is_control), "{message:?}");
}

fn nested(depth: usize) -> Vec<String> {
    vec![
        "[".repeat(depth),
        r#"{"a":"#.repeat(depth),
        format!("{}1{}", "[".repeat(depth), "]".repeat(depth)),
        format!(r#"{{"model":{}"#, r#"{"model":"#.repeat(depth)),
        format!(r#"{{"decoder":{}"#, r#"{"type":"Sequence","decoders":["#.repeat(depth)),
        format!(r#"{{"audio":{}"#, r#"{"audio":"#.repeat(depth)),
    ]
}

fn vocab(vocab: &str) -> musicap::Result<Tokenizer> {
    Tokenizer::from_vocab("vocab.json", &VocabFiles { vocab, ..VocabFiles::default() })
}

#[test]
fn texts_nested_a_million_deep_are_refused() {
    within(256, || {
        for depth in [200, 1_000_000] {
            for text in nested(depth) {
                for error in [
                    Tokenizer::from_json("tokenizer.json", text.as_bytes()).unwrap_err(),
                    vocab(&text).unwrap_err(),
                    ModelConfig::from_json("config.json", &text, None).unwrap_err(),
                    ModelConfig::from_json("config.json", "{}", Some(&text)).unwrap_err(),
                    Captions::parse_json("captions.json", &text).unwrap_err(),
                ] {
                    check(&error);
                }
            }
        }
    });
}

/// A folder with the embedded model's files.
fn folder(scratch: &Scratch) -> std::path::PathBuf {
    let folder = scratch.path("model");
    std::fs::create_dir(&folder).unwrap();
    let embedded = Path::new(env!("CARGO_MANIFEST_DIR")).join("embedded");
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(embedded.join(name), folder.join(name)).unwrap();
    }
    folder
}

#[test]
fn a_gigabyte_of_tokenizer_or_configuration_is_not_read() {
    within(192, || {
        for name in ["tokenizer.json", "config.json", "generation_config.json"] {
            let scratch = Scratch::new();
            let folder = folder(&scratch);
            let file = std::fs::File::create(folder.join(name)).unwrap();
            file.set_len(1 << 30).unwrap();
            let error = Pretrained::open(&folder).unwrap_err();
            assert!(error.to_string().contains("larger than 67108864 bytes"), "{error}");
            check(&error);
        }
    });
}

#[test]
fn numbers_that_make_no_model_are_named() {
    within(64, || {
        let huge = 1u64 << 40;
        let mut tried = 0;
        for key in [
            "vocab_size",
            "d_model",
            "encoder_layers",
            "decoder_layers",
            "encoder_attention_heads",
            "decoder_attention_heads",
            "encoder_ffn_dim",
            "decoder_ffn_dim",
            "max_position_embeddings",
            "num_beams",
            "max_length",
            "min_length",
            "repetition_retries",
            "decoder_start_token_id",
            "eos_token_id",
            "forced_bos_token_id",
            "forced_eos_token_id",
            "temperature",
            "top_p",
            "repetition_penalty",
            "length_penalty",
        ] {
            let absurd = format!("{huge},-1,1e308,1e999,{},\"NaN\",[],{{}},true", u64::MAX);
            for value in absurd.split(',') {
                let config = format!(r#"{{"{key}":{value}}}"#);
                match ModelConfig::from_json("config.json", &config, None) {
                    Err(error) => check(&error),
                    // Of these alone large or negative numbers have a meaning.
                    Ok(_) if key == "length_penalty" => assert_eq!(value, "-1"),
                    Ok(_) => {
                        let real = ["temperature", "top_p", "repetition_penalty"].contains(&key);
                        let number: f32 = value.parse().unwrap();
                        assert!(real && number.is_finite() && number > 0.0, "{config}");
                    }
                }
                tried += 1;
            }
        }
        for zero in
            ["vocab_size", "d_model", "encoder_layers", "encoder_attention_heads", "num_beams"]
        {
            let config = format!(r#"{{"{zero}":0}}"#);
            check(&ModelConfig::from_json("config.json", &config, None).unwrap_err());
        }
        for audio in [
            r#"{"n_fft":0}"#,
            r#"{"n_fft":15}"#,
            r#"{"n_fft":1099511627776}"#,
            r#"{"hop_length":0}"#,
            r#"{"hop_length":1}"#,
            r#"{"n_mels":0}"#,
            r#"{"n_mels":1099511627776}"#,
            r#"{"chunk_seconds":0}"#,
            r#"{"chunk_seconds":null}"#,
            r#"{"chunk_seconds":"NaN"}"#,
            r#"{"chunk_seconds":1e300}"#,
            r#"{"chunk_seconds":-10}"#,
            r#"{"chunk_seconds":1e-300}"#,
            r#"{"sample_rate":0}"#,
            r#"{"sample_rate":4294967295}"#,
            r#"{"f_min":9000}"#,
            r#"{"f_max":1e308}"#,
            r#"{"conv_layers":0}"#,
            r#"{"conv_layers":1099511627776}"#,
            r#"{"sample_rate":192000,"chunk_seconds":120,"hop_length":1,"conv_layers":16}"#,
            r#"{"unheard_of":1}"#,
            "[]",
            "7",
        ] {
            let config = format!(r#"{{"audio":{audio}}}"#);
            check(&ModelConfig::from_json("config.json", &config, None).unwrap_err());
            tried += 1;
        }
        // Few megabytes of weights, gigabytes of logits.
        let wide = r#"{"vocab_size":1048576,"d_model":2,"num_beams":64,
            "encoder_attention_heads":1,"decoder_attention_heads":1}"#;
        let error = ModelConfig::from_json("config.json", wide, None).unwrap_err();
        assert!(error.to_string().contains("num_beams"), "{error}");
        assert!(tried > 150);
    });
}

/// Settings that contradict each other: a caption comes out, or an error, and soon.
#[test]
fn contradictory_settings_end() {
    within(700, || {
        let captioner = Captioner::embedded().unwrap();
        let sound: Vec<f32> = (0..160_000).map(|n| (n as f32 * 0.07).sin() * 0.3).collect();
        let sound = Waveform::new(sound, 16_000).unwrap();
        let base = &captioner.config().generation;
        let end = base.eos_token_id;
        let mut cases = Vec::new();
        for num_beams in [1, 3] {
            let base = base.clone().with(|config| {
                config.num_beams = num_beams;
                config.max_length = 24;
            });
            let case = |change: &dyn Fn(&mut musicap::generate::GenerationConfig)| {
                let mut case = base.clone();
                change(&mut case);
                case
            };
            cases.extend([
                // It must end at once and must not end.
                case(&|c| (c.forced_bos_token_id, c.min_length) = (Some(end), 24)),
                case(&|c| (c.forced_bos_token_id, c.forced_eos_token_id) = (Some(end), Some(0))),
                case(&|c| (c.decoder_start_token_id, c.eos_token_id) = (end, end)),
                case(&|c| (c.min_length, c.no_repeat_ngram_size) = (24, 1)),
                case(&|c| c.no_repeat_ngram_size = usize::MAX),
                case(&|c| c.repetition_penalty = f32::MAX),
                case(&|c| c.repetition_penalty = f32::MIN_POSITIVE),
                case(&|c| c.length_penalty = 10.0),
                case(&|c| c.length_penalty = -10.0),
                case(&|c| (c.do_sample, c.temperature) = (true, f32::MIN_POSITIVE)),
                case(&|c| (c.do_sample, c.temperature) = (true, f32::MAX)),
                case(&|c| (c.do_sample, c.top_p, c.top_k) = (true, f32::MIN_POSITIVE, 1)),
                case(&|c| (c.do_sample, c.top_k, c.seed) = (true, usize::MAX, u64::MAX)),
                case(&|c| (c.repetition_retries, c.min_length) = (16, 24)),
            ]);
        }
        for generation in cases {
            let options = CaptionOptions::default().with_generation(generation.clone());
            match captioner.caption(sound.reader(), &options) {
                Ok(captions) => assert_eq!(captions.captions.len(), 1, "{generation:?}"),
                Err(Error::NotFinite { .. } | Error::InvalidOption { .. }) => {}
                Err(other) => panic!("{generation:?}: {other}"),
            }
        }
    });
}

#[test]
fn a_tokenizer_and_a_model_that_do_not_fit_are_told_apart_before_a_word_is_said() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let path = folder.join("tokenizer.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for id in ["100000", "4294967295", "4294967296", "-1"] {
        let bad = text.replacen(r#""Ġmelody":312"#, &format!(r#""Ġmelody":{id}"#), 1);
        assert_ne!(bad, text);
        std::fs::write(&path, bad).unwrap();
        match Pretrained::open(&folder) {
            Err(error @ Error::InvalidTokenizer { .. }) => check(&error),
            other => panic!("{id}: {other:?}"),
        }
    }
}

#[test]
fn captions_of_impossible_times_are_written_down() {
    let json = |start: &str, end: &str, text: &str| {
        format!(
            r#"{{"file":null,"duration_s":{end},"model":"m","summary":null,"captions":
            [{{"index":0,"start_s":{start},"end_s":{end},"text":{text},"score":0}}]}}"#
        )
    };
    for (start, end) in [("1e308", "-1e308"), ("-0.0", "1e-320"), ("18446744073709551616", "1e19")]
    {
        let text = json(start, end, r#""\u001b[2J\n\n1\n00:00:00,000 --> 00:00:01,000\nforged""#);
        let captions = Captions::parse_json("here", &text).unwrap().remove(0);
        for format in [Format::Text, Format::Srt, Format::Vtt, Format::Json] {
            let written = captions.format(format);
            assert!(!written.contains('\u{1b}'), "{written:?}");
        }
        assert_eq!(captions.format(Format::Srt).matches("-->").count(), 1);
        LocalSummarizer::new().describe(&captions, &SummaryOptions::default()).unwrap();
    }
    for (start, end) in [("1e999", "0"), ("null", "0"), ("NaN", "0"), ("\"0\"", "0")] {
        check(&Captions::parse_json("here", &json(start, end, "\"a\"")).unwrap_err());
    }
    let index = json("0", "1", "\"a\"").replace(r#""index":0"#, r#""index":-1"#);
    check(&Captions::parse_json("here", &index).unwrap_err());
}

#[test]
fn a_hundred_thousand_captions_are_summarised_in_bounds() {
    within(512, || {
        let caption = |index: usize| {
            // No two share a word, which is what comparing them all would cost the most for.
            let text = (0..8).map(|word| format!("w{index}x{word}")).collect::<Vec<_>>().join(" ");
            musicap::Caption::new(index, index as f64, index as f64 + 1.0, text)
        };
        let captions = Captions::new(100_000.0, (0..100_000).map(caption).collect());
        let summary = LocalSummarizer::new().describe(&captions, &SummaryOptions::default());
        assert!(summary.unwrap().len() < 10_000);
    });
}

/// Sixty replacements of a letter by two are 2⁶⁰ letters, and a token may be as long as its file.
#[test]
fn a_tokenizer_cannot_blow_up_a_caption() {
    within(128, || {
        let embedded = Path::new(env!("CARGO_MANIFEST_DIR")).join("embedded/tokenizer.json");
        let text = std::fs::read_to_string(embedded).unwrap();
        let twice = r#"{"type":"Replace","pattern":{"String":"a"},"content":"aa"}"#;
        let replacements = vec![twice; 60].join(",");
        let own = r#""decoder":{"type":"ByteLevel""#;
        assert!(text.contains(own) && text.contains(r#""normalizer":null"#));
        let sequence = format!(
            r#""decoder":{{"type":"Sequence","decoders":[{replacements}]}},"x":{{"type":"""#
        );
        let normalizer =
            format!(r#""normalizer":{{"type":"Sequence","normalizers":[{replacements}]}}"#);
        for bad in [
            text.replacen(own, &sequence, 1),
            text.replacen(own, r#""decoder":{"type":"Strip""#, 1),
            text.replacen(r#""normalizer":null"#, &normalizer, 1),
            text.replacen("melody", &"m".repeat(1 << 20), 1),
        ] {
            assert_ne!(bad, text);
            check(&Tokenizer::from_json("tokenizer.json", bad.as_bytes()).unwrap_err());
        }
        let vocab = format!(r#"{{"a":0,"{}":1}}"#, "a".repeat(2_000));
        check(&self::vocab(&vocab).unwrap_err());
    });
}
