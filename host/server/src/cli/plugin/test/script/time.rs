//! Times and how long something takes.

use super::read::{Reader, shown};
use meadhall_core::clock::Timestamp;
use toml::de::DeValue;

/// Reads a moment: a date with a time, in UTC where no offset stands.
pub(super) fn moment(reader: &mut Reader<'_>, line: usize, key: &str, value: &DeValue<'_>) -> Option<Timestamp> {
    let read = || {
        let DeValue::Datetime(time) = value else { return None };
        let text = match (time.date, time.time, time.offset) {
            (Some(_), Some(_), Some(_)) => time.to_string(),
            (Some(_), Some(_), None) => format!("{time}Z"),
            (Some(_), None, None) => format!("{time}T00:00:00Z"),
            _ => return None,
        };
        text.parse::<meadhall_protocol::timestamp::Timestamp>().ok()
    };
    let moment = read();
    if moment.is_none() {
        let problem =
            format!("`{key}` is a time such as 2026-01-31T12:00:00Z, without quotes, and here it is {}", shown(value));
        reader.fault(line, problem);
    }
    moment.map(|moment| Timestamp::from_nanos(moment.as_nanos()))
}

/// Nanoseconds of `1h30m`, `90s`, `250ms`; none for what is no such text.
pub(super) fn duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 5] = [
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ];
    let (mut nanos, mut rest) = (0_i64, text.trim());
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, unit) = rest.split_at(digits);
        let letters = unit.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(unit.len());
        let (_, size) = UNITS.iter().find(|(name, _)| *name == &unit[..letters])?;
        nanos = nanos.checked_add(number.parse::<i64>().ok()?.checked_mul(*size)?)?;
        rest = unit[letters..].trim_start();
    }
    Some(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        let seconds = |text| duration(text).map(|nanos| nanos as f64 / 1e9);
        for (text, expected) in [("90s", 90.0), ("1h30m", 5400.0), ("1d 2h", 93_600.0), ("250ms", 0.25), ("0s", 0.0)] {
            assert_eq!(seconds(text), Some(expected), "{text:?}");
        }
        for text in ["", "5", "h", "5 minutes", "-1h", "1w", "99999999999999999999s"] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }
}
