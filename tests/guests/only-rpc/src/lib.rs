//! A plugin that exports no more than it must: `lifecycle` and `rpc`. With the setting `claim` it registers a hook that
//! it cannot run.

wit_bindgen::generate!({
    path: "../../../wit",
    inline: "
        package guest:only-rpc;
        world only-rpc {
            include meadhall:plugin/imports@0.1.0;
            export meadhall:plugin/lifecycle@0.1.0;
            export meadhall:plugin/rpc@0.1.0;
        }
    ",
    world: "guest:only-rpc/only-rpc",
    generate_all,
});

use exports::meadhall::plugin::{lifecycle, rpc};
use meadhall::plugin::context;
use meadhall::plugin::types::Error;

struct OnlyRpc;

impl lifecycle::Guest for OnlyRpc {
    fn register() -> lifecycle::Registration {
        let handler = |kind: &str, name: &str| lifecycle::Handler { kind: kind.into(), name: name.into() };
        let mut handlers = vec![handler("rpc", "Only.Echo")];
        if context::config().iter().any(|(key, _)| key == "claim") {
            handlers.push(handler("before", "UpdateAccount"));
        }
        lifecycle::Registration { version: "1.2.3".into(), handlers }
    }

    fn start() -> Result<(), Error> {
        Ok(())
    }
}

impl rpc::Guest for OnlyRpc {
    fn call(_id: String, payload: String) -> Result<String, Error> {
        Ok(payload)
    }
}

export!(OnlyRpc);
