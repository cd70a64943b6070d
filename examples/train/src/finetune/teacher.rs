//! One step of training: losses, gradients, and what they change.

use super::batch::Batch;
use super::freeze::Trainee;
use anyhow::{Result, ensure};
use burn::module::{Module, ModuleVisitor, Param, ParamGroup};
use burn::optim::{AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;
use musicap::model::Network;
use musicap::model::bart::BartModel;

/// AdamW's pull towards zero, on matrices only.
const WEIGHT_DECAY: f32 = 0.01;

/// What some answers of the model cost, in nats, summed over all of them.
pub struct Loss {
    /// Cross-entropy as PyTorch's `cross_entropy` defines it with label smoothing: the right
    /// token shares that much with all tokens alike.
    pub taught: Tensor<1>,
    /// The same without smoothing.
    pub plain: Tensor<1>,
}

/// The loss of `model` on `batch`.
pub fn loss(model: &BartModel, batch: &Batch, smoothing: f64) -> Loss {
    let hidden = model.teacher_forced(batch.mel.clone(), &batch.input);
    let [rows, length, d_model] = hidden.dims();
    // Logits are the greatest tensors by far: none are made for padding.
    let hidden = hidden.reshape([rows * length, d_model]).select(0, batch.asked.clone());
    let scores = log_softmax(model.project(hidden), 1);
    let [_, vocabulary] = scores.dims();
    let plain = -scores.clone().gather(1, batch.target.clone().unsqueeze_dim(1)).sum();
    let all = -scores.sum() / vocabulary as f64;
    Loss { taught: plain.clone() * (1.0 - smoothing) + all * smoothing, plain }
}

/// A model under training with its optimizer.
pub struct Teacher {
    pub trainee: Trainee,
    pub optimizer: ModuleOptimizer,
    smoothing: f64,
    /// Gradients longer than this are shortened to it.
    clip: f64,
}

impl Teacher {
    /// AdamW over what `trainee` has to train.
    pub fn new(trainee: Trainee, smoothing: f64, clip: f64) -> Self {
        let adam = AdamWConfig::new().with_epsilon(1e-8).with_beta_2(0.98);
        let plain = adam.clone().with_weight_decay(0.0).build();
        let vectors = trainee.trained.iter().filter(|(_, name)| !is_matrix(name));
        let vectors = ParamGroup::from_ids(vectors.map(|(id, _)| *id).collect());
        let optimizer =
            adam.with_weight_decay(WEIGHT_DECAY).init().with_group(vectors, plain, None);
        Teacher { trainee, optimizer, smoothing, clip }
    }

    /// Learns from `batches` as if they were one, with `tokens` answers in all, at `rate`. The
    /// result holds the plain loss, summed over the answers.
    ///
    /// # Errors
    /// If a batch cannot be made, or the loss is no number any more.
    pub fn step(
        mut self,
        batches: impl Iterator<Item = Result<Batch>>,
        tokens: usize,
        rate: f64,
    ) -> Result<(Self, f64)> {
        let model = &self.trainee.model;
        let mut gradients = GradientsAccumulator::new();
        let mut total = 0.0;
        for batch in batches {
            let Loss { taught, plain } = loss(model, &batch?, self.smoothing);
            total += plain.into_scalar::<f64>();
            let found = (taught / tokens as f64).backward();
            gradients.accumulate(model, GradientsParams::from_grads(found, model));
        }
        ensure!(total.is_finite(), "the loss is {total}; a lower --rate may help");
        let mut gradients = gradients.grads();
        let norm = norm(model, &gradients);
        ensure!(norm.is_finite(), "the gradient is {norm}; a lower --rate may help");
        if norm > self.clip {
            model.visit(&mut Scale { gradients: &mut gradients, by: self.clip / norm });
        }
        self.trainee.model = self.optimizer.step(rate, self.trainee.model, gradients);
        Ok((self, total))
    }
}

/// Biases and norms are not pulled towards zero.
fn is_matrix(name: &str) -> bool {
    name.ends_with("weight") && !name.contains("norm")
}

/// The length of all gradients as one vector.
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

/// The learning rate of step `step` of `steps`, from 0: a straight way up over the first
/// `warm_up` steps, then half a cosine down.
pub fn rate(step: usize, steps: usize, warm_up: usize, peak: f64) -> f64 {
    if step < warm_up {
        return peak * (step + 1) as f64 / (warm_up + 1) as f64;
    }
    let done = (step - warm_up) as f64 / (steps - warm_up).max(1) as f64;
    peak * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
}
