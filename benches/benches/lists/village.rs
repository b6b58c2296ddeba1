//! The people that the pages are about, as the lines of an export.

use serde_json::{Value, json};

/// Somebody with as many friends as everybody.
pub(super) const PLAIN: usize = 5;
/// Somebody with many more friends, and with notifications.
pub(super) const POPULAR: usize = 0;
/// Somebody in many groups, who reads many channels.
pub(super) const JOINER: usize = 1;
/// The group that many are in.
pub(super) const BIG_GROUP: usize = 0;

const LANGUAGES: [&str; 4] = ["en", "no", "de", "fr"];
/// Groups have from one to so many members, but for the big one.
const SIZES: usize = 20;
const TIME: i64 = 1_750_000_000;

/// How much of everything there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Village {
    users: usize,
    /// Of each user, but for the popular one.
    friends: usize,
    /// The friends of the popular one.
    pub(super) popularity: usize,
    pub(super) groups: usize,
    members_of_big: usize,
    notifications: usize,
    messages: usize,
    /// Channels that the joiner has marked as read.
    pub(super) markers: usize,
}

impl Village {
    pub(super) const LARGE: Self = Self {
        users: 10_000,
        friends: 100,
        popularity: 1_000,
        groups: 10_000,
        members_of_big: 1_000,
        notifications: 1_000,
        messages: 1_500,
        markers: 20,
    };
    pub(super) const TINY: Self = Self {
        users: 100,
        friends: 10,
        popularity: 40,
        groups: 100,
        members_of_big: 30,
        notifications: 40,
        messages: 60,
        markers: 3,
    };

    /// A page of 100, or all that the tiny village has of what is least.
    pub(super) fn page(&self) -> usize {
        self.friends.min(100)
    }

    /// All of it, each line with its end left out.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        let lines = [json!({ "kind": "meadhall_export", "schema": 1 })].into_iter();
        let lines = lines.chain(self.accounts()).chain(self.messages()).chain(self.edges());
        let lines = lines.chain(self.groups()).chain(self.members()).chain(self.notifications());
        let lines = lines.chain(self.read_markers());
        let mut things = -1;
        let counted = lines.map(Some).chain([None]).map(move |line| {
            things += 1;
            line.unwrap_or_else(|| json!({ "kind": "meadhall_export_end", "things": things - 1 }))
        });
        counted.map(|line| line.to_string())
    }

    fn accounts(&self) -> impl Iterator<Item = Value> + use<> {
        (0..self.users).map(|user| {
            json!({ "kind": "account", "id": user_id(user), "username": username(user), "devices": [device(user)],
                "display_name": format!("Person {user}"), "lang_tag": "en", "metadata": "{}", "edge_count": 0,
                "create_time": TIME, "update_time": TIME })
        })
    }

    fn edges(&self) -> impl Iterator<Item = Value> + use<> {
        let Self { users, friends, popularity, .. } = *self;
        // Everybody has the next ones in the circle; the popular one has those behind them too. A line makes both sides.
        let circle = (0..users).flat_map(move |user| (1..=friends / 2).map(move |step| (user, (user + step) % users)));
        let more = popularity - friends;
        let popular = (friends / 2 + 1..=friends / 2 + more).map(|other| (POPULAR, other));
        circle.chain(popular).map(|(user, other)| {
            json!({ "kind": "friend", "user_id": user_id(user), "state": 0, "other_id": user_id(other),
                "update_seconds": TIME, "metadata": "{}" })
        })
    }

    fn groups(&self) -> impl Iterator<Item = Value> + use<> {
        (0..self.groups).map(|group| {
            json!({ "kind": "group", "id": group_id(group), "creator_id": user_id(group % 97), "open": is_open(group),
                "name": format!("guild-{group:05}"), "description": "we row at dawn", "lang_tag": language(group),
                "metadata": "{}", "max_count": 2_000, "create_time": TIME, "update_time": TIME })
        })
    }

    fn members(&self) -> impl Iterator<Item = Value> + use<> {
        let Self { users, groups, members_of_big, .. } = *self;
        let size = move |group| if group == BIG_GROUP { members_of_big } else { members(group) };
        let ordinary = (0..groups).flat_map(move |group| {
            (0..size(group))
                .map(move |number| (group, JOINER + 1 + (group * 7 + number) % (users - JOINER - 1), number))
        });
        // The joiner is one more in many of them.
        let joined = (0..groups.min(150)).map(|group| (group, JOINER, 1));
        ordinary.chain(joined).map(|(group, user, number)| {
            let state = if number == 0 { 0 } else { 2 };
            json!({ "kind": "group_member", "group_id": group_id(group), "user_id": user_id(user), "state": state })
        })
    }

    fn notifications(&self) -> impl Iterator<Item = Value> + use<> {
        (0..self.notifications).map(|number| {
            json!({ "kind": "notification", "user_id": user_id(POPULAR), "id": message_id(9, number), "code": 1,
                "subject": "a toast", "content": "{\"drink\":\"mead\"}", "sender_id": user_id(PLAIN), "create_time": TIME })
        })
    }

    /// A room that is unread, and some that the joiner has read for a part.
    fn messages(&self) -> impl Iterator<Item = Value> + use<> {
        let hall = (0..self.messages).map(|number| (String::from("hall"), number));
        let rooms = (0..self.markers).flat_map(|room| (0..50).map(move |number| (format!("room-{room}"), number)));
        hall.chain(rooms).enumerate().map(|(place, (label, _))| {
            let nanos = TIME * 1_000_000_000 + i64::try_from(place).unwrap_or_default();
            json!({ "kind": "channel_message", "mode": 2, "label": label, "id": message_id(8, place),
                "sender_id": user_id(JOINER + 1), "username": username(JOINER + 1), "content": "{\"words\":\"hail\"}",
                "create_nanos": nanos, "update_nanos": nanos })
        })
    }

    fn read_markers(&self) -> impl Iterator<Item = Value> + use<> {
        let messages = self.messages;
        (0..self.markers).map(move |room| {
            json!({ "kind": "read_marker", "user_id": user_id(JOINER), "mode": 2, "label": format!("room-{room}"),
                "message_id": message_id(8, messages + room * 50), "update_nanos": TIME * 1_000_000_000 })
        })
    }

    /// How many groups have at most 5 members.
    pub(super) fn small_groups(&self) -> usize {
        (0..self.groups).filter(|group| self.is_small(*group)).count()
    }

    /// How many of those are open, and of the language that is asked for.
    pub(super) fn rare_groups(&self) -> usize {
        let wanted = |group: &usize| self.is_small(*group) && is_open(*group) && language(*group) == "no";
        (0..self.groups).filter(wanted).count()
    }

    fn is_small(&self, group: usize) -> bool {
        group != BIG_GROUP && members(group) + usize::from(group < 150) <= 5
    }
}

fn members(group: usize) -> usize {
    1 + group % SIZES
}

fn is_open(group: usize) -> bool {
    group.is_multiple_of(2) != (group / 4).is_multiple_of(2)
}

fn language(group: usize) -> &'static str {
    LANGUAGES[group % LANGUAGES.len()]
}

pub(super) fn username(user: usize) -> String {
    format!("person-{user}")
}

pub(super) fn device(user: usize) -> String {
    format!("device-of-person-{user}")
}

pub(super) fn user_id(user: usize) -> String {
    id(1, 4, user)
}

pub(super) fn group_id(group: usize) -> String {
    id(2, 4, group)
}

/// Rising ones, as the server makes them.
fn message_id(kind: usize, number: usize) -> String {
    id(kind, 7, number)
}

fn id(kind: usize, version: usize, number: usize) -> String {
    format!("0197a000-000{kind}-{version}000-8000-{number:012x}")
}
