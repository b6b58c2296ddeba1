//! Envelopes: bytes to message and back, in both formats.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use meadhall_protocol::codec::{Format, UnknownFields, decode_envelope, encode_envelope, from_json};
use meadhall_protocol::realtime::Envelope;
use serde_json::{Value, json};
use std::hint::black_box;

fn envelopes(criterion: &mut Criterion) {
    let content = json!({ "words": "x".repeat(64) }).to_string();
    let id = "0194f8a0-5b1c-7c3e-9d2f-3a4b5c6d7e8f";
    let messages = [
        ("rpc", json!({ "cid": "1", "rpc": { "id": "probe.echo", "payload": "{\"horn\":7}" } })),
        (
            "message_send",
            json!({ "cid": "2", "channel_message_send": { "channel_id": "2...hall", "content": content } }),
        ),
        (
            "message",
            json!({ "channel_message": { "channel_id": "2...hall", "message_id": id, "code": 0, "sender_id": id,
                "username": "astrid", "content": content, "create_time": "2026-01-02T03:04:05.678901234Z",
                "update_time": "2026-01-02T03:04:05.678901234Z", "persistent": true, "room_name": "hall" } }),
        ),
    ];
    for (name, message) in messages {
        for format in [Format::Json, Format::Protobuf] {
            one(criterion, name, &message, format);
        }
    }
}

fn one(criterion: &mut Criterion, name: &str, message: &Value, format: Format) {
    let envelope: Envelope =
        from_json(message.to_string().as_bytes(), UnknownFields::Refuse).expect("the bench's messages are envelopes");
    let bytes = encode_envelope(format, &envelope);
    let mut group = criterion.benchmark_group("envelope");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function(BenchmarkId::new(format!("decode {format:?}"), name), |bencher| {
        bencher.iter(|| decode_envelope(format, black_box(&bytes)));
    });
    group.bench_function(BenchmarkId::new(format!("encode {format:?}"), name), |bencher| {
        bencher.iter(|| encode_envelope(format, black_box(&envelope)));
    });
    group.finish();
}

criterion_group!(benches, envelopes);
criterion_main!(benches);
