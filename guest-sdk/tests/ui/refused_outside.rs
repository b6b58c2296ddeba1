use meadhall_guest::prelude::*;

#[rpc]
fn greet(_ctx: &Context, payload: String) -> Result<String> {
    Ok(payload)
}

fn main() {}
