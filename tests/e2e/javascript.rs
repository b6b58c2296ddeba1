//! Unmodified JavaScript SDKs against a real server: `tests/js` holds the table.

use anyhow::{Context, Result, ensure};
use meadhall_tests::plugins::{self, repository};
use meadhall_tests::server::TestServer;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_the_client_sdks() -> Result<()> {
    let folder = repository().join("tests/js");
    install(&folder).await?;
    let server = TestServer::start([plugins::example("probe")]).await?;
    let mut node = Command::new("node");
    // What it prints is shown as it comes: its closing line counts its cells.
    node.arg("main.mjs").arg(format!("http://{}", server.addr())).current_dir(folder).stdin(Stdio::null());
    let status = node.kill_on_drop(true).status().await.context("`node` cannot run: these tests need Node 20")?;
    ensure!(status.success(), "the table has failures, see above");
    Ok(())
}

/// Installs the SDKs when they are missing or of other versions than the lock file says.
async fn install(folder: &Path) -> Result<()> {
    let age = |file: PathBuf| file.metadata().and_then(|metadata| metadata.modified()).ok();
    let wanted = age(folder.join("package-lock.json"));
    if age(folder.join("node_modules/.package-lock.json")) > wanted {
        return Ok(());
    }
    let output = Command::new("npm").arg("ci").current_dir(folder).stdin(Stdio::null()).output();
    let output = output.await.context("`npm` cannot run: these tests need Node 20 with npm")?;
    ensure!(output.status.success(), "`npm ci` failed:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
