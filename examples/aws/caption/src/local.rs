//! Captions by a model inside the function.

use musicap::audio::ChunkSpan;
use musicap::{Caption, CaptionOptions, Captioner};
use ndarray::Array3;
use pipeline::{Features, Problem, settings};

/// A loaded model.
pub struct Local {
    captioner: Captioner,
    batch: usize,
}

impl Local {
    /// Loads the model named by the settings.
    pub fn from_settings() -> anyhow::Result<Self> {
        let batch = settings::optional("BATCH", 8)?;
        Ok(Local { captioner: settings::captioner()?, batch })
    }

    /// Chunks per batch.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The model's name and the captions of chunks.
    pub async fn caption(
        &self,
        chunks: Array3<f32>,
        spans: &[ChunkSpan],
        features: &Features,
    ) -> Result<(String, Vec<Caption>), Problem> {
        let config = self.captioner.config();
        features.check(self.captioner.name(), &config.audio)?;
        let (captioner, spans) = (self.captioner.clone(), spans.to_vec());
        let options = features.options(&CaptionOptions::default());
        let work = move || captioner.caption_features(chunks, &spans, &options);
        let key = &features.source.key;
        let captions = tokio::task::spawn_blocking(work).await;
        let captions =
            captions.map_err(|error| Problem::permanent("Panic", format!("{key}: {error}")))??;
        Ok((self.captioner.name().to_owned(), captions))
    }
}
