//! What wasmtime generates from `wit/`: the traits that `imports/` implements, and typed access to a plugin's exports.
//!
//! Host functions are plain unless they wait for the store: an async host function costs each call more.

#![allow(missing_docs, unreachable_pub, reason = "generated from wit/, where the documentation is")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "plugin",
    imports: {
        "meadhall:plugin/channel.send": async,
        "meadhall:plugin/channel.update": async,
        "meadhall:plugin/channel.remove": async,
        "meadhall:plugin/channel.list": async,
        "meadhall:plugin/account.get": async,
        "meadhall:plugin/account.update": async,
        "meadhall:plugin/account.delete": async,
        "meadhall:plugin/users.get": async,
        "meadhall:plugin/notification.send": async,
        "meadhall:plugin/notification.list": async,
        "meadhall:plugin/notification.delete": async,
        "meadhall:plugin/storage.read": async,
        "meadhall:plugin/storage.write": async,
        "meadhall:plugin/storage.delete": async,
        "meadhall:plugin/storage.list": async,
    },
    exports: { default: async },
    additional_derives: [PartialEq],
});
