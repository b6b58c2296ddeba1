//! The plugin in a world in memory. `tests/e2e/analytics` has it in a server, against services that fail, stall and lie.

use super::*;
use crate::delivery::pause_after;
use crate::queue::Queue;
use meadhall_guest::http::Response;
use meadhall_guest::testing::World;
use serde_json::Value;

const SERVICE: &str = "https://analytics.example.com/batch";
const EVERY_MINUTE: &str = "* * * * *";

fn world() -> World {
    World::with(analytics::Plugin).config("endpoint", SERVICE).environment("ANALYTICS_API_KEY", "secret")
}

/// Lets the service answer so many posts with a status.
fn answers(world: &World, status: u16, times: usize) {
    answers_with(world, status, times, Vec::new());
}

fn answers_with(world: &World, status: u16, times: usize, headers: Vec<(String, String)>) {
    for _ in 0..times {
        world.answer("POST", SERVICE, Ok(Response { status, headers: headers.clone(), body: Vec::new() }));
    }
}

fn happens(world: &World, names: &[&str]) -> Result<()> {
    names.iter().for_each(|name| world.send_event(Event::new(name, [("hall", "north")])));
    world.deliver().map(drop)
}

fn flush(world: &World) -> Result<Value> {
    Ok(serde_json::from_str(&world.server().rpc("analytics.flush", "")?)?)
}

/// The id of each post, and the names of its events.
fn posts(world: &World) -> Vec<(String, Vec<String>)> {
    let requests = world.requests().into_iter();
    let posts = requests.map(|request| {
        let body: Value = serde_json::from_slice(&request.body).expect("a post is JSON");
        let header =
            |name: &str| request.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
        assert_eq!(header("authorization").as_deref(), Some("Bearer secret"));
        assert_eq!(header("idempotency-key").as_deref(), body["batch"].as_str());
        let names = body["events"].as_array().into_iter().flatten();
        (
            header("idempotency-key").unwrap_or_default(),
            names.map(|it| it["name"].as_str().unwrap_or_default().to_owned()).collect(),
        )
    });
    posts.collect()
}

#[test]
fn what_happens_is_posted_in_batches() -> Result<()> {
    let world = world().config("batch_size", "2");
    answers(&world, 200, 3);
    let ada = world.user("ada").connect();
    ada.disconnect();
    happens(&world, &["won", "lost", "won again"])?;
    world.tick(EVERY_MINUTE)?;
    let posts = posts(&world);
    let names: Vec<_> = posts.iter().map(|(_, names)| names.join(", ")).collect();
    assert_eq!(names, ["session_start, session_end", "won, lost", "won again"]);
    let first: Value = serde_json::from_slice(&world.requests()[0].body)?;
    assert_eq!(first["events"][0]["user_id"], ada.id());
    assert_eq!(world.metric("posted_events", &[]), 5.0);
    world.tick(EVERY_MINUTE)?;
    assert_eq!(world.requests().len(), 3, "nothing is posted twice");
    Ok(())
}

#[test]
fn a_batch_that_was_not_taken_is_posted_again_later_under_the_same_id() -> Result<()> {
    let world = world();
    happens(&world, &["won"])?;
    answers(&world, 503, 1);
    world.tick(EVERY_MINUTE)?;
    world.tick(EVERY_MINUTE)?;
    assert_eq!(posts(&world).len(), 1, "the service is left alone for a while");
    happens(&world, &["lost"])?;
    world.set_time("2026-01-01T00:01:00Z");
    answers(&world, 200, 2);
    world.tick(EVERY_MINUTE)?;
    let posts = posts(&world);
    assert_eq!(posts[1], posts[0], "as it was, without what has happened since");
    assert_eq!(posts[2].1, ["lost"]);
    assert!(world.log()[0].message.contains("it answers 503; 1 batches wait"), "{:?}", world.log());
    answers(&world, 500, 1);
    happens(&world, &["won again"])?;
    world.tick(EVERY_MINUTE)?;
    assert!(world.log()[1].message.contains("a batch, 1 times in a row: it answers 500"), "{:?}", world.log());
    Ok(())
}

#[test]
fn a_service_that_asks_for_time_gets_it() -> Result<()> {
    let world = world();
    happens(&world, &["won"])?;
    answers_with(&world, 429, 1, vec![("retry-after".into(), "600".into())]);
    world.tick(EVERY_MINUTE)?;
    world.set_time("2026-01-01T00:09:00Z");
    world.tick(EVERY_MINUTE)?;
    assert_eq!(posts(&world).len(), 1);
    world.set_time("2026-01-01T00:10:00Z");
    answers(&world, 200, 1);
    world.tick(EVERY_MINUTE)?;
    assert_eq!(posts(&world).len(), 2);
    Ok(())
}

#[test]
fn a_run_that_left_no_word_keeps_the_queue_for_a_while_and_not_forever() -> Result<()> {
    let world = world();
    happens(&world, &["won"])?;
    let three_minutes_from_the_beginning = Timestamp("2026-01-01T00:03:00Z".into()).unix_ms().unwrap_or_default();
    Queue::change(|queue| queue.leased_until_ms = three_minutes_from_the_beginning)?;
    world.tick(EVERY_MINUTE)?;
    world.set_time("2026-01-01T00:02:00Z");
    world.tick(EVERY_MINUTE)?;
    assert_eq!(posts(&world), []);
    world.set_time("2026-01-01T00:03:00Z");
    answers(&world, 200, 1);
    world.tick(EVERY_MINUTE)?;
    assert_eq!(posts(&world).len(), 1);
    Ok(())
}

#[test]
fn a_batch_that_the_service_refuses_for_good_holds_up_no_other() -> Result<()> {
    let world = world().config("batch_size", "1");
    happens(&world, &["odd", "won"])?;
    answers(&world, 422, 1);
    answers(&world, 200, 1);
    assert_eq!(flush(&world)?, json!({ "posted": 1, "waiting": 0, "problem": null }));
    assert_eq!(world.metric("dropped_events", &[]), 1.0);
    assert!(world.log()[0].message.contains("1 events are dropped: the service refuses batch"), "{:?}", world.log());
    Ok(())
}

#[test]
fn what_waits_is_bounded_and_what_is_dropped_is_told() -> Result<()> {
    let world = world().config("batch_size", "1").config("buffer", "3");
    happens(&world, &["1"])?;
    answers(&world, 500, 1);
    assert_eq!(flush(&world)?["waiting"], 1);
    happens(&world, &["2", "3", "4", "5"])?;
    assert_eq!(world.metric("dropped_events", &[]), 2.0);
    answers(&world, 200, 3);
    assert_eq!(flush(&world)?["posted"], 3);
    let names: Vec<_> = posts(&world).into_iter().skip(1).flat_map(|(_, names)| names).collect();
    assert_eq!(names, ["1", "4", "5"], "the first was tried and is kept, then the oldest go");
    Ok(())
}

#[test]
fn an_event_that_no_batch_has_room_for_is_dropped_and_told() -> Result<()> {
    let world = world();
    let long = "x".repeat(200 << 10);
    world.send_event(Event::new("epic", [("saga", long.as_str())]));
    world.deliver()?;
    assert_eq!(world.metric("dropped_events", &[]), 1.0);
    assert_eq!(flush(&world)?["waiting"], 0);
    Ok(())
}

#[test]
fn settings_that_make_no_sense_keep_it_from_starting() -> Result<()> {
    world().start()?;
    let error = world().config("buffer", "1").start().map_err(|error| error.message);
    assert_eq!(error, Err("buffer is \"1\", and must be 2 to 1000".into()));
    let error = world().config("batch_size", "many").start().map_err(|error| error.message);
    assert_eq!(error, Err("batch_size is \"many\", and must be 1 to 10000".into()));
    Ok(())
}

#[test]
fn players_do_not_flush() {
    let world = world();
    let refused = world.user("ada").rpc("analytics.flush", "").map_err(|error| error.code);
    assert_eq!(refused, Err(meadhall_guest::error::code::PERMISSION_DENIED));
}

#[test]
fn pauses_double_up_to_half_an_hour_and_differ() {
    for (failures, whole) in [(1, 30_000), (2, 60_000), (3, 120_000), (7, 1_800_000), (u32::MAX, 1_800_000)] {
        assert_eq!(pause_after(failures, 0), whole / 2);
        assert_eq!(pause_after(failures, whole as u128 / 2), whole);
        assert!((whole / 2..=whole).contains(&pause_after(failures, u128::MAX)));
    }
}
