//! How often a hook ran for a user. It is stored, since an instance's own memory is one of many and may vanish.

use meadhall_guest::error::code;
use meadhall_guest::prelude::*;
use serde::{Deserialize, Serialize};

/// Hooks of one user that run at the same time meet at most so often.
const ATTEMPTS: usize = 16;

#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Counter {
    count: u64,
}

pub(crate) fn read(user_id: &str) -> Result<Counter> {
    Ok(storage::get(&id(user_id))?.map(|object| object.value).unwrap_or_default())
}

pub(crate) fn increment(user_id: &str) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let (counter, unchanged) = match storage::get::<Counter>(&id(user_id))? {
            Some(object) => (object.value, Condition::Version(object.version)),
            None => (Counter::default(), Condition::Absent),
        };
        let put = Put::new(id(user_id), &Counter { count: counter.count + 1 })?
            .permissions(ReadPermission::None, WritePermission::None)
            .only_if(unchanged);
        match storage::write(&[put]) {
            Err(error) if error.code == code::FAILED_PRECONDITION => {}
            other => return other.map(drop),
        }
    }
    Err(Error::aborted("others kept changing the counter"))
}

fn id(user_id: &str) -> ObjectId {
    ObjectId::new("probe", "after_update_account").owner(user_id)
}
