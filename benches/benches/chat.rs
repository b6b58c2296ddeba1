//! Streams and rooms: fan-out, a change of presence, appending to a history, reading a page of it.

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use meadhall_benches::{Bench, drain};
use meadhall_core::caller::Actor;
use meadhall_core::history::PageRequest;
use meadhall_core::ids::UserId;
use meadhall_core::presence::PresenceMeta;
use meadhall_core::push::{Push, PushEvent};
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

/// A stored message, durable, with 1 and with 64 writers at once; the time is that of one message.
fn history_append(criterion: &mut Criterion) {
    let bench = Bench::start(|_| {}, Vec::new());
    let content = format!("{{\"words\":\"{}\"}}", "x".repeat(64));
    let sender = Actor { user_id: UserId::NIL, username: "bench".into() };
    let mut group = criterion.benchmark_group("history append");
    for writers in [1, 64] {
        group.bench_function(BenchmarkId::from_parameter(writers), |bencher| {
            bencher.to_async(&bench.runtime).iter_custom(|messages| {
                let (core, content, sender) = (bench.core(), &content, &sender);
                async move {
                    let start = Instant::now();
                    join_all((0..writers).map(|writer| async move {
                        let stream = Stream::labelled(mode::ROOM, &format!("append-{writer}"));
                        for _ in (writer..messages).step_by(writers as usize) {
                            core.chat.send_as(sender.clone(), &stream, content, true).await.expect("the disk works");
                        }
                    }))
                    .await;
                    start.elapsed()
                }
            });
        });
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

criterion_group!(benches, fan_out, presence_change, history_append, history_page);
criterion_main!(benches);
