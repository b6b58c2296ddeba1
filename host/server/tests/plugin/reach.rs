//! What a plugin reaches beyond the game: the same guest in each language, against real servers, variables and files.

use crate::contract::kept;
use crate::elsewhere::{Elsewhere, Manner};
use crate::guests::{Setup, file, in_javascript, in_python, rpc};
use meadhall::config::{HttpGrant, PluginSection, RuntimeConfig};
use meadhall::plugin::{CallError, Limits, Plugins};
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

type Component = fn() -> PathBuf;

fn in_rust() -> PathBuf {
    file("reach")
}

fn javascript() -> PathBuf {
    in_javascript("tests/guests/reach-js")
}

fn python() -> PathBuf {
    in_python("tests/guests/reach-python")
}

fn of_an_earlier_contract() -> PathBuf {
    kept("reach_2.wasm")
}

const LANGUAGES: [Component; 4] = [in_rust, javascript, python, of_an_earlier_contract];

/// The guest as plugin `reach`, with a section that is changed from one that grants all that it needs.
fn setup(component: Component, change: impl FnOnce(&mut PluginSection)) -> Setup {
    // Instances of some languages take their time on a busy machine.
    let deadline = Duration::from_secs(60);
    let limits = Limits { rpc_deadline: deadline, start_deadline: deadline, ..Limits::from(&RuntimeConfig::default()) };
    let bytes = std::fs::read(component()).unwrap();
    let settings = [("endpoint", "http://127.0.0.1:9/batch"), ("greeting", "skål")];
    Setup::new(limits).bytes("reach", &bytes, &settings).section("reach", |section| {
        section.allow.http.push(at("127.0.0.1", 9));
        section.allow.environment.push("PATH".into());
        section.allow.folders.insert("words".into(), env!("CARGO_MANIFEST_DIR").into());
        change(section);
    })
}

fn at(host: &str, port: u16) -> HttpGrant {
    HttpGrant { port: Some(port), schemes: vec!["http".into()], ..HttpGrant::new(host) }
}

/// What the guest gets for a request.
async fn send(plugins: &Plugins, request: &Value) -> Result<Value, (u32, String)> {
    call(plugins, "reach.send", &request.to_string()).await.map(|answer| serde_json::from_str(&answer).unwrap())
}

async fn call(plugins: &Plugins, id: &str, payload: &str) -> Result<String, (u32, String)> {
    rpc(plugins, id, payload).await.map_err(|error| match error {
        CallError::Failed { code, message } => (code, message),
        other => panic!("{id} {payload}: {other}"),
    })
}

fn get(url: String) -> Value {
    json!({ "method": "GET", "url": url })
}

#[tokio::test]
async fn a_plugin_that_lacks_what_it_needs_does_not_start_and_is_told_each_line() {
    for component in LANGUAGES {
        let problem = setup(component, |section| *section = PluginSection::default()).problem().await;
        for line in [
            r#"add { host = "127.0.0.1" } to http in [plugin.reach.allow]"#,
            r#"add endpoint = "https://…" to [plugin.reach]"#,
            r#"add "PATH" to environment in [plugin.reach.allow]"#,
            r#"add words = "/path/to/words" to folders in [plugin.reach.allow]"#,
            r#"add greeting = "…" to [plugin.reach]"#,
        ] {
            assert!(problem.contains(line), "{line}\n{problem}");
        }
        assert!(!problem.contains('\n'), "{problem}");
    }
    let elsewhere = |section: &mut PluginSection| {
        section.settings.insert("endpoint".into(), "https://api.example.com:8443/batch?key=secret".into());
    };
    let problem = setup(in_rust, elsewhere).problem().await;
    assert_eq!(
        problem,
        r#"plugin "reach" needs to ask api.example.com:8443, as its setting endpoint says: add { host = "api.example.com", port = 8443 } to http in [plugin.reach.allow]"#
    );
}

/// Servers that a plugin may ask, and one that it may not.
struct Servers {
    granted: Elsewhere,
    other: Elsewhere,
    plugins: Arc<Plugins>,
}

impl Servers {
    async fn new(component: Component) -> Self {
        let taken = || Manner::answer(200, &["x-hall: north"], "skål");
        let (granted, other) = (Elsewhere::start(taken()).await.unwrap(), Elsewhere::start(taken()).await.unwrap());
        let (port, other_port) = (granted.addr().port(), other.addr().port());
        let plugins = setup(component, |section| {
            section.allow.http.extend([
                HttpGrant {
                    methods: vec!["GET".into(), "POST".into()],
                    headers: vec!["x-key".into(), "content-type".into()],
                    request_bytes: 100,
                    response_bytes: 1000,
                    ..at("127.0.0.1", port)
                },
                // The name stands for loopback, which is not granted with it.
                at("localhost", other_port),
                HttpGrant { private: true, ..at("localhost", port) },
            ]);
        });
        Self { granted, other, plugins: plugins.load().await.unwrap() }
    }

    async fn refused(&self, request: &Value, code: u32, part: &str) {
        let (found, message) = send(&self.plugins, request).await.expect_err(part);
        assert_eq!(found, code, "{request}: {message}");
        assert!(message.contains(part), "{request}\nexpected {part}\nfound {message}");
    }
}

#[tokio::test]
async fn requests_go_where_they_are_granted_and_nowhere_else() {
    for component in LANGUAGES {
        let it = Servers::new(component).await;
        let (granted, other) = (it.granted.addr(), it.other.addr());
        let url = format!("http://{granted}/a?b=c");
        let request = json!({ "method": "POST", "url": url, "headers": { "x-key": "secret" }, "body": "mead", "timeout_ms": 9000 });
        let answer = send(&it.plugins, &request).await.unwrap();
        assert_eq!((&answer["status"], &answer["body"]), (&json!(200), &json!("skål")));
        assert_eq!(answer["headers"]["x-hall"], "north");
        let asked = it.granted.asked().pop().unwrap();
        assert_eq!((&*asked.line, asked.header("x-key"), &*asked.body), ("POST /a?b=c", Some("secret"), &b"mead"[..]));
        let named = format!("http://localhost:{}/", granted.port());
        assert_eq!(send(&it.plugins, &get(named)).await.unwrap()["status"], 200, "private = true is in its grant");

        let allow = "in http in [plugin.reach.allow]";
        it.refused(
            &json!({ "method": "DELETE", "url": url }),
            7,
            &format!(r#"add "DELETE" to methods of its entry {allow}"#),
        )
        .await;
        let header = json!({ "method": "GET", "url": url, "headers": { "x-other": "z" } });
        it.refused(&header, 7, &format!(r#"add "x-other" to headers of its entry {allow}"#)).await;
        let header = json!({ "method": "GET", "url": url, "headers": { "x-key": "a\r\nx-other: b" } });
        it.refused(&header, 3, "the value of the header x-key is none that HTTP can carry").await;
        let header = json!({ "method": "GET", "url": url, "headers": { "host": "other" } });
        it.refused(&header, 3, "the header host is the server's own").await;
        let body = json!({ "method": "POST", "url": url, "body": "x".repeat(101) });
        it.refused(&body, 8, "is 101 bytes, the limit is 100, request_bytes of its grant").await;
        it.refused(
            &get(format!("http://{other}/")),
            7,
            &format!("add {{ host = \"127.0.0.1\", port = {}", other.port()),
        )
        .await;
        let named = format!("http://localhost:{}/", other.port());
        it.refused(&get(named), 7, "stands for 127.0.0.1, which is not on the public internet: private = true").await;
        assert_eq!((it.granted.asked().len(), it.other.asked().len()), (2, 0), "what was refused was not sent");
    }
}

#[tokio::test]
async fn answers_are_bounded_and_redirects_are_checked_as_the_first_request() {
    for component in LANGUAGES {
        let it = Servers::new(component).await;
        let (granted, other) = (it.granted.addr(), it.other.addr());
        let request = get(format!("http://{granted}/"));
        it.granted.answers(Manner::answer(200, &[], "x".repeat(1001)));
        it.refused(&request, 8, "is more than 1000 bytes, response_bytes of its grant").await;
        it.granted.answers(Manner::bytes("").wait());
        let brief = json!({ "method": "GET", "url": request["url"], "timeout_ms": 50 });
        it.refused(&brief, 4, "has not answered within 50 ms").await;
        let to = |host: &str| Manner::answer(302, &[&format!("location: http://{host}:{}/", other.port())], "");
        it.granted.answers(to("127.0.0.1"));
        it.refused(&request, 7, &format!("redirects to {other}: plugin \"reach\" may not ask {other}")).await;
        it.granted.answers(to("localhost"));
        it.refused(&request, 7, "stands for 127.0.0.1, which is not on the public internet").await;
        it.granted.answers(Manner::answer(302, &["location: /again"], ""));
        it.refused(&request, 14, "redirects more than 3 times").await;
        assert!(it.other.asked().is_empty());
    }
}

#[tokio::test]
async fn an_address_is_the_same_however_it_is_written() {
    let it = Servers::new(in_rust).await;
    let (granted, other) = (it.granted.addr().port(), it.other.addr().port());
    for host in ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "%31%32%37.0.0.1", "１２７.0.0.1"] {
        assert_eq!(
            send(&it.plugins, &get(format!("http://{host}:{granted}/"))).await.unwrap()["status"],
            200,
            "{host}"
        );
        it.refused(&get(format!("http://{host}:{other}/")), 7, "may not ask 127.0.0.1").await;
    }
    for host in ["[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "0", "localhost.", "[64:ff9b::7f00:1]"] {
        it.refused(&get(format!("http://{host}:{granted}/")), 7, "may not ask").await;
    }
    it.refused(&get(format!("http://127.0.0.1@localhost:{other}/")), 3, "has a user or password in it").await;
    it.refused(&get(format!("http://127.0.0.1:{granted}/{}", "x".repeat(9000))), 3, "the limit is 8192").await;
    it.refused(&get("http://127.0.0.1:99999/".into()), 3, "is no URL").await;
    assert!(it.other.asked().is_empty());
}

/// A server that says more than its answer is long must not answer the next request with it.
#[tokio::test]
async fn what_follows_an_answer_is_no_answer() {
    let it = Servers::new(in_rust).await;
    let request = get(format!("http://{}/", it.granted.addr()));
    let forged = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged";
    it.granted.answers(Manner::raw(200, &["content-length: 4"], format!("true{forged}")).read_on());
    for _ in 0..5 {
        assert_eq!(send(&it.plugins, &request).await.unwrap()["body"], "true");
    }
    assert_eq!(it.granted.asked().len(), 5);
}

#[tokio::test]
async fn variables_and_files_are_those_that_are_granted() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "hidden").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("en")).unwrap();
    std::fs::write(folder.path().join("en/bad.txt"), "nithing").unwrap();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    for component in LANGUAGES {
        let path = folder.path().to_owned();
        let plugins = setup(component, |section| {
            section.allow.folders.insert("words".into(), path);
        });
        let plugins = plugins.load().await.unwrap();
        let variable = async |name: &str| {
            serde_json::from_str::<Value>(&call(&plugins, "reach.environment", name).await.unwrap()).unwrap()
        };
        assert_eq!(variable("PATH").await, std::env::var("PATH").unwrap());
        assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok(), "it is set, and not granted");
        assert_eq!(variable("CARGO_MANIFEST_DIR").await, Value::Null);

        assert_eq!(call(&plugins, "reach.read", "words/en/bad.txt").await.unwrap(), "nithing");
        assert_eq!(call(&plugins, "reach.list", "words").await.unwrap(), r#"["en/","out"]"#);
        for path in ["words/../secret", "words/out/secret", "words/en/../../secret", "/etc/passwd", "other/bad.txt"] {
            let (code, message) = call(&plugins, "reach.read", path).await.expect_err(path);
            assert_eq!(code, 7, "{path}: {message}");
            assert!(message.contains("in no folder of folders in [plugin.reach.allow]"), "{message}");
        }
        assert_eq!(call(&plugins, "reach.read", "words/missing").await.unwrap_err().0, 5);
    }
}

#[tokio::test]
async fn what_is_denied_is_refused_at_the_load_or_at_the_call() {
    let deny = |section: &mut PluginSection| section.deny = vec!["http".into(), "file.read".into()];
    for component in [in_rust as Component, javascript] {
        let problem = setup(component, deny).problem().await;
        let parts = ["file.read (by \"file.read\")", "http.send (by \"http\")", "change deny in [plugin.reach]"];
        assert!(parts.iter().all(|part| problem.contains(part)), "{problem}");
    }
    // A component of Python imports everything, whatever it calls.
    let plugins = setup(python, deny).load().await.unwrap();
    let (code, message) = send(&plugins, &get("http://127.0.0.1:9/".into())).await.unwrap_err();
    assert_eq!((code, message.contains(r#""http" stands in deny in [plugin.reach]"#)), (7, true), "{message}");
    let (code, message) = call(&plugins, "reach.read", "words/x").await.unwrap_err();
    assert_eq!((code, message.contains(r#""file.read" stands in deny"#)), (7, true), "{message}");
    assert!(call(&plugins, "reach.list", "words").await.is_ok(), "another function of the interface");
}
