//! Which batches wait, oldest first, and how the service fares: one object in storage, for all instances to agree on. It
//! is written only where it is as it was read.

use meadhall_guest::error::code;
use meadhall_guest::prelude::*;
use serde::{Deserialize, Serialize};

/// How often a change is tried: as often as another instance was quicker.
const TRIES: usize = 100;

/// The batches that wait.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Queue {
    /// Their ids. The first may have been posted already, with an outcome that nobody knows.
    pub(crate) batches: Vec<String>,
    /// Posts in a row that failed.
    pub(crate) failures: u32,
    /// Until then the service is left alone; milliseconds since the Unix epoch.
    pub(crate) paused_until_ms: i64,
    /// Until then a run has the queue to itself, should it end without a word.
    pub(crate) leased_until_ms: i64,
}

impl Queue {
    /// The queue as it is.
    ///
    /// # Errors
    /// When storage fails.
    pub(crate) fn read() -> Result<Self> {
        Ok(storage::get(&id())?.map(|found| found.value).unwrap_or_default())
    }

    /// Changes the queue, and returns it as it was written.
    ///
    /// # Errors
    /// When storage fails, and when others are quicker again and again.
    pub(crate) fn change(mut alter: impl FnMut(&mut Self)) -> Result<Self> {
        let changed = Self::change_if(|queue| {
            alter(queue);
            true
        })?;
        Ok(changed.unwrap_or_default())
    }

    /// The same, where `alter` says that there is something to write; otherwise none.
    ///
    /// # Errors
    /// As [`Queue::change`].
    pub(crate) fn change_if(mut alter: impl FnMut(&mut Self) -> bool) -> Result<Option<Self>> {
        Ok(Self::write(&[], |queue| Ok(alter(queue)))?.map(|(queue, _)| queue))
    }

    /// Changes the queue and writes an object, both or none, and returns the object's version.
    ///
    /// # Errors
    /// As [`Queue::change`].
    pub(crate) fn change_with(object: Put, mut alter: impl FnMut(&mut Self) -> Result<()>) -> Result<String> {
        let written = Self::write(&[object], |queue| alter(queue).map(|()| true))?;
        Ok(written.map(|(_, version)| version).unwrap_or_default())
    }

    /// The queue as it was written, and the version of what was written first.
    fn write(objects: &[Put], mut alter: impl FnMut(&mut Self) -> Result<bool>) -> Result<Option<(Self, String)>> {
        for _ in 0..TRIES {
            let (mut queue, as_read) = match storage::get::<Self>(&id())? {
                Some(found) => (found.value, Condition::Version(found.version)),
                None => (Self::default(), Condition::Absent),
            };
            if !alter(&mut queue)? {
                return Ok(None);
            }
            let mut puts = objects.to_vec();
            puts.push(private(Put::new(id(), &queue)?.only_if(as_read)));
            match storage::write(&puts) {
                Ok(mut versions) => return Ok(Some((queue, versions.swap_remove(0)))),
                // Another instance was quicker.
                Err(error) if error.code == code::FAILED_PRECONDITION => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::aborted(format!("other instances changed the queue of batches {TRIES} times meanwhile")))
    }
}

/// For plugins only.
pub(crate) fn private(put: Put) -> Put {
    put.permissions(ReadPermission::None, WritePermission::None)
}

fn id() -> ObjectId {
    ObjectId::new("analytics", "queue")
}
