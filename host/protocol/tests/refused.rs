//! Input that must be refused, with the reason that is given, and input that only looks wrong.

use meadhall_protocol::api;
use meadhall_protocol::codec::{Format, UnknownFields, decode_envelope, encode_envelope, from_json};
use meadhall_protocol::realtime::Envelope;

/// The start of the reason is given: the end names the place in the text.
#[test]
fn envelopes_that_are_refused() {
    let table = [
        // No JSON, or not only JSON.
        ("", "EOF while parsing a value"),
        ("rubbish", "expected value at line 1 column 1"),
        ("[]", "invalid type: sequence, expected an object"),
        ("null", "invalid type: null, expected an object"),
        ("\"x\"", "invalid type: string \"x\", expected an object"),
        (r#"{"cid":"1""#, "EOF while parsing an object"),
        (r#"{"cid":"1"}x"#, "trailing characters"),
        (r#"{"cid":"1"}{"#, "trailing characters"),
        (r#"{"cid":"1",}"#, "trailing comma"),
        (r#"{"cid":"\ud800"}"#, "field \"cid\": "),
        // Unknown fields, at any depth.
        (r#"{"bogus":1}"#, "unknown field \"bogus\""),
        (r#"{"Cid":"1"}"#, "unknown field \"Cid\""),
        (r#"{"rpc":{"id":"a","bogus":{}}}"#, "unknown field \"rpc.bogus\""),
        (r#"{"status":{"presences":[{},{"x":0}]}}"#, "unknown field \"status.presences[1].x\""),
        // Values of the wrong type.
        (r#"{"cid":1,"ping":{}}"#, "field \"cid\": invalid type: integer `1`, expected a string"),
        (r#"{"rpc":[]}"#, "field \"rpc\": invalid type: sequence, expected an object"),
        (r#"{"rpc":"x"}"#, "field \"rpc\": invalid type: string \"x\", expected an object"),
        (r#"{"rpc":{"id":7}}"#, "field \"rpc.id\": invalid type: integer `7`, expected a string"),
        (r#"{"channel_join":{"hidden":"true"}}"#, "field \"channel_join.hidden\": invalid type: string \"true\""),
        (r#"{"channel_join":{"hidden":1}}"#, "field \"channel_join.hidden\": invalid type: integer `1`"),
        (
            r#"{"channel_join":{"type":true}}"#,
            "field \"channel_join.type\": invalid type: boolean `true`, expected a number",
        ),
        (
            r#"{"status_follow":{"user_ids":"a"}}"#,
            "field \"status_follow.user_ids\": invalid type: string \"a\", expected a list",
        ),
        (r#"{"status_follow":{"user_ids":["a",1]}}"#, "field \"status_follow.user_ids[1]\": invalid type: integer `1`"),
        (
            r#"{"match_join":{"metadata":[]}}"#,
            "field \"match_join.metadata\": invalid type: sequence, expected an object",
        ),
        (r#"{"match_join":{"metadata":{"a":1}}}"#, "field \"match_join.metadata.a\": invalid type: integer `1`"),
        // Numbers that do not fit.
        (r#"{"channel_join":{"type":1.5}}"#, "field \"channel_join.type\": number 1.5 does not fit"),
        (r#"{"channel_join":{"type":2147483648}}"#, "field \"channel_join.type\": number 2147483648 does not fit"),
        (r#"{"channel_join":{"type":"2147483648"}}"#, "field \"channel_join.type\": number 2147483648 does not fit"),
        (r#"{"channel_join":{"type":"one"}}"#, "field \"channel_join.type\": invalid digit found in string"),
        (r#"{"channel_join":{"type":""}}"#, "field \"channel_join.type\": cannot parse integer from empty string"),
        (r#"{"channel_join":{"type":" 1"}}"#, "field \"channel_join.type\": invalid digit found in string"),
        (r#"{"channel_join":{"type":"+1"}}"#, "field \"channel_join.type\": text \"+1\" is no number"),
        (r#"{"channel_join":{"type":"01"}}"#, "field \"channel_join.type\": text \"01\" is no number"),
        (
            r#"{"match_data_send":{"op_code":9223372036854775808}}"#,
            "field \"match_data_send.op_code\": number 9223372036854775808 does not fit",
        ),
        (
            r#"{"matchmaker_add":{"numeric_properties":{"a":"inf"}}}"#,
            "field \"matchmaker_add.numeric_properties.a\": text \"inf\" is no number",
        ),
        // Nothing where something must be.
        (r#"{"status_follow":{"user_ids":[null]}}"#, "field \"status_follow.user_ids[0]\": invalid type: null"),
        (r#"{"status":{"presences":[null]}}"#, "field \"status.presences[0]\": invalid type: null"),
        (r#"{"match_join":{"metadata":{"a":null}}}"#, "field \"match_join.metadata.a\": invalid type: null"),
        (
            r#"{"matchmaker_add":{"numeric_properties":{"a":null}}}"#,
            "field \"matchmaker_add.numeric_properties.a\": invalid type: null",
        ),
        // Twice.
        (r#"{"cid":"1","cid":"1"}"#, "duplicate field `cid`"),
        (r#"{"rpc":{"http_key":"a","httpKey":"a"}}"#, "field \"rpc\": duplicate field `httpKey`"),
        (r#"{"ping":{},"ping":{}}"#, "duplicate field `ping`"),
        (r#"{"ping":{},"pong":{}}"#, "duplicate field `pong`"),
        (r#"{"match_join":{"match_id":"a","token":"b"}}"#, "field \"match_join\": duplicate field `token`"),
        (
            r#"{"match_join":{"metadata":{"a":"1","\u0061":"2"}}}"#,
            "field \"match_join.metadata\": key \"a\" comes twice",
        ),
        // Bytes and times.
        (r#"{"match_data_send":{"data":"!!"}}"#, "field \"match_data_send.data\": Invalid symbol"),
        (
            r#"{"channel_message":{"create_time":"yesterday"}}"#,
            "field \"channel_message.create_time\": invalid value: string \"yesterday\"",
        ),
        (
            r#"{"channel_message":{"create_time":5}}"#,
            "field \"channel_message.create_time\": invalid type: integer `5`",
        ),
    ];
    for (text, reason) in table {
        let error = decode_envelope(Format::Json, text.as_bytes()).expect_err(text);
        assert!(error.to_string().starts_with(reason), "{text}\n  gives    {error}\n  expected {reason}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert!(decode_envelope(Format::Json, b"{\"cid\":\"\xff\"}").is_err());
}

#[test]
fn binary_envelopes_that_are_refused() {
    let table: [(&[u8], &str); 5] = [
        (b"\x0a\x05a", "buffer underflow"),
        (b"\x0a\x01\xff", "invalid string value"),
        (b"\x08\x01", "Envelope.cid: invalid wire type"),
        (b"\xc2\x01\x02\x08\x01", "Rpc.id: Envelope.message: invalid wire type"),
        (b"{\"cid\":\"1\"}", "invalid wire type"),
    ];
    for (bytes, reason) in table {
        let error = decode_envelope(Format::Protobuf, bytes).expect_err(reason);
        assert!(error.to_string().contains(reason), "{bytes:?}\n  gives    {error}\n  expected {reason}");
    }
}

/// Each pair reads as the same envelope.
#[test]
fn spellings_that_are_the_same() {
    let table = [
        (r#"{"cid":"1","channelJoin":{"target":"a"}}"#, r#"{"cid":"1","channel_join":{"target":"a"}}"#),
        (r#"{"channel_join":{"type":"1"}}"#, r#"{"channel_join":{"type":1}}"#),
        (r#"{"channel_join":{"type":1.0}}"#, r#"{"channel_join":{"type":1}}"#),
        (r#"{"channel_join":{"type":"1.0"}}"#, r#"{"channel_join":{"type":1}}"#),
        (r#"{"channel_join":{"type":1e0}}"#, r#"{"channel_join":{"type":1}}"#),
        (r#"{"channel_join":{"type":-0}}"#, r#"{"channel_join":{}}"#),
        (r#"{"match_data_send":{"opCode":5}}"#, r#"{"match_data_send":{"op_code":"5"}}"#),
        (
            r#"{"match_data_send":{"op_code":-9223372036854775808}}"#,
            r#"{"match_data_send":{"op_code":"-9223372036854775808"}}"#,
        ),
        (r#"{"match_data_send":{"data":"-_8"}}"#, r#"{"match_data_send":{"data":"+/8="}}"#),
        (
            r#"{"matchmaker_add":{"numeric_properties":{"a":"1.5"}}}"#,
            r#"{"matchmaker_add":{"numeric_properties":{"a":1.5}}}"#,
        ),
        (r#"{"cid":null,"rpc":{"id":null,"payload":null}}"#, r#"{"rpc":{}}"#),
        (r#"{"ping":null,"rpc":{}}"#, r#"{"rpc":{}}"#),
        (r#"{"channel_join":{"type":null,"persistence":null}}"#, r#"{"channel_join":{}}"#),
        (
            r#"{"match_data_send":{"data":null,"presences":null,"op_code":null,"reliable":null}}"#,
            r#"{"match_data_send":{}}"#,
        ),
        (r#"{"match_join":{"match_id":null,"token":"t","metadata":null}}"#, r#"{"match_join":{"token":"t"}}"#),
        (r#"{"channel_message":{"create_time":null}}"#, r#"{"channel_message":{}}"#),
        (" {\t\"c\\u0069d\" : \"1\" }\n", r#"{"cid":"1"}"#),
    ];
    for (text, same) in table {
        let one = decode_envelope(Format::Json, text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(decode_envelope(Format::Json, same.as_bytes()).as_ref(), Ok(&one), "{text}");
    }
}

#[test]
fn an_envelope_without_a_message_is_no_error() {
    for text in ["{}", r#"{"cid":""}"#, r#"{"ping":null}"#] {
        assert_eq!(decode_envelope(Format::Json, text.as_bytes()), Ok(Envelope::default()), "{text}");
    }
    assert_eq!(decode_envelope(Format::Protobuf, b""), Ok(Envelope::default()));
    assert_eq!(encode_envelope(Format::Json, &Envelope::done("7")), r#"{"cid":"7"}"#);
}

#[test]
fn unknown_fields_are_skipped_on_rest() {
    let text = br#"{"bogus":[{"deep":[null]}],"account":{"id":"device","x":1,"vars":{"bogus":"kept"}},"createe":1,"create":false}"#;
    let request: api::AuthenticateDeviceRequest = from_json(text, UnknownFields::Skip).unwrap();
    let account = request.account.unwrap();
    assert_eq!((account.id.as_str(), account.vars["bogus"].as_str()), ("device", "kept"));
    assert_eq!(request.create, Some(false));
    let error = from_json::<api::AuthenticateDeviceRequest>(text, UnknownFields::Refuse).unwrap_err();
    assert_eq!(error.to_string(), "unknown field \"bogus\"");
    let broken = from_json::<api::Session>(br#"{"bogus":[}"#, UnknownFields::Skip).unwrap_err();
    assert!(broken.to_string().starts_with("expected value"), "{broken}");
}

/// What an RPC's body is: one JSON text.
#[test]
fn plain_values_are_read_too() {
    assert_eq!(from_json::<String>(br#""a\"b""#, UnknownFields::Skip).as_deref(), Ok("a\"b"));
    assert!(from_json::<String>(b"null", UnknownFields::Skip).is_err());
    assert!(from_json::<String>(b"{}", UnknownFields::Skip).is_err());
    assert_eq!(from_json::<i32>(b"3.0", UnknownFields::Skip), Ok(3));
}
