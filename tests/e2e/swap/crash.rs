//! A server that is killed while its plugins are replaced: whatever moment it was, it starts, and runs what it should.

use super::{Hall, version};
use anyhow::{Context as _, Result, ensure};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;

const ROUNDS: usize = 10;
const VERSIONS: [&str; 3] = ["2.0.0", "3.0.0", "4.0.0"];
/// As many as are kept of each plugin.
const KEPT: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_replacing_leaves_a_server_that_starts() -> Result<()> {
    let mut random = SmallRng::seed_from_u64(7);
    let mut hall = Hall::start(&[]).await?;
    let mut in_file = "1.0.0";
    for round in 0..ROUNDS {
        // Where in all that the kill falls is what is tried here, and nothing is waited for by the time.
        let killed = tokio::time::sleep(Duration::from_millis(random.random_range(0..400)));
        let mut replaced = 0;
        let replace = async {
            for declared in VERSIONS.iter().cycle().skip(round) {
                hall.put("swap", &version(declared)?)?;
                in_file = declared;
                hall.operator.reload(None).await?;
                replaced += 1;
                if replaced % 2 == 0 {
                    hall.operator.roll_back("swap", None).await?;
                }
            }
            anyhow::Ok(())
        };
        tokio::select! {
            ended = replace => ended.context("nothing is wrong before the kill")?,
            () = killed => {}
        }
        hall = hall.kill_and_start().await.with_context(|| format!("after {round} kills"))?;
        check(&hall, in_file).await.with_context(|| format!("after {round} kills"))?;
    }
    hall.replace("5.0.0").await?;
    let kept = hall.folder.path().join("data/plugin-versions/swap");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(kept)? {
        files.push(entry?.file_name().to_string_lossy().into_owned());
    }
    let wasm = files.iter().filter(|file| file.ends_with(".wasm")).count();
    ensure!(wasm <= KEPT && files.len() == wasm + 1, "more was left than is kept: {files:?}");
    Ok(())
}

/// What runs is what the file contains, or what a rollback says.
async fn check(hall: &Hall, in_file: &str) -> Result<()> {
    let (status, runs) = (hall.status().await?, hall.version().await?);
    match status["state"].as_str() {
        Some("running") => ensure!(runs == in_file, "{runs} runs, and the file contains {in_file}"),
        Some("rolled-back") => {
            let instead_of = format!("a kept version runs instead of {in_file}+");
            ensure!(status["problem"].as_str().is_some_and(|it| it.starts_with(&instead_of)), "{status}");
            ensure!(runs != in_file, "what was left by a rollback runs");
        }
        _ => anyhow::bail!("{status}"),
    }
    Ok(())
}
