//! All of it together.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use pipeline::Store;
use pipeline::name::{CAPTIONS, FEATURES};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::Child;

use crate::faults::Faults;
use crate::lambda::{self, DeadLetter, Function};
use crate::sagemaker::{self, SageMaker};
use crate::settings::{Mode, Settings};
use crate::{children, s3};

/// Where recordings arrive.
pub const UPLOADS: &str = "musicap-uploads";
/// Where features wait.
pub const FEATURES_BUCKET: &str = "musicap-features";
/// Where results go.
pub const RESULTS: &str = "musicap-results";
/// Below what keys recordings arrive.
pub const INCOMING: &str = "incoming/";

/// Events that are remembered, for those who want to send them again.
const REMEMBERED: usize = 1000;

/// Which new objects call which function: bucket, prefix, suffix, as deploy/template.yaml has it.
const TRIGGERS: [(&str, &str, &str, &str); 3] = [
    (UPLOADS, INCOMING, "", "ingest"),
    (FEATURES_BUCKET, FEATURES, ".npy", "caption"),
    (RESULTS, CAPTIONS, ".json", "summarize"),
];

/// The cloud, running. It ends when it is dropped.
pub struct Cloud {
    settings: Settings,
    s3: SocketAddr,
    store: Store,
    functions: Arc<OnceLock<Vec<(&'static str, Function)>>>,
    letters: Function,
    events: Arc<Mutex<Vec<(&'static str, Value)>>>,
    faults: Arc<Faults>,
    sagemaker: SageMaker,
    web: Child,
    web_port: u16,
}

impl Cloud {
    /// Starts everything.
    ///
    /// # Errors
    /// If a port or a folder cannot be had, or a part does not start.
    pub async fn start(settings: Settings) -> Result<Self> {
        let data = &settings.data;
        std::fs::create_dir_all(data.join("logs")).with_context(|| data.display().to_string())?;
        let faults = Arc::new(Faults::default());
        let functions: Arc<OnceLock<Vec<(&'static str, Function)>>> = Arc::default();
        let events: Arc<Mutex<Vec<(&'static str, Value)>>> = Arc::default();

        let (known, remembered) = (functions.clone(), events.clone());
        let notify: s3::Notify = Arc::new(move |bucket, key, event| {
            let called = TRIGGERS.iter().filter(|(of, prefix, suffix, _)| {
                *of == bucket && key.starts_with(prefix) && key.ends_with(suffix)
            });
            for (.., name) in called {
                let mut events = remembered.lock().expect("no panic here");
                if events.len() < REMEMBERED {
                    events.push((name, event.clone()));
                }
                drop(events);
                let functions = known.get().into_iter().flatten();
                for (_, function) in functions.filter(|(function, _)| function == name) {
                    function.invoke(event.clone());
                }
            }
        });
        let buckets = [UPLOADS, FEATURES_BUCKET, RESULTS];
        let s3 =
            s3::serve(&data.join("s3"), &buckets, settings.s3_port, faults.clone(), notify).await?;
        let store = Store::new(&sdk_config(s3));

        let mut common = vec![
            ("AWS_REGION".to_owned(), s3::REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID".to_owned(), s3::ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), s3::SECRET_KEY.to_owned()),
            ("AWS_ENDPOINT_URL_S3".to_owned(), format!("http://{s3}")),
            ("UPLOADS_BUCKET".to_owned(), UPLOADS.to_owned()),
            ("FEATURES_BUCKET".to_owned(), FEATURES_BUCKET.to_owned()),
            ("RESULTS_BUCKET".to_owned(), RESULTS.to_owned()),
            ("FAILURES_BUCKET".to_owned(), RESULTS.to_owned()),
        ];
        common.extend(settings.environment.iter().cloned());

        let function = |name: &'static str, environment: Vec<(String, String)>| lambda::Config {
            name,
            program: settings.binaries.join(name),
            environment,
            log: data.join("logs").join(format!("{name}.log")),
            concurrency: settings.concurrency,
            timeout: settings.timeout,
            retry_wait: settings.retry_wait,
        };
        let letters = Function::start(function("letters", common.clone()), None).await?;
        let config = sagemaker::Config {
            program: settings.binaries.join("sagemaker"),
            environment: common.clone(),
            data: data.clone(),
        };
        let endpoint = settings.mode == Mode::Endpoint;
        let (sagemaker, address) =
            SageMaker::start(config, endpoint, faults.clone(), store.clone(), letters.clone())
                .await?;
        let mut started = Vec::new();
        for (_, prefix, _, name) in TRIGGERS {
            let mut environment = common.clone();
            environment.extend(
                [
                    ("INPUT_PREFIX", prefix.to_owned()),
                    ("CAPTION_MODE", settings.mode.as_str().to_owned()),
                    ("ENDPOINT_NAME", "musicap".to_owned()),
                    ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", format!("http://{address}")),
                    ("AWS_ENDPOINT_URL_SAGEMAKER", format!("http://{address}/")),
                    ("JOB_IMAGE", "local".to_owned()),
                    ("JOB_ROLE", "arn:aws:iam::000000000000:role/local".to_owned()),
                ]
                .map(|(name, value)| (name.to_owned(), value)),
            );
            let started_one = Function::start(function(name, environment), Some(letters.clone()));
            started.push((name, started_one.await?));
        }
        let _ = functions.set(started);

        let (web, web_port) = web(&settings, &common).await?;
        Ok(Cloud {
            settings,
            s3,
            store,
            functions,
            letters,
            events,
            faults,
            sagemaker,
            web,
            web_port,
        })
    }

    /// The page's address.
    pub fn page(&self) -> String {
        format!("http://127.0.0.1:{}/", self.web_port)
    }

    /// The S3 server's address.
    pub fn s3(&self) -> String {
        format!("http://{}", self.s3)
    }

    /// The buckets, for whoever wants to look or upload.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where objects, logs and dead letters are.
    pub fn data(&self) -> &Path {
        &self.settings.data
    }

    /// The failures that are to come.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// SageMaker.
    pub fn sagemaker(&self) -> &SageMaker {
        &self.sagemaker
    }

    /// The function `name`.
    ///
    /// # Panics
    /// If there is none.
    pub fn function(&self, name: &str) -> &Function {
        let mut all = self.functions.get().into_iter().flatten();
        &all.find(|(function, _)| *function == name).expect("a function of this name").1
    }

    /// The events so far, and the function that each went to.
    pub fn events(&self) -> Vec<(&'static str, Value)> {
        self.events.lock().expect("no panic here").clone()
    }

    /// Events that the stages have failed at for good.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        let all = self.functions.get().into_iter().flatten();
        all.flat_map(|(_, function)| function.dead_letters()).collect()
    }

    /// Waits until nothing is under way any more.
    ///
    /// # Errors
    /// If that takes longer than `patience`.
    pub async fn settle(&self, patience: Duration) -> Result<()> {
        let begun = Instant::now();
        let mut calm = 0;
        // An answer of one function may be on its way to the next one's queue.
        while calm < 3 {
            let mut all = self.functions.get().into_iter().flatten();
            let stages = all.all(|(_, function)| function.is_idle());
            let idle = stages && self.sagemaker.is_idle() && self.letters.is_idle();
            calm = if idle { calm + 1 } else { 0 };
            if begun.elapsed() > patience {
                bail!("still at work after {patience:?}: see {}", self.data().display());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Asks the page's server to end, and waits for it.
    pub async fn stop(mut self) {
        children::terminate(&self.web);
        let _ = tokio::time::timeout(Duration::from_secs(10), self.web.wait()).await;
    }
}

/// Starts the page's server and waits until it listens.
async fn web(settings: &Settings, common: &[(String, String)]) -> Result<(Child, u16)> {
    let port = match settings.web_port {
        0 => TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port(),
        port => port,
    };
    let mut environment = common.to_vec();
    environment.push(("PORT".to_owned(), port.to_string()));
    environment.push(("HOST".to_owned(), "127.0.0.1".to_owned()));
    let log = settings.data.join("logs/web.log");
    let mut child = children::start(&settings.binaries.join("web"), &[], &environment, &log)?;
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok((child, port));
        }
        if let Some(status) = child.try_wait()? {
            bail!("the page's server ended with {status}: see {}", log.display());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the page's server does not listen: see {}", log.display())
}

fn sdk_config(s3: SocketAddr) -> SdkConfig {
    let credentials = Credentials::new(s3::ACCESS_KEY, s3::SECRET_KEY, None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(s3::REGION))
        .endpoint_url(format!("http://{s3}"))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
            credentials,
        ))
        .build()
}
