//! What a Nakama and its clients were recorded to say: read by our readers, and written the same by our writers.
//!
//! `fixtures/recorded.jsonl` is a selection of those conversations, one line for each shape that a message had, with
//! ids, times and tokens replaced. What a client sends need not be as we would write it (camel case, `null`, fields that
//! nobody knows); what the server sends must be.

use meadhall_protocol::codec::{
    DecodeError, Format, UnknownFields, decode_envelope, encode_envelope, from_json, to_json,
};
use meadhall_protocol::realtime::{self, Envelope, envelope::Message};
use meadhall_protocol::timestamp::Timestamp;
use meadhall_protocol::{api, error::RealtimeCode};
use serde_json::Value;

/// Reads the text as that type, as the wire would have it there, and writes it again.
fn read_and_write(kind: &str, text: &str) -> Result<String, DecodeError> {
    fn rest<T: serde::de::DeserializeOwned + serde::Serialize>(text: &str) -> Result<String, DecodeError> {
        from_json::<T>(text.as_bytes(), UnknownFields::Skip).map(|message| to_json(&message))
    }
    match kind {
        "Envelope" => {
            let envelope = decode_envelope(Format::Json, text.as_bytes())?;
            String::from_utf8(encode_envelope(Format::Json, &envelope).into())
                .map_err(|error| DecodeError(error.to_string()))
        }
        "Account" => rest::<api::Account>(text),
        "AccountCustom" => rest::<api::AccountCustom>(text),
        "AccountDevice" => rest::<api::AccountDevice>(text),
        "AccountEmail" => rest::<api::AccountEmail>(text),
        "ChannelMessageList" => rest::<api::ChannelMessageList>(text),
        "Event" => rest::<api::Event>(text),
        "Session" => rest::<api::Session>(text),
        "SessionLogoutRequest" => rest::<api::SessionLogoutRequest>(text),
        "SessionRefreshRequest" => rest::<api::SessionRefreshRequest>(text),
        "UpdateAccountRequest" => rest::<api::UpdateAccountRequest>(text),
        "Users" => rest::<api::Users>(text),
        other => panic!("no type {other:?}"),
    }
}

#[test]
fn recorded_conversations_are_read_and_written() {
    for line in include_str!("fixtures/recorded.jsonl").lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let step = line["step"].as_str().unwrap();
        let kind = line["type"].as_str().unwrap();
        let text = line["json"].to_string();
        let written = read_and_write(kind, &text).unwrap_or_else(|error| panic!("{step}: {text}: {error}"));
        if line["from"] == "server" {
            assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), line["json"], "{step}");
        }
        let again = read_and_write(kind, &written).unwrap_or_else(|error| panic!("{step}: {written}: {error}"));
        assert_eq!(again, written, "{step}");
    }
}

/// Letter by letter: fields in the order of their numbers, no blanks, what has its default left out.
#[test]
fn envelopes_are_written_letter_by_letter() {
    let table = [
        (Envelope::done("c1"), r#"{"cid":"c1"}"#),
        (Envelope::reply("c2", Message::Pong(realtime::Pong {})), r#"{"cid":"c2","pong":{}}"#),
        (
            Envelope::error("c3", RealtimeCode::BadInput, "Invalid channel type"),
            r#"{"cid":"c3","error":{"code":3,"message":"Invalid channel type"}}"#,
        ),
        (
            Envelope::error("c4", RealtimeCode::RuntimeException, "no code"),
            r#"{"cid":"c4","error":{"message":"no code"}}"#,
        ),
        (
            Envelope::push(Message::ChannelMessage(api::ChannelMessage {
                channel_id: "2...lobby".into(),
                message_id: "m".into(),
                code: Some(0),
                sender_id: "s".into(),
                username: "a".into(),
                content: r#"{"t":"<&>"}"#.into(),
                create_time: Some(Timestamp { seconds: 1, nanos: 5 }),
                update_time: Some(Timestamp { seconds: 1, nanos: 0 }),
                persistent: Some(false),
                room_name: "lobby".into(),
                ..Default::default()
            })),
            concat!(
                r#"{"channel_message":{"channel_id":"2...lobby","message_id":"m","code":0,"sender_id":"s","username":"a","#,
                r#""content":"{\"t\":\"<&>\"}","create_time":"1970-01-01T00:00:01.000000005Z","#,
                r#""update_time":"1970-01-01T00:00:01Z","persistent":false,"room_name":"lobby"}}"#
            ),
        ),
        (
            Envelope::push(Message::StreamData(realtime::StreamData {
                stream: Some(realtime::Stream { mode: 0, label: "x".into(), ..Default::default() }),
                data: "plain".into(),
                ..Default::default()
            })),
            r#"{"stream_data":{"stream":{"label":"x"},"data":"plain"}}"#,
        ),
        (
            Envelope::push(Message::MatchData(realtime::MatchData {
                op_code: 5,
                data: vec![0, 255],
                ..Default::default()
            })),
            r#"{"match_data":{"op_code":"5","data":"AP8="}}"#,
        ),
    ];
    for (envelope, text) in table {
        assert_eq!(encode_envelope(Format::Json, &envelope), text);
    }
}
