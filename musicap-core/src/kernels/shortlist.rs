//! The likeliest tokens of a row of logits, found where the logits are.

use burn::prelude::*;

use super::unpacked;

/// The most tokens of a row that are listed: all more come faster as they are.
const LONGEST: usize = 64;

/// The most likely tokens of a row of logits: all that a search needs in most steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortlist {
    /// The row's [`LogitStats::log_sum`](super::LogitStats::log_sum).
    pub log_sum: f32,
    /// The most likely tokens with their logits, in descending order; of equal ones the lowest
    /// token comes first.
    pub tokens: Vec<(u32, f32)>,
}

impl Shortlist {
    /// The smallest logit in the list; no other token has a greater one.
    pub fn floor(&self) -> f32 {
        self.tokens.last().map_or(f32::INFINITY, |&(_, logit)| logit)
    }
}

/// The `count` or some more likeliest tokens of each row of `logits`, `[rows, vocab_size]` in
/// single precision: what a [`StepModel`](crate::generate::StepModel) on Burn tensors answers when
/// it is asked for shortlists. All else stays on the device. `None` if fetching all is no slower.
///
/// # Errors
/// The backend's reason, in words.
pub fn shortlists(logits: Tensor<2>, count: usize) -> Result<Option<Vec<Shortlist>>, String> {
    unpacked();
    let [_, vocab_size] = logits.dims();
    // Every length is a kernel of its own.
    let count = count.next_power_of_two().max(16);
    if count > LONGEST || count >= vocab_size {
        return Ok(None);
    }
    let greatest = logits.clone().max_dim(1);
    let log_sum = (logits.clone() - greatest.clone()).exp().sum_dim(1).log() + greatest;
    let (values, tokens) = logits.topk_with_indices(count, 1);
    // One transfer for all: token ids are exact in single precision.
    let found = Tensor::cat(vec![log_sum, values, tokens.float()], 1);
    let found: Vec<f32> = found.try_into_vec_as().map_err(|e| e.to_string())?;
    let lists = found.chunks_exact(1 + 2 * count).map(|row| {
        let (values, tokens) = row[1..].split_at(count);
        let tokens = tokens.iter().map(|&token| token as u32);
        let mut tokens: Vec<(u32, f32)> = tokens.zip(values.iter().copied()).collect();
        tokens.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Shortlist { log_sum: row[0], tokens }
    });
    Ok(Some(lists.collect()))
}
