//! Plugins in Python: the files of a new one, and building one with componentize-py.

mod sdk;

use super::language::Language;
use super::new::NewFiles;
use anyhow::{Context as _, bail, ensure};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a folder of Python has.
pub(super) const MANIFEST: &str = "pyproject.toml";

/// The file that the author of a new plugin opens first.
pub(super) const SOURCE: &str = "plugin.py";

/// Installs what builds a plugin, in its folder.
pub(super) const INSTALL: &str = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt";

/// Where a plugin has the SDK.
const SDK: &str = "sdk";

/// The files of a new plugin; `NAME` in them stands for its name.
const TEMPLATE: &[(&str, &str)] = &[
    (MANIFEST, include_str!("python/pyproject.toml.template")),
    ("requirements.txt", include_str!("python/requirements.txt")),
    (".gitignore", include_str!("python/gitignore.template")),
    ("README.md", include_str!("python/README.md")),
    (SOURCE, include_str!("python/plugin.py")),
    ("test.toml", include_str!("python/test.toml")),
];

/// The files of a new plugin of this name, with the SDK.
///
/// # Errors
/// For the name that the SDK's own package has.
pub(super) fn files(name: &str) -> anyhow::Result<NewFiles> {
    ensure!(name != "meadhall", "{name:?} cannot be a plugin's name: it is the SDK's");
    let component = Language::Python.component(name);
    let text = |text: &str| text.replace("NAME", name).replace("COMPONENT", &component);
    let mut files: NewFiles = TEMPLATE.iter().map(|&(path, content)| (PathBuf::from(path), text(content))).collect();
    files.extend(sdk::files().map(|&(path, text)| (Path::new(SDK).join(path), text.to_owned())));
    Ok(files)
}

/// Builds the plugin in a folder, and returns its component.
///
/// # Errors
/// When Python or its tool is missing (the sentence has the command that installs it), and when the plugin does not
/// build.
pub(super) fn build(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let script = folder.join(SDK).join("build.py");
    ensure!(
        script.is_file(),
        "there is no {}: a plugin has the SDK beside it, as `meadhall plugin new NAME --lang python` puts it there",
        script.display()
    );
    let built = match Command::new(python(folder)).arg("-B").arg(&script).arg(folder).output() {
        Ok(built) => built,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("python3 is missing: https://python.org has Python 3.11 or later, which builds Python plugins")
        }
        Err(error) => return Err(error).context("cannot run python3"),
    };
    ensure!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr).trim());
    let component = String::from_utf8(built.stdout).context("the path of the component is no text")?;
    Ok(component.lines().map(PathBuf::from).collect())
}

/// The Python of the folder's virtual environment, or the one of the machine.
fn python(folder: &Path) -> PathBuf {
    let own = if cfg!(windows) { ".venv/Scripts/python.exe" } else { ".venv/bin/python" };
    // Absolute, and not through links: they lead out of the environment.
    let own = std::path::absolute(folder.join(own)).unwrap_or_else(|_| folder.join(own));
    if own.is_file() { own } else { PathBuf::from("python3") }
}

#[cfg(test)]
mod tests {
    use super::super::{check, new::new};
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// A new plugin whose tools are those of the repository.
    fn new_plugin(parent: &Path, name: &str) -> PathBuf {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/python");
        assert!(tools.is_dir(), "the tools for Python plugins are missing: `cargo xtask plugins` installs them");
        let folder = new(parent, name, Language::Python).unwrap();
        symlink(tools.canonicalize().unwrap(), folder.join(".venv")).unwrap();
        folder
    }

    #[test]
    fn a_new_plugin_builds_and_passes_the_check() {
        let parent = tempfile::tempdir().unwrap();
        let folder = new_plugin(parent.path(), "daily-rewards");
        // What is built is kept from run to run.
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugin-new-python");
        fs::create_dir_all(&kept).unwrap();
        symlink(kept.canonicalize().unwrap(), folder.join("build")).unwrap();

        let components = Language::Python.build(&folder).unwrap();

        let [component] = &components[..] else { panic!("expected one component: {components:?}") };
        assert_eq!(component.file_name().unwrap(), "daily_rewards.wasm");
        assert_eq!(component.file_stem().unwrap(), &*Language::Python.component("daily-rewards"));
        let report = check::check(component).unwrap();
        assert!(report.starts_with("daily_rewards 0.1.0, "), "{report}");
        assert!(report.contains("\nhandles:\n  rpc greet\n  after ChannelMessageSend\nneeds"), "{report}");
    }

    /// What a server, a test or a reader leaves beside the plugin is no part of it, and a build takes seconds.
    #[test]
    fn only_what_a_component_is_made_of_makes_another() {
        let parent = tempfile::tempdir().unwrap();
        let folder = new_plugin(parent.path(), "game");
        let digest = || {
            let hash = "import build, pathlib, sys; print(build.digest(pathlib.Path(sys.argv[1])))";
            let mut asked = Command::new(folder.join(".venv/bin/python"));
            let asked =
                asked.args(["-B", "-c", hash]).arg(&folder).env("PYTHONPATH", folder.join(SDK)).output().unwrap();
            assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
            asked.stdout
        };
        let write = |file: &str| {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "something else").unwrap();
        };
        let first = digest();
        // As `meadhall serve` leaves it in the folder that it is started in.
        for file in ["data/store/db", "data/commits", "data/plugin-cache/x", "test.toml", "README.md", ".git/HEAD"] {
            write(file);
        }
        assert_eq!(digest(), first);
        // A package may be called as a server calls its folder.
        write("rules/data/words.py");
        assert_ne!(digest(), first);
    }

    #[test]
    fn mistakes_are_told_with_file_and_line() {
        let parent = tempfile::tempdir().unwrap();
        let folder = new_plugin(parent.path(), "game");
        let check = |source: &str, expected: &str| {
            fs::write(folder.join(SOURCE), source).unwrap();
            let error = Language::Python.build(&folder).unwrap_err().to_string();
            assert_eq!(error, expected, "{source}");
        };
        check("def f(:\n    pass\n", "plugin.py, line 1: SyntaxError: invalid syntax\n    def f(:\n          ^");
        check(
            "\nimport nosuch\n",
            "plugin.py, line 2: ModuleNotFoundError: No module named 'nosuch'\n    import nosuch",
        );
        check(
            "from meadhall import before\n@before(\"UpdateAcount\")\ndef f(ctx, req):\n    pass\n",
            "plugin.py, line 2: 'UpdateAcount' is no message with hooks, did you mean 'UpdateAccount'?\n    @before(\"UpdateAcount\")",
        );
        check(
            "from meadhall import rpc\n@rpc\ndef f():\n    pass\n",
            "plugin.py, line 2: a function with @rpc takes (ctx) or (ctx, payload), and `f` takes ()\n    @rpc",
        );
        check(
            "from meadhall import metrics\nmetrics.counter_add(\"a\")\n",
            "plugin.py, line 2: RuntimeError: `metrics.counter_add` needs the server: call it in a handler, or in a function with @start\n    metrics.counter_add(\"a\")",
        );
        check(
            "import meadhall\n",
            "plugin.py handles nothing: put a decorator before a function, such as `@rpc` from meadhall",
        );
    }

    #[test]
    fn a_missing_tool_is_told_with_the_command_that_installs_it() {
        let parent = tempfile::tempdir().unwrap();
        let folder = new(parent.path(), "game", Language::Python).unwrap();
        // An environment of its own without anything in it.
        let made = Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(folder.join(".venv")).status();
        assert!(made.unwrap().success());
        let error = Language::Python.build(&folder).unwrap_err().to_string();
        assert!(error.contains("python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"), "{error}");
    }
}
