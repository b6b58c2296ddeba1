//! From a file to a component that can be instantiated, with everything checked that its types tell.

use super::bindings::exports::meadhall::plugin::{capabilities, events, hooks, lifecycle, rpc, schedule};
use super::files::is_whole;
use super::guest::{ExportIndices, Guest};
use super::imports;
use anyhow::{Context as _, anyhow, bail};
use std::path::Path;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

/// The version of `wit/` that this server has.
pub(super) const VERSION: &str = "0.1.0";
/// Its package.
pub(super) const PACKAGE: &str = "meadhall:plugin/";

/// A component that was checked and can be instantiated.
pub(super) struct Compiled {
    pub(super) component: InstancePre<Guest>,
    pub(super) exports: ExportIndices,
}

/// Compiles the content of a plugin's file. It blocks: a large component takes seconds.
///
/// # Errors
/// One sentence that names the file and what is wrong with it.
pub(super) fn compile(engine: &Engine, linker: &Linker<Guest>, path: &Path, bytes: &[u8]) -> anyhow::Result<Compiled> {
    check_header(bytes).with_context(|| format!("{} is not a plugin", path.display()))?;
    if !is_whole(bytes) {
        bail!("{} is not a valid WebAssembly component: it is cut off after {} bytes", path.display(), bytes.len());
    }
    let component = Component::from_binary(engine, bytes)
        .map_err(|error| anyhow!("{} is not a valid WebAssembly component: {error:#}", path.display()))?;
    check_interfaces(engine, &component).with_context(|| format!("{} cannot be loaded", path.display()))?;
    let component = linker
        .instantiate_pre(&component)
        .map_err(|error| anyhow!("{} wants something that this server does not have: {error:#}", path.display()))?;
    let exports = look_up(&component).with_context(|| format!("{} cannot be loaded", path.display()))?;
    Ok(Compiled { component, exports })
}

/// Tells other files from components by their first bytes: the magic number, then version and layer.
fn check_header(bytes: &[u8]) -> anyhow::Result<()> {
    match bytes {
        [0, b'a', b's', b'm', _, 0, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            bail!("it is a core WebAssembly module, not a component: build it for wasm32-wasip2")
        }
        [0, b'a', b's', b'm', ..] => bail!("it is WebAssembly of a version that this server does not know"),
        _ => bail!("it is not WebAssembly"),
    }
}

/// Says which of our own interfaces a plugin wants that we do not have. Others, such as WASI's, the linker checks.
fn check_interfaces(engine: &Engine, component: &Component) -> anyhow::Result<()> {
    let ty = component.component_type();
    for (name, _) in ty.imports(engine) {
        if let Some(problem) = unknown(name, imports::INTERFACES) {
            bail!("it imports {name}, {problem}");
        }
    }
    let mut lifecycle = false;
    for (name, _) in ty.exports(engine) {
        if let Some(problem) = unknown(name, EXPORTS) {
            bail!("it exports {name}, {problem}");
        }
        lifecycle |= interface(name).is_some_and(|(interface, _)| interface == "lifecycle");
    }
    if !lifecycle {
        bail!("it is not a plugin: it does not export {PACKAGE}lifecycle@{VERSION}");
    }
    Ok(())
}

/// The interfaces that a plugin may export.
const EXPORTS: &[&str] = &["lifecycle", "rpc", "hooks", "events", "schedule", "capabilities"];

/// Our interface and its version in a full name such as `meadhall:plugin/log@0.1.0`.
pub(super) fn interface(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PACKAGE)?.split_once('@')
}

/// What is wrong with an interface's name, if it is one of ours.
fn unknown(name: &str, known: &[&str]) -> Option<String> {
    let (interface, version) = interface(name)?;
    // Within 0.1 versions only grow, and a plugin names the version that it was built with.
    let offered = known.contains(&interface);
    if offered && (version == VERSION || version.starts_with("0.1.")) {
        return None;
    }
    Some(if offered {
        format!("this server has version {VERSION}")
    } else {
        format!("this server has no such interface in version {VERSION}")
    })
}

/// Finds the exports that are there. One of the right name and the wrong shape is an error.
fn look_up(component: &InstancePre<Guest>) -> anyhow::Result<ExportIndices> {
    let ty = component.component().component_type();
    let has = |wanted: &str| {
        ty.exports(component.engine())
            .any(|(name, _)| interface(name).is_some_and(|(interface, _)| interface == wanted))
    };
    let wrong = |error: wasmtime::Error| anyhow!("{error:#}");
    Ok(ExportIndices {
        lifecycle: lifecycle::GuestIndices::new(component).map_err(wrong)?,
        rpc: has("rpc").then(|| rpc::GuestIndices::new(component)).transpose().map_err(wrong)?,
        hooks: has("hooks").then(|| hooks::GuestIndices::new(component)).transpose().map_err(wrong)?,
        events: has("events").then(|| events::GuestIndices::new(component)).transpose().map_err(wrong)?,
        schedule: has("schedule").then(|| schedule::GuestIndices::new(component)).transpose().map_err(wrong)?,
        capabilities: has("capabilities")
            .then(|| capabilities::GuestIndices::new(component))
            .transpose()
            .map_err(wrong)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_from_components_by_their_first_bytes() {
        let problem = |bytes: &[u8]| check_header(bytes).unwrap_err().to_string();
        assert!(problem(b"hello").contains("not WebAssembly"));
        assert!(problem(b"").contains("not WebAssembly"));
        assert!(problem(b"\0asm\x01\0\0\0").contains("core WebAssembly module"));
        assert!(problem(b"\0asm\x07\0\x07\0").contains("version"));
        assert!(check_header(b"\0asm\x0d\0\x01\0").is_ok());
    }

    #[test]
    fn interfaces_are_judged_by_name_and_version() {
        assert_eq!(unknown("wasi:cli/stdout@0.2.0", EXPORTS), None);
        assert_eq!(unknown("meadhall:plugin/rpc@0.1.0", EXPORTS), None);
        assert_eq!(unknown("meadhall:plugin/rpc@0.1.3", EXPORTS), None);
        assert!(unknown("meadhall:plugin/rpc@0.2.0", EXPORTS).unwrap().contains("has version 0.1.0"));
        assert!(unknown("meadhall:plugin/telepathy@0.1.0", EXPORTS).unwrap().contains("no such interface"));
    }
}
