//! What `host_call!` calls where there is no server: one file for each interface of the contract, with the same functions.

pub mod account;
pub mod channel;
pub mod context;
pub mod event;
pub mod file;
pub mod friend;
pub mod group;
pub mod http;
pub mod log;
pub mod metrics;
pub mod notification;
pub mod session;
pub mod status;
pub mod storage;
pub mod stream;
pub mod users;

pub(crate) use super::state::enter;

use crate::hook::Message;
use crate::message::{Notification, User, Users};
use crate::testing::state::State;

/// A message as the text that the contract has.
fn json(message: &impl Message) -> String {
    message.to_json().expect("messages are JSON")
}

/// A notification of now.
fn notification(state: &mut State, subject: String, content: String, code: i32, sender_id: &str) -> Notification {
    let create_time = Some(state.second());
    let sender_id = sender_id.to_owned();
    Notification {
        id: state.id(),
        subject,
        content,
        code,
        sender_id,
        create_time,
        persistent: true,
        ..Default::default()
    }
}

fn users(users: Vec<User>) -> String {
    json(&Users { users, ..Users::default() })
}
