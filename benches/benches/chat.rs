//! Streams and rooms: fan-out, a change of presence, appending to a history, reading a page of it.

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use meadhall_benches::{Bench, drain};
use meadhall_core::caller::Actor;
use meadhall_core::group::NewGroup;
use meadhall_core::history::PageRequest;
use meadhall_core::ids::UserId;
use meadhall_core::presence::PresenceMeta;
use meadhall_core::push::{Push, PushEvent};
use meadhall_core::session::Session;
use meadhall_core::stream::{Stream, mode};
use std::sync::Arc;
use std::time::Instant;

const MEMBERS: [usize; 3] = [10, 100, 1_000];

/// One message to all members, and taking it from their outboxes. Encoding is the bench `envelope`.
fn fan_out(criterion: &mut Criterion) {
    let bench = Bench::start(|_| {}, Vec::new());
    let mut group = criterion.benchmark_group("fan-out");
    for members in MEMBERS {
        let stream = Stream::labelled(99, &format!("fan-out-{members}"));
        let sessions = bench.sessions(members);
        for session in &sessions {
            let joined =
                bench.core().tracker.join(session, &stream, PresenceMeta { hidden: true, ..PresenceMeta::default() });
            joined.expect("the session is open").reply.fill(Bytes::new());
        }
        drain(&sessions);
        group.throughput(Throughput::Elements(members as u64));
        group.bench_function(BenchmarkId::from_parameter(members), |bencher| {
            bencher.iter(|| {
                let encoded = Bytes::from_static(b"{\"stream_data\":{}}");
                let push = Push::new(PushEvent::Encoded([encoded.clone(), encoded]));
                assert_eq!(bench.core().router.to_stream(&stream, Arc::new(push)), members);
                assert_eq!(drain(&sessions), members);
            });
        });
    }
    group.finish();
}

/// A session joins and leaves a stream that has members, who are told of both.
fn presence_change(criterion: &mut Criterion) {
    let bench = Bench::start(|_| {}, Vec::new());
    let mut group = criterion.benchmark_group("presence change");
    for members in MEMBERS {
        let stream = Stream::labelled(99, &format!("presence-{members}"));
        let sessions = bench.sessions(members);
        for session in &sessions {
            let joined = bench.core().tracker.join(session, &stream, PresenceMeta::default());
            joined.expect("the session is open").reply.fill(Bytes::new());
            drain(&sessions);
        }
        let guest = bench.session("guest");
        group.throughput(Throughput::Elements(members as u64));
        group.bench_function(BenchmarkId::from_parameter(members), |bencher| {
            bencher.iter(|| {
                let joined = bench.core().tracker.join(&guest, &stream, PresenceMeta::default());
                joined.expect("the session is open").reply.fill(Bytes::new());
                assert!(bench.core().tracker.leave(&stream, guest.user_id(), guest.id()));
                drain(&sessions) + drain(std::slice::from_ref(&guest))
            });
        });
    }
    group.finish();
}

/// A place of each kind, with sessions that have joined its channel.
struct Place {
    kind: &'static str,
    stream: Stream,
    sessions: Vec<Arc<Session>>,
}

/// Rooms, groups and direct channels, each with so many sessions in it: of as many users, of as many members, of two.
fn places(bench: &Bench, sessions: usize, persistence: bool) -> Vec<Place> {
    let name = |number: usize| format!("talker-{number}-of-{sessions}");
    let users: Vec<UserId> = (0..sessions).map(|number| bench.account(&name(number))).collect();
    let core = bench.core();
    let group = bench.runtime.block_on(async {
        let new = NewGroup { name: name(0), open: true, max_count: 10_000, ..NewGroup::default() };
        let group = core.groups.create(users[0], new).await.expect("the name is free").id;
        for (number, user) in users.iter().enumerate().skip(1) {
            let actor = Actor { user_id: *user, username: name(number).into() };
            core.groups.join(actor, group).await.expect("the group is open");
        }
        group
    });
    let two = [users[0].min(users[1]), users[0].max(users[1])];
    let direct = Stream { subcontext: two[1].uuid(), ..Stream::about(mode::DIRECT, two[0].uuid()) };
    let streams = [
        ("room", Stream::labelled(mode::ROOM, &name(0)), users.len()),
        ("group", Stream::about(mode::GROUP, group.uuid()), users.len()),
        ("direct", direct, 2),
    ];
    let place = |(kind, stream, among): (&'static str, Stream, usize)| {
        let sessions = (0..sessions).map(|number| bench.session_of(users[number % among], &name(number % among)));
        let sessions: Vec<Arc<Session>> = sessions.collect();
        for session in &sessions {
            let joined = bench.runtime.block_on(core.chat.join(session, &stream, persistence, true));
            joined.expect("all may join").reply.fill(Bytes::new());
        }
        Place { kind, stream, sessions }
    };
    streams.map(place).into()
}

/// A message that is not stored, from its sender's call to the outboxes of 100 sessions, in each kind of channel.
fn channel_fan_out(criterion: &mut Criterion) {
    const SESSIONS: usize = 100;
    let bench = Bench::start(|_| {}, Vec::new());
    let mut group = criterion.benchmark_group("channel fan-out");
    group.throughput(Throughput::Elements(SESSIONS as u64));
    for Place { kind, stream, sessions } in places(&bench, SESSIONS, false) {
        // Who is away from a direct channel is told that somebody waits there, on every session.
        drain(&sessions);
        group.bench_function(kind, |bencher| {
            bencher.iter(|| {
                let sent =
                    bench.runtime.block_on(bench.core().chat.send(&sessions[0], &stream, "{\"words\":\"skål\"}"));
                sent.expect("the sender is in the channel");
                assert_eq!(drain(&sessions), SESSIONS);
            });
        });
    }
    group.finish();
}

/// A stored message, durable, with 1 and with 64 on their way at once, in each kind of channel with two sessions in it;
/// the time is that of one message.
fn history_append(criterion: &mut Criterion) {
    let bench = Bench::start(|_| {}, Vec::new());
    let content = format!("{{\"words\":\"{}\"}}", "x".repeat(64));
    let mut group = criterion.benchmark_group("history append");
    for Place { kind, stream, sessions } in places(&bench, 2, true) {
        for at_once in [1, 64] {
            group.bench_function(BenchmarkId::new(kind, at_once), |bencher| {
                bencher.to_async(&bench.runtime).iter_custom(|messages| {
                    let (core, content, stream, sessions) = (bench.core(), &content, &stream, &sessions);
                    async move {
                        let start = Instant::now();
                        join_all((0..at_once).map(|writer| async move {
                            for _ in (writer..messages).step_by(at_once as usize) {
                                let sender = &sessions[writer as usize % sessions.len()];
                                core.chat.send(sender, stream, content).await.expect("the disk works");
                                drain(sessions);
                            }
                        }))
                        .await;
                        start.elapsed()
                    }
                });
            });
        }
    }
    group.finish();
}

/// A page of 100 messages out of a room of 5,000.
fn history_page(criterion: &mut Criterion) {
    let bench = Bench::start(|_| {}, Vec::new());
    let stream = Stream::labelled(mode::ROOM, "page");
    let sender = Actor { user_id: UserId::NIL, username: "bench".into() };
    bench.runtime.block_on(async {
        let sends =
            (0..5_000).map(|_| bench.core().chat.send_as(sender.clone(), &stream, "{\"words\":\"skål\"}", true));
        for sent in join_all(sends).await {
            sent.expect("the disk works");
        }
    });
    let mut group = criterion.benchmark_group("history page");
    for forward in [true, false] {
        let name = if forward { "oldest first" } else { "newest first" };
        group.bench_function(name, |bencher| {
            bencher.to_async(&bench.runtime).iter(|| async {
                let request = PageRequest { stream: stream.clone(), limit: 100, forward, from: None, cursor: None };
                let page = bench.core().chat.list(UserId::NIL, request).await.expect("the disk works");
                assert_eq!(page.messages.len(), 100);
                page
            });
        });
    }
    group.finish();
}

criterion_group!(benches, fan_out, presence_change, channel_fan_out, history_append, history_page);
criterion_main!(benches);
