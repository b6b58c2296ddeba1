//! Starts that must be refused: one sentence that names what is wrong, exit code 1, and nothing changed.

use crate::device;
use anyhow::{Context, Result, ensure};
use meadhall_tests::http::Http;
use meadhall_tests::plugins;
use meadhall_tests::process::{ServerProcess, serve_arguments};
use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A start with a fault, and the words that the refusal must have.
struct Refusal {
    fault: &'static str,
    arguments: Vec<OsString>,
    words: Vec<String>,
}

/// A folder for the files of the table.
struct Files(TempDir);

impl Files {
    fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf> {
        let file = self.0.path().join(name);
        fs::write(&file, content).with_context(|| format!("writing {}", file.display()))?;
        Ok(file)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_start_is_refused_in_one_sentence() -> Result<()> {
    let files = Files(tempfile::tempdir()?);
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let mut faults = plugin_faults(&files)?;
    faults.extend(configuration_faults(&files, taken.local_addr()?.port())?);
    for Refusal { fault, arguments, words } in faults {
        let data = tempfile::tempdir()?;
        let mut all = serve_arguments(data.path());
        all.extend(arguments);
        check(fault, &all, &words).await?;
    }
    Ok(())
}

async fn check(fault: &str, arguments: &[OsString], words: &[String]) -> Result<()> {
    let text = ServerProcess::refused(arguments).await.with_context(|| format!("with {fault}"))?;
    for word in words {
        ensure!(text.contains(word), "with {fault} the refusal does not name {word:?}:\n{text}");
    }
    ensure!(!text.contains("panicked") && !text.contains("stack backtrace"), "with {fault} the server broke:\n{text}");
    let sentences = text.lines().filter(|line| !line.trim().is_empty() && !is_log_line(line)).count();
    ensure!(sentences == 1, "with {fault} the refusal is {sentences} lines and not one:\n{text}");
    Ok(())
}

/// Log lines begin with their time; what is wrong is said without one.
fn is_log_line(line: &str) -> bool {
    line.starts_with("20")
}

fn plugin_faults(files: &Files) -> Result<Vec<Refusal>> {
    let refusal = |fault, paths: &[&Path], words: &[&str]| Refusal {
        fault,
        arguments: paths.iter().flat_map(|path| [OsString::from("--plugin"), path.into()]).collect(),
        words: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let random_bytes = files.write("noise.wasm", b"this is no component")?;
    // A module of the core specification: the magic number, version 1, and nothing else.
    let module = files.write("module.wasm", b"\0asm\x01\0\0\0")?;
    // A component that is empty: no interface of a plugin.
    let empty = files.write("empty.wasm", b"\0asm\x0d\0\x01\0")?;
    let probe = fs::read(plugins::example("probe"))?;
    let cut = files.write("cut.wasm", &probe[..probe.len() / 2])?;
    let one = files.write("one.wasm", &probe)?;
    let other = files.write("other.wasm", &probe)?;
    let (future, stranger) = (plugins::guest("future"), plugins::guest("stranger"));
    Ok(vec![
        refusal("a plugin for a later contract", &[&future], &["future"]),
        refusal("a component of another world", &[&stranger], &["stranger"]),
        refusal("a plugin that is not there", &[Path::new("no/such.wasm")], &["no/such.wasm"]),
        refusal("a plugin of random bytes", &[&random_bytes], &["noise"]),
        refusal("a core module as plugin", &[&module], &["module"]),
        refusal("a component without the plugin's interfaces", &[&empty], &["empty", "lifecycle"]),
        refusal("a plugin file that is cut", &[&cut], &["cut"]),
        refusal("two plugins with one RPC id", &[&one, &other], &["one", "other", "probe."]),
    ])
}

fn configuration_faults(files: &Files, taken_port: u16) -> Result<Vec<Refusal>> {
    let refusal = |fault, arguments: &[&str], words: &[&str]| Refusal {
        fault,
        arguments: arguments.iter().map(OsString::from).collect(),
        words: words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let broken = files.write("broken.toml", b"[server\nname = 1")?;
    let broken = broken.to_str().context("a path of text")?;
    let unknown = files.write("unknown.toml", b"[server]\nnmae = \"x\"\n")?;
    let unknown = unknown.to_str().context("a path of text")?;
    let file = files.write("a-file", b"")?;
    let file = file.to_str().context("a path of text")?;
    let taken = format!("127.0.0.1:{taken_port}");
    Ok(vec![
        refusal("a port in use", &["--set", &format!("server.listen={taken}")], &[&taken]),
        refusal("a file as data folder", &["--set", &format!("server.data_dir={file}")], &[file]),
        refusal("a missing configuration", &["--config", "no/such.toml"], &["no/such.toml"]),
        refusal("a broken configuration", &["--config", broken], &["broken.toml"]),
        refusal("an unknown key", &["--config", unknown], &["nmae"]),
        refusal("an unknown key on the command line", &["--set", "server.nmae=x"], &["server.nmae"]),
        refusal(
            "a value of the wrong type",
            &["--set", "socket.ping_period_ms=soon"],
            &["socket.ping_period_ms", "soon"],
        ),
        refusal("development keys for everybody", &["--set", "server.listen=0.0.0.0:0"], &["0.0.0.0:0"]),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_of_a_configuration_are_told_at_once() -> Result<()> {
    let data = tempfile::tempdir()?;
    let mut arguments = serve_arguments(data.path());
    for fault in ["socket.outgoing_queue_size=0", "runtime.instances=0", "session.token_expiry_sec=0"] {
        arguments.extend(["--set".into(), fault.into()]);
    }
    let text = ServerProcess::refused(&arguments).await?;
    for key in ["socket.outgoing_queue_size", "runtime.instances", "session.token_expiry_sec"] {
        assert!(text.contains(key), "{key} is not named:\n{text}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_data_folder_is_refused_and_left_alone() -> Result<()> {
    let data = tempfile::tempdir()?;
    let first = ServerProcess::spawn(serve_arguments(data.path()))?;
    let addr = first.listening().await?;
    let folder = data.path().to_str().context("a path of text")?.to_owned();
    check("a data folder in use", &serve_arguments(data.path()), &[folder]).await?;
    assert_eq!(Http::new(addr).get_openly("/healthcheck").await?.status, 200);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_data_folder_is_refused_and_kept() -> Result<()> {
    let data = tempfile::tempdir()?;
    let mut server = ServerProcess::spawn(serve_arguments(data.path()))?;
    Http::new(server.listening().await?).log_in(&device("astrid"), "astrid").await?;
    server.signal(rustix::process::Signal::TERM)?;
    server.exit().await?;
    let damaged = damage(data.path())?;
    let before = fs::read(&damaged)?;
    let folder = data.path().to_str().context("a path of text")?.to_owned();
    check("a corrupt data folder", &serve_arguments(data.path()), &[folder]).await?;
    assert_eq!(fs::read(&damaged)?, before, "the refused start changed {}", damaged.display());
    Ok(())
}

/// Writes noise over the store's data.
fn damage(data_dir: &Path) -> Result<PathBuf> {
    let file = data_dir.join("store/db");
    let size = fs::metadata(&file)?.len();
    fs::write(&file, vec![0xa5; usize::try_from(size)?])?;
    Ok(file)
}
