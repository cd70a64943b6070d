//! Lambda: `features/ID.npy` and `ID.json` → `captions/ID.json`.
//!
//! | variable | default | |
//! |---|---|---|
//! | `RESULTS_BUCKET` | | where captions go |
//! | `CAPTION_MODE` | `local` | `local`: in this function; `endpoint`: a SageMaker endpoint; `job`: a SageMaker Processing job for each recording |
//! | `INPUT_PREFIX` | all keys | only features whose key starts so |
//! | `FAILURES_BUCKET` | none | where reasons of permanent failures go |
//! | `MODEL`, `PRECISION` | `embedded`, as it is | `local`: the model; the one that `ingest` has |
//! | `BATCH` | 8 | `local`: chunks at a time |
//! | `ENDPOINT_NAME` | | `endpoint`: its name |
//! | `PAYLOAD_BYTES` | 6000000 | `endpoint`: the largest request, below SageMaker's 6 MB |
//! | `JOB_ABOVE_CHUNKS` | never | `endpoint`: longer recordings become jobs |
//!
//! [`job`] lists what jobs need.

mod array;
mod endpoint;
mod job;
mod local;

use std::time::{Duration, Instant};

use anyhow::bail;
use musicap::audio::ChunkSpan;
use musicap::{Caption, Captions, Format};
use ndarray::Array3;
use pipeline::name::{CAPTIONS, file_name};
use pipeline::{Done, Features, Object, Problem, RecordingId, Stage, Store, Work, logs, settings};

use array::Array;
use endpoint::Endpoint;
use job::Jobs;
use local::Local;

/// The most that is read of a description: more than a day of music has.
const MOST_BYTES: u64 = 16 << 20;
/// What must be left of the function's time to begin one more batch here.
const RESERVE: Duration = Duration::from_secs(5);

/// Who captions.
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

    /// The jobs that a recording of so many chunks is left to.
    fn job(&self, chunks: usize) -> Option<&Jobs> {
        match self {
            Mode::Local(_) => None,
            Mode::Endpoint { long, .. } => {
                long.as_ref().filter(|(above, _)| chunks > *above).map(|(_, jobs)| &**jobs)
            }
            Mode::Job(jobs) => Some(jobs),
        }
    }

    /// How many chunks of so many bytes are captioned at a time.
    fn batch(&self, chunk_bytes: usize) -> usize {
        match self {
            Mode::Local(local) => local.batch(),
            Mode::Endpoint { endpoint, .. } => endpoint.batch(chunk_bytes),
            Mode::Job(_) => 0,
        }
    }

    /// What must be left of the function's time to begin one more batch.
    fn reserve(&self) -> Duration {
        match self {
            Mode::Endpoint { .. } => endpoint::INVOCATION,
            Mode::Local(_) | Mode::Job(_) => RESERVE,
        }
    }

    /// The captions of chunks, and the name of the model that wrote them.
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
            Mode::Job(_) => unreachable!("a job takes recordings as a whole"),
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
            return Err(Problem::permanent("Event", format!("{} is no .npy", work.object)));
        };
        let description = format!("{stem}.json");
        let json = self.store.text(bucket, &description, MOST_BYTES).await?;
        let features = Features::read(&format!("s3://{bucket}/{description}"), &json)?;
        let array = Array::open(&self.store, bucket, key, &features).await?;
        let (audio_s, chunks) = (features.duration_s, features.chunks.len());
        if let Some(jobs) = self.mode.job(chunks) {
            jobs.start(id, bucket, key, &description).await?;
            return Ok(Done { audio_s, chunks, later: true });
        }
        let captions = self.caption(&array, &features, deadline).await?.write(Format::Json);
        self.store.put_new_json(&self.bucket, output, captions).await?;
        Ok(Done { audio_s, chunks, later: false })
    }
}

impl CaptionStage {
    /// Captions all chunks, some at a time: memory does not grow with the recording.
    async fn caption(
        &self,
        array: &Array<'_>,
        features: &Features,
        deadline: Instant,
    ) -> Result<Captions, Problem> {
        let (mut captions, mut model) = (Vec::new(), String::new());
        let batch = self.mode.batch(array.chunk_bytes());
        for spans in features.chunks.chunks(batch.max(1)) {
            if deadline.saturating_duration_since(Instant::now()) < self.mode.reserve() {
                let (done, all) = (captions.len(), features.chunks.len());
                let message = format!(
                    "{}: {done} of {all} chunks were captioned when the function's time ran out: \
                     give it more time or memory (which brings processors), or set CAPTION_MODE=job",
                    features.source.key
                );
                return Err(Problem::permanent("OutOfTime", message));
            }
            let chunks = array.read(captions.len(), spans.len()).await?;
            let (name, more) = self.mode.caption(chunks, spans, features, deadline).await?;
            captions.extend(more);
            model = name;
        }
        Ok(Captions {
            file: Some(file_name(&features.source.key).to_owned()),
            duration_s: features.duration_s,
            model,
            captions,
            summary: None,
            gaps: features.gaps.clone(),
            notes: Vec::new(),
        })
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
