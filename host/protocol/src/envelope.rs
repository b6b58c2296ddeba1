//! Envelopes: how they are made, and what is to be known of the fifty messages they carry.

use crate::api;
use crate::codec::{DecodeError, UnknownFields, from_json, to_json};
use crate::error::RealtimeCode;
use crate::realtime::envelope::Message;
use crate::realtime::{self, Envelope};
use std::collections::BTreeMap;

impl Envelope {
    /// The answer to the request with that `cid`.
    pub fn reply(cid: impl Into<String>, message: Message) -> Self {
        Self { cid: cid.into(), message: Some(message) }
    }

    /// The answer that says only that it is done.
    pub fn done(cid: impl Into<String>) -> Self {
        Self { cid: cid.into(), message: None }
    }

    /// What the server sends without being asked.
    pub fn push(message: Message) -> Self {
        Self { cid: String::new(), message: Some(message) }
    }

    /// The answer that says why not.
    pub fn error(cid: impl Into<String>, code: RealtimeCode, text: impl Into<String>) -> Self {
        let error = realtime::Error { code: code.number(), message: text.into(), context: BTreeMap::new() };
        Self::reply(cid, Message::Error(error))
    }
}

/// Who sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Clients; of these the server sends `rpc`, `ping` and `pong` too.
    Client,
    /// Only the server.
    Server,
}

/// What is to be known of a kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its public name, by which plugins know its hooks: `ChannelJoin`.
    pub name: &'static str,
    /// Its field in an envelope: `channel_join`.
    pub field: &'static str,
    /// Who sends it.
    pub sender: Sender,
}

/// Writes down the kinds once, in the order of their field numbers.
macro_rules! kinds {
    ($($sender:ident $name:ident $field:literal $message:path;)*) => {
        /// Every kind of message, in the order of their field numbers.
        pub const KINDS: &[Kind] =
            &[$(Kind { name: stringify!($name), field: $field, sender: Sender::$sender },)*];

        impl Message {
            /// What is to be known of messages like this one.
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$name(_) => {
                        Kind { name: stringify!($name), field: $field, sender: Sender::$sender }
                    })*
                }
            }

            /// The message alone as JSON, without envelope and `cid`: what hooks of plugins get.
            pub fn inner_json(&self) -> String {
                match self {
                    $(Self::$name(message) => to_json(message),)*
                }
            }

            /// The message of the same kind that `json` holds: what a plugin's hook puts in the place of this one.
            ///
            /// # Errors
            /// When `json` is no message of this kind; fields that the kind does not have are refused.
            pub fn replace_inner(&self, json: &str) -> Result<Self, DecodeError> {
                let json = json.as_bytes();
                Ok(match self {
                    $(Self::$name(_) => Self::$name(from_json::<$message>(json, UnknownFields::Refuse)?),)*
                })
            }
        }
    };
}

kinds! {
    Server Channel "channel" realtime::Channel;
    Client ChannelJoin "channel_join" realtime::ChannelJoin;
    Client ChannelLeave "channel_leave" realtime::ChannelLeave;
    Server ChannelMessage "channel_message" api::ChannelMessage;
    Server ChannelMessageAck "channel_message_ack" realtime::ChannelMessageAck;
    Client ChannelMessageSend "channel_message_send" realtime::ChannelMessageSend;
    Client ChannelMessageUpdate "channel_message_update" realtime::ChannelMessageUpdate;
    Client ChannelMessageRemove "channel_message_remove" realtime::ChannelMessageRemove;
    Server ChannelPresenceEvent "channel_presence_event" realtime::ChannelPresenceEvent;
    Server Error "error" realtime::Error;
    Server Match "match" realtime::Match;
    Client MatchCreate "match_create" realtime::MatchCreate;
    Server MatchData "match_data" realtime::MatchData;
    Client MatchDataSend "match_data_send" realtime::MatchDataSend;
    Client MatchJoin "match_join" realtime::MatchJoin;
    Client MatchLeave "match_leave" realtime::MatchLeave;
    Server MatchPresenceEvent "match_presence_event" realtime::MatchPresenceEvent;
    Client MatchmakerAdd "matchmaker_add" realtime::MatchmakerAdd;
    Server MatchmakerMatched "matchmaker_matched" realtime::MatchmakerMatched;
    Client MatchmakerRemove "matchmaker_remove" realtime::MatchmakerRemove;
    Server MatchmakerTicket "matchmaker_ticket" realtime::MatchmakerTicket;
    Server Notifications "notifications" realtime::Notifications;
    Client Rpc "rpc" api::Rpc;
    Server Status "status" realtime::Status;
    Client StatusFollow "status_follow" realtime::StatusFollow;
    Server StatusPresenceEvent "status_presence_event" realtime::StatusPresenceEvent;
    Client StatusUnfollow "status_unfollow" realtime::StatusUnfollow;
    Client StatusUpdate "status_update" realtime::StatusUpdate;
    Server StreamData "stream_data" realtime::StreamData;
    Server StreamPresenceEvent "stream_presence_event" realtime::StreamPresenceEvent;
    Client Ping "ping" realtime::Ping;
    Client Pong "pong" realtime::Pong;
    Server Party "party" realtime::Party;
    Client PartyCreate "party_create" realtime::PartyCreate;
    Client PartyJoin "party_join" realtime::PartyJoin;
    Client PartyLeave "party_leave" realtime::PartyLeave;
    Client PartyPromote "party_promote" realtime::PartyPromote;
    Server PartyLeader "party_leader" realtime::PartyLeader;
    Client PartyAccept "party_accept" realtime::PartyAccept;
    Client PartyRemove "party_remove" realtime::PartyRemove;
    Client PartyClose "party_close" realtime::PartyClose;
    Client PartyJoinRequestList "party_join_request_list" realtime::PartyJoinRequestList;
    Server PartyJoinRequest "party_join_request" realtime::PartyJoinRequest;
    Client PartyMatchmakerAdd "party_matchmaker_add" realtime::PartyMatchmakerAdd;
    Client PartyMatchmakerRemove "party_matchmaker_remove" realtime::PartyMatchmakerRemove;
    Server PartyMatchmakerTicket "party_matchmaker_ticket" realtime::PartyMatchmakerTicket;
    Server PartyData "party_data" realtime::PartyData;
    Client PartyDataSend "party_data_send" realtime::PartyDataSend;
    Server PartyPresenceEvent "party_presence_event" realtime::PartyPresenceEvent;
    Client PartyUpdate "party_update" realtime::PartyUpdate;
}

impl Message {
    /// The public name, by which plugins know its hooks: `ChannelJoin`.
    pub const fn name(&self) -> &'static str {
        self.kind().name
    }

    /// Whether a client may send it.
    pub const fn is_from_client(&self) -> bool {
        matches!(self.kind().sender, Sender::Client)
    }
}
