//! `meadhall plugin test`: the scripts of the examples pass, and what fails is told in a report.

use anyhow::{Context, Result, ensure};
use meadhall_tests::plugins::{example, plugin_cache_dir, python, repository};
use meadhall_tests::process::binary;
use meadhall_tests::{PATIENCE, javascript};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// How a run ended.
struct Run {
    code: Option<i32>,
    /// What it printed, without the hashes that change with each build.
    printed: String,
    said: String,
}

/// Runs `meadhall plugin test`.
async fn test(component: &Path, script: &Path) -> Result<Run> {
    let mut command = Command::new(binary()?);
    command.args(["plugin", "test"]).arg(component).arg("--script").arg(script).arg("--cache").arg(plugin_cache_dir());
    // What the example for analytics is granted.
    command.env("ANALYTICS_API_KEY", "secret");
    let output = tokio::time::timeout(PATIENCE * 4, command.stdin(Stdio::null()).kill_on_drop(true).output());
    let output = output.await.context("`meadhall plugin test` does not end")??;
    let (printed, said) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    Ok(Run { code: output.status.code(), printed: without_hash(&printed), said })
}

/// The first line names the build.
fn without_hash(printed: &str) -> String {
    match printed.split_once('+') {
        Some((before, after)) if !before.contains('\n') => {
            format!("{before}{}", after.trim_start_matches(|c: char| c.is_ascii_hexdigit()))
        }
        _ => printed.to_owned(),
    }
}

/// Runs a script of a test's own, and returns its report with the script's path shortened.
async fn report(component: PathBuf, script: &str) -> Result<Run> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("test.toml");
    std::fs::write(&file, script)?;
    let mut run = test(&component, &file).await?;
    let whole = file.display().to_string();
    run.printed = run.printed.replace(&whole, "test.toml");
    run.said = run.said.replace(&whole, "test.toml");
    Ok(run)
}

/// Checks a report whole.
async fn fails_with(component: PathBuf, script: &str, expected: &str) -> Result<()> {
    let run = report(component, script).await?;
    assert_eq!(run.printed, expected, "{}", run.said);
    assert_eq!(run.code, Some(1));
    Ok(())
}

/// The component of an example, by its folder.
fn built(name: &str) -> PathBuf {
    let folder = format!("plugins/{name}");
    if repository().join(&folder).join("package.json").is_file() {
        javascript::component(&folder)
    } else if repository().join(&folder).join("pyproject.toml").is_file() {
        python(&folder)
    } else {
        example(name)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_has_a_script_that_passes() -> Result<()> {
    let mut passed = Vec::new();
    for entry in std::fs::read_dir(repository().join("plugins"))? {
        let folder = entry?.path();
        let name = folder.file_name().and_then(|name| name.to_str()).context("a folder's name is no text")?.to_owned();
        let is_plugin = ["Cargo.toml", "package.json", "pyproject.toml"].iter().any(|file| folder.join(file).is_file());
        // The probe is no example: the tests of the plugin contract call all of it.
        if !is_plugin || name == "probe" {
            continue;
        }
        let script = folder.join("test.toml");
        ensure!(script.is_file(), "the example {name} has no test.toml");
        let component = tokio::task::spawn_blocking({
            let name = name.clone();
            move || built(&name)
        });
        let run = test(&component.await?, &script).await?;
        ensure!(run.code == Some(0), "the script of {name} fails:\n{}{}", run.printed, run.said);
        let steps = std::fs::read_to_string(&script)?.matches("[[step]]").count();
        assert!(run.printed.ends_with(&format!("\n{steps} passed, 0 failed\n")), "{}", run.printed);
        passed.push(name);
    }
    assert!(passed.len() >= 5, "{passed:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_javascript_handler_throws_is_logged_with_its_name_and_line() -> Result<()> {
    let script = r#"
[[step]]
rpc = "hostile.throw"
as = "ada"
payload = "circle"
error = "Error: round"
log = ["error rpc \"hostile.throw\" threw: Error: round", "at circle@src/hostile.js:37"]
"#;
    let component = tokio::task::spawn_blocking(|| javascript::component("tests/guests/hostile-js")).await?;
    let run = report(component, script).await?;
    assert_eq!(run.code, Some(0), "{}{}", run.printed, run.said);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_expected_is_told_with_its_line() -> Result<()> {
    let script = r#"
[[step]]
what = "the pieces of a reply are compared"
rpc = "room_send"
as = "ada"
payload = "hello"
reply = { username = "ben", channel_id = "2...Global Chat Room", extra = [1] }

[[step]]
rpc = "count"
reply = 1

[[step]]
rpc = "nosuch"
as = "ada"

[[step]]
rpc = "join"
as = "ada"
error = { code = "not-found", message = "gone" }

[[step]]
rpc = "join"
as = "ada"
over = "socket"
error = "must fail"
receives = { ben = { stream_data = { data = "x" } } }

[[step]]
rpc = "send"
payload = "drums"
receives.ada = []

[[step]]
storage = [{ collection = "a", key = "b", value = { c = 1 } }]
notifications = { ada = { subject = "hi" } }
events = { name = "won" }
log = "nothing of the kind"

[[step]]
write = { text = "hi" }
as = "ada"
in = "attic"

[[step]]
cron = "0 4 * * *"

[[step]]
disconnect = "ben"
required = true

[[step]]
rpc = "count"
reply = 1
"#;
    let expected = r#"global_stream 0.1.0, test.toml
FAILED  line 2    rpc room_send as ada: the pieces of a reply are compared
        line 7    reply.extra: expected [1]
                                   came nothing
        line 7    reply.username: expected "ben"
                                      came "ada"
FAILED  line 9    rpc count as the server
        line 11   reply: expected 1
                             came "0"
FAILED  line 13   rpc nosuch as ada
        line 13   expected success
                      came the error 5, "RPC function not found"
FAILED  line 17   rpc join as ada
        line 20   error: expected the error 5, "gone"
                             came the error 9, "this needs a socket, and the call came over plain HTTP"
FAILED  line 22   rpc join as ada over the socket
        line 26   error: expected an error, "must fail"
                             came "Success"
        line 27   receives.ben: expected {"stream_data":{"data":"x"}}
                                    came nothing
FAILED  line 29   rpc send as the server
        line 32   receives.ada: expected nothing
                                    came {"stream_data":{"data":"drums","reliable":true,"stream":{"label":"Global Chat Room","mode":142}}}
FAILED  line 34   look
        line 37   events: expected {"name":"won"}
                              came nothing
        line 35   storage a/b: expected {"c":1}
                                   came nothing
        line 36   notifications.ada: expected {"subject":"hi"}
                                         came nothing
        line 38   log: no line has "nothing of the kind"
FAILED  line 40   ada writes in attic
        line 40   nobody has joined "attic": a step with join = "attic" goes before
FAILED  line 45   cron 0 4 * * *
        line 45   the plugin registers no cron "0 4 * * *"; it registers none
FAILED  line 48   ben disconnects
        line 48   ben has no socket to close
skipped line 52   rpc count as the server
0 passed, 10 failed, 1 skipped
"#;
    fails_with(example("global-stream"), script, expected).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_in_javascript_is_reported_on_alike() -> Result<()> {
    let script = r#"
now = 2026-01-31T20:00:00Z
stop_at_failure = true

[[step]]
rpc = "daily.claim"
as = "ada"
reply = { reward = 10 }

[[step]]
rpc = "daily.claim"
as = "ada"
reply = { reward = 15 }

[[step]]
wait = "1d"
"#;
    let expected = r#"daily-reward 0.1.0, test.toml
ok      line 5    rpc daily.claim as ada
FAILED  line 10   rpc daily.claim as ada
        line 13   reply: expected {"reward":15}
                             came the error 9, "today's reward is taken, come back tomorrow"
skipped line 15   wait 1d
1 passed, 1 failed, 1 skipped
"#;
    let component = tokio::task::spawn_blocking(|| built("daily-reward-js")).await?;
    fails_with(component, script, expected).await
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_that_fail_in_python_fail_their_step() -> Result<()> {
    let script = r#"
[settings]
offences = "many"
moderators = "${ada}"

[[step]]
rpc = "profanity.set"
as = "ada"
payload = { word = "nithing", treatment = "refuse" }

[[step]]
join = "hall"
as = "ben"

[[step]]
write = { text = "nithing" }
as = "ben"
in = "hall"
error = "not welcome"
"#;
    let component = tokio::task::spawn_blocking(|| built("profanity-filter-python")).await?;
    let run = report(component, script).await?;
    for line in [
        "ok      line 6    rpc profanity.set as ada\n",
        "FAILED  line 15   ben writes in hall\n        line 15   warn event handler failed, event profanity: ",
        "\n        | warn event handler failed, event profanity: ",
        "\n2 passed, 1 failed\n",
    ] {
        assert!(run.printed.contains(line), "{line:?} is missing in:\n{}{}", run.printed, run.said);
    }
    assert_eq!(run.code, Some(1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_run_is_one_sentence_for_each_fault() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let refused = async |component: PathBuf, script: &str| -> Result<String> {
        let run = report(component, script).await?;
        assert_eq!((run.code, &*run.printed), (Some(1), ""), "{}", run.said);
        Ok(run.said)
    };
    let step = "[[step]]\nconnect = \"ada\"\n";
    let plugin = example("global-stream");
    let cases = [
        ("[[step]]\npc = \"x\"\n", "meadhall: test.toml, line 2: a step has no key `pc`, did you mean `rpc`?"),
        (
            "[allow]\nfiles = 5\n",
            "meadhall: test.toml, line 1: plugin.global_stream.allow.files = 5: is no known setting\n",
        ),
        (
            "[settings]\na = \"b\"\n\n[limits]\ninstances = 0\n",
            "meadhall: test.toml, line 4: plugin.global_stream.limits.instances = 0: must be 1 to 1000\n",
        ),
        ("deny = [\"stream.join\"]\n", "meadhall: the plugin does not start: plugin \"global_stream\" "),
    ];
    for (script, expected) in cases {
        let said = refused(plugin.clone(), &format!("{script}{step}")).await?;
        assert!(said.starts_with(expected), "{script}\n{said}");
    }
    let said = refused(example("analytics"), step).await?;
    let hint = "; a script has [settings], [allow] and [limits] in place of a section of the plugin";
    assert!(said.contains("to [plugin.analytics]") && said.contains(hint), "{said}");
    let missing = folder.path().join("missing.wasm");
    let said = refused(missing.clone(), step).await?;
    assert!(said.starts_with(&format!("meadhall: there is no {}", missing.display())), "{said}");
    std::fs::write(&missing, "no wasm")?;
    let said = refused(missing, step).await?;
    assert!(said.contains("missing.wasm is not a plugin"), "{said}");
    let run = test(&plugin, &folder.path().join("none.toml")).await?;
    assert!(run.said.contains("cannot read the script ") && run.code == Some(1), "{}", run.said);
    Ok(())
}
