//! A server in a process of its own, so that its CPU time is told apart from that of its clients.

use anyhow::{Context, Result};
use meadhall_tests::process::{ServerProcess, serve_arguments};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// The unit of CPU times in `/proc`: 100 a second on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// A running `meadhall` of the build that this bench is part of.
#[derive(Debug)]
pub struct Outside {
    process: ServerProcess,
    /// Where clients connect.
    pub addr: SocketAddr,
}

impl Outside {
    /// Starts the binary on a data folder.
    ///
    /// # Errors
    /// When it is not there, or does not start.
    pub async fn start(data_dir: &Path) -> Result<Self> {
        Self::start_with(data_dir, []).await
    }

    /// As [`Self::start`], with more arguments.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(data_dir: &Path, more: impl IntoIterator<Item = OsString>) -> Result<Self> {
        let mut arguments = serve_arguments(data_dir);
        arguments.extend(["--set", "log.level=warn"].map(Into::into));
        arguments.extend(more);
        let process = ServerProcess::spawn(arguments)?;
        let addr = process.listening().await?;
        Ok(Self { process, addr })
    }

    /// Where `/metrics` is.
    ///
    /// # Errors
    /// When the server does not say so.
    pub async fn metrics(&self) -> Result<SocketAddr> {
        self.process.metrics().await
    }

    /// Bytes of memory that it holds: all that is resident.
    ///
    /// # Errors
    /// When it has ended.
    pub fn memory(&self) -> Result<u64> {
        let id = self.process.id().context("the server has ended")?;
        let text = std::fs::read_to_string(format!("/proc/{id}/status")).context("reading the server's memory")?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no memory in /proc")?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().context("memory is told in kB")?;
        Ok(kilobytes * 1024)
    }

    /// How much CPU time it has used so far, in steps of 10 ms.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu(&self) -> Result<Duration> {
        let id = self.process.id().context("the server has ended")?;
        let text = std::fs::read_to_string(format!("/proc/{id}/stat")).context("reading the server's CPU time")?;
        // The name, in brackets, may hold anything; the times in user mode and in the kernel are fields 14 and 15.
        let (_, fields) = text.rsplit_once(')').context("no name in /proc")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
        Ok(TICK * ticks.sum::<Result<u32, _>>().context("no times in /proc")?)
    }
}
