//! The contract with plugins only grows: what was compiled against an earlier state of it loads and works.

use crate::calls::ann;
use crate::guests::{Setup, rpc, short};
use meadhall::plugin::CallContext;
use std::path::{Path, PathBuf};

/// A component that is kept as it was compiled.
pub(crate) fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/fixtures").join(name)
}

#[tokio::test]
async fn components_of_every_earlier_contract_load() {
    let folder = std::fs::read_dir(kept("")).unwrap().map(|entry| entry.unwrap().path());
    let components: Vec<_> = folder.filter(|path| path.extension().is_some_and(|ending| ending == "wasm")).collect();
    assert!(!components.is_empty());
    for component in components {
        let bytes = std::fs::read(&component).unwrap();
        let settings = [("endpoint", "https://analytics.example.com/")];
        let problem =
            Setup::new(short()).bytes("old", &bytes, &settings).load().await.err().map(|it| format!("{it:#}"));
        // Some are asked what they need when all else is well; `reach.rs` and `tests/e2e/analytics` grant it, and have them work.
        let needs = problem.as_ref().is_some_and(|problem| problem.starts_with("plugin \"old\" needs "));
        let wants = component.ends_with("analytics_2.wasm") || component.ends_with("reach_2.wasm");
        assert_eq!((problem.is_some(), needs), (wants, wants), "{}: {problem:?}", component.display());
    }
}

#[tokio::test]
async fn a_plugin_from_before_groups_still_uses_streams_and_channels() {
    let bytes = std::fs::read(kept("global_stream_1.wasm")).unwrap();
    let plugins = Setup::new(short()).bytes("old", &bytes, &[]).load().await.unwrap();
    assert_eq!(rpc(&plugins, "count", "").await.unwrap(), "0");
    let caller = CallContext { caller: ann(), ..CallContext::default() };
    let ack = plugins.rpc("room_send", "skål".into(), caller).await.unwrap();
    let ack: serde_json::Value = serde_json::from_str(&ack).unwrap();
    assert_eq!((&ack["channel_id"], &ack["username"]), (&"2...Global Chat Room".into(), &"ann".into()));
}
