//! Paths: links that lead elsewhere, files that are none.

use std::io::Write;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::Command;

use musicap::audio::AudioReader;
use musicap::checkpoint::Precision;
use musicap::file::replace_file;
use musicap::{Captioner, Error, Pretrained};

use crate::common::Scratch;
use crate::confined::within;

const SECRET: &str = "not yours";

/// A file that must stay as it is.
fn victim(scratch: &Scratch) -> std::path::PathBuf {
    let path = scratch.path("victim");
    std::fs::write(&path, SECRET).unwrap();
    path
}

fn untouched(victim: &Path) {
    assert_eq!(std::fs::read_to_string(victim).unwrap(), SECRET);
}

fn write(path: &Path, text: &str) -> musicap::Result<()> {
    replace_file(path, |file| {
        file.write_all(text.as_bytes()).map_err(|source| Error::Io {
            path: path.to_owned(),
            action: "write",
            source,
        })
    })
}

#[test]
fn a_link_in_the_output_folder_leads_nowhere() {
    let scratch = Scratch::new();
    let victim = victim(&scratch);
    let out = scratch.path("captions.txt");
    for planted in [scratch.path("captions.txt.partial"), out.clone()] {
        symlink(&victim, &planted).unwrap();
        write(&out, "new").unwrap();
        untouched(&victim);
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "new");
        assert!(!std::fs::symlink_metadata(&out).unwrap().is_symlink());
        std::fs::remove_file(&out).unwrap();
        let _ = std::fs::remove_file(&planted);
    }
    // Nor does one that leads to nothing yet.
    let nothing = scratch.path("nothing");
    symlink(&nothing, scratch.path("captions.txt.partial")).unwrap();
    write(&out, "new").unwrap();
    assert!(!nothing.exists());
    // A folder in the way is an error that says so.
    std::fs::create_dir(scratch.path("other.txt")).unwrap();
    assert!(matches!(write(&scratch.path("other.txt"), "new"), Err(Error::Io { .. })));
}

/// Whoever writes to `/dev/null` as root does not want a file in its place.
#[test]
fn devices_and_pipes_are_written_into_and_not_replaced() {
    let scratch = Scratch::new();
    write(Path::new("/dev/null"), "gone").unwrap();
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    let pipe = scratch.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let read = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    write(&pipe, "through").unwrap();
    assert_eq!(read.join().unwrap(), "through");
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    // Nobody writes into this one: it is refused at once.
    let refused = AudioReader::open(&pipe).unwrap_err();
    assert!(refused.to_string().contains("named pipe"), "{refused}");
}

#[test]
fn a_file_for_its_owner_alone_stays_so() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let path = scratch.path("captions.json");
    write(&path, "old").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    write(&path, "new").unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn of_two_who_write_at_once_both_write_whole_files() {
    let scratch = Scratch::new();
    let path = scratch.path("captions.txt");
    let inner = || write(&path, "inner");
    replace_file(&path, |file| {
        inner().unwrap();
        file.write_all(b"outer").unwrap();
        Ok(())
    })
    .unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "outer");
}

#[test]
fn a_model_is_saved_into_its_folder_and_not_through_links() {
    let scratch = Scratch::new();
    let victim = victim(&scratch);
    let folder = scratch.path("model");
    std::fs::create_dir(&folder).unwrap();
    for name in ["model.safetensors", "config.json", "tokenizer.json", "generation_config.json"] {
        symlink(&victim, folder.join(name)).unwrap();
    }
    for name in ["model.safetensors.partial", "config.json.partial", "tokenizer.json.partial"] {
        symlink(&victim, folder.join(name)).unwrap();
    }
    Pretrained::embedded().unwrap().save(&folder, Precision::Int8).unwrap();
    untouched(&victim);
    Captioner::from_pretrained(&folder).unwrap();
}

/// What a link in a model folder leads to is read as the model's owner could read it, and none
/// of it is repeated.
#[test]
fn a_link_in_a_model_folder_gives_nothing_away() {
    within(192, || {
        let scratch = Scratch::new();
        let victim = victim(&scratch);
        for target in
            [victim.to_str().unwrap(), "/dev/zero", "/dev/null", "/", "/proc/self/mem", "gone"]
        {
            for name in ["config.json", "tokenizer.json", "model.safetensors", "transfer.pth"] {
                let folder = scratch.path("model");
                let _ = std::fs::remove_dir_all(&folder);
                std::fs::create_dir(&folder).unwrap();
                let embedded = Path::new(env!("CARGO_MANIFEST_DIR")).join("embedded");
                for file in ["config.json", "tokenizer.json", "model.safetensors"] {
                    if file != name && !(file == "model.safetensors" && name == "transfer.pth") {
                        std::fs::copy(embedded.join(file), folder.join(file)).unwrap();
                    }
                }
                symlink(target, folder.join(name)).unwrap();
                let error = Pretrained::open(&folder).unwrap_err();
                assert!(!error.to_string().contains(SECRET), "{error}");
            }
        }
        // A link to itself.
        let round = scratch.path("round");
        symlink(&round, &round).unwrap();
        assert!(Pretrained::open(&round).is_err());
        assert!(matches!(AudioReader::open(&round), Err(Error::Io { .. })));
    });
}

#[test]
fn what_is_no_file_is_no_sound() {
    within(64, || {
        for path in ["/dev/zero", "/dev/null", "/proc/self/mem", "/"] {
            let error = AudioReader::open(path).unwrap_err();
            let known = matches!(
                error,
                Error::Io { .. } | Error::UnknownFormat { .. } | Error::AudioRead { .. }
            );
            assert!(known, "{path}: {error}");
        }
    });
}
