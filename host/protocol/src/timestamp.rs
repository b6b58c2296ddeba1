//! `google.protobuf.Timestamp`, with the JSON form of the wire: RFC 3339 in UTC with `Z` and 0, 3, 6 or 9 digits.

use serde::de::{Error, Unexpected, Visitor};
use std::fmt;
use std::str::FromStr;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Timestamp {
    /// Seconds since the Unix epoch.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds on top, 0 to 999,999,999.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// The first second of the year 1, the earliest that the wire can say.
const FIRST_SECOND: i64 = -62_135_596_800;
/// The last second of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

impl Timestamp {
    /// The moment that many nanoseconds after the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { seconds: nanos.div_euclid(NANOS_PER_SECOND), nanos: nanos.rem_euclid(NANOS_PER_SECOND) as i32 }
    }

    /// The moment that many whole seconds after the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self { seconds, nanos: 0 }
    }

    /// Nanoseconds after the Unix epoch; the nearest that fit where they do not (before 1677, after 2262).
    pub const fn as_nanos(self) -> i64 {
        self.seconds.saturating_mul(NANOS_PER_SECOND).saturating_add(self.nanos as i64)
    }
}

/// The RFC 3339 text. A moment that the wire cannot say, which only a binary message can hold, becomes the nearest that
/// it can.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(Text::of(*self).as_str())
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Text::of(*self).as_str())
    }
}

/// The text of a moment, put together by hand: formatting each number on its own took half the time of writing a chat
/// message, and a page of history has two hundred of them.
struct Text {
    bytes: [u8; Self::TEMPLATE.len()],
    length: usize,
}

impl Text {
    const TEMPLATE: &[u8; 30] = b"0000-00-00T00:00:00.000000000Z";
    const WHOLE_SECONDS: usize = 19;

    fn of(moment: Timestamp) -> Self {
        let date_time = OffsetDateTime::from_unix_timestamp(moment.seconds.clamp(FIRST_SECOND, LAST_SECOND))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (year, month, day) = date_time.to_calendar_date();
        let (hour, minute, second) = date_time.to_hms();
        let nanos = moment.nanos.clamp(0, 999_999_999).unsigned_abs();

        let mut bytes = *Self::TEMPLATE;
        put(&mut bytes[0..4], year.unsigned_abs());
        put(&mut bytes[5..7], u8::from(month).into());
        put(&mut bytes[8..10], day.into());
        put(&mut bytes[11..13], hour.into());
        put(&mut bytes[14..16], minute.into());
        put(&mut bytes[17..19], second.into());
        put(&mut bytes[20..29], nanos);
        let fraction = match nanos {
            0 => 0,
            nanos if nanos % 1_000_000 == 0 => 4,
            nanos if nanos % 1_000 == 0 => 7,
            _ => 10,
        };
        bytes[Self::WHOLE_SECONDS + fraction] = b'Z';
        Self { bytes, length: Self::WHOLE_SECONDS + fraction + 1 }
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).expect("digits and punctuation are UTF-8")
    }
}

/// Writes a number into a place of that width, with zeros in front.
fn put(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

/// The text is no moment that the wire can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time as in 2006-01-02T15:04:05Z")]
pub struct InvalidTimestamp;

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or(InvalidTimestamp)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Timestamp;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a time as in 2006-01-02T15:04:05Z")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
        parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// Any offset is read. The wire is stricter than RFC 3339: a capital `T` and `Z`, no leap second, and at most nine
/// digits of a fraction.
fn parse(text: &str) -> Option<Timestamp> {
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let strict = text.get(10..11) == Some("T") && text.get(17..19) != Some("60") && !text.ends_with('z');
    if digits > 9 || !strict {
        return None;
    }
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let seconds = moment.unix_timestamp();
    (FIRST_SECOND..=LAST_SECOND)
        .contains(&seconds)
        .then(|| Timestamp { seconds, nanos: i32::try_from(moment.nanosecond()).unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text as JSON, read and written again.
    fn check(text: &str, written: &str, nanos: i32) {
        let moment: Timestamp = serde_json::from_str(&format!("{text:?}")).unwrap();
        assert_eq!(moment.nanos, nanos, "{text}");
        assert_eq!(moment.to_string(), written, "{text}");
    }

    #[test]
    fn fractions_have_the_fewest_digits_that_are_exact() {
        check("2026-02-03T04:05:06Z", "2026-02-03T04:05:06Z", 0);
        check("2026-02-03T04:05:06.5Z", "2026-02-03T04:05:06.500Z", 500_000_000);
        check("2026-02-03T04:05:06.001000Z", "2026-02-03T04:05:06.001Z", 1_000_000);
        check("2026-02-03T04:05:06.000001Z", "2026-02-03T04:05:06.000001Z", 1_000);
        check("2026-02-03T04:05:06.123456789Z", "2026-02-03T04:05:06.123456789Z", 123_456_789);
    }

    #[test]
    fn offsets_are_read_and_become_utc() {
        check("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z", 0);
        check("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z", 999_000_000);
    }

    #[test]
    fn the_ends_of_the_range_are_read_and_nothing_beyond() {
        check("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", 0);
        check("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z", 999_999_999);
        for text in ["0000-12-31T23:59:59Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "now", "2026-02-03", "2026-02-30T00:00:00Z", "2026-02-03T04:05:06", "2026-02-03 04:05:06Z"] {
            assert!(parse(text).is_none(), "{text}");
        }
        for text in ["2026-02-03T04:05:06.1234567890Z", "2026-02-03T04:05:06z", "2026-06-30T23:59:60Z"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_moment_out_of_range_is_written_as_the_nearest_in_range() {
        let moment = Timestamp { seconds: i64::MAX, nanos: -5 };
        assert_eq!(moment.to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp { seconds: i64::MIN, nanos: 0 }.to_string(), "0001-01-01T00:00:00Z");
    }

    #[test]
    fn nanoseconds_go_in_and_out() {
        for nanos in [0, 1, -1, 1_700_000_000_123_456_789, i64::MAX, i64::MIN] {
            let moment = Timestamp::from_nanos(nanos);
            assert!((0..1_000_000_000).contains(&moment.nanos), "{nanos}");
            assert_eq!(moment.as_nanos(), if nanos == i64::MIN { moment.as_nanos() } else { nanos });
        }
        assert_eq!(Timestamp::from_seconds(7), Timestamp { seconds: 7, nanos: 0 });
    }
}
