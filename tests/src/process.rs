//! A server in a process of its own: the `meadhall` binary, with its lines and its exit.

use crate::PATIENCE;
use crate::plugins::plugin_cache_dir;
use anyhow::{Context, Result, bail, ensure};
use parking_lot::Mutex;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

/// What a running `meadhall` process says and does. It is killed when this is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    printed: Arc<Printed>,
}

/// The lines of both outputs, as they come.
#[derive(Debug, Default)]
struct Printed {
    lines: Mutex<Vec<String>>,
    more: Notify,
}

/// The arguments of a server for development on a free port.
pub fn serve_arguments(data_dir: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["serve", "--dev", "--listen", "127.0.0.1:0", "--data-dir"].map(Into::into).to_vec();
    arguments.push(data_dir.into());
    arguments.extend(["--set", "metrics.listen=127.0.0.1:0", "--set"].map(OsString::from));
    let mut cache = OsString::from("runtime.plugin_cache_dir=");
    cache.push(plugin_cache_dir());
    arguments.push(cache);
    arguments
}

/// The `meadhall` binary of the build that this program is part of.
///
/// # Errors
/// When it is not there.
pub fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding this program")?;
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join("meadhall")).find(|file| file.is_file());
    found.with_context(|| format!("no meadhall binary beside {}: `cargo xtask test` builds it", own.display()))
}

impl ServerProcess {
    /// Starts the binary.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut command = Command::new(binary()?);
        command.args(arguments);
        Self::spawn_command(command)
    }

    /// Starts a command that becomes the server, such as a shell that sets a limit first.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn_command(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.env("NO_COLOR", "1");
        let mut child = command.spawn().context("starting the server")?;
        let printed = Arc::new(Printed::default());
        tokio::spawn(collect(child.stdout.take().context("standard output is piped")?, Arc::clone(&printed)));
        tokio::spawn(collect(child.stderr.take().context("standard error is piped")?, Arc::clone(&printed)));
        Ok(Self { child, printed })
    }

    /// Waits until the server says where it listens.
    ///
    /// # Errors
    /// When it does not.
    pub async fn listening(&self) -> Result<SocketAddr> {
        self.wait_for_line("the address it listens on", |line| {
            let (_, addr) = line.split_once("listening on ")?;
            addr.split(|end: char| end.is_whitespace() || end == ',' || end == '"')
                .next()?
                .trim_start_matches("http://")
                .parse()
                .ok()
        })
        .await
    }

    /// Waits until the server says where `/metrics` is.
    ///
    /// # Errors
    /// When it does not.
    pub async fn metrics(&self) -> Result<SocketAddr> {
        let find = |line: &str| line.trim().strip_prefix("metrics: http://")?.strip_suffix("/metrics")?.parse().ok();
        self.wait_for_line("the address of /metrics", find).await
    }

    /// Waits for a line, and returns what `find` makes of it.
    ///
    /// # Errors
    /// When no such line comes; the sentence has all that did.
    pub async fn wait_for_line<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> Result<T> {
        let search = async {
            loop {
                // Asked for before looking, so that no line slips in between.
                let more = self.printed.more.notified();
                if let Some(found) = self.printed.lines.lock().iter().find_map(|line| find(line)) {
                    return found;
                }
                more.await;
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(found) => Ok(found),
            Err(_) => bail!("the server did not print {what}:\n{}", self.lines().join("\n")),
        }
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.printed.lines.lock().clone()
    }

    /// Ends the server as a power cut would: at once, in the middle of whatever it does.
    ///
    /// # Errors
    /// When it ended before.
    pub async fn kill_hard(&mut self) -> Result<()> {
        self.child.kill().await.context("killing the server")
    }

    /// The id of the process; none when it has ended.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the server ended before.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(self.pid()?, signal).context("sending a signal")
    }

    /// Lets the server's files grow as far as they may, after it was started with a soft limit.
    ///
    /// # Errors
    /// When the server ended before.
    pub fn lift_file_size_limit(&self) -> Result<()> {
        let unlimited = Rlimit { current: None, maximum: getrlimit(Resource::Fsize).maximum };
        prlimit(Some(self.pid()?), Resource::Fsize, unlimited).context("lifting a limit")?;
        Ok(())
    }

    fn pid(&self) -> Result<Pid> {
        let id = self.child.id().context("the server ended before")?;
        Pid::from_raw(i32::try_from(id)?).context("process ids are not 0")
    }

    /// Waits until the server ends.
    ///
    /// # Errors
    /// When it does not.
    pub async fn exit(&mut self) -> Result<ExitStatus> {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.context("the server does not end")?;
        Ok(status?)
    }

    /// Runs the binary to its end, which must be a refusal: exit code 1. Returns all that it printed.
    ///
    /// # Errors
    /// When it succeeds, or ends in another way.
    pub async fn refused<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Result<String> {
        let mut command = Command::new(binary()?);
        command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await.context("the server does not end")??;
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.code() == Some(1), "the server ended with {} and not with 1:\n{text}", output.status);
        Ok(text)
    }
}

async fn collect(output: impl AsyncRead + Unpin, printed: Arc<Printed>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        printed.lines.lock().push(line);
        printed.more.notify_waiters();
    }
}
