//! From files to running plugins: finding them, compiling them, asking what they handle, starting them. Every error is
//! one sentence that names the plugin or its file.

use super::bindings::exports::meadhall::plugin::lifecycle::{Handler, Registration};
use super::bindings::exports::meadhall::plugin::{events, hooks, lifecycle, rpc};
use super::call::Plugin;
use super::guest::{ExportIndices, Guest, Host, Identity};
use super::hooks::{Chains, HOOKS};
use super::metrics::{CallMetrics, Series, SharedRecorder};
use super::pool::Pool;
use super::slow_lane::SlowLane;
use super::{CallContext, CallError, EventHandlers, Limits, PluginConfig, Plugins, engine, exports, imports};
use anyhow::{Context as _, anyhow, bail};
use meadhall_core::Core;
use meadhall_core::clock::Environment;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

/// The version of `wit/` that this server has.
const VERSION: &str = "0.1.0";
/// Its package.
const PACKAGE: &str = "meadhall:plugin/";

/// Loads, checks and starts all plugins.
pub(super) async fn all(config: PluginConfig, core: Arc<Core>) -> anyhow::Result<Plugins> {
    let (node, environment) = (core.node.clone(), core.env.clone());
    let loaded = register_all(config, Some(core), node, environment).await?;
    let plugins = table(&loaded)?;
    for (plugin, registration) in &loaded {
        plugin.call(exports::Start, CallContext::default()).await.map_err(|error| at_load(plugin, "start", &error))?;
        tracing::info!(plugin = %plugin.name(), version = %registration.version, "plugin started");
    }
    Ok(plugins)
}

/// What a plugin's file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The file's stem.
    pub name: String,
    /// The plugin's own version.
    pub version: String,
    /// What it handles: kind and name.
    pub handlers: Vec<(String, String)>,
    /// The interfaces that it needs.
    pub imports: Vec<String>,
    /// The interfaces that it offers.
    pub exports: Vec<String>,
}

/// Looks at one plugin without starting it: it is loaded, checked and asked what it handles.
///
/// # Errors
/// As [`Plugins::load`] would fail.
pub async fn inspect(file: &Path, limits: Limits) -> anyhow::Result<Inspection> {
    let config = PluginConfig {
        paths: vec![file.to_owned()],
        settings: BTreeMap::new(),
        limits,
        cache_dir: None,
        recorder: Arc::new(metrics::NoopRecorder),
        token_lifetime: Duration::ZERO,
    };
    let loaded = register_all(config, None, "".into(), Environment::system()).await?;
    table(&loaded)?;
    let [(plugin, registration)] = &loaded[..] else {
        bail!("{} is a folder, give one plugin file", file.display());
    };
    let component = plugin.component.component();
    let ty = component.component_type();
    let names = |(name, _): (&str, _)| name.to_owned();
    Ok(Inspection {
        name: plugin.name().to_string(),
        version: registration.version.clone(),
        handlers: registration.handlers.iter().map(|it| (it.kind.clone(), it.name.clone())).collect(),
        imports: ty.imports(component.engine()).map(|(name, item)| names((name, item))).collect(),
        exports: ty.exports(component.engine()).map(|(name, item)| names((name, item))).collect(),
    })
}

type Loaded = (Arc<Plugin>, Registration);

/// Everything up to what has effects: finds, compiles and asks all plugins.
async fn register_all(
    config: PluginConfig,
    core: Option<Arc<Core>>,
    node: Arc<str>,
    environment: Environment,
) -> anyhow::Result<Vec<Loaded>> {
    let files = find(&config.paths)?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let (engine, ticks) = engine::build(&config.limits, files.len(), config.cache_dir.as_deref())?;
    let host = Arc::new(Host {
        core,
        node,
        environment,
        limits: config.limits.clone(),
        token_lifetime: config.token_lifetime,
        ticks,
        slow_lane: SlowLane::start()?,
    });
    let linker = Arc::new(imports::linker(&engine).map_err(anyhow::Error::msg)?);

    let mut loaded = Vec::with_capacity(files.len());
    for PluginFile { name, path } in files {
        let compiled = compile(engine.clone(), linker.clone(), path.clone()).await?;
        let settings = config.settings.get(&*name).cloned().unwrap_or_default();
        let plugin = Arc::new(assemble(name, settings, compiled, &host, &config.recorder));
        let registration = plugin
            .call(exports::Register, CallContext::default())
            .await
            .map_err(|error| at_load(&plugin, "register", &error))?;
        for handler in &registration.handlers {
            check(handler, &plugin.exports).with_context(|| format!("plugin {:?} cannot be loaded", plugin.name()))?;
        }
        loaded.push((plugin, registration));
    }
    Ok(loaded)
}

/// A plugin's file. The name is its stem.
#[derive(Debug, PartialEq, Eq)]
struct PluginFile {
    name: Arc<str>,
    path: PathBuf,
}

/// The files that the paths name: files as they are, folders by the names of their `*.wasm` files.
fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<PluginFile>> {
    let mut files: Vec<PluginFile> = Vec::new();
    for path in paths {
        let found = std::fs::metadata(path)
            .with_context(|| format!("cannot read plugin {}", path.display()))
            .and_then(|metadata| if metadata.is_dir() { in_folder(path) } else { Ok(vec![path.clone()]) })?;
        for path in found {
            let name: Arc<str> = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .with_context(|| format!("plugin {} has no name: its file name must be valid text", path.display()))?
                .into();
            if let Some(other) = files.iter().find(|other| other.name == name) {
                bail!("two plugins are named {name:?}: {} and {}", other.path.display(), path.display());
            }
            files.push(PluginFile { name, path });
        }
    }
    Ok(files)
}

fn in_folder(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") && path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    };
    read().with_context(|| format!("cannot read plugin folder {}", folder.display()))
}

struct Compiled {
    component: InstancePre<Guest>,
    exports: ExportIndices,
}

/// Compiles on a thread that may block: a large component takes seconds.
async fn compile(engine: Engine, linker: Arc<Linker<Guest>>, path: PathBuf) -> anyhow::Result<Compiled> {
    tokio::task::spawn_blocking(move || {
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read plugin {}", path.display()))?;
        check_header(&bytes).with_context(|| format!("{} is not a plugin", path.display()))?;
        let component = Component::from_binary(&engine, &bytes)
            .map_err(|error| anyhow!("{} is not a valid WebAssembly component: {error:#}", path.display()))?;
        check_interfaces(&engine, &component).with_context(|| format!("{} cannot be loaded", path.display()))?;
        let component = linker
            .instantiate_pre(&component)
            .map_err(|error| anyhow!("{} wants something that this server does not have: {error:#}", path.display()))?;
        let exports = look_up(&component).with_context(|| format!("{} cannot be loaded", path.display()))?;
        Ok(Compiled { component, exports })
    })
    .await
    .context("the thread that compiles plugins failed")?
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
const EXPORTS: &[&str] = &["lifecycle", "rpc", "hooks", "events"];

/// Our interface and its version in a full name such as `meadhall:plugin/log@0.1.0`.
fn interface(name: &str) -> Option<(&str, &str)> {
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
    })
}

fn assemble(
    name: Arc<str>,
    settings: BTreeMap<String, String>,
    compiled: Compiled,
    host: &Arc<Host>,
    recorder: &SharedRecorder,
) -> Plugin {
    let series = Series::new(name.clone(), recorder.clone());
    Plugin {
        metrics: CallMetrics::new(&name, recorder),
        identity: Arc::new(Identity { name, settings, series }),
        host: host.clone(),
        component: compiled.component,
        exports: compiled.exports,
        pool: Pool::new(host.limits.instances),
    }
}

/// Whether a handler is one that this server can call.
fn check(handler: &Handler, exports: &ExportIndices) -> anyhow::Result<()> {
    let Handler { kind, name } = handler;
    let exported = match kind.as_str() {
        "rpc" if name.is_empty() => bail!("it registers an rpc without an id"),
        "rpc" => exports.rpc.is_some(),
        "before" | "after" if !HOOKS.contains(&name.as_str()) => {
            bail!("it registers a hook {kind} {name:?}, this server has no such message")
        }
        "before" | "after" => exports.hooks.is_some(),
        "event" | "session-start" | "session-end" => exports.events.is_some(),
        _ => bail!("it registers a handler of kind {kind:?}, this server knows no such kind"),
    };
    if !exported {
        let interface = match kind.as_str() {
            "rpc" => "rpc",
            "before" | "after" => "hooks",
            _ => "events",
        };
        bail!("it registers {kind} {name:?} but does not export {PACKAGE}{interface}@{VERSION}");
    }
    Ok(())
}

/// Who handles what.
fn table(loaded: &[Loaded]) -> anyhow::Result<Plugins> {
    let mut plugins =
        Plugins { names: loaded.iter().map(|(plugin, _)| plugin.name().clone()).collect(), ..Plugins::default() };
    for (plugin, registration) in loaded {
        for Handler { kind, name } in &registration.handlers {
            match kind.as_str() {
                "rpc" => add_rpc(&mut plugins.rpcs, name, plugin)?,
                "before" => Chains::add(&mut plugins.before, name, plugin),
                "after" => Chains::add(&mut plugins.after, name, plugin),
                event => add_event(&mut plugins.events, event, plugin),
            }
        }
    }
    Ok(plugins)
}

fn add_rpc(rpcs: &mut HashMap<Arc<str>, Arc<Plugin>>, id: &str, plugin: &Arc<Plugin>) -> anyhow::Result<()> {
    let id: Arc<str> = id.to_lowercase().into();
    match rpcs.insert(id.clone(), plugin.clone()) {
        Some(other) if Arc::ptr_eq(&other, plugin) => bail!("plugin {:?} registers rpc {id:?} twice", plugin.name()),
        Some(other) => bail!("plugins {:?} and {:?} both register rpc {id:?}", other.name(), plugin.name()),
        None => Ok(()),
    }
}

fn add_event(events: &mut EventHandlers, kind: &str, plugin: &Arc<Plugin>) {
    let handlers = match kind {
        "session-start" => &mut events.session_start,
        "session-end" => &mut events.session_end,
        _ => &mut events.custom,
    };
    if !handlers.iter().any(|known| Arc::ptr_eq(known, plugin)) {
        handlers.push(plugin.clone());
    }
}

/// A failed call while loading. Broken limits name the plugin already.
fn at_load(plugin: &Plugin, function: &str, error: &CallError) -> anyhow::Error {
    match error {
        CallError::Failed { code, message } => {
            anyhow!("plugin {:?}: {function} failed with code {code}: {message}", plugin.name())
        }
        CallError::NotFound | CallError::Broken(_) | CallError::Busy { .. } => anyhow!("{error}"),
    }
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

    #[test]
    fn folders_give_their_components_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.wasm", "a.wasm", "notes.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("c.wasm")).unwrap();
        let paths = [folder.path().to_owned()];
        let found = find(&paths).unwrap();
        let names: Vec<&str> = found.iter().map(|file| &*file.name).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn two_files_of_one_name_are_refused_by_both_paths() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("hall.wasm"), folder.path().join("two/hall.wasm"));
        std::fs::create_dir(folder.path().join("two")).unwrap();
        std::fs::write(&one, "").unwrap();
        std::fs::write(&two, "").unwrap();
        let problem = find(&[one.clone(), two.clone()]).unwrap_err().to_string();
        assert!(problem.contains(one.to_str().unwrap()) && problem.contains(two.to_str().unwrap()), "{problem}");
    }
}
