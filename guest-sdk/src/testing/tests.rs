//! The world itself: how a test sets it up, calls and looks. That it answers as the server does, a test of the server
//! shows.

use super::{Received, World};
use crate::bindings::meadhall::plugin::http::{Request, Response};
use crate::error::code;
use crate::host::host_call;
use crate::prelude::*;
use crate::{Outcome, Plugin, Registration};

/// A plugin as `#[plugin]` writes it, which needs this crate by its name from outside.
struct Hall;

impl Plugin for Hall {
    fn register() -> Registration {
        let registration = Registration::new("1.0.0").rpc("Who").rpc("join").rpc("forget");
        let registration = registration.before::<UpdateAccount>().after::<UpdateAccount>();
        registration.event().session_start().session_end().cron("@daily")
    }

    fn start(ctx: &Context) -> Result<()> {
        info!("{:?} {}", ctx.mode(), ctx.config("greeting").unwrap_or("none"));
        Ok(())
    }

    fn rpc(ctx: &Context, id: &str, payload: String) -> Result<String> {
        match id {
            "who" => Ok(format!("{} {} {:?}", ctx.username()?, payload, ctx.vars())),
            "join" => {
                let join = Join { hidden: false, persistence: false, status: "" };
                stream::join(&Stream::new(200), &ctx.session()?, join).map(|new| new.to_string())
            }
            other => Err(Error::internal(other)),
        }
    }

    fn before(_ctx: &Context, _name: &str, request: &str) -> Result<Outcome> {
        if request.contains("drop") { Ok(Outcome::Drop) } else { Ok(Outcome::Replace(request.to_uppercase())) }
    }

    fn after(ctx: &Context, name: &str, _request: &str, reply: &str) -> Result<()> {
        event::emit("after", [("name", name), ("reply", reply), ("by", ctx.username()?)])
    }

    fn event(ctx: &Context, event: Event) -> Result<()> {
        metrics::counter_add("handled", &[("event", &event.name)], 1);
        assert_eq!(ctx.mode(), Mode::Event);
        if event.name == "after" { event::emit("again", []) } else { Ok(()) }
    }

    fn session_start(ctx: &Context, _event: Event) -> Result<()> {
        info!("{} came", ctx.username()?);
        Ok(())
    }

    fn session_end(ctx: &Context, event: Event) -> Result<()> {
        info!("{} went: {}", ctx.username()?, event.property("reason").unwrap_or("?"));
        Ok(())
    }

    fn tick(ctx: &Context, expression: &str, due_ms: i64) -> Result<()> {
        assert!(ctx.user().is_none());
        storage::put(&ObjectId::new("ticks", expression), &json!({ "due": Timestamp::from_unix_ms(due_ms) })).map(drop)
    }
}

fn messages(world: &World) -> Vec<String> {
    world.log().into_iter().map(|line| line.message).collect()
}

#[test]
fn callers_are_users_sockets_and_servers() {
    let world = World::with(Hall);
    let ada = world.user("ada").var("clan", "wolf");
    assert_eq!(ada.rpc("WHO", "calls"), Ok(r#"ada calls {"clan": "wolf"}"#.to_owned()));
    assert_eq!(ada.rpc("join", "").map_err(|error| error.code), Err(code::FAILED_PRECONDITION));
    assert_eq!(ada.connect().rpc("join", ""), Ok("true".to_owned()));
    assert_eq!(world.server().rpc("who", "").map_err(|error| error.code), Err(code::UNAUTHENTICATED));
    assert_eq!(ada.rpc("nothing", ""), Err(Error::not_found("RPC function not found")));
    assert_eq!(ada.run(|ctx| ctx.username().map(str::to_owned)), Ok("ada".to_owned()));
    let headers = ada.header("X-Game", "hall").query("lang", "de");
    assert_eq!(headers.run(|ctx| ctx.headers()["x-game"].clone()), ["hall"]);
    assert_eq!(headers.run(|ctx| ctx.query_params()["lang"].clone()), ["de"]);
}

#[test]
fn hooks_get_and_give_typed_messages() {
    let world = World::with(Hall);
    let ada = world.user("ada");
    let request = |name: &str| UpdateAccountRequest { display_name: Some(name.into()), ..Default::default() };
    let Ok(Before::Replace(shouted)) = ada.before::<UpdateAccount>(&request("Ada")) else { panic!("it replaces") };
    assert_eq!(shouted.extra["DISPLAY_NAME"], "ADA");
    assert_eq!(ada.before::<UpdateAccount>(&request("drop")), Ok(Before::Drop));
    ada.after::<UpdateAccount>(&request("Ada"), &()).expect("it emits");
    let [event] = &world.events()[..] else { panic!("one event: {:?}", world.events()) };
    assert_eq!((event.property("name"), event.property("by")), (Some("UpdateAccount"), Some("ada")));
}

#[test]
fn events_and_sessions_are_delivered_when_the_test_says_so() {
    let world = World::with(Hall);
    let ada = world.user("ada");
    ada.after::<UpdateAccount>(&UpdateAccountRequest::default(), &()).expect("it emits");
    world.send_event(Event { external: true, ..Event::new("won", []) });
    assert_eq!(world.metric("handled", &[("event", "won")]), 0.0);
    assert_eq!(world.deliver(), Ok(3), "one emits another");
    assert_eq!(world.metric("handled", &[("event", "again")]), 1.0);
    let socket = ada.connect();
    assert!(socket.is_connected());
    socket.disconnect();
    assert!(!socket.is_connected());
    assert_eq!(world.deliver(), Ok(2));
    assert_eq!(messages(&world), ["ada came", "ada went: "]);
}

#[test]
fn starts_and_ticks_are_calls_of_nobody() {
    let world = World::with(Hall).config("greeting", "skål");
    world.start().expect("it logs");
    assert_eq!(messages(&world), ["Mode::Start skål"]);
    world.set_time("2026-05-01T04:00:30Z");
    world.tick("@daily").expect("it writes");
    let object = storage::get::<serde_json::Value>(&ObjectId::new("ticks", "@daily")).expect("storage");
    let object = object.expect("the tick wrote it");
    assert_eq!(object.value["due"], "2026-05-01T04:00:00Z");
    assert_eq!(object.create_time_ms, world.time().unix_ms().expect("a time"));
}

#[test]
fn sockets_receive_data_messages_and_notifications() {
    let world = World::new();
    let (ada, ben) = (world.user("ada"), world.user("ben").connect());
    let hall = Stream::room("hall");
    stream::join(&hall, &ben.presence(), Join { hidden: false, persistence: true, status: "" })
        .expect("ben is connected");
    stream::send(&hall, "drums").expect("data");
    let id = channel::room("hall").expect("a room");
    channel::send(&id, &json!({ "n": 1 }), &Sender::user(ada.id(), "ada"), true).expect("a message");
    let gift = NewNotification::new(ben.id(), "gift", &json!({}), 7).expect("JSON");
    notification::send(&[gift]).expect("a notification");
    let [Received::Data { data, .. }, Received::Message(message), Received::Notification(gift)] = &ben.received()[..]
    else {
        panic!("three things, in their order")
    };
    assert_eq!((data.as_str(), message.username.as_str(), gift.code), ("drums", "ada", 7));
    assert!(ben.received().is_empty(), "each is received once");
}

#[test]
fn a_user_without_a_socket_gets_what_is_kept() {
    let world = World::new();
    let ada = world.user("ada");
    let gift = NewNotification::new(ada.id(), "gift", &json!({}), 7).expect("JSON").persistent(true);
    notification::send(&[gift]).expect("a notification");
    let kept = notification::list(ada.id(), 10, None).expect("a list");
    assert_eq!(kept.notifications[0].subject, "gift");
}

#[test]
fn servers_elsewhere_answer_what_the_test_gives_them() {
    let world = World::new().file("words/bad.txt", "nithing").environment("TOKEN", "t");
    let response = Response { status: 200, headers: vec![], body: b"ok".to_vec() };
    world.answer("POST", "https://a.example/b", Ok(response.clone()));
    let request = Request {
        method: "POST".into(),
        url: "https://a.example/b".into(),
        headers: vec![],
        body: vec![],
        timeout_ms: None,
    };
    assert_eq!(host_call!(http::send(&request)), Ok(response));
    assert_eq!(world.requests(), [request]);
    assert_eq!(host_call!(file::read("words/bad.txt")), Ok(b"nithing".to_vec()));
    assert_eq!(host_call!(file::list("words")), Ok(vec!["bad.txt".to_owned()]));
    assert_eq!(host_call!(context::environment()), [("TOKEN".to_owned(), "t".to_owned())]);
}

#[test]
fn what_a_world_does_not_do_panics_with_a_sentence() {
    let panic_of = |act: &dyn Fn()| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).expect_err("it cannot do this");
        let message = panic.downcast_ref::<&str>().map(|message| (*message).to_owned());
        message.or_else(|| panic.downcast_ref::<String>().cloned()).expect("a panic with a message")
    };
    let world = World::with(Hall);
    let ada = world.user("ada");
    let says = |message: String, part: &str| assert!(message.contains(part), "{message}");
    says(
        panic_of(&|| drop(account::export(ada.id()))),
        "do not have this; `meadhall plugin test` tries it on a server",
    );
    says(panic_of(&|| drop(host_call!(file::read("words/none")))), "grants no file \"words/none\"");
    says(panic_of(&|| drop(world.tick("@hourly"))), "registers no cron \"@hourly\"");
    says(panic_of(&|| drop(ada.before::<GetAccount>(&()))), "no hook before GetAccount");
    says(panic_of(&|| drop(World::new())), "this thread has a world already");
    drop(world);
    says(panic_of(&|| drop(stream::count(&Stream::room("hall")))), "`stream::count` needs the server");
}
