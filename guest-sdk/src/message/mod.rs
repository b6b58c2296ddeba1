//! The messages of the public API, as hooks get them and some functions return them.
//!
//! They follow the API's own JSON: names are in snake case, an `Option` tells absent from zero, every other field is
//! left out when it is empty or zero, and what this SDK has no field for is kept in `extra`, so that a hook of an
//! older plugin loses nothing of a newer server's message.

mod account;
mod channel;
mod friend;
mod group;
mod notification;
mod status;
mod timestamp;

pub use account::*;
pub use channel::*;
pub use friend::*;
pub use group::*;
pub use notification::*;
pub use status::*;
pub use timestamp::Timestamp;

/// Defines messages: plain structs that keep the fields they do not know.
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(skip_serializing_if = "crate::message::is_default")]
                pub $field: $type,
            )*
            /// What this SDK has no field for.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl crate::hook::Message for $name {
            fn from_json(json: &str) -> serde_json::Result<Self> {
                serde_json::from_str(json)
            }

            fn to_json(&self) -> serde_json::Result<String> {
                serde_json::to_string(self)
            }
        }
    )* };
}
use messages;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::Message;

    /// Reads a message, and writes it again.
    fn check<T: Message>(json: &str) {
        let written = T::from_json(json).and_then(|message| message.to_json()).expect("public JSON");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(&written), value(json));
    }

    #[test]
    fn what_is_read_is_written_again() {
        check::<UpdateAccountRequest>(r#"{"username":"ada","display_name":""}"#);
        check::<ChannelMessageSend>(r#"{"channel_id":"2...hall","content":"{\"a\": 1}"}"#);
        check::<ChannelMessageAck>(
            r#"{"channel_id":"2...hall","message_id":"m","code":0,"username":"ada",
                "create_time":"2024-01-02T03:04:05.000006Z","persistent":false,"room_name":"hall"}"#,
        );
        check::<Account>(
            r#"{"user":{"id":"u","online":true,"edge_count":3},"wallet":"{}","devices":[{"id":"d","vars":{"a":"b"}}]}"#,
        );
        check::<Channel>(r#"{"id":"2...hall","self":{"user_id":"u","status":""},"presences":[{"user_id":"v"}]}"#);
        check::<()>("{}");
    }

    #[test]
    fn unknown_fields_are_kept() {
        check::<ChannelJoin>(r#"{"target":"hall","type":1,"hidden":false,"colour":{"red":[1,2.5,"3"]}}"#);
        check::<Users>(r#"{"users":[{"id":"u","level":"9007199254740993"}],"next":null}"#);
    }

    #[test]
    fn absent_is_not_empty() {
        let absent = UpdateAccountRequest::from_json("{}").expect("an empty request");
        let empty = UpdateAccountRequest::from_json(r#"{"location":""}"#).expect("an empty location");
        assert_eq!((absent.location, empty.location), (None, Some(String::new())));
    }
}
