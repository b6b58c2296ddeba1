//! The sequence of messages and notifications: ids and times that only ever ascend.

use crate::clock::{Environment, Timestamp};
use crate::ids::MessageId;
use parking_lot::Mutex;
use uuid::Uuid;

/// Random and counting bits of a UUIDv7: all but time, version and variant (RFC 9562, section 5.7).
const COUNTER_BITS: u32 = 74;
const COUNTER_MAX: u128 = (1 << COUNTER_BITS) - 1;

/// Hands out ids (UUIDv7) and times, to messages and to notifications. Each id is above all earlier ones, and each time at or after all earlier
/// ones, whatever the clock does: an id is its place in the history.
#[derive(Debug)]
pub(crate) struct Sequence {
    env: Environment,
    last: Mutex<Last>,
}

#[derive(Debug)]
struct Last {
    /// Milliseconds of the last id, and what follows them in it.
    millis: u64,
    counter: u128,
    time: Timestamp,
}

impl Sequence {
    /// A sequence that goes on above `highest`, the highest of its ids that was ever stored.
    pub(crate) fn new(env: Environment, highest: Option<MessageId>) -> Self {
        let (millis, counter) = highest.map_or((0, 0), parts);
        let last = Last { millis, counter, time: from_millis(millis) };
        Self { env, last: Mutex::new(last) }
    }

    /// The id of the next message, and the time to go with it.
    pub(crate) fn next(&self) -> (MessageId, Timestamp) {
        let mut random = [0; 16];
        self.env.fill(&mut random);
        let random = u128::from_le_bytes(random) & COUNTER_MAX;
        let now = self.env.now();
        let mut last = self.last.lock();
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        // A step of up to 2^32, so that nobody can guess the id of the next message of the same millisecond.
        let counter = last.counter + 1 + (random & u128::from(u32::MAX));
        if millis > last.millis {
            // The highest bit stays free, so that there is room to count.
            (last.millis, last.counter) = (millis, random >> 1);
        } else if counter <= COUNTER_MAX {
            last.counter = counter;
        } else {
            (last.millis, last.counter) = (last.millis + 1, random >> 1);
        }
        (id(last.millis, last.counter), last.advance(now))
    }

    /// The time now, and never before a time that was handed out.
    pub(crate) fn time(&self) -> Timestamp {
        // The next id must not be of an earlier millisecond than this: `around` finds messages by it.
        self.next().1
    }
}

impl Last {
    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.time = self.time.max(now).max(from_millis(self.millis));
        self.time
    }
}

/// The ids of the messages of a moment lie between these two, for the time of a message is of the millisecond of its id.
/// All earlier messages lie before the second one, all later ones behind the first.
pub(super) fn around(moment: Timestamp) -> (MessageId, MessageId) {
    let millis = u128::try_from(moment.millis()).unwrap_or(0);
    let id = |bits| MessageId::new(Uuid::from_u128(bits));
    (id((millis << 80).saturating_sub(1)), id((millis + 1) << 80))
}

fn from_millis(millis: u64) -> Timestamp {
    Timestamp::from_nanos(i64::try_from(millis).unwrap_or(i64::MAX).saturating_mul(1_000_000))
}

fn id(millis: u64, counter: u128) -> MessageId {
    let (high, low) = (counter >> 62, counter & ((1 << 62) - 1));
    MessageId::new(Uuid::from_u128((u128::from(millis) << 80) | (7 << 76) | (high << 64) | (0b10 << 62) | low))
}

fn parts(id: MessageId) -> (u64, u128) {
    let bits = id.uuid().as_u128();
    let (high, low) = ((bits >> 64) & 0xfff, bits & ((1 << 62) - 1));
    ((bits >> 80) as u64, (high << 62) | low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn sequence(clock: &Arc<ManualClock>, highest: Option<MessageId>) -> Sequence {
        Sequence::new(Environment::seeded(clock.clone(), 1), highest)
    }

    proptest! {
        #[test]
        fn ids_and_times_ascend_whatever_the_clock_does(times in prop::collection::vec(-5i64..2_000_000_000_000_000_000, 1..200)) {
            let clock = Arc::new(ManualClock::default());
            let mut current = sequence(&clock, None);
            let mut last = (MessageId::NIL, Timestamp::default());
            for (step, time) in times.into_iter().enumerate() {
                clock.set(Timestamp::from_nanos(time));
                if step % 10 == 9 {
                    current = sequence(&clock, Some(last.0));
                }
                let (id, time) = current.next();
                prop_assert!(id > last.0);
                prop_assert!(step % 10 == 9 || time >= last.1);
                prop_assert!(time.millis() >= parts(id).0 as i64);
                prop_assert_eq!(id.uuid().get_version_num(), 7);
                prop_assert_eq!(id.uuid().get_variant(), uuid::Variant::RFC4122);
                last = (id, time);
            }
        }
    }

    #[test]
    fn a_full_counter_goes_on_in_the_next_millisecond() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1)));
        let highest = id(1000, COUNTER_MAX);
        assert_eq!(parts(highest), (1000, COUNTER_MAX));
        let (next, time) = sequence(&clock, Some(highest)).next();
        assert!(next > highest);
        assert_eq!(parts(next).0, 1001);
        assert_eq!(time, Timestamp::from_nanos(1_001_000_000));
    }

    proptest! {
        #[test]
        fn the_ids_of_a_moment_lie_between_two(times in prop::collection::vec(0i64..4_000_000, 1..100), moment in 0i64..4_000_000) {
            let clock = Arc::new(ManualClock::default());
            let sequence = sequence(&clock, None);
            let (before, after) = around(Timestamp::from_nanos(moment));
            for (step, time) in times.into_iter().enumerate() {
                clock.set(Timestamp::from_nanos(time));
                if step % 3 == 2 {
                    sequence.time();
                    continue;
                }
                let (id, time) = sequence.next();
                prop_assert_eq!(time.millis(), parts(id).0 as i64);
                let moment = Timestamp::from_nanos(moment).millis();
                prop_assert_eq!(id > before, time.millis() >= moment);
                prop_assert_eq!(id < after, time.millis() <= moment);
            }
        }
    }

    #[test]
    fn moments_before_all_ids_and_after_them_have_bounds() {
        let far = |nanos| around(Timestamp::from_nanos(nanos));
        assert_eq!(far(i64::MIN).0, MessageId::NIL);
        assert!(far(i64::MAX).1 < MessageId::new(Uuid::max()));
    }

    #[test]
    fn an_id_carries_the_time_of_the_clock() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_nanos(1_700_000_000_123_456_789)));
        let (id, time) = sequence(&clock, None).next();
        assert_eq!(parts(id).0, 1_700_000_000_123);
        assert_eq!(time, clock_now(&clock));
    }

    fn clock_now(clock: &ManualClock) -> Timestamp {
        use crate::clock::Clock;
        clock.now()
    }
}
