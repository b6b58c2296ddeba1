//! Groups. Core checks names, ranks and counts; what there may be in one call is checked here.

use super::wit::group::Host;
use super::wit::types::Error;
use super::{acting, actor, at_most, cursor, id, ids, invalid, page_size, refused, somebody, user_or_server};
use crate::convert;
use crate::plugin::guest::Guest;
use crate::plugin::limits::{GROUPS, USERS};
use meadhall_core::Core;
use meadhall_core::caller::Actor;
use meadhall_core::group::{GroupFilter, GroupPage, GroupState, GroupUpdate, NewGroup};
use meadhall_core::ids::{GroupId, UserId};
use meadhall_protocol::api::{CreateGroupRequest, UpdateGroupRequest};
use meadhall_protocol::codec::{UnknownFields, from_json, to_json};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

impl Host for Guest {
    async fn create(&mut self, creator: String, group: String) -> Result<String, Error> {
        at_most("group", &group, self.identity.limits.content)?;
        let core = self.core()?;
        let (creator, new) = (somebody(&creator)?, new_group(&group)?);
        let group = core.groups.create(creator, new).await.map_err(refused)?;
        Ok(to_json(&convert::group(&group)))
    }

    async fn update(&mut self, actor: String, group_id: String, changes: String) -> Result<(), Error> {
        at_most("changes", &changes, self.identity.limits.content)?;
        let core = self.core()?;
        let (actor, group, update) = (user_or_server("actor", &actor)?, group(&group_id)?, group_update(&changes)?);
        core.groups.update(actor, group, update).await.map_err(refused)
    }

    async fn delete(&mut self, actor: String, group_id: String) -> Result<(), Error> {
        let core = self.core()?;
        let (actor, group) = (user_or_server("actor", &actor)?, group(&group_id)?);
        core.groups.delete(actor, group).await.map_err(refused)
    }

    async fn get(&mut self, group_ids: Vec<String>) -> Result<String, Error> {
        let core = self.core()?;
        let groups = core.groups.get(ids("group id", &group_ids, GROUPS)?).await.map_err(refused)?;
        Ok(to_json(&convert::group_list(&GroupPage { groups, cursor: None })))
    }

    async fn list(&mut self, filter: String, limit: u32, after: String) -> Result<String, Error> {
        at_most("filter", &filter, self.identity.limits.content)?;
        let core = self.core()?;
        let (filter, limit) = (group_filter(&filter)?, page_size(limit)?);
        let page = core.groups.list(filter, limit, cursor(after)).await.map_err(refused)?;
        Ok(to_json(&convert::group_list(&page)))
    }

    async fn users(
        &mut self,
        group_id: String,
        limit: u32,
        state: Option<u32>,
        after: String,
    ) -> Result<String, Error> {
        let core = self.core()?;
        let (group, limit) = (group(&group_id)?, page_size(limit)?);
        let state = state.map(group_state).transpose()?;
        let page = core.groups.users(group, limit, state, cursor(after)).await.map_err(refused)?;
        Ok(to_json(&convert::group_user_list(page)))
    }

    async fn of_user(
        &mut self,
        user_id: String,
        limit: u32,
        state: Option<u32>,
        after: String,
    ) -> Result<String, Error> {
        let core = self.core()?;
        let (user, limit) = (somebody(&user_id)?, page_size(limit)?);
        let state = state.map(group_state).transpose()?;
        let page = core.groups.of_user(user, limit, state, cursor(after)).await.map_err(refused)?;
        Ok(to_json(&convert::user_group_list(&page)))
    }

    async fn join(&mut self, user_id: String, group_id: String) -> Result<(), Error> {
        let core = self.core()?;
        let (user, group) = (somebody(&user_id)?, group(&group_id)?);
        core.groups.join(acting(core, user).await?, group).await.map_err(refused)
    }

    async fn leave(&mut self, user_id: String, group_id: String) -> Result<(), Error> {
        let core = self.core()?;
        let (user, group) = (somebody(&user_id)?, group(&group_id)?);
        core.groups.leave(acting(core, user).await?, group).await.map_err(refused)
    }

    async fn add(&mut self, actor: String, group_id: String, user_ids: Vec<String>) -> Result<(), Error> {
        let core = self.core()?;
        let (actor, group, users) = members(core, &actor, &group_id, &user_ids).await?;
        core.groups.add(actor, group, users).await.map_err(refused)
    }

    async fn kick(&mut self, actor: String, group_id: String, user_ids: Vec<String>) -> Result<(), Error> {
        let core = self.core()?;
        let (actor, group, users) = members(core, &actor, &group_id, &user_ids).await?;
        core.groups.kick(actor, group, users).await.map_err(refused)
    }

    async fn ban(&mut self, actor: String, group_id: String, user_ids: Vec<String>) -> Result<(), Error> {
        let core = self.core()?;
        let (actor, group, users) = members(core, &actor, &group_id, &user_ids).await?;
        core.groups.ban(actor, group, users).await.map_err(refused)
    }

    async fn promote(&mut self, actor: String, group_id: String, user_ids: Vec<String>) -> Result<(), Error> {
        let core = self.core()?;
        let (actor, group, users) = members(core, &actor, &group_id, &user_ids).await?;
        core.groups.promote(actor, group, users).await.map_err(refused)
    }

    async fn demote(&mut self, actor: String, group_id: String, user_ids: Vec<String>) -> Result<(), Error> {
        let core = self.core()?;
        let (actor, group, users) = members(core, &actor, &group_id, &user_ids).await?;
        core.groups.demote(actor, group, users).await.map_err(refused)
    }
}

fn group(text: &str) -> Result<GroupId, Error> {
    id("group id", text)
}

/// Who does something, in which group, and to whom.
async fn members(
    core: &Core,
    by: &str,
    group_id: &str,
    user_ids: &[String],
) -> Result<(Actor, GroupId, Vec<UserId>), Error> {
    let (group, users) = (group(group_id)?, ids("user id", user_ids, USERS)?);
    Ok((actor(core, by).await?, group, users))
}

/// A state by its public number.
fn group_state(number: u32) -> Result<GroupState, Error> {
    use GroupState::{Admin, Banned, JoinRequest, Member, Superadmin};
    let states = [Superadmin, Admin, Member, JoinRequest, Banned];
    let found = states.into_iter().find(|state| *state as u32 == number);
    found.ok_or_else(|| invalid(format!("group state {number} must be 0 to {}", states.len() - 1)))
}

/// The public `CreateGroupRequest`, and beside its fields `metadata`, which only plugins may set.
fn new_group(json: &str) -> Result<NewGroup, Error> {
    let mut fields = object("group", json)?;
    let metadata = metadata(&mut fields)?;
    let request: CreateGroupRequest = rest("group", fields)?;
    Ok(NewGroup {
        name: request.name,
        description: request.description,
        lang_tag: request.lang_tag,
        metadata: metadata.unwrap_or_default(),
        avatar_url: request.avatar_url,
        open: request.open,
        max_count: max_count(request.max_count.into())?,
    })
}

/// The public `UpdateGroupRequest`, and beside its fields `metadata` and `max_count`, which only plugins may set.
fn group_update(json: &str) -> Result<GroupUpdate, Error> {
    let mut fields = object("changes", json)?;
    if fields.contains_key("group_id") || fields.contains_key("groupId") {
        return Err(invalid("changes are not valid: `group_id` is an argument of its own"));
    }
    let metadata = metadata(&mut fields)?;
    let count = match fields.remove("max_count") {
        None | Some(Value::Null) => None,
        Some(number) => {
            let number = number.as_i64().ok_or_else(|| invalid(format!("max_count {number} is not a number")))?;
            Some(max_count(number)?)
        }
    };
    let request: UpdateGroupRequest = rest("changes", fields)?;
    Ok(GroupUpdate {
        name: request.name,
        description: request.description,
        lang_tag: request.lang_tag,
        metadata,
        avatar_url: request.avatar_url,
        open: request.open,
        max_count: count,
    })
}

/// Which groups a plugin asks for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Filter {
    name: Option<String>,
    open: Option<bool>,
    lang_tag: Option<String>,
    members: Option<u32>,
}

fn group_filter(json: &str) -> Result<GroupFilter, Error> {
    let filter: Filter = serde_json::from_value(Value::Object(object("filter", json)?))
        .map_err(|error| invalid(format!("filter is not valid: {error}")))?;
    Ok(GroupFilter { name: filter.name, open: filter.open, lang_tag: filter.lang_tag, members: filter.members })
}

/// A JSON object of a plugin's; `what` names it.
fn object(what: &str, json: &str) -> Result<Map<String, Value>, Error> {
    match serde_json::from_str(json) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(invalid(format!("{what} must be a JSON object"))),
        Err(error) => Err(invalid(format!("{what} must be a JSON object: {error}"))),
    }
}

/// What stands beside the public fields is taken out; the rest is the public request.
fn rest<T: DeserializeOwned>(what: &str, fields: Map<String, Value>) -> Result<T, Error> {
    let json = Value::Object(fields).to_string();
    from_json(json.as_bytes(), UnknownFields::Refuse).map_err(|error| invalid(format!("{what} is not valid: {error}")))
}

fn metadata(fields: &mut Map<String, Value>) -> Result<Option<String>, Error> {
    match fields.remove("metadata") {
        None | Some(Value::Null) => Ok(None),
        Some(object @ Value::Object(_)) => Ok(Some(object.to_string())),
        Some(_) => Err(invalid("metadata must be a JSON object")),
    }
}

fn max_count(number: i64) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| invalid(format!("max_count {number} must be 0 or more")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::guest::tests::World;
    use uuid::Uuid;

    fn parsed(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    /// A group of a new user, who is its superadmin: the user and the group.
    async fn table(world: &World, guest: &mut Guest) -> (String, String) {
        let ann = world.register("ann").await.to_string();
        let group = r#"{"name":"The Long Table","open":false,"max_count":3,"metadata":{"seats":[1,2]}}"#;
        let made = parsed(&guest.create(ann.clone(), group.into()).await.unwrap());
        assert_eq!((&made["creator_id"], &made["metadata"]), (&ann.clone().into(), &r#"{"seats":[1,2]}"#.into()));
        (ann, made["id"].as_str().unwrap().to_owned())
    }

    async fn states(guest: &mut Guest, group: &str, state: Option<u32>) -> Vec<(Value, Value)> {
        let page = parsed(&Host::users(guest, group.into(), 100, state, String::new()).await.unwrap());
        let users = page["group_users"].as_array().cloned().unwrap_or_default();
        users.into_iter().map(|one| (one["user"]["username"].clone(), one["state"].clone())).collect()
    }

    #[tokio::test]
    async fn groups_are_made_found_changed_and_deleted() {
        let world = World::new();
        let mut guest = world.guest();
        let (ann, group) = table(&world, &mut guest).await;
        let nobody = Uuid::from_u128(9).to_string();
        let found = parsed(&Host::get(&mut guest, vec![group.clone(), nobody]).await.unwrap());
        assert_eq!(found["groups"].as_array().unwrap().len(), 1);
        for filter in [r#"{"name":"the long%"}"#, r#"{"open":false,"members":5}"#, "{}"] {
            let page = parsed(&Host::list(&mut guest, filter.into(), 10, String::new()).await.unwrap());
            assert_eq!(page["groups"][0]["id"], group.as_str(), "{filter}");
        }
        let none = parsed(&Host::list(&mut guest, r#"{"open":true}"#.into(), 10, String::new()).await.unwrap());
        assert_eq!(none["groups"], Value::Null);

        let changes = r#"{"description":"long","open":true,"max_count":9,"metadata":{"a":1}}"#;
        Host::update(&mut guest, String::new(), group.clone(), changes.into()).await.unwrap();
        let changed = parsed(&Host::get(&mut guest, vec![group.clone()]).await.unwrap())["groups"][0].clone();
        assert_eq!(changed["name"], "The Long Table", "what is absent stays");
        assert_eq!((&changed["description"], &changed["max_count"]), (&"long".into(), &9.into()));
        assert_eq!((&changed["open"], &changed["metadata"]), (&true.into(), &r#"{"a":1}"#.into()));
        Host::delete(&mut guest, ann, group.clone()).await.unwrap();
        assert_eq!(Host::get(&mut guest, vec![group]).await.unwrap(), "{}");
    }

    #[tokio::test]
    async fn the_server_may_everything_and_users_what_their_rank_lets_them() {
        let world = World::new();
        let mut guest = world.guest();
        let (ann, group) = table(&world, &mut guest).await;
        let (ben, cai) = (world.register("ben").await.to_string(), world.register("cai").await.to_string());
        let server = String::new;
        guest.join(ben.clone(), group.clone()).await.unwrap();
        assert_eq!(states(&mut guest, &group, Some(3)).await, [("ben".into(), 3.into())]);
        Host::add(&mut guest, ann.clone(), group.clone(), vec![ben.clone()]).await.unwrap();
        Host::add(&mut guest, server(), group.clone(), vec![cai.clone()]).await.unwrap();
        let refused = guest.kick(ben.clone(), group.clone(), vec![cai.clone()]).await.unwrap_err();
        assert_ne!(refused.code, 13, "{refused:?}");
        guest.promote(server(), group.clone(), vec![ben.clone()]).await.unwrap();
        guest.kick(ben.clone(), group.clone(), vec![cai.clone()]).await.unwrap();
        assert_eq!(states(&mut guest, &group, None).await, [("ann".into(), 0.into()), ("ben".into(), 1.into())]);
        guest.demote(server(), group.clone(), vec![ben.clone()]).await.unwrap();
        guest.leave(ben.clone(), group.clone()).await.unwrap();
        Host::add(&mut guest, server(), group.clone(), vec![cai.clone()]).await.unwrap();
        guest.ban(server(), group.clone(), vec![cai.clone()]).await.unwrap();
        guest.join(cai, group.clone()).await.unwrap();
        assert_eq!(states(&mut guest, &group, Some(4)).await, [("cai".into(), 4.into())], "the banned stay out");
        assert_eq!(states(&mut guest, &group, None).await, [("ann".into(), 0.into())]);
        let own = parsed(&guest.of_user(ann, 10, Some(0), String::new()).await.unwrap());
        assert_eq!(own["user_groups"][0]["group"]["id"], group.as_str());
    }

    #[tokio::test]
    async fn bad_arguments_are_refused_and_nothing_changes() {
        let world = World::new();
        let mut guest = world.guest();
        let (ann, group) = table(&world, &mut guest).await;
        let before = Host::get(&mut guest, vec![group.clone()]).await.unwrap();
        for (actor, id) in [("ann", group.as_str()), ("", "table"), ("", "")] {
            let users = || vec![ann.clone()];
            assert_eq!(guest.kick(actor.into(), id.into(), users()).await.unwrap_err().code, 3, "{actor:?} {id:?}");
            assert_eq!(Host::delete(&mut guest, actor.into(), id.into()).await.unwrap_err().code, 3);
            assert_eq!(Host::update(&mut guest, actor.into(), id.into(), "{}".into()).await.unwrap_err().code, 3);
        }
        let nobody = Uuid::from_u128(9).to_string();
        assert_eq!(guest.ban(nobody, group.clone(), vec![ann.clone()]).await.unwrap_err().code, 5);
        for user in ["", "ann", &Uuid::nil().to_string()] {
            assert_eq!(guest.join(user.into(), group.clone()).await.unwrap_err().code, 3);
            assert_eq!(guest.leave(user.into(), group.clone()).await.unwrap_err().code, 3);
            assert_eq!(guest.create(user.into(), r#"{"name":"x"}"#.into()).await.unwrap_err().code, 3);
            assert_eq!(guest.of_user(user.into(), 1, None, String::new()).await.unwrap_err().code, 3);
        }
        for user in ["", "ann"] {
            let error = Host::add(&mut guest, String::new(), group.clone(), vec![user.into()]).await.unwrap_err();
            assert_eq!(error.code, 3, "{user:?}");
        }
        let many = guest.promote(String::new(), group.clone(), vec![ann.clone(); USERS + 1]).await.unwrap_err();
        assert_eq!(many.message, "101 user ids in one call, the limit is 100");
        for (limit, state, cursor) in [(0, None, ""), (101, None, ""), (1, Some(5), ""), (1, None, "junk")] {
            let error = Host::users(&mut guest, group.clone(), limit, state, cursor.into()).await.unwrap_err();
            assert_eq!(error.code, 3, "{limit} {state:?} {cursor:?}");
        }
        assert_eq!(Host::get(&mut guest, vec![group; GROUPS + 1]).await.unwrap_err().code, 3);
        assert_eq!(Host::get(&mut guest, vec![group_of(&before)]).await.unwrap(), before);
    }

    fn group_of(list: &str) -> String {
        parsed(list)["groups"][0]["id"].as_str().unwrap().to_owned()
    }

    #[test]
    fn what_is_no_group_change_or_filter_is_refused() {
        for bad in ["", "[]", "{", r#"{"metadata":1}"#, r#"{"owner":"x"}"#, r#"{"max_count":-1}"#, r#"{"open":"x"}"#] {
            assert_eq!(new_group(bad).err().map(|error| error.code), Some(3), "{bad:?}");
            assert_eq!(group_update(bad).err().map(|error| error.code), Some(3), "{bad:?}");
        }
        for bad in ["", "[]", r#"{"limit":1}"#, r#"{"members":-1}"#, r#"{"name":1}"#] {
            assert_eq!(group_filter(bad).err().map(|error| error.code), Some(3), "{bad:?}");
        }
        assert_eq!(group_update(r#"{"group_id":"x"}"#).err().map(|error| error.code), Some(3));
        let update = group_update(r#"{"name":"x","description":""}"#).unwrap();
        assert_eq!((update.name.as_deref(), update.description.as_deref(), update.open), (Some("x"), Some(""), None));
    }
}
