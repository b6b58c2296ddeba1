//! Moments.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A moment as the public messages write it: RFC 3339 in UTC, such as `2024-01-02T03:04:05.678Z`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub String);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub fn from_unix_ms(milliseconds: i64) -> Self {
        let (seconds, milliseconds) = (milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000));
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let fraction = if milliseconds == 0 { String::new() } else { format!(".{milliseconds:03}") };
        Self(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
    }

    /// Milliseconds since the Unix epoch, what is finer cut off; none when this is not RFC 3339 in UTC.
    pub fn unix_ms(&self) -> Option<i64> {
        let (date, time) = self.0.strip_suffix('Z')?.split_once('T')?;
        let [year, month, day] = fields(date, '-')?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
        let [hour, minute, second] = fields(time, ':')?;
        let calendar = (1..=12).contains(&month) && (1..=31).contains(&day);
        if !calendar || hour > 23 || minute > 59 || second > 60 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let milliseconds = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
        let milliseconds = milliseconds.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        let seconds = ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
        Some(seconds * 1000 + milliseconds)
    }

    /// Whole seconds since the Unix epoch; none when this is not RFC 3339 in UTC.
    pub fn unix_seconds(&self) -> Option<i64> {
        self.unix_ms().map(|milliseconds| milliseconds.div_euclid(1000))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Three numbers with a separator between them.
fn fields(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut numbers = text.split(separator).map(|field| {
        let digits = field.bytes().all(|byte| byte.is_ascii_digit());
        if digits { field.parse().ok() } else { None }
    });
    let fields = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(fields)
}

/// Days from 1970-01-01 in the Gregorian calendar. Years are counted from March, so that the leap day is their last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + leap_days + day_of_year - 719_468
}

/// Year, month and day, days after 1970-01-01: what [`days_since_epoch`] counts.
fn date(days: i64) -> (i64, i64, i64) {
    // The calendar repeats every 400 years, which have 146,097 days; day 0 is 0000-03-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months counted from March.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_counted_from_the_epoch() {
        let check =
            |text: &str, expected: Option<i64>| assert_eq!(Timestamp(text.into()).unix_ms(), expected, "{text}");
        check("1970-01-01T00:00:00Z", Some(0));
        check("2024-02-29T23:59:59.5Z", Some(1_709_251_199_500));
        check("2023-11-14T22:13:20.123456789Z", Some(1_700_000_000_123));
        check("1969-12-31T23:59:59.999Z", Some(-1));
        check("2000-03-01T00:00:00Z", Some(951_868_800_000));
        check("2024-01-02T03:04:05+02:00", None);
        check("2024-13-02T03:04:05Z", None);
        check("2024-01-02T+3:04:05Z", None);
        check("2024-01-02T03:04:05.+Z", None);
        check("yesterday", None);
    }

    #[test]
    fn a_moment_is_written_as_it_is_read() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2024-02-29T23:59:59.500Z",
            "1969-12-31T23:59:59.999Z",
            "2000-03-01T00:00:00Z",
            "2100-02-28T04:00:00Z",
            "1600-12-31T00:00:00.001Z",
        ] {
            let moment = Timestamp(text.into()).unix_ms().expect("RFC 3339");
            assert_eq!(Timestamp::from_unix_ms(moment).0, text);
        }
        for day in (-80_000..80_000).map(|step| step * 86_400_000 * 10 / 7) {
            assert_eq!(Timestamp::from_unix_ms(day).unix_ms(), Some(day), "{day}");
        }
    }
}
