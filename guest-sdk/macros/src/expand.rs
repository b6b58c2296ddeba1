//! The code that a `#[plugin]` module becomes.

use crate::module::{Handler, PluginModule, Role};
use crate::needs::Needs;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// Writes the module, an implementation of the trait `Plugin` beside its functions, and the component's exports.
pub(crate) fn expand(plugin: &PluginModule, needs: &Needs) -> TokenStream {
    let module = &plugin.module;
    let (attributes, visibility, name) = (&module.attrs, &module.vis, &module.ident);
    let items = module.content.as_ref().map(|(_, items)| items.as_slice()).unwrap_or_default();
    let registrations = plugin.handlers.iter().filter_map(registration);
    let needs = needs.0.iter().map(|(kind, name)| quote!(::meadhall_guest::plugin::Need::new(#kind, #name)));
    let rpcs = calls(plugin, rpc);
    let before = calls(plugin, before);
    let after = calls(plugin, after);
    let start = calls(plugin, |handler| unary(handler, matches!(handler.role, Role::Start), &[]));
    let tick = calls(plugin, tick);
    let on =
        |matching: fn(&Role) -> bool| calls(plugin, move |handler| unary(handler, matching(&handler.role), &["event"]));
    let event = on(|role| matches!(role, Role::Event));
    let session_start = on(|role| matches!(role, Role::SessionStart));
    let session_end = on(|role| matches!(role, Role::SessionEnd));
    // The block imports nothing and calls by `self::`: whatever names the author has chosen, they mean the same here.
    quote! {
        #(#attributes)*
        #visibility mod #name {
            #[allow(unused_imports, reason = "a module may need nothing from around it")]
            use super::*;

            #(#items)*

            /// The plugin itself, for tests: `World::with(NAME::Plugin)`.
            #[allow(unreachable_pub, dead_code, reason = "a test that wants it may stand anywhere")]
            #[derive(Clone, Copy, Debug)]
            pub struct Plugin;

            #[allow(unused_variables, unreachable_code, reason = "not every plugin handles everything")]
            const _: () = {
                impl ::meadhall_guest::Plugin for self::Plugin {
                    fn register() -> ::meadhall_guest::Registration {
                        let mut registration = ::meadhall_guest::Registration::new(::core::env!("CARGO_PKG_VERSION"));
                        #(#registrations)*
                        registration
                    }

                    fn needs() -> ::std::vec::Vec<::meadhall_guest::plugin::Need> {
                        ::std::vec![#(#needs),*]
                    }

                    fn start(ctx: &::meadhall_guest::Context) -> ::meadhall_guest::Result<()> {
                        #start
                        ::core::result::Result::Ok(())
                    }

                    fn rpc(
                        ctx: &::meadhall_guest::Context,
                        id: &str,
                        payload: ::std::string::String,
                    ) -> ::meadhall_guest::Result<::std::string::String> {
                        #rpcs
                        ::meadhall_guest::glue::no_rpc(id)
                    }

                    fn before(
                        ctx: &::meadhall_guest::Context,
                        name: &str,
                        request: &str,
                    ) -> ::meadhall_guest::Result<::meadhall_guest::Outcome> {
                        #before
                        ::core::result::Result::Ok(::meadhall_guest::Outcome::Keep)
                    }

                    fn after(
                        ctx: &::meadhall_guest::Context,
                        name: &str,
                        request: &str,
                        reply: &str,
                    ) -> ::meadhall_guest::Result<()> {
                        #after
                        ::core::result::Result::Ok(())
                    }

                    fn event(
                        ctx: &::meadhall_guest::Context,
                        event: ::meadhall_guest::Event,
                    ) -> ::meadhall_guest::Result<()> {
                        #event
                        ::core::result::Result::Ok(())
                    }

                    fn session_start(
                        ctx: &::meadhall_guest::Context,
                        event: ::meadhall_guest::Event,
                    ) -> ::meadhall_guest::Result<()> {
                        #session_start
                        ::core::result::Result::Ok(())
                    }

                    fn session_end(
                        ctx: &::meadhall_guest::Context,
                        event: ::meadhall_guest::Event,
                    ) -> ::meadhall_guest::Result<()> {
                        #session_end
                        ::core::result::Result::Ok(())
                    }

                    fn tick(
                        ctx: &::meadhall_guest::Context,
                        expression: &str,
                        due_ms: i64,
                    ) -> ::meadhall_guest::Result<()> {
                        #tick
                        ::core::result::Result::Ok(())
                    }
                }

                ::meadhall_guest::export!(Plugin);
            };
        }
    }
}

/// One statement for each handler that `call` knows; each returns from the function that it stands in.
fn calls(plugin: &PluginModule, call: impl Fn(&Handler) -> Option<TokenStream>) -> TokenStream {
    plugin
        .handlers
        .iter()
        .filter_map(|handler| {
            let conditions = &handler.conditions;
            call(handler).map(|call| quote!(#(#conditions)* { #call }))
        })
        .collect()
}

/// The line of `register` for a handler; `start` needs none.
fn registration(handler: &Handler) -> Option<TokenStream> {
    let conditions = &handler.conditions;
    let call = match &handler.role {
        Role::Rpc(id) => quote!(rpc(#id)),
        Role::Before(message) => quote_spanned!(message.span()=> before::<#message>()),
        Role::After(message) => quote_spanned!(message.span()=> after::<#message>()),
        Role::Event => quote!(event()),
        Role::SessionStart => quote!(session_start()),
        Role::SessionEnd => quote!(session_end()),
        Role::Cron(expression) => quote!(cron(#expression)),
        Role::Start => return None,
    };
    Some(quote!(#(#conditions)* { registration = registration.#call; }))
}

// Each conversion carries the place of the author's own type, so that the compiler's complaint about it stands there.

fn rpc(handler: &Handler) -> Option<TokenStream> {
    let Role::Rpc(id) = &handler.role else { return None };
    let (function, output) = (&handler.function, handler.output.span());
    // A function that takes no payload is called whatever comes.
    let Some(payload) = handler.parameters.first() else {
        let call = quote_spanned!(output=> ::meadhall_guest::glue::rpc_reply(self::#function(ctx)));
        return Some(quote!(if id == #id { return #call; }));
    };
    let decode = quote_spanned!(payload.span()=> ::meadhall_guest::glue::payload::<#payload>(payload)?);
    let call = quote_spanned!(output=> ::meadhall_guest::glue::rpc_reply(self::#function(ctx, payload)));
    Some(quote! {
        if id == #id {
            let payload = #decode;
            return #call;
        }
    })
}

fn before(handler: &Handler) -> Option<TokenStream> {
    let Role::Before(message) = &handler.role else { return None };
    let (function, output) = (&handler.function, handler.output.span());
    let request = handler.parameters.first()?;
    let decode = quote_spanned!(request.span()=> ::meadhall_guest::glue::request::<#message, #request>(request)?);
    let call =
        quote_spanned!(output=> ::meadhall_guest::glue::before_reply::<#message, _>(self::#function(ctx, request)));
    Some(quote! {
        if name == <#message as ::meadhall_guest::Hook>::NAME {
            let request = #decode;
            return #call;
        }
    })
}

fn after(handler: &Handler) -> Option<TokenStream> {
    let Role::After(message) = &handler.role else { return None };
    let (function, output) = (&handler.function, handler.output.span());
    let [request, reply] = handler.parameters.as_slice() else { return None };
    let decode_request =
        quote_spanned!(request.span()=> ::meadhall_guest::glue::request::<#message, #request>(request)?);
    let decode_reply = quote_spanned!(reply.span()=> ::meadhall_guest::glue::reply::<#message, #reply>(reply)?);
    let call = quote_spanned!(output=> ::meadhall_guest::glue::done(self::#function(ctx, &request, &reply)));
    Some(quote! {
        if name == <#message as ::meadhall_guest::Hook>::NAME {
            let request = #decode_request;
            let reply = #decode_reply;
            return #call;
        }
    })
}

fn tick(handler: &Handler) -> Option<TokenStream> {
    let Role::Cron(expression) = &handler.role else { return None };
    let (function, output) = (&handler.function, handler.output.span());
    let due = handler.parameters.first()?;
    let time = quote_spanned!(due.span()=> ::meadhall_guest::glue::due::<#due>(due_ms));
    let call = quote_spanned!(output=> ::meadhall_guest::glue::done(self::#function(ctx, due)));
    Some(quote! {
        if expression == #expression {
            let due = #time;
            return #call;
        }
    })
}

/// A handler that there is one of: it is called with the context and what `arguments` names.
fn unary(handler: &Handler, matches: bool, arguments: &[&str]) -> Option<TokenStream> {
    let (function, output) = (&handler.function, handler.output.span());
    let arguments = arguments.iter().map(|name| syn::Ident::new(name, function.span()));
    let call = quote_spanned!(output=> ::meadhall_guest::glue::done(self::#function(ctx #(, #arguments)*)));
    matches.then(|| quote!(return #call;))
}
