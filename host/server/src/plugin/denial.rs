//! Functions that a plugin is denied: which there are, and how they are taken away.

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
