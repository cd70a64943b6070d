//! The whole local cloud.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use pipeline::Store;
use pipeline::name::{CAPTIONS, FEATURES};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::Child;

use crate::calls::{ACCOUNT, Calls};
use crate::faults::Faults;
use crate::lambda::{self, DeadLetter, Function};
use crate::sagemaker::{self, SageMaker};
use crate::settings::{Mode, Settings};
use crate::{children, loopback, s3, secrets};

/// The bucket of uploads.
pub const UPLOADS: &str = "musicap-uploads";
/// The bucket of features.
pub const FEATURES_BUCKET: &str = "musicap-features";
/// The bucket of results.
pub const RESULTS: &str = "musicap-results";
/// The prefix of uploads.
pub const INCOMING: &str = "incoming/";

/// The function that handles dead letters.
const DEAD_LETTER_HANDLER: &str = "dead-letter-handler";
/// The most events that are kept for tests.
const MAX_EVENTS: usize = 1000;

/// Which new objects invoke which function: bucket, prefix, suffix, function, as in
/// deploy/template.yaml.
const TRIGGERS: [(&str, &str, &str, &str); 3] = [
    (UPLOADS, INCOMING, "", "ingest"),
    (FEATURES_BUCKET, FEATURES, ".npy", "caption"),
    (RESULTS, CAPTIONS, ".json", "summarize"),
];

/// The running cloud. It stops when it is dropped.
pub struct Cloud {
    settings: Settings,
    s3: SocketAddr,
    store: Store,
    functions: Arc<OnceLock<Vec<(&'static str, Function)>>>,
    dead_letter_handler: Function,
    events: Arc<Mutex<Vec<(&'static str, Value)>>>,
    faults: Arc<Faults>,
    calls: Arc<Calls>,
    written: Arc<s3::Written>,
    /// The URLs of SageMaker and Secrets Manager.
    services: [String; 2],
    sagemaker: SageMaker,
    web: Child,
    web_port: u16,
}

impl Cloud {
    /// Starts everything.
    ///
    /// # Errors
    /// If a port or a folder is not available, or a part does not start.
    pub async fn start(mut settings: Settings) -> Result<Self> {
        let data = settings.data.clone();
        for folder in ["logs", "s3", "jobs"] {
            create_private(&data.join(folder))?;
        }
        if settings.web_port == 0 {
            settings.web_port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        }
        let hosts = loopback::hosts(settings.web_port);
        let calls = Arc::new(Calls::new(settings.mode.as_str(), settings.calls.as_deref())?);
        let faults = Arc::new(Faults::default());
        let written = Arc::new(s3::Written::default());
        let functions: Arc<OnceLock<Vec<(&'static str, Function)>>> = Arc::default();
        let events: Arc<Mutex<Vec<(&'static str, Value)>>> = Arc::default();
        // Known to the children alone: a web page could sign requests with a fixed one.
        let secret_key = uuid::Uuid::new_v4().to_string();

        let (known, kept, filtered) = (functions.clone(), events.clone(), settings.filtered);
        let notify: s3::Notify = Arc::new(move |bucket, key, event| {
            let invoked = TRIGGERS.iter().filter(|(of, prefix, suffix, _)| {
                let passes = key.starts_with(prefix) && key.ends_with(suffix);
                *of == bucket && (passes || !filtered)
            });
            for (.., name) in invoked {
                let mut events = kept.lock().expect("not poisoned");
                if events.len() < MAX_EVENTS {
                    events.push((name, event.clone()));
                }
                drop(events);
                let functions = known.get().into_iter().flatten();
                for (_, function) in functions.filter(|(function, _)| function == name) {
                    function.invoke(event.clone());
                }
            }
        });
        let root = data.join("s3");
        let s3 = s3::serve(s3::Config {
            root: &root,
            buckets: &[UPLOADS, FEATURES_BUCKET, RESULTS],
            port: settings.s3_port,
            secret_key: &secret_key,
            origins: hosts.iter().map(|host| format!("http://{host}")).collect(),
            faults: faults.clone(),
            calls: calls.clone(),
            written: written.clone(),
            notify,
        })
        .await?;
        let secrets = secrets::serve(settings.secrets.clone(), calls.clone()).await?;
        let store = |role| Store::new(&sdk_config(s3, role, &secret_key));

        let mut common = vec![
            ("AWS_REGION".to_owned(), s3::REGION.to_owned()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), secret_key.clone()),
            ("AWS_ENDPOINT_URL_S3".to_owned(), format!("http://{s3}")),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER".to_owned(), format!("http://{secrets}/")),
            ("UPLOADS_BUCKET".to_owned(), UPLOADS.to_owned()),
            ("FEATURES_BUCKET".to_owned(), FEATURES_BUCKET.to_owned()),
            ("RESULTS_BUCKET".to_owned(), RESULTS.to_owned()),
            ("FAILURES_BUCKET".to_owned(), RESULTS.to_owned()),
        ];
        common.extend(settings.environment.iter().cloned());
        // The access key is the role's name.
        let environment = |role: &str| {
            let mut environment = common.clone();
            environment.push(("AWS_ACCESS_KEY_ID".to_owned(), role.to_owned()));
            environment
        };
        let function = |name: &'static str, environment: Vec<(String, String)>| lambda::Config {
            name,
            program: settings.binaries.join(name),
            environment,
            log: data.join("logs").join(format!("{name}.log")),
            concurrency: settings.concurrency,
            timeout: settings.timeout,
            retry_wait: settings.retry_wait,
            calls: calls.clone(),
            faults: faults.clone(),
        };
        let handler = function(DEAD_LETTER_HANDLER, environment(DEAD_LETTER_HANDLER));
        let dead_letter_handler = Function::start(handler, None).await?;
        let config = sagemaker::Config {
            program: settings.binaries.join("sagemaker"),
            environment: environment("sagemaker"),
            data: data.clone(),
            store: store("sagemaker"),
            calls: calls.clone(),
        };
        let (sagemaker, address) = SageMaker::start(
            config,
            settings.mode == Mode::Endpoint,
            faults.clone(),
            dead_letter_handler.clone(),
        )
        .await?;
        let mut started = Vec::new();
        for (_, prefix, _, name) in TRIGGERS {
            let mut environment = environment(name);
            let prefix = if settings.filtered { prefix } else { "" };
            environment.extend(
                [
                    ("INPUT_PREFIX", prefix.to_owned()),
                    ("CAPTION_MODE", settings.mode.as_str().to_owned()),
                    ("ENDPOINT_NAME", "musicap".to_owned()),
                    ("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", format!("http://{address}")),
                    ("AWS_ENDPOINT_URL_SAGEMAKER", format!("http://{address}/")),
                    ("JOB_IMAGE", "local".to_owned()),
                    ("JOB_ROLE", format!("arn:aws:iam::{ACCOUNT}:role/sagemaker")),
                ]
                .map(|(name, value)| (name.to_owned(), value)),
            );
            let handler = Some(dead_letter_handler.clone());
            started.push((name, Function::start(function(name, environment), handler).await?));
        }
        let _ = functions.set(started);

        let mut environment = environment("web");
        environment.push(("ALLOWED_HOSTS".to_owned(), hosts.join(",")));
        if !common.iter().any(|(name, _)| name == "PASS_PHRASE") {
            environment.push(("PUBLIC".to_owned(), "true".to_owned()));
        }
        let web = web(&settings, environment).await?;
        Ok(Cloud {
            web_port: settings.web_port,
            store: store(s3::OPERATOR),
            settings,
            s3,
            functions,
            dead_letter_handler,
            events,
            faults,
            calls,
            written,
            services: [format!("http://{address}/"), format!("http://{secrets}/")],
            sagemaker,
            web,
        })
    }

    /// The page's URL.
    pub fn page(&self) -> String {
        format!("http://127.0.0.1:{}/", self.web_port)
    }

    /// The S3 server's URL.
    pub fn s3(&self) -> String {
        format!("http://{}", self.s3)
    }

    /// The buckets, with an operator's permissions.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The folder of objects, logs and dead letters.
    pub fn data(&self) -> &Path {
        &self.settings.data
    }

    /// The failures to inject.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// SageMaker.
    pub fn sagemaker(&self) -> &SageMaker {
        &self.sagemaker
    }

    /// The number of S3 requests that `role` has made.
    pub fn requests_by(&self, role: &str) -> usize {
        self.calls.requests_by(role)
    }

    /// The number of bytes that have been read from `bucket`.
    pub fn bytes_read(&self, bucket: &str) -> u64 {
        self.calls.bytes_read(bucket)
    }

    /// The URLs of all servers that no browser uses.
    pub fn internal_urls(&self) -> Vec<String> {
        let functions = self.functions.get().into_iter().flatten();
        let apis = functions.map(|(_, function)| function.api());
        apis.chain([self.dead_letter_handler.api()]).chain(self.services.clone()).collect()
    }

    /// The function `name`.
    ///
    /// # Panics
    /// If there is none.
    pub fn function(&self, name: &str) -> &Function {
        let mut all = self.functions.get().into_iter().flatten();
        &all.find(|(function, _)| *function == name).expect("a function of this name").1
    }

    /// The first 1000 events, each with the function that it invoked.
    pub fn events(&self) -> Vec<(&'static str, Value)> {
        self.events.lock().expect("not poisoned").clone()
    }

    /// `BUCKET/KEY` of each object that was written, as often as it was, with the time.
    pub fn written(&self) -> Vec<(String, Instant)> {
        self.written.objects()
    }

    /// Messages that the dead-letter handler has failed to handle, as in its own dead-letter queue.
    pub fn unhandled(&self) -> Vec<DeadLetter> {
        self.dead_letter_handler.dead_letters()
    }

    /// The dead letters of all stages.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        let all = self.functions.get().into_iter().flatten();
        all.flat_map(|(_, function)| function.dead_letters()).collect()
    }

    /// Waits until no event is queued or being worked on.
    ///
    /// # Errors
    /// If that takes longer than `timeout`.
    pub async fn settle(&self, timeout: Duration) -> Result<()> {
        let begun = Instant::now();
        let mut idle_checks = 0;
        // An event may be on its way from one function to the next.
        while idle_checks < 3 {
            let mut all = self.functions.get().into_iter().flatten();
            let stages = all.all(|(_, function)| function.is_idle());
            let idle = self.written.is_delivered()
                && stages
                && self.sagemaker.is_idle()
                && self.dead_letter_handler.is_idle();
            idle_checks = if idle { idle_checks + 1 } else { 0 };
            if begun.elapsed() > timeout {
                bail!("still busy after {timeout:?}; see {}", self.data().display());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Terminates the page's server and waits for it.
    pub async fn stop(mut self) {
        children::terminate(&self.web);
        let _ = tokio::time::timeout(Duration::from_secs(10), self.web.wait()).await;
    }
}

/// Creates a folder that only this user can read: recordings and logs may be private.
fn create_private(folder: &Path) -> Result<()> {
    let created = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.with_context(|| folder.display().to_string())
}

/// Starts the page's server and waits until it listens.
async fn web(settings: &Settings, mut environment: Vec<(String, String)>) -> Result<Child> {
    let port = settings.web_port;
    environment.push(("PORT".to_owned(), port.to_string()));
    environment.push(("HOST".to_owned(), "127.0.0.1".to_owned()));
    let log = settings.data.join("logs/web.log");
    let mut child = children::start(&settings.binaries.join("web"), &[], &environment, &log)?;
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok(child);
        }
        if let Some(status) = child.try_wait()? {
            bail!("the page's server ended with {status}; see {}", log.display());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the page's server does not listen; see {}", log.display())
}

fn sdk_config(s3: SocketAddr, role: &str, secret_key: &str) -> SdkConfig {
    let credentials = Credentials::new(role, secret_key, None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(s3::REGION))
        .endpoint_url(format!("http://{s3}"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}
