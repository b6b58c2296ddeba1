//! Snippets in JavaScript and TypeScript: all are checked by TypeScript, and those that are plugins are bundled as a build
//! bundles them.

use crate::{clear, run, scratch};
use meadhall_docs::markdown::{Page, module_name, pages, root};
use meadhall_tests::javascript::install_packages;
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What a client's snippet imports.
const CLIENT: &str = "@heroiclabs/nakama-js";

/// Bundles the plugins that are its arguments.
const BUNDLE: &str = "
const [bundler, ...plugins] = process.argv.slice(1);
const { bundle } = await import(bundler);
for (const plugin of plugins) {
  const at = plugin.lastIndexOf('/');
  await bundle(plugin.slice(0, at), { name: 'plugin', entry: plugin.slice(at + 1), version: '0.1.0' }).catch((error) => {
    console.error(`${plugin}: ${error.message}`);
    process.exitCode = 1;
  });
}";

#[test]
fn plugins_and_clients_are_what_typescript_accepts() {
    let pages = pages();
    let sdk = root().join("guest-sdk/js").canonicalize().unwrap();
    let client_sdk = root().join("tests/js").canonicalize().unwrap();
    install_packages(&sdk).unwrap();
    install_packages(&client_sdk).unwrap();
    let (plugins, clients) = (scratch("javascript/plugins"), scratch("javascript/clients"));
    clear(&plugins, &["js", "ts"]);
    clear(&clients, &["js", "ts"]);
    let mut built = Vec::new();
    for block in pages.iter().flat_map(Page::blocks) {
        let Some(language @ ("js" | "ts")) = block.language.as_deref() else { continue };
        let folder = if block.code.contains(CLIENT) { &clients } else { &plugins };
        let file = folder.join(format!("{}.{language}", module_name(&block.place)));
        fs::write(&file, &block.code).unwrap();
        if folder == &plugins {
            built.push(file);
            // The guide says that its plugin is TypeScript when its file is renamed.
            if block.place.starts_with("docs/javascript.md") {
                fs::write(plugins.join(format!("{}_renamed.ts", module_name(&block.place))), block.code).unwrap();
            }
        }
    }
    let template = root().join("host/server/src/cli/plugin/js/plugin.js");
    fs::copy(template, plugins.join("template_renamed.ts")).unwrap();
    fs::write(plugins.join("cells.ts"), cells(&pages)).unwrap();
    let wasm = sdk.join("src/index.ts");
    check(&sdk, &plugins, &json!({ "types": [], "lib": ["es2023"], "paths": { "meadhall-guest": [wasm] } }));
    let packages = client_sdk.join("node_modules/*");
    // Everything is optional in the types of Nakama's SDK, so that a strict check asks for what no sample has.
    let loose = json!({ "types": [], "lib": ["es2023", "dom"], "paths": { "*": [packages] }, "strict": false });
    check(&sdk, &clients, &loose);
    assert!(!built.is_empty(), "no page has a plugin in JavaScript");
    let bundler = sdk.join("build/bundle.mjs");
    run(Command::new("node").args(["--input-type=module", "-e", BUNDLE]).arg(bundler).args(&built));
}

/// What tables name in the column of JavaScript, each as an expression in a handler.
fn cells(pages: &[Page]) -> String {
    let mut text = "import { account, channel, code, drop, event, file, friend, group, http, json, log, metrics, \
                    notification, plugin, PluginError, session, status, storage, stream, users } from \
                    \"meadhall-guest\";\nimport type { Context } from \"meadhall-guest\";\ndeclare const ctx: Context;\n\
                    export const all = [account, channel, code, drop, event, file, friend, group, http, json, log, \
                    metrics, notification, plugin, PluginError, session, status, storage, stream, users];\n"
        .to_owned();
    for cell in pages.iter().flat_map(|page| page.cells(&["JavaScript"])) {
        writeln!(text, "void ({}); // {}", cell.code, cell.place).expect("a string takes all");
    }
    text
}

/// Checks all files of a folder, as the `tsconfig.json` of a new plugin does.
fn check(sdk: &Path, folder: &Path, more: &serde_json::Value) {
    let mut options = json!({
        "target": "es2023", "module": "esnext", "moduleResolution": "bundler", "strict": true, "allowJs": true,
        "checkJs": true, "noEmit": true, "skipLibCheck": true, "moduleDetection": "force",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        options[name] = value.clone();
    }
    let project = json!({ "compilerOptions": options, "include": ["*.js", "*.ts"] });
    fs::write(folder.join("tsconfig.json"), project.to_string()).expect("the folder can be written");
    run(Command::new("node")
        .arg(sdk.join("node_modules/typescript/bin/tsc"))
        .arg("--pretty")
        .arg("false")
        .current_dir(folder));
}
