//! A server in a process of its own, so that its CPU time is told apart from that of its clients.

use anyhow::{Context, Result};
use meadhall_tests::process::{ServerProcess, serve_arguments};
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
        let mut arguments = serve_arguments(data_dir);
        arguments.extend(["--set", "log.level=warn"].map(Into::into));
        let process = ServerProcess::spawn(arguments)?;
        let addr = process.listening().await?;
        Ok(Self { process, addr })
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
