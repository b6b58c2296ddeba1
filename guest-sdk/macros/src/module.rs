//! What stands in a `#[plugin]` module.

use crate::signature;
use proc_macro2::TokenStream;
use std::collections::HashMap;
use syn::parse::Parser;
use syn::{Attribute, Error, Ident, Item, ItemFn, ItemMod, LitStr, Meta, Path, Token, Type};

/// A `#[plugin]` module, read and checked.
pub(crate) struct PluginModule {
    /// The module, without the attributes that are ours.
    pub(crate) module: ItemMod,
    pub(crate) handlers: Vec<Handler>,
}

/// A function of the module that the server calls.
pub(crate) struct Handler {
    pub(crate) role: Role,
    pub(crate) function: Ident,
    /// The types of the parameters after the context; references are taken off.
    pub(crate) parameters: Vec<Type>,
    /// What the function returns.
    pub(crate) output: Type,
    /// The function's `#[cfg(…)]` attributes: what refers to the function needs them too.
    pub(crate) conditions: Vec<Attribute>,
}

/// What a handler is for.
pub(crate) enum Role {
    /// An RPC, by its id in lower case.
    Rpc(String),
    /// Before the message that this type stands for.
    Before(Path),
    /// After the message that this type stands for.
    After(Path),
    Event,
    SessionStart,
    SessionEnd,
    Start,
    /// At the times of this cron expression.
    Cron(String),
}

/// The attributes that make a function a handler.
const ATTRIBUTES: [&str; 8] = ["rpc", "before", "after", "event", "session_start", "session_end", "start", "cron"];

impl PluginModule {
    /// Reads a module.
    ///
    /// # Errors
    /// All that is wrong with it, each at its place.
    pub(crate) fn parse(item: TokenStream) -> syn::Result<Self> {
        let mut module: ItemMod = syn::parse2(item.clone())
            .map_err(|_| Error::new_spanned(item, "`#[plugin]` stands on a module: `#[plugin] mod hello { … }`"))?;
        let Some((_, items)) = &mut module.content else {
            let message = "the functions of a plugin stand inside its module: `mod hello { … }`, not `mod hello;`";
            return Err(Error::new_spanned(module, message));
        };
        let mut handlers = Vec::new();
        let mut errors = Errors::default();
        for item in items {
            match item {
                Item::Fn(function) => match Handler::take(function) {
                    Ok(handler) => handlers.extend(handler),
                    Err(error) => errors.push(error),
                },
                other => {
                    if let Some(attribute) = other_attributes(other).iter().find(|a| handler_attribute(a).is_some()) {
                        errors.push(Error::new_spanned(attribute, "this attribute stands on a function"));
                    }
                }
            }
        }
        refuse_doubles(&handlers, &mut errors);
        errors.into_result().map(|()| Self { module, handlers })
    }
}

impl Handler {
    /// Takes our attribute off a function; none when it has none.
    fn take(function: &mut ItemFn) -> syn::Result<Option<Self>> {
        let (ours, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut function.attrs).into_iter().partition(|a| handler_attribute(a).is_some());
        function.attrs = others;
        let mut ours = ours.into_iter();
        let Some(attribute) = ours.next() else { return Ok(None) };
        if let Some(second) = ours.next() {
            return Err(Error::new_spanned(second, "a function has one of these attributes"));
        }
        let role = Role::parse(&attribute, function)?;
        let signature = signature::check(&role, function)?;
        Ok(Some(Self {
            role,
            function: function.sig.ident.clone(),
            parameters: signature.parameters,
            output: signature.output,
            conditions: function.attrs.iter().filter(|a| a.path().is_ident("cfg")).cloned().collect(),
        }))
    }
}

impl Role {
    fn parse(attribute: &Attribute, function: &ItemFn) -> syn::Result<Self> {
        let name = handler_attribute(attribute).unwrap_or_default();
        match name {
            "rpc" => rpc_id(attribute, function).map(Self::Rpc),
            "before" => message(attribute, name).map(Self::Before),
            "after" => message(attribute, name).map(Self::After),
            "cron" => expression(attribute).map(Self::Cron),
            _ => {
                if !matches!(attribute.meta, Meta::Path(_)) {
                    return Err(Error::new_spanned(attribute, format!("`#[{name}]` takes nothing in brackets")));
                }
                Ok(match name {
                    "event" => Self::Event,
                    "session_start" => Self::SessionStart,
                    "session_end" => Self::SessionEnd,
                    _ => Self::Start,
                })
            }
        }
    }

    /// What there can be one of.
    fn identity(&self) -> String {
        match self {
            Self::Rpc(id) => format!("an RPC of the id {id:?}"),
            Self::Before(path) => format!("a function before {}", last_segment(path)),
            Self::After(path) => format!("a function after {}", last_segment(path)),
            Self::Event => "an event handler".into(),
            Self::SessionStart => "a handler of session starts".into(),
            Self::SessionEnd => "a handler of session ends".into(),
            Self::Start => "a start function".into(),
            Self::Cron(expression) => format!("a function at the times {expression:?}"),
        }
    }
}

/// `#[rpc]`, `#[rpc("id")]` or `#[rpc(id = "id")]`.
fn rpc_id(attribute: &Attribute, function: &ItemFn) -> syn::Result<String> {
    let given = match &attribute.meta {
        Meta::Path(_) => return Ok(function.sig.ident.to_string().trim_start_matches("r#").to_lowercase()),
        Meta::List(list) => {
            let text = |input: syn::parse::ParseStream<'_>| {
                if input.peek(Ident) {
                    let key: Ident = input.parse()?;
                    if key != "id" {
                        return Err(Error::new_spanned(key, "expected `id`"));
                    }
                    input.parse::<Token![=]>()?;
                }
                input.parse::<LitStr>()
            };
            text.parse2(list.tokens.clone())
        }
        Meta::NameValue(value) => Err(Error::new_spanned(value, "")),
    };
    let id = given.map_err(|_| Error::new_spanned(attribute, "an RPC's id is a text: `#[rpc(\"daily.reward\")]`"))?;
    if id.value().is_empty() {
        return Err(Error::new_spanned(id, "an RPC's id is not empty"));
    }
    // The server knows ids in lower case only.
    Ok(id.value().to_lowercase())
}

/// `#[before(UpdateAccount)]`.
fn message(attribute: &Attribute, name: &str) -> syn::Result<Path> {
    let sentence = format!("`#[{name}]` names one message: `#[{name}(UpdateAccount)]`");
    attribute.parse_args_with(Path::parse_mod_style).map_err(|_| Error::new_spanned(attribute, sentence))
}

/// `#[cron("0 4 * * *")]`. Only its shape is checked here, the values of its fields when the server loads the plugin: what
/// reads them would be built for every plugin.
fn expression(attribute: &Attribute) -> syn::Result<String> {
    let text = attribute.parse_args::<LitStr>().map_err(|_| {
        Error::new_spanned(
            attribute,
            "a time is a text of five fields, in UTC: `#[cron(\"0 4 * * *\")]` is 4:00 every day",
        )
    })?;
    let value = text.value();
    let fields = value.split_ascii_whitespace().count();
    // A name, such as `@daily`, stands alone.
    if fields != 5 && !(fields == 1 && value.trim_start().starts_with('@')) {
        let names = "minute, hour, day of the month, month, day of the week";
        return Err(Error::new_spanned(text, format!("this has {fields} of the five fields {names}")));
    }
    Ok(value)
}

/// The name of an attribute that is ours.
fn handler_attribute(attribute: &Attribute) -> Option<&'static str> {
    // Written out as `meadhall_guest::rpc` it is ours as well.
    let last = &attribute.path().segments.last()?.ident;
    let ours = attribute.path().segments.len() == 1 || attribute.path().segments[0].ident == "meadhall_guest";
    ATTRIBUTES.into_iter().find(|name| ours && last == name)
}

/// Gives a broken module's tokens back, as far as they parse, without the attributes that nothing would understand.
pub(crate) fn without_handler_attributes(item: TokenStream) -> TokenStream {
    let Ok(mut module) = syn::parse2::<ItemMod>(item) else { return TokenStream::new() };
    if let Some((_, items)) = &mut module.content {
        for item in items.iter_mut() {
            if let Item::Fn(function) = item {
                function.attrs.retain(|a| handler_attribute(a).is_none());
                function.attrs.push(syn::parse_quote!(#[allow(dead_code, reason = "its plugin did not expand")]));
            }
        }
        items.insert(
            0,
            syn::parse_quote!(
                #[allow(unused_imports, reason = "the macro adds it")]
                use super::*;
            ),
        );
    }
    quote::quote!(#module)
}

fn other_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn refuse_doubles(handlers: &[Handler], errors: &mut Errors) {
    let mut seen: HashMap<String, &Ident> = HashMap::new();
    // Functions under a condition may be alternatives to each other; the compiler sees which of them there are.
    for handler in handlers.iter().filter(|handler| handler.conditions.is_empty()) {
        let identity = handler.role.identity();
        if let Some(first) = seen.get(&identity) {
            let message = format!("a plugin has {identity} once, and `{first}` is it");
            errors.push(Error::new_spanned(&handler.function, message));
        } else {
            seen.insert(identity, &handler.function);
        }
    }
}

fn last_segment(path: &Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

/// Errors, gathered so that all are reported at once.
#[derive(Default)]
struct Errors(Option<Error>);

impl Errors {
    fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    fn into_result(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
