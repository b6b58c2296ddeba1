//! The command line, as somebody types it: the binary, its output and its exit codes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

fn meadhall() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meadhall"));
    // Settings of whoever runs the tests are none of theirs.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MEADHALL_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// `serve` on free ports, with a data folder.
fn serve(data: &Path) -> Command {
    let mut command = meadhall();
    command
        .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--set", "metrics.listen=127.0.0.1:0", "--data-dir"])
        .arg(data);
    command
}

/// The one sentence with which a command refuses.
fn refusal(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "nothing was started");
    let text = String::from_utf8(output.stderr).unwrap();
    let refusal = text.lines().rfind(|line| line.starts_with("meadhall: ")).unwrap_or_else(|| panic!("{text}"));
    refusal.to_owned()
}

/// A server that runs; killed when the test fails.
struct Running {
    child: Child,
    /// What it said when it was ready.
    lines: Vec<String>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line: &String| !line.trim_start().starts_with("keys:")) {
            let mut line = String::new();
            if output.read_line(&mut line).unwrap() == 0 {
                let mut log = String::new();
                child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
                panic!("ended before it was ready: {lines:?}\n{log}");
            }
            lines.push(line.trim_end().to_owned());
        }
        Self { child, lines }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_started_server_says_where_everything_is() {
    let data = tempfile::tempdir().unwrap();
    let running = Running::start(&mut serve(data.path()));
    let lines = running.lines.join("\n");
    for expected in [
        "listening on http://127.0.0.1:",
        "metrics: http://127.0.0.1:",
        &data.path().display().to_string(),
        "plugins: none",
        "well-known",
    ] {
        assert!(lines.contains(expected), "{expected:?} is missing in:\n{lines}");
    }
}

#[test]
fn both_signals_end_a_server_well() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let data = tempfile::tempdir().unwrap();
        let running = Running::start(&mut serve(data.path()));
        running.signal(signal);
        assert_eq!(running.wait().code(), Some(0), "{signal:?}");
    }
}

#[test]
fn keys_are_made_beside_the_data_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut command = meadhall();
    command.args(["serve", "--listen", "127.0.0.1:0", "--set", "metrics.listen=none", "--data-dir"]).arg(&data);
    let file = data.join("keys.toml");
    let first = Running::start(&mut command);
    assert!(
        first.lines.join("\n").contains(&format!("keys:    in {}, made just now", file.display())),
        "{:?}",
        first.lines
    );
    let keys = std::fs::read_to_string(&file).unwrap();
    first.signal(rustix::process::Signal::TERM);
    assert!(first.wait().success());
    let second = Running::start(&mut command);
    assert!(second.lines.last().unwrap().ends_with("keys.toml"), "{:?}", second.lines);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), keys);
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let text = refusal(serve(&data).args(["--set", &format!("server.listen={address}"), "--set", "server.dev=false"]));
    assert!(text.contains(&address), "{text}");
    assert!(!data.exists(), "not even keys are made");
}

#[test]
fn a_data_folder_in_use_is_named() {
    let data = tempfile::tempdir().unwrap();
    let _running = Running::start(&mut serve(data.path()));
    let text = refusal(&mut serve(data.path()));
    assert!(text.contains(&data.path().display().to_string()), "{text}");
}

#[test]
fn bad_plugins_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let rubbish = folder.path().join("rubbish.wasm");
    std::fs::write(&rubbish, "no component").unwrap();
    let missing = folder.path().join("missing.wasm");
    for plugin in [&rubbish, &missing] {
        let text = refusal(serve(&folder.path().join("data")).arg("--plugin").arg(plugin));
        assert!(text.contains(plugin.file_stem().unwrap().to_str().unwrap()), "{text}");
    }
}

#[test]
fn all_faults_are_told_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut command = serve(&data);
    command.args(["--set", "runtime.instances=0", "--set", "a.b=c"]).env("MEADHALL_LOG__FORMAT", "xml");
    let output: Output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    for expected in ["3 faults", "runtime.instances = 0", "a.b = \"c\"", "log.format = \"xml\""] {
        assert!(text.contains(expected), "{expected:?} is missing in:\n{text}");
    }
    assert!(!data.exists());
}

#[test]
fn development_is_not_for_other_machines() {
    let data = tempfile::tempdir().unwrap();
    let text = refusal(serve(data.path()).args(["--set", "server.listen=0.0.0.0:0"]));
    assert!(text.contains("server.listen = \"0.0.0.0:0\": must be a loopback address"), "{text}");
}

#[test]
fn the_configuration_is_printed_without_secrets() {
    let print = |arguments: &[&str]| {
        let output = meadhall().args(["config", "print", "--dev"]).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let masked = print(&["--listen", "127.0.0.1:7000"]);
    assert!(masked.contains("listen = \"127.0.0.1:7000\"") && masked.contains("server_key = \"***\""), "{masked}");
    assert!(!masked.contains("defaultencryptionkey"));
    assert!(print(&["--show-secrets"]).contains("encryption_key = \"defaultencryptionkey\""));
}

fn export(data: &Path, listen: &str) -> Output {
    meadhall().args(["export", "--dev", "--listen", listen, "--data-dir"]).arg(data).output().unwrap()
}

/// Logs a device in, which makes an account, over a bare connection.
fn log_in(address: &str, device: &str) {
    let body = format!(r#"{{"id":"{device}"}}"#);
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /v2/account/authenticate/device HTTP/1.1\r\nhost: x\r\nauthorization: Basic ZGVmYXVsdGtleTo=\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn what_a_server_stored_is_exported_and_imported() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let running = Running::start(&mut serve(&data));
    let address = running.lines[0].rsplit('/').next().unwrap().to_owned();
    for number in 0..3 {
        log_in(&address, &format!("device-000000{number}"));
    }

    // A running server is asked.
    let live = export(&data, &address);
    assert!(live.status.success(), "{live:?}");
    assert_eq!(String::from_utf8_lossy(&live.stdout).matches("device-000000").count(), 3, "{live:?}");
    let elsewhere = export(&data, "127.0.0.1:1");
    assert_eq!(elsewhere.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&elsewhere.stderr).contains("no server answers at 127.0.0.1:1"), "{elsewhere:?}");

    // A stopped one's folder is read, and says the same.
    running.signal(rustix::process::Signal::TERM);
    assert!(running.wait().success());
    let stopped = export(&data, &address);
    assert!(stopped.status.success() && stopped.stdout == live.stdout, "{stopped:?}");

    // What was exported makes another folder the same, once.
    let file = folder.path().join("backup.jsonl");
    std::fs::write(&file, &stopped.stdout).unwrap();
    let copy = folder.path().join("copy");
    let import = || {
        let mut command = meadhall();
        command.arg("import").arg("--input").arg(&file).arg("--data-dir").arg(&copy);
        command
    };
    assert!(import().status().unwrap().success());
    assert_eq!(export(&copy, &address).stdout, stopped.stdout);
    assert!(refusal(&mut import()).contains("not empty"));
    assert_eq!(export(&copy, &address).stdout, stopped.stdout, "a refused import changes nothing");
}

#[test]
fn there_is_no_export_of_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let text = refusal(meadhall().args(["export", "--data-dir"]).arg(&missing));
    assert!(text.contains(&missing.display().to_string()), "{text}");
    assert!(!missing.exists());
}

#[test]
fn wrong_arguments_are_refused() {
    for arguments in [&["serve", "--bogus"][..], &["bogus"], &[]] {
        assert_eq!(meadhall().args(arguments).output().unwrap().status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn an_operator_bans_exports_and_deletes_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let running = Running::start(&mut serve(&data));
    let address = running.lines.iter().find_map(|line| line.split("http://").nth(1)).unwrap();
    let address = address.split_whitespace().next().unwrap().to_owned();
    let log_in = || {
        let mut stream = TcpStream::connect(&address).unwrap();
        let body = r#"{"id":"device-of-ann"}"#;
        write!(
            stream,
            "POST /v2/account/authenticate/device?username=ann HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             authorization: Basic ZGVmYXVsdGtleTo=\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(log_in().contains("\"created\":true"));
    let account = |action: &str, user: &str| {
        let mut command = meadhall();
        command.args(["account", action, user, "--dev", "--listen", &address, "--data-dir"]).arg(&data);
        command
    };
    let done = |action: &str| {
        let output = account(action, "ann").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    done("ban");
    assert!(log_in().contains("User account banned."));
    done("unban");
    assert!(log_in().contains("\"token\""));
    assert!(done("export").starts_with("{\"account\":{"));
    done("delete");
    assert!(log_in().contains("\"created\":true"), "a new account of the same name");
    assert_eq!(refusal(&mut account("ban", "nobody")), "meadhall: there is no account \"nobody\"");
    drop(running);
    let text = refusal(&mut account("ban", "ann"));
    assert_eq!(
        text,
        format!(
            "meadhall: no server answers at {address} (server.listen: give the --config, --data-dir or --listen that it was started with): Connection refused (os error 111)"
        )
    );
}
