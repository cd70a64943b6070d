//! How many chunks are computed together.

use crate::checkpoint::ModelConfig;
use crate::device::Gpu;
use crate::generate::GenerationConfig;
use crate::model::{ChunkMemory, Network};

/// The most chunks that may be computed together: more than some tens are no faster, and their
/// logits alone fill gigabytes.
pub const MAX_BATCH: usize = 1024;
/// The most on a GPU by default: more are no faster.
const MAX_GPU_BATCH: usize = 64;
/// The most on a CPU by default: more are no faster.
const MAX_CPU_BATCH: usize = 24;
/// The most in WebAssembly by default. A batch is encoded in one go, in which a worker receives no
/// messages, and on one thread larger batches gain little.
const MAX_WASM_BATCH: usize = 8;
/// Bytes that chunks in the model may take on a CPU, besides the weights.
const CPU_MEMORY: u64 = 512 << 20;
/// What is assumed for a GPU's memory if it is not known: most have more.
const ASSUMED_GPU_MEMORY: u64 = 4 << 30;

/// Bytes that chunks in the model may take.
#[derive(Clone, Copy, Debug)]
pub enum MemoryBudget {
    /// On a CPU, where spectrograms are encoded one after another and only what the decoder keeps of
    /// a chunk counts.
    Cpu,
    /// On a GPU.
    Gpu {
        /// Bytes besides the weights.
        free: u64,
        /// The largest tensor, in bytes.
        largest: u64,
    },
}

impl MemoryBudget {
    /// The budget on this GPU, if at most `allowed` bytes may be used.
    pub fn of_gpu(model: &dyn Network, gpu: &Gpu, allowed: Option<u64>) -> Self {
        let allowed = allowed.unwrap_or(gpu.memory.unwrap_or(ASSUMED_GPU_MEMORY) / 2);
        let weights = model.num_params() as u64 * size_of::<f32>() as u64;
        MemoryBudget::Gpu { free: allowed.saturating_sub(weights), largest: gpu.largest }
    }

    /// How many chunks fit, at least one. Single precision is assumed: with half precision, more
    /// would fit.
    pub fn chunks(&self, config: &ModelConfig, generation: &GenerationConfig) -> usize {
        let rows = if generation.do_sample { 1 } else { generation.num_beams };
        let memory = |length| config.architecture().chunk_memory(&config.audio, rows, length);
        let bytes = |values: u64| values.max(1).saturating_mul(size_of::<f32>() as u64);
        let (fitting, most) = match *self {
            MemoryBudget::Cpu => {
                let most = match cfg!(target_family = "wasm") {
                    true => MAX_WASM_BATCH,
                    false => MAX_CPU_BATCH,
                };
                (CPU_MEMORY / bytes(memory(generation.max_length).decoding), most)
            }
            MemoryBudget::Gpu { free, largest } => {
                // Keys and values lie in buckets of 128 tokens.
                let needed = memory(generation.max_length.next_multiple_of(128));
                let ChunkMemory { total, largest: tensor, .. } = needed;
                ((free / bytes(total)).min(largest / bytes(tensor)), MAX_GPU_BATCH)
            }
        };
        usize::try_from(fitting).unwrap_or(most).clamp(1, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(budget: MemoryBudget, beams: usize, max_length: usize) -> usize {
        let config = ModelConfig::lp_music_caps();
        let generation =
            GenerationConfig { num_beams: beams, max_length, ..config.generation.clone() };
        budget.chunks(&config, &generation)
    }

    #[test]
    fn batches_grow_with_memory_and_fit_the_largest_tensor() {
        let chunks = |free: u64, largest: u64, beams: usize| {
            chunks(MemoryBudget::Gpu { free, largest }, beams, 128)
        };
        assert_eq!(chunks(0, u64::MAX, 5), 1);
        let fitting: Vec<usize> = [1, 2, 4, 8, 64].map(|gb| chunks(gb << 30, u64::MAX, 5)).into();
        assert!(fitting.is_sorted() && fitting[0] > 1, "{fitting:?}");
        assert_eq!(fitting[4], MAX_GPU_BATCH);
        assert!(chunks(2 << 30, u64::MAX, 50) < chunks(2 << 30, u64::MAX, 5));
        // Three windows of 1,001 frames of 768 values in 4 bytes are 9.2 MB.
        assert_eq!(chunks(64 << 30, 128 << 20, 1), 14);
    }

    #[test]
    fn on_a_cpu_the_decoder_s_caches_decide() {
        // Six layers of keys and values of 768 floats for five rows of 128 tokens are 23.6 MB,
        // which with a row of logits each leaves place for twenty chunks.
        assert_eq!(chunks(MemoryBudget::Cpu, 5, 128), 20);
        assert_eq!(chunks(MemoryBudget::Cpu, 10, 128), 10);
        assert_eq!(chunks(MemoryBudget::Cpu, 1, 128), MAX_CPU_BATCH);
        assert_eq!(chunks(MemoryBudget::Cpu, 64, 1024), 1);
    }
}
