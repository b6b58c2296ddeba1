//! Versions that cannot take over: what ran goes on, and the error is shown.

use super::{Hall, says, version};
use anyhow::Result;
use meadhall_tests::plugins::guest;
use meadhall_tests::versions::build_of;

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_cannot_take_over_leaves_the_old_one_in_place() -> Result<()> {
    let hall = Hall::start(&[]).await?;
    hall.put("one", &std::fs::read(guest("only-rpc"))?)?;
    hall.operator.reload(None).await?;
    let (whole, swap) = (version("2.0.0")?, guest("swap"));
    let cases: [(Vec<u8>, &[&str]); 6] = [
        (b"mead".to_vec(), &["swap.wasm is not a plugin: it is not WebAssembly"]),
        (whole[..whole.len() / 2].to_vec(), &["swap.wasm is not a valid WebAssembly component: it is cut off after"]),
        (
            std::fs::read(guest("stranger"))?,
            &["swap.wasm cannot be loaded", "does not export meadhall:plugin/lifecycle"],
        ),
        (build_of(&swap, "2.0.0", "no-start")?, &["plugin swap 2.0.0+", "start failed with code 9: no mead left"]),
        (build_of(&swap, "2.0.0", "claims")?, &[r#"plugins "one" and "swap" both register rpc "only.echo""#]),
        (std::fs::read(guest("only-rpc"))?, &[r#"plugins "one" and "swap" both register rpc "only.echo""#]),
    ];
    for (bytes, words) in cases {
        hall.put("swap", &bytes)?;
        let error = hall.operator.reload(None).await.expect_err("it cannot take over");
        says(&error, &[words, &[r#"plugin "swap" was not replaced, version 1.0.0+"#, " goes on: "]].concat())?;
        let status = hall.status().await?;
        assert_eq!(status["state"], "running-old", "{status}");
        let (problem, list) = (status["problem"].as_str().unwrap_or_default(), hall.operator.list().await?);
        assert!(words.iter().all(|word| problem.contains(word)), "{problem}");
        assert!(list.contains("running old") && list.contains(problem), "{list}");
        assert_eq!(hall.version().await?, "1.0.0");
        assert_eq!(hall.rpc("only.echo", "mead").await?, "mead", "and so does the other plugin");
    }
    hall.replace("2.0.0").await?;
    let status = hall.status().await?;
    assert_eq!((&status["state"], &status["problem"]), (&"running".into(), &().into()), "{status}");
    assert_eq!(hall.version().await?, "2.0.0");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_takes_what_it_can_and_says_what_it_cannot() -> Result<()> {
    let hall = Hall::start(&[]).await?;
    hall.put("broken", b"mead")?;
    hall.put("swap", &version("2.0.0")?)?;
    let error = hall.operator.reload(None).await.expect_err("one is broken");
    says(&error, &[r#"plugin "broken" was not replaced, it does not run: "#, "broken.wasm is not a plugin"])?;
    assert_eq!(hall.version().await?, "2.0.0");
    assert_eq!(hall.operator.status("broken").await?["state"], "not-running");

    let error = hall.operator.reload(Some("absent")).await.expect_err("there is none");
    says(&error, &[r#"there is no plugin "absent", there are: broken, swap"#])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rpc_can_move_from_one_plugin_to_another() -> Result<()> {
    let hall = Hall::start(&[]).await?;
    hall.put("swap", &build_of(&guest("swap"), "2.0.0", "claims")?)?;
    hall.operator.reload(None).await?;
    assert_eq!(hall.rpc("only.echo", "mead").await?, "mead");
    hall.put("one", &std::fs::read(guest("only-rpc"))?)?;
    let error = hall.operator.reload(None).await.expect_err("swap has it");
    says(&error, &["both register rpc"])?;
    assert!(hall.operator.status("one").await?["problem"].to_string().contains("only.echo"));

    hall.put("swap", &version("3.0.0")?)?;
    hall.operator.reload(None).await?;
    assert_eq!(hall.operator.status("one").await?["state"], "running");
    assert_eq!((hall.rpc("only.echo", "mead").await?, hall.version().await?), ("mead".into(), "3.0.0".into()));
    Ok(())
}
