//! Tokens: who gets in with which, refreshing, and logging out.

use crate::client::{Player, Rest, claims, device};
use serde_json::{Value, json};

const REFRESH: &str = "/v2/account/session/refresh";
const LOGOUT: &str = "/v2/session/logout";

async fn refresh(rest: &Rest, body: Value) -> crate::client::Answer {
    rest.post(REFRESH).basic("defaultkey").json(body).send().await
}

async fn assert_gone(rest: &Rest, player: &Player) {
    rest.get("/v2/account").by(player).send().await.assert_refused(401, 16, "Auth token invalid");
    refresh(rest, json!({"token": player.refresh})).await.assert_refused(401, 16, "Refresh token invalid or expired.");
}

async fn assert_good(rest: &Rest, player: &Player) {
    assert_eq!(rest.get("/v2/account").by(player).send().await.status, 200);
}

#[tokio::test]
async fn only_the_right_key_or_token_gets_in() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let (required, invalid) = ("Auth token required", "Auth token invalid");
    for (authorization, message) in [
        (None, required),
        (Some(format!("Basic {}", ann.token)), invalid),
        (Some("Bearer rubbish".to_owned()), invalid),
        (Some("Bearer ".to_owned()), invalid),
        (Some(format!("Bearer {}", ann.refresh)), invalid),
        (Some(format!("bearer {}", ann.token)), invalid),
        (Some(format!("Bearer {}x", ann.token)), invalid),
    ] {
        let request = rest.get("/v2/account");
        let request = authorization.iter().fold(request, |request, value| request.authorization(value));
        request.send().await.assert_refused(401, 16, message);
    }
    for (authorization, message) in [
        (None, "Server key required"),
        (Some("Basic b3RoZXI6"), "Server key invalid"),
        (Some("Basic ZGVmYXVsdGtleQ=="), "Server key invalid"),
        (Some("Basic ***"), "Server key invalid"),
        (Some("basic ZGVmYXVsdGtleTo="), "Server key invalid"),
        (Some("Bearer defaultkey"), "Server key invalid"),
    ] {
        let request = rest.post("/v2/account/authenticate/device").json(json!({"id": device("ann")}));
        let request = authorization.iter().fold(request, |request, value| request.authorization(value));
        request.send().await.assert_refused(401, 16, message);
    }
}

#[tokio::test]
async fn a_refresh_keeps_the_session_and_reads_the_name_again() {
    let rest = Rest::start().await;
    let body = json!({"id": device("ann"), "vars": {"team": "red"}});
    let login = rest.post("/v2/account/authenticate/device?username=ann").basic("defaultkey").json(body);
    let ann = login.send().await.player();
    rest.request("PUT", "/v2/account").by(&ann).json(json!({"username": "anna"})).send().await.assert_empty();

    let new = refresh(&rest, json!({"token": ann.refresh})).await.player();
    let (before, after) = (claims(&ann.token), claims(&new.token));
    assert_eq!(after["usn"], "anna");
    for kept in ["tid", "uid", "iat", "vrs"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    let varied = refresh(&rest, json!({"token": ann.refresh, "vars": {"team": "blue"}})).await.player();
    assert_eq!(claims(&varied.token)["vrs"], json!({"team": "blue"}));
    for player in [&ann, &new, &varied] {
        assert_good(&rest, player).await;
    }
}

#[tokio::test]
async fn bad_refresh_tokens_are_refused() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let invalid = "Refresh token invalid or expired.";
    refresh(&rest, json!({})).await.assert_refused(400, 3, "Refresh token is required.");
    refresh(&rest, json!({"token": "rubbish"})).await.assert_refused(401, 16, invalid);
    refresh(&rest, json!({"token": ann.token})).await.assert_refused(401, 16, invalid);
    let without_key = rest.post(REFRESH).json(json!({"token": ann.refresh}));
    without_key.send().await.assert_refused(401, 16, "Server key required");
}

#[tokio::test]
async fn logging_out_ends_all_tokens_of_the_session_and_no_others() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let refreshed = refresh(&rest, json!({"token": ann.refresh})).await.player();
    let other = rest.player("ann").await;
    let ben = rest.player("ben").await;
    let logout = |body: Value| rest.post(LOGOUT).by(&ann).json(body).send();
    for (body, message) in [
        (json!({"token": "rubbish"}), "Session token invalid."),
        (json!({"refresh_token": "rubbish"}), "Refresh token invalid."),
        (json!({"token": ben.token}), "Session token invalid."),
        (json!({"token": ann.token, "refresh_token": ben.refresh}), "Refresh token invalid."),
    ] {
        logout(body).await.assert_refused(400, 3, message);
    }
    assert_good(&rest, &ann).await;

    logout(json!({"token": ann.token, "refresh_token": ann.refresh})).await.assert_empty();
    assert_gone(&rest, &ann).await;
    assert_gone(&rest, &refreshed).await;
    assert_good(&rest, &other).await;
    assert_good(&rest, &ben).await;
}

#[tokio::test]
async fn a_single_session_ends_the_earlier_ones() {
    let rest = Rest::start_with(|config| config.session.single_session = true).await;
    let first = rest.player("ann").await;
    let ben = rest.player("ben").await;
    assert_good(&rest, &first).await;
    let second = rest.player("ann").await;
    assert_gone(&rest, &first).await;
    let third = rest.player("ann").await;
    assert_gone(&rest, &second).await;
    assert_good(&rest, &third).await;
    assert_good(&rest, &ben).await;
}
