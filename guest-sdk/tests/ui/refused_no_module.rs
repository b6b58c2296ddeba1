use meadhall_guest::prelude::*;

#[plugin]
fn greet(_ctx: &Context, payload: String) -> Result<String> {
    Ok(payload)
}

fn main() {}
