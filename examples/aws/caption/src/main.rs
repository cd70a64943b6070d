//! Lambda: `features/ID.npy` and `ID.json` → `captions/ID.json`.
//!
//! | variable | default | |
//! |---|---|---|
//! | `RESULTS_BUCKET` | | the bucket of captions |
//! | `CAPTION_MODE` | `local` | `local`: in this function; `endpoint`: by a SageMaker endpoint; `job`: by a SageMaker Processing job for each recording |
//! | `INPUT_PREFIX` | all keys | the prefix of features' keys |
//! | `FAILURES_BUCKET` | none | the bucket of notes about failures |
//! | `MODEL`, `PRECISION` | `embedded`, as stored | `local`: the model, the same as `ingest` has |
//! | `BATCH` | 8 | `local`: chunks per batch |
//! | `ENDPOINT_NAME` | | `endpoint`: its name |
//! | `PAYLOAD_BYTES` | 6000000 | `endpoint`: the largest request, below SageMaker's limit of 6 MB |
//! | `JOB_ABOVE_CHUNKS` | never | `endpoint`: longer recordings become jobs |
//!
//! [`job`] lists the settings of jobs.

mod array;
mod endpoint;
mod job;
mod local;

use std::time::{Duration, Instant};

use anyhow::bail;
use musicap::audio::ChunkSpan;
use musicap::{Caption, Captions, Format};
use ndarray::Array3;
use pipeline::name::CAPTIONS;
use pipeline::{Done, Features, Object, Problem, RecordingId, Stage, Store, Work, logs, settings};

use array::Array;
use endpoint::Endpoint;
use job::Jobs;
use local::Local;

/// The largest description that is read, in bytes: larger than that of a day of music.
const MAX_BYTES: u64 = 16 << 20;
/// The part of the function's time that a batch may need in this function.
const BATCH_TIME: Duration = Duration::from_secs(5);

/// Where captions are computed.
enum Mode {
    Local(Local),
    Endpoint { endpoint: Endpoint, long: Option<(usize, Box<Jobs>)> },
    Job(Box<Jobs>),
}

impl Mode {
    async fn from_settings(bucket: &str) -> anyhow::Result<Self> {
        match &settings::optional("CAPTION_MODE", "local".to_owned())?[..] {
            "local" => Ok(Mode::Local(Local::from_settings()?)),
            "endpoint" => {
                let above: usize = settings::optional("JOB_ABOVE_CHUNKS", usize::MAX)?;
                let long = match above {
                    usize::MAX => None,
                    above => Some((above, Box::new(Jobs::from_settings(bucket).await?))),
                };
                Ok(Mode::Endpoint { endpoint: Endpoint::from_settings().await?, long })
            }
            "job" => Ok(Mode::Job(Box::new(Jobs::from_settings(bucket).await?))),
            other => bail!("CAPTION_MODE is {other:?}; it must be local, endpoint or job"),
        }
    }

    /// The jobs that caption a recording of so many chunks, if jobs do.
    fn job(&self, chunks: usize) -> Option<&Jobs> {
        match self {
            Mode::Local(_) => None,
            Mode::Endpoint { long, .. } => {
                long.as_ref().filter(|(above, _)| chunks > *above).map(|(_, jobs)| &**jobs)
            }
            Mode::Job(jobs) => Some(jobs),
        }
    }

    /// The number of chunks of so many bytes that are captioned at a time.
    fn batch(&self, chunk_bytes: usize) -> usize {
        match self {
            Mode::Local(local) => local.batch(),
            Mode::Endpoint { endpoint, .. } => endpoint.batch(chunk_bytes),
            Mode::Job(_) => 0,
        }
    }

    /// The part of the function's time that must be left to begin a batch.
    fn batch_time(&self) -> Duration {
        match self {
            Mode::Endpoint { .. } => endpoint::INVOCATION_TIME,
            Mode::Local(_) | Mode::Job(_) => BATCH_TIME,
        }
    }

    /// The model's name and the captions of chunks.
    async fn caption(
        &self,
        chunks: Array3<f32>,
        spans: &[ChunkSpan],
        features: &Features,
        deadline: Instant,
    ) -> Result<(String, Vec<Caption>), Problem> {
        match self {
            Mode::Local(local) => local.caption(chunks, spans, features).await,
            Mode::Endpoint { endpoint, .. } => {
                endpoint.caption(&chunks, spans, features, deadline).await
            }
            Mode::Job(_) => unreachable!("jobs caption whole recordings"),
        }
    }
}

struct CaptionStage {
    store: Store,
    bucket: String,
    mode: Mode,
}

impl Stage for CaptionStage {
    const NAME: &'static str = "caption";

    fn id(&self, object: &Object) -> Result<RecordingId, Problem> {
        Ok(RecordingId::of_result(&object.key))
    }

    fn output(&self, id: &RecordingId) -> (String, String) {
        (self.bucket.clone(), id.key(CAPTIONS, "json"))
    }

    async fn work(&self, work: Work<'_>) -> Result<Done, Problem> {
        let Work { object: Object { bucket, key, .. }, id, output, deadline } = work;
        let Some(stem) = key.strip_suffix(".npy") else {
            return Err(Problem::permanent("Event", format!("{} is not a .npy file", work.object)));
        };
        let description = format!("{stem}.json");
        let json = self.store.text(bucket, &description, MAX_BYTES).await?;
        let features = Features::read(&format!("s3://{bucket}/{description}"), &json)?;
        let array = Array::open(&self.store, bucket, key, &features).await?;
        let (audio_s, chunks) = (features.duration_s, features.chunks.len());
        if let Some(jobs) = self.mode.job(chunks) {
            jobs.start(id, bucket, key, &description).await?;
            return Ok(Done { audio_s, chunks, later: true });
        }
        let captions = self.caption(&array, features, deadline).await?.format(Format::Json);
        self.store.put_new_json(&self.bucket, output, captions).await?;
        Ok(Done { audio_s, chunks, later: false })
    }
}

impl CaptionStage {
    /// Captions all chunks in batches: memory does not grow with the recording.
    async fn caption(
        &self,
        array: &Array<'_>,
        features: Features,
        deadline: Instant,
    ) -> Result<Captions, Problem> {
        let (mut captions, mut model) = (Vec::new(), String::new());
        let batch = self.mode.batch(array.chunk_bytes());
        for spans in features.chunks.chunks(batch.max(1)) {
            if deadline.saturating_duration_since(Instant::now()) < self.mode.batch_time() {
                let (done, all) = (captions.len(), features.chunks.len());
                let message = format!(
                    "{}: the function's time ran out after {done} of {all} chunks: give it more time, \
                     or more memory (which adds processors), or set CAPTION_MODE=job",
                    features.source.key
                );
                return Err(Problem::permanent("OutOfTime", message));
            }
            let chunks = array.read(captions.len(), spans.len()).await?;
            let (name, more) = self.mode.caption(chunks, spans, &features, deadline).await?;
            captions.extend(more);
            model = name;
        }
        Ok(features.captions(model, captions))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let store = Store::new(&pipeline::sdk_config().await);
    let bucket = settings::required("RESULTS_BUCKET")?;
    let mode = Mode::from_settings(&bucket).await?;
    pipeline::run(CaptionStage { store: store.clone(), bucket, mode }, store).await
}
