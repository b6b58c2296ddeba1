//! From files to running plugins: compiling them, asking what they handle, starting them. Every error is one sentence that
//! names the plugin or its file.

use super::bindings::exports::meadhall::plugin::capabilities::Need;
use super::bindings::exports::meadhall::plugin::lifecycle::Registration;
use super::blocking::Blocking;
use super::call::Plugin;
use super::compile::{Compiled, compile};
use super::compiler::{Compiler, Effort};
use super::engine::{self, Room};
use super::files::{self, PluginCode, PluginFile};
use super::grants::Grants;
use super::guest::{Guest, Host, Identity};
use super::http::system_lookup;
use super::lasting::Lastings;
use super::metrics::{SharedRecorder, describe};
use super::pace::Pace;
use super::pool::Pool;
use super::slow_lane::{Habit, SlowLane};
use super::table::{Table, check};
use super::version::Version;
use super::{CallContext, CallError, Limits, PluginConfig, denial, exports, imports, needs};
use crate::config::PluginSection;
use anyhow::{Context as _, anyhow, bail};
use meadhall_core::Core;
use meadhall_core::clock::Environment;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::Engine;
use wasmtime::component::Linker;

/// Makes plugins of files.
pub(super) struct Loader {
    engine: Engine,
    linker: Arc<Linker<Guest>>,
    host: Arc<Host>,
    recorder: SharedRecorder,
    /// For those whose section says nothing else.
    limits: Limits,
    room: Room,
    blocking: Blocking,
    compiler: Compiler,
    lastings: Lastings,
}

/// A plugin that was compiled, checked and asked what it handles, and that has had no effects yet.
pub(super) struct Loaded {
    pub(super) plugin: Arc<Plugin>,
    pub(super) registration: Registration,
    /// What it says that it needs.
    pub(super) needs: Vec<Need>,
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
    /// What it says that it needs to be granted: kind and name.
    pub needs: Vec<(String, String)>,
    /// The functions of the contract that it can call: interface and function.
    pub functions: Vec<(String, String)>,
    /// Bytes of its file.
    pub bytes: u64,
    /// The interfaces that it imports.
    pub imports: Vec<String>,
    /// The interfaces that it offers.
    pub exports: Vec<String>,
}

/// Looks at one plugin without starting it: it is loaded, checked and asked what it handles. Compiled code is kept in
/// `cache_dir`.
///
/// # Errors
/// As [`super::Plugins::load`] would fail.
pub async fn inspect(file: &Path, limits: Limits, cache_dir: Option<PathBuf>) -> anyhow::Result<Inspection> {
    let config = PluginConfig {
        paths: vec![file.to_owned()],
        sections: BTreeMap::new(),
        limits,
        cache_dir,
        recorder: Arc::new(metrics::NoopRecorder),
        token_lifetime: Duration::ZERO,
        versions_dir: None,
        read_again: None,
    };
    let loaded = register_all(&config).await?;
    Table::new(&loaded)?;
    let [Loaded { plugin, registration, needs }] = &loaded[..] else {
        bail!("{} is a folder, give one plugin file", file.display());
    };
    let component = plugin.component.component();
    let ty = component.component_type();
    Ok(Inspection {
        name: plugin.name().to_string(),
        version: registration.version.clone(),
        handlers: registration.handlers.iter().map(|it| (it.kind.clone(), it.name.clone())).collect(),
        needs: needs.iter().map(|it| (it.kind.clone(), it.name.clone())).collect(),
        functions: denial::imported(component),
        bytes: std::fs::metadata(file).map_or(0, |metadata| metadata.len()),
        imports: ty.imports(component.engine()).map(|(name, _)| name.to_owned()).collect(),
        exports: ty.exports(component.engine()).map(|(name, _)| name.to_owned()).collect(),
    })
}

/// Finds, compiles and asks all plugins, for a look at them.
async fn register_all(config: &PluginConfig) -> anyhow::Result<Vec<Loaded>> {
    let files = files::find(&config.paths)?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let loader = Loader::new(config, &files, None, "".into(), Environment::system())?;
    let mut loaded = Vec::with_capacity(files.len());
    for file in files {
        let section = config.sections.get(&*file.name).cloned().unwrap_or_default();
        let code = loader.compiler.run(Effort::Full, move || files::read(&file)).await??;
        loaded.push(loader.load(code, &section, Effort::Full).await?);
    }
    Ok(loaded)
}

impl Loader {
    /// A loader for these files. Without a core they can be asked what they handle, and nothing more.
    ///
    /// # Errors
    /// When the engine or its threads cannot be set up.
    pub(super) fn new(
        config: &PluginConfig,
        files: &[PluginFile],
        core: Option<Arc<Core>>,
        node: Arc<str>,
        environment: Environment,
    ) -> anyhow::Result<Self> {
        let section = |file: &PluginFile| config.sections.get(&*file.name).cloned().unwrap_or_default();
        let limits: Vec<Limits> = files.iter().map(|file| config.limits.with(&section(file).limits)).collect();
        describe(&*config.recorder);
        let (engine, room, ticks) = engine::build(&limits, &config.limits, config.cache_dir.as_deref())?;
        let linker = Arc::new(imports::linker(&engine).map_err(anyhow::Error::msg)?);
        let host = Arc::new(Host {
            core,
            node,
            environment,
            token_lifetime: config.token_lifetime,
            ticks,
            slow_lane: SlowLane::start()?,
        });
        Ok(Self {
            engine,
            linker,
            host,
            recorder: config.recorder.clone(),
            limits: config.limits.clone(),
            room,
            blocking: Blocking::new(),
            compiler: Compiler::start()?,
            lastings: Lastings::default(),
        })
    }

    /// Where blocking work about plugins is done.
    pub(super) fn compiler(&self) -> &Compiler {
        &self.compiler
    }

    /// Compiles and checks a version of a plugin, and asks it what it handles and needs.
    ///
    /// # Errors
    /// For a file that is no plugin or one that this server cannot run or has no room for, and when `register` or `needs`
    /// fails.
    pub(super) async fn load(
        &self,
        code: PluginCode,
        section: &PluginSection,
        effort: Effort,
    ) -> anyhow::Result<Loaded> {
        let PluginCode { file: PluginFile { name, path }, bytes, hash } = code;
        let limits = self.limits.with(&section.limits);
        let room = self.room.check(&limits, &self.lastings.instances_of_others(&name));
        room.with_context(|| format!("plugin {name:?} cannot be loaded"))?;
        let (engine, linker) = (self.engine.clone(), self.linker_for(&name, &section.deny)?);
        let (plugin, deny) = (name.clone(), section.deny.clone());
        let compiled = self.compiler.run(effort, move || {
            let compiled = compile(&engine, &linker, &path, &bytes)?;
            denial::check(&plugin, compiled.component.component(), &deny)?;
            anyhow::Ok(compiled)
        });
        let compiled = told_when_long(&name, compiled).await??;
        let grants = self.grants(&name, section, &limits).await?;
        let plugin = Arc::new(self.assemble(Version::new(name, hash), compiled, section, limits, grants));
        plugin.identity.lasting.add(&plugin);

        let registration = plugin.call(exports::Register, CallContext::default()).await;
        let registration = registration.map_err(|error| at_load(&plugin, "register", &error))?;
        plugin.version().declare(&registration.version);
        for handler in &registration.handlers {
            check(handler, &plugin.exports).with_context(|| format!("plugin {:?} cannot be loaded", plugin.name()))?;
        }
        let needs = plugin.call(exports::Needs, CallContext::default()).await;
        let needs = needs.map_err(|error| at_load(&plugin, "needs", &error))?;
        // Who only looks at a plugin wants to see what it needs.
        if self.host.core.is_some() {
            needs::check(plugin.name(), &needs, section, &plugin.identity.grants)?;
        }
        Ok(Loaded { plugin, registration, needs })
    }

    /// The linker for a plugin that is denied these functions.
    fn linker_for(&self, name: &str, deny: &[String]) -> anyhow::Result<Arc<Linker<Guest>>> {
        if deny.is_empty() {
            return Ok(self.linker.clone());
        }
        Ok(Arc::new(denial::shadowed(&self.linker, name, deny).map_err(anyhow::Error::msg)?))
    }

    /// What a plugin is granted, opened on a thread that may block.
    async fn grants(&self, name: &Arc<str>, section: &PluginSection, limits: &Limits) -> anyhow::Result<Grants> {
        let (name, allow, limits) = (name.clone(), section.allow.clone(), limits.clone());
        let (recorder, blocking) = (self.recorder.clone(), self.blocking.apart());
        let open = move || Grants::open(&name, &allow, &limits, &recorder, &blocking, &system_lookup());
        self.blocking.run(open).await.context("the thread that opens grants failed")?
    }

    fn assemble(
        &self,
        version: Version,
        compiled: Compiled,
        section: &PluginSection,
        limits: Limits,
        grants: Grants,
    ) -> Plugin {
        let name = version.name().clone();
        Plugin {
            pool: Pool::new(),
            habit: Habit::default(),
            identity: Arc::new(Identity {
                lasting: self.lastings.of(&name, limits.instances, &self.recorder),
                name,
                version,
                settings: section.settings.clone(),
                events: Pace::new(limits.events_per_second),
                grants,
                limits,
            }),
            host: self.host.clone(),
            component: compiled.component,
            exports: compiled.exports,
        }
    }
}

/// How long a plugin compiles in silence. Most are in the cache, or small.
const SILENT_FOR: Duration = Duration::from_secs(1);

/// Waits until a plugin is compiled, and tells whoever watches the log what they wait for when it takes its time.
async fn told_when_long<T>(plugin: &str, compiling: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let mut compiling = pin!(compiling);
    if let Ok(compiled) = tokio::time::timeout(SILENT_FOR, &mut compiling).await {
        return compiled;
    }
    tracing::info!(plugin, "compiling a plugin");
    let compiled = compiling.await;
    tracing::info!(plugin, seconds = started.elapsed().as_secs(), "compiled");
    compiled
}

impl Loaded {
    /// Calls the plugin's `start`, which may act.
    ///
    /// # Errors
    /// The plugin's own, and a broken limit.
    pub(super) async fn start(&self) -> anyhow::Result<()> {
        let started = self.plugin.call(exports::Start, CallContext::default()).await;
        started.map_err(|error| at_load(&self.plugin, "start", &error))?;
        tracing::info!(plugin = %self.plugin.name(), version = %self.plugin.version().build(), "plugin started");
        Ok(())
    }
}

/// A failed call while loading. Broken limits name the plugin already.
fn at_load(plugin: &Plugin, function: &str, error: &CallError) -> anyhow::Error {
    match error {
        CallError::Failed { code, message } => {
            anyhow!("plugin {}: {function} failed with code {code}: {message}", plugin.version())
        }
        CallError::NotFound | CallError::Broken(_) | CallError::Busy { .. } => anyhow!("{error}"),
    }
}
