//! Files of the folders that the configuration grants.

use super::shortened;
use super::wit::file::Host;
use super::wit::types::Error;
use crate::plugin::guest::Guest;
use meadhall_protocol::error::Code;

impl Host for Guest {
    async fn read(&mut self, path: String) -> Result<Vec<u8>, Error> {
        Err(self.not_granted(&path))
    }

    async fn list(&mut self, path: String) -> Result<Vec<String>, Error> {
        Err(self.not_granted(&path))
    }
}

impl Guest {
    fn not_granted(&self, path: &str) -> Error {
        Error {
            code: Code::PermissionDenied as u32,
            message: format!("plugin {:?} may not read {:?}: nothing is granted", self.identity.name, shortened(path)),
        }
    }
}
