//! Events: they wait for [`World::deliver`](crate::testing::World::deliver).

use crate::bindings::meadhall::plugin::context::Mode;
use crate::testing::checks::CONTENT;
use crate::testing::state::{Call, EventKind, Queued, with};
use crate::{Error, Event, Result};

pub fn emit(event: &Event) -> Result<()> {
    let size = event.name.len() + event.properties.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    if size > CONTENT {
        return Err(Error::invalid_argument(format!("event is {size} bytes, the limit is {CONTENT}")));
    }
    with(|state| {
        let by = Call { mode: Mode::Event, ..state.call.clone() };
        state.events.push(event.clone());
        state.queue.push_back(Queued { kind: EventKind::Custom, event: event.clone(), by });
    });
    Ok(())
}
