//! Functions that a plugin is denied: which there are, and how they are taken away.

use super::bindings::meadhall::plugin::http::{Request, Response};
use super::bindings::meadhall::plugin::types::Error;
use super::compile::{PACKAGE, VERSION, interface};
use super::guest::Guest;
use anyhow::bail;
use meadhall_protocol::error::Code;
use wasmtime::StoreContextMut;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, Val};

/// The functions that can be denied, by interface: all that can fail. What a plugin asks about its call, its log lines and
/// its metrics concern nobody else, and those functions have no error to answer with.
const FUNCTIONS: &[(&str, &[&str])] = &[
    ("account", &["get", "update", "delete", "ban", "unban", "export"]),
    (
        "channel",
        &[
            "build-id",
            "send",
            "update",
            "remove",
            "list",
            "list-from",
            "get",
            "read-marker",
            "mark-read",
            "read-markers",
        ],
    ),
    ("event", &["emit"]),
    ("file", &["read", "list"]),
    ("friend", &["list", "list-of-friends", "add", "delete", "block"]),
    (
        "group",
        &[
            "create", "update", "delete", "get", "list", "users", "of-user", "join", "leave", "add", "kick", "ban",
            "promote", "demote",
        ],
    ),
    ("http", &["send"]),
    ("notification", &["send", "list", "delete"]),
    ("session", &["disconnect"]),
    ("status", &["follow", "unfollow", "update", "online", "list"]),
    ("storage", &["read", "write", "delete", "list"]),
    ("stream", &["join", "update", "leave", "send", "send-envelope", "close", "count", "list", "get"]),
    ("users", &["get"]),
];

/// The share of the contract that a plugin imports which imports all of it, whatever it calls: runtimes of other languages do.
/// In percent, since one that was built against an earlier contract lacks what came later.
const WHOLE: usize = 90;

/// What a component imports of the contract: interface and function.
pub(super) fn imported(component: &Component) -> Vec<(String, String)> {
    let (ty, engine) = (component.component_type(), component.engine().clone());
    let mut imported = Vec::new();
    for (name, item) in ty.imports(&engine) {
        let (Some((interface, _)), ComponentItem::ComponentInstance(instance)) = (interface(name), &item.ty) else {
            continue;
        };
        for (function, item) in instance.exports(&engine) {
            if matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                imported.push((interface.to_owned(), function.to_owned()));
            }
        }
    }
    imported
}

/// Refuses a component that calls what its plugin is denied. One that imports the whole contract says nothing by it.
///
/// # Errors
/// When it imports a denied function; the sentence names all of them and what to change.
pub(super) fn check(plugin: &str, component: &Component, deny: &[String]) -> anyhow::Result<()> {
    let imported = imported(component);
    let all: usize = FUNCTIONS.iter().map(|(_, functions)| functions.len()).sum();
    let known = imported.iter().filter(|(interface, function)| is_known(interface, function)).count();
    if deny.is_empty() || known * 100 >= all * WHOLE {
        return Ok(());
    }
    let denied: Vec<_> = imported
        .iter()
        .filter_map(|(interface, function)| {
            denying(deny, interface, function).map(|entry| format!("{interface}.{function} (by {entry:?})"))
        })
        .collect();
    if !denied.is_empty() {
        let (calls, key) = (denied.join(", "), crate::config::toml_key(plugin));
        bail!("plugin {plugin:?} calls what it is denied, {calls}: change deny in [plugin.{key}], or the plugin");
    }
    Ok(())
}

/// A linker whose denied functions answer permission denied (7), naming the line.
///
/// # Errors
/// None that a configuration can cause.
pub(super) fn shadowed(linker: &Linker<Guest>, plugin: &str, deny: &[String]) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = linker.clone();
    linker.allow_shadowing(true);
    for (interface, functions) in FUNCTIONS {
        for function in *functions {
            let Some(entry) = denying(deny, interface, function) else { continue };
            let key = crate::config::toml_key(plugin);
            let message = format!(
                "plugin {plugin:?} may not call {interface}.{function}: {entry:?} stands in deny in [plugin.{key}]"
            );
            let mut instance = linker.instance(&format!("{PACKAGE}{interface}@{VERSION}"))?;
            if (*interface, *function) == ("http", "send") {
                // With its own types: a body read byte by byte as values would be thirty times its size.
                let refused = move |_: StoreContextMut<'_, Guest>, (_,): (Request,)| {
                    Ok((Err::<Response, _>(Error { code: Code::PermissionDenied as u32, message: message.clone() }),))
                };
                instance.func_wrap(function, refused)?;
            } else {
                instance.func_new(function, move |_, _, _, results| {
                    results.iter_mut().for_each(|result| *result = refusal(&message));
                    Ok(())
                })?;
            }
        }
    }
    Ok(linker)
}

/// The entry of `deny` that a function falls under.
fn denying<'a>(deny: &'a [String], interface: &str, function: &str) -> Option<&'a str> {
    let covers = |entry: &&String| match entry.split_once('.') {
        Some(both) => both == (interface, function),
        None => entry.as_str() == interface,
    };
    deny.iter().find(covers).map(String::as_str)
}

fn is_known(interface: &str, function: &str) -> bool {
    FUNCTIONS.iter().any(|(known, functions)| *known == interface && functions.contains(&function))
}

fn refusal(message: &str) -> Val {
    let code = ("code".to_owned(), Val::U32(Code::PermissionDenied as u32));
    let error = Val::Record(vec![code, ("message".to_owned(), Val::String(message.to_owned()))]);
    Val::Result(Err(Some(Box::new(error))))
}

/// What is wrong with a name in `deny`; none for a function, `account.delete`, or an interface, `storage`.
pub(crate) fn denial_problem(name: &str) -> Option<String> {
    let (interface, function) = match name.split_once('.') {
        Some((interface, function)) => (interface, Some(function)),
        None => (name, None),
    };
    let Some((_, functions)) = FUNCTIONS.iter().find(|(known, _)| *known == interface) else {
        let known: Vec<_> = FUNCTIONS.iter().map(|(interface, _)| *interface).collect();
        return Some(format!("is no interface that can be denied, those are {}", known.join(", ")));
    };
    let unknown = function.is_some_and(|function| !functions.contains(&function));
    unknown.then(|| format!("is no function, those of {interface} are {}", functions.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_contract() {
        assert_eq!(denial_problem("account.delete"), None);
        assert_eq!(denial_problem("storage"), None);
        assert!(denial_problem("account.remove").unwrap().contains("get, update, delete"));
        assert!(denial_problem("telepathy").unwrap().contains("account, channel"));
        assert!(denial_problem("log").is_some() && denial_problem("").is_some());
    }

    #[test]
    fn every_function_of_the_contract_that_can_fail_can_be_denied() {
        let mut found = 0;
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit")).unwrap() {
            let path = entry.unwrap().path();
            let interface = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if !super::super::imports::INTERFACES.contains(&interface.as_str()) {
                continue;
            }
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                let Some((function, rest)) = line.trim().split_once(": func(") else { continue };
                let name = format!("{interface}.{}", function.trim_start_matches('%'));
                assert_eq!(denial_problem(&name).is_none(), rest.contains("-> result<"), "{name}");
                found += usize::from(rest.contains("-> result<"));
            }
        }
        assert_eq!(found, FUNCTIONS.iter().map(|(_, functions)| functions.len()).sum::<usize>());
    }
}
