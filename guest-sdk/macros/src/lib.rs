//! The attributes of `meadhall-guest`: [`macro@plugin`], and those that stand on the functions inside it.
//!
//! `#[plugin]` reads the whole module first (`module`, `signature`) and writes code from what it read
//! (`expand`), so that every mistake is found before anything is generated.

mod expand;
mod module;
mod needs;
mod signature;

use proc_macro::TokenStream;
use quote::quote;
use syn::parse_macro_input;

/// Makes a module a plugin: the functions in it that carry one of the other attributes are registered and called.
///
/// The module sees all that the file around it imports. There is one such module in a plugin. What the plugin needs that the
/// server's configuration has to grant stands in brackets: `#[plugin(needs(http("api.example.com"), environment("API_KEY"),
/// folder("words"), setting("endpoint")))]`. Without it the plugin does not start, and the server says what to add.
#[proc_macro_attribute]
pub fn plugin(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let needs = parse_macro_input!(arguments as needs::Needs);
    let item: proc_macro2::TokenStream = item.into();
    match module::PluginModule::parse(item.clone()) {
        Ok(module) => expand::expand(&module, &needs).into(),
        // The item stays, without the attributes that only `#[plugin]` understands, so that one mistake is one error.
        Err(error) => {
            let error = error.to_compile_error();
            let item = module::without_handler_attributes(item);
            quote!(#error #item).into()
        }
    }
}

/// A function that clients call: `fn NAME(ctx: &Context, payload: String) -> Result<String>`.
///
/// Its id is the function's name, or the one given: `#[rpc("daily.reward")]`.
#[proc_macro_attribute]
pub fn rpc(_: TokenStream, item: TokenStream) -> TokenStream {
    outside("rpc", item)
}

/// Runs before a message: `#[before(UpdateAccount)] fn NAME(ctx: &Context, req: UpdateAccountRequest) ->
/// Result<Before<UpdateAccountRequest>>`.
#[proc_macro_attribute]
pub fn before(_: TokenStream, item: TokenStream) -> TokenStream {
    outside("before", item)
}

/// Runs after a message that succeeded: `#[after(UpdateAccount)] fn NAME(ctx: &Context, req: &UpdateAccountRequest,
/// reply: &()) -> Result<()>`.
#[proc_macro_attribute]
pub fn after(_: TokenStream, item: TokenStream) -> TokenStream {
    outside("after", item)
}

/// Handles events: `fn NAME(ctx: &Context, event: Event) -> Result<()>`.
#[proc_macro_attribute]
pub fn event(_: TokenStream, item: TokenStream) -> TokenStream {
    outside("event", item)
}

/// Runs when a client opened a socket: `fn NAME(ctx: &Context, event: Event) -> Result<()>`.
#[proc_macro_attribute]
pub fn session_start(_: TokenStream, item: TokenStream) -> TokenStream {
    outside("session_start", item)
}

/// Runs when a client's socket is closed: `fn NAME(ctx: &Context, event: Event) -> Result<()>`.
#[proc_macro_attribute]
pub fn session_end(_: TokenStream, item: TokenStream) -> TokenStream {
    outside("session_end", item)
}

/// Runs once, when the plugin is loaded: `fn NAME(ctx: &Context) -> Result<()>`.
#[proc_macro_attribute]
pub fn start(_: TokenStream, item: TokenStream) -> TokenStream {
    outside("start", item)
}

/// Runs at the times of a cron expression of five fields, in UTC: `#[cron("0 4 * * *")] fn NAME(ctx: &Context, due:
/// Timestamp) -> Result<()>`.
#[proc_macro_attribute]
pub fn cron(_: TokenStream, item: TokenStream) -> TokenStream {
    outside("cron", item)
}

/// `#[plugin]` takes these attributes away before the compiler meets them: one that is met stands in the wrong place.
fn outside(attribute: &str, item: TokenStream) -> TokenStream {
    let message = format!("`#[{attribute}]` stands on a function inside the module that carries `#[plugin]`");
    let item: proc_macro2::TokenStream = item.into();
    quote!(::core::compile_error!(#message); #item).into()
}
