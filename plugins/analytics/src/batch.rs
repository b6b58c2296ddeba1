//! Batches, as they are filled. Each is an object in storage, and each instance of the plugin fills one of its own.

use crate::queue::{Queue, private};
use crate::settings::Settings;
use meadhall_guest::error::code;
use meadhall_guest::prelude::*;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Bytes of a batch's events: an object has room for it, and a request that the configuration does not make larger.
const BATCH_BYTES: usize = 128 << 10;

/// Something that happened, as the service gets it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    name: String,
    /// Milliseconds since the Unix epoch.
    time_ms: i64,
    /// Who caused it; none for a plugin that acts of its own accord.
    user_id: Option<String>,
    session_id: Option<String>,
    /// A client says so, and nobody has checked it.
    external: bool,
    properties: BTreeMap<String, String>,
}

impl Entry {
    /// An event, with who caused it.
    pub(crate) fn new(ctx: &Context, event: Event) -> Self {
        Self {
            name: event.name,
            time_ms: event.timestamp_ms.unwrap_or_else(crate::now_ms),
            user_id: ctx.user_id().ok().map(str::to_owned),
            session_id: ctx.session_id().map(str::to_owned),
            external: event.external,
            properties: event.properties.into_iter().collect(),
        }
    }
}

/// Events that are posted together.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Batch {
    /// A run has begun to post it, so it stays as it is: the service knows it by its id.
    pub(crate) closed: bool,
    pub(crate) events: Vec<Entry>,
}

/// A batch that is being filled, with what was last written of it.
struct Open {
    id: ObjectId,
    version: String,
    batch: Batch,
    bytes: usize,
}

thread_local! {
    /// What this instance fills. It is in storage too: when the instance goes, nothing goes with it.
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
}

/// Stores an event.
///
/// # Errors
/// When storage fails.
pub(crate) fn add(settings: &Settings, entry: Entry) -> Result<()> {
    let bytes = serde_json::to_string(&entry)?.len();
    if bytes > BATCH_BYTES {
        tell_dropped(1, &format!("the event {:.40?} is {bytes} bytes, the limit is {BATCH_BYTES}", entry.name));
        return Ok(());
    }
    // What fails is not put back, so that the next event goes into a new batch.
    if let Some(mut open) = OPEN.take()
        && open.batch.events.len() < settings.batch_size
        && open.bytes + bytes <= BATCH_BYTES
    {
        open.batch.events.push(entry.clone());
        open.bytes += bytes;
        match open.write() {
            Ok(()) => {
                OPEN.set(Some(open));
                return Ok(());
            }
            // A run has closed or dropped it meanwhile.
            Err(error) if error.code == code::FAILED_PRECONDITION => {}
            Err(error) => return Err(error),
        }
    }
    OPEN.set(Some(begin(settings, entry, bytes)?));
    Ok(())
}

impl Open {
    fn write(&mut self) -> Result<()> {
        let put = Put::new(self.id.clone(), &self.batch)?.only_if(Condition::Version(self.version.clone()));
        self.version = storage::write(&[private(put)])?.pop().unwrap_or_default();
        Ok(())
    }
}

/// Begins a batch at the end of the queue. When the queue is full, the oldest that nobody has posted yet is dropped.
fn begin(settings: &Settings, entry: Entry, bytes: usize) -> Result<Open> {
    // Ids of this kind sort by time, and no other server has the same.
    let key = Uuid::now_v7().to_string();
    let batch = Batch { closed: false, events: vec![entry] };
    let id = id(&key);
    let put = private(Put::new(id.clone(), &batch)?.only_if(Condition::Absent));
    let mut dropped = Vec::new();
    let version = Queue::change_with(put, |queue| {
        queue.batches.retain(|waiting| !dropped.contains(waiting));
        while queue.batches.len() >= settings.buffer {
            let oldest = queue.batches.remove(1);
            if let Some(lost) = remove(&oldest)? {
                let why = format!("{} batches wait for the service, and no more are kept", settings.buffer);
                tell_dropped(lost.events.len(), &why);
            }
            dropped.push(oldest);
        }
        queue.batches.push(key.clone());
        Ok(())
    })?;
    Ok(Open { id, version, batch, bytes })
}

/// Closes a batch, and returns it; none when it is gone.
///
/// # Errors
/// When storage fails.
pub(crate) fn close(key: &str) -> Result<Option<Batch>> {
    take(key, |found, version| {
        if found.closed {
            return Ok(());
        }
        let closed = Batch { closed: true, events: found.events.clone() };
        storage::write(&[private(Put::new(id(key), &closed)?.only_if(version))]).map(drop)
    })
}

/// Removes a batch, and returns what was in it; none when it was gone.
///
/// # Errors
/// When storage fails.
pub(crate) fn remove(key: &str) -> Result<Option<Batch>> {
    take(key, |_, version| storage::delete(&[Removal::new(id(key)).only_if(version)]))
}

/// Does something with a batch as it is, again when an event came in between.
fn take(key: &str, act: impl Fn(&Batch, Condition) -> Result<()>) -> Result<Option<Batch>> {
    loop {
        let Some(found) = storage::get::<Batch>(&id(key))? else { return Ok(None) };
        match act(&found.value, Condition::Version(found.version)) {
            Ok(()) => return Ok(Some(found.value)),
            Err(error) if error.code == code::FAILED_PRECONDITION => {}
            Err(error) => return Err(error),
        }
    }
}

/// Says that events are lost.
pub(crate) fn tell_dropped(events: usize, why: &str) {
    metrics::counter_add("dropped_events", &[], events as u64);
    error!("{events} events are dropped: {why}");
}

fn id(key: &str) -> ObjectId {
    ObjectId::new("analytics_batches", key)
}
