//! Requests to servers elsewhere.

use super::wit::http::{Host, Request, Response};
use super::wit::types::Error;
use crate::plugin::guest::Guest;

impl Host for Guest {
    async fn send(&mut self, request: Request) -> Result<Response, Error> {
        self.core()?;
        let http = self.identity.grants.http.clone();
        http.send(request, self.call.until).await
    }
}
