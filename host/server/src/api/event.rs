//! Events that clients send.

use super::auth::Auth;
use super::endpoint::{Call, Endpoint, Input};
use super::reply::Empty;
use crate::failure::Failure;
use meadhall_core::clock::Timestamp;
use meadhall_core::events::Event as CoreEvent;
use meadhall_protocol::api;
use meadhall_protocol::timestamp;
use std::sync::Arc;

/// `POST /v2/event`
pub(super) struct Event;

impl Endpoint for Event {
    const NAME: &'static str = "Event";
    const AUTH: Auth = Auth::Session;
    type Request = api::Event;
    type Reply = Empty;

    fn decode(input: &Input) -> Result<Self::Request, Failure> {
        input.body()
    }

    /// Answers as soon as it is queued; 429 when the queue is full.
    async fn run(call: &mut Call, request: Self::Request) -> Result<Self::Reply, Failure> {
        let event = CoreEvent {
            name: request.name,
            properties: request.properties.into_iter().collect(),
            timestamp: request.timestamp.map(moment),
            // Whatever the client says.
            external: true,
        };
        call.app.core.events.emit(event, Arc::clone(&call.caller))?;
        Ok(Empty {})
    }
}

/// The wire takes the years 1 to 9999, core counts nanoseconds from 1677 to 2262: what lies beyond becomes the nearest
/// moment that core can tell.
fn moment(time: timestamp::Timestamp) -> Timestamp {
    let nanos = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    let clamped = nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    Timestamp::from_nanos(i64::try_from(clamped).expect("just clamped"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_out_of_range_become_the_nearest() {
        let at = |seconds, nanos| moment(timestamp::Timestamp { seconds, nanos }).nanos();
        assert_eq!(at(1, 5), 1_000_000_005);
        assert_eq!(at(-1, 500_000_000), -500_000_000);
        assert_eq!(at(253_402_300_799, 0), i64::MAX);
        assert_eq!(at(-62_135_596_800, 0), i64::MIN);
    }
}
