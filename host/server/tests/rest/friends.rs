//! Friends: what is asked for, what comes back, and what is refused.

use crate::client::{Answer, Player, Rest};
use serde_json::{Value, json};

const NOBODY: &str = "11111111-2222-4333-8444-555555555555";
const SERVER: &str = "00000000-0000-0000-0000-000000000000";

async fn add(rest: &Rest, player: &Player, query: &str) -> Answer {
    rest.post(&format!("/v2/friend?{query}")).by(player).send().await
}

async fn delete(rest: &Rest, player: &Player, query: &str) -> Answer {
    rest.request("DELETE", &format!("/v2/friend?{query}")).by(player).send().await
}

async fn block(rest: &Rest, player: &Player, query: &str) -> Answer {
    rest.post(&format!("/v2/friend/block?{query}")).by(player).send().await
}

async fn list(rest: &Rest, player: &Player, query: &str) -> Value {
    let answer = rest.get(&format!("/v2/friend?{query}")).by(player).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The names and states of a player's edges, by name.
async fn edges(rest: &Rest, player: &Player) -> Vec<(String, u64)> {
    let list = list(rest, player, "").await;
    let edges = list["friends"].as_array().cloned().unwrap_or_default();
    let edge = |edge: &Value| (edge["user"]["username"].as_str().unwrap().to_owned(), edge["state"].as_u64().unwrap());
    let mut edges: Vec<_> = edges.iter().map(edge).collect();
    edges.sort();
    edges
}

#[tokio::test]
async fn friends_are_asked_accepted_listed_and_deleted() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    assert_eq!(list(&rest, &ann, "").await, json!({}));
    let metadata = "metadata=%7B%20%22from%22%3A%22tavern%22%7D";
    add(&rest, &ann, &format!("ids={}&{metadata}", ben.id)).await.assert_empty();
    add(&rest, &ann, "usernames=ben").await.assert_empty();
    assert_eq!(
        (edges(&rest, &ann).await, edges(&rest, &ben).await),
        (vec![("ben".into(), 1)], vec![("ann".into(), 2)])
    );
    add(&rest, &ben, "usernames=ann").await.assert_empty();

    let mut friends = list(&rest, &ann, "").await;
    let friend = friends["friends"][0].as_object_mut().unwrap();
    let updated = friend.remove("update_time").unwrap();
    assert!(!updated.as_str().unwrap().contains('.'), "whole seconds: {updated}");
    friend["user"].as_object_mut().unwrap().retain(|key, _| !key.ends_with("_time"));
    let user = json!({"id": ben.id, "username": "ben", "lang_tag": "en", "metadata": "{}"});
    // The state is there though it is 0, and the count of friends is left out.
    assert_eq!(friends, json!({"friends": [{"user": user, "state": 0, "metadata": "{ \"from\":\"tavern\"}"}]}));
    let users = rest.get("/v2/user?usernames=ben").by(&ann).send().await.json();
    assert_eq!(users["users"][0]["edge_count"], 1);

    delete(&rest, &ben, "usernames=ann&usernames=nobody").await.assert_empty();
    delete(&rest, &ben, &format!("ids={}", ann.id)).await.assert_empty();
    assert_eq!((edges(&rest, &ann).await, edges(&rest, &ben).await), (vec![], vec![]));
}

#[tokio::test]
async fn a_blocked_user_asks_in_vain() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    block(&rest, &ann, "usernames=ben").await.assert_empty();
    add(&rest, &ben, &format!("ids={}", ann.id)).await.assert_empty();
    add(&rest, &ann, &format!("ids={}", ben.id)).await.assert_empty();
    delete(&rest, &ben, &format!("ids={}", ann.id)).await.assert_empty();
    assert_eq!((edges(&rest, &ann).await, edges(&rest, &ben).await), (vec![("ben".into(), 3)], vec![]));
    delete(&rest, &ann, &format!("ids={}", ben.id)).await.assert_empty();
    add(&rest, &ben, &format!("ids={}", ann.id)).await.assert_empty();
    assert_eq!(edges(&rest, &ann).await, [("ben".into(), 2)]);
}

#[tokio::test]
async fn lists_are_filtered_and_have_pages() {
    let rest = Rest::start().await;
    let (ann, ben, cat) = (rest.player("ann").await, rest.player("ben").await, rest.player("cat").await);
    let dan = rest.player("dan").await;
    for (one, other) in [(&ann, &ben), (&ben, &ann), (&ben, &cat), (&cat, &ben), (&ben, &dan), (&dan, &ben)] {
        add(&rest, one, &format!("ids={}", other.id)).await.assert_empty();
    }
    add(&rest, &ann, "usernames=dan").await.assert_empty();

    for (query, names) in [("state=0", vec!["ben"]), ("state=1", vec!["dan"]), ("state=3", vec![])] {
        let list = list(&rest, &ann, query).await;
        let friends = list["friends"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = friends.iter().map(|friend| friend["user"]["username"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{query}");
    }
    let first = list(&rest, &ann, "limit=1").await;
    assert_eq!(first["friends"][0]["user"]["username"], "ben");
    let second = list(&rest, &ann, &format!("limit=1&cursor={}", first["cursor"].as_str().unwrap())).await;
    assert_eq!((&second["friends"][0]["user"]["username"], second.get("cursor")), (&json!("dan"), None));
    for limit in [1, 1000] {
        list(&rest, &ann, &format!("limit={limit}&state=0")).await;
    }

    let of_friends = async |query: &str| {
        let answer = rest.get(&format!("/v2/friend/friends?{query}")).by(&ann).send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let mut found = Vec::new();
    let mut page = of_friends("limit=1").await;
    loop {
        for one in page["friends_of_friends"].as_array().unwrap() {
            assert_eq!(one["referrer"], ben.id);
            found.push(one["user"]["username"].as_str().unwrap().to_owned());
        }
        let Some(cursor) = page["cursor"].as_str() else { break };
        page = of_friends(&format!("limit=1&cursor={cursor}")).await;
    }
    found.sort();
    assert_eq!(found, ["cat", "dan"]);
    assert_eq!(of_friends("limit=100").await["friends_of_friends"].as_array().unwrap().len(), 2);
}

/// What is wrong with a request, and how it is refused. `SELF` stands for the caller's id, `BEN` for another user's.
#[tokio::test]
async fn bad_input_is_refused_and_changes_nothing() {
    let rest = Rest::start().await;
    let (ann, ben) = (rest.player("ann").await, rest.player("ben").await);
    let cat = rest.player("cat").await;
    block(&rest, &ann, &format!("ids={}", cat.id)).await.assert_empty();
    add(&rest, &ben, &format!("ids={}", ann.id)).await.assert_empty();
    let before = (list(&rest, &ann, "").await, list(&rest, &ben, "").await);
    let invalid = |id: &str| format!("Invalid user ID '{id}'.");
    let targets = [
        ("ids=SELF".to_owned(), "SELF".to_owned()),
        ("ids=BEN&ids=SELF".to_owned(), "SELF".to_owned()),
        ("ids=BEN&usernames=ann".to_owned(), "SELF".to_owned()),
        ("ids=nope".to_owned(), invalid("nope")),
        ("ids=".to_owned(), invalid("")),
        ("ids=BEN&ids=nope".to_owned(), invalid("nope")),
        ("ids=nope&usernames=".to_owned(), invalid("nope")),
        (format!("ids={SERVER}"), invalid(SERVER)),
        (format!("ids=BEN&ids={SERVER}"), invalid(SERVER)),
        (format!("ids={NOBODY}-1"), invalid(&format!("{NOBODY}-1"))),
        ("usernames=".to_owned(), "Username must not be empty.".to_owned()),
        ("ids=BEN&usernames=ben&usernames=".to_owned(), "Username must not be empty.".to_owned()),
        ("ids=%zz".to_owned(), "invalid URL escape \"%zz\"".to_owned()),
    ];
    let methods = [
        ("POST", "/v2/friend", "Cannot add self as friend."),
        ("DELETE", "/v2/friend", "Cannot delete self."),
        ("POST", "/v2/friend/block", "Cannot block self."),
    ];
    let mut cases = Vec::new();
    for (method, path, themselves) in methods {
        for (query, text) in &targets {
            let text = if text == "SELF" { themselves.to_owned() } else { text.clone() };
            cases.push((method, format!("{path}?{query}"), text));
        }
        if method == "POST" {
            let text = "No valid ID or username was provided.";
            cases.push((method, format!("{path}?usernames=nobody&usernames=noone"), text.into()));
        }
    }
    let long = "x".repeat(4096);
    let limits = "Invalid limit - limit must be between 1 and";
    let parse = |field: &str, text: &str, why: &str| {
        format!("parsing field {field:?}: strconv.ParseInt: parsing {text:?}: {why}")
    };
    let cursor_of_ben = list(&rest, &ben, "limit=1").await["cursor"].as_str().map(str::to_owned);
    assert_eq!(cursor_of_ben, None);
    let own = list(&rest, &ann, "limit=1").await["cursor"].as_str().unwrap().to_owned();
    for (method, path, text) in [
        ("POST", "/v2/friend?ids=BEN&metadata=hello".to_owned(), "metadata must be a JSON object".to_owned()),
        ("POST", "/v2/friend?ids=BEN&metadata=%5B1%5D".to_owned(), "metadata must be a JSON object".to_owned()),
        ("POST", "/v2/friend?ids=BEN&metadata=%7B%22a%22".to_owned(), "metadata must be a JSON object".to_owned()),
        (
            "POST",
            format!("/v2/friend?ids=BEN&metadata=%7B%22a%22:%22{long}%22%7D"),
            "metadata is 4104 bytes, the limit is 4096".to_owned(),
        ),
        (
            "POST",
            "/v2/friend?ids=BEN&metadata=%7B%7D&metadata=%7B%7D".to_owned(),
            "too many values for field \"metadata\": {}, {}".to_owned(),
        ),
        ("GET", "/v2/friend?state=4".to_owned(), "Invalid state - state must be between 0 and 3.".to_owned()),
        ("GET", "/v2/friend?state=-1".to_owned(), "Invalid state - state must be between 0 and 3.".to_owned()),
        ("GET", "/v2/friend?state=all".to_owned(), parse("state", "all", "invalid syntax")),
        ("GET", "/v2/friend?limit=0".to_owned(), format!("{limits} 1000.")),
        ("GET", "/v2/friend?limit=-1".to_owned(), format!("{limits} 1000.")),
        ("GET", "/v2/friend?limit=1001".to_owned(), format!("{limits} 1000.")),
        ("GET", "/v2/friend?limit=0&state=4&cursor=rubbish".to_owned(), format!("{limits} 1000.")),
        ("GET", "/v2/friend?limit=many".to_owned(), parse("limit", "many", "invalid syntax")),
        ("GET", "/v2/friend?limit=5000000000".to_owned(), parse("limit", "5000000000", "value out of range")),
        ("GET", "/v2/friend?cursor=rubbish".to_owned(), "Cursor is invalid.".to_owned()),
        ("GET", format!("/v2/friend?state=3&cursor={own}"), "Cursor is invalid.".to_owned()),
        (
            "GET",
            format!("/v2/friend?cursor={own}&cursor={own}"),
            format!("too many values for field \"cursor\": {own}, {own}"),
        ),
        ("GET", "/v2/friend/friends?limit=0".to_owned(), format!("{limits} 100.")),
        ("GET", "/v2/friend/friends?limit=101".to_owned(), format!("{limits} 100.")),
        ("GET", "/v2/friend/friends?cursor=rubbish".to_owned(), "Cursor is invalid.".to_owned()),
        ("GET", format!("/v2/friend/friends?cursor={own}"), "Cursor is invalid.".to_owned()),
    ] {
        cases.push((method, path, text));
    }
    for (method, path, text) in cases {
        println!("{method} {path}");
        let path = path.replace("SELF", &ann.id).replace("BEN", &ben.id);
        rest.request(method, &path).by(&ann).send().await.assert_refused(400, 3, &text);
        assert_eq!((list(&rest, &ann, "").await, list(&rest, &ben, "").await), before, "{method} {path}");
    }
}

#[tokio::test]
async fn what_names_nobody_is_taken() {
    let rest = Rest::start().await;
    let ann = rest.player("ann").await;
    for query in [String::new(), format!("ids={NOBODY}"), format!("ids={NOBODY}&usernames=nobody")] {
        add(&rest, &ann, &query).await.assert_empty();
        delete(&rest, &ann, &query).await.assert_empty();
        block(&rest, &ann, &query).await.assert_empty();
    }
    delete(&rest, &ann, "usernames=nobody").await.assert_empty();
    assert_eq!(edges(&rest, &ann).await, []);
}

#[tokio::test]
async fn friends_are_for_those_who_are_logged_in() {
    let rest = Rest::start().await;
    for (method, path) in [
        ("GET", "/v2/friend"),
        ("POST", "/v2/friend"),
        ("DELETE", "/v2/friend"),
        ("POST", "/v2/friend/block"),
        ("GET", "/v2/friend/friends"),
    ] {
        rest.request(method, path).send().await.assert_refused(401, 16, "Auth token required");
    }
    let ann = rest.player("ann").await;
    for path in ["/v2/friend/facebook", "/v2/friend/steam"] {
        let answer = rest.post(path).by(&ann).json(json!({"token": "x"})).send().await;
        assert_eq!((answer.status, &answer.json()["code"]), (501, &json!(12)));
    }
}
