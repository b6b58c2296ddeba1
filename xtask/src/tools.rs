//! What a fresh machine lacks, installed when it is needed and with a word about it.

use crate::command::{cargo, output, root, run};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What plugins are compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-wasip2";

/// The versions are fixed so that a new release cannot turn a green tree red.
const CARGO_DENY_VERSION: &str = "0.20.2";
const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// What makes components of Python, and what checks the types of it. `guest-sdk/python/build.py` names the first too.
const PYTHON_PACKAGES: [&str; 2] = ["componentize-py==0.25.1", "mypy==2.4.1"];

/// Adds the WebAssembly target to the Rust toolchain when it is missing.
///
/// # Errors
/// When rustup is missing or cannot fetch the target.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()))?;
    let installed = || Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET).join("lib").is_dir();
    if installed() {
        return Ok(());
    }
    println!("The Rust target {WASM_TARGET}, which plugins are compiled for, is missing: adding it with rustup.");
    run(Command::new("rustup").args(["target", "add", WASM_TARGET]).current_dir(root())).with_context(|| {
        format!("the Rust target {WASM_TARGET} is missing and could not be added; `rustup target add {WASM_TARGET}` needs rustup and a network")
    })?;
    ensure!(installed(), "rustup added {WASM_TARGET} to another toolchain than the one in {}", sysroot.trim());
    Ok(())
}

/// The path of `cargo-deny`, which is compiled into `target/tools` when it is missing (about a minute).
///
/// # Errors
/// When it cannot be fetched or compiled.
pub(crate) fn ensure_cargo_deny() -> Result<PathBuf> {
    ensure_program("cargo-deny", CARGO_DENY_VERSION)
}

/// The path of `cargo-fuzz`, which is compiled into `target/tools` when it is missing (half a minute).
///
/// # Errors
/// When it cannot be fetched or compiled.
pub(crate) fn ensure_cargo_fuzz() -> Result<PathBuf> {
    ensure_program("cargo-fuzz", CARGO_FUZZ_VERSION)
}

/// The path of a program of crates.io in exactly this version.
fn ensure_program(name: &str, version: &str) -> Result<PathBuf> {
    let folder = root().join("target/tools");
    let program = folder.join("bin").join(name);
    let wanted = format!("{name} {version}");
    if program.is_file() && output(Command::new(&program).arg("--version"))?.trim() == wanted {
        return Ok(program);
    }
    println!("{wanted} is missing: compiling it into target/tools.");
    let install = ["install", name, "--version", version, "--locked", "--debug", "--force", "--root"];
    run(cargo(install).arg(&folder).env_remove("CARGO_TARGET_DIR"))
        .with_context(|| format!("{name} is missing and could not be installed from crates.io"))?;
    Ok(program)
}

/// The Python of `target/tools/python`, a virtual environment that is made when it is missing, with the tools that build
/// plugins in Python.
///
/// # Errors
/// When there is no Python 3.11 or later, or the tools cannot be fetched.
pub(crate) fn ensure_python_tools() -> Result<PathBuf> {
    let folder = root().join("target/tools/python");
    let (python, stamp) = (folder.join("bin/python"), folder.join("installed"));
    let wanted = PYTHON_PACKAGES.join("\n");
    if python.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    println!("What builds plugins in Python is missing: installing it into target/tools/python.");
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        .context("plugins in Python need Python 3.11 or later, with its module venv")?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(PYTHON_PACKAGES))
    .context("the tools for plugins in Python could not be installed from PyPI")?;
    std::fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))?;
    Ok(python)
}

/// The folder of the SDK for JavaScript, with the npm packages that build plugins; they are installed when they are missing
/// or of other versions than its lock file says.
///
/// # Errors
/// When Node.js is missing, or npm cannot fetch the packages.
pub(crate) fn ensure_javascript_tools() -> Result<PathBuf> {
    let sdk = root().join("guest-sdk/js");
    let age = |file: PathBuf| file.metadata().and_then(|metadata| metadata.modified()).ok();
    if age(sdk.join("node_modules/.package-lock.json")) > age(sdk.join("package-lock.json")) {
        return Ok(sdk);
    }
    println!("The npm packages that build plugins in JavaScript are missing: installing them in guest-sdk/js.");
    run(Command::new("npm").arg("ci").current_dir(&sdk))
        .context("the packages of guest-sdk/js could not be installed; `npm ci` needs Node 20 and a network")?;
    Ok(sdk)
}
