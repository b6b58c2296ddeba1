//! What a plugin is granted, denied and limited to, each for itself.

use crate::guests::{Setup, named, rpc, short};
use meadhall::plugin::CallError;

#[tokio::test]
async fn limits_of_a_plugins_own_bound_that_plugin_alone() {
    let plugins = Setup::new(short())
        .plugin("own", "hostile", &[("prefix", "own.")])
        .section("own", |section| {
            section.limits.rpc_deadline_ms = Some(900);
            section.limits.memory_bytes = Some(24 << 20);
            section.limits.result_bytes = Some(10_000);
        })
        .plugin("general", "hostile", &[("prefix", "general.")])
        .load()
        .await
        .unwrap();
    let broken = async |id: &str, payload: &str| match rpc(&plugins, id, payload).await {
        Err(CallError::Broken(text)) => text,
        other => panic!("{id}: {other:?}"),
    };
    assert_eq!(broken("own.loop", "").await, named("own", r#"rpc "own.loop" ran longer than 900 ms"#));
    assert_eq!(broken("general.loop", "").await, named("general", r#"rpc "general.loop" ran longer than 300 ms"#));
    let text = broken("own.memory", "").await;
    assert!(text.ends_with("ran out of memory, the limit is 25165824 bytes"), "{text}");
    let text = broken("general.memory", "").await;
    assert!(text.ends_with("ran out of memory, the limit is 16777216 bytes"), "{text}");
    let text = broken("own.huge", "20000").await;
    assert!(text.ends_with("passed more than 10000 bytes to the server at once"), "{text}");
    assert_eq!(rpc(&plugins, "general.huge", "20000").await.unwrap().len(), 20_000);
}
