//! Accounts and users.

use crate::client::Rest;
use serde_json::{Value, json};

#[tokio::test]
async fn an_account_is_shown_and_changed() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let account = async || rest.get("/v2/account").by(&ann).send().await.json();
    let update = |body: Value| rest.request("PUT", "/v2/account").by(&ann).json(body).send();

    let fresh = account().await;
    assert_eq!(fresh["devices"], json!([{"id": "device-of-ann"}]));
    assert_eq!(fresh["wallet"], "{}");
    let created = fresh["user"]["create_time"].as_str().unwrap();
    assert!(created.ends_with('Z') && !created.contains('.'), "{created}");
    let user = |mut account: Value| {
        let user = account["user"].as_object_mut().unwrap();
        user.retain(|key, _| !key.ends_with("_time"));
        account["user"].clone()
    };
    assert_eq!(user(fresh), json!({"id": ann.id, "username": "ann", "lang_tag": "en", "metadata": "{}"}));

    update(json!({"display_name": "Ann", "langTag": "de", "avatar_url": "http://a.test/p.png", "location": "Bern", "timezone": "Europe/Zurich"})).await.assert_empty();
    update(json!({"location": "", "colour": "red"})).await.assert_empty();
    let expected = json!({
        "id": ann.id, "username": "ann", "display_name": "Ann", "lang_tag": "de", "metadata": "{}",
        "avatar_url": "http://a.test/p.png", "timezone": "Europe/Zurich",
    });
    assert_eq!(user(account().await), expected);

    for (body, message) in [
        (json!({}), "No fields to update."),
        (json!({"location": null}), "No fields to update."),
        (json!({"username": ""}), "Username invalid, must be 1-128 bytes."),
        (json!({"username": "u".repeat(129)}), "Username invalid, must be 1-128 bytes."),
    ] {
        update(body).await.assert_refused(400, 3, message);
    }
    assert_eq!(user(account().await), expected, "a refusal changes nothing");
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    rest.player("ben").await;
    let taken = rest.request("PUT", "/v2/account").by(&ann).json(json!({"username": "ben"})).send().await;
    assert_eq!((taken.status, &taken.json()["code"]), (409, &json!(6)));
    rest.request("PUT", "/v2/account").by(&ann).json(json!({"username": "ann"})).send().await.assert_empty();
}

#[tokio::test]
async fn users_are_found_by_id_and_name() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    let nobody = "11111111-2222-4333-8444-555555555555";
    let cases = [
        (format!("ids={}", ben.id), vec!["ben"]),
        (format!("ids={}&ids={}", ann.id, ben.id), vec!["ann", "ben"]),
        ("usernames=ben".to_owned(), vec!["ben"]),
        (format!("ids={}&usernames=ben", ann.id), vec!["ann", "ben"]),
        (format!("ids={}&usernames=ben", ben.id), vec!["ben"]),
        ("usernames=BEN".to_owned(), vec![]),
        (format!("ids={nobody}&usernames=nobody"), vec![]),
        (String::new(), vec![]),
    ];
    for (query, expected) in cases {
        let answer = rest.get(&format!("/v2/user?{query}")).by(&ann).send().await;
        assert_eq!(answer.status, 200);
        let body = answer.json();
        let users = body["users"].as_array().cloned().unwrap_or_default();
        let mut names: Vec<_> = users.iter().map(|user| user["username"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{query}");
        assert_eq!(body.get("users").is_none(), expected.is_empty(), "an empty list is left out");
    }
    let bad = rest.get("/v2/user?ids=not-a-uuid").by(&ann).send().await;
    bad.assert_refused(400, 3, "ID 'not-a-uuid' is not a valid system ID.");
}

#[tokio::test]
async fn a_deleted_account_is_gone_with_its_tokens() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    rest.request("DELETE", "/v2/account").by(&ben).send().await.assert_empty();
    rest.get("/v2/account").by(&ben).send().await.assert_refused(401, 16, "Auth token invalid");
    let users = rest.get(&format!("/v2/user?ids={}&usernames=ben", ben.id)).by(&ann).send().await;
    assert_eq!(users.json(), json!({}));
    let again = rest.player("ben").await;
    assert_ne!(again.id, ben.id);
}
