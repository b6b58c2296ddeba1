//! The signature that each kind of handler has, and the sentence for one that is different.

use crate::module::Role;
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, ReturnType, Type};

/// The types in a handler's signature.
pub(crate) struct Signature {
    /// The parameters after the context; references are taken off.
    pub(crate) parameters: Vec<Type>,
    pub(crate) output: Type,
}

/// Checks all of a signature that can be seen without knowing types.
///
/// # Errors
/// A sentence that shows the right signature and says what is different.
pub(crate) fn check(role: &Role, function: &ItemFn) -> syn::Result<Signature> {
    let shape = Shape::of(role);
    let wrong = |place: &dyn Fn() -> proc_macro2::Span, difference: &str| {
        let name = &function.sig.ident;
        let (attribute, parameters, output) = (shape.attribute, shape.parameters, shape.output);
        let right = format!("fn {name}({parameters}) -> {output}");
        Error::new(place(), format!("a function with `{attribute}` looks like `{right}`, but this one {difference}"))
    };
    let signature = &function.sig;
    if let Some(keyword) = &signature.asyncness {
        return Err(wrong(&|| keyword.span(), "is async"));
    }
    if !signature.generics.params.is_empty() {
        return Err(wrong(&|| signature.generics.span(), "is generic"));
    }
    let count = signature.inputs.len();
    if count != shape.references.len() + 1 && !(count == 1 && shape.context_is_enough) {
        let parameters = if count == 1 { "parameter" } else { "parameters" };
        return Err(wrong(&|| signature.ident.span(), &format!("has {count} {parameters}")));
    }
    let mut types = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(&*typed.ty),
        FnArg::Receiver(_) => None,
    });
    match types.next() {
        Some(Type::Reference(context)) if context.mutability.is_none() => {}
        _ => return Err(wrong(&|| signature.inputs.span(), "does not take `&Context` first")),
    }
    let mut parameters = Vec::new();
    for (found, by_reference) in types.zip(shape.references) {
        match (found, by_reference) {
            (Type::Reference(reference), true) if reference.mutability.is_none() => {
                parameters.push((*reference.elem).clone());
            }
            (_, true) => return Err(wrong(&|| found.span(), "does not take this by reference")),
            (Type::Reference(_), false) => return Err(wrong(&|| found.span(), "takes this by reference")),
            (_, false) => parameters.push(found.clone()),
        }
    }
    match &signature.output {
        ReturnType::Default => Err(wrong(&|| signature.ident.span(), "returns nothing")),
        ReturnType::Type(_, output) => Ok(Signature { parameters, output: (**output).clone() }),
    }
}

/// What a handler looks like.
struct Shape {
    attribute: &'static str,
    parameters: &'static str,
    output: &'static str,
    /// For each parameter after the context, whether it is taken by reference.
    references: &'static [bool],
    /// Whether they may be left out.
    context_is_enough: bool,
}

impl Shape {
    fn of(role: &Role) -> Self {
        let event = |attribute| Self {
            attribute,
            parameters: "ctx: &Context, event: Event",
            output: "Result<()>",
            references: &[false],
            context_is_enough: false,
        };
        match role {
            Role::Rpc(_) => Self {
                attribute: "#[rpc]",
                parameters: "ctx: &Context, payload: String",
                output: "Result<String>",
                references: &[false],
                context_is_enough: true,
            },
            Role::Before(_) => Self {
                attribute: "#[before(…)]",
                parameters: "ctx: &Context, req: REQUEST",
                output: "Result<Before<REQUEST>>",
                references: &[false],
                context_is_enough: false,
            },
            Role::After(_) => Self {
                attribute: "#[after(…)]",
                parameters: "ctx: &Context, req: &REQUEST, reply: &REPLY",
                output: "Result<()>",
                references: &[true, true],
                context_is_enough: false,
            },
            Role::Event => event("#[event]"),
            Role::SessionStart => event("#[session_start]"),
            Role::SessionEnd => event("#[session_end]"),
            Role::Start => Self {
                attribute: "#[start]",
                parameters: "ctx: &Context",
                output: "Result<()>",
                references: &[],
                context_is_enough: true,
            },
            Role::Cron(_) => Self {
                attribute: "#[cron(…)]",
                parameters: "ctx: &Context, due: Timestamp",
                output: "Result<()>",
                references: &[false],
                context_is_enough: false,
            },
        }
    }
}
