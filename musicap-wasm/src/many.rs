//! Captioning several recordings, whose chunks share batches, one step at a time.

use std::task::Poll;

use js_sys::Array;
use musicap::audio::SampleSource as _;
use musicap::{Caption, CaptionOptions, Captions, RecordingEvent, RecordingStream};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::caption::{Options, Progress};
use crate::error::{in_words, object, thrown};
use crate::input::{Input, Source};
use crate::model::Model;

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

/// The inputs, each opened when it is needed.
struct Inputs {
    inputs: Array,
    next: u32,
}

impl Iterator for Inputs {
    type Item = musicap::Result<Source>;

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.next;
        self.next += 1;
        (place < self.inputs.length())
            .then(|| self.inputs.get(place).unchecked_into::<Input>().open())
    }
}

/// Recordings that are being captioned.
#[wasm_bindgen]
pub struct ManyJob {
    stream: RecordingStream<Inputs, Source>,
    /// The recording whose captions come next.
    recording: usize,
    captioned_s: f64,
    /// Steps since the last caption.
    steps: usize,
    max_steps: usize,
}

#[wasm_bindgen]
impl ManyJob {
    /// Starts with an array of [`Input`].
    #[wasm_bindgen(constructor)]
    pub fn new(model: &Model, inputs: Array, options: JsValue) -> Result<ManyJob, JsValue> {
        let options = Options::read(options)?;
        let max_steps = options.max_steps(model);
        let inputs = Inputs { inputs, next: 0 };
        let options = CaptionOptions::from(options);
        let stream = model.captioner.caption_many(inputs, &options).map_err(thrown)?;
        Ok(ManyJob { stream, recording: 0, captioned_s: 0.0, steps: 0, max_steps })
    }

    /// Does one step of the work. Returns an event, `undefined` if there is none yet, or `null`
    /// after the last one.
    pub fn poll(&mut self) -> Result<JsValue, JsValue> {
        let event = match self.stream.poll_next() {
            Poll::Pending => {
                self.steps += 1;
                return Ok(JsValue::UNDEFINED);
            }
            Poll::Ready(None) => return Ok(JsValue::NULL),
            Poll::Ready(Some(event)) => event,
        };
        self.steps = 0;
        match event {
            RecordingEvent::Caption { recording, caption } => {
                self.captioned_s = caption.end_s;
                object(&Event::Caption { recording, caption })
            }
            RecordingEvent::End { recording, captions, error } => {
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
        self.stream.cancel(recording);
    }

    /// The progress of a job with the recording's number: `{ recording, decoded_s, … }`.
    pub fn progress(&self) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct OfRecording {
            recording: usize,
            #[serde(flatten)]
            progress: Progress,
        }
        let duration = self.stream.source().and_then(|source| source.duration());
        let progress = Progress {
            decoded_s: self.stream.position_s(),
            captioned_s: self.captioned_s,
            duration_s: duration.map(|duration| duration.as_secs_f64()),
            steps: self.steps,
            max_steps: self.max_steps,
        };
        object(&OfRecording { recording: self.recording, progress })
    }
}
