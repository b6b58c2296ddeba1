//! Plugins in JavaScript and TypeScript: the files of a new one, and building one with Node.js.

mod sdk;

use super::new::NewFiles;
use anyhow::{Context as _, bail, ensure};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a folder of JavaScript has.
pub(super) const MANIFEST: &str = "package.json";

/// The file that the author of a new plugin opens first.
pub(super) const SOURCE: &str = "src/plugin.js";

/// Installs what builds a plugin, in its folder.
pub(super) const INSTALL: &str = "npm install";

/// Where a plugin has the SDK.
const SDK: &str = "sdk";

/// The files of a new plugin; `NAME` in them stands for its name.
const TEMPLATE: &[(&str, &str)] = &[
    (MANIFEST, include_str!("js/package.json.template")),
    (".gitignore", include_str!("js/gitignore.template")),
    ("README.md", include_str!("js/README.md")),
    ("tsconfig.json", include_str!("js/tsconfig.json")),
    (SOURCE, include_str!("js/plugin.js")),
    ("test.toml", include_str!("js/test.toml")),
];

/// The files of a new plugin of this name, with the SDK.
///
/// # Errors
/// For the name that the SDK's own package has.
pub(super) fn files(name: &str) -> anyhow::Result<NewFiles> {
    ensure!(name != sdk::PACKAGE, "{name:?} cannot be a plugin's name: it is the SDK's");
    let mut files: NewFiles =
        TEMPLATE.iter().map(|&(path, text)| (PathBuf::from(path), text.replace("NAME", name))).collect();
    files.push(("package-lock.json".into(), sdk::lock(name)?));
    files.push((".npmrc".into(), sdk::NPM_SETTINGS.to_owned()));
    files.extend(sdk::files().map(|&(path, text)| (Path::new(SDK).join(path), text.to_owned())));
    Ok(files)
}

/// Builds the plugin in a folder, and returns its component.
///
/// # Errors
/// When Node.js or the packages are missing (the sentence has the command that installs them), and when the plugin does
/// not build.
pub(super) fn build(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let script = folder.join(SDK).join("build.mjs");
    ensure!(
        script.is_file(),
        "there is no {}: a plugin has the SDK beside it, as `meadhall plugin new NAME --lang js` puts it there",
        script.display()
    );
    check_node()?;
    ensure!(
        folder.join("node_modules").is_dir(),
        "the packages that build a plugin are missing: run `{INSTALL}` in {}",
        std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).display()
    );
    let built = Command::new("node").arg(script).arg(folder).stderr(Stdio::inherit()).output();
    let built = built.context("cannot run node")?;
    ensure!(built.status.success(), "the plugin in {} was not built, see above", folder.display());
    let component = String::from_utf8(built.stdout).context("the path of the component is no text")?;
    Ok(component.lines().map(PathBuf::from).collect())
}

/// The oldest Node.js that the tools run on.
const OLDEST_NODE: u32 = 20;

fn check_node() -> anyhow::Result<()> {
    let asked = match Command::new("node").arg("--version").output() {
        Ok(asked) => asked,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!(
                "node is missing: https://nodejs.org has Node.js {OLDEST_NODE} or later, which builds JavaScript plugins"
            )
        }
        Err(error) => return Err(error).context("cannot run node"),
    };
    let version = String::from_utf8_lossy(&asked.stdout);
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    ensure!(
        major.is_some_and(|major| major >= OLDEST_NODE),
        "this is Node.js {}, and JavaScript plugins are built with {OLDEST_NODE} or later: https://nodejs.org has it",
        version.trim()
    );
    Ok(())
}
