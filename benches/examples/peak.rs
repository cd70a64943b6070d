//! The limit of the processor for matrix products, and what rten-gemm reaches of it in the shapes of
//! LP-MusicCaps, on one thread:
//!
//! ```text
//! cargo run --release -p musicap-bench --example peak
//! ```
//!
//! The first line is the rate of fused multiply-adds on registers alone. Times are seconds of the
//! thread's CPU, the least of many runs.

use cpu_time::ThreadTime;
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions};
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp};
use rten_tensor::NdTensorView;

/// Name, rows, inputs, outputs.
const SHAPES: [(&str, usize, usize, usize); 14] = [
    ("output layer, 90 rows", 90, 768, 50_265),
    ("output layer, 24 rows", 24, 768, 50_265),
    ("output layer, 5 rows", 5, 768, 50_265),
    ("projection, 90 rows", 90, 768, 768),
    ("q, k and v as one, 90 rows", 90, 768, 2_304),
    ("fc1, 90 rows", 90, 768, 3_072),
    ("fc2, 90 rows", 90, 3_072, 768),
    ("encoder, projection", 576, 768, 768),
    ("encoder, fc1", 576, 768, 3_072),
    ("encoder, fc2", 576, 3_072, 768),
    ("convolution 1", 1_001, 384, 768),
    ("convolution 2", 501, 2_304, 768),
    ("convolution 3", 251, 2_304, 768),
    ("convolution 6", 32, 2_304, 768),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    pool.install(measure);
    Ok(())
}

fn measure() {
    let mut operations = 0;
    let time = least(|| operations = MultiplyAdds.dispatch());
    println!("registers: {:.0} GFLOP/s", operations as f64 / time / 1e9);
    let f32 = GemmExecutor::<f32, f32, f32>::new();
    let int8 = GemmExecutor::<u8, i8, i32>::new();
    println!("kernels: {}, {}", f32.kernel_name(), int8.kernel_name());
    for (name, rows, inputs, outputs) in SHAPES {
        let a: Vec<u8> = (0..rows * inputs).map(|i| (i * 7_919 % 251) as u8).collect();
        let b: Vec<i8> = (0..outputs * inputs).map(|i| (i * 104_729 % 251) as u8 as i8).collect();
        let (shape_a, shape_b) = ([rows, inputs], [outputs, inputs]);
        let time_int8 = {
            let a = NdTensorView::from_data(shape_a, &a[..]);
            let b = int8.prepack_b(NdTensorView::from_data(shape_b, &b[..]).transposed());
            let mut out = vec![0; rows * outputs];
            let (a, b) = (GemmInputA::Unpacked(a), GemmInputB::Packed(&b));
            least(|| int8.gemm(&mut out, a, b, GemmOptions::default()).expect("shapes that fit"))
        };
        let time_f32 = {
            let a: Vec<f32> = a.iter().map(|&value| f32::from(value)).collect();
            let b: Vec<f32> = b.iter().map(|&value| f32::from(value)).collect();
            let a = NdTensorView::from_data(shape_a, &a[..]);
            let b = f32.prepack_b(NdTensorView::from_data(shape_b, &b[..]).transposed());
            let mut out = vec![0.0; rows * outputs];
            let (a, b) = (GemmInputA::Unpacked(a), GemmInputB::Packed(&b));
            least(|| f32.gemm(&mut out, a, b, GemmOptions::default()).expect("shapes that fit"))
        };
        let rate = |time: f64| (2 * rows * inputs * outputs) as f64 / time / 1e9;
        println!(
            "{name:28} float32 {:7.3} ms, {:4.0} GFLOP/s; int8 {:7.3} ms, {:4.0} Gop/s; {:.1} times",
            time_f32 * 1e3,
            rate(time_f32),
            time_int8 * 1e3,
            rate(time_int8),
            time_f32 / time_int8,
        );
    }
}

/// The least CPU time of `work`, in seconds.
fn least(mut work: impl FnMut()) -> f64 {
    let (begun, mut least) = (ThreadTime::now(), f64::INFINITY);
    for _ in 0..200 {
        let before = ThreadTime::now();
        work();
        least = least.min(before.elapsed().as_secs_f64());
        if begun.elapsed().as_secs_f64() > 0.3 {
            break;
        }
    }
    least
}

/// Independent chains of multiply-adds, whose number of operations is returned.
struct MultiplyAdds;

impl SimdOp for MultiplyAdds {
    type Output = usize;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> usize {
        const CHAINS: usize = 12;
        const TURNS: usize = 200_000;
        let ops = isa.f32();
        let factor = ops.splat(std::hint::black_box(0.999));
        let term = ops.splat(std::hint::black_box(0.001));
        let mut sums = [ops.splat(1.0); CHAINS];
        for _ in 0..TURNS {
            for sum in sums.iter_mut() {
                *sum = ops.mul_add(*sum, factor, term);
            }
        }
        let total = sums.into_iter().fold(ops.zero(), |a, b| ops.add(a, b));
        std::hint::black_box(ops.sum(total));
        2 * ops.len() * CHAINS * TURNS
    }
}
