//! `#[plugin(needs(http("api.example.com"), environment("API_KEY")))]`.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, LitStr, Token, parenthesized};

/// What a plugin needs that the server's configuration has to grant: kind and name.
#[derive(Default)]
pub(crate) struct Needs(pub(crate) Vec<(String, LitStr)>);

const KINDS: [&str; 5] = ["http", "url", "environment", "folder", "setting"];

impl Parse for Needs {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self::default());
        }
        let keyword: Ident = input.parse()?;
        if keyword != "needs" {
            let message = "`#[plugin]` takes `needs(…)`, such as `#[plugin(needs(http(\"api.example.com\")))]`";
            return Err(Error::new_spanned(keyword, message));
        }
        let all;
        parenthesized!(all in input);
        let mut needs = Self::default();
        while !all.is_empty() {
            let kind: Ident = all.parse()?;
            if !KINDS.iter().any(|known| kind == known) {
                let message = format!("a plugin needs one of {}, each with names in brackets", KINDS.join(", "));
                return Err(Error::new_spanned(kind, message));
            }
            let names;
            parenthesized!(names in all);
            let names = Punctuated::<LitStr, Token![,]>::parse_terminated(&names)?;
            if names.is_empty() {
                return Err(Error::new_spanned(&kind, format!("`{kind}` names what is needed: `{kind}(\"…\")`")));
            }
            needs.0.extend(names.into_iter().map(|name| (kind.to_string(), name)));
            if !all.is_empty() {
                all.parse::<Token![,]>()?;
            }
        }
        Ok(needs)
    }
}
