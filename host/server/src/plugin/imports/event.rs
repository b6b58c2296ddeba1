//! Sending events.

use super::wit::event::Host;
use super::wit::types::{self, Error};
use super::{invalid, refused};
use crate::plugin::guest::Guest;
use meadhall_core::clock::Timestamp;
use meadhall_core::events::Event;
use meadhall_protocol::error::Code;

impl Host for Guest {
    fn emit(&mut self, event: types::Event) -> Result<(), Error> {
        let limit = self.identity.limits.content;
        let size =
            event.name.len() + event.properties.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        if size > limit {
            return Err(invalid(format!("event is {size} bytes, the limit is {limit}")));
        }
        let core = self.core()?;
        if !self.identity.events.take(core.env.now()) {
            let (plugin, limit) = (&self.identity.name, self.identity.limits.events_per_second);
            let message = format!("plugin {plugin:?} emits more than {limit} events in a second");
            return Err(Error { code: Code::ResourceExhausted as u32, message });
        }
        core.events.emit(lift(event), self.call.context.caller.clone()).map_err(refused)
    }
}

fn lift(event: types::Event) -> Event {
    Event {
        name: event.name,
        properties: event.properties,
        timestamp: event.timestamp_ms.map(|millis| Timestamp::from_nanos(millis.saturating_mul(1_000_000))),
        external: event.external,
    }
}

/// An event for a plugin's handler.
pub(crate) fn lower(event: Event) -> types::Event {
    types::Event {
        name: event.name,
        properties: event.properties,
        timestamp_ms: event.timestamp.map(Timestamp::millis),
        external: event.external,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Limits;
    use crate::plugin::guest::tests::World;

    #[test]
    fn a_full_queue_refuses_the_event() {
        let world = World::new();
        let mut guest = world.guest();
        let event =
            |name: &str| types::Event { name: name.into(), properties: vec![], timestamp_ms: None, external: false };
        for _ in 0..4 {
            guest.emit(event("won")).unwrap();
        }
        assert_eq!(guest.emit(event("won")).unwrap_err().code, 8);
        let limit = guest.identity.limits.content;
        assert_eq!(guest.emit(event(&"x".repeat(limit + 1))).unwrap_err().code, 3);
        assert_eq!(world.core.events.len(), 4);
    }

    #[test]
    fn events_faster_than_the_limit_are_refused() {
        let world = World::new();
        let mut guest = world.guest_with(Limits { events_per_second: 2, ..world.limits() });
        let event = || types::Event { name: "won".into(), properties: vec![], timestamp_ms: None, external: false };
        guest.emit(event()).unwrap();
        guest.emit(event()).unwrap();
        let refused = guest.emit(event()).unwrap_err();
        assert_eq!(refused.code, 8);
        assert_eq!(refused.message, "plugin \"test\" emits more than 2 events in a second");
        assert_eq!(world.core.events.len(), 2);
    }

    #[test]
    fn events_keep_everything_on_their_way_through_core() {
        let event = types::Event {
            name: "won".into(),
            properties: vec![("by".into(), "3".into())],
            timestamp_ms: Some(-1_500),
            external: true,
        };
        let back = lower(lift(event.clone()));
        assert_eq!((back.name, back.properties), (event.name, event.properties));
        assert_eq!((back.timestamp_ms, back.external), (Some(-1_500), true));
    }
}
