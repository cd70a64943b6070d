//! One training step: loss, gradients, update.

use super::batch::Batch;
use super::freeze::TrainableModel;
use anyhow::{Result, ensure};
use burn::module::{Module, ModuleVisitor, Param, ParamGroup};
use burn::optim::{AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;
use musicap::model::Network;
use musicap::model::bart::BartModel;

/// Weight decay of AdamW, for matrices only.
const WEIGHT_DECAY: f32 = 0.01;

/// Losses summed over all targets, in nats.
pub struct Loss {
    /// Cross-entropy with label smoothing, as PyTorch's `cross_entropy` defines it.
    pub smoothed: Tensor<1>,
    /// Cross-entropy without label smoothing.
    pub plain: Tensor<1>,
}

/// The loss of `model` on `batch`.
pub fn loss(model: &BartModel, batch: &Batch, smoothing: f64) -> Loss {
    let hidden = model.teacher_forced(batch.mel.clone(), &batch.input);
    let [rows, length, d_model] = hidden.dims();
    // Logits are by far the largest tensors; none are computed for padding.
    let hidden = hidden.reshape([rows * length, d_model]).select(0, batch.positions.clone());
    let scores = log_softmax(model.project(hidden), 1);
    let [_, vocabulary] = scores.dims();
    let plain = -scores.clone().gather(1, batch.target.clone().unsqueeze_dim(1)).sum();
    let all = -scores.sum() / vocabulary as f64;
    Loss { smoothed: plain.clone() * (1.0 - smoothing) + all * smoothing, plain }
}

/// A model and its optimizer.
pub struct Trainer {
    pub trainable: TrainableModel,
    pub optimizer: ModuleOptimizer,
    smoothing: f64,
    /// Maximum norm of the gradient; larger gradients are scaled down to it.
    max_grad_norm: f64,
}

impl Trainer {
    /// Uses AdamW for the trainable parameters.
    pub fn new(trainable: TrainableModel, smoothing: f64, max_grad_norm: f64) -> Self {
        let adam = AdamWConfig::new().with_epsilon(1e-8).with_beta_2(0.98);
        let plain = adam.clone().with_weight_decay(0.0).build();
        let vectors = trainable.trained.iter().filter(|(_, name)| !is_matrix(name));
        let vectors = ParamGroup::from_ids(vectors.map(|(id, _)| *id).collect());
        let optimizer =
            adam.with_weight_decay(WEIGHT_DECAY).init().with_group(vectors, plain, None);
        Trainer { trainable, optimizer, smoothing, max_grad_norm }
    }

    /// Updates the model with the gradient of `batches`, accumulated as for one batch with `tokens`
    /// targets, at learning rate `rate`. Also returns the loss without smoothing, summed over the
    /// targets.
    ///
    /// # Errors
    /// If a batch cannot be made, or the loss or the gradient is not finite.
    pub fn step(
        mut self,
        batches: impl Iterator<Item = Result<Batch>>,
        tokens: usize,
        rate: f64,
    ) -> Result<(Self, f64)> {
        let model = &self.trainable.model;
        let mut gradients = GradientsAccumulator::new();
        let mut total = 0.0;
        for batch in batches {
            let Loss { smoothed, plain } = loss(model, &batch?, self.smoothing);
            total += plain.into_scalar::<f64>();
            let found = (smoothed / tokens as f64).backward();
            gradients.accumulate(model, GradientsParams::from_grads(found, model));
        }
        ensure!(total.is_finite(), "the loss is {total}; a lower --learning-rate may help");
        let mut gradients = gradients.grads();
        let norm = norm(model, &gradients);
        ensure!(norm.is_finite(), "the gradient is {norm}; a lower --learning-rate may help");
        if norm > self.max_grad_norm {
            model.visit(&mut Scale { gradients: &mut gradients, by: self.max_grad_norm / norm });
        }
        self.trainable.model = self.optimizer.step(rate, self.trainable.model, gradients);
        Ok((self, total))
    }
}

/// Weight decay is not applied to biases and layer norms.
fn is_matrix(name: &str) -> bool {
    name.ends_with("weight") && !name.contains("norm")
}

/// The Euclidean norm of all gradients as one vector.
pub fn norm(model: &BartModel, gradients: &GradientsParams) -> f64 {
    let mut squares = Squares { gradients, sum: 0.0 };
    model.visit(&mut squares);
    squares.sum.sqrt()
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: f64,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.sum += gradient.square().sum().into_scalar::<f64>();
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    by: f64,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient * self.by);
        }
    }
}

/// The learning rate of step `step` (from 0) of `steps`: linear warmup over the first `warmup` steps,
/// then cosine decay to 0.
pub fn learning_rate(step: usize, steps: usize, warmup: usize, peak: f64) -> f64 {
    if step < warmup {
        return peak * (step + 1) as f64 / (warmup + 1) as f64;
    }
    let done = (step - warmup) as f64 / (steps - warmup).max(1) as f64;
    peak * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
}
