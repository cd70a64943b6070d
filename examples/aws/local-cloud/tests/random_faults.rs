//! Uploads in any order while functions, the endpoint and S3 fail, slow down, throttle, lose answers
//! and are killed at random: each that is not replaced has one result or one note of failure, and
//! nothing is written twice or by half.
//!
//! Some uploads by default. `MUSICAP_UPLOADS=500 cargo test --release --manifest-path
//! examples/aws/Cargo.toml -p run-local --test random_faults -- --nocapture` prints a histogram of
//! the time to a result; `MUSICAP_UPLOAD_MINUTES=60` spreads uploads over an hour, and
//! `MUSICAP_SEED=N` makes other requests fail.

mod common;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use common::*;
use musicap::Captions;
use musicap::audio::NpyReader;
use pipeline::RecordingId;
use run_local::faults::Fault;
use run_local::{Mode, Settings};
use serde_json::Value;

const FAULTS: [(Fault, f64); 11] = [
    (Fault::Get, 0.05),
    (Fault::Head, 0.05),
    (Fault::Put, 0.05),
    (Fault::LostAnswer, 0.05),
    (Fault::CutGet, 0.05),
    (Fault::Slow, 0.05),
    (Fault::LateEvent, 0.2),
    (Fault::RepeatedEvent, 0.2),
    (Fault::Throttle, 0.1),
    (Fault::KillContainer, 0.02),
    (Fault::KillFunction, 0.1),
];

fn variable(name: &str, default: f64) -> f64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// A sequence of numbers that are the same for the same seed.
struct Sequence(u64);

impl Sequence {
    /// A number from 0 to 1.
    fn next(&mut self) -> f64 {
        // Knuth's MMIX generator.
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 40) as f64 / (1_u64 << 24) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() * count as f64) as usize
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_upload_has_one_result_or_one_note() {
    let uploads = variable("MUSICAP_UPLOADS", 24.0) as usize;
    let spread = Duration::from_secs_f64(variable("MUSICAP_UPLOAD_MINUTES", 0.0) * 60.0);
    let seed = variable("MUSICAP_SEED", 1.0) as u64;
    let mut sequence = Sequence(seed);
    // Recordings, one that is cut off, and what is none; `None` is expected to be noted.
    let mut files: Vec<(Vec<u8>, Option<Captions>)> = Vec::new();
    for (start, seconds) in [(0, 4), (12, 9), (14, 13), (25, 21), (5, 34)] {
        let song = mp3(start, seconds);
        files.push((song.clone(), Some(captions_of(&song))));
    }
    let cut = mp3(20, 15)[..60_000].to_vec();
    files.push((cut.clone(), Some(captions_of(&cut))));
    files.push((b"only words in here".to_vec(), None));
    files.push((vec![0; 3 << 20], None));

    let (cloud, _folder) = cloud(|settings| Settings {
        mode: Mode::Endpoint,
        // In its last minute a function sends nothing to an endpoint.
        timeout: Duration::from_secs(180),
        ..settings.with_variable("AWS_MAX_ATTEMPTS", "2")
    })
    .await;
    // Writing uploads is the client's part: only what the pipeline does fails.
    let mut expected = HashMap::new();
    // The last upload of each name: `ingest` passes over one that has been replaced by then.
    let mut current = HashMap::new();
    cloud.faults().randomize(seed, &FAULTS);
    for number in 0..uploads {
        let (bytes, captions) = &files[sequence.below(files.len())];
        // Some names come again, with other bytes or the same.
        let name = if sequence.next() < 0.1 { sequence.below(number + 1) } else { number };
        let key = format!("incoming/{name}.mp3");
        let (id, sent) = put(&cloud, &key, bytes).await;
        expected.entry(id.clone()).or_insert((captions.clone(), sent, key.clone()));
        current.insert(key, id);
        let wait = spread.mul_f64(2.0 * sequence.next() / uploads as f64);
        tokio::time::sleep(wait).await;
    }
    let longest = TIMEOUT + spread + Duration::from_secs(4 * uploads as u64);
    cloud.settle(longest).await.unwrap();
    // What is read from here on is the test's part.
    cloud.faults().randomize(seed, &[]);

    let written = cloud.written();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for (path, _) in written.iter().filter(|(path, _)| !path.starts_with(UPLOADS)) {
        *times.entry(path).or_default() += 1;
    }
    let doubled: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(doubled.is_empty(), "written twice, seed {seed}: {doubled:?}");
    check_objects(&cloud.data().join("s3"));

    let (mut results, mut notes, mut both, mut replaced) = (0, 0, 0, 0);
    let mut histogram = BTreeMap::new();
    for (id, (captions, sent, key)) in &expected {
        let of_this = |path: &str, prefix: &str| {
            path.strip_prefix(prefix).is_some_and(|name| name.starts_with(&format!("{id}.")))
        };
        let summary = format!("{RESULTS}/summaries/");
        let failures = format!("{RESULTS}/failures/");
        let failed = written.iter().filter(|(path, _)| of_this(path, &failures)).count();
        match written.iter().find(|(path, _)| of_this(path, &summary)) {
            Some((_, at)) => {
                let found = result(&cloud, id).await;
                let captions = captions.as_ref().expect("no captions of what is no recording");
                assert_eq!(found.captions, captions.captions, "{id}, seed {seed}");
                assert_eq!(found.gaps, captions.gaps, "{id}, seed {seed}");
                let seconds = at.duration_since(*sent).as_secs_f64();
                *histogram.entry(seconds.max(0.5).log2().ceil() as i32).or_insert(0) += 1;
                results += 1;
                // The page ignores it: an attempt failed before a repeated event succeeded.
                both += failed;
            }
            None if failed == 0 && current[key] != *id => replaced += 1,
            None => {
                // A note that could not be written after three attempts is in the second queue.
                let is_unhandled = cloud.unhandled().iter().any(|letter| {
                    let event = letter.event.to_string();
                    event.contains(key) || event.contains(id.as_str())
                });
                let logs = || {
                    let logs = logs(&cloud);
                    let of_this = logs.lines().filter(|line| line.contains(id.as_str()));
                    of_this.collect::<Vec<_>>().join("\n")
                };
                assert!(failed > 0 || is_unhandled, "{id} is lost, seed {seed}:\n{}", logs());
                assert!(failed <= 1, "{failed} notes of {id}, seed {seed}");
                notes += 1;
            }
        }
    }
    let injected = FAULTS.map(|(fault, _)| format!("{fault:?} {}", cloud.faults().injected(fault)));
    eprintln!(
        "seed {seed}: {uploads} uploads, {} of them different: {results} results, {notes} notes of \
         failure, {replaced} replaced before they were read; {both} notes beside a result, {} dead \
         letters; {}",
        expected.len(),
        cloud.dead_letters().len(),
        injected.join(", "),
    );
    for (power, count) in histogram {
        eprintln!("done within {:>6.1} s: {count}", f64::from(power).exp2());
    }
    assert_eq!(results + notes + replaced, expected.len());
    let recordings = expected.values().filter(|(captions, ..)| captions.is_some()).count();
    // A stage fails for good if it fails three times.
    assert!(results * 10 >= recordings * 8, "{results} of {recordings}");
    for fault in [Fault::Get, Fault::Put, Fault::LateEvent, Fault::RepeatedEvent] {
        assert!(cloud.faults().injected(fault) > 0, "{fault:?} was not tried");
    }
}

/// Uploads a recording as a client does: again until it is written.
async fn put(cloud: &run_local::Cloud, key: &str, bytes: &[u8]) -> (RecordingId, Instant) {
    loop {
        let put = cloud.store().client().put_object().bucket(UPLOADS).key(key);
        let sent = Instant::now();
        if let Ok(put) = put.body(bytes.to_vec().into()).send().await {
            let etag = put.e_tag().unwrap().trim_matches('"').to_owned();
            let object = pipeline::Object {
                bucket: UPLOADS.into(),
                key: key.into(),
                version: None,
                etag: Some(etag),
            };
            return (RecordingId::of_upload(&object).unwrap(), sent);
        }
    }
}

/// All that the stages have written is whole.
fn check_objects(root: &Path) {
    for bucket in [FEATURES, RESULTS] {
        for file in files(&root.join(bucket)) {
            let bytes = std::fs::read(&file).unwrap();
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("json") => {
                    let whole: Result<Value, _> = serde_json::from_slice(&bytes);
                    assert!(whole.is_ok(), "{}: {whole:?}", file.display());
                }
                Some("npy") => {
                    let reader = NpyReader::new(&bytes[..]).unwrap();
                    let values: usize = reader.shape().iter().product();
                    let len = reader.data_start() + 4 * values as u64;
                    assert_eq!(len, bytes.len() as u64, "{}", file.display());
                }
                other => panic!("{}: {other:?}", file.display()),
            }
        }
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
