//! Groups and who is in them.

use crate::client::{Answer, Player, Rest};
use serde_json::{Value, json};

/// A server with some players, and a group of the first one's that the second is a member of.
pub(crate) struct Stage {
    pub(crate) rest: Rest,
    pub(crate) players: Vec<Player>,
    pub(crate) guild: String,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let rest = Rest::start().await;
        let mut players = Vec::new();
        for name in ["ann-of-groups", "bob-of-groups", "cid-of-groups", "dan-of-groups"] {
            players.push(rest.player(name).await);
        }
        let guild = create(&rest, &players[0], json!({"name": "guild", "open": true, "max_count": 3})).await;
        let stage = Self { rest, players, guild };
        stage.act(1, "join", &[]).await.assert_empty();
        stage
    }

    pub(crate) fn id(&self, player: usize) -> &str {
        &self.players[player].id
    }

    /// Does something in the guild, to some users.
    pub(crate) async fn act(&self, player: usize, verb: &str, users: &[usize]) -> Answer {
        let users: Vec<_> = users.iter().map(|user| format!("user_ids={}", self.id(*user))).collect();
        let path = format!("/v2/group/{}/{verb}?{}", self.guild, users.join("&"));
        self.rest.post(&path).by(&self.players[player]).send().await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.rest.get(path).by(&self.players[0]).send().await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Who is in the guild: names by state.
    async fn places(&self) -> Vec<(String, i64)> {
        let mut places = Vec::new();
        for state in 0..5 {
            let page = self.get(&format!("/v2/group/{}/user?state={state}", self.guild)).await;
            for one in page["group_users"].as_array().unwrap_or(&Vec::new()) {
                assert_eq!(one["state"], state);
                places.push((one["user"]["username"].as_str().unwrap()[..3].to_owned(), state));
            }
        }
        // Within a state they come by id.
        places.sort_by_key(|(name, state)| (*state, name.clone()));
        places
    }

    async fn assert_places(&self, expected: &[(&str, i64)]) {
        let places = self.places().await;
        let places: Vec<_> = places.iter().map(|(name, state)| (name.as_str(), *state)).collect();
        assert_eq!(places, expected);
    }

    /// All that lists show of groups and their users.
    pub(crate) async fn everything(&self) -> Vec<Value> {
        let mut shown = vec![self.get("/v2/group?limit=100").await, json!(self.places().await)];
        for player in 0..self.players.len() {
            shown.push(self.get(&format!("/v2/user/{}/group", self.id(player))).await);
        }
        shown
    }
}

async fn create(rest: &Rest, player: &Player, body: Value) -> String {
    let answer = rest.post("/v2/group").by(player).json(body).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// A group without what differs from run to run.
fn plain(group: &Value) -> Value {
    let mut group = group.clone();
    for time in ["create_time", "update_time"] {
        let text = group.as_object_mut().unwrap().remove(time).unwrap();
        let text = text.as_str().unwrap().to_owned();
        assert!(text.ends_with('Z') && !text.contains('.'), "{text}");
    }
    group
}

#[tokio::test]
async fn a_group_is_made_changed_found_and_deleted() {
    let Stage { rest, players, guild, .. } = Stage::new().await;
    let ann = &players[0];
    let body = json!({
        "name": "Closed", "description": "words", "avatarUrl": "http://a.test/g.png", "lang_tag": "de", "max_count": "7",
        "colour": "red",
    });
    let made = rest.post("/v2/group").by(ann).json(body).send().await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id, "creator_id": ann.id, "name": "Closed", "description": "words", "lang_tag": "de", "metadata": "{}",
        "avatar_url": "http://a.test/g.png", "open": false, "edge_count": 1, "max_count": 7,
    });
    assert_eq!(plain(&made.json()), expected);

    let path = format!("/v2/group/{id}");
    let change = json!({"name": "Opened", "open": true, "description": "", "group_id": guild});
    rest.request("PUT", &path).by(ann).json(change).send().await.assert_empty();
    let found = rest.get("/v2/group?name=opened").by(ann).send().await.json();
    let mut changed = expected;
    changed["name"] = "Opened".into();
    changed["open"] = true.into();
    changed.as_object_mut().unwrap().remove("description");
    assert_eq!(found["groups"].as_array().unwrap().iter().map(plain).collect::<Vec<_>>(), [changed]);

    rest.request("DELETE", &path).by(ann).send().await.assert_empty();
    rest.get("/v2/group?name=opened").by(ann).send().await.assert_empty();
    rest.get(&format!("{path}/user")).by(ann).send().await.assert_empty();
    let mine = rest.get(&format!("/v2/user/{}/group", ann.id)).by(ann).send().await.json();
    assert_eq!(mine["user_groups"].as_array().unwrap().len(), 1);
    // The name is free again.
    create(&rest, ann, json!({"name": "Opened"})).await;
}

#[tokio::test]
async fn users_join_rise_fall_and_are_taken_out() {
    let stage = Stage::new().await;
    stage.assert_places(&[("ann", 0), ("bob", 2)]).await;
    stage.act(0, "promote", &[1]).await.assert_empty();
    stage.act(1, "add", &[2]).await.assert_empty();
    stage.assert_places(&[("ann", 0), ("bob", 1), ("cid", 2)]).await;
    stage.act(3, "join", &[]).await.assert_refused(400, 3, "Group is full.");
    stage.act(1, "add", &[3]).await.assert_refused(400, 3, "Group is full.");
    // An admin raises members to admins, and has no power over admins and superadmins.
    stage.act(1, "promote", &[2]).await.assert_empty();
    stage.assert_places(&[("ann", 0), ("bob", 1), ("cid", 1)]).await;
    for verb in ["promote", "demote", "kick", "ban"] {
        stage.act(1, verb, &[0, 2]).await.assert_empty();
        stage.assert_places(&[("ann", 0), ("bob", 1), ("cid", 1)]).await;
    }
    stage.act(0, "demote", &[2]).await.assert_empty();
    stage.act(1, "ban", &[2]).await.assert_empty();
    stage.assert_places(&[("ann", 0), ("bob", 1), ("cid", 4)]).await;
    // For one who is banned nothing helps but a kick, which lifts the ban.
    stage.act(2, "join", &[]).await.assert_empty();
    stage.act(2, "leave", &[]).await.assert_empty();
    stage.act(0, "add", &[2]).await.assert_empty();
    stage.act(0, "promote", &[2]).await.assert_empty();
    stage.assert_places(&[("ann", 0), ("bob", 1), ("cid", 4)]).await;
    let shown = stage.get(&format!("/v2/group/{}/user", stage.guild)).await;
    assert_eq!(shown["group_users"].as_array().unwrap().len(), 2, "the banned are not shown unasked");
    stage.act(1, "kick", &[2]).await.assert_empty();
    stage.act(2, "join", &[]).await.assert_empty();
    stage.act(0, "kick", &[1, 2, 3]).await.assert_empty();
    stage.assert_places(&[("ann", 0)]).await;
    stage.act(0, "leave", &[]).await.assert_refused(400, 3, "Cannot leave group when you are the last superadmin.");
    // Nobody manages themselves.
    for verb in ["promote", "demote", "kick", "ban", "add"] {
        stage.act(0, verb, &[0]).await.assert_empty();
    }
    stage.assert_places(&[("ann", 0)]).await;
}

#[tokio::test]
async fn a_closed_group_is_asked_and_answers() {
    let mut stage = Stage::new().await;
    stage.guild = create(&stage.rest, &stage.players[0], json!({"name": "closed"})).await;
    stage.act(1, "join", &[]).await.assert_empty();
    stage.act(2, "join", &[]).await.assert_empty();
    stage.act(3, "join", &[]).await.assert_empty();
    stage.act(1, "join", &[]).await.assert_empty();
    let mut asking = stage.places().await;
    asking.sort();
    assert_eq!(asking, [("ann", 0), ("bob", 3), ("cid", 3), ("dan", 3)].map(|(name, state)| (name.to_owned(), state)));
    stage.act(0, "promote", &[1]).await.assert_empty();
    stage.act(0, "add", &[1]).await.assert_empty();
    stage.act(0, "kick", &[2]).await.assert_empty();
    stage.act(0, "ban", &[3]).await.assert_empty();
    stage.assert_places(&[("ann", 0), ("bob", 2), ("dan", 4)]).await;
    // Who has asked joins once the group is open.
    stage.act(2, "join", &[]).await.assert_empty();
    stage.assert_places(&[("ann", 0), ("bob", 2), ("cid", 3), ("dan", 4)]).await;
    let path = format!("/v2/group/{}", stage.guild);
    stage.rest.request("PUT", &path).by(&stage.players[0]).json(json!({"open": true})).send().await.assert_empty();
    stage.act(2, "join", &[]).await.assert_empty();
    assert_eq!(stage.get("/v2/group?name=closed").await["groups"][0]["edge_count"], 3);
}

#[tokio::test]
async fn lists_go_page_by_page() {
    let stage = Stage::new().await;
    let (ann, rest) = (&stage.players[0], &stage.rest);
    for number in 0..5 {
        let language = if number % 2 == 0 { "fr" } else { "en" };
        create(rest, ann, json!({"name": format!("Tribe {number}"), "lang_tag": language, "open": number < 2})).await;
    }
    let pages = async |path: &str, list: &str| {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = stage.get(&format!("{path}&cursor={cursor}")).await;
            all.extend(page[list].as_array().cloned().unwrap_or_default());
            match page["cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return all,
            }
        }
    };
    let names = |groups: Vec<Value>| {
        let mut names: Vec<_> = groups.iter().map(|group| group["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let all = pages("/v2/group?limit=2", "groups").await;
    assert_eq!((all.len(), &all[0]["name"]), (6, &json!("guild")), "the largest comes first");
    assert_eq!(stage.get("/v2/group").await["groups"].as_array().unwrap().len(), 1);
    for (filter, expected) in [
        ("open=true", &["Tribe 0", "Tribe 1", "guild"][..]),
        ("lang_tag=fr&limit=1", &["Tribe 0", "Tribe 2", "Tribe 4"]),
        ("langTag=fr&open=false", &["Tribe 2", "Tribe 4"]),
        ("members=1&open=1&limit=1", &["Tribe 0", "Tribe 1"]),
        ("members=0", &[]),
        ("name=tribe%25&limit=2", &["Tribe 0", "Tribe 1", "Tribe 2", "Tribe 3", "Tribe 4"]),
        ("name=TRIBE+3", &["Tribe 3"]),
        ("name=tribe", &[]),
    ] {
        assert_eq!(names(pages(&format!("/v2/group?{filter}"), "groups").await), expected, "{filter}");
    }
    let users = pages(&format!("/v2/group/{}/user?limit=1", stage.guild), "group_users").await;
    let users: Vec<_> = users.iter().map(|one| (&one["state"], &one["user"]["id"])).collect();
    assert_eq!(users, [(&json!(0), &json!(stage.id(0))), (&json!(2), &json!(stage.id(1)))]);
    let mine = pages(&format!("/v2/user/{}/group?limit=4", stage.id(0)), "user_groups").await;
    assert_eq!(mine.len(), 6);
    assert!(mine.iter().all(|one| one["state"] == 0));
}
