//! Who called, and how.

use crate::host::host_call;
use crate::{Error, PresenceId, Result};
use std::cell::OnceCell;
use std::collections::BTreeMap;

pub use crate::bindings::meadhall::plugin::context::{CallerSession, CallerUser, ClientAddress, Mode};

/// The facts of the call that is running.
///
/// Each is asked of the server when it is first wanted, and then kept: a function that asks for nothing pays for
/// nothing. A context is good for its own call only.
#[derive(Debug, Default)]
pub struct Context {
    user: OnceCell<Option<CallerUser>>,
    session: OnceCell<Option<CallerSession>>,
    client: OnceCell<Option<ClientAddress>>,
    node: OnceCell<String>,
    vars: OnceCell<BTreeMap<String, String>>,
    query_params: OnceCell<BTreeMap<String, Vec<String>>>,
    headers: OnceCell<BTreeMap<String, Vec<String>>>,
    config: OnceCell<BTreeMap<String, String>>,
    environment: OnceCell<BTreeMap<String, String>>,
    extra: OnceCell<BTreeMap<String, String>>,
}

impl Context {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The caller's user; none when a game server calls with the HTTP key, and when the plugin starts.
    pub fn user(&self) -> Option<&CallerUser> {
        self.user.get_or_init(|| host_call!(context::user())).as_ref()
    }

    /// The caller's user id, a UUID.
    ///
    /// # Errors
    /// Unauthenticated (16) when there is no user.
    pub fn user_id(&self) -> Result<&str> {
        self.needed_user().map(|user| user.id.as_str())
    }

    /// The caller's user name, as it was when they logged in.
    ///
    /// # Errors
    /// Unauthenticated (16) when there is no user.
    pub fn username(&self) -> Result<&str> {
        self.needed_user().map(|user| user.username.as_str())
    }

    /// When the caller's session token expires, in seconds since the Unix epoch; none when there is no user.
    pub fn expires_at(&self) -> Option<i64> {
        self.user().map(|user| user.expires_at)
    }

    /// Who the caller is in streams: their user and their socket.
    ///
    /// # Errors
    /// Unauthenticated (16) when there is no user, failed precondition (9) when the call came over plain HTTP.
    pub fn session(&self) -> Result<PresenceId> {
        let user_id = self.user_id()?;
        let session_id = self
            .session_id()
            .ok_or_else(|| Error::failed_precondition("this needs a socket, and the call came over plain HTTP"))?;
        Ok(PresenceId::new(user_id, session_id))
    }

    /// The id of the caller's socket; none when the call came over plain HTTP.
    pub fn session_id(&self) -> Option<&str> {
        self.caller_session().map(|session| session.id.as_str())
    }

    /// The language that the client asked for when it opened its socket, such as `en`; none over plain HTTP.
    pub fn lang(&self) -> Option<&str> {
        self.caller_session().map(|session| session.lang.as_str())
    }

    /// Where the client connects from; none when no client caused the call.
    pub fn client(&self) -> Option<&ClientAddress> {
        self.client.get_or_init(|| host_call!(context::client())).as_ref()
    }

    /// The variables that the client gave when it logged in.
    pub fn vars(&self) -> &BTreeMap<String, String> {
        self.vars.get_or_init(|| host_call!(context::vars()).into_iter().collect())
    }

    /// The query parameters of an RPC over HTTP, without `http_key` and `unwrap`.
    pub fn query_params(&self) -> &BTreeMap<String, Vec<String>> {
        self.query_params.get_or_init(|| host_call!(context::query_params()).into_iter().collect())
    }

    /// The headers of an RPC over HTTP, their names in lower case, without `authorization` and `cookie`.
    pub fn headers(&self) -> &BTreeMap<String, Vec<String>> {
        self.headers.get_or_init(|| host_call!(context::headers()).into_iter().collect())
    }

    /// One of the plugin's own settings, from the section `[plugin.NAME]` of the server's configuration.
    pub fn config(&self, key: &str) -> Option<&str> {
        let config = self.config.get_or_init(|| host_call!(context::config()).into_iter().collect());
        config.get(key).map(String::as_str)
    }

    /// An environment variable of the server; none when it is not set, or not granted by the server's configuration.
    pub fn environment(&self, name: &str) -> Option<&str> {
        let environment = self.environment.get_or_init(|| host_call!(context::environment()).into_iter().collect());
        environment.get(name).map(String::as_str)
    }

    /// The name of the server that runs this.
    pub fn node(&self) -> &str {
        self.node.get_or_init(|| host_call!(context::node()))
    }

    /// How the plugin came to run.
    pub fn mode(&self) -> Mode {
        host_call!(context::execution_mode())
    }

    /// A fact that this SDK does not know yet, by the name that a later server gives it.
    pub fn extra(&self, name: &str) -> Option<&str> {
        let extra = self.extra.get_or_init(|| host_call!(context::extra()).into_iter().collect());
        extra.get(name).map(String::as_str)
    }

    fn needed_user(&self) -> Result<&CallerUser> {
        self.user().ok_or_else(|| Error::unauthenticated("this needs a user, and the call was made without one"))
    }

    fn caller_session(&self) -> Option<&CallerSession> {
        self.session.get_or_init(|| host_call!(context::session())).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::code;

    fn context(user: Option<&str>, session: Option<&str>) -> Context {
        let context = Context::new();
        let user = user.map(|id| CallerUser { id: id.into(), username: "ada".into(), expires_at: 7 });
        context.user.set(user).expect("nobody asked yet");
        let session = session.map(|id| CallerSession { id: id.into(), lang: "en".into() });
        context.session.set(session).expect("nobody asked yet");
        context
    }

    #[test]
    fn a_caller_with_a_socket_is_a_presence() {
        let context = context(Some("u"), Some("s"));
        assert_eq!(context.session(), Ok(PresenceId::new("u", "s")));
        assert_eq!((context.username(), context.lang()), (Ok("ada"), Some("en")));
    }

    #[test]
    fn without_a_socket_the_error_says_so() {
        let error = context(Some("u"), None).session().expect_err("there is no socket");
        assert_eq!(error.code, code::FAILED_PRECONDITION);
        assert_eq!(error.message, "this needs a socket, and the call came over plain HTTP");
    }

    #[test]
    fn without_a_user_the_error_says_so() {
        let context = context(None, None);
        assert_eq!(context.user_id().map_err(|error| error.code), Err(code::UNAUTHENTICATED));
        assert_eq!(context.session().map_err(|error| error.code), Err(code::UNAUTHENTICATED));
        assert_eq!(context.expires_at(), None);
    }
}
