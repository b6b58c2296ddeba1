//! Unmodified JavaScript SDKs against a real server: `tests/js` holds the table.

use anyhow::{Context, Result, ensure};
use meadhall_tests::javascript::install_packages;
use meadhall_tests::plugins::{self, repository};
use meadhall_tests::server::TestServer;
use std::process::Stdio;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_the_client_sdks() -> Result<()> {
    let folder = repository().join("tests/js");
    install_packages(&folder)?;
    let server = TestServer::start([plugins::example("probe")]).await?;
    let mut node = Command::new("node");
    // What it prints is shown as it comes: its closing line counts its cells.
    node.arg("main.mjs").arg(format!("http://{}", server.addr())).current_dir(folder).stdin(Stdio::null());
    let status = node.kill_on_drop(true).status().await.context("`node` cannot run: these tests need Node 20")?;
    ensure!(status.success(), "the table has failures, see above");
    Ok(())
}
