//! Tracks are captioned by several threads, which share one model, and put into the state by one.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Instant;

use musicap::summarize::{LocalSummarizer, SummaryOptions};
use musicap::{CaptionOptions, Captioner, Captions, Error, RecordingEvent, Result};

use super::state::{self, Label, Stamp, State};
use crate::output::SAVE_EVERY;
use crate::progress::Progress;
use crate::recordings::{self, Recording};
use crate::report;

/// How tracks are captioned.
pub struct Run<'a> {
    pub captioner: Captioner,
    pub summary: SummaryOptions,
    /// What labels depend on, beside the tracks.
    pub settings: &'a str,
    /// Number of tracks at a time.
    pub jobs: usize,
    pub quiet: bool,
}

/// A track that is done: its place in the list, the file's stamp before it was opened, its captions,
/// and what ended it early.
struct Done {
    place: usize,
    stamp: Stamp,
    captions: Captions,
    error: Option<Error>,
}

impl Run<'_> {
    /// Captions tracks into the state, and lists those that fail in `failures`.
    ///
    /// # Errors
    /// [`Error::Io`] if the state cannot be written. The state has what was captioned before.
    pub fn caption(
        &self,
        tracks: &[&Recording],
        state: &mut State,
        folder: &Path,
        failures: &mut Vec<String>,
    ) -> Result<()> {
        let options = CaptionOptions::default().without_low_latency().with_facts();
        self.captioner.check(&options)?;
        let bytes = tracks.iter().map(|track| track.bytes()).sum();
        let mut progress = Progress::new(tracks.len(), bytes, self.quiet);
        let mut saved = Instant::now();
        let mut failed = Vec::new();
        let (next, jobs) = (AtomicUsize::new(0), self.jobs.clamp(1, tracks.len().max(1)));
        let (sender, receiver) = sync_channel(jobs);
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                let (sender, next, options) = (sender.clone(), &next, &options);
                scope.spawn(move || self.work(tracks, next, options, &sender));
            }
            drop(sender);
            // Returning early drops the receiver, at which the threads end.
            for Done { place, stamp, captions, error } in receiver {
                let track = tracks[place];
                progress.start(&track.path, track.bytes(), None);
                progress.end();
                for remark in track.remarks(&captions, error.as_ref()) {
                    progress.suspend(|| report(&remark));
                }
                let labelled = match error {
                    Some(error) => Err(error),
                    None => self.label(captions),
                };
                match labelled {
                    Ok(label) => state.put(track, stamp, self.settings, label),
                    Err(error) => {
                        // The file is another one than that which had a label.
                        if !state.is_current(track, self.settings) {
                            state.remove(track);
                        }
                        progress.suspend(|| report(&error));
                        let (file, error) = (track.path.display().to_string(), error.to_string());
                        let failure = match error.starts_with(&file) {
                            true => error,
                            false => format!("{file}: {error}"),
                        };
                        failed.push((place, failure));
                    }
                }
                if saved.elapsed() > SAVE_EVERY {
                    state.save(folder)?;
                    saved = Instant::now();
                }
            }
            failed.sort();
            failures.extend(failed.into_iter().map(|(_, failure)| failure));
            Ok(())
        })
    }

    /// Captions tracks from the place `next` on, until there are no more or nobody receives them.
    fn work(
        &self,
        tracks: &[&Recording],
        next: &AtomicUsize,
        options: &CaptionOptions,
        sender: &SyncSender<Done>,
    ) {
        // Those that this thread has opened and not finished, in their order.
        let opened = RefCell::new(VecDeque::new());
        let sources = std::iter::from_fn(|| {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let track = tracks.get(place)?;
            opened.borrow_mut().push_back((place, state::stamp(track)));
            Some(recordings::open(&track.path))
        });
        let events = match self.captioner.caption_many(sources, options) {
            Ok(events) => events,
            Err(_) => unreachable!("the options have been checked"),
        };
        for event in events {
            let RecordingEvent::End { captions, error, .. } = event else { continue };
            let Some((place, stamp)) = opened.borrow_mut().pop_front() else { return };
            if sender.send(Done { place, stamp, captions, error }).is_err() {
                return;
            }
        }
    }

    fn label(&self, mut captions: Captions) -> Result<Label> {
        // Tempo and key are values of their own: summaries with facts would name them.
        let facts = captions.facts.take().unwrap_or_default();
        let caption = LocalSummarizer::new().describe(&captions, &self.summary)?;
        let notes = recordings::remarks(&captions, None);
        Ok(Label { caption, duration_s: captions.duration_s, facts, notes })
    }
}
