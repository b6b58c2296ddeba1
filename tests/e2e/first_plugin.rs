//! The README's page for backend developers, as it is written there: new, build, check, serve, call.

use crate::device;
use anyhow::{Context, Result, ensure};
use meadhall_protocol::codec::Format;
use meadhall_tests::http::Http;
use meadhall_tests::plugins::{plugin_cache_dir, repository};
use meadhall_tests::process::{ServerProcess, binary, serve_arguments};
use meadhall_tests::socket::Socket;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Runs `meadhall` in a folder, and returns what it prints to standard output.
pub(crate) async fn meadhall(folder: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(binary()?);
    // What the SDK depends on is compiled once, and not anew for each run of this test.
    command.env("CARGO_TARGET_DIR", repository().join("target/first-plugin"));
    let output = command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().await?;
    let (printed, said) = (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "`meadhall {}` failed:\n{printed}{said}", arguments.join(" "));
    Ok(printed)
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_folder_to_an_answer() -> Result<()> {
    let folder = tempfile::tempdir()?;
    meadhall(folder.path(), &["plugin", "new", "hello"]).await?;
    build_and_call(folder.path()).await?;
    let mut tests = Command::new("cargo");
    tests.args(["test", "--offline"]).env("CARGO_TARGET_DIR", repository().join("target/first-plugin"));
    let tests = tests.current_dir(folder.path().join("hello")).stdin(Stdio::null()).output().await?;
    ensure!(tests.status.success(), "its own tests fail:\n{}", String::from_utf8_lossy(&tests.stdout));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_folder_to_an_answer_in_python() -> Result<()> {
    let folder = tempfile::tempdir()?;
    meadhall(folder.path(), &["plugin", "new", "hello", "--lang", "python"]).await?;
    // What `pip install -r requirements.txt` would put there.
    std::os::unix::fs::symlink(repository().join("target/tools/python"), folder.path().join("hello/.venv"))?;
    build_and_call(folder.path()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_folder_to_an_answer_in_javascript() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let said = meadhall(folder.path(), &["plugin", "new", "hello", "--lang", "js"]).await?;
    assert!(said.contains("cd hello && npm install"), "the next step is not told:\n{said}");
    let error = meadhall(folder.path(), &["plugin", "build", "hello"]).await.expect_err("there are no packages yet");
    assert!(error.to_string().contains("run `npm install` in"), "{error:#}");
    // As `npm install`, and it fails when the lock file is not that of the package.
    let npm =
        Command::new("npm").arg("ci").current_dir(folder.path().join("hello")).stdin(Stdio::null()).output().await?;
    ensure!(npm.status.success(), "`npm ci` failed:\n{}", String::from_utf8_lossy(&npm.stderr));
    build_and_call(folder.path()).await?;
    the_guide(&folder.path().join("hello")).await
}

/// The plugin and the script of `docs/javascript.md`, in the place of those of a new plugin; and as TypeScript.
async fn the_guide(hello: &Path) -> Result<()> {
    let page = std::fs::read_to_string(repository().join("docs/javascript.md"))?;
    let block = |fence: &str| {
        let (_, after) = page.split_once(&format!("\n```{fence}\n")).with_context(|| format!("no block of {fence}"))?;
        after.split_once("```\n").map(|(code, _)| code.to_owned()).context("a block does not end")
    };
    std::fs::remove_file(hello.join("src/plugin.js"))?;
    std::fs::write(hello.join("src/plugin.ts"), block("js")?)?;
    let script = block("toml script")?;
    std::fs::write(hello.join("test.toml"), &script)?;
    let cache = plugin_cache_dir();
    let tested = meadhall(hello, &["plugin", "test", "--cache", cache.to_str().context("a path of text")?]).await?;
    let steps = script.matches("[[step]]").count();
    assert!(tested.ends_with(&format!("\n{steps} passed, 0 failed\n")), "{tested}");
    Ok(())
}

/// What follows `new`, with the plugin `hello`.
async fn build_and_call(folder: &Path) -> Result<()> {
    let built = meadhall(folder, &["plugin", "build", "hello"]).await?;
    let component: PathBuf =
        built.split_whitespace().find(|word| word.ends_with("hello.wasm")).context("no component was named")?.into();
    let checked = meadhall(folder, &["plugin", "check", component.to_str().context("a path of text")?]).await?;
    for word in ["greet", "ChannelMessageSend"] {
        assert!(checked.contains(word), "the check does not name {word:?}:\n{checked}");
    }

    let cache = plugin_cache_dir();
    let cache = cache.to_str().context("a path of text")?;
    let tested = meadhall(folder, &["plugin", "test", "hello", "--cache", cache]).await?;
    assert!(tested.ends_with(" passed, 0 failed\n"), "{tested}");

    let data = tempfile::tempdir()?;
    let mut arguments = serve_arguments(data.path());
    arguments.extend([OsString::from("--plugin"), component.into()]);
    let server = ServerProcess::spawn(arguments)?;
    let addr = server.listening().await?;
    let login = Http::new(addr).log_in(&device("astrid"), "astrid").await?;
    let mut socket = Socket::open(addr, &login.token, Format::Json).await?;
    assert_eq!(socket.rpc("greet", "Ada").await?, "hello Ada, you are astrid");
    Ok(())
}
