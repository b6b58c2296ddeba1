//! Settings that change while a plugin runs, and SIGHUP.

use super::{Hall, says, until, version};
use anyhow::Result;
use rustix::process::Signal;

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_takes_new_files_and_new_settings() -> Result<()> {
    let hall = Hall::start(&[]).await?;
    assert_eq!(hall.rpc("swap.setting", "greeting").await?, "");
    hall.configure("[plugin.swap]\ngreeting = \"skål\"\n")?;
    hall.server.signal(Signal::HUP)?;
    hall.logged(&["plugin replaced: the same version with its new settings", "SIGHUP"]).await?;
    assert_eq!(hall.rpc("swap.setting", "greeting").await?, "skål");
    assert_eq!(hall.version().await?, "1.0.0");

    hall.put("swap", &version("2.0.0")?)?;
    hall.server.signal(Signal::HUP)?;
    hall.logged(&["plugin replaced", "1.0.0+", "2.0.0+"]).await?;
    assert_eq!((hall.version().await?, hall.rpc("swap.setting", "greeting").await?), ("2.0.0".into(), "skål".into()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_with_a_fault_changes_nothing() -> Result<()> {
    let hall = Hall::start(&[]).await?;
    hall.put("swap", &version("2.0.0")?)?;
    let section = "[plugin.swap]\ngreeting = \"skål\"\n";
    for (fault, says_so) in [
        ("[plugin.swap.limits]\ninstances = 0\n", "plugin.swap.limits.instances = 0: must be 1 to 1000"),
        ("[plugin.swap.limits]\ninstances =\n", "is no TOML"),
        ("[log]\nlevel = 5\n", "log.level"),
    ] {
        hall.configure(&format!("{section}{fault}"))?;
        hall.server.signal(Signal::HUP)?;
        hall.logged(&["nothing was reloaded: ", says_so]).await?;
        let error = hall.operator.reload(None).await.expect_err("the configuration has a fault");
        says(&error, &[says_so])?;
        assert_eq!((hall.version().await?, hall.rpc("swap.setting", "greeting").await?), ("1.0.0".into(), "".into()));
        assert_eq!(hall.status().await?["state"], "running");
    }
    hall.configure(section)?;
    hall.operator.reload(None).await?;
    assert_eq!((hall.version().await?, hall.rpc("swap.setting", "greeting").await?), ("2.0.0".into(), "skål".into()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_files_of_one_name_change_nothing() -> Result<()> {
    let hall = Hall::start(&["--watch"]).await?;
    let other = hall.folder.path().join("swap.wasm");
    std::fs::write(&other, version("2.0.0")?)?;
    let config = format!(
        "[runtime]\nplugins = [{:?}, {other:?}]\n[plugin.swap]\ngreeting = \"skål\"\n",
        hall.folder.path().join("plugins")
    );
    std::fs::write(hall.folder.path().join("meadhall.toml"), config)?;
    let error = hall.operator.reload(None).await.expect_err("two are named swap");
    says(&error, &[r#"two plugins are named "swap": "#, "plugins/swap.wasm"])?;
    assert_eq!((hall.version().await?, hall.rpc("swap.setting", "greeting").await?), ("1.0.0".into(), "".into()));
    // Nor is what was refused taken when a file changes.
    hall.put("swap", &version("3.0.0")?)?;
    until("the file is taken", async || Ok(hall.version().await? == "3.0.0")).await?;
    assert_eq!(hall.rpc("swap.setting", "greeting").await?, "");
    Ok(())
}
