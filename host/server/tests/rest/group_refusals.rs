//! Every id, name, number, cursor, state and right of a group operation that can be wrong: which code and text it gets,
//! and that nothing is changed.

use crate::groups::Stage;
use serde_json::{Value, json};

const UNKNOWN: &str = "11111111-2222-4333-8444-555555555555";
const BAD_GROUP: &str = "Group ID must be a valid ID.";
const BAD_LIMIT: &str = "Invalid limit - limit must be between 1 and 100.";
const BAD_STATE: &str = "Invalid state - state must be between 0 and 4.";
const BAD_CURSOR: &str = "Cursor is invalid.";
const NOT_ALLOWED: &str = "Group not found or permission denied.";
const NO_UPDATE: &str = "Group not found or you're not allowed to update.";
const NO_DELETE: &str = "Group not found or you're not allowed to delete.";

/// Who (0 is the superadmin, 1 an admin, 2 a member, 3 a stranger), what, and the answer.
type Case = (usize, &'static str, String, Value, (u16, u32, String));

fn no(status: u16, code: u32, text: &str) -> (u16, u32, String) {
    (status, code, text.to_owned())
}

fn bad(text: &str) -> (u16, u32, String) {
    no(400, 3, text)
}

#[tokio::test]
async fn whatever_is_wrong_is_said_and_changes_nothing() {
    let stage = Stage::new().await;
    stage.act(0, "promote", &[1]).await.assert_empty();
    stage.act(2, "join", &[]).await.assert_empty();
    // A taken name, and a second page of open groups.
    let other = json!({"name": "other", "open": true});
    assert_eq!(stage.rest.post("/v2/group").by(&stage.players[3]).json(other).send().await.status, 200);
    let before = stage.everything().await;
    let cases = [created(), changed(&stage.guild), managed(&stage), listed(&stage).await].concat();
    for (player, method, path, body, (status, code, text)) in cases {
        println!("{player} {method} {path} {body}");
        let request = stage.rest.request(method, &path).by(&stage.players[player]);
        let request = if body.is_null() { request } else { request.json(body) };
        request.send().await.assert_refused(status, code, &text);
        assert_eq!(stage.everything().await, before);
    }
    for (method, path) in [
        ("GET", "/v2/group".to_owned()),
        ("POST", "/v2/group".to_owned()),
        ("PUT", format!("/v2/group/{}", stage.guild)),
        ("DELETE", format!("/v2/group/{}", stage.guild)),
        ("POST", format!("/v2/group/{}/kick?user_ids={}", stage.guild, stage.id(1))),
        ("GET", format!("/v2/group/{}/user", stage.guild)),
        ("GET", format!("/v2/user/{}/group", stage.id(0))),
    ] {
        stage.rest.request(method, &path).send().await.assert_refused(401, 16, "Auth token required");
    }
    assert_eq!(stage.everything().await, before);
}

fn created() -> Vec<Case> {
    let cases = [
        (json!({}), bad("Group name must be set.")),
        (json!({"name": null}), bad("Group name must be set.")),
        (json!({"name": "guild"}), no(409, 6, "Group name is in use.")),
        (json!({"name": "g".repeat(256)}), bad("group name is 256 bytes, the limit is 255")),
        (json!({"name": "ü".repeat(128)}), bad("group name is 256 bytes, the limit is 255")),
        (json!({"name": "a\nb"}), bad("group name must not contain control characters")),
        (json!({"name": "new", "max_count": -1}), bad("Group max count must be >= 1 when set.")),
        (json!({"name": "new", "lang_tag": "x".repeat(19)}), bad("lang_tag is 19 characters, the limit is 18")),
        (
            json!({"name": "new", "description": "x".repeat(256)}),
            bad("description is 256 characters, the limit is 255"),
        ),
        (json!({"name": "new", "avatar_url": "x".repeat(513)}), bad("avatar_url is 513 characters, the limit is 512")),
    ];
    cases.into_iter().map(|(body, answer)| (3, "POST", "/v2/group".to_owned(), body, answer)).collect()
}

fn changed(guild: &str) -> Vec<Case> {
    let path = |group: &str| format!("/v2/group/{group}");
    let valid = || json!({"description": "mine"});
    let by_superadmin = [
        (json!({}), bad("Specify at least one field to update.")),
        (json!({"description": null}), bad("Specify at least one field to update.")),
        (json!({"name": ""}), bad("Group name cannot be empty.")),
        (json!({"name": "g".repeat(256)}), bad("group name is 256 bytes, the limit is 255")),
        (json!({"name": "a\u{0}"}), bad("group name must not contain control characters")),
        (json!({"lang_tag": ""}), bad("Group language cannot be empty.")),
        (json!({"lang_tag": "x".repeat(19)}), bad("lang_tag is 19 characters, the limit is 18")),
        (json!({"description": "x".repeat(256)}), bad("description is 256 characters, the limit is 255")),
        (json!({"avatar_url": "x".repeat(513)}), bad("avatar_url is 513 characters, the limit is 512")),
        (json!({"name": "other"}), bad("Group name is in use.")),
    ];
    let mut cases: Vec<_> =
        by_superadmin.into_iter().map(|(body, answer)| (0, "PUT", path(guild), body, answer)).collect();
    for (player, group, answer) in [
        (2, guild, no(404, 5, NO_UPDATE)),
        (3, guild, no(404, 5, NO_UPDATE)),
        (0, UNKNOWN, no(404, 5, NO_UPDATE)),
        (0, "nope", bad(BAD_GROUP)),
    ] {
        cases.push((player, "PUT", path(group), valid(), answer));
    }
    for (player, group, answer) in [
        (1, guild, bad(NO_DELETE)),
        (2, guild, bad(NO_DELETE)),
        (3, guild, bad(NO_DELETE)),
        (0, UNKNOWN, bad(NO_DELETE)),
        (0, "nope", bad(BAD_GROUP)),
    ] {
        cases.push((player, "DELETE", path(group), Value::Null, answer));
    }
    cases
}

fn managed(stage: &Stage) -> Vec<Case> {
    let guild = &stage.guild;
    let mut cases = Vec::new();
    let mut case = |player, path: String, answer| cases.push((player, "POST", path, Value::Null, answer));
    for verb in ["add", "ban", "demote", "kick", "promote"] {
        let path = |group: &str, user: &str| format!("/v2/group/{group}/{verb}?user_ids={user}");
        let target = stage.id(1);
        case(2, path(guild, target), no(404, 5, NOT_ALLOWED));
        case(3, path(guild, stage.id(3)), no(404, 5, NOT_ALLOWED));
        case(0, path(UNKNOWN, target), no(404, 5, NOT_ALLOWED));
        case(0, path("nope", target), bad(BAD_GROUP));
        case(0, path(guild, "nope"), bad("User ID must be a valid ID."));
        case(0, path(guild, ""), bad("User ID must be a valid ID."));
        // Everybody or nobody: the first one is right.
        case(0, path(guild, &format!("{}&user_ids=nope", stage.id(2))), bad("User ID must be a valid ID."));
    }
    case(0, format!("/v2/group/{guild}/add?user_ids={UNKNOWN}"), no(404, 5, &format!("there is no user {UNKNOWN}")));
    case(0, format!("/v2/group/{guild}/add?user_ids={}", stage.id(3)), bad("Group is full."));
    case(3, format!("/v2/group/{guild}/join"), bad("Group is full."));
    case(0, format!("/v2/group/{guild}/leave"), bad("Cannot leave group when you are the last superadmin."));
    for verb in ["join", "leave"] {
        case(3, format!("/v2/group/{UNKNOWN}/{verb}"), no(404, 5, "Group not found."));
        case(3, format!("/v2/group/nope/{verb}"), bad(BAD_GROUP));
    }
    cases
}

async fn listed(stage: &Stage) -> Vec<Case> {
    let users = format!("/v2/group/{}/user", stage.guild);
    let mine = format!("/v2/user/{}/group", stage.id(0));
    let cursor = async |path: String| stage.get(&path).await["cursor"].as_str().unwrap().to_owned();
    let of_users = cursor(format!("{users}?limit=1")).await;
    let of_members = cursor("/v2/group?open=true&limit=1".into()).await;
    let number = |field: &str| {
        let text = "strconv.ParseInt: parsing \"x\": invalid syntax";
        (format!("{field}=x"), format!("parsing field {field:?}: {text}"))
    };
    let mut cases = Vec::new();
    let mut case = |path: String, text: &str| cases.push((0, "GET", path, Value::Null, bad(text)));
    for path in ["/v2/group", &users, &mine] {
        for limit in ["0", "-1", "101"] {
            case(format!("{path}?limit={limit}"), BAD_LIMIT);
        }
        for junk in ["rubbish", "AAAA", "%00", &of_users[..of_users.len() - 4], &of_members[4..]] {
            case(format!("{path}?cursor={junk}"), BAD_CURSOR);
        }
        let (query, text) = number("limit");
        case(format!("{path}?{query}"), &text);
        case(format!("{path}?cursor=a&cursor=b"), "too many values for field \"cursor\": a, b");
    }
    for path in [&users, &mine] {
        for state in ["-1", "5", "7"] {
            case(format!("{path}?state={state}"), BAD_STATE);
        }
        let (query, text) = number("state");
        case(format!("{path}?{query}"), &text);
    }
    // A cursor of one list is none of another one.
    for path in
        [format!("{mine}?"), format!("{users}?state=0&"), format!("/v2/group/{UNKNOWN}/user?"), "/v2/group?".into()]
    {
        case(format!("{path}cursor={of_users}"), BAD_CURSOR);
    }
    for filter in ["", "open=false&", "lang_tag=en&", "open=true&members=3&", "name=guild&"] {
        case(format!("/v2/group?{filter}cursor={of_members}"), BAD_CURSOR);
    }
    for filter in ["open=true", "lang_tag=en", "members=3", "open=false&lang_tag=en&members=1"] {
        let text = "name filter cannot be combined with any other filter";
        case(format!("/v2/group?name=guild&{filter}"), text);
    }
    case("/v2/group?members=-1".into(), "Invalid members - members must be 0 or more.");
    case("/v2/group?open=maybe".into(), "parsing field \"open\": strconv.ParseBool: parsing \"maybe\": invalid syntax");
    case("/v2/group/nope/user".into(), BAD_GROUP);
    case("/v2/user/nope/group".into(), BAD_GROUP);
    cases
}
