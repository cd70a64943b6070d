//! `stages`: does one piece of work for each line of JSON on stdin and answers with a line that
//! says how long it took. So a runner can alternate it with other programs that do the same.
//!
//! ```text
//! {"work":"decode","file":"song.mp3"}
//! {"work":"mel","audio":"song.mp3","chunks":18,"threads":2}
//! {"work":"encode","audio":"song.mp3","chunks":18,"model":{"folder":"full/f32","threads":2}}
//! {"work":"caption","audio":"song.mp3","chunks":18,"beams":5,"tokens":64,"model":{"threads":2}}
//! ```
//!
//! Without a folder it is the embedded model. Whatever a piece of work needs is made ready before
//! its time is taken, and kept for the next that needs the same.

mod request;
mod work;

use std::io::{BufRead, Write};

use request::Request;
use work::Workshop;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut workshop = Workshop::default();
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let answer = workshop.work(request)?;
        serde_json::to_writer(&mut stdout, &answer)?;
        stdout.write_all(b"\n")?;
        stdout.flush()?;
    }
    Ok(())
}
