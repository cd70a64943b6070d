//! Lambda: `captions/ID.json` → `summaries/ID.json`, the captions with their summary.
//!
//! | variable | default | |
//! |---|---|---|
//! | `RESULTS_BUCKET` | | the bucket of summaries |
//! | `INPUT_PREFIX` | all keys | the prefix of captions' keys |
//! | `FAILURES_BUCKET` | none | the bucket of notes about failures |
//! | `SUMMARIZER` | `local` | `local`, or `openai` for a language model |
//! | `OPENAI_BASE_URL`, `OPENAI_MODEL` | OpenAI, `gpt-4o-mini` | the server and the model |
//! | `OPENAI_API_KEY_SECRET` | none | the ARN of a Secrets Manager secret that is the server's key; it is read when the function starts, and stands in no configuration |
//! | `OPENAI_API_KEY` | none | the key itself, for tests on one machine |
//! | `LANGUAGE` | `English` | the language of summary, captions and section titles; `openai` writes summaries in any, beside English captions where it is not one of `musicap`'s |

use anyhow::{Context, bail};
use musicap::summarize::{
    Language, LocalSummarizer, OpenAi, OpenAiOptions, Summarizer, SummaryEvent, SummaryOptions,
    Watch,
};
use musicap::{Captions, Format};
use pipeline::json_api::JsonApi;
use pipeline::name::SUMMARIES;
use pipeline::{Done, Object, Problem, RecordingId, Stage, Store, Work, logs, settings};
use serde_json::json;

/// The largest captions that are read, in bytes: those of a week of music, with facts.
const MAX_BYTES: u64 = 64 << 20;

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
        let json = self.store.text(&object.bucket, &object.key, MAX_BYTES).await?;
        let read = Captions::parse_json(&object.to_string(), &json)?;
        let [mut captions] = <[Captions; 1]>::try_from(read).map_err(|all| {
            let message = format!("{object} has captions of {} recordings, not of one", all.len());
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
        // A language model writes languages that captions cannot be translated to.
        let language = Language::find(&self.options.language).unwrap_or(Language::ENGLISH);
        captions.sections = captions.find_sections(language);
        let captions = captions.translated(language)?;
        let (audio_s, chunks) = (captions.duration_s, captions.captions.len());
        self.store.put_new_json(&self.bucket, output, captions.format(Format::Json)).await?;
        Ok(Done { audio_s, chunks, later: false })
    }
}

/// The key of the language model's server, from Secrets Manager if it is there.
async fn key() -> anyhow::Result<Option<String>> {
    let secret: String = settings::optional("OPENAI_API_KEY_SECRET", String::new())?;
    if secret.is_empty() {
        return Ok(None);
    }
    let endpoint = "AWS_ENDPOINT_URL_SECRETS_MANAGER";
    let secrets =
        JsonApi::new("secretsmanager", "secretsmanager", "secretsmanager", endpoint).await?;
    let found = secrets.call("GetSecretValue", &json!({ "SecretId": secret })).await;
    let found = found.map_err(|refused| anyhow::anyhow!("{refused}"));
    let found = found.with_context(|| format!("cannot read the secret {secret}"))?;
    let key = found["SecretString"].as_str();
    let key = key.with_context(|| format!("the secret {secret} has no SecretString"))?;
    Ok(Some(key.trim().to_owned()))
}

async fn summarizer() -> anyhow::Result<Box<dyn Summarizer>> {
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
    if let Some(key) = key().await? {
        openai = openai.with_api_key(key);
    }
    Ok(Box::new(OpenAi::new(openai)?))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let language: String = settings::optional("LANGUAGE", "English".to_owned())?;
    let options = SummaryOptions::default().with_language(language);
    let summarizer = summarizer().await?;
    summarizer.check(&options)?;
    let store = Store::new(&pipeline::sdk_config().await);
    let bucket = settings::required("RESULTS_BUCKET")?;
    let summarize = Summarize { store: store.clone(), bucket, summarizer, options };
    pipeline::run(summarize, store).await
}
