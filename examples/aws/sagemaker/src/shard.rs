//! Which machine of a job takes which file.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// `resourceconfig.json`.
#[derive(Debug, Deserialize)]
struct Resources {
    current_host: String,
    hosts: Vec<String>,
}

/// `processingjobconfig.json`, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Job {
    processing_inputs: Vec<Input>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Input {
    s3_input: Option<S3Input>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct S3Input {
    s3_data_distribution_type: Option<String>,
}

/// This machine's part of a job's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// This machine's place among the sorted names of all.
    number: u64,
    /// How many machines there are.
    of: u64,
}

impl Shard {
    /// The part that the files in `config` give this machine; all where there are none. Where S3
    /// has shared out the files already, what is here is this machine's.
    ///
    /// # Errors
    /// If a file cannot be understood.
    pub fn read(config: &Path) -> Result<Self> {
        let all = Shard { number: 0, of: 1 };
        let job: Job = read_json(&config.join("processingjobconfig.json"))?.unwrap_or_default();
        let inputs = job.processing_inputs.iter().filter_map(|input| input.s3_input.as_ref());
        let mut kinds = inputs.filter_map(|input| input.s3_data_distribution_type.as_deref());
        if kinds.any(|kind| kind == "ShardedByS3Key") {
            return Ok(all);
        }
        let path = config.join("resourceconfig.json");
        let Some(Resources { current_host, mut hosts }) = read_json(&path)? else {
            return Ok(all);
        };
        hosts.sort();
        hosts.dedup();
        match hosts.iter().position(|host| *host == current_host) {
            Some(number) => Ok(Shard { number: number as u64, of: hosts.len() as u64 }),
            None => bail!("{}: {current_host} is not among {hosts:?}", path.display()),
        }
    }

    /// Whether a file is this machine's, by its path below the input folder. A digest shares out
    /// albums and days evenly, whatever the order of their names.
    pub fn takes(self, path: &str) -> bool {
        let digest = Sha256::digest(path.as_bytes());
        let start = digest[..8].iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
        start % self.of == self.number
    }
}

fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Option<T>> {
    match std::fs::read(path) {
        Ok(json) => {
            serde_json::from_slice(&json).map(Some).with_context(|| path.display().to_string())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_one_machines_and_all_have_about_as_many() {
        let files: Vec<String> = (0..3000).map(|i| format!("album/{i:04}.mp3")).collect();
        let shards = [0, 1, 2].map(|number| Shard { number, of: 3 });
        let counts = shards.map(|shard| files.iter().filter(|file| shard.takes(file)).count());
        assert_eq!(counts.iter().sum::<usize>(), files.len());
        assert!(files.iter().all(|file| shards.iter().filter(|s| s.takes(file)).count() == 1));
        // Five standard deviations of a fair share.
        assert!(counts.iter().all(|count| count.abs_diff(1000) < 130), "{counts:?}");
    }

    #[test]
    fn the_configuration_says_whose_machine_this_is() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Shard::read(folder.path()).unwrap(), Shard { number: 0, of: 1 });
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write(
            "resourceconfig.json",
            r#"{"current_host": "algo-1", "hosts": ["algo-2", "algo-1"]}"#,
        );
        assert_eq!(Shard::read(folder.path()).unwrap(), Shard { number: 0, of: 2 });
        let input = |kind| {
            format!(
                r#"{{"ProcessingInputs": [{{"S3Input": {{"S3DataDistributionType": "{kind}"}}}}]}}"#
            )
        };
        write("processingjobconfig.json", &input("FullyReplicated"));
        assert_eq!(Shard::read(folder.path()).unwrap(), Shard { number: 0, of: 2 });
        write("processingjobconfig.json", &input("ShardedByS3Key"));
        assert_eq!(Shard::read(folder.path()).unwrap(), Shard { number: 0, of: 1 });
        write("processingjobconfig.json", "{}");
        write("resourceconfig.json", r#"{"current_host": "algo-9", "hosts": ["algo-1"]}"#);
        assert!(Shard::read(folder.path()).unwrap_err().to_string().contains("algo-9"));
    }
}
