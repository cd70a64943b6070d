//! Lambda: `incoming/….mp3` → `features/ID.json` and `features/ID.npy`.
//!
//! | variable | default | |
//! |---|---|---|
//! | `FEATURES_BUCKET` | | the bucket of features |
//! | `INPUT_PREFIX` | all keys | the prefix of recordings' keys |
//! | `FAILURES_BUCKET` | none | the bucket of notes about failures |
//! | `MODEL` | `embedded` | the model whose front end computes the features |
//! | `FACTS` | `on` | the facts of recordings and captions: `off`, `on`, or `beats` for the times of beats as well |
//! | `MAX_BYTES` | 419430400 | the largest file |
//! | `MAX_SECONDS` | 10800 | the longest recording |
//!
//! `/tmp` holds the recording and its features: `MAX_BYTES` and, for each hour of audio, 184 MB
//! (LP-MusicCaps) or 46 MB (the embedded model).

mod compute;

use std::time::Duration;

use compute::FrontEnd;
use musicap::audio::AudioLimits;
use musicap::facts::FactsMode;
use pipeline::name::FEATURES;
use pipeline::{Done, Object, Problem, RecordingId, Stage, Store, Work, logs, settings};

/// How much of a recording is checked before the rest is downloaded: more than the decoder searches
/// for the first frame.
const START_BYTES: u64 = 2 << 20;

struct Ingest {
    store: Store,
    bucket: String,
    max_bytes: u64,
    front_end: FrontEnd,
}

impl Stage for Ingest {
    const NAME: &'static str = "ingest";

    fn id(&self, object: &Object) -> Result<RecordingId, Problem> {
        RecordingId::of_upload(object)
    }

    fn output(&self, id: &RecordingId) -> (String, String) {
        (self.bucket.clone(), id.key(FEATURES, "npy"))
    }

    async fn work(&self, work: Work<'_>) -> Result<Done, Problem> {
        let Work { object, id, output, .. } = work;
        let (start, more) = self.store.start(object, START_BYTES, self.max_bytes).await?;
        if more {
            let source = object.clone();
            self.blocking(object, move |front_end| front_end.check_start(start.into(), &source))
                .await?;
        }
        let recording = self.store.download(object, self.max_bytes).await?;
        let source = object.clone();
        let (features, array) =
            self.blocking(object, move |front_end| front_end.compute(recording, &source)).await?;

        // The array invokes the next stage, which needs the description.
        let json = serde_json::to_string_pretty(&features).expect("plain data can be written");
        self.store.put_new_json(&self.bucket, &id.key(FEATURES, "json"), json).await?;
        self.store.put_new_file(&self.bucket, output, "application/x-npy", &array).await?;
        let (audio_s, chunks) = (features.duration_s, features.chunks.len());
        Ok(Done { audio_s, chunks, later: false })
    }
}

impl Ingest {
    /// Runs `work` on a thread that may block.
    async fn blocking<T: Send + 'static>(
        &self,
        object: &Object,
        work: impl FnOnce(FrontEnd) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let front_end = self.front_end.clone();
        let done = tokio::task::spawn_blocking(move || work(front_end)).await;
        done.map_err(|error| Problem::permanent("Panic", format!("{object}: {error}")))?
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    logs::start();
    let limits = AudioLimits::default()
        .with_max_duration(Duration::from_secs(settings::optional("MAX_SECONDS", 3 * 3600)?));
    let facts = settings::optional("FACTS", FactsMode::On)?;
    let store = Store::new(&pipeline::sdk_config().await);
    let ingest = Ingest {
        store: store.clone(),
        bucket: settings::required("FEATURES_BUCKET")?,
        max_bytes: settings::optional("MAX_BYTES", 400 << 20)?,
        front_end: FrontEnd::new(settings::model()?.config(), limits, facts)?,
    };
    pipeline::run(ingest, store).await
}
