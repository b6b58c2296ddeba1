//! What friends and groups do, in the plainest words: no store, no wire, nothing at once.

use super::{friend, place};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Codes of notifications.
mod code {
    pub(super) const FRIEND_REQUEST: i64 = -2;
    pub(super) const FRIEND_ACCEPT: i64 = -3;
    pub(super) const GROUP_ADD: i64 = -4;
}

/// Something that one of a few people does; they are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Ask {
        who: usize,
        whom: usize,
    },
    Part {
        who: usize,
        whom: usize,
    },
    Block {
        who: usize,
        whom: usize,
    },
    /// Number 0 founds their group.
    Found,
    /// Number 0 deletes it.
    Dissolve,
    Join(usize),
    Leave(usize),
    /// What number 0 does to another one in the group.
    Rule(Verb, usize),
    /// Deletes all notifications.
    Forget(usize),
}

/// What a superadmin does to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Add,
    Kick,
    Ban,
    Promote,
    Demote,
}

/// What all lists of a few people say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Picture {
    /// What one's list says of the other.
    pub(crate) edges: BTreeMap<(usize, usize), u64>,
    /// The codes and senders of each one's notifications.
    pub(crate) notifications: BTreeMap<usize, Vec<(i64, usize)>>,
    pub(crate) group: Option<GroupPicture>,
}

/// What all lists say of their group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupPicture {
    /// Who is in it, or must not be.
    pub(crate) places: BTreeMap<usize, u64>,
    /// The codes and subjects of the messages in its channel.
    pub(crate) told: Vec<(i64, usize)>,
}

impl Verb {
    pub(crate) const ALL: [Self; 5] = [Self::Add, Self::Kick, Self::Ban, Self::Promote, Self::Demote];

    /// As it stands in the path of its route.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Kick => "kick",
            Self::Ban => "ban",
            Self::Promote => "promote",
            Self::Demote => "demote",
        }
    }
}

impl Picture {
    /// What the lists say after a deed.
    pub(crate) fn after(&self, deed: Deed) -> Self {
        let mut next = self.clone();
        match deed {
            Deed::Ask { who, whom } => next.ask(who, whom),
            Deed::Part { who, whom } => next.part(who, whom),
            Deed::Block { who, whom } => next.block(who, whom),
            Deed::Found => {
                next.group.get_or_insert_with(|| GroupPicture {
                    places: BTreeMap::from([(0, place::SUPERADMIN)]),
                    told: Vec::new(),
                });
            }
            Deed::Dissolve => next.group = None,
            Deed::Join(who) => next.in_group(|group| group.enter(who, 3)),
            Deed::Leave(who) => next.in_group(|group| group.go(who, 5)),
            Deed::Rule(Verb::Add, whom) => {
                let added = next.group.as_ref().is_some_and(|group| !group.places.contains_key(&whom));
                next.in_group(|group| group.enter(whom, 4));
                if added {
                    next.notify(whom, code::GROUP_ADD, 0);
                }
            }
            Deed::Rule(Verb::Kick, whom) => next.in_group(|group| group.go(whom, 6)),
            Deed::Rule(Verb::Ban, whom) => next.in_group(|group| group.ban(whom)),
            Deed::Rule(Verb::Promote, whom) => next.in_group(|group| group.rank(whom, 7)),
            Deed::Rule(Verb::Demote, whom) => next.in_group(|group| group.rank(whom, 9)),
            Deed::Forget(who) => _ = next.notifications.remove(&who),
        }
        next
    }

    /// The same without what was told.
    pub(crate) fn edges_only(self) -> Self {
        Self { edges: self.edges, ..Self::default() }
    }

    fn ask(&mut self, who: usize, whom: usize) {
        match (self.edges.get(&(who, whom)), self.edges.get(&(whom, who))) {
            (None, None) => {
                self.edges.insert((who, whom), friend::INVITE_SENT);
                self.edges.insert((whom, who), friend::INVITE_RECEIVED);
                self.notify(whom, code::FRIEND_REQUEST, who);
            }
            (Some(&friend::INVITE_RECEIVED), _) => {
                self.edges.insert((who, whom), friend::FRIEND);
                self.edges.insert((whom, who), friend::FRIEND);
                self.notify(whom, code::FRIEND_ACCEPT, who);
            }
            // Friends, asked already, or blocked by either.
            _ => {}
        }
    }

    fn part(&mut self, who: usize, whom: usize) {
        // A block belongs to who made it.
        if self.edges.remove(&(who, whom)).is_some_and(|state| state != friend::BLOCKED) {
            self.edges.remove(&(whom, who));
        }
    }

    fn block(&mut self, who: usize, whom: usize) {
        self.edges.insert((who, whom), friend::BLOCKED);
        if self.edges.get(&(whom, who)) != Some(&friend::BLOCKED) {
            self.edges.remove(&(whom, who));
        }
    }

    fn notify(&mut self, whom: usize, code: i64, sender: usize) {
        self.notifications.entry(whom).or_default().push((code, sender));
    }

    fn in_group(&mut self, change: impl FnOnce(&mut GroupPicture)) {
        if let Some(group) = &mut self.group {
            change(group);
        }
    }
}

impl GroupPicture {
    /// Whether somebody is in it.
    pub(crate) fn has(&self, who: usize) -> bool {
        self.places.get(&who).is_some_and(|place| *place <= place::MEMBER)
    }

    fn enter(&mut self, who: usize, code: i64) {
        if let Entry::Vacant(entry) = self.places.entry(who) {
            entry.insert(place::MEMBER);
            self.told.push((code, who));
        }
    }

    fn go(&mut self, who: usize, code: i64) {
        if self.has(who) {
            self.places.remove(&who);
            self.told.push((code, who));
        }
    }

    fn ban(&mut self, who: usize) {
        if self.has(who) {
            self.places.insert(who, place::BANNED);
            self.told.push((8, who));
        }
    }

    /// One rank up (7) or down (9).
    fn rank(&mut self, who: usize, code: i64) {
        let Some(place) = self.places.get_mut(&who).filter(|place| **place <= place::MEMBER) else { return };
        let next = if code == 7 { place.saturating_sub(1) } else { (*place + 1).min(place::MEMBER) };
        if next != *place {
            *place = next;
            self.told.push((code, who));
        }
    }
}
