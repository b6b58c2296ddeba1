//! Users.

use super::wit::types::Error;
use super::wit::users::Host;
use super::{id, invalid, refused};
use crate::convert;
use crate::plugin::guest::Guest;
use crate::plugin::limits::USERS;
use meadhall_protocol::codec::to_json;

impl Host for Guest {
    async fn get(&mut self, ids: Vec<String>, usernames: Vec<String>) -> Result<String, Error> {
        let core = self.core()?;
        let wanted = ids.len() + usernames.len();
        if wanted > USERS {
            return Err(invalid(format!("{wanted} users are asked for, the limit is {USERS}")));
        }
        let ids = ids.iter().map(|text| id("user id", text)).collect::<Result<_, _>>()?;
        let users = core.accounts.users(ids, usernames).await.map_err(refused)?;
        Ok(to_json(&convert::users(&users)))
    }
}
