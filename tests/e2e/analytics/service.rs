//! What a service has counted, of what it was asked.

use super::API_KEY;
use anyhow::{Context as _, Result, ensure};
use meadhall_tests::elsewhere::{Asked, Elsewhere, Manner};
use serde_json::Value;
use std::collections::BTreeMap;

/// It takes everything.
pub(super) fn takes() -> Manner {
    Manner::answer(200, &["content-type: application/json"], r#"{"taken":true}"#)
}

/// The batches that a service was sent, by their key, in the order of their first arrival. A key comes with the same body
/// each time.
pub(super) fn batches(service: &Elsewhere) -> Result<Vec<(String, Value)>> {
    let mut bodies = BTreeMap::new();
    let mut batches = Vec::new();
    for asked in service.asked() {
        let (key, body) = batch(&asked)?;
        match bodies.insert(key.clone(), body.clone()) {
            None => batches.push((key, body)),
            Some(first) => ensure!(first == body, "{key} came with {first} and then with {body}"),
        }
    }
    Ok(batches)
}

/// The numbers of the events of some batches, which another plugin gave them.
pub(super) fn numbers(batches: &[(String, Value)]) -> Vec<usize> {
    let events = batches.iter().flat_map(|(_, body)| body["events"].as_array().into_iter().flatten());
    let number = |event: &Value| event["properties"]["number"].as_str()?.parse().ok();
    events.filter_map(number).collect()
}

/// Key and body of a post.
fn batch(asked: &Asked) -> Result<(String, Value)> {
    ensure!(asked.line == "POST /batch", "{asked:?}");
    ensure!(asked.header("authorization") == Some(&format!("Bearer {API_KEY}")), "{asked:?}");
    ensure!(asked.header("content-type") == Some("application/json"), "{asked:?}");
    let key = asked.header("idempotency-key").context("a key")?.to_owned();
    let body: Value = serde_json::from_slice(&asked.body).context("a body of JSON")?;
    ensure!(body["batch"] == key.as_str(), "{body}");
    Ok((key, body))
}
