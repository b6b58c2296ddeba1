//! The server of a run: the plugin with what the script says of it, on a free port, in a folder that goes with it.

use super::clients::Clients;
use super::events::Watched;
use super::stand_in::StandIn;
use super::{Came, Paths, Run};
use crate::cli::plugin::test::compare::Scope;
use crate::cli::plugin::test::lines::Lines;
use crate::cli::plugin::test::script::{Script, placeholder};
use crate::config::{Config, HttpGrant, PluginSection, Sources, load};
use crate::server::Surroundings;
use crate::{Server, server};
use anyhow::{Context as _, anyhow, bail};
use meadhall_core::clock::{Environment, ManualClock};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

/// So that no jump of the clock logs anybody out: ten years.
const TOKENS_SEC: u64 = 10 * 366 * 24 * 3600;
/// More than a script has users; few enough for any limit on open files.
const CONNECTIONS: usize = 200;
/// The same every time, so that what a plugin draws at random is the same in each run.
const SEED: u64 = 1;

/// Starts all that a script needs.
///
/// # Errors
/// When the plugin does not start, or its sections are at fault.
pub(super) async fn start<'a>(script: &'a Script, paths: Paths<'_>, lines: Lines) -> anyhow::Result<Run<'a>> {
    let data = tempfile::tempdir().context("cannot make a folder for the server's data")?;
    let clock = Arc::new(ManualClock::new(script.now));
    let environment = Environment::seeded(clock.clone(), SEED);
    let stand_in = match script.answers.is_empty() {
        true => None,
        false => Some(StandIn::start(script.answers.clone()).await?),
    };
    let name = paths.component.file_stem().and_then(|stem| stem.to_str());
    let name = name.with_context(|| format!("{} is no plugin's file", paths.component.display()))?.to_owned();

    let mut config = Config::default();
    config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.server.data_dir = data.path().join("data");
    config.server.max_connections = CONNECTIONS;
    config.metrics.listen = None;
    config.session.token_expiry_sec = TOKENS_SEC;
    config.session.refresh_token_expiry_sec = TOKENS_SEC;
    // What a crash would lose is lost anyway.
    config.storage.sync_interval_ms = 1000;
    config.runtime.plugin_cache_dir = paths.cache.unwrap_or(Path::new("")).to_owned();

    let mut scope = Scope::default();
    let mut logins = BTreeMap::new();
    if let Some(stand_in) = &stand_in {
        scope.set(placeholder::HTTP, format!("http://{}", stand_in.address));
    }
    let mentioned = script.mentioned_in_plugin();
    if !mentioned.is_empty() {
        // Their ids stand in the plugin's settings, so they are there before it.
        let server = in_surroundings(config.clone(), environment.clone(), None).await?;
        let mut clients = clients(&server);
        for user in mentioned {
            let login = clients.log_in(&user).await.map_err(|came| anyhow!("{user} cannot log in: {}", came.told()))?;
            scope.set(&*user, &login.user_id);
        }
        server.stop().await;
        logins = clients.logins;
    }
    let mut section = section(script, paths, &name, &scope)?;
    if let Some(stand_in) = &stand_in {
        section.allow.http.push(grant(stand_in.address));
    }
    config.plugin.insert(name, section);
    config.runtime.plugins = vec![paths.component.to_owned()];

    let watched = Watched::default();
    let server = match in_surroundings(config, environment, Some(watched.watcher())).await {
        Ok(server) => server,
        Err(error) => {
            let logged: String = lines.take().iter().map(|line| format!("\n      | {line}")).collect();
            let problem = format!("{error:#}");
            // The lines to add are those of a server's configuration.
            let hint = if problem.contains("to [plugin.") || problem.contains("in [plugin.") {
                "; a script has [settings], [allow] and [limits] in place of a section of the plugin"
            } else {
                ""
            };
            bail!("the plugin does not start: {problem}{hint}{logged}");
        }
    };
    let mut clients = clients(&server);
    clients.logins = logins;
    let run = Run {
        script,
        now: script.now,
        server,
        clock,
        clients,
        watched,
        lines,
        stand_in,
        scope,
        rooms: BTreeMap::new(),
        closed: BTreeMap::new(),
        _data: data,
    };
    run.tell_scope();
    Ok(run)
}

async fn in_surroundings(
    config: Config,
    environment: Environment,
    watcher: Option<server::EventWatcher>,
) -> anyhow::Result<Server> {
    Server::start_in(config, Surroundings { environment, watcher, ..Surroundings::default() }).await
}

fn clients(server: &Server) -> Clients {
    let config = &server.app().config;
    Clients::new(server.addr(), &config.server.server_key, &config.runtime.http_key)
}

/// What the script says of the plugin, read as the configuration that it would be.
fn section(script: &Script, paths: Paths<'_>, name: &str, scope: &Scope) -> anyhow::Result<PluginSection> {
    let mut plugin = toml::Value::Table(script.plugin.clone());
    fill(&mut plugin, scope)
        .map_err(|problem| anyhow!("{}, the plugin's sections: {problem}", paths.script.display()))?;
    let of_plugin = toml::Table::from_iter([(name.to_owned(), plugin)]);
    let whole = toml::Table::from_iter([("plugin".to_owned(), toml::Value::Table(of_plugin))]);
    let folder = tempfile::tempdir().context("cannot make a folder for the configuration")?;
    let file = folder.path().join("meadhall.toml");
    std::fs::write(&file, whole.to_string()).with_context(|| format!("cannot write {}", file.display()))?;
    let config = load(&Sources { file: Some(file), ..Sources::default() }).map_err(|faults| {
        let line = |fault: &crate::config::Fault| {
            format!("{}, line {}: {fault}", paths.script.display(), script.line_of(&fault.key))
        };
        anyhow!(faults.0.iter().map(line).collect::<Vec<_>>().join("\n"))
    })?;
    let mut section = config.plugin.get(name).cloned().unwrap_or_default();
    let beside = paths.script.parent().unwrap_or(Path::new(""));
    for folder in section.allow.folders.values_mut() {
        *folder = beside.join(&folder);
    }
    Ok(section)
}

/// Puts placeholders into all texts.
fn fill(value: &mut toml::Value, scope: &Scope) -> Result<(), String> {
    match value {
        toml::Value::String(text) => *text = scope.text(text)?,
        toml::Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, scope))?,
        toml::Value::Table(table) => table.iter_mut().try_for_each(|(_, value)| fill(value, scope))?,
        _ => {}
    }
    Ok(())
}

/// A plugin may ask the stand-in anything.
fn grant(address: SocketAddr) -> HttpGrant {
    HttpGrant {
        port: Some(address.port()),
        schemes: vec!["http".to_owned()],
        methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].map(str::to_owned).to_vec(),
        private: true,
        ..HttpGrant::new(address.ip().to_string())
    }
}

impl Came {
    /// As a report shows it.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Reply(reply) => crate::cli::plugin::test::compare::shown(reply),
            Self::Error { code, message } => format!("the error {code}, {message:?}"),
            Self::Closed(reason) if reason.is_empty() => "a closed socket".to_owned(),
            Self::Closed(reason) => format!("a closed socket, {reason:?}"),
            Self::Nothing(problem) => format!("nothing: {problem}"),
        }
    }
}
