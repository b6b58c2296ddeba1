//! What steps do.

use super::clients::By;
use super::{Came, Run};
use crate::cli::plugin::test::script::{Action, Place, Seed, Step, Then};
use axum::http::Method;
use meadhall_core::clock::Timestamp;
use meadhall_core::ids::UserId;
use meadhall_core::storage::{Condition, ObjectId, Put, ReadPermission, WritePermission};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// More times than anybody waits for in one step.
const TICKS_MAX: usize = 10_000;

/// What a room, a direct channel and a group's channel are on the wire.
const ROOM: i64 = 1;
const DIRECT: i64 = 2;
const GROUP: i64 = 3;

impl Run<'_> {
    /// Does what a step says.
    pub(super) async fn act(&mut self, step: &Step) -> Came {
        let done = match self.know_all(step).await {
            Ok(()) => self.do_it(&step.action).await,
            Err(came) => Err(came),
        };
        done.unwrap_or_else(|came| came)
    }

    /// Logs in everybody whom a step mentions, so that their ids are known.
    async fn know_all(&mut self, step: &Step) -> Result<(), Came> {
        let mentioned: Vec<_> = self.script.mentioned_in(step);
        for user in mentioned {
            self.id_of(&user).await?;
        }
        Ok(())
    }

    /// The id of a user.
    pub(super) async fn id_of(&mut self, user: &str) -> Result<String, Came> {
        let user_id = self.clients.log_in(user).await?.user_id;
        self.scope.set(user, &user_id);
        self.tell_scope();
        Ok(user_id)
    }

    async fn do_it(&mut self, action: &Action) -> Result<Came, Came> {
        match action {
            Action::Look => Ok(Came::Reply(Value::Null)),
            Action::Rpc { id, user, by_socket, payload } => self.rpc(id, user.as_deref(), *by_socket, payload).await,
            Action::Request { method, path, user, body } => {
                let method: Method = method.parse().map_err(|_| Came::Nothing(format!("{method:?} is no method")))?;
                let (path, body) = (self.scope.path(path).map_err(Came::Nothing)?, self.text_of(body)?);
                let by = user.as_deref().map_or(By::ServerKey, By::User);
                Ok(self.clients.call(method, &path, by, body).await)
            }
            Action::Send { user, message } => {
                let message = self.scope.value(&Value::Object(message.clone())).map_err(Came::Nothing)?;
                self.ask(user, message.as_object().cloned().unwrap_or_default()).await
            }
            Action::Connect { user } => {
                if self.clients.sockets.get(user).is_some_and(|socket| socket.closed.is_none()) {
                    return Err(Came::Nothing(format!("{user} has a socket already")));
                }
                self.clients.socket(user).await?;
                Ok(Came::Reply(Value::Null))
            }
            Action::Disconnect { user } => match self.clients.sockets.get_mut(user) {
                Some(socket) if socket.closed.is_none() => {
                    socket.close().await;
                    Ok(Came::Reply(Value::Null))
                }
                _ => Err(Came::Nothing(format!("{user} has no socket to close"))),
            },
            Action::Join { user, place } => self.join(user, place).await,
            Action::Write { user, channel, content } => {
                let channel = self.channel(channel)?;
                let content = self.text_of(content)?;
                let message = json!({ "channel_id": channel, "content": content });
                self.ask_for(user, "channel_message_send", message, "channel_message_ack").await
            }
            Action::Emit { user, name, properties } => {
                let properties = self.scope.value(properties).map_err(Came::Nothing)?;
                let mut body = json!({ "name": self.put_in(name)? });
                if let Value::Object(properties) = properties {
                    // As clients send them, and as the handler gets them: texts.
                    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    body["properties"] = properties.into_iter().map(|(key, value)| (key, json!(text(value)))).collect();
                }
                Ok(self.clients.call(Method::POST, "/v2/event", By::User(user), body.to_string()).await)
            }
            Action::Store(seeds) => self.store(seeds).await,
            Action::Time(then) => self.pass(then).await,
        }
    }

    async fn rpc(&mut self, id: &str, user: Option<&str>, by_socket: bool, payload: &Value) -> Result<Came, Came> {
        let payload = self.text_of(payload)?;
        if let (true, Some(user)) = (by_socket, user) {
            let came = self.ask_for(user, "rpc", json!({ "id": id, "payload": payload }), "rpc").await?;
            return Ok(answered(came));
        }
        let path = format!("/v2/rpc/{}", utf8_percent_encode(id, NON_ALPHANUMERIC));
        let by = user.map_or(By::HttpKey, By::User);
        let came = self.clients.call(Method::POST, &path, by, json!(payload).to_string()).await;
        Ok(answered(came))
    }

    /// Sends a message over a user's socket.
    async fn ask(&mut self, user: &str, message: Map<String, Value>) -> Result<Came, Came> {
        Ok(self.clients.socket(user).await?.ask(message).await)
    }

    /// The same, for the field of the answer that tells.
    async fn ask_for(&mut self, user: &str, key: &str, message: Value, field: &str) -> Result<Came, Came> {
        let came = self.ask(user, Map::from_iter([(key.to_owned(), message)])).await?;
        Ok(match came {
            Came::Reply(mut reply) => Came::Reply(reply[field].take()),
            other => other,
        })
    }

    async fn join(&mut self, user: &str, place: &Place) -> Result<Came, Came> {
        let (target, kind) = match place {
            Place::Room(room) => (self.put_in(room)?, ROOM),
            Place::User(other) => (self.id_of(other).await?, DIRECT),
            Place::Group(group) => (self.put_in(group)?, GROUP),
        };
        let message = json!({ "target": target, "type": kind, "persistence": true });
        let came = self.ask_for(user, "channel_join", message, "channel").await?;
        if let (Came::Reply(channel), Place::Room(room)) = (&came, place) {
            let id = channel["id"].as_str().unwrap_or_default();
            self.rooms.insert(room.clone(), id.to_owned());
            self.scope.set(room, id);
        }
        Ok(came)
    }

    /// A channel's id, by the name of its room or as it is.
    fn channel(&self, named: &str) -> Result<String, Came> {
        match self.rooms.get(named) {
            Some(id) => Ok(id.clone()),
            None if named.contains("${") => self.put_in(named),
            None => {
                Err(Came::Nothing(format!("nobody has joined {named:?}: a step with join = {named:?} goes before")))
            }
        }
    }

    async fn store(&mut self, seeds: &[Seed]) -> Result<Came, Came> {
        let mut puts = Vec::new();
        for Seed { collection, key, user, value } in seeds {
            let id = self.object_id(collection, key, user.as_deref()).await?;
            let value = self.scope.value(value).map_err(Came::Nothing)?.to_string();
            let (read, write) = (ReadPermission::Owner, WritePermission::Owner);
            puts.push(Put { id, value, condition: Condition::Always, read, write });
        }
        let written = self.server.app().core.storage.write(puts).await;
        written.map_err(|error| Came::Nothing(error.to_string()))?;
        Ok(Came::Reply(Value::Null))
    }

    /// Which object a script means.
    pub(super) async fn object_id(
        &mut self,
        collection: &str,
        key: &str,
        user: Option<&str>,
    ) -> Result<ObjectId, Came> {
        let owner = match user {
            None => UserId::NIL,
            Some(user) => {
                let id = self.id_of(user).await?;
                UserId::new(Uuid::parse_str(&id).map_err(|error| Came::Nothing(error.to_string()))?)
            }
        };
        Ok(ObjectId { collection: self.put_in(collection)?, key: self.put_in(key)?, owner })
    }

    /// Lets time pass, and runs what plugins have registered for each time on the way.
    async fn pass(&mut self, then: &Then) -> Result<Came, Came> {
        let plugins = self.server.app().plugins.clone();
        let until = match then {
            Then::Wait(nanos, _) => Timestamp::from_nanos(self.now.nanos().saturating_add(*nanos)),
            Then::Until(moment) if *moment < self.now => {
                let problem = "the clock stands later already, and goes only forward";
                return Err(Came::Nothing(problem.to_owned()));
            }
            Then::Until(moment) => *moment,
            Then::Cron(expression) => plugins.next_time(Some(expression), self.now).ok_or_else(|| {
                let registered: Vec<_> = plugins.expressions().iter().map(|it| format!("{it:?}")).collect();
                let registered = if registered.is_empty() { "none".to_owned() } else { registered.join(", ") };
                Came::Nothing(format!("the plugin registers no cron {expression:?}; it registers {registered}"))
            })?,
        };
        for _ in 0..TICKS_MAX {
            match plugins.next_time(None, self.now).filter(|next| *next <= until) {
                Some(next) => self.set_clock(next).await?,
                None => {
                    self.set_clock(until).await?;
                    return Ok(Came::Reply(Value::Null));
                }
            }
        }
        Err(Came::Nothing(format!("more than {TICKS_MAX} scheduled runs fall into this time")))
    }

    async fn set_clock(&mut self, now: Timestamp) -> Result<(), Came> {
        self.now = now;
        self.clock.set(now);
        self.rest().await.map_err(Came::Nothing)
    }

    /// A text with its placeholders put in.
    fn put_in(&self, text: &str) -> Result<String, Came> {
        self.scope.text(text).map_err(Came::Nothing)
    }

    /// What is sent where the wire has a text: a text as it is, anything else as JSON.
    fn text_of(&self, value: &Value) -> Result<String, Came> {
        Ok(match self.scope.value(value).map_err(Came::Nothing)? {
            Value::Null => String::new(),
            Value::String(text) => text,
            value => value.to_string(),
        })
    }
}

/// The payload of an RPC's answer.
fn answered(came: Came) -> Came {
    match came {
        Came::Reply(mut reply) => match reply["payload"].take() {
            // The wire leaves an empty one out.
            Value::Null => Came::Reply(Value::String(String::new())),
            payload => Came::Reply(payload),
        },
        other => other,
    }
}
