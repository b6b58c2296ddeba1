//! What only an operator does: to one account (banning, enabling, exporting, deleting), and to plugins.

use crate::client::{Answer, Player, Rest, device};
use serde_json::json;

async fn operate(rest: &Rest, method: &str, user: &str, action: &str) -> Answer {
    let app = rest.server.app();
    let token = app.tokens.sign_operator(app.core.env.now());
    let path = format!("/meadhall/account/{user}{action}");
    rest.request(method, &path).authorization(&format!("Bearer {token}")).send().await
}

async fn log_in(rest: &Rest, name: &str) -> Answer {
    let request = rest.post("/v2/account/authenticate/device?create=false").basic("defaultkey");
    request.json(json!({"id": device(name)})).send().await
}

async fn refresh(rest: &Rest, player: &Player) -> Answer {
    rest.post("/v2/account/session/refresh").basic("defaultkey").json(json!({"token": player.refresh})).send().await
}

#[tokio::test]
async fn a_banned_user_gets_in_by_no_means_and_logs_in_anew_when_enabled() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    let banned = "User account banned.";
    for user in [&*ann.id, "ann"] {
        operate(&rest, "POST", user, "/ban").await.assert_empty();
        log_in(&rest, "ann").await.assert_refused(403, 7, banned);
        refresh(&rest, &ann).await.assert_refused(403, 7, banned);
        rest.get("/v2/account").by(&ann).send().await.assert_refused(403, 7, banned);
        assert_eq!(rest.get(&format!("/ws?token={}", ann.token)).send().await.status, 401);
        assert_eq!(rest.get("/v2/account").by(&ben).send().await.status, 200);
    }
    operate(&rest, "POST", "ann", "/unban").await.assert_empty();
    rest.get("/v2/account").by(&ann).send().await.assert_refused(401, 16, "Auth token invalid");
    refresh(&rest, &ann).await.assert_refused(401, 16, "Refresh token invalid or expired.");
    let again = log_in(&rest, "ann").await.player();
    assert_eq!(again.id, ann.id);
    let account = rest.get("/v2/account").by(&again).send().await;
    assert_eq!((account.status, account.json().get("disable_time")), (200, None));
}

#[tokio::test]
async fn an_account_is_exported_and_deleted() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let document = operate(&rest, "GET", "ann", "/export").await.json();
    assert_eq!((&document["account"]["id"], &document["messages"]), (&json!(ann.id), &json!([])));
    operate(&rest, "DELETE", "ann", "").await.assert_empty();
    rest.get("/v2/account").by(&ann).send().await.assert_refused(401, 16, "Auth token invalid");
    log_in(&rest, "ann").await.assert_refused(404, 5, "User account not found.");
    let answer = operate(&rest, "GET", "ann", "/export").await;
    answer.assert_refused(404, 5, r#"there is no account "ann""#);
}

#[tokio::test]
async fn only_the_operator_does_so_and_only_to_accounts() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let unknown = "11111111-2222-4333-8444-555555555555";
    for (method, action) in [("POST", "/ban"), ("POST", "/unban"), ("GET", "/export"), ("DELETE", "")] {
        for (user, shown) in [("nobody", "nobody"), (unknown, unknown), ("a%20b%2Fc", "a b/c")] {
            let answer = operate(&rest, method, user, action).await;
            answer.assert_refused(404, 5, &format!("there is no account {shown:?}"));
        }
        let path = format!("/meadhall/account/{}{action}", ann.id);
        let request = || rest.request(method, &path);
        for request in [request(), request().by(&ann), request().basic("defaultkey"), request().basic("defaulthttpkey")]
        {
            request.send().await.assert_refused(401, 16, "Auth token invalid");
        }
    }
    assert_eq!(rest.get("/v2/account").by(&ann).send().await.status, 200);
}

#[tokio::test]
async fn plugins_are_the_operators_alone() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    let (list, reload, roll_back) =
        ("/meadhall/plugin", "/meadhall/plugin/reload", "/meadhall/plugin/rollback?name=hall");
    for (method, path) in [("GET", list), ("POST", reload), ("POST", roll_back)] {
        let request = || rest.request(method, path);
        for request in [request(), request().by(&ann), request().basic("defaultkey"), request().basic("defaulthttpkey")]
        {
            request.send().await.assert_refused(401, 16, "Auth token invalid");
        }
    }
    let app = rest.server.app();
    let bearer = format!("Bearer {}", app.tokens.sign_operator(app.core.env.now()));
    let ask = async |method: &str, path: &str| rest.request(method, path).authorization(&bearer).send().await;
    for (method, path) in [("GET", list), ("POST", reload)] {
        assert_eq!(ask(method, path).await.json(), json!({ "plugins": [] }));
    }
    ask("POST", roll_back).await.assert_refused(404, 5, r#"there is no plugin "hall", there are: none"#);
    let nameless = ask("POST", "/meadhall/plugin/rollback").await;
    nameless.assert_refused(400, 3, "the query has to name the plugin: ?name=NAME");
    assert_eq!(ask("GET", reload).await.status, 501, "a link that is followed reloads nothing");
}
