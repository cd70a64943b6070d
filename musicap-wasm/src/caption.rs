//! Captioning recordings, whose chunks share batches, one step at a time. Other workers may take
//! batches of the chunks.

use std::collections::BTreeSet;
use std::task::Poll;

use js_sys::Array;
use musicap::audio::SampleSource as _;
use musicap::{Caption, CaptionOptions, Captioner, Captions, RecordingEvent, RecordingStream};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::error::{in_words, object, thrown};
use crate::input::{Input, Source};
use crate::model::Model;
use crate::options::Options;
use crate::search::{batch_object, read_outputs};

/// An event, as JavaScript gets it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Event {
    Caption { recording: usize, caption: Caption },
    End { recording: usize, captions: Box<Captions>, error: Option<Failure> },
}

#[derive(Serialize)]
struct Failure {
    code: &'static str,
    message: String,
}

/// The inputs that are there, each taken and opened when it is needed.
struct Inputs(Array);

impl Iterator for Inputs {
    type Item = musicap::Result<Source>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.0.length() > 0).then(|| self.0.shift().unchecked_into::<Input>().open())
    }
}

/// The progress of a job with the number of the recording whose captions come next.
#[derive(Serialize)]
struct Progress {
    recording: usize,
    decoded_s: f64,
    captioned_s: f64,
    /// `None` if it is unknown.
    duration_s: Option<f64>,
    steps: usize,
    max_steps: usize,
}

/// Recordings that are being captioned.
#[wasm_bindgen]
pub struct CaptionJob {
    captioner: Captioner,
    options: CaptionOptions,
    /// What the stream takes its recordings from.
    inputs: Array,
    stream: RecordingStream<Inputs, Source>,
    /// The number of the stream's first recording.
    first: usize,
    /// Recordings that have been cancelled, whether a stream has them or not.
    cancelled: BTreeSet<usize>,
    /// The number of recordings.
    recordings: usize,
    /// Seconds from the start of a chunk to that of the next.
    hop_s: f64,
    /// Chunks that are in this worker's model together at most.
    batch_size: usize,
    /// The recording whose captions come next.
    recording: usize,
    captioned_s: f64,
    /// Steps since the last caption.
    steps: usize,
    max_steps: usize,
}

#[wasm_bindgen]
impl CaptionJob {
    /// Starts with an array of [`Input`], to which the caller adds until there are `recordings`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        model: &Model,
        inputs: Array,
        recordings: usize,
        options: JsValue,
    ) -> Result<CaptionJob, JsValue> {
        let options = Options::read(options)?;
        let max_steps = options.max_steps(model);
        let options = CaptionOptions::from(options);
        let captioner = model.captioner.clone();
        let stream = captioner.caption_many(Inputs(inputs.clone()), &options).map_err(thrown)?;
        Ok(CaptionJob {
            stream,
            inputs,
            first: 0,
            cancelled: BTreeSet::new(),
            recordings,
            hop_s: captioner.config().audio.chunk_seconds - options.overlap_seconds,
            batch_size: captioner.batch_size(&options),
            captioner,
            options,
            recording: 0,
            captioned_s: 0.0,
            steps: 0,
            max_steps,
        })
    }

    /// Does one step of the work. Returns an event, `undefined` if there is none yet, or `null`
    /// after the last one of the recordings that are there.
    pub fn poll(&mut self) -> Result<JsValue, JsValue> {
        let event = match self.stream.poll_next() {
            Poll::Pending => {
                self.steps += 1;
                return Ok(JsValue::UNDEFINED);
            }
            Poll::Ready(None) if self.inputs.length() > 0 => {
                self.restart()?;
                return Ok(JsValue::UNDEFINED);
            }
            Poll::Ready(None) => return Ok(JsValue::NULL),
            Poll::Ready(Some(event)) => event,
        };
        self.steps = 0;
        match event {
            RecordingEvent::Caption { recording, caption } => {
                self.captioned_s = caption.end_s;
                object(&Event::Caption { recording: self.first + recording, caption })
            }
            RecordingEvent::End { recording, captions, error } => {
                let recording = self.first + recording;
                (self.recording, self.captioned_s) = (recording + 1, 0.0);
                let failure = |error| {
                    let error = in_words(error);
                    Failure { code: error.code(), message: error.to_string() }
                };
                let captions = Box::new(captions);
                object(&Event::End { recording, captions, error: error.map(failure) })
            }
            _ => Ok(JsValue::UNDEFINED),
        }
    }

    /// Reads no more of a recording; its end still comes.
    pub fn cancel(&mut self, recording: usize) {
        self.cancelled.insert(recording);
        if let Some(place) = recording.checked_sub(self.first) {
            self.stream.cancel(place);
        }
    }

    /// About how many chunks have not been read yet. If the length of a recording is unknown, as much
    /// is expected of it as has been read.
    pub fn unread(&self) -> usize {
        let later = self.recordings.saturating_sub(self.recording + 1);
        let Some(source) = self.stream.source() else { return later };
        let read_s = self.stream.position_s();
        let left_s = source.duration().map_or(read_s, |all| all.as_secs_f64() - read_s);
        later + (left_s / self.hop_s).ceil().max(0.0) as usize
    }

    /// The next chunks, up to so many, for another worker's [`SearchJob`](crate::search::SearchJob):
    /// `{ number, features, indices }`. `undefined` if there are none now.
    pub fn take(&mut self, chunks: usize) -> Result<JsValue, JsValue> {
        let batch = self.stream.take_batch(chunks.min(self.batch_size));
        batch.map_or(Ok(JsValue::UNDEFINED), batch_object)
    }

    /// Takes what another worker has found for a batch.
    pub fn complete(&mut self, number: usize, outputs: JsValue) -> Result<(), JsValue> {
        self.stream.complete_batch(number, read_outputs(outputs)?).map_err(thrown)
    }

    /// Takes a batch back, which this worker then captions.
    #[wasm_bindgen(js_name = takeBack)]
    pub fn take_back(&mut self, number: usize) {
        self.stream.return_batch(number);
    }

    /// Whether nothing can be done before a batch comes back from another worker.
    #[wasm_bindgen(js_name = isWaiting)]
    pub fn is_waiting(&self) -> bool {
        self.stream.is_waiting()
    }

    /// Limits the number of chunks that are in this worker's model together.
    #[wasm_bindgen(js_name = limitBatch)]
    pub fn limit_batch(&mut self, chunks: usize) {
        self.stream.set_batch_size(chunks.min(self.batch_size));
    }

    /// `{ recording, decoded_s, captioned_s, duration_s, steps, max_steps }`.
    pub fn progress(&self) -> Result<JsValue, JsValue> {
        let duration = self.stream.source().and_then(|source| source.duration());
        object(&Progress {
            recording: self.recording,
            decoded_s: self.stream.position_s(),
            captioned_s: self.captioned_s,
            duration_s: duration.map(|duration| duration.as_secs_f64()),
            steps: self.steps,
            max_steps: self.max_steps,
        })
    }
}

impl CaptionJob {
    /// Goes on with recordings that were not there yet when the stream looked for more of them.
    fn restart(&mut self) -> Result<(), JsValue> {
        let inputs = Inputs(self.inputs.clone());
        self.stream = self.captioner.caption_many(inputs, &self.options).map_err(thrown)?;
        self.first = self.recording;
        for recording in self.cancelled.range(self.first..) {
            self.stream.cancel(recording - self.first);
        }
        Ok(())
    }
}
