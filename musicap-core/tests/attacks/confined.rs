//! A process with little memory.

use std::process::Command;

/// Set in the process that does the attack.
const CONFINED: &str = "MUSICAP_CONFINED";

/// Runs `attack` in a process that can have `megabytes` of memory (RLIMIT_DATA) and two minutes.
/// Whoever asks for more is aborted, which fails the test that called this.
pub fn within<A: FnOnce()>(megabytes: u64, attack: A) {
    within_and(megabytes, &[], attack);
}

/// The same with more variables in that process's environment.
pub fn within_and<A: FnOnce()>(megabytes: u64, variables: &[(&str, &str)], attack: A) {
    if std::env::var_os(CONFINED).is_some() {
        return attack();
    }
    // `attacks::module::test::{{closure}}`
    let name = std::any::type_name::<A>();
    let name = name.split_once("::").expect("a path").1.rsplit_once("::").expect("a path").0;
    let limit =
        format!("ulimit -c 0; ulimit -d {}; exec timeout 120 \"$0\" \"$@\"", megabytes << 10);
    let output = Command::new("sh")
        .args(["-c", &limit])
        .arg(std::env::current_exe().expect("this test's program"))
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(CONFINED, "")
        .envs(variables.iter().copied())
        .output()
        .expect("sh is there");
    let (out, err) = (&output.stdout, &output.stderr);
    let (out, err) = (String::from_utf8_lossy(out), String::from_utf8_lossy(err));
    // A name that is wrong would run nothing and succeed.
    let passed = output.status.success() && out.contains("1 passed");
    assert!(passed, "{name} with {megabytes} MB: {}\n{out}{err}", output.status);
    eprint!("{err}");
}

/// The most memory that this process has had so far, in bytes.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the process's status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    peak.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
}
