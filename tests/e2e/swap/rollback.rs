//! Going back to an earlier version, and what is left of it after a crash.

use super::{Hall, says, version};
use anyhow::{Context as _, Result};
use meadhall_tests::plugins::guest;
use meadhall_tests::versions::build_of;

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_holds_over_a_crash_until_the_file_changes() -> Result<()> {
    let mut hall = Hall::start(&[]).await?;
    let error = hall.operator.roll_back("swap", None).await.expect_err("there is nothing before it");
    says(&error, &[r#"no version of plugin "swap" before the one that runs is kept"#])?;
    hall.replace("2.0.0").await?;
    hall.replace("3.0.0").await?;
    let told = hall.operator.roll_back("swap", None).await?;
    assert!(told.contains("3.0.0+") && told.contains(" -> 2.0.0+"), "{told}");
    for _ in 0..2 {
        assert_eq!(hall.version().await?, "2.0.0");
        let status = hall.status().await?;
        assert_eq!(status["state"], "rolled-back");
        let problem = status["problem"].as_str().unwrap_or_default();
        assert!(problem.starts_with("a kept version runs instead of 3.0.0+"), "{problem}");
        // The file is what it was: nothing changes.
        hall.operator.reload(None).await?;
        assert_eq!(hall.version().await?, "2.0.0");
        hall = hall.kill_and_start().await?;
        hall.logged(&["WARN", "a kept version runs instead of the plugin's file", "2.0.0+"]).await?;
    }
    hall.replace("4.0.0").await?;
    assert_eq!((hall.version().await?, &hall.status().await?["state"]), ("4.0.0".into(), &"running".into()));
    hall = hall.kill_and_start().await?;
    assert_eq!((hall.version().await?, &hall.status().await?["state"]), ("4.0.0".into(), &"running".into()));
    hall.operator.roll_back("swap", None).await?;
    assert_eq!(hall.version().await?, "2.0.0", "3.0.0 was left by a rollback, and is passed by");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn any_kept_version_can_be_named() -> Result<()> {
    let hall = Hall::start(&[]).await?;
    for declared in ["2.0.0", "3.0.0"] {
        hall.replace(declared).await?;
    }
    let kept = hall.status().await?["kept"].clone();
    let builds: Vec<_> = kept.as_array().into_iter().flatten().filter_map(|it| it["version"].as_str()).collect();
    let hash = |declared: &str| -> Result<&str> {
        builds.iter().find_map(|it| it.strip_prefix(declared)?.strip_prefix('+')).context("it is not kept")
    };
    assert_eq!(builds.len(), 3, "{kept}");
    let (first, third) = (hash("1.0.0")?, hash("3.0.0")?);
    for (to, declared) in [(&first[..8], "1.0.0"), ("2.0.0", "2.0.0"), (third, "3.0.0"), (builds[1], "2.0.0")] {
        hall.operator.roll_back("swap", Some(to)).await?;
        assert_eq!(hall.version().await?, declared, "--to {to}");
    }
    hall.operator.roll_back("swap", Some("3.0.0")).await?;
    assert_eq!(hall.status().await?["state"], "running", "that is what the file contains");

    for (to, words) in [
        ("9.9.9", &["no version \"9.9.9\" is kept, there are: 1.0.0+"][..]),
        ("3.0.0", &["plugin \"swap\" runs version 3.0.0+", "already"]),
    ] {
        let error = hall.operator.roll_back("swap", Some(to)).await.expect_err("it cannot be gone back to");
        says(&error, words)?;
    }
    let error = hall.operator.roll_back("absent", None).await.expect_err("there is no such plugin");
    says(&error, &[r#"there is no plugin "absent", there are: swap"#])?;
    assert_eq!(hall.version().await?, "3.0.0");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_version_that_cannot_take_over_changes_nothing() -> Result<()> {
    let hall = Hall::start(&[]).await?;
    hall.put("swap", &build_of(&guest("swap"), "2.0.0", "claims")?)?;
    hall.operator.reload(None).await?;
    hall.replace("3.0.0").await?;
    hall.put("one", &std::fs::read(guest("only-rpc"))?)?;
    hall.operator.reload(None).await?;
    let error = hall.operator.roll_back("swap", None).await.expect_err("another plugin has its RPC now");
    says(&error, &["both register rpc \"only.echo\""])?;
    assert_eq!((hall.version().await?, hall.rpc("only.echo", "mead").await?), ("3.0.0".into(), "mead".into()));

    let kept = hall.folder.path().join("data/plugin-versions/swap");
    for file in std::fs::read_dir(&kept)? {
        let file = file?.path();
        if file.extension().is_some_and(|extension| extension == "wasm") {
            std::fs::write(file, version("9.0.0")?)?;
        }
    }
    let error = hall.operator.roll_back("swap", Some("1.0.0")).await.expect_err("its file is damaged");
    says(&error, &["is damaged: its content is not what its name says"])?;
    assert_eq!(hall.version().await?, "3.0.0");
    Ok(())
}
