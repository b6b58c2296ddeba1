//! What is wrong with a script is told with its line.

use super::*;

fn faults(text: &str) -> Vec<String> {
    Script::read(text).map(|_| Vec::new()).unwrap_or_else(|faults| faults.iter().map(Fault::to_string).collect())
}

#[test]
fn each_fault_names_the_line_and_the_key() {
    for (text, expected) in [
        ("", "line 1: there is no [[step]]: a script says what to do, step by step"),
        ("step = 5", "line 1: `step` is a list: each begins with [[step]]"),
        ("stepp = 5\n[[step]]\nconnect = \"ada\"", "line 1: a script has no key `stepp`, did you mean `step`?"),
        ("[[step]]\nconnect = \"ada\"\n[[steps]]\n", "line 3: a script has no key `steps`, did you mean `step`?"),
        (
            "stop_at_failure = 1\n[[step]]\nconnect = \"ada\"",
            "line 1: `stop_at_failure` is true or false, and here it is 1",
        ),
        (
            "now = \"noon\"\n[[step]]\nconnect = \"ada\"",
            "line 1: `now` is a time such as 2026-01-31T12:00:00Z, without quotes, and here it is \"noon\"",
        ),
        ("settings = 5\n[[step]]\nconnect = \"ada\"", "line 1: `settings` is a section, as [settings]"),
        (
            "[[step]]\n",
            "line 1: this step does nothing and expects nothing; what it may do is `rpc`, `request`, `send`, `connect`, \
             `disconnect`, `join`, `write`, `emit`, `store`, `wait`, `until`, `cron`",
        ),
        (
            "\n[[step]]\nrpc = \"a\"\n\nconnect = \"ada\"",
            "line 2: a step does one thing, and this one has `rpc` and `connect`",
        ),
        ("[[step]]\nrpc = 5", "line 2: `rpc` is a text, and here it is 5"),
        ("[[step]]\nrpc = \"a\"\npaylod = 1", "line 3: a step has no key `paylod`, did you mean `payload`?"),
        ("[[step]]\nconnect = \"ada\"\npayload = 1", "line 3: `payload` goes with `rpc`, and this step has `connect`"),
        (
            "[[step]]\nlog = \"a\"\nas = \"ada\"",
            "line 3: `as` goes with `rpc`, `request`, `send`, `join`, `write`, `emit`, and this step does nothing",
        ),
        ("[[step]]\nrpc = \"a\"\nover = \"socket\"", "line 3: a socket is somebody's: say whose, as in as = \"ada\""),
        ("[[step]]\nrpc = \"a\"\nover = \"tcp\"", "line 3: `over` is \"socket\" or \"http\", and here it is \"tcp\""),
        (
            "[[step]]\nrequest = \"/v2/account\"",
            "line 2: `request` is a method and a path, as in \"PUT /v2/account\", and here it is \"/v2/account\"",
        ),
        ("[[step]]\njoin = \"hall\"", "line 2: a step with `join` says as whom, as in as = \"ada\""),
        (
            "[[step]]\nas = \"ada\"\njoin = { room = \"hall\" }",
            "line 3: a `join` has no key `room`; it has `user`, `group`",
        ),
        (
            "[[step]]\nas = \"ada\"\njoin = {}",
            "line 3: `join` is a room's name, or { user = \"bjorn\" }, or { group = \"${ravens}\" }",
        ),
        (
            "[[step]]\nas = \"ada\"\nwrite = { text = \"hi\" }",
            "line 3: a step with `write` says where, as in in = \"hall\"",
        ),
        (
            "[[step]]\nwait = \"soon\"",
            "line 2: `wait` is a time such as \"90s\", \"1h30m\" or \"1d\", and here it is \"soon\"",
        ),
        ("[[step]]\nstore = { key = \"k\", value = {} }", "line 2: an object says `collection`, and this one does not"),
        (
            "[[step]]\nwait = \"1s\"\nreply = 5",
            "line 1: nobody answers a step with `wait`, so there is no `reply` to expect or to save from",
        ),
        (
            "[[step]]\nrpc = \"a\"\nreply = 5\nerror = \"b\"",
            "line 1: a step ends in one way, and this one has `reply` and `error`",
        ),
        (
            "[[step]]\nrpc = \"a\"\nerror = { code = \"bad-input\" }",
            "line 3: `code` is a number or one of cancelled, unknown, invalid-argument, deadline-exceeded, not-found, \
             already-exists, permission-denied, resource-exhausted, failed-precondition, aborted, out-of-range, \
             unimplemented, internal, unavailable, data-loss, unauthenticated, and here it is \"bad-input\"",
        ),
        (
            "[[step]]\nrpc = \"a\"\nerror = { text = \"b\" }",
            "line 3: an `error` has no key `text`; it has `code`, `message`",
        ),
        (
            "[[step]]\nstorage = { collection = \"c\", key = \"k\" }",
            "line 2: an object has a `value`, or is `absent = true`",
        ),
        ("[[step]]\nreceives = [1]", "line 2: `receives` says whose, as in { ada = … }, and here it is a list"),
        (
            "[[step]]\nrpc = \"a\"\npayload = \"${ben}\"",
            "line 3: `${ben}` is no user of this script, no room that was joined and nothing that was saved before",
        ),
        (
            "[[step]]\nrpc = \"a\"\npayload = \"${id}\"\nsave = { id = \"b\" }",
            "line 3: `${id}` is no user of this script, no room that was joined and nothing that was saved before",
        ),
        (
            "[[step]]\nrpc = \"a\"\npayload = \"${http}\"",
            "line 3: `${http}` is where the stand-in for other servers is, and there is no [[http]]",
        ),
        (
            "[[step]]\nrpc = \"a\"\npayload = \"${id\"",
            "line 3: \"${id\" has a placeholder that does not end: `${name}` does, and `$${` is the text `${`",
        ),
        (
            "[[step]]\nconnect = \"ada\"\n[[step]]\nas = \"ada\"\njoin = \"ada\"",
            "line 5: \"ada\" is the name of a user already, so `${ada}` would be both",
        ),
        (
            "[[step]]\nconnect = \"\"",
            "line 2: \"\" is no user's name: a user is whoever the script names, such as \"ada\"",
        ),
        (
            "[[http]]\nrequest = \"GET /\"\nstatus = 20\n[[step]]\nconnect = \"ada\"",
            "line 3: `status` is a number from 100 to 599, and here it is 20",
        ),
        (
            "[[http]]\nstatus = 200\n[[step]]\nconnect = \"ada\"",
            "line 1: an [[http]] says `request`, and this one does not",
        ),
    ] {
        assert_eq!(faults(text), [expected], "{text}");
    }
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let found = faults("[[step]]\nrpc = \n");
    assert!(found[0].starts_with("line 2: this is no TOML: "), "{found:?}");
}

#[test]
fn all_faults_are_told_at_once_by_line() {
    let text = "[[step]]\nrcp = \"a\"\n\n[[step]]\nconnect = 5\n\n[[step]]\nrpc = \"a\"\nas = \"ada\"\nfrom = 1\n";
    let found = faults(text);
    let lines: Vec<_> = found.iter().filter_map(|fault| fault.split(':').next()).collect();
    assert_eq!(lines, ["line 2", "line 5", "line 10"], "{found:#?}");
}

#[test]
fn a_step_is_what_its_keys_say() {
    let text = "now = 2026-01-31T20:00:00+01:00\n[[step]]\nrpc = \"a\"\nas = \"ada\"\n[[step]]\nuntil = 2026-02-01\n\
        [[step]]\nstorage = { collection = \"c\", key = \"k\", user = \"ben\", absent = true }\n";
    let script = Script::read(text).unwrap();
    assert_eq!(script.now, Timestamp::from_seconds(1_769_886_000));
    let shown: Vec<_> = script.steps.iter().map(|step| (step.line, step.action.to_string())).collect();
    let expected = [(2, "rpc a as ada"), (5, "until 2026-02-01T00:00:00Z"), (7, "look")];
    assert_eq!(shown, expected.map(|(line, text)| (line, text.to_owned())));
    assert_eq!(script.users.iter().map(String::as_str).collect::<Vec<_>>(), ["ada", "ben"]);
}
