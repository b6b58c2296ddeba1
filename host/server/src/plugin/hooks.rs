//! Hooks: the messages that plugins may run before and after, and the chain of plugins that do.

use super::bindings::exports::meadhall::plugin::hooks::Outcome;
use super::call::Plugin;
use super::table::{self, Line};
use super::{CallContext, CallError, exports};
use std::collections::HashMap;
use std::sync::Arc;

/// Every message that has hooks, by its public name: all operations of REST that exist so far, and all messages that
/// clients send on a socket, but RPC, ping, pong and healthcheck. A registration for another name is refused.
pub const HOOKS: &[&str] = &[
    // REST.
    "AddFriends",
    "AddGroupUsers",
    "AuthenticateCustom",
    "AuthenticateDevice",
    "AuthenticateEmail",
    "BanGroupUsers",
    "BlockFriends",
    "CreateGroup",
    "DeleteAccount",
    "DeleteFriends",
    "DeleteGroup",
    "DeleteNotifications",
    "DemoteGroupUsers",
    "Event",
    "GetAccount",
    "GetReadMarker",
    "GetUsers",
    "JoinGroup",
    "KickGroupUsers",
    "LeaveGroup",
    "LinkCustom",
    "LinkDevice",
    "LinkEmail",
    "ListChannelMessages",
    "ListFriends",
    "ListFriendsOfFriends",
    "ListGroupUsers",
    "ListGroups",
    "ListNotifications",
    "ListReadMarkers",
    "ListUserGroups",
    "PromoteGroupUsers",
    "SessionLogout",
    "SessionRefresh",
    "UnlinkCustom",
    "UnlinkDevice",
    "UnlinkEmail",
    "UpdateAccount",
    "UpdateGroup",
    "UpdateReadMarker",
    // Sockets. Where a feature is not built yet, its hooks run, and then the client is told so.
    "ChannelJoin",
    "ChannelLeave",
    "ChannelMessageRemove",
    "ChannelMessageSend",
    "ChannelMessageUpdate",
    "MatchCreate",
    "MatchDataSend",
    "MatchJoin",
    "MatchLeave",
    "MatchmakerAdd",
    "MatchmakerRemove",
    "PartyAccept",
    "PartyClose",
    "PartyCreate",
    "PartyDataSend",
    "PartyJoin",
    "PartyJoinRequestList",
    "PartyLeave",
    "PartyMatchmakerAdd",
    "PartyMatchmakerRemove",
    "PartyPromote",
    "PartyRemove",
    "PartyUpdate",
    "StatusFollow",
    "StatusUnfollow",
    "StatusUpdate",
];

/// What the before-hooks made of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Goes on as it is.
    Keep,
    /// Goes on as this JSON.
    Replace(String),
    /// Ends here.
    Drop,
}

/// The plugins that run before or after each message, in the order in which they were given to the server.
#[derive(Default)]
pub(super) struct Chains(HashMap<Arc<str>, Line>);

/// The plugins that run before or after one message.
pub(super) struct Chain {
    name: Arc<str>,
    plugins: Line,
}

impl Chains {
    /// Adds a plugin at the end of a message's chain.
    pub(super) fn add(&mut self, name: &str, plugin: &Arc<Plugin>) {
        table::add(self.0.entry(name.into()).or_default(), plugin);
    }

    /// Whether a message has a chain.
    pub(super) fn contains(&self, name: &str) -> bool {
        // Most servers hook few messages or none, and this is asked for every one.
        !self.0.is_empty() && self.0.contains_key(name)
    }

    /// The chain of a message.
    pub(super) fn of(&self, name: &str) -> Option<Chain> {
        let (name, plugins) = self.0.get_key_value(name)?;
        Some(Chain { name: name.clone(), plugins: plugins.clone() })
    }
}

impl Chain {
    /// Runs the before-hooks of a message: what one makes of the request goes on to the next; the first error or drop
    /// ends the chain.
    ///
    /// # Errors
    /// What the first failing hook says.
    pub(super) async fn before(self, request: String, context: CallContext) -> Result<Before, CallError> {
        let mut request: Arc<str> = request.into();
        let mut replaced = None;
        for plugin in &*self.plugins {
            let hook = exports::Before { name: self.name.clone(), request: request.clone() };
            match plugin.call(hook, context.clone()).await? {
                Outcome::Keep => {}
                Outcome::Replace(json) => {
                    request = json.as_str().into();
                    replaced = Some(json);
                }
                Outcome::Drop => return Ok(Before::Drop),
            }
        }
        Ok(replaced.map_or(Before::Keep, Before::Replace))
    }

    /// Runs the after-hooks of a message. The caller has its answer already, so errors only reach the log, and one
    /// plugin's error does not keep the next from running.
    pub(super) async fn after(self, request: &str, reply: &str, context: CallContext) {
        let (request, reply): (Arc<str>, Arc<str>) = (request.into(), reply.into());
        for plugin in &*self.plugins {
            let hook = exports::After { name: self.name.clone(), request: request.clone(), reply: reply.clone() };
            if let Err(error) = plugin.call(hook, context.clone()).await {
                let (name, version) = (plugin.name(), plugin.version().build());
                tracing::warn!(plugin = %name, %version, hook = %self.name, %error, "after-hook failed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HOOKS;
    use std::collections::BTreeSet;

    #[test]
    fn every_message_that_exists_has_hooks() {
        let messages = crate::api::hooked_names().into_iter().chain(crate::pipeline::hooked_names());
        let hooks = HOOKS.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(hooks, messages.collect());
        assert_eq!(hooks.len(), HOOKS.len(), "a name stands here twice");
    }
}
