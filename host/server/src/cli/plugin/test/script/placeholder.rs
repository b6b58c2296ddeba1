//! `${name}` in a text: an id or something that was kept, put in when the step runs.

/// Any text, in what is expected.
pub(in super::super) const ANY: &str = "*";
/// Nothing at all, in what is expected.
pub(in super::super) const NONE: &str = "none";
/// Where the stand-in for other servers is.
pub(in super::super) const HTTP: &str = "http";

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// The pieces of a text. `$${` is `${` itself.
///
/// # Errors
/// Where a placeholder does not end, or has no name.
pub(in super::super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(begin) = rest.find("${") {
        if rest[..begin].ends_with('$') {
            pieces.push(Piece::Text(&rest[..begin - 1]));
            pieces.push(Piece::Text("${"));
            rest = &rest[begin + 2..];
            continue;
        }
        pieces.push(Piece::Text(&rest[..begin]));
        let Some((name, after)) = rest[begin + 2..].split_once('}') else {
            return Err(format!(
                "{text:?} has a placeholder that does not end: `${{name}}` does, and `$${{` is the text `${{`"
            ));
        };
        if name.is_empty() {
            return Err(format!("{text:?} has a placeholder without a name"));
        }
        pieces.push(Piece::Name(name));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// The names of a text's placeholders.
///
/// # Errors
/// As [`pieces`].
pub(super) fn names(text: &str) -> Result<Vec<&str>, String> {
    let named = |piece| match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) => None,
    };
    Ok(pieces(text)?.into_iter().filter_map(named).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_between_texts() {
        let whole = |text| {
            let shown = pieces(text).unwrap().into_iter().map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Name(name) => format!("<{name}>"),
            });
            shown.collect::<String>()
        };
        assert_eq!(whole("a ${b} c${*}"), "a <b> c<*>");
        assert_eq!(whole("$${b} costs $5 or ${n}"), "${b} costs $5 or <n>");
        assert_eq!(whole(""), "");
        assert!(pieces("${b").unwrap_err().contains("does not end"));
        assert!(pieces("${}").unwrap_err().contains("without a name"));
    }
}
