//! The world of the SDK's tests against the server: the same calls of the probe, natively and as a component, have the
//! same answers.

use crate::guests::{Setup, example};
use meadhall::config::RuntimeConfig;
use meadhall::plugin::{CallContext, CallError, Limits, Plugins};
use meadhall_core::account::{Credential, LoginRequest};
use meadhall_core::caller::{Caller, CallerSession, CallerUser, ClientAddress};
use meadhall_core::session::Session;
use meadhall_core::{Core, NewSession};
use meadhall_guest::testing;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// The probe built for this machine.
#[path = "../../../../plugins/probe/src/lib.rs"]
mod probe;

const SCRIPT: &str = include_str!("fake.script");
const USERS: [&str; 4] = ["ada", "ben", "cai", "dag"];
/// Of these, the sockets.
const CONNECTED: [&str; 2] = ["ada", "ben"];

/// What a call answers: a result, or code and text of an error.
type Answer = Result<String, (u32, String)>;

/// The server, with the probe as a component.
struct Real {
    plugins: Arc<Plugins>,
    /// Keeps the sockets open.
    core: Arc<Core>,
    callers: BTreeMap<String, Arc<Caller>>,
    _sockets: Vec<Arc<Session>>,
}

impl Real {
    async fn new() -> Self {
        let probe = std::fs::read(example("probe")).unwrap();
        let limits = Limits::from(&RuntimeConfig::default());
        let (plugins, core) = Setup::new(limits).bytes("probe", &probe, &[]).load_with_core().await.unwrap();
        let mut real = Self { plugins, core, callers: BTreeMap::new(), _sockets: Vec::new() };
        real.callers.insert("server".into(), Arc::default());
        for name in USERS {
            let user = real.register(name).await;
            let client = ClientAddress { ip: [127, 0, 0, 1].into(), port: 40_000 };
            let caller = Caller { user: Some(user.clone()), session: None, client: Some(client) };
            real.callers.insert(name.into(), Arc::new(caller.clone()));
            if CONNECTED.contains(&name) {
                let socket = real.core.open_session(NewSession { user, lang: "en".into(), client, status: false });
                let session = Some(CallerSession { id: socket.id(), lang: "en".into() });
                real.callers.insert(format!("{name}@"), Arc::new(Caller { session, ..caller }));
                real._sockets.push(socket);
            }
        }
        real
    }

    async fn register(&self, name: &str) -> CallerUser {
        let credential = Credential::Device(format!("device-of-{name}"));
        let request = LoginRequest { credential, create: true, username: name.into(), address: None };
        let id = self.core.accounts.authenticate(request).await.unwrap().user_id;
        CallerUser { id, username: name.into(), vars: Arc::default(), expires_at: self.core.env.now() }
    }

    fn names(&self) -> BTreeMap<String, String> {
        let id = |(name, caller): (&String, &Arc<Caller>)| {
            let session = caller.session.as_ref().map(|session| session.id.to_string());
            Some((name.clone(), session.or_else(|| Some(caller.user.as_ref()?.id.to_string()))?))
        };
        self.callers.iter().filter_map(id).collect()
    }

    async fn call(&self, who: &str, id: &str, payload: &str) -> Answer {
        let context = CallContext { caller: self.callers[who].clone(), ..CallContext::default() };
        self.plugins.rpc(id, payload.to_owned(), context).await.map_err(|error| match error {
            CallError::Failed { code, message } => (code, message),
            CallError::NotFound => (5, error.to_string()),
            other => panic!("{id} {payload}: {other}"),
        })
    }
}

/// The world of the SDK's tests, with the probe built for this machine.
struct Fake {
    _world: testing::World,
    callers: BTreeMap<String, testing::Caller>,
}

impl Fake {
    fn new() -> Self {
        let world = testing::World::with(probe::probe::Plugin);
        let mut callers = BTreeMap::from([("server".to_owned(), world.server())]);
        for name in USERS {
            let user = world.user(name);
            if CONNECTED.contains(&name) {
                callers.insert(format!("{name}@"), user.connect());
            }
            callers.insert(name.to_owned(), user);
        }
        Self { _world: world, callers }
    }

    fn names(&self) -> BTreeMap<String, String> {
        let somebody = self.callers.iter().filter(|(name, _)| *name != "server");
        let id = |(name, caller): (&String, &testing::Caller)| {
            let id = if name.ends_with('@') { caller.presence().session_id } else { caller.id().to_owned() };
            (name.clone(), id)
        };
        somebody.map(id).collect()
    }

    fn call(&self, who: &str, id: &str, payload: &str) -> Answer {
        self.callers[who].rpc(id, payload).map_err(|error| (error.code, error.message))
    }
}

/// What one side of the comparison knows: the ids and versions that it has seen, by number, and what lines have kept.
struct Side {
    kept: BTreeMap<String, String>,
    seen: Vec<String>,
}

impl Side {
    fn new(names: BTreeMap<String, String>) -> Self {
        // In one order on both sides.
        Self { seen: names.values().cloned().collect(), kept: names }
    }

    /// A payload with this side's own ids. Longer names first: `$ada@` is not `$ada`.
    fn fill(&self, payload: &str) -> String {
        let mut names: Vec<_> = self.kept.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names.into_iter().fold(payload.to_owned(), |text, (name, id)| text.replace(&format!("${name}"), id))
    }

    fn keep(&mut self, what: &str, answer: &Answer) {
        let (name, pointer) = what.split_once(':').unwrap();
        let answer: Value = serde_json::from_str(answer.as_ref().unwrap()).unwrap();
        let value = answer.pointer(pointer).and_then(Value::as_str);
        self.kept.insert(name.to_owned(), value.unwrap_or_else(|| panic!("no {pointer} in {answer}")).to_owned());
    }

    /// An answer in which ids are numbers, and what is any server's own is left out.
    fn plain(&mut self, answer: &Answer) -> String {
        match answer {
            Ok(text) => match serde_json::from_str::<Value>(text) {
                Ok(mut value) => {
                    self.simplify("", &mut value);
                    value.to_string()
                }
                Err(_) => self.number_ids(text),
            },
            Err((code, text)) => format!("error {code}: {}", self.number_ids(text)),
        }
    }

    fn simplify(&mut self, name: &str, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| self.simplify(name, value)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.simplify(name, item)),
            Value::String(text) if name.ends_with("cursor") => *text = if text.is_empty() { "" } else { "some" }.into(),
            Value::String(text) if name == "version" => *text = self.number(text),
            Value::String(_) if name.ends_with("_time") => *value = "a time".into(),
            Value::Number(_) if ["_ms", "_time", "_exp"].iter().any(|end| name.ends_with(end)) => {
                *value = "a time".into();
            }
            Value::String(_) if name == "node" => *value = "a node".into(),
            Value::String(text) => *text = self.number_ids(text),
            _ => {}
        }
    }

    fn number(&mut self, text: &str) -> String {
        let place = self.seen.iter().position(|known| known == text).unwrap_or_else(|| {
            self.seen.push(text.to_owned());
            self.seen.len() - 1
        });
        format!("#{place}")
    }

    fn number_ids(&mut self, text: &str) -> String {
        let (mut plain, mut rest) = (String::new(), text);
        while let Some(next) = rest.chars().next() {
            let id = rest.get(..36).filter(|id| Uuid::try_parse(id).is_ok());
            let length = id.map_or(next.len_utf8(), str::len);
            match id {
                Some(id) => plain.push_str(&self.number(id)),
                None => plain.push(next),
            }
            rest = &rest[length..];
        }
        plain
    }
}

#[tokio::test]
async fn the_world_of_tests_answers_as_the_server_does() {
    let (real, fake) = (Real::new().await, Fake::new());
    let (mut of_real, mut of_fake) = (Side::new(real.names()), Side::new(fake.names()));
    let mut different = Vec::new();
    let lines = SCRIPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut calls = 0;
    for line in lines {
        let (call, keep) = line.split_once(" => ").map_or((line, None), |(call, keep)| (call, Some(keep)));
        let [who, id, payload] = call.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let theirs = real.call(who, id, &of_real.fill(payload)).await;
        let ours = fake.call(who, id, &of_fake.fill(payload));
        let (expected, found) = (of_real.plain(&theirs), of_fake.plain(&ours));
        if expected != found {
            different.push(format!("{call}\n  server: {expected}\n  world:  {found}"));
        }
        if let Some(keep) = keep {
            of_real.keep(keep, &theirs);
            of_fake.keep(keep, &ours);
        }
        calls += 1;
    }
    assert!(different.is_empty(), "{} of {calls} answers differ:\n{}", different.len(), different.join("\n"));
    assert!(calls > 150, "{calls} calls");
}
