//! `musicap-train evaluate`: measures captions on held-out sets.

use anyhow::{Context, Result, ensure};
use clap::Args;
use musicap::checkpoint::Precision;
use musicap::generate::GenerationConfig;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

use crate::agreement::{self, Agreement};
use crate::evaluate::{self, Report};
use crate::evaluator::{Evaluator, open_model};
use crate::faults::{self, Faults};
use crate::finetune::pairs::Remark;
use crate::metrics::{self, Metrics};
use crate::set::Set;
use crate::table;
use crate::truth;

#[derive(Args, Debug)]
pub struct EvaluateArgs {
    /// Held-out sets: folders of shards, and CSV files of pairs (columns audio, caption, and if
    /// wanted start_s, end_s; rows of the same stretch are its references)
    #[arg(long, required_unless_present = "truth", num_args = 1.., value_name = "DIR|CSV")]
    data: Vec<PathBuf>,
    /// Real clips with what is true of them: a CSV file with the columns id, repository, path,
    /// start_s, lead, may_be_named, drums, vocals, and if wanted bpm and complete ("no": other
    /// families may sound, so none is false)
    #[arg(long, value_name = "CSV", requires = "audio")]
    #[arg(conflicts_with_all = ["data", "captions", "agreement", "faults", "families"])]
    truth: Option<PathBuf>,
    /// The folder of the clips of --truth: a recording is DIR/repository/path or DIR/path
    #[arg(long, value_name = "DIR", requires = "truth")]
    audio: Option<PathBuf>,
    /// Another model to measure beside this one on --truth
    #[arg(long, value_name = "MODEL", requires = "truth")]
    baseline: Option<PathBuf>,
    /// Measure these captions, one file for each set: a JSON string a line, in the order of the
    /// clips
    #[arg(long, num_args = 1.., value_name = "JSONL")]
    #[arg(conflicts_with_all = ["model", "precision", "beams", "batch", "clips", "agreement"])]
    captions: Vec<PathBuf>,
    /// A model folder, a .safetensors or .pth file [default: the embedded model]
    #[arg(long)]
    model: Option<PathBuf>,
    /// How precisely weights are kept
    #[arg(long, value_name = "f32|f16", default_value = "f32")]
    precision: Precision,
    /// Hypotheses that beam search follows; 1 is greedy search [default: the model's]
    #[arg(long, value_name = "N")]
    beams: Option<usize>,
    /// Clips that are heard at once; the captions are the same
    #[arg(long, value_name = "N", default_value_t = 16)]
    batch: usize,
    /// Measure only the first clips of each set
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    clips: usize,
    /// Print F1 for each family
    #[arg(long)]
    families: bool,
    /// Print the commonest faults, this many of each set, and the worst captions
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    faults: usize,
    /// Caption in every precision, too, and print how many captions stay the same
    #[arg(long)]
    agreement: bool,
    /// Write all figures and captions into this JSON file
    #[arg(long, value_name = "JSON")]
    report: Option<PathBuf>,
}

/// What was measured, as `--report` writes it.
#[derive(Serialize)]
struct Measurement {
    musicap: &'static str,
    /// How the captions were made; nothing where they were made elsewhere.
    #[serde(flatten)]
    model: Option<Model>,
    sets: Vec<Measured>,
}

#[derive(Serialize)]
struct Model {
    model: String,
    precision: Precision,
    generation: GenerationConfig,
}

/// A set's figures.
#[derive(Serialize)]
pub struct Measured {
    pub data: String,
    pub clips: usize,
    pub model: Figures,
    /// What the commonest answers would score, given as the same caption for every clip.
    pub majority: Option<Figures>,
    pub agreement: Vec<Agreement>,
    pub faults: Option<Faults>,
    /// Rows of a CSV file that could not be used.
    pub left_out: Vec<Remark>,
    pub captions: Vec<String>,
}

/// The figures of some captions.
#[derive(Serialize)]
pub struct Figures {
    /// Against the scores, where there are some.
    pub attributes: Option<Report>,
    /// Against the true captions.
    pub metrics: Metrics,
}

/// Runs the command.
///
/// # Errors
/// If a set, a model or captions cannot be read, or the report not written.
pub fn run(args: &EvaluateArgs) -> Result<()> {
    if let Some((truth, audio)) = args.truth.as_ref().zip(args.audio.as_ref()) {
        return run_truth(args, truth, audio);
    }
    let measurement = if args.captions.is_empty() { caption(args)? } else { read(args)? };
    for remark in measurement.sets.iter().flat_map(|set| &set.left_out) {
        eprintln!("left out: {remark}");
    }
    print!("{}", table::figures(&measurement.sets));
    print!("{}", table::agreement(&measurement.sets));
    if args.families {
        print!("{}", table::families(&measurement.sets));
    }
    print!("{}", table::faults(&measurement.sets));
    if let Some(path) = &args.report {
        let json = serde_json::to_string_pretty(&measurement)?;
        fs::write(path, json + "\n").with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Measures one model, or two, on real clips.
fn run_truth(args: &EvaluateArgs, truth: &Path, audio: &Path) -> Result<()> {
    let mut measured = Vec::new();
    for model in std::iter::once(&args.model).chain(args.baseline.iter().map(|_| &args.baseline)) {
        let model = open_model(model.as_deref())?;
        let evaluator = Evaluator::load(&model, args.precision, args.beams, args.batch)?;
        measured.push(truth::measure(truth, audio, args.clips, &model, &evaluator)?);
    }
    print!("{}", truth::table(&measured));
    if let Some(path) = &args.report {
        let json = serde_json::to_string_pretty(&measured)?;
        fs::write(path, json + "\n").with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Measures captions that were made elsewhere.
fn read(args: &EvaluateArgs) -> Result<Measurement> {
    let (sets, files) = (args.data.len(), args.captions.len());
    ensure!(sets == files, "{files} files of captions for {sets} sets");
    let measured = args.data.iter().zip(&args.captions).map(|(data, file)| {
        let set = Set::unheard(data)?;
        let captions = set.read_captions(file).with_context(|| set.name.clone())?;
        Ok(measure(&set, captions, args.faults))
    });
    Ok(Measurement {
        musicap: env!("CARGO_PKG_VERSION"),
        model: None,
        sets: measured.collect::<Result<_>>()?,
    })
}

/// Measures the captions of a model.
fn caption(args: &EvaluateArgs) -> Result<Measurement> {
    let model = open_model(args.model.as_deref())?;
    let load = |precision| Evaluator::load(&model, precision, args.beams, args.batch);
    let evaluator = load(args.precision)?;
    let mut sets = Vec::new();
    for data in &args.data {
        sets.push(Set::open(data, args.clips, &model)?);
    }
    let mut measured = Vec::new();
    for set in &mut sets {
        let captions = set.captions(&evaluator)?;
        measured.push(measure(set, captions, args.faults));
    }
    if args.agreement {
        let mut full: Vec<Vec<String>> = Vec::new();
        for (name, precision) in agreement::precisions() {
            let other = (precision != args.precision).then(|| load(precision)).transpose()?;
            for (i, set) in sets.iter_mut().enumerate() {
                let captions = match &other {
                    Some(evaluator) => set.captions(evaluator)?,
                    None => measured[i].captions.clone(),
                };
                match full.get(i) {
                    // Float32 comes first.
                    None => full.push(captions),
                    Some(full) => {
                        let agreement = agreement::agreement(name, full, &captions);
                        measured[i].agreement.push(agreement);
                    }
                }
            }
        }
    }
    Ok(Measurement {
        musicap: env!("CARGO_PKG_VERSION"),
        model: Some(Model {
            model: model.name().to_owned(),
            precision: args.precision,
            generation: evaluator.generation,
        }),
        sets: measured,
    })
}

fn measure(set: &Set, captions: Vec<String>, faults: usize) -> Measured {
    const WORST: usize = 5;
    let records = set.records.as_deref();
    let figures = |captions: &[String]| Figures {
        attributes: records.map(|records| evaluate::evaluate(records, captions)),
        metrics: metrics::compare(captions, &set.references),
    };
    let majority = records.map(|records| vec![evaluate::majority(records); records.len()]);
    Measured {
        data: set.name.clone(),
        clips: captions.len(),
        model: figures(&captions),
        majority: majority.map(|captions| figures(&captions)),
        agreement: Vec::new(),
        faults: records
            .filter(|_| faults > 0)
            .map(|records| faults::faults(records, &captions, faults, faults.min(WORST))),
        left_out: set.left_out.clone(),
        captions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip;
    use crate::compose::compose;
    use crate::plan::Plan;
    use crate::rng::{Purpose, Rng};
    use crate::shard::{CLIP_BYTES, Shard};
    use clap::Parser;
    use serde_json::Value;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: EvaluateArgs,
    }

    /// Runs the command and gives its report.
    fn evaluate(folder: &Path, line: &str) -> Result<Value> {
        let report = folder.join("report.json");
        let words = format!("evaluate {line} --report report.json");
        let at_home = |word: &str| match word.contains(['.', '/']) {
            true => folder.join(word).display().to_string(),
            false => word.to_owned(),
        };
        run(&Line::try_parse_from(words.split(' ').map(at_home))?.args)?;
        Ok(serde_json::from_str(&fs::read_to_string(report)?)?)
    }

    /// A folder with the shards `set/` of three clips of noise.
    fn folder(test: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("musicap-{test}-{}", std::process::id()));
        let mut shard = Shard::open(&folder.join("set"), 0, 1).unwrap();
        for index in 0..3 {
            let mut rng = Rng::new(9, index, Purpose::Compose);
            let score = compose(&Plan::random(&mut rng), 12.0, &mut rng);
            let captions = crate::caption::variants(&score, &mut rng);
            let record = clip::record(index, &score, Vec::new(), captions);
            let mel: Vec<u8> = (0..CLIP_BYTES).map(|_| rng.int(60, 200) as u8).collect();
            shard.push(&mel, &record).unwrap();
        }
        folder
    }

    #[test]
    fn one_command_measures_the_embedded_model() {
        let folder = folder("embedded");
        let all = "--data set/ set/ --clips 2 --agreement --faults 3 --families";
        let report = evaluate(&folder, all).unwrap();
        assert_eq!((&report["model"], &report["precision"]), (&"embedded".into(), &"f32".into()));
        for set in report["sets"].as_array().unwrap() {
            assert_eq!((&set["data"], &set["clips"]), (&"set".into(), &2.into()));
            assert_eq!(set["captions"].as_array().unwrap().len(), 2);
            let bleu = set["model"]["metrics"]["bleu"][0].as_f64().unwrap();
            assert!(bleu > 0.0 && bleu < 1.0, "{bleu}");
            assert!(set["majority"]["attributes"]["tempo"].as_f64().unwrap() > 0.0);
            assert_eq!(set["agreement"][0]["precision"], "f16");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn captions_made_elsewhere_score_as_if_made_here_in_any_batch() {
        let folder = folder("elsewhere");
        let heard = evaluate(&folder, "--data set/ --batch 2 --beams 1").unwrap();
        let captions = heard["sets"][0]["captions"].as_array().unwrap();
        let lines: Vec<String> = captions.iter().map(Value::to_string).collect();
        fs::write(folder.join("c.jsonl"), lines.join("\n")).unwrap();
        let read = evaluate(&folder, "--data set/ --captions c.jsonl").unwrap();
        let again = evaluate(&folder, "--data set/ --batch 1 --beams 1").unwrap();
        // Not assert_eq, which would print it all.
        assert!(heard["sets"] == read["sets"], "captions made elsewhere");
        assert!(heard["sets"] == again["sets"], "captions of another batch size");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn recordings_are_measured_against_all_captions_of_their_stretch() {
        let folder = folder("recordings");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(folder.join("a.wav"), spec).unwrap();
        (0..32_000).for_each(|n| wav.write_sample((n * 331 % 9_000) as i16).unwrap());
        wav.finalize().unwrap();
        let rows = "audio,caption,start_s,end_s\na.wav,A harp.,0,2\na.wav,A fast harp.,2,4\n\
                    a.wav,A slow harp.,0,2\nb.wav,A flute.,0,2\na.wav,,0,2\n";
        fs::write(folder.join("pairs.csv"), rows).unwrap();
        let report = evaluate(&folder, "--data pairs.csv set/ --clips 3 --agreement").unwrap();
        let set = &report["sets"][0];
        assert_eq!((&set["clips"], &set["agreement"][0]["identical"]), (&2.into(), &1.0.into()));
        assert_eq!(set["left_out"].as_array().unwrap().len(), 2);
        assert!(set["model"]["attributes"].is_null() && set["majority"].is_null());

        let said = ["A slow harp.", "A fast harp.", "A flute."].map(|text| format!("{text:?}\n"));
        fs::write(folder.join("c.jsonl"), said.concat()).unwrap();
        let report = evaluate(&folder, "--data pairs.csv --captions c.jsonl").unwrap();
        let bleu = report["sets"][0]["model"]["metrics"]["bleu"][0].as_f64().unwrap();
        assert!((bleu - 1.0).abs() < 1e-6, "{bleu}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_cannot_be_measured_is_told() {
        let folder = folder("refused");
        let refused = |line: &str| format!("{:#}", evaluate(&folder, line).unwrap_err());
        fs::write(folder.join("c.jsonl"), "\"A harp.\"\n").unwrap();
        assert!(refused("--data set/ --captions c.jsonl").contains("1 captions for 3 clips"));
        assert!(refused("--data no/").contains("no"));
        assert!(refused("--data set/ --beams 0").contains("num_beams"));
        let line = "--data set/ --captions c.jsonl --agreement";
        assert!(refused(line).contains("cannot be used with"));

        let other = folder.join("model/");
        musicap::Pretrained::embedded().unwrap().save(&other, Precision::F16).unwrap();
        let config = fs::read_to_string(other.join("config.json")).unwrap();
        let mut config: Value = serde_json::from_str(&config).unwrap();
        config["audio"]["power"] = "real".into();
        fs::write(other.join("config.json"), config.to_string()).unwrap();
        assert!(refused("--data set/ --model model/").contains("front end"));
        fs::remove_dir_all(folder).unwrap();
    }
}
