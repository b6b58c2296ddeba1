//! Who handles what: every RPC, hook, event and time that the loaded plugins registered.

use super::bindings::exports::meadhall::plugin::lifecycle::Handler;
use super::call::Plugin;
use super::compile::{PACKAGE, VERSION};
use super::cron::Expression;
use super::guest::ExportIndices;
use super::hooks::{Chains, HOOKS};
use super::limits::CRON_EXPRESSIONS;
use super::load::Loaded;
use super::schedule::Timer;
use anyhow::bail;
use meadhall_core::events::EventKind;
use std::collections::HashMap;
use std::sync::Arc;

/// The handlers of all loaded plugins. It never changes: another set of plugins is another table.
#[derive(Default)]
pub(super) struct Table {
    pub(super) names: Vec<Arc<str>>,
    /// By lower-case id.
    pub(super) rpcs: HashMap<Arc<str>, Arc<Plugin>>,
    pub(super) before: Chains,
    pub(super) after: Chains,
    pub(super) events: EventHandlers,
    pub(super) cron: Vec<Timer>,
}

/// The plugins that handle each kind of event, in order.
#[derive(Default)]
pub(super) struct EventHandlers {
    custom: Line,
    session_start: Line,
    session_end: Line,
}

/// Plugins, one after the other. Shared with the calls that go through them, so that none holds on to a whole table.
pub(super) type Line = Arc<Vec<Arc<Plugin>>>;

impl EventHandlers {
    /// The handlers of a kind, and its name in registrations.
    pub(super) fn of(&self, kind: EventKind) -> (&Line, &'static str) {
        match kind {
            EventKind::Custom => (&self.custom, "event"),
            EventKind::SessionStart => (&self.session_start, "session-start"),
            EventKind::SessionEnd => (&self.session_end, "session-end"),
        }
    }
}

/// Why plugins cannot run side by side.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub(super) struct Conflict {
    /// Those that do not go together, or one that is wrong by itself.
    plugins: Vec<Arc<str>>,
    problem: String,
}

impl Conflict {
    fn new(plugins: &[&Arc<Plugin>], problem: String) -> Self {
        Self { plugins: plugins.iter().map(|plugin| plugin.name().clone()).collect(), problem }
    }

    /// Whether a plugin has a part in it.
    pub(super) fn is_about(&self, name: &str) -> bool {
        self.plugins.iter().any(|plugin| **plugin == *name)
    }
}

impl Table {
    /// The table of these plugins, in their order.
    ///
    /// # Errors
    /// When two of them claim one RPC; the sentence names both.
    pub(super) fn new<'a>(loaded: impl IntoIterator<Item = &'a Loaded>) -> Result<Self, Conflict> {
        let mut table = Self::default();
        for Loaded { plugin, registration, .. } in loaded {
            table.names.push(plugin.name().clone());
            for Handler { kind, name } in &registration.handlers {
                match kind.as_str() {
                    "rpc" => table.add_rpc(name, plugin)?,
                    "before" => table.before.add(name, plugin),
                    "after" => table.after.add(name, plugin),
                    "cron" => table.add_cron(name, plugin)?,
                    "session-start" => add(&mut table.events.session_start, plugin),
                    "session-end" => add(&mut table.events.session_end, plugin),
                    _ => add(&mut table.events.custom, plugin),
                }
            }
        }
        Ok(table)
    }

    /// The plugin of an RPC, and its id.
    pub(super) fn rpc(&self, id: &str) -> Option<(Arc<str>, Arc<Plugin>)> {
        self.rpcs.get_key_value(id).map(|(id, plugin)| (id.clone(), plugin.clone()))
    }

    fn add_rpc(&mut self, id: &str, plugin: &Arc<Plugin>) -> Result<(), Conflict> {
        let id: Arc<str> = id.to_lowercase().into();
        match self.rpcs.insert(id.clone(), plugin.clone()) {
            Some(other) if Arc::ptr_eq(&other, plugin) => {
                let problem = format!("plugin {:?} registers rpc {id:?} twice", plugin.name());
                Err(Conflict::new(&[plugin], problem))
            }
            Some(other) => {
                let problem = format!("plugins {:?} and {:?} both register rpc {id:?}", other.name(), plugin.name());
                Err(Conflict::new(&[&other, plugin], problem))
            }
            None => Ok(()),
        }
    }

    /// A plugin runs once at a time of an expression, however often it registered it.
    fn add_cron(&mut self, expression: &str, plugin: &Arc<Plugin>) -> Result<(), Conflict> {
        let own = self.cron.iter().filter(|timer| Arc::ptr_eq(&timer.plugin, plugin));
        if own.clone().any(|timer| &*timer.expression.text == expression) {
            return Ok(());
        }
        if own.count() >= CRON_EXPRESSIONS {
            let name = plugin.name();
            let problem = format!("plugin {name:?} registers more than {CRON_EXPRESSIONS} cron expressions");
            return Err(Conflict::new(&[plugin], problem));
        }
        let parsed = Expression::parse(expression);
        let expression = Arc::new(parsed.map_err(|problem| {
            Conflict::new(&[plugin], format!("plugin {:?} registers cron {expression:?}, {problem}", plugin.name()))
        })?);
        self.cron.push(Timer { expression, plugin: plugin.clone() });
        Ok(())
    }
}

/// Adds a plugin at the end of a line that it does not stand in yet.
pub(super) fn add(line: &mut Line, plugin: &Arc<Plugin>) {
    if !line.iter().any(|known| Arc::ptr_eq(known, plugin)) {
        // Nobody shares it while the table is made.
        Arc::make_mut(line).push(plugin.clone());
    }
}

/// Whether a handler is one that this server can call.
///
/// # Errors
/// When it is not; the sentence says what is registered and what is missing.
pub(super) fn check(handler: &Handler, exports: &ExportIndices) -> anyhow::Result<()> {
    let Handler { kind, name } = handler;
    let (exported, interface) = match kind.as_str() {
        "rpc" if name.is_empty() => bail!("it registers an rpc without an id"),
        "rpc" => (exports.rpc.is_some(), "rpc"),
        "before" | "after" if !HOOKS.contains(&name.as_str()) => {
            bail!("it registers a hook {kind} {name:?}, this server has no such message")
        }
        "before" | "after" => (exports.hooks.is_some(), "hooks"),
        "event" | "session-start" | "session-end" => (exports.events.is_some(), "events"),
        "cron" => match Expression::parse(name) {
            Ok(_) => (exports.schedule.is_some(), "schedule"),
            Err(problem) => bail!("it registers cron {name:?}, {problem}"),
        },
        _ => bail!("it registers a handler of kind {kind:?}, this server knows no such kind"),
    };
    if !exported {
        bail!("it registers {kind} {name:?} but does not export {PACKAGE}{interface}@{VERSION}");
    }
    Ok(())
}
