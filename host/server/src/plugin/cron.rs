//! Cron expressions: when a plugin's function is to run. Minutes are counted from the Unix epoch, UTC.

use anyhow::bail;
use cronexpr::{Crontab, FallbackTimezoneOption, MakeTimestamp, ParseOptions};
use std::sync::Arc;

/// A minute's length in seconds.
const MINUTE: i64 = 60;
/// 2024-01-01, the beginning of a leap year: what does not come within four years from here never comes.
const FIRST_OF_2024: i64 = 1_704_067_200 / MINUTE;

/// The fields in order, and what each may be.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31"),
    ("month", "1 to 12, or JAN to DEC"),
    ("day of the week", "0 to 7, or SUN to SAT, where 0 and 7 are both Sunday"),
];

/// Names for common expressions.
const NAMED: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// A cron expression, read.
#[derive(Debug)]
pub(super) struct Expression {
    /// As the plugin wrote it.
    pub(super) text: Arc<str>,
    crontab: Crontab,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Half a sentence that goes on from the expression: `, whose hour "25" is wrong: …`.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let fields: Vec<&str> = spelled_out(text)?.split_ascii_whitespace().collect();
        if fields.len() != FIELDS.len() {
            let names = FIELDS.map(|(name, _)| name).join(", ");
            bail!("which has {} of the five fields {names}", fields.len());
        }
        for (place, (field, (name, values))) in fields.iter().zip(FIELDS).enumerate() {
            let mut alone = ["*"; FIELDS.len()];
            alone[place] = field;
            if crontab(&alone).is_none() {
                bail!(
                    "whose {name} {field:?} is wrong: it is {values}, a range `2-4`, a step `*/2`, a list of those, or `*`"
                );
            }
        }
        let Some(crontab) = crontab(&fields) else { bail!("which is no cron expression") };
        let expression = Self { text: text.into(), crontab };
        if expression.next(FIRST_OF_2024).is_none() {
            bail!("which is a time that never comes");
        }
        Ok(expression)
    }

    /// The first tick after a minute; none when there is none within four years.
    pub(super) fn next(&self, after: i64) -> Option<i64> {
        let after = MakeTimestamp::from_second(after.checked_mul(MINUTE)?).ok()?;
        let next = self.crontab.find_next(after).ok()?;
        Some(next.timestamp().as_second().div_euclid(MINUTE))
    }

    /// The last tick that is after one minute and not after another.
    pub(super) fn latest(&self, after: i64, until: i64) -> Option<i64> {
        let comes_after = |minute| self.next(minute).filter(|&tick| tick <= until);
        let mut latest = comes_after(after)?;
        // The span may be years, where a clock was wrong: it is halved, not walked. A tick comes after `early`, none
        // after `late`.
        let (mut early, mut late) = (after, until);
        while late - early > 1 {
            let middle = early + (late - early) / 2;
            match comes_after(middle) {
                Some(tick) => (early, latest) = (middle, tick),
                None => late = middle,
            }
        }
        Some(latest)
    }
}

/// The five fields that a name stands for.
fn spelled_out(text: &str) -> anyhow::Result<&str> {
    if !text.trim_start().starts_with('@') {
        return Ok(text);
    }
    let known = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    match known {
        Some((_, fields)) => Ok(fields),
        None => bail!("a name that is none of {}", NAMED.map(|(name, _)| name).join(", ")),
    }
}

fn crontab(fields: &[&str]) -> Option<Crontab> {
    let mut options = ParseOptions::default();
    options.fallback_timezone_option = FallbackTimezoneOption::UTC;
    cronexpr::parse_crontab_with(&fields.join(" "), options).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T00:00:00Z, a Thursday.
    const NEW_YEAR: i64 = 1_767_225_600 / MINUTE;
    const DAY: i64 = 24 * 60;

    fn next(text: &str) -> i64 {
        Expression::parse(text).unwrap().next(NEW_YEAR).unwrap() - NEW_YEAR
    }

    #[test]
    fn the_next_time_is_in_utc() {
        for (text, minutes) in [
            ("* * * * *", 1),
            ("0 4 * * *", 4 * 60),
            ("  0\t4 * *  * ", 4 * 60),
            ("*/10 * * * *", 10),
            ("5,7 * * * *", 5),
            ("0 22-23 * * *", 22 * 60),
            ("0 0 * * sun", 3 * DAY),
            ("0 0 * * 0", 3 * DAY),
            ("0 0 * * 7", 3 * DAY),
            ("0 0 * * Mon-Fri", DAY),
            ("0 0 1 FEB *", 31 * DAY),
            ("30 4 1,15 * *", 4 * 60 + 30),
            ("0 0 29 2 *", (365 + 365 + 31 + 28) * DAY),
            ("@hourly", 60),
            ("@daily", DAY),
            ("@Midnight", DAY),
            ("@weekly", 3 * DAY),
            ("@monthly", 31 * DAY),
            ("@yearly", 365 * DAY),
            ("@annually", 365 * DAY),
        ] {
            assert_eq!(next(text), minutes, "{text:?}");
        }
    }

    #[test]
    fn a_wrong_expression_is_told_by_its_field() {
        for (text, says) in [
            ("60 * * * *", "whose minute \"60\" is wrong: it is 0 to 59"),
            ("0 25 * * *", "whose hour \"25\" is wrong: it is 0 to 23"),
            ("0 4 0 * *", "whose day of the month \"0\" is wrong: it is 1 to 31"),
            ("0 4 * Mead *", "whose month \"Mead\" is wrong: it is 1 to 12, or JAN to DEC"),
            ("0 4 * * 8", "whose day of the week \"8\" is wrong: it is 0 to 7, or SUN to SAT"),
            ("9-5 * * * *", "whose minute \"9-5\" is wrong"),
            ("*/0 * * * *", "whose minute \"*/0\" is wrong"),
            ("H * * * *", "whose minute \"H\" is wrong"),
            ("", "which has 0 of the five fields minute, hour, day of the month, month, day of the week"),
            ("0 4 * *", "which has 4 of the five fields"),
            ("0 0 4 * * *", "which has 6 of the five fields"),
            ("0 4 * * * Europe/Oslo", "which has 6 of the five fields"),
            ("@reboot", "a name that is none of @yearly"),
            ("0 0 31 2 *", "which is a time that never comes"),
        ] {
            let problem = Expression::parse(text).unwrap_err().to_string();
            assert!(problem.starts_with(says), "{text:?} says {problem:?}");
            assert!(!problem.contains('\n'), "more than a sentence: {problem:?}");
        }
    }

    #[test]
    fn the_latest_time_of_a_span_is_found_however_long_the_span_is() {
        let latest = |text: &str, after, until| {
            let found = Expression::parse(text).unwrap().latest(NEW_YEAR + after, NEW_YEAR + until);
            found.map(|tick| tick - NEW_YEAR)
        };
        assert_eq!(latest("* * * * *", 0, 1), Some(1));
        assert_eq!(latest("* * * * *", 0, 1_000_000), Some(1_000_000));
        assert_eq!(latest("0 4 * * *", 0, 4 * 60 - 1), None);
        assert_eq!(latest("0 4 * * *", 4 * 60, 5 * 60), None, "the beginning is not part of it");
        assert_eq!(latest("0 4 * * *", 0, 4 * 60), Some(4 * 60));
        assert_eq!(latest("0 4 * * *", 0, 10 * DAY), Some(9 * DAY + 4 * 60));
        assert_eq!(latest("0 0 1 1 *", 0, 20_000 * DAY), Some((54 * 365 + 13) * DAY));
    }
}
