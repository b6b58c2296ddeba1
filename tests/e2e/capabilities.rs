//! What `meadhall plugin check` prints of what a plugin needs, pasted into a configuration.

use crate::first_plugin::meadhall;
use anyhow::{Context as _, Result};
use meadhall_tests::plugins::{example, guest};
use meadhall_tests::process::{ServerProcess, binary, serve_arguments};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The lines that a check prints for the configuration.
async fn lines_to_paste(component: &Path) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let report = meadhall(folder.path(), &["plugin", "check", component.to_str().context("a path of text")?]).await?;
    let lines = report.lines().skip_while(|line| !line.starts_with("needs, to be granted")).skip(1);
    Ok(lines.map_while(|line| line.strip_prefix("  ")).collect::<Vec<_>>().join("\n"))
}

/// The name that a server knows a component by.
fn name(component: &Path) -> Result<&str> {
    component.file_stem().and_then(|stem| stem.to_str()).context("a file with a name of text")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_starts_with_the_lines_that_its_check_prints() -> Result<()> {
    let words = tempfile::tempdir()?;
    let needs = [
        r#"endpoint = "https://…"    # whose host stands in http below"#,
        r#"greeting = "…""#,
        "[plugin.NAME.allow]",
        r#"http = [{ host = "127.0.0.1" }, { host = "…" }]"#,
        r#"environment = ["PATH"]"#,
        r#"folders = { words = "/path/to/words" }"#,
    ];
    let of_analytics = [
        r#"endpoint = "https://…"    # whose host stands in http below"#,
        "[plugin.NAME.allow]",
        r#"http = [{ host = "…" }]"#,
        r#"environment = ["ANALYTICS_API_KEY"]"#,
    ];
    let plugins: [(PathBuf, &[&str]); 2] = [(example("analytics"), &of_analytics), (guest("reach"), &needs)];
    for (component, expected) in plugins {
        let pasted = lines_to_paste(&component).await?;
        let name = name(&component)?;
        let expected = format!("[plugin.NAME]\n{}", expected.join("\n")).replace("NAME", name);
        assert_eq!(pasted, expected, "{name}");

        let filled_in = pasted
            .replace("https://…", "https://api.example.com/batch")
            .replace(r#"host = "…""#, r#"host = "api.example.com""#)
            .replace("/path/to/words", words.path().to_str().context("a path of text")?);
        let data = tempfile::tempdir()?;
        let config = data.path().join("meadhall.toml");
        std::fs::write(&config, filled_in)?;
        let mut command = Command::new(binary()?);
        command.args(serve_arguments(&data.path().join("data"))).arg("--config").arg(config);
        command.arg("--plugin").arg(&component).env("ANALYTICS_API_KEY", "key");
        ServerProcess::spawn_command(command)?.listening().await.with_context(|| format!("with {name}"))?;
    }
    Ok(())
}
