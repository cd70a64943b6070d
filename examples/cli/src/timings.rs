//! `--timings`: the time of each stage, and the generation settings.

use std::time::Duration;

use musicap::generate::GenerationConfig;
use musicap::{Stage, Timings};

/// Prints a line for each stage, with the time per chunk or step, and one for the settings.
pub fn print_timings(
    timings: &Timings,
    generation: &GenerationConfig,
    loaded: Duration,
    all: Duration,
) {
    let Timings { chunks, steps, rows, .. } = timings;
    let share = |part: Duration| 100.0 * part.as_secs_f64() / all.as_secs_f64();
    let line = |stage: &dyn std::fmt::Display, part: Duration, note: String| {
        eprintln!("{stage:13} {:8.3} s {:5.1} %  {note}", part.as_secs_f64(), share(part));
    };
    line(&"load", loaded, String::new());
    for stage in Stage::ALL {
        let part = timings.spent(*stage);
        let each = |count: u64| 1e3 * part.as_secs_f64() / count.max(1) as f64;
        let note = match stage {
            Stage::LogMel | Stage::Encoder => format!("{:.2} ms per chunk", each(*chunks)),
            _ => format!("{:.2} ms per step", each(*steps)),
        };
        line(stage, part, note);
    }
    let counted = loaded + Stage::ALL.iter().map(|&stage| timings.spent(stage)).sum::<Duration>();
    line(&"audio, text", all.saturating_sub(counted), String::new());
    eprintln!(
        "{chunks} chunks, {steps} steps, {:.1} rows per step",
        *rows as f64 / (*steps).max(1) as f64
    );
    let GenerationConfig { num_beams, min_length, max_length, .. } = generation;
    let search = match generation.do_sample {
        true => "sampling".to_owned(),
        false => format!("{num_beams} beam{}", if *num_beams == 1 { "" } else { "s" }),
    };
    eprintln!(
        "{search}, {min_length} to {max_length} tokens, no_repeat_ngram_size {}, \
         repetition_penalty {}, length_penalty {}",
        generation.no_repeat_ngram_size, generation.repetition_penalty, generation.length_penalty
    );
}
