//! A plugin that does what no plugin should, one behaviour for each RPC id. Settings make it misbehave while it is
//! loaded: `register`, `needs`, `start` (`loop`, `trap`, `fail`), `kind`, `hook`, `rpc`, `cron` (handlers more; times stand
//! between semicolons, and an empty one is none), `tick` (`loop`, `trap`, `fail`, `wait`: until there is an object `open`
//! in the collection `gate`).

wit_bindgen::generate!({ path: "../../../wit", world: "plugin" });

use exports::meadhall::plugin::{capabilities, events, hooks, lifecycle, rpc, schedule};
use meadhall::plugin::types::Error;
use meadhall::plugin::{context, log, session, storage, stream};
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

struct Hostile;

/// How often this instance was called: a fresh one begins anew.
static CALLS: AtomicU32 = AtomicU32::new(0);
/// What the instance never gives back.
static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

const RPCS: &[&str] = &[
    "echo",
    "calls",
    "context",
    "fail",
    "loop",
    "sleep",
    "busy",
    "trap",
    "overflow",
    "memory",
    "keep",
    "huge",
    "log_storm",
    "print_storm",
    "host_calls",
    "exit",
];
const MESSAGES: &[&str] = &["UpdateAccount", "ChannelMessageSend"];

impl lifecycle::Guest for Hostile {
    fn register() -> lifecycle::Registration {
        if setting("register").as_deref() == Some("core") {
            let nobody = "00000000-0000-0000-0000-000000000000";
            session::disconnect(nobody, None).expect("registering has no effects");
        }
        misbehave(setting("register"));
        let handler = |kind: &str, name: &str| lifecycle::Handler { kind: kind.into(), name: name.into() };
        let mut handlers: Vec<_> = RPCS.iter().map(|id| handler("rpc", &format!("{}{id}", prefix()))).collect();
        for message in MESSAGES {
            handlers.push(handler("before", message));
            handlers.push(handler("after", message));
        }
        for kind in ["event", "session-start", "session-end"] {
            handlers.push(handler(kind, ""));
        }
        handlers.extend(setting("kind").map(|kind| handler(&kind, "x")));
        handlers.extend(setting("hook").map(|name| handler("before", &name)));
        handlers.extend(setting("rpc").map(|id| handler("rpc", &id)));
        let times = setting("cron").unwrap_or_default();
        handlers.extend(times.split(';').filter(|time| !time.is_empty()).map(|time| handler("cron", time)));
        lifecycle::Registration { version: "0.0.1".into(), handlers }
    }

    fn start() -> Result<(), Error> {
        match setting("start").as_deref() {
            Some("fail") => Err(Error { code: 9, message: "no mead left".into() }),
            other => {
                misbehave(other.map(Into::into));
                Ok(())
            }
        }
    }
}

impl rpc::Guest for Hostile {
    fn call(id: String, payload: String) -> Result<String, Error> {
        let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        match id.strip_prefix(&prefix()).unwrap_or(&id) {
            "echo" => Ok(payload),
            "calls" => Ok(calls.to_string()),
            "context" => Ok(describe_context()),
            "fail" => Err(Error { code: payload.parse().unwrap_or(99), message: "as you wish".into() }),
            "loop" => endless(),
            "sleep" => {
                std::thread::sleep(Duration::from_secs(3600));
                Ok("awake".into())
            }
            "busy" => Ok(compute(payload.parse().unwrap_or(1)).to_string()),
            "trap" => panic!("hostile panic text"),
            "overflow" => Ok(recurse(black_box(u64::MAX)).to_string()),
            "memory" => loop {
                KEPT.lock().unwrap().push(black_box(vec![1; 1 << 20]));
            },
            "keep" => {
                KEPT.lock().unwrap().push(black_box(vec![1; payload.parse().unwrap()]));
                Ok(calls.to_string())
            }
            "huge" => Ok("x".repeat(payload.parse().unwrap())),
            "log_storm" => {
                (0..10_000).for_each(|n| log::write(log::Level::Info, &format!("storm {n}")));
                Ok("logged".into())
            }
            "print_storm" => {
                (0..10_000).for_each(|n| println!("storm {n}"));
                Ok("printed".into())
            }
            "host_calls" => loop {
                black_box(context::node());
                let nowhere = stream::Stream {
                    mode: 200,
                    subject: String::new(),
                    subcontext: String::new(),
                    label: "nowhere".into(),
                };
                let _ = black_box(stream::count(&nowhere));
            },
            "exit" => std::process::exit(3),
            other => Err(Error { code: 12, message: format!("no such behaviour: {other}") }),
        }
    }
}

impl hooks::Guest for Hostile {
    fn before(name: String, request: String) -> Result<hooks::Outcome, Error> {
        if request.contains("drop") {
            return Ok(hooks::Outcome::Drop);
        }
        if request.contains("refuse") {
            return Err(Error { code: 7, message: format!("{name} is not for you") });
        }
        if request.contains("loop") {
            endless();
        }
        match setting("tag") {
            Some(tag) => Ok(hooks::Outcome::Replace(format!("{request}{tag}"))),
            None => Ok(hooks::Outcome::Keep),
        }
    }

    fn after(name: String, request: String, reply: String) -> Result<(), Error> {
        if request.contains("refuse") {
            return Err(Error { code: 13, message: "after-hooks cannot refuse".into() });
        }
        log::write(log::Level::Info, &format!("after {name} {request} {reply}"));
        Ok(())
    }
}

impl events::Guest for Hostile {
    fn event(event: events::Occurrence) -> Result<(), Error> {
        log::write(log::Level::Info, &format!("event {} {:?} {}", event.name, event.properties, event.external));
        if event.name == "loop" { endless() } else { Ok(()) }
    }

    fn session_start(event: events::Occurrence) -> Result<(), Error> {
        log::write(log::Level::Info, &format!("start {}", event.name));
        Ok(())
    }

    fn session_end(event: events::Occurrence) -> Result<(), Error> {
        log::write(log::Level::Info, &format!("end {} {:?}", event.name, event.properties));
        Ok(())
    }
}

impl schedule::Guest for Hostile {
    fn tick(expression: String, due_ms: i64) -> Result<(), Error> {
        log::write(log::Level::Info, &format!("tick {expression} {due_ms}"));
        match setting("tick").as_deref() {
            Some("fail") => Err(Error { code: 9, message: "no time for this".into() }),
            Some("wait") => {
                while storage::read(&[gate()]).is_ok_and(|found| found.is_empty()) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                log::write(log::Level::Info, &format!("tock {expression} {due_ms}"));
                Ok(())
            }
            other => {
                misbehave(other.map(Into::into));
                Ok(())
            }
        }
    }
}

fn gate() -> storage::ObjectId {
    storage::ObjectId { collection: "gate".into(), key: "open".into(), user_id: None }
}

impl capabilities::Guest for Hostile {
    fn needs() -> Vec<capabilities::Need> {
        misbehave(setting("needs"));
        Vec::new()
    }
}

fn setting(wanted: &str) -> Option<String> {
    context::config().into_iter().find(|(key, _)| key == wanted).map(|(_, value)| value)
}

/// Before each RPC id, so that two of this plugin can live side by side.
fn prefix() -> String {
    setting("prefix").unwrap_or_else(|| "hostile.".into())
}

fn misbehave(how: Option<String>) {
    match how.as_deref() {
        Some("loop") => endless(),
        Some("trap") => panic!("hostile panic text"),
        Some("sleep") => std::thread::sleep(Duration::from_secs(3600)),
        _ => {}
    }
}

fn endless() -> ! {
    let mut n = 0_u64;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}

/// Computes for some milliseconds and comes to an end.
fn compute(rounds: u64) -> u64 {
    (0..rounds * 100_000).fold(0, |sum, n| black_box(sum ^ n).rotate_left(5))
}

#[expect(unconditional_recursion, reason = "that is the point")]
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    recurse(depth.wrapping_mul(3)).wrapping_add(depth).rotate_left(7)
}

fn describe_context() -> String {
    format!(
        "{:?} node={} user={:?} session={:?} client={:?} vars={:?} query={:?} headers={:?} config={:?}",
        context::execution_mode(),
        context::node(),
        context::user().map(|user| (user.username, user.expires_at)),
        context::session().map(|session| session.lang),
        context::client().map(|client| (client.address, client.port)),
        context::vars(),
        context::query_params(),
        context::headers(),
        context::config(),
    )
}

export!(Hostile);
