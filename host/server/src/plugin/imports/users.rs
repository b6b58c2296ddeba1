//! Users.

use super::wit::types::Error;
use super::wit::users::Host;
use super::{refused, targets};
use crate::convert;
use crate::plugin::guest::Guest;
use meadhall_core::account::Targets;
use meadhall_protocol::codec::to_json;

impl Host for Guest {
    async fn get(&mut self, ids: Vec<String>, usernames: Vec<String>) -> Result<String, Error> {
        let core = self.core()?;
        let Targets { ids, usernames } = targets(&ids, usernames)?;
        let users = core.accounts.users(ids, usernames).await.map_err(refused)?;
        Ok(to_json(&convert::users(users)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::guest::tests::World;
    use crate::plugin::limits::USERS;

    #[tokio::test]
    async fn unknown_users_are_left_out_and_too_many_are_refused() {
        let mut guest = World::new().guest();
        let found = Host::get(&mut guest, vec![], vec!["nobody".into()]).await.unwrap();
        assert_eq!(found, "{}");
        assert_eq!(Host::get(&mut guest, vec!["nobody".into()], vec![]).await.unwrap_err().code, 3);
        let names = vec!["x".to_owned(); USERS + 1];
        assert_eq!(Host::get(&mut guest, vec![], names).await.unwrap_err().code, 3);
    }
}
