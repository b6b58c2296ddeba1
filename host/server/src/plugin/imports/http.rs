//! Requests to servers elsewhere.

use super::shortened;
use super::wit::http::{Host, Request, Response};
use super::wit::types::Error;
use crate::plugin::guest::Guest;
use meadhall_protocol::error::Code;

impl Host for Guest {
    async fn send(&mut self, request: Request) -> Result<Response, Error> {
        self.core()?;
        Err(Error {
            code: Code::PermissionDenied as u32,
            message: format!(
                "plugin {:?} may not ask {:?}: nothing is granted",
                self.identity.name,
                shortened(&request.url)
            ),
        })
    }
}
