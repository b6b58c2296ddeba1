//! Messages with a few bytes changed: the readers refuse them or read something whole, and never panic.

use meadhall_protocol::codec::{Format, decode_envelope, encode_envelope};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Every fixture in both formats.
fn messages() -> Vec<(Format, Vec<u8>)> {
    let texts = include_str!("fixtures/messages.jsonl").lines().filter_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(line["json"].to_string().into_bytes())
    });
    texts
        .flat_map(|text| {
            let protobuf = decode_envelope(Format::Json, &text)
                .map(|envelope| (Format::Protobuf, encode_envelope(Format::Protobuf, &envelope).to_vec()));
            [Some((Format::Json, text)), protobuf.ok()]
        })
        .flatten()
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_are_refused_or_read_whole(
        (format, mut bytes) in select(messages()),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        cut in any::<Option<Index>>(),
    ) {
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(envelope) = decode_envelope(format, &bytes) {
            let written = encode_envelope(format, &envelope);
            let again = decode_envelope(format, &written);
            prop_assert!(again.is_ok(), "{again:?} from {written:?}");
            prop_assert_eq!(again.map(|envelope| encode_envelope(format, &envelope)), Ok(written));
        }
    }
}
