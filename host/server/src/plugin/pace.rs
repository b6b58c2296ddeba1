//! How many times in a second something may happen.

use meadhall_core::clock::Timestamp;
use parking_lot::Mutex;

const SECOND: i64 = 1_000_000_000;

/// At most so many in a second, evenly refilled; a second's worth may come at once.
#[derive(Debug)]
pub(super) struct Pace {
    /// Nanoseconds that each takes.
    each: i64,
    /// When all that happened so far is paid for, in nanoseconds since the Unix epoch.
    paid_at: Mutex<i64>,
}

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        Self { each: SECOND / i64::from(per_second.max(1)), paid_at: Mutex::new(i64::MIN) }
    }

    /// Counts one more; false when that is one too many, which then counts for nothing.
    pub(super) fn take(&self, now: Timestamp) -> bool {
        let now = now.nanos();
        let mut paid_at = self.paid_at.lock();
        // Later than a second from now only where the clock was set back: then the count begins anew.
        let debt_begins = if *paid_at > now.saturating_add(SECOND) { now } else { now.max(*paid_at) };
        let paid = debt_begins.saturating_add(self.each);
        let allowed = paid <= now.saturating_add(SECOND);
        if allowed {
            *paid_at = paid;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(pace: &Pace, tries: usize, at_millis: i64) -> usize {
        let now = Timestamp::from_nanos(at_millis * 1_000_000);
        (0..tries).filter(|_| pace.take(now)).count()
    }

    #[test]
    fn a_seconds_worth_may_come_at_once_and_the_rest_as_time_goes_by() {
        let pace = Pace::new(10);
        assert_eq!(taken(&pace, 100, 5_000), 10);
        assert_eq!(taken(&pace, 100, 5_050), 0);
        assert_eq!(taken(&pace, 100, 5_300), 3);
        assert_eq!(taken(&pace, 100, 60_000), 10);
    }

    #[test]
    fn a_clock_that_is_set_back_stops_nothing() {
        let pace = Pace::new(10);
        assert_eq!(taken(&pace, 10, 3_600_000), 10);
        assert_eq!(taken(&pace, 100, 0), 10);
    }
}
