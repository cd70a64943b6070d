//! Lambda: `captions/ID.json` → `summaries/ID.json`, the captions with their summary.
//!
//! | variable | default | |
//! |---|---|---|
//! | `RESULTS_BUCKET` | | where summaries go |
//! | `INPUT_PREFIX` | all keys | only captions whose key starts so |
//! | `FAILURES_BUCKET` | none | where reasons of permanent failures go |
//! | `SUMMARIZER` | `local` | `local`, or `openai` for a language model |
//! | `OPENAI_BASE_URL`, `OPENAI_MODEL` | OpenAI, `gpt-4o-mini` | which server and model |
//! | `OPENAI_API_KEY` | | its key |
//! | `LANGUAGE` | `English` | of the summary; others need `openai` |

use anyhow::bail;
use musicap::summarize::{
    LocalSummarizer, OpenAi, OpenAiOptions, Summarizer, SummaryEvent, SummaryOptions, Watch,
};
use musicap::{Captions, Format};
use pipeline::name::SUMMARIES;
use pipeline::{Done, Object, Problem, RecordingId, Stage, Store, Work, logs, settings};

/// The most that is read of a recording's captions: a week of music.
const MOST_BYTES: u64 = 16 << 20;

struct Summarize {
    store: Store,
    bucket: String,
    summarizer: Box<dyn Summarizer>,
    options: SummaryOptions,
}

impl Stage for Summarize {
    const NAME: &'static str = "summarize";

    fn id(&self, object: &Object) -> Result<RecordingId, Problem> {
        Ok(RecordingId::of_result(&object.key))
    }

    fn output(&self, id: &RecordingId) -> (String, String) {
        (self.bucket.clone(), id.key(SUMMARIES, "json"))
    }

    async fn work(&self, work: Work<'_>) -> Result<Done, Problem> {
        let Work { object, id, output, .. } = work;
        let json = self.store.text(&object.bucket, &object.key, MOST_BYTES).await?;
        let read = Captions::read_json(&object.to_string(), &json)?;
        let [mut captions] = <[Captions; 1]>::try_from(read).map_err(|all| {
            let message = format!("{object} holds {} recordings, not one", all.len());
            Problem::permanent("InvalidCaptions", message)
        })?;
        let retried = |event: &SummaryEvent| {
            if let SummaryEvent::Retry { problem, wait } = event {
                let (problem, wait_s) = (problem.to_string(), wait.as_secs_f64());
                tracing::warn!(
                    stage = Self::NAME,
                    recording = id.as_str(),
                    problem,
                    wait_s,
                    "retry"
                );
            }
        };
        let watch = Watch::default().with_events(&retried);
        let summary = self.summarizer.summarize(&captions, &self.options, &watch).await?;
        captions.summary = Some(summary);
        let (audio_s, chunks) = (captions.duration_s, captions.captions.len());
        self.store.put_new_json(&self.bucket, output, captions.write(Format::Json)).await?;
        Ok(Done { audio_s, chunks, later: false })
    }
}

fn summarizer() -> anyhow::Result<Box<dyn Summarizer>> {
    let mut openai = OpenAiOptions::default();
    match &settings::optional("SUMMARIZER", "local".to_owned())?[..] {
        "local" => return Ok(Box::new(LocalSummarizer::new())),
        "openai" => {}
        other => bail!("SUMMARIZER is {other:?}; it must be local or openai"),
    }
    if let Ok(url) = settings::required("OPENAI_BASE_URL") {
        openai = openai.with_base_url(url);
    }
    if let Ok(model) = settings::required("OPENAI_MODEL") {
        openai = openai.with_model(model);
    }
    Ok(Box::new(OpenAi::new(openai)?))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let language: String = settings::optional("LANGUAGE", "English".to_owned())?;
    let options = SummaryOptions::default().with_language(language);
    let summarizer = summarizer()?;
    summarizer.check(&options)?;
    let store = Store::new(&pipeline::sdk_config().await);
    let bucket = settings::required("RESULTS_BUCKET")?;
    let summarize = Summarize { store: store.clone(), bucket, summarizer, options };
    pipeline::run(summarize, store).await
}
