//! `cargo xtask fuzz`: calls host functions with arbitrary arguments, for a while. `fuzz/host_calls.rs` is what runs.

use crate::command::{self, cargo_path, root};
use crate::tools::ensure_cargo_fuzz;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// What `cargo xtask ci` has: enough to play every seed and some thousand calls more.
pub(crate) const SECONDS_IN_CI: u32 = 30;
/// What one has who asks for it without saying how long.
const SECONDS: u32 = 300;

/// The stable toolchain has no sanitizers, and they find little where unsafe code is forbidden. Comparisons are not traced,
/// since the dictionary knows the words that matter, and tracing makes an unoptimised build three times slower.
const BUILD: [&str; 5] = ["--dev", "--sanitizer", "none", "--no-cfg-fuzzing", "--no-trace-compares"];

/// Fuzzes; `arguments` may be `--seconds N`.
///
/// # Errors
/// When a call breaks a promise; `fuzz/artifacts` has the script then.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => fuzz(SECONDS),
        [option, seconds] if option == "--seconds" => {
            fuzz(seconds.parse().with_context(|| format!("{seconds:?} is no number of seconds"))?)
        }
        other => bail!("no options {other:?}: `cargo xtask fuzz [--seconds N]`"),
    }
}

/// Fuzzes for so long, which does not count compiling.
///
/// # Errors
/// When it does not compile, or a call breaks a promise.
pub(crate) fn fuzz(seconds: u32) -> Result<()> {
    let program = ensure_cargo_fuzz()?;
    let folder = root().join("fuzz");
    let found = folder.join("corpus/host_calls");
    std::fs::create_dir_all(&found).with_context(|| format!("cannot make {}", found.display()))?;
    let mut command = Command::new(program);
    command.args(["run", "host_calls"]).args(BUILD);
    // The first folder gets what is found, the second is only read.
    command.args([&found, &folder.join("seeds/host_calls")]);
    command.args(["--", &format!("-max_total_time={seconds}"), "-dict=fuzz/host_calls.dict", "-max_len=4096"]);
    // A call that blocks, and memory that adds up; `fuzz/host_calls.rs` bounds what one call takes.
    command.args(["-timeout=60", "-rss_limit_mb=2048", "-print_final_stats=1"]);
    command.current_dir(root()).env_remove("CARGO_TARGET_DIR");
    // It runs `cargo` by name, which has to be the one that runs this.
    if let Some(bin) = Path::new(&cargo_path()).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(paths)?);
    }
    // The store syncs when it opens and closes; in memory that costs nothing.
    if Path::new("/dev/shm").is_dir() {
        command.env("TMPDIR", "/dev/shm");
    }
    command::run(&mut command)
}
