//! What a plugin can do: the host's side of `wit/`, one file for each interface. These functions call core and never the
//! pipeline, so no hook can call itself.
//!
//! Whatever a plugin passes, no function here panics, waits for anything but the store, or takes memory beyond
//! `limits.rs`. Bad arguments are error values; a trap would cost the plugin its instance.

mod account;
mod channel;
mod context;
pub(super) mod event;
mod file;
mod friend;
mod group;
mod http;
mod log;
mod metrics;
mod notification;
mod session;
mod status;
mod storage;
mod stream;
mod users;

use super::bindings::meadhall::plugin as wit;
use super::bindings::meadhall::plugin::types::Error;
use super::guest::Guest;
use super::limits::USERS;
use crate::failure::Failure;
use meadhall_core::Core;
use meadhall_core::account::Targets;
use meadhall_core::caller::Actor;
use meadhall_core::ids::UserId;
use meadhall_protocol::error::Code;
use std::str::FromStr;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

/// The interfaces that plugins may import, for telling them from those that this server does not have.
pub(super) const INTERFACES: &[&str] = &[
    "account",
    "channel",
    "context",
    "event",
    "file",
    "friend",
    "group",
    "http",
    "log",
    "metrics",
    "notification",
    "session",
    "status",
    "storage",
    "stream",
    "types",
    "users",
];

/// Everything that a plugin can import: WASI with nothing granted, and our own interfaces.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wit::types::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::log::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::context::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::stream::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::channel::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::event::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::account::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::users::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::friend::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::group::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::status::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::notification::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::session::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::storage::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::metrics::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::http::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::file::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    Ok(linker)
}

impl wit::types::Host for Guest {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code as u32, message: failure.message.into_owned() }
    }
}

/// A core error as the plugin sees it: with the code and text that a client would see.
fn refused(error: impl Into<Failure>) -> Error {
    error.into().into()
}

/// The plugin passed something that cannot be.
fn invalid(message: impl Into<String>) -> Error {
    Error { code: Code::InvalidArgument as u32, message: message.into() }
}

/// An id of a plugin's, which must be a UUID; `what` says of what.
fn id<T: FromStr>(what: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| invalid(format!("{what} {:?} is not a UUID", shortened(text))))
}

/// The user in whose name something is done; nil, for the server itself, where the plugin gives none.
fn user_or_server(what: &str, text: &str) -> Result<UserId, Error> {
    if text.is_empty() { Ok(UserId::NIL) } else { id(what, text) }
}

/// The id of a user of a plugin's, who is somebody: the server itself has no friends and is in no group.
fn somebody(text: &str) -> Result<UserId, Error> {
    let user: UserId = id("user id", text)?;
    if user.is_nil() { Err(invalid("the server itself cannot do this: the user id is nil")) } else { Ok(user) }
}

/// The user of a plugin's as one who does something, by the name that they have now.
async fn acting(core: &Core, user: UserId) -> Result<Actor, Error> {
    let account = core.accounts.get(user).await.map_err(refused)?;
    Ok(Actor { user_id: user, username: account.user.username.into() })
}

/// In whose name something is done: a user's, or the server's own where the text is empty.
async fn actor(core: &Core, text: &str) -> Result<Actor, Error> {
    match user_or_server("actor", text)? {
        UserId::NIL => Ok(Actor::server()),
        user => acting(core, user).await,
    }
}

/// Whom a call is about, by id or by name.
fn targets(user_ids: &[String], usernames: Vec<String>) -> Result<Targets, Error> {
    at_most_many("user", user_ids.len() + usernames.len(), USERS)?;
    Ok(Targets { ids: ids("user id", user_ids, USERS)?, usernames })
}

/// The ids of a plugin's list, at most `most`.
fn ids<T: FromStr>(what: &str, texts: &[String], most: usize) -> Result<Vec<T>, Error> {
    at_most_many(what, texts.len(), most)?;
    texts.iter().map(|text| id(what, text)).collect()
}

/// Refuses a list that is too long; `what` names one of it.
fn at_most_many(what: &str, count: usize, most: usize) -> Result<(), Error> {
    if count > most {
        return Err(invalid(format!("{count} {what}s in one call, the limit is {most}")));
    }
    Ok(())
}

/// A cursor, which is none where it is empty.
fn cursor(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// Refuses a text that is too long; `what` names it.
fn at_most(what: &str, text: &str, bytes: usize) -> Result<(), Error> {
    if text.len() > bytes {
        return Err(invalid(format!("{what} is {} bytes, the limit is {bytes}", text.len())));
    }
    Ok(())
}

/// As much of a plugin's text as an error repeats.
pub(super) fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(100)]
}

/// Refuses a page size outside 1 to [`super::limits::PAGE`].
fn page_size(limit: u32) -> Result<usize, Error> {
    match limit as usize {
        size @ 1..=super::limits::PAGE => Ok(size),
        _ => Err(invalid(format!("limit {limit} must be 1 to {}", super::limits::PAGE))),
    }
}
