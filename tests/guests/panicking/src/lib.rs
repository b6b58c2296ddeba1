//! A plugin of the Rust SDK that panics: what it says then is the SDK's.

use meadhall_guest::prelude::*;

#[plugin]
mod panicking {
    /// As of an index that is out of bounds.
    #[rpc]
    fn index(_ctx: &Context, payload: String) -> Result<String> {
        let letters = ["a", "b", "c"];
        Ok(letters[payload.len()].to_owned())
    }

    /// A message of several lines.
    #[rpc]
    fn lines(_ctx: &Context, payload: String) -> Result<()> {
        assert_eq!(payload, "ale", "what is\nin the horn?");
        Ok(())
    }

    /// A hook of the plugin's own stays.
    #[rpc]
    fn own(_ctx: &Context) -> Result<()> {
        std::panic::set_hook(Box::new(|_| warn!("as I like it")));
        panic!("another word for it");
    }
}
