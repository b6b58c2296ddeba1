//! `--watch`: files that change while somebody works on them.

use super::{Hall, until, version};
use anyhow::Result;
use meadhall_tests::plugins::guest;
use std::fs::File;
use std::io::Write as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_when_it_is_all_there() -> Result<()> {
    let hall = Hall::start(&["--watch"]).await?;
    let bytes = version("2.0.0")?;
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    let mut file = File::create(hall.file("swap"))?;
    file.write_all(first)?;
    // A new file beside it is taken by the same look that finds this one half there.
    hall.put("one", &std::fs::read(guest("only-rpc"))?)?;
    hall.logged(&["plugin loaded", "plugin=\"one\"", "trigger=\"watch\""]).await?;
    assert_eq!(hall.rpc("only.echo", "mead").await?, "mead");
    let status = hall.status().await?;
    assert_eq!((&status["state"], &status["problem"]), (&"running".into(), &().into()), "{status}");
    assert_eq!(hall.version().await?, "1.0.0");

    file.write_all(rest)?;
    drop(file);
    until("the whole file is taken", async || Ok(hall.version().await? == "2.0.0")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_gone_stays_loaded_in_its_place_until_somebody_says_so() -> Result<()> {
    let hall = Hall::start(&["--watch"]).await?;
    hall.put("zuletzt", &std::fs::read(guest("only-rpc"))?)?;
    hall.logged(&["plugin loaded", "zuletzt"]).await?;
    let names = async || -> Result<Vec<String>> {
        let list = hall.operator.list().await?;
        let names =
            list.lines().skip(1).filter(|line| !line.starts_with(' ')).filter_map(|line| line.split(' ').next());
        Ok(names.map(str::to_owned).collect())
    };
    assert_eq!(names().await?, ["swap", "zuletzt"]);

    std::fs::remove_file(hall.file("swap"))?;
    until("it is seen", async || Ok(hall.status().await?["state"] == "running-old")).await?;
    assert_eq!(hall.status().await?["problem"], "its file is gone: `meadhall plugin reload` unloads it");
    assert_eq!(hall.version().await?, "1.0.0");
    assert_eq!(names().await?, ["swap", "zuletzt"], "hooks run in the order that they had");

    hall.put("swap", &version("2.0.0")?)?;
    until("it is back", async || Ok(hall.version().await? == "2.0.0")).await?;
    std::fs::remove_file(hall.file("swap"))?;
    let told = hall.operator.reload(None).await?;
    assert!(told.contains("swap") && told.contains("unloaded") && told.contains("swap.wasm is gone"), "{told}");
    assert_eq!(names().await?, ["zuletzt"]);
    assert_eq!(hall.http.rpc_as_server("swap.version", "").await?.status, 404);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_is_told_once_and_forgotten_when_it_is_gone() -> Result<()> {
    let hall = Hall::start(&["--watch"]).await?;
    hall.put("broken", b"mead")?;
    hall.logged(&["plugin not loaded: ", "broken.wasm is not a plugin: it is not WebAssembly"]).await?;
    hall.put("swap", &version("2.0.0")?)?;
    until("the other is taken", async || Ok(hall.version().await? == "2.0.0")).await?;
    let told = hall.server.lines().iter().filter(|line| line.contains("plugin not loaded")).count();
    assert_eq!(told, 1);
    std::fs::remove_file(hall.file("broken"))?;
    until("it is forgotten", async || Ok(hall.operator.status("broken").await.is_err())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_the_way_is_tried_again_when_it_has_gone() -> Result<()> {
    let hall = Hall::start(&["--watch"]).await?;
    hall.put("again", &version("1.0.0")?)?;
    hall.logged(&["plugin not loaded: plugins ", "both register rpc"]).await?;
    hall.put("swap", &std::fs::read(guest("only-rpc"))?)?;
    until("both run", async || Ok(hall.operator.status("again").await?["state"] == "running")).await?;
    assert_eq!((hall.version().await?, hall.rpc("only.echo", "mead").await?), ("1.0.0".into(), "mead".into()));
    Ok(())
}
