//! Loading: what is refused, and in which words.

use crate::guests::{Setup, file, named, rpc, short};
use meadhall::plugin::inspect;
use std::path::{Path, PathBuf};

/// A file that is no plugin of ours.
async fn problem_of(bytes: &[u8]) -> String {
    Setup::new(short()).bytes("odd", bytes, &[]).problem().await
}

/// The hostile guest with these settings.
async fn problem_with(settings: &[(&str, &str)]) -> String {
    Setup::new(short()).plugin("odd", "hostile", settings).problem().await
}

#[track_caller]
fn says(problem: &str, parts: &[&str]) {
    for part in parts {
        assert!(problem.contains(part), "{problem:?} does not say {part:?}");
    }
    assert!(!problem.contains('\n'), "more than a sentence: {problem:?}");
}

#[tokio::test]
async fn files_that_are_no_components_are_refused() {
    says(&problem_of(b"just text").await, &["odd.wasm", "not WebAssembly"]);
    says(&problem_of(b"").await, &["odd.wasm", "not WebAssembly"]);
    says(&problem_of(b"\0asm\x01\0\0\0").await, &["odd.wasm", "core WebAssembly module", "wasm32-wasip2"]);
    let mut cut = std::fs::read(file("hostile")).unwrap();
    cut.truncate(1000);
    says(&problem_of(&cut).await, &["odd.wasm", "not a valid WebAssembly component", "cut off after 1000 bytes"]);
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let mut config = Setup::new(short());
    config = config.bytes("gone", b"", &[]);
    config.remove("gone");
    says(&config.problem().await, &["gone.wasm", "cannot read"]);
}

#[tokio::test]
async fn components_of_other_worlds_are_refused() {
    let problem = Setup::new(short()).plugin("odd", "stranger", &[]).problem().await;
    says(&problem, &["odd.wasm", "does not export meadhall:plugin/lifecycle@0.1.0"]);
}

#[tokio::test]
async fn plugins_of_a_later_contract_are_refused_by_version() {
    let problem = Setup::new(short()).plugin("odd", "future", &[]).problem().await;
    says(&problem, &["odd.wasm", "meadhall:plugin/lifecycle@0.2.0", "this server has version 0.1.0"]);
}

#[tokio::test]
async fn handlers_that_the_server_does_not_know_are_refused() {
    says(&problem_with(&[("kind", "teleport")]).await, &["\"odd\"", "\"teleport\""]);
    says(&problem_with(&[("hook", "BrewMead")]).await, &["\"odd\"", "\"BrewMead\""]);
    says(&problem_with(&[("rpc", "")]).await, &["\"odd\"", "without an id"]);
}

#[tokio::test]
async fn handlers_need_the_export_that_runs_them() {
    let problem = Setup::new(short()).plugin("odd", "only-rpc", &[("claim", "yes")]).problem().await;
    says(&problem, &["\"odd\"", "UpdateAccount", "does not export meadhall:plugin/hooks@0.1.0"]);
}

#[tokio::test]
async fn an_rpc_belongs_to_one_plugin() {
    let both = Setup::new(short()).plugin("one", "only-rpc", &[]).plugin("two", "hostile", &[("rpc", "ONLY.echo")]);
    says(&both.problem().await, &["\"one\"", "\"two\"", "\"only.echo\""]);
    says(&problem_with(&[("rpc", "Hostile.Loop")]).await, &["\"odd\"", "\"hostile.loop\"", "twice"]);
}

#[tokio::test]
async fn a_plugin_may_export_only_what_it_needs() {
    let plugins = Setup::new(short()).plugin("one", "only-rpc", &[]).load().await.unwrap();
    assert!(plugins.has_rpc("only.echo"));
    assert!(!plugins.wants_before("UpdateAccount"));
    assert_eq!(rpc(&plugins, "only.echo", "mead").await.unwrap(), "mead");
}

#[tokio::test]
async fn start_that_fails_says_why() {
    says(&problem_with(&[("start", "fail")]).await, &["plugin odd 0.0.1+", "start", "code 9", "no mead left"]);
    says(&problem_with(&[("start", "trap")]).await, &["plugin odd 0.0.1+", "start", "trapped"]);
}

#[tokio::test]
async fn start_that_never_returns_ends_at_its_deadline() {
    for how in ["loop", "sleep"] {
        assert_eq!(problem_with(&[("start", how)]).await, named("odd", "start ran longer than 500 ms"));
    }
    // What it would declare is not known yet.
    let unknown = named("odd", "register ran longer than 500 ms").replace("odd 0.0.1+", "odd +");
    assert_eq!(problem_with(&[("register", "loop")]).await, unknown);
}

#[tokio::test]
async fn registering_cannot_use_the_server() {
    says(&problem_with(&[("register", "core")]).await, &["plugin odd +", "register", "trapped"]);
}

#[tokio::test]
async fn no_plugins_are_fine() {
    let plugins = Setup::new(short()).load().await.unwrap();
    assert!(plugins.names().is_empty());
}

#[tokio::test]
async fn inspecting_tells_what_a_plugin_is() {
    let found = inspect(&file("only-rpc"), short(), None).await.unwrap();
    assert_eq!((found.name.as_str(), found.version.as_str()), ("only_rpc", "1.2.3"));
    assert_eq!(found.handlers, [("rpc".to_owned(), "Only.Echo".to_owned())]);
    assert_eq!(found.exports, ["meadhall:plugin/lifecycle@0.1.0", "meadhall:plugin/rpc@0.1.0"]);
    assert!(found.imports.contains(&"meadhall:plugin/context@0.1.0".to_owned()));
}

#[tokio::test]
async fn compiled_code_is_kept_where_the_configuration_says() {
    let cache = tempfile::tempdir().unwrap();
    let load = || Setup::new(short()).plugin("one", "only-rpc", &[]).cache(cache.path()).load();
    load().await.unwrap();
    let kept = files_under(cache.path());
    assert!(!kept.is_empty());
    load().await.unwrap();
    let compiled = |files: &[PathBuf]| files.iter().filter(|file| file.extension().is_none()).count();
    assert_eq!(compiled(&files_under(cache.path())), compiled(&kept), "the second load compiled again");
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect()
}
