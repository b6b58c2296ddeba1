//! Every message in both formats and both directions, against what an independent codec wrote: the one inside the
//! unmodified JavaScript client. `fixtures/generate.mjs` writes the file and says how.

#![expect(clippy::unwrap_used, reason = "what is broken in a fixture or a descriptor should end the test")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use meadhall_protocol::codec::{Format, decode_envelope, encode_envelope};
use meadhall_protocol::envelope::{KINDS, Sender};
use prost_types::DescriptorProto;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const FIXTURES: &str = include_str!("fixtures/messages.jsonl");

struct Fixture {
    message: String,
    json: Value,
    protobuf: Vec<u8>,
}

fn fixtures() -> Vec<Fixture> {
    let read = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        Fixture {
            message: line["message"].as_str().unwrap().to_owned(),
            protobuf: STANDARD.decode(line["protobuf"].as_str().unwrap()).unwrap(),
            json: line["json"].take(),
        }
    };
    FIXTURES.lines().map(read).collect()
}

#[test]
fn both_formats_read_the_same_and_write_what_they_read() {
    for Fixture { message, json, protobuf } in fixtures() {
        let text = json.to_string();
        let from_json =
            decode_envelope(Format::Json, text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
        let from_protobuf =
            decode_envelope(Format::Protobuf, &protobuf).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(from_json, from_protobuf, "{text}");
        assert_eq!(from_json.message.as_ref().unwrap().kind().field, message);

        let written = encode_envelope(Format::Json, &from_protobuf);
        assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), json);
        // The bytes may differ: the client's codec writes a wrapper's zero, ours leaves it out. Both read the same.
        let written = encode_envelope(Format::Protobuf, &from_json);
        assert_eq!(decode_envelope(Format::Protobuf, &written), Ok(from_protobuf), "{text}");
        assert!(written == protobuf || written.len() < protobuf.len(), "{text}");
    }
}

#[test]
fn lower_camel_case_reads_the_same() {
    for Fixture { message, json, .. } in fixtures() {
        let text = json.to_string();
        let camel = camel_case(&json).to_string();
        let one = decode_envelope(Format::Json, camel.as_bytes()).unwrap_or_else(|error| panic!("{camel}: {error}"));
        assert_eq!(decode_envelope(Format::Json, text.as_bytes()), Ok(one), "{message}: {camel}");
    }
}

/// Names of fields; what stands in a map is no name, and has no underscores in the fixtures.
fn camel_case(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (camel_name(name), camel_case(value))).collect(),
        Value::Array(items) => items.iter().map(camel_case).collect(),
        other => other.clone(),
    }
}

fn camel_name(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let (head, tail) = part.split_at(1);
        name + &head.to_uppercase() + tail
    })
}

#[test]
fn the_message_alone_goes_to_json_and_back() {
    for Fixture { message, json, protobuf } in fixtures() {
        let read = decode_envelope(Format::Protobuf, &protobuf).unwrap().message.unwrap();
        let inner = read.inner_json();
        assert_eq!(serde_json::from_str::<Value>(&inner).unwrap(), json[&message]);
        assert_eq!(read.replace_inner(&inner), Ok(read), "{inner}");
    }
}

#[test]
fn a_replacement_must_be_of_the_same_kind() {
    let message = decode_envelope(Format::Json, br#"{"rpc":{"id":"a"}}"#).unwrap().message.unwrap();
    let error = message.replace_inner(r#"{"id":"b","content":"c"}"#).unwrap_err();
    assert_eq!(error.to_string(), "unknown field \"content\"");
    let changed = message.replace_inner(r#"{"id":"b"}"#).unwrap();
    assert_eq!((changed.name(), changed.inner_json().as_str()), ("Rpc", r#"{"id":"b"}"#));
}

/// The descriptors of proto/, by full name.
fn descriptors() -> BTreeMap<String, DescriptorProto> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    let files = protox::compile(["realtime.proto"], [folder]).unwrap();
    let mut found = BTreeMap::new();
    for file in files.file {
        collect(&format!(".{}", file.package()), file.message_type, &mut found);
    }
    found
}

fn collect(parent: &str, messages: Vec<DescriptorProto>, found: &mut BTreeMap<String, DescriptorProto>) {
    for message in messages {
        let name = format!("{parent}.{}", message.name());
        collect(&name, message.nested_type.clone(), found);
        found.insert(name, message);
    }
}

#[test]
fn the_table_of_kinds_is_the_envelope() {
    let envelope = &descriptors()[".meadhall.realtime.Envelope"];
    let fields: Vec<_> = envelope.field.iter().filter(|field| field.oneof_index.is_some()).collect();
    assert_eq!(fields.len(), 50);
    assert_eq!(KINDS.len(), fields.len());
    for ((kind, field), number) in KINDS.iter().zip(fields).zip(2..) {
        assert_eq!((kind.field, field.number()), (field.name(), number));
        assert_eq!(Some(kind.name), field.type_name().rsplit('.').next());
    }
    assert_eq!(KINDS.iter().filter(|kind| kind.sender == Sender::Client).count(), 29);
}

/// A message, or a field of one, that no fixture shows would be a claim that nothing checks.
#[test]
fn every_field_of_every_message_has_a_fixture() {
    let descriptors = descriptors();
    let mut seen = BTreeSet::new();
    for fixture in fixtures() {
        note_fields(".meadhall.realtime.Envelope", &fixture.json, &descriptors, &mut seen);
    }
    let mut wanted = BTreeSet::new();
    want_fields(".meadhall.realtime.Envelope", &descriptors, &mut wanted);
    let missing: Vec<_> = wanted.difference(&seen).collect();
    assert!(missing.is_empty(), "no fixture has {missing:?}");
}

type Field = (String, String);

fn want_fields(message: &str, descriptors: &BTreeMap<String, DescriptorProto>, wanted: &mut BTreeSet<Field>) {
    for field in &descriptors[message].field {
        let is_new = wanted.insert((message.to_owned(), field.name().to_owned()));
        if is_new && is_message(field.type_name(), descriptors) {
            want_fields(field.type_name(), descriptors, wanted);
        }
    }
}

fn note_fields(
    message: &str,
    json: &Value,
    descriptors: &BTreeMap<String, DescriptorProto>,
    seen: &mut BTreeSet<Field>,
) {
    for field in &descriptors[message].field {
        let Some(value) = json.get(field.name()) else { continue };
        seen.insert((message.to_owned(), field.name().to_owned()));
        if is_message(field.type_name(), descriptors) {
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            values.iter().for_each(|value| note_fields(field.type_name(), value, descriptors, seen));
        }
    }
}

/// One of our own: not a wrapper or a time, and not the entry that stands for a map.
fn is_message(name: &str, descriptors: &BTreeMap<String, DescriptorProto>) -> bool {
    let options = descriptors.get(name).and_then(|message| message.options.as_ref());
    name.starts_with(".meadhall.") && options.is_none_or(|options| !options.map_entry())
}
