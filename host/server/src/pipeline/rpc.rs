//! RPC on sockets: calling a plugin's function by its id.

use super::reply::{Answer, Refusal, Reply};
use super::{Client, call_context};
use meadhall_protocol::api::Rpc;
use meadhall_protocol::realtime::envelope::Message;
use meadhall_protocol::texts;

/// Calls the function, whatever the case of its id. The answer repeats the id as it was sent; `http_key` is ignored.
pub(super) async fn call(client: &Client, request: Rpc) -> Answer {
    let Rpc { id, payload, http_key: _ } = request;
    if id.is_empty() {
        return Err(Refusal::bad_input(texts::RPC_ID_REQUIRED));
    }
    let plugins = &client.app.plugins;
    let context = call_context(client);
    let payload = if id.bytes().any(|byte| byte.is_ascii_uppercase()) || !id.is_ascii() {
        plugins.rpc(&id.to_lowercase(), payload, context).await?
    } else {
        plugins.rpc(&id, payload, context).await?
    };
    Ok(Reply::Message(Message::Rpc(Rpc { id, payload, http_key: String::new() })))
}
