//! How the machines of a job share its files.

use std::path::Path;

use anyhow::{Context, Result, bail};
use pipeline::name::digest;
use serde::Deserialize;

/// `resourceconfig.json`.
#[derive(Debug, Deserialize)]
struct Resources {
    current_host: String,
    hosts: Vec<String>,
}

/// The used parts of `processingjobconfig.json`.
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

/// This machine's share of a job's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// This machine's index among the sorted names of all machines.
    index: u64,
    /// The number of machines.
    count: u64,
}

impl Shard {
    /// This machine's share according to the files in the folder `config`; everything if there are
    /// none, or if S3 has distributed the input already.
    ///
    /// # Errors
    /// If a file cannot be parsed.
    pub fn read(config: &Path) -> Result<Self> {
        let all = Shard { index: 0, count: 1 };
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
            Some(index) => Ok(Shard { index: index as u64, count: hosts.len() as u64 }),
            None => bail!("{}: {current_host} is not among {hosts:?}", path.display()),
        }
    }

    /// Whether a file belongs to this machine's share, by its path below the input folder. A digest
    /// distributes files evenly, whatever their names are.
    pub fn takes(self, path: &str) -> bool {
        let number = u64::from_str_radix(&digest(path, 8), 16).expect("16 hexadecimal digits");
        number % self.count == self.index
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
    fn every_file_belongs_to_one_machine_and_shares_are_even() {
        let files: Vec<String> = (0..3000).map(|i| format!("album/{i:04}.mp3")).collect();
        let shards = [0, 1, 2].map(|index| Shard { index, count: 3 });
        let counts = shards.map(|shard| files.iter().filter(|file| shard.takes(file)).count());
        assert_eq!(counts.iter().sum::<usize>(), files.len());
        assert!(files.iter().all(|file| shards.iter().filter(|s| s.takes(file)).count() == 1));
        // Five standard deviations.
        assert!(counts.iter().all(|count| count.abs_diff(1000) < 130), "{counts:?}");
    }

    #[test]
    fn the_configuration_gives_the_share() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Shard::read(folder.path()).unwrap(), Shard { index: 0, count: 1 });
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write(
            "resourceconfig.json",
            r#"{"current_host": "algo-1", "hosts": ["algo-2", "algo-1"]}"#,
        );
        assert_eq!(Shard::read(folder.path()).unwrap(), Shard { index: 0, count: 2 });
        let input = |kind| {
            format!(
                r#"{{"ProcessingInputs": [{{"S3Input": {{"S3DataDistributionType": "{kind}"}}}}]}}"#
            )
        };
        write("processingjobconfig.json", &input("FullyReplicated"));
        assert_eq!(Shard::read(folder.path()).unwrap(), Shard { index: 0, count: 2 });
        write("processingjobconfig.json", &input("ShardedByS3Key"));
        assert_eq!(Shard::read(folder.path()).unwrap(), Shard { index: 0, count: 1 });
        write("processingjobconfig.json", "{}");
        write("resourceconfig.json", r#"{"current_host": "algo-9", "hosts": ["algo-1"]}"#);
        assert!(Shard::read(folder.path()).unwrap_err().to_string().contains("algo-9"));
    }
}
