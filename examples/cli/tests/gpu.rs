//! The command with GPUs, of which `scripts/test gpu` has one: Mesa's software renderer.

mod common;

use std::process::{Command, Output};

use common::{SONG, scratch, stderr, stdout, text};

const KIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../musicap-core/tests/data/parity");

/// Runs the command with `drivers` as Vulkan's and a tuning cache that is not the user's.
fn with(drivers: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_musicap"));
    command.args(arguments).env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/gpu"));
    if let Some(drivers) = drivers {
        command.env("VK_DRIVER_FILES", drivers).env("VK_ICD_FILENAMES", drivers);
    }
    command.output().unwrap()
}

const NO_DRIVER: Option<&str> = Some("/nonexistent/driver.json");

#[test]
fn devices_lists_the_processor_and_adapters_with_what_they_have() {
    let listed = with(None, &["devices"]);
    assert!(listed.status.success(), "{}", stderr(&listed));
    let listed = stdout(&listed);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines[0], "cpu     CPU");
    assert!(lines[1].starts_with("gpu:0   "), "{listed}");
    assert!(lines[1].contains("Vulkan") && lines[1].contains("f16"), "{listed}");
    assert!(lines[1].contains("memory unknown") || lines[1].contains("GiB"), "{listed}");
    assert!(listed.contains("\"cuda\" is not available"), "{listed}");
}

#[test]
fn without_a_driver_a_gpu_is_refused_in_one_line_and_auto_goes_on_with_a_note() {
    let refused = with(NO_DRIVER, &[SONG, "--device", "gpu"]);
    let message = stderr(&refused);
    assert_eq!(refused.status.code(), Some(1), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("no adapter found: install a driver"), "{message}");

    let auto = with(NO_DRIVER, &[SONG, "--device", "auto"]);
    assert!(auto.status.success());
    let message = stderr(&auto);
    assert!(message.contains("using the CPU because there is no GPU"), "{message}");
    assert!(message.contains("no adapter found"), "{message}");
    assert_eq!(stdout(&auto), stdout(&with(NO_DRIVER, &[SONG])));
    let quiet = with(NO_DRIVER, &[SONG, "--device", "auto", "--quiet"]);
    assert_eq!(stderr(&quiet), "");

    let listed = with(NO_DRIVER, &["devices"]);
    assert!(listed.status.success());
    assert!(stdout(&listed).contains("no adapter found"), "{}", stdout(&listed));
    assert!(!stdout(&listed).contains("gpu:0"), "{}", stdout(&listed));
}

#[test]
fn a_song_has_the_processor_s_captions() {
    let song = |device| {
        let arguments = [SONG, "--device", device, "--beams", "3", "--max-length", "24", "--quiet"];
        let output = with(None, &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    assert_eq!(song("gpu:0"), song("cpu"));
}

/// What one process finds out about kernels the next one knows.
#[test]
fn what_a_warm_up_finds_out_is_kept_on_disk() {
    let cache = scratch("tuning");
    let model = cache.join("model");
    let converted = with(None, &["convert", &format!("{KIT}/model-a"), text(&model)]);
    assert!(converted.status.success(), "{}", stderr(&converted));
    // Captions of few tokens: each kernel takes seconds on a software renderer.
    let config = std::fs::read_to_string(model.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    config["max_length"] = 6.into();
    std::fs::write(model.join("config.json"), config.to_string()).unwrap();
    let tuned = |run: &str| {
        let log = cache.join(run);
        let mut command = Command::new(env!("CARGO_BIN_EXE_musicap"));
        command.args(["devices", "--warm-up", "--device", "gpu:0", "--model", text(&model)]);
        command.args(["--batch", "1"]).env("XDG_CACHE_HOME", &cache);
        let output = command.env("CUBECL_DEBUG_LOG", text(&log)).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stderr(&output).contains("gpu:0: tuned in"), "{}", stderr(&output));
        let log = std::fs::read_to_string(log).unwrap();
        log.lines().filter(|line| line.contains("Fastest result")).count()
    };
    let first = tuned("first.log");
    let kept = std::fs::metadata(cache.join("cubecl/musicap.db")).unwrap();
    assert!(kept.len() > 0);
    let second = tuned("second.log");
    assert!(first > 5 && second == 0, "{first} kernels chosen, then {second}");
}
