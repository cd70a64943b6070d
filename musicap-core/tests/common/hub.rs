//! A hub on a loopback socket: one repository or more, in memory, and the ways to misbehave.
#![allow(dead_code)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What the server does with requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mood {
    Well,
    /// This status for every request.
    Status(u16),
    /// The right headers, then this status for the bytes.
    StatusForBytes(u16),
    /// Half of the bytes that were asked for, then the connection closes.
    Truncated,
    /// Twice the bytes, without saying how many.
    Endless,
    /// The range from the start, whatever range is asked for.
    OtherRange,
    /// The bytes are of another commit than the headers before.
    OtherCommitForBytes,
    /// Sends all bytes, whatever range is asked for.
    WithoutRanges,
    /// Half of the bytes, and a length that fits them.
    Short,
    /// All bytes, one of them wrong.
    Altered,
    /// No answer at all.
    Silent,
    /// A hash, and so a path in the cache, that leads elsewhere.
    OddHash,
    /// Knows revisions by the name `main` alone, as simple mirrors do.
    BranchOnly,
    /// A commit that leads elsewhere.
    OddCommit,
}

#[derive(Clone)]
struct Stored {
    bytes: Arc<Vec<u8>>,
    etag: String,
    /// Kept elsewhere, as large files are: the server redirects to it.
    large: bool,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub line: String,
    pub headers: HashMap<String, String>,
    pub on_storage: bool,
}

struct State {
    files: Mutex<HashMap<String, Stored>>,
    requests: Mutex<Vec<Request>>,
    mood: Mutex<Mood>,
    commit: Mutex<String>,
    gate: Mutex<Option<String>>,
    renamed: Mutex<Option<(String, String)>>,
    /// The file that the connection is closed for.
    broken: Mutex<Option<String>>,
    storage: SocketAddr,
    stop: AtomicBool,
    delay: Mutex<Duration>,
}

/// The server; it ends with its owner.
pub struct Server {
    state: Arc<State>,
    address: SocketAddr,
}

impl Server {
    pub fn start() -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let (hub, storage) = (listen(), listen());
        let state = Arc::new(State {
            files: Mutex::default(),
            requests: Mutex::default(),
            mood: Mutex::new(Mood::Well),
            commit: Mutex::new(COMMIT.into()),
            gate: Mutex::default(),
            renamed: Mutex::default(),
            broken: Mutex::default(),
            storage: storage.local_addr().unwrap(),
            stop: AtomicBool::new(false),
            delay: Mutex::default(),
        });
        let address = hub.local_addr().unwrap();
        for (listener, on_storage) in [(hub, false), (storage, true)] {
            let state = state.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    if state.stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let state = state.clone();
                    std::thread::spawn(move || state.serve(stream, on_storage));
                }
            });
        }
        Server { state, address }
    }

    /// Puts a small file into `repo`, named by `etag`.
    pub fn put(&self, repo: &str, file: &str, etag: &str, bytes: &[u8]) {
        self.store(repo, file, etag, bytes, false);
    }

    /// Puts a large file into `repo`, which comes from the storage and is named by its SHA-256.
    pub fn put_large(&self, repo: &str, file: &str, sha256: &str, bytes: &[u8]) {
        self.store(repo, file, sha256, bytes, true);
    }

    fn store(&self, repo: &str, file: &str, etag: &str, bytes: &[u8], large: bool) {
        let stored = Stored { bytes: Arc::new(bytes.to_vec()), etag: etag.into(), large };
        self.state.files.lock().unwrap().insert(format!("{repo}/{file}"), stored);
    }

    pub fn set_mood(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    pub fn set_commit(&self, commit: &str) {
        *self.state.commit.lock().unwrap() = commit.into();
    }

    /// Lets nobody in without this token.
    pub fn set_gate(&self, token: &str) {
        *self.state.gate.lock().unwrap() = Some(token.into());
    }

    /// Redirects from a repository's old name to its new one.
    pub fn set_renamed(&self, old: &str, new: &str) {
        *self.state.renamed.lock().unwrap() = Some((old.into(), new.into()));
    }

    /// Closes the connection on whoever asks for `file`.
    pub fn set_broken(&self, file: &str) {
        *self.state.broken.lock().unwrap() = Some(file.into());
    }

    /// Takes this long over each body.
    pub fn set_delay(&self, delay: Duration) {
        *self.state.delay.lock().unwrap() = delay;
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// How many requests there were with this method.
    pub fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|request| request.line.starts_with(method)).count()
    }

    pub fn forget_requests(&self) {
        self.state.requests.lock().unwrap().clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::SeqCst);
        for address in [self.address, self.state.storage] {
            let _ = TcpStream::connect(address);
        }
    }
}

impl State {
    /// Answers one request; every connection carries one.
    fn serve(&self, stream: TcpStream, on_storage: bool) {
        let Some(request) = read_request(&stream, on_storage) else { return };
        self.requests.lock().unwrap().push(request.clone());
        let mut words = request.line.split(' ');
        let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let _ = self.answer(stream, &request, method, path.trim_start_matches('/'));
    }

    fn answer(
        &self,
        mut stream: TcpStream,
        request: &Request,
        method: &str,
        path: &str,
    ) -> std::io::Result<()> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Silent => {
                std::thread::sleep(Duration::from_secs(60));
                return Ok(());
            }
            Mood::Status(status) => return plain(&mut stream, status, "", method),
            Mood::StatusForBytes(status) if method == "GET" => {
                return plain(&mut stream, status, "", method);
            }
            _ => {}
        }
        if self.broken.lock().unwrap().as_ref().is_some_and(|file| path.ends_with(file.as_str())) {
            return Ok(());
        }
        if request.on_storage {
            let files = self.files.lock().unwrap().clone();
            return match files.values().find(|stored| path.contains(&stored.etag)) {
                Some(stored) => self.body(&mut stream, &stored.bytes, "", request, mood),
                None => plain(&mut stream, 403, "", method),
            };
        }
        if let Some(token) = &*self.gate.lock().unwrap() {
            let wanted = format!("Bearer {token}");
            if request.headers.get("authorization") != Some(&wanted) {
                let code = "X-Error-Code: GatedRepo\r\nX-Error-Message: line 1 evil\r\n";
                return plain(&mut stream, 401, code, method);
            }
        }
        // owner/name/resolve/revision/file
        let parts: Vec<&str> = path.splitn(5, '/').collect();
        let [owner, name, "resolve", revision, file] = parts[..] else {
            return plain(&mut stream, 400, "", method);
        };
        if let Some((old, new)) = &*self.renamed.lock().unwrap()
            && *old == format!("{owner}/{name}")
        {
            let location = format!("Location: /{new}/resolve/{revision}/{file}\r\n");
            return plain(&mut stream, 307, &location, method);
        }
        let commit = self.commit.lock().unwrap().clone();
        let is_known = |repo: &str| {
            let files = self.files.lock().unwrap();
            files.keys().any(|key| key.starts_with(&format!("{repo}/")))
        };
        if !is_known(&format!("{owner}/{name}")) {
            return plain(&mut stream, 404, "X-Error-Code: RepoNotFound\r\n", method);
        }
        if revision != "main" && (revision != commit || mood == Mood::BranchOnly) {
            return plain(&mut stream, 404, "X-Error-Code: RevisionNotFound\r\n", method);
        }
        let odd = "../../../../odd";
        let commit = match mood {
            Mood::OddCommit => odd,
            Mood::OtherCommitForBytes if method == "GET" => "another",
            _ => &commit,
        };
        let Some(stored) =
            self.files.lock().unwrap().get(&format!("{owner}/{name}/{file}")).cloned()
        else {
            let headers = format!("X-Error-Code: EntryNotFound\r\nX-Repo-Commit: {commit}\r\n");
            return plain(&mut stream, 404, &headers, method);
        };
        let etag = if mood == Mood::OddHash { "with space" } else { &stored.etag };
        let headers = format!("X-Repo-Commit: {commit}\r\nETag: \"{etag}\"\r\n");
        let known = request.headers.get("if-none-match");
        if known == Some(&format!("\"{}\"", stored.etag)) {
            return plain(&mut stream, 304, &headers, method);
        }
        if stored.large {
            let size = stored.bytes.len();
            let headers = format!(
                "X-Repo-Commit: {commit}\r\nETag: \"of-the-redirect\"\r\n\
                 X-Linked-Etag: \"{etag}\"\r\nX-Linked-Size: {size}\r\n\
                 Location: http://{}/{}?signature=SECRET\r\n",
                self.storage, stored.etag
            );
            return plain(&mut stream, 302, &headers, method);
        }
        self.body(&mut stream, &stored.bytes, &headers, request, mood)
    }

    fn body(
        &self,
        stream: &mut TcpStream,
        bytes: &[u8],
        headers: &str,
        request: &Request,
        mood: Mood,
    ) -> std::io::Result<()> {
        let start = request.headers.get("range").filter(|_| mood != Mood::WithoutRanges);
        let start = start.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
        let start: Option<usize> = start.map(|start| start.parse().expect("an offset"));
        let sent_from = if mood == Mood::OtherRange { start.map(|_| 0) } else { start };
        let (status, bytes) = match sent_from {
            Some(start) if start >= bytes.len() => return plain(stream, 416, "", "GET"),
            Some(start) => {
                let range = format!("Content-Range: bytes {start}-{}/*", bytes.len() - 1);
                (format!("206 Partial Content\r\n{range}"), &bytes[start..])
            }
            None => ("200 OK".to_owned(), bytes),
        };
        let half = &bytes[..bytes.len() / 2];
        let mut altered = bytes.to_vec();
        if let Some(first) = altered.first_mut() {
            *first ^= 1;
        }
        let is_get = request.line.starts_with("GET");
        let (length, sent) = match mood {
            Mood::Truncated if is_get => (bytes.len(), half),
            Mood::Short if is_get => (half.len(), half),
            Mood::Altered if is_get => (bytes.len(), &altered[..]),
            _ => (bytes.len(), bytes),
        };
        if mood == Mood::Endless && is_get {
            write!(stream, "HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n")?;
            stream.write_all(&bytes.repeat(2))?;
            return stream.flush();
        }
        write!(
            stream,
            "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        if is_get {
            std::thread::sleep(*self.delay.lock().unwrap());
            stream.write_all(sent)?;
        }
        stream.flush()
    }
}

fn read_request(stream: &TcpStream, on_storage: bool) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let line = lines.next()?.ok()?;
    let mut headers = HashMap::new();
    for header in lines {
        let header = header.ok()?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    Some(Request { line, headers, on_storage })
}

fn plain(stream: &mut TcpStream, status: u16, headers: &str, method: &str) -> std::io::Result<()> {
    let body = if method == "HEAD" || status == 304 { "" } else { "not what you want" };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} Status\r\n{headers}Content-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )?;
    stream.flush()
}

/// A folder that goes away with its owner.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("musicap-hub-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a scratch folder");
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Every file and link below, relative, sorted, without the locks.
    pub fn tree(&self) -> Vec<String> {
        let (mut found, mut open) = (Vec::new(), vec![self.0.clone()]);
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap().is_dir() {
                    true if entry.file_name() == ".locks" => {}
                    true => open.push(entry.path()),
                    false => {
                        let path = entry.path();
                        let path = path.strip_prefix(&self.0).unwrap();
                        found.push(path.to_str().unwrap().replace('\\', "/"));
                    }
                }
            }
        }
        found.sort();
        found
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
