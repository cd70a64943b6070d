//! Search and sampling over a model small enough to be searched through by hand.

use musicap::generate::{
    BannedSequences, GenerationConfig, LogitsProcessors, Session, Shortlist, Step, StepModel,
    generate,
};
use musicap::{Error, Result};

const START: u32 = 2;
const EOS: u32 = 2;
const VOCAB: usize = 5;

/// Logits that depend on all tokens so far and on the chunk, in no simple way.
fn logits(chunk: usize, tokens: &[u32]) -> Vec<f32> {
    logits_of(VOCAB, chunk, tokens)
}

fn logits_of(vocab: usize, chunk: usize, tokens: &[u32]) -> Vec<f32> {
    (0..vocab as u32)
        .map(|next| {
            let mut hash = 2_166_136_261u32 ^ chunk as u32;
            for token in tokens.iter().chain([&next]) {
                hash = (hash ^ (token + 1)).wrapping_mul(16_777_619);
            }
            (hash >> 8) as f32 / (1 << 24) as f32 * 4.0
        })
        .collect()
}

/// A model that remembers every row's tokens, so that a wrong parent shows.
type Toy = Model<VOCAB>;

#[derive(Default)]
struct Model<const V: usize> {
    /// The chunk and the tokens of every row.
    rows: Vec<(usize, Vec<u32>)>,
    chunks: Vec<usize>,
    /// Chunks that have not joined yet.
    waiting: Vec<usize>,
    steps: usize,
}

impl<const V: usize> Model<V> {
    fn new(chunks: &[usize]) -> Self {
        Model { waiting: chunks.to_vec(), ..Self::default() }
    }

    fn logits(rows: &[(usize, Vec<u32>)]) -> Vec<f32> {
        rows.iter().flat_map(|(chunk, tokens)| logits_of(V, *chunk, tokens)).collect()
    }
}

impl<const V: usize> StepModel for Model<V> {
    fn admit(&mut self, chunks: usize, prefix: &[u32], logits: &mut Vec<f32>) -> Result<()> {
        let new = self.waiting.drain(..chunks);
        self.chunks.extend(new.as_slice());
        let before = self.rows.len();
        self.rows.extend(new.map(|chunk| (chunk, prefix.to_vec())));
        *logits = Self::logits(&self.rows[before..]);
        Ok(())
    }

    fn step(&mut self, step: &Step, logits: &mut Vec<f32>) -> Result<()> {
        if step.tokens.is_empty() {
            (self.rows, self.chunks) = (Vec::new(), Vec::new());
            return Ok(());
        }
        self.steps += 1;
        let next = |(&token, &parent): (&u32, &usize)| {
            let (chunk, mut tokens) = self.rows[parent].clone();
            tokens.push(token);
            (chunk, tokens)
        };
        let rows: Vec<_> = step.tokens.iter().zip(&step.parents).map(next).collect();
        self.chunks = step.chunks.iter().map(|&place| self.chunks[place]).collect();
        let width = rows.len() / self.chunks.len();
        for (rows, chunk) in rows.chunks(width).zip(&self.chunks) {
            assert!(rows.iter().all(|row| row.0 == *chunk), "a row has left its chunk");
        }
        self.rows = rows;
        *logits = Self::logits(&self.rows);
        Ok(())
    }
}

fn config() -> GenerationConfig {
    GenerationConfig::default().with(|config| {
        config.max_length = 6;
        config.decoder_start_token_id = START;
    })
}

fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let sum: f64 = logits.iter().map(|&x| f64::from(x).exp()).sum();
    logits.iter().map(|&x| f64::from(x) - sum.ln()).collect()
}

/// The best score of all sequences that end, by trying each.
fn exhaustive(chunk: usize, config: &GenerationConfig, tokens: &mut Vec<u32>, sum: f64) -> f64 {
    let length = tokens.len();
    let score =
        |sum: f64, length: usize| sum / (length as f64).powf(f64::from(config.length_penalty));
    let at_the_end = length == config.max_length - 1;
    if at_the_end && config.forced_eos_token_id.is_some() {
        return score(sum, length);
    }
    let log_probabilities = log_softmax(&logits(chunk, tokens));
    let mut best = score(sum + log_probabilities[EOS as usize], length);
    if length < config.min_length {
        best = f64::NEG_INFINITY;
    }
    for token in (0..VOCAB as u32).filter(|&token| token != EOS) {
        let sum = sum + log_probabilities[token as usize];
        tokens.push(token);
        // Cut off by the greatest length, it counts as it is.
        let found = match at_the_end {
            true => score(sum, length + 1),
            false => exhaustive(chunk, config, tokens, sum),
        };
        best = best.max(found);
        tokens.pop();
    }
    best
}

#[test]
fn a_beam_as_wide_as_the_tree_finds_what_trying_everything_finds() {
    for length_penalty in [0.0, 1.0, 2.0] {
        for min_length in [0, 4] {
            let config = config().with(|config| {
                config.num_beams = 400;
                config.length_penalty = length_penalty;
                config.min_length = min_length;
            });
            for chunk in 0..40 {
                let found = generate(&mut Toy::new(&[chunk]), &[0], &config).unwrap();
                let best = exhaustive(chunk, &config, &mut vec![START], 0.0);
                let score = f64::from(found[0].score);
                assert!((score - best).abs() < 1e-5, "chunk {chunk}: {score} is not {best}");
            }
        }
    }
}

#[test]
fn no_chunk_depends_on_the_others_of_its_batch() {
    for config in [
        config().with(|config| {
            config.num_beams = 3;
            config.early_stopping = true;
        }),
        config(),
        config().with(|config| {
            config.do_sample = true;
            config.seed = 7;
        }),
    ] {
        let chunks: Vec<usize> = (0..9).collect();
        let streams: Vec<u64> = (0..9).collect();
        let together = generate(&mut Toy::new(&chunks), &streams, &config).unwrap();
        for (&chunk, expected) in chunks.iter().zip(&together) {
            let alone = generate(&mut Toy::new(&[chunk]), &[chunk as u64], &config).unwrap();
            assert_eq!(&alone[0], expected);
        }
    }
}

#[test]
fn a_latecomer_s_caption_is_the_one_it_has_alone() {
    let config = config().with(|config| {
        config.num_beams = 3;
        config.max_length = 12;
    });
    let chunks: Vec<usize> = (0..30).collect();
    let mut toy = Toy::new(&chunks);
    let mut session = Session::new(config.clone());
    let mut found = vec![None; chunks.len()];
    let (mut joined, mut met) = (0, false);
    while joined < chunks.len() || session.running() > 0 {
        // Places are filled as they become free, so that chunks of all ages run together.
        let free = (5 - session.running()).min(chunks.len() - joined);
        met |= free > 0 && session.running() > 0;
        let streams: Vec<u64> = (joined..joined + free).map(|chunk| chunk as u64).collect();
        session.admit(&mut toy, &streams).unwrap();
        joined += free;
        for (number, generated) in session.step(&mut toy).unwrap() {
            found[number] = Some(generated.unwrap());
        }
    }
    assert!(met, "no chunk has joined others");
    for (&chunk, found) in chunks.iter().zip(found) {
        let alone = generate(&mut Toy::new(&[chunk]), &[chunk as u64], &config).unwrap();
        assert_eq!(found.as_ref(), alone.first(), "chunk {chunk}");
    }
}

#[test]
fn a_chunk_s_own_logits_processors_leave_the_others_alone() {
    for config in [
        config().with(|config| {
            config.num_beams = 3;
            config.max_length = 12;
        }),
        config().with(|config| config.max_length = 12),
        config().with(|config| {
            config.do_sample = true;
            config.top_k = 0;
            config.max_length = 12;
        }),
    ] {
        // The same chunk three times; in the second, the pairs of its own caption are banned.
        let alone = generate(&mut Toy::new(&[8]), &[0], &config).unwrap().remove(0);
        let pairs: Vec<Vec<u32>> = alone.tokens[1..].windows(2).map(<[u32]>::to_vec).collect();
        let mut banned = LogitsProcessors::default();
        banned.push(BannedSequences::new(pairs.clone()));
        let own = [LogitsProcessors::default(), banned, LogitsProcessors::default()];
        let mut toy = Toy::new(&[8, 8, 8]);
        let mut session = Session::new(config);
        session.admit_with(&mut toy, &[0, 0, 0], &own).unwrap();
        let mut found = vec![None; 3];
        while session.running() > 0 {
            for (number, generated) in session.step(&mut toy).unwrap() {
                found[number] = Some(generated.unwrap());
            }
        }
        assert_eq!(found[0].as_ref(), Some(&alone));
        assert_eq!(found[2].as_ref(), Some(&alone));
        let other = found[1].as_ref().unwrap();
        // The end is forced at the greatest length, whatever is banned.
        let free = &other.tokens[1..other.tokens.len() - 1];
        assert!(free.windows(2).all(|pair| !pairs.contains(&pair.to_vec())), "{other:?}");
    }
}

#[test]
fn logits_that_are_no_numbers_are_an_error() {
    struct Broken;
    impl StepModel for Broken {
        fn admit(&mut self, chunks: usize, _: &[u32], logits: &mut Vec<f32>) -> Result<()> {
            *logits = vec![f32::NAN; chunks * VOCAB];
            Ok(())
        }
        fn step(&mut self, step: &Step, _: &mut Vec<f32>) -> Result<()> {
            assert_eq!(step, &Step::default(), "the search continues");
            Ok(())
        }
    }
    assert!(matches!(generate(&mut Broken, &[7], &config()), Err(Error::NotFinite { chunk: 7 })));
}

/// A model whose logits for one chunk are NaN from a step on.
struct NanFrom {
    toy: Toy,
    chunk: usize,
    step: usize,
}

impl NanFrom {
    fn spoil(&self, logits: &mut [f32]) {
        let new = self.toy.rows.len() - logits.len() / VOCAB;
        for ((chunk, _), logits) in self.toy.rows[new..].iter().zip(logits.chunks_mut(VOCAB)) {
            if *chunk == self.chunk && self.toy.steps >= self.step {
                logits[3] = f32::NAN;
            }
        }
    }
}

impl StepModel for NanFrom {
    fn admit(&mut self, chunks: usize, prefix: &[u32], logits: &mut Vec<f32>) -> Result<()> {
        self.toy.admit(chunks, prefix, logits)?;
        self.spoil(logits);
        Ok(())
    }
    fn step(&mut self, step: &Step, logits: &mut Vec<f32>) -> Result<()> {
        self.toy.step(step, logits)?;
        if !step.tokens.is_empty() {
            self.spoil(logits);
        }
        Ok(())
    }
}

#[test]
fn a_chunk_whose_logits_are_not_finite_ends_alone() {
    for config in [config().with(|config| config.num_beams = 3), config()] {
        for step in 0..3 {
            let toy = Toy::new(&[4, 5, 6]);
            let mut model = NanFrom { toy, chunk: 5, step };
            let mut session = Session::new(config.clone());
            session.admit(&mut model, &[40, 50, 60]).unwrap();
            let mut found = [None, None, None];
            while session.running() > 0 {
                for (number, generated) in session.step(&mut model).unwrap() {
                    assert!(found[number].replace(generated).is_none());
                }
            }
            let [first, failed, last] = found.map(Option::unwrap);
            assert!(matches!(failed, Err(Error::NotFinite { chunk: 50 })), "{failed:?}");
            for (chunk, generated) in [(4, first), (6, last)] {
                let alone = generate(&mut Toy::new(&[chunk]), &[0], &config).unwrap();
                assert_eq!(generated.unwrap(), alone[0], "chunk {chunk}");
            }
        }
    }
}

#[test]
fn a_batch_ends_when_its_longest_caption_ends() {
    let mut toy = Toy::new(&[0, 1, 2]);
    let config = config().with(|config| config.max_length = 20);
    let found = generate(&mut toy, &[0, 1, 2], &config).unwrap();
    let longest = found.iter().map(|caption| caption.tokens.len()).max().unwrap();
    // The start token is fed when joining, the last token is not fed.
    assert_eq!(toy.steps, longest - 2);
    assert!(generate(&mut Toy::new(&[]), &[], &config).unwrap().is_empty());
}

#[test]
fn forced_tokens_stand_at_both_ends() {
    for num_beams in [1, 4] {
        let config = config().with(|config| {
            config.num_beams = num_beams;
            config.forced_bos_token_id = Some(0);
            config.min_length = 6;
        });
        let found = generate(&mut Toy::new(&[3]), &[0], &config).unwrap();
        assert_eq!(found[0].tokens[..2], [START, 0]);
        assert_eq!((found[0].tokens.len(), found[0].tokens[5]), (6, EOS));
    }
}

#[test]
fn sampling_follows_the_seed_and_the_probabilities() {
    let draw = |seed: u64, top_k: usize, top_p: f32| {
        let config = config().with(|config| {
            config.do_sample = true;
            config.seed = seed;
            config.top_k = top_k;
            config.top_p = top_p;
            config.max_length = 3;
        });
        generate(&mut Toy::new(&[5]), &[0], &config).unwrap()[0].tokens[1]
    };
    assert_eq!(draw(11, 0, 1.0), draw(11, 0, 1.0));

    let probabilities: Vec<f64> =
        log_softmax(&logits(5, &[START])).iter().map(|lp| lp.exp()).collect();
    let mut counts = [0.0; VOCAB];
    for seed in 0..4_000 {
        counts[draw(seed, 0, 1.0) as usize] += 1.0 / 4_000.0;
    }
    for (count, probability) in counts.iter().zip(&probabilities) {
        // Four standard deviations of 4,000 draws.
        assert!((count - probability).abs() < 0.032, "{counts:?} for {probabilities:?}");
    }

    let mut ranked: Vec<usize> = (0..VOCAB).collect();
    ranked.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let nucleus = (probabilities[ranked[0]] + 0.01) as f32;
    for seed in 0..200 {
        assert!(ranked[..2].contains(&(draw(seed, 2, 1.0) as usize)));
        assert!(ranked[..2].contains(&(draw(seed, 0, nucleus) as usize)));
        assert_eq!(draw(seed, 1, 1.0) as usize, ranked[0]);
    }
}

#[test]
fn a_last_token_that_is_forced_takes_no_step() {
    for (num_beams, forced_eos_token_id, steps) in
        [(3, Some(EOS), 3), (1, Some(EOS), 3), (3, None, 4)]
    {
        let mut toy = Toy::new(&[4]);
        let config = config().with(|config| {
            config.num_beams = num_beams;
            config.forced_eos_token_id = forced_eos_token_id;
            config.min_length = 6;
        });
        let found = generate(&mut toy, &[0], &config).unwrap();
        assert_eq!((found[0].tokens.len(), toy.steps), (6, steps));
    }
}

/// A model that keeps its logits where they are, as one on a GPU does.
struct Far {
    model: Model<300>,
    held: Vec<f32>,
    listed: usize,
    fetched: usize,
}

impl StepModel for Far {
    fn admit(&mut self, chunks: usize, prefix: &[u32], logits: &mut Vec<f32>) -> Result<()> {
        logits.clear();
        self.model.admit(chunks, prefix, &mut self.held)
    }

    fn step(&mut self, step: &Step, logits: &mut Vec<f32>) -> Result<()> {
        logits.clear();
        self.model.step(step, &mut self.held)
    }

    fn shortlists(&mut self, count: usize) -> Result<Option<Vec<Shortlist>>> {
        self.listed += 1;
        let lists = self.held.chunks(300).map(|row| {
            let mut tokens: Vec<(u32, f32)> = (0..).zip(row.iter().copied()).collect();
            tokens.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            tokens.truncate(count);
            let sum: f64 = row.iter().map(|&logit| f64::from(logit).exp()).sum();
            Shortlist { log_sum: sum.ln() as f32, tokens }
        });
        Ok(Some(lists.collect()))
    }

    fn fetch(&mut self, logits: &mut Vec<f32>) -> Result<()> {
        self.fetched += 1;
        logits.clone_from(&self.held);
        Ok(())
    }
}

#[test]
fn logits_that_stay_where_they_are_give_the_same_sequences() {
    let base = config().with(|config| {
        config.max_length = 24;
        config.no_repeat_ngram_size = 2;
    });
    let beams = |num_beams| base.clone().with(|config| config.num_beams = num_beams);
    // Searches that lists always decide, sometimes, and never.
    for (generation, lists, fetches) in [
        (beams(1), true, true),
        (beams(4), true, false),
        (beams(4).with(|config| config.min_length = 20), true, false),
        (beams(4).with(|config| config.repetition_penalty = 1.5), true, false),
        (beams(4).with(|config| config.repetition_penalty = 0.5), false, true),
        (beams(1).with(|config| config.no_repeat_ngram_size = 0), true, false),
        (
            beams(1).with(|config| {
                config.no_repeat_ngram_size = 0;
                config.do_sample = true;
                config.top_k = 9;
            }),
            true,
            false,
        ),
        (
            beams(1).with(|config| {
                config.do_sample = true;
                config.top_k = 0;
            }),
            false,
            true,
        ),
    ] {
        let chunks: Vec<usize> = (0..20).collect();
        let streams: Vec<u64> = (0..20).collect();
        let mut near = Model::<300>::new(&chunks);
        let expected = generate(&mut near, &streams, &generation).unwrap();
        let model = Model::<300>::new(&chunks);
        let mut far = Far { model, held: Vec::new(), listed: 0, fetched: 0 };
        let found = generate(&mut far, &streams, &generation).unwrap();
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.tokens, expected.tokens, "{generation:?}");
            assert!((found.score - expected.score).abs() < 1e-4, "{generation:?}");
        }
        let asked = (far.listed > 0, far.fetched > 0);
        assert_eq!(asked, (lists, fetches), "{generation:?}");
    }
}
