//! Who called, and how. Plugins ask for what they need, so a call that asks for nothing pays nothing.

use super::wit::context::{CallerSession, CallerUser, ClientAddress, Host, Mode};
use crate::plugin::guest::Guest;
use meadhall_core::caller::Caller;

impl Guest {
    fn caller(&self) -> &Caller {
        &self.call.context.caller
    }
}

impl Host for Guest {
    fn execution_mode(&mut self) -> Mode {
        self.call.kind.mode()
    }

    fn node(&mut self) -> String {
        self.host.node.to_string()
    }

    fn user(&mut self) -> Option<CallerUser> {
        self.caller().user.as_ref().map(|user| CallerUser {
            id: user.id.to_string(),
            username: user.username.to_string(),
            expires_at: user.expires_at.seconds(),
        })
    }

    fn session(&mut self) -> Option<CallerSession> {
        let session = self.caller().session.as_ref()?;
        Some(CallerSession { id: session.id.to_string(), lang: session.lang.to_string() })
    }

    fn client(&mut self) -> Option<ClientAddress> {
        self.caller().client.map(|client| ClientAddress { address: client.ip.to_string(), port: client.port })
    }

    fn vars(&mut self) -> Vec<(String, String)> {
        let Some(user) = &self.caller().user else { return Vec::new() };
        user.vars.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    fn query_params(&mut self) -> Vec<(String, Vec<String>)> {
        self.call.context.query.clone()
    }

    fn headers(&mut self) -> Vec<(String, Vec<String>)> {
        self.call.context.headers.clone()
    }

    fn config(&mut self) -> Vec<(String, String)> {
        self.identity.settings.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    fn environment(&mut self) -> Vec<(String, String)> {
        self.identity.grants.environment.clone()
    }

    fn extra(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }
}
