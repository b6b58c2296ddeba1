//! A plugin of which there are many versions without building it many times: what a version is called and what is wrong
//! with it stand in one text, which tests replace in the file.

wit_bindgen::generate!({ path: "../../../wit", world: "plugin" });

use exports::meadhall::plugin::{capabilities, events, hooks, lifecycle, rpc, schedule};
use meadhall::plugin::types::{Error, Event, PresenceId, Stream};
use meadhall::plugin::{context, event, log, metrics, storage, stream};
use std::hint::black_box;
use std::time::Duration;

struct Swap;

/// What tests replace, each word by one of as many letters. A version `does` one of: `nothing` wrong, `no-start`: its start
/// fails, `claims`: it registers the RPC of another guest.
static BUILD: &str = "version=1.0.0 does=nothing ";

const RPCS: &[&str] = &["version", "echo", "emit", "join", "count", "setting", "wait", "open"];

impl lifecycle::Guest for Swap {
    fn register() -> lifecycle::Registration {
        let handler = |kind: &str, name: &str| lifecycle::Handler { kind: kind.into(), name: name.into() };
        let mut handlers: Vec<_> = RPCS.iter().map(|id| handler("rpc", &format!("swap.{id}"))).collect();
        handlers.extend(["event", "session-start", "session-end"].map(|kind| handler(kind, "")));
        handlers.extend((word("does") == "claims").then(|| handler("rpc", "only.echo")));
        lifecycle::Registration { version: word("version").into(), handlers }
    }

    fn start() -> Result<(), Error> {
        if word("does") == "no-start" {
            return Err(Error { code: 9, message: "no mead left".into() });
        }
        Ok(())
    }
}

impl rpc::Guest for Swap {
    fn call(id: String, payload: String) -> Result<String, Error> {
        match id.as_str() {
            "swap.version" => Ok(word("version").into()),
            "swap.emit" => {
                event::emit(&Event { name: payload, properties: Vec::new(), timestamp_ms: None, external: false })?;
                Ok(String::new())
            }
            "swap.join" => {
                let options = stream::JoinOptions { hidden: false, persistence: true, status: String::new() };
                stream::join(&hall(), &caller()?, &options).map(|new| new.to_string())
            }
            "swap.count" => stream::count(&hall()).map(|count| count.to_string()),
            "swap.setting" => {
                Ok(context::config().into_iter().find(|(key, _)| *key == payload).map(|it| it.1).unwrap_or_default())
            }
            "swap.wait" => {
                wait();
                Ok(word("version").into())
            }
            "swap.open" => storage::write(&[open_gate()]).map(|_| String::new()),
            _ => Ok(payload),
        }
    }
}

impl events::Guest for Swap {
    /// One named `wait` holds up those behind it until the gate is open.
    fn event(event: events::Occurrence) -> Result<(), Error> {
        if event.name == "wait" {
            wait();
        }
        count("event")
    }

    fn session_start(_: events::Occurrence) -> Result<(), Error> {
        count("session-start")
    }

    fn session_end(_: events::Occurrence) -> Result<(), Error> {
        count("session-end")
    }
}

impl hooks::Guest for Swap {
    fn before(_: String, _: String) -> Result<hooks::Outcome, Error> {
        Ok(hooks::Outcome::Keep)
    }

    fn after(_: String, _: String, _: String) -> Result<(), Error> {
        Ok(())
    }
}

impl schedule::Guest for Swap {
    fn tick(_: String, _: i64) -> Result<(), Error> {
        Ok(())
    }
}

impl capabilities::Guest for Swap {
    fn needs() -> Vec<capabilities::Need> {
        Vec::new()
    }
}

/// What the build says under a key.
fn word(key: &str) -> &'static str {
    // Not known to the compiler, which would work with what it is now.
    let mut words = black_box(BUILD).split(' ').filter_map(|word| word.split_once('='));
    words.find(|(known, _)| *known == key).map_or("", |(_, word)| word)
}

fn count(kind: &str) -> Result<(), Error> {
    let tags = [("kind".to_owned(), kind.to_owned()), ("version".to_owned(), word("version").to_owned())];
    metrics::counter_add("handled", &tags, 1);
    Ok(())
}

/// Until somebody opens the gate.
fn wait() {
    log::write(log::Level::Info, &format!("version {} waits", word("version")));
    while storage::read(&[gate()]).is_ok_and(|found| found.is_empty()) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn gate() -> storage::ObjectId {
    storage::ObjectId { collection: "gate".into(), key: "open".into(), user_id: None }
}

fn open_gate() -> storage::Put {
    storage::Put {
        id: gate(),
        value: "{}".into(),
        condition: storage::Condition::Always,
        read: storage::ReadPermission::None,
        write: storage::WritePermission::None,
    }
}

fn hall() -> Stream {
    Stream { mode: 150, subject: String::new(), subcontext: String::new(), label: "hall".into() }
}

fn caller() -> Result<PresenceId, Error> {
    let (user, session) = (context::user(), context::session());
    let nobody = || Error { code: 9, message: "only a socket can join".into() };
    Ok(PresenceId { user_id: user.ok_or_else(nobody)?.id, session_id: session.ok_or_else(nobody)?.id })
}

export!(Swap);
