//! A plugin built for a contract that this server does not have yet.

wit_bindgen::generate!({
    inline: "
        package meadhall:plugin@0.2.0;
        interface lifecycle { register: func() -> list<string>; }
        world plugin { export lifecycle; }
    ",
});

struct Future;

impl exports::meadhall::plugin::lifecycle::Guest for Future {
    fn register() -> Vec<String> {
        Vec::new()
    }
}

export!(Future);
