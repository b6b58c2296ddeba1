//! What a build says about a plugin that cannot be one: what is wrong, where, and what to do.

use anyhow::Result;
use meadhall_tests::javascript::build;
use meadhall_tests::plugins::repository;
use serde_json::json;

/// Checks what the build of a plugin says, besides that it failed.
fn fails_with(name: &str, code: &str, expected: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("src"))?;
    std::fs::write(folder.path().join("package.json"), json!({ "name": name, "type": "module" }).to_string())?;
    std::fs::write(folder.path().join("src/plugin.js"), code)?;
    said_of(folder.path(), expected)
}

fn said_of(folder: &std::path::Path, expected: &str) -> Result<()> {
    let said = format!("{:#}", build(folder).expect_err("it cannot be a plugin"));
    let said = said.trim_start_matches("it does not build:\n").trim_end();
    assert_eq!(said, expected);
    Ok(())
}

#[test]
fn what_the_top_of_a_module_may_not_do_is_told_with_its_line() -> Result<()> {
    fails_with(
        "calls-at-the-top",
        "import { log, plugin } from \"meadhall-guest\";\n\nlog.info(\"hi\");\nexport default plugin({});\n",
        "src/plugin.js:3 cannot be run: Error: calls to the server work in handlers only, and this runs while the \
         plugin is built",
    )?;
    fails_with(
        "waits-at-the-top",
        "import { plugin } from \"meadhall-guest\";\nsetTimeout(() => {}, 10);\nexport default plugin({});\n",
        "src/plugin.js:2 cannot be run: Error: timers work in handlers only, and this runs while the plugin is built",
    )
}

#[test]
fn what_is_no_plugin_is_told() -> Result<()> {
    fails_with(
        "no-plugin",
        "export default { rpc: {} };\n",
        "src/plugin.js cannot be run: TypeError: the default export is no plugin: it must say `export default \
         plugin({ … })`",
    )?;
    fails_with(
        "throws",
        "import { plugin } from \"meadhall-guest\";\n\nfunction mead() {\n  throw new Error(\"no mead\");\n}\n\nmead();\n\
         export default plugin({});\n",
        "src/plugin.js:4 cannot be run: Error: no mead",
    )
}

#[test]
fn what_is_of_node_is_told() -> Result<()> {
    fails_with(
        "files",
        "import { plugin } from \"meadhall-guest\";\nimport { readFileSync } from \"node:fs\";\n\
         export default plugin({ rpc: { read: () => readFileSync(\"x\", \"utf8\") } });\n",
        "src/plugin.js:2 imports node:fs: a plugin has no modules of Node.js",
    )
}

#[test]
fn what_types_do_not_find_comes_with_what_there_is() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("src"))?;
    std::fs::write(folder.path().join("package.json"), r#"{ "name": "fetches", "type": "module" }"#)?;
    let sdk = repository().join("guest-sdk/js/src/index.ts");
    let project = json!({
        "extends": repository().join("host/server/src/cli/plugin/js/tsconfig.json"),
        "compilerOptions": { "paths": { "meadhall-guest": [sdk] } }, "include": ["src"],
    });
    std::fs::write(folder.path().join("tsconfig.json"), project.to_string())?;
    let code = "import { plugin } from \"meadhall-guest\";\nexport default plugin({\n  rpc: { ask: () => fetch(\"x\"),\n         \
                port: () => process.env.PORT },\n});\n";
    std::fs::write(folder.path().join("src/plugin.js"), code)?;
    said_of(
        folder.path(),
        "src/plugin.js(3,21): error TS2304: Cannot find name 'fetch'. `http` of meadhall-guest asks other servers.\n\
         src/plugin.js(4,22): error TS2591: Cannot find name 'process'. A plugin has nothing of Node.js: `ctx.config` has \
         settings, and `file` of meadhall-guest files.",
    )
}
