//! Every function that a guest can call, by its name in `wit/`, with arguments from a script. A test compares the list with
//! `wit/`.

use super::super::bindings::meadhall::plugin as wit;
use super::{Arguments, Error, Guest, UserId};
use wit::account::Host as Account;
use wit::channel::{self, Host as Channel};
use wit::context::Host as Context;
use wit::event::Host as Event;
use wit::file::Host as File;
use wit::friend::Host as Friend;
use wit::group::Host as Group;
use wit::http::{self, Host as Http};
use wit::log::{self, Host as Log};
use wit::metrics::Host as Metrics;
use wit::notification::{self, Host as Notification};
use wit::session::Host as Session;
use wit::status::Host as Status;
use wit::storage::{self, Host as Storage};
use wit::stream::{self, Host as Stream};
use wit::types;
use wit::users::Host as Users;

/// What a function gave.
#[derive(Debug)]
pub(super) enum Answer {
    /// A JSON document.
    Json(String),
    /// A text that later calls can name.
    Named(&'static str, String),
    /// So many bytes of something else.
    Bytes(usize),
}

impl Answer {
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Json(text) | Self::Named(_, text) => text.len(),
            Self::Bytes(bytes) => *bytes,
        }
    }
}

/// All of them.
pub(super) const FUNCTIONS: &[&str] = &[
    "account.ban",
    "account.delete",
    "account.export",
    "account.get",
    "account.unban",
    "account.update",
    "channel.build-id",
    "channel.get",
    "channel.list",
    "channel.list-from",
    "channel.mark-read",
    "channel.read-marker",
    "channel.read-markers",
    "channel.remove",
    "channel.send",
    "channel.update",
    "context.client",
    "context.config",
    "context.environment",
    "context.execution-mode",
    "context.extra",
    "context.headers",
    "context.node",
    "context.query-params",
    "context.session",
    "context.user",
    "context.vars",
    "event.emit",
    "file.list",
    "file.read",
    "friend.add",
    "friend.block",
    "friend.delete",
    "friend.list",
    "friend.list-of-friends",
    "group.add",
    "group.ban",
    "group.create",
    "group.delete",
    "group.demote",
    "group.get",
    "group.join",
    "group.kick",
    "group.leave",
    "group.list",
    "group.of-user",
    "group.promote",
    "group.update",
    "group.users",
    "http.send",
    "log.write",
    "metrics.counter-add",
    "metrics.gauge-set",
    "metrics.timer-record",
    "notification.delete",
    "notification.list",
    "notification.send",
    "session.disconnect",
    "status.follow",
    "status.list",
    "status.online",
    "status.unfollow",
    "status.update",
    "storage.delete",
    "storage.list",
    "storage.read",
    "storage.write",
    "stream.close",
    "stream.count",
    "stream.get",
    "stream.join",
    "stream.leave",
    "stream.list",
    "stream.send",
    "stream.send-envelope",
    "stream.update",
    "users.get",
];

type Answered = Result<Answer, Error>;

/// Calls a function; none when there is no such function.
pub(super) async fn call(function: &str, guest: &mut Guest, a: &mut Arguments<'_>) -> Option<Answered> {
    let (interface, name) = function.split_once('.')?;
    match interface {
        "account" | "users" => accounts(function, guest, a).await,
        "channel" => channels(name, guest, a).await,
        "context" => context(name, guest),
        "friend" => friends(name, guest, a).await,
        "group" => groups(name, guest, a).await,
        "status" | "notification" | "session" => people(function, guest, a).await,
        "storage" => objects(name, guest, a).await,
        "stream" => streams(name, guest, a),
        "log" | "metrics" => told(function, guest, a),
        _ => outside(function, guest, a).await,
    }
}

async fn accounts(function: &str, guest: &mut Guest, a: &mut Arguments<'_>) -> Option<Answered> {
    Some(match function {
        "account.get" => json(Account::get(guest, a.text()).await),
        "account.update" => done(Account::update(guest, a.text(), a.text()).await),
        "account.delete" => done(Account::delete(guest, a.text()).await),
        "account.ban" => done(Account::ban(guest, a.text()).await),
        "account.unban" => done(Account::unban(guest, a.text()).await),
        "account.export" => json(Account::export(guest, a.text()).await),
        "users.get" => json(Users::get(guest, a.texts(), a.texts()).await),
        _ => return None,
    })
}

async fn channels(name: &str, guest: &mut Guest, a: &mut Arguments<'_>) -> Option<Answered> {
    let kinds = [channel::Kind::Room, channel::Kind::Direct, channel::Kind::Group];
    Some(match name {
        "build-id" => {
            let id = Channel::build_id(guest, a.text(), a.text(), a.one_of(&kinds));
            id.map(|id| Answer::Named("channel", id))
        }
        "send" => json(Channel::send(guest, a.text(), a.text(), sender(a), a.flag()).await),
        "update" => json(Channel::update(guest, a.text(), a.text(), a.text(), sender(a), a.flag()).await),
        "remove" => json(Channel::remove(guest, a.text(), a.text(), sender(a), a.flag()).await),
        "list" => json(Channel::list(guest, a.text(), a.number(), a.flag(), a.text()).await),
        "list-from" => json(Channel::list_from(guest, a.text(), a.number(), a.number(), a.flag()).await),
        "get" => json(Channel::get(guest, a.text(), a.text()).await),
        "read-marker" => json(Channel::read_marker(guest, a.text(), a.text()).await),
        "mark-read" => json(Channel::mark_read(guest, a.text(), a.text(), a.maybe(Arguments::text)).await),
        "read-markers" => json(Channel::read_markers(guest, a.text(), a.number(), a.text()).await),
        _ => return None,
    })
}

fn sender(a: &mut Arguments<'_>) -> channel::Sender {
    channel::Sender { id: a.text(), username: a.text() }
}

fn context(name: &str, guest: &mut Guest) -> Option<Answered> {
    let pairs = |pairs: Vec<(String, Vec<String>)>| pairs.iter().map(|(key, values)| key.len() + size(values)).sum();
    let bytes = match name {
        "execution-mode" => size_of_val(&Context::execution_mode(guest)),
        "node" => Context::node(guest).len(),
        "user" => Context::user(guest).map_or(0, |user| user.id.len() + user.username.len()),
        "session" => Context::session(guest).map_or(0, |session| session.id.len() + session.lang.len()),
        "client" => Context::client(guest).map_or(0, |client| client.address.len()),
        "vars" => size_of_pairs(&Context::vars(guest)),
        "query-params" => pairs(Context::query_params(guest)),
        "headers" => pairs(Context::headers(guest)),
        "config" => size_of_pairs(&Context::config(guest)),
        "environment" => size_of_pairs(&Context::environment(guest)),
        "extra" => size_of_pairs(&Context::extra(guest)),
        _ => return None,
    };
    Some(Ok(Answer::Bytes(bytes)))
}

async fn friends(name: &str, guest: &mut Guest, a: &mut Arguments<'_>) -> Option<Answered> {
    Some(match name {
        "list" => json(Friend::list(guest, a.text(), a.number(), a.maybe(Arguments::number), a.text()).await),
        "list-of-friends" => json(Friend::list_of_friends(guest, a.text(), a.number(), a.text()).await),
        "add" => done(Friend::add(guest, a.text(), a.texts(), a.texts(), a.text()).await),
        "delete" => done(Friend::delete(guest, a.text(), a.texts(), a.texts()).await),
        "block" => done(Friend::block(guest, a.text(), a.texts(), a.texts()).await),
        _ => return None,
    })
}

async fn groups(name: &str, guest: &mut Guest, a: &mut Arguments<'_>) -> Option<Answered> {
    Some(match name {
        "create" => json(Group::create(guest, a.text(), a.text()).await),
        "update" => done(Group::update(guest, a.text(), a.text(), a.text()).await),
        "delete" => done(Group::delete(guest, a.text(), a.text()).await),
        "get" => json(Group::get(guest, a.texts()).await),
        "list" => json(Group::list(guest, a.text(), a.number(), a.text()).await),
        "users" => json(Group::users(guest, a.text(), a.number(), a.maybe(Arguments::number), a.text()).await),
        "of-user" => json(Group::of_user(guest, a.text(), a.number(), a.maybe(Arguments::number), a.text()).await),
        "join" => done(Group::join(guest, a.text(), a.text()).await),
        "leave" => done(Group::leave(guest, a.text(), a.text()).await),
        "add" => done(Group::add(guest, a.text(), a.text(), a.texts()).await),
        "kick" => done(Group::kick(guest, a.text(), a.text(), a.texts()).await),
        "ban" => done(Group::ban(guest, a.text(), a.text(), a.texts()).await),
        "promote" => done(Group::promote(guest, a.text(), a.text(), a.texts()).await),
        "demote" => done(Group::demote(guest, a.text(), a.text(), a.texts()).await),
        _ => return None,
    })
}

async fn people(function: &str, guest: &mut Guest, a: &mut Arguments<'_>) -> Option<Answered> {
    Some(match function {
        "status.follow" => json(Status::follow(guest, a.text(), a.texts(), a.texts()).await),
        "status.unfollow" => done(Status::unfollow(guest, a.text(), a.texts())),
        "status.update" => done(Status::update(guest, a.text(), a.maybe(Arguments::text))),
        "status.online" => Status::online(guest, a.texts()).map(|users| Answer::Bytes(size(&users))),
        "status.list" => json(Status::list(guest, a.texts())),
        "session.disconnect" => done(Session::disconnect(guest, a.text(), a.maybe(Arguments::text))),
        "notification.send" => done(Notification::send(guest, a.items(new_notification)).await),
        "notification.list" => json(Notification::list(guest, a.text(), a.number(), a.text()).await),
        "notification.delete" => done(Notification::delete(guest, a.text(), a.texts()).await),
        _ => return None,
    })
}

fn new_notification(a: &mut Arguments<'_>) -> notification::NewNotification {
    notification::NewNotification {
        user_id: a.text(),
        subject: a.text(),
        content: a.text(),
        code: a.number(),
        sender_id: a.text(),
        persistent: a.flag(),
    }
}

async fn objects(name: &str, guest: &mut Guest, a: &mut Arguments<'_>) -> Option<Answered> {
    Some(match name {
        "read" => Storage::read(guest, a.items(object_id)).await.map(|found| Answer::Bytes(size_of_objects(&found))),
        "write" => Storage::write(guest, a.items(put)).await.map(|mut versions| match versions.pop() {
            Some(version) => Answer::Named("version", version),
            None => Answer::Bytes(0),
        }),
        "delete" => {
            let removal = |a: &mut Arguments<'_>| storage::Removal { id: object_id(a), condition: condition(a) };
            done(Storage::delete(guest, a.items(removal)).await)
        }
        "list" => {
            let (collection, owner) = (a.text(), a.maybe(Arguments::text));
            let page = Storage::list(guest, collection, owner, a.number(), a.maybe(Arguments::text)).await;
            page.map(|page| match page.cursor {
                Some(cursor) => Answer::Named("cursor", cursor),
                None => Answer::Bytes(size_of_objects(&page.objects)),
            })
        }
        _ => return None,
    })
}

fn object_id(a: &mut Arguments<'_>) -> storage::ObjectId {
    storage::ObjectId { collection: a.text(), key: a.text(), user_id: a.maybe(Arguments::text) }
}

fn put(a: &mut Arguments<'_>) -> storage::Put {
    use storage::{ReadPermission, WritePermission};
    storage::Put {
        id: object_id(a),
        value: a.text(),
        condition: condition(a),
        read: a.one_of(&[ReadPermission::None, ReadPermission::Owner, ReadPermission::Public]),
        write: a.one_of(&[WritePermission::None, WritePermission::Owner]),
    }
}

/// A version, or `always` or `absent`.
fn condition(a: &mut Arguments<'_>) -> storage::Condition {
    match a.text() {
        word if word.is_empty() || word == "always" => storage::Condition::Always,
        word if word == "absent" => storage::Condition::Absent,
        version => storage::Condition::Version(version),
    }
}

fn size_of_objects(objects: &[storage::Object]) -> usize {
    let size = |object: &storage::Object| object.value.len() + object.id.collection.len() + object.id.key.len();
    objects.iter().map(size).sum()
}

fn streams(name: &str, guest: &mut Guest, a: &mut Arguments<'_>) -> Option<Answered> {
    Some(match name {
        "join" => Stream::join(guest, address(a), presence(a), options(a)).map(|_| Answer::Bytes(1)),
        "update" => done(Stream::update(guest, address(a), presence(a), options(a))),
        "leave" => done(Stream::leave(guest, address(a), presence(a))),
        "send" => done(Stream::send(guest, address(a), a.text(), a.items(presence), a.flag())),
        "send-envelope" => done(Stream::send_envelope(guest, address(a), a.text(), a.items(presence), a.flag())),
        "close" => done(Stream::close(guest, address(a))),
        "count" => Stream::count(guest, address(a)).map(|_| Answer::Bytes(4)),
        "list" => {
            let listed = Stream::list(guest, address(a), a.flag(), a.flag());
            listed.map(|all| Answer::Bytes(all.iter().map(|one| one.id.user_id.len() + one.meta.status.len()).sum()))
        }
        "get" => {
            let found = Stream::get(guest, address(a), presence(a));
            found.map(|meta| Answer::Bytes(meta.map_or(0, |meta| meta.status.len())))
        }
        _ => return None,
    })
}

fn address(a: &mut Arguments<'_>) -> types::Stream {
    types::Stream { mode: a.number(), subject: a.text(), subcontext: a.text(), label: a.text() }
}

fn presence(a: &mut Arguments<'_>) -> types::PresenceId {
    types::PresenceId { user_id: a.text(), session_id: a.text() }
}

fn options(a: &mut Arguments<'_>) -> stream::JoinOptions {
    stream::JoinOptions { hidden: a.flag(), persistence: a.flag(), status: a.text() }
}

/// The log and the figures, which cannot fail.
fn told(function: &str, guest: &mut Guest, a: &mut Arguments<'_>) -> Option<Answered> {
    use log::Level::{Debug, Error, Info, Trace, Warn};
    match function {
        "log.write" => Log::write(guest, a.one_of(&[Trace, Debug, Info, Warn, Error]), a.text()),
        "metrics.counter-add" => Metrics::counter_add(guest, a.text(), a.pairs(), a.number()),
        "metrics.gauge-set" => Metrics::gauge_set(guest, a.text(), a.pairs(), a.number()),
        "metrics.timer-record" => Metrics::timer_record(guest, a.text(), a.pairs(), a.number()),
        _ => return None,
    }
    Some(Ok(Answer::Bytes(0)))
}

/// What leaves core: events, files and other servers.
async fn outside(function: &str, guest: &mut Guest, a: &mut Arguments<'_>) -> Option<Answered> {
    Some(match function {
        "event.emit" => done(Event::emit(guest, occurrence(a))),
        "file.read" => File::read(guest, a.text()).await.map(|bytes| Answer::Bytes(bytes.len())),
        "file.list" => File::list(guest, a.text()).await.map(|names| Answer::Bytes(size(&names))),
        "http.send" => Http::send(guest, request(a)).await.map(|response| Answer::Bytes(response.body.len())),
        _ => return None,
    })
}

fn occurrence(a: &mut Arguments<'_>) -> types::Event {
    types::Event { name: a.text(), properties: a.pairs(), timestamp_ms: a.maybe(Arguments::number), external: a.flag() }
}

fn request(a: &mut Arguments<'_>) -> http::Request {
    http::Request {
        method: a.text(),
        url: a.text(),
        headers: a.pairs(),
        body: a.bytes(),
        timeout_ms: a.maybe(Arguments::number),
    }
}

/// A group of this user's, as its id.
pub(super) async fn group_of(guest: &mut Guest, user: &str) -> String {
    let group = Group::create(guest, user.into(), r#"{"name":"ravens","open":true}"#.into()).await;
    let group: serde_json::Value = serde_json::from_str(&group.expect("the name is free")).expect("it is JSON");
    group["id"].as_str().expect("a group has an id").to_owned()
}

/// The account of this user.
pub(super) async fn account_of(guest: &mut Guest, user: UserId) -> Result<String, Error> {
    Account::get(guest, user.to_string()).await
}

fn json(answer: Result<String, Error>) -> Answered {
    answer.map(Answer::Json)
}

fn done(answer: Result<(), Error>) -> Answered {
    answer.map(|()| Answer::Bytes(0))
}

fn size(texts: &[String]) -> usize {
    texts.iter().map(String::len).sum()
}

fn size_of_pairs(pairs: &[(String, String)]) -> usize {
    pairs.iter().map(|(key, value)| key.len() + value.len()).sum()
}
