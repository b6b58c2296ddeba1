//! The guests of `tests/guests` and the examples of `plugins`, built once, and servers to load them into.

use meadhall::config::{PluginSection, RuntimeConfig};
use meadhall::plugin::{CallContext, CallError, Limits, PluginConfig, Plugins};
use meadhall_core::clock::{Environment, ManualClock};
use meadhall_core::outbox::OutboxLimits;
use meadhall_core::password::LoginLimits;
use meadhall_core::store::StoreConfig;
use meadhall_core::{Config, Core};
use metrics::Recorder;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const TARGET: &str = "wasm32-wasip2";

/// The file of a guest, such as `hostile`.
pub(crate) fn file(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| build("tests/guests")).join(format!("{}.wasm", name.replace('-', "_")))
}

/// The file of an example plugin, such as `probe`.
pub(crate) fn example(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| build("plugins")).join(format!("{}.wasm", name.replace('-', "_")))
}

/// The file of the guest in Python.
pub(crate) fn python() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| in_python("tests/guests/python")).clone()
}

/// The component of a plugin in Python, by its folder. It is built when it has changed.
pub(crate) fn in_python(folder: &str) -> PathBuf {
    let python = root().join("target/tools/python/bin/python");
    let mut build = Command::new(python);
    build.arg("-B").arg(root().join("guest-sdk/python/build.py")).arg("--out").arg(root().join("target/python"));
    built(build.arg(root().join(folder)))
}

/// The component of a plugin in JavaScript, by its folder. It is built when it has changed.
pub(crate) fn in_javascript(folder: &str) -> PathBuf {
    let mut build = Command::new("node");
    build.arg(root().join("guest-sdk/js/build.mjs")).arg("--out").arg(root().join("target/javascript"));
    built(build.arg(root().join(folder)))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn built(build: &mut Command) -> PathBuf {
    let output = build.output().expect("`cargo xtask plugins` installs the tools of each language");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end())
}

/// Builds all components of a workspace, and installs the target that they are built for when it is missing.
fn build(workspace: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(workspace);
    let installed = Command::new("rustup").args(["target", "list", "--installed"]).output();
    if installed.is_ok_and(|output| !String::from_utf8_lossy(&output.stdout).contains(TARGET)) {
        eprintln!("installing the Rust target {TARGET}");
        let added = Command::new("rustup").args(["target", "add", TARGET]).status().unwrap();
        assert!(added.success(), "cannot install the Rust target {TARGET}");
    }
    // The flags and folders of the build that runs this test are not meant for another target.
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--target", TARGET])
        .current_dir(&folder)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR")
        .status()
        .unwrap();
    assert!(built.success(), "the plugins in {} do not build", folder.display());
    folder.join("target").join(TARGET).join("release")
}

/// The hostile guest as plugin `plugin`, named as errors name it: with its declared version and the hash of its file.
pub(crate) fn version(plugin: &str) -> String {
    let hash = Sha256::digest(std::fs::read(file("hostile")).unwrap());
    let digits: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{plugin} 0.0.1+{digits}")
}

/// An error of the hostile guest as plugin `plugin`.
pub(crate) fn named(plugin: &str, problem: &str) -> String {
    format!("plugin {}: {problem}", version(plugin))
}

/// Some guests under names of their own, with settings, in one server.
pub(crate) struct Setup {
    folder: tempfile::TempDir,
    config: PluginConfig,
    environment: Environment,
}

impl Setup {
    pub(crate) fn new(limits: Limits) -> Self {
        let config = PluginConfig {
            paths: Vec::new(),
            sections: BTreeMap::new(),
            limits,
            // One folder with all other tests, so that large components are compiled once.
            cache_dir: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/plugin-cache")),
            recorder: Arc::new(metrics::NoopRecorder),
            token_lifetime: Duration::from_secs(60),
            versions_dir: None,
            read_again: None,
        };
        Self { folder: tempfile::tempdir().unwrap(), config, environment: Environment::system() }
    }

    /// Adds a guest as plugin `name`.
    pub(crate) fn plugin(self, name: &str, guest: &str, settings: &[(&str, &str)]) -> Self {
        let bytes = std::fs::read(file(guest)).unwrap();
        self.bytes(name, &bytes, settings)
    }

    /// Adds a file with these bytes as plugin `name`.
    pub(crate) fn bytes(mut self, name: &str, bytes: &[u8], settings: &[(&str, &str)]) -> Self {
        let path = self.folder.path().join(format!("{name}.wasm"));
        std::fs::write(&path, bytes).unwrap();
        self.config.paths.push(path);
        self.with_settings(name, settings)
    }

    fn with_settings(mut self, name: &str, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.config.sections.entry(name.to_owned()).or_default().settings = settings;
        self
    }

    /// Adds a file that somebody else made, and may change, as plugin `name`.
    pub(crate) fn at(mut self, name: &str, path: &Path, settings: &[(&str, &str)]) -> Self {
        self.config.paths.push(path.to_owned());
        self.with_settings(name, settings)
    }

    /// Changes what the configuration says about plugin `name`.
    pub(crate) fn section(mut self, name: &str, change: impl FnOnce(&mut PluginSection)) -> Self {
        change(self.config.sections.entry(name.to_owned()).or_default());
        self
    }

    /// Takes the file of a plugin away.
    pub(crate) fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.path().join(format!("{name}.wasm"))).unwrap();
    }

    /// Counts here.
    pub(crate) fn recorder(mut self, recorder: impl Recorder + Send + Sync + 'static) -> Self {
        self.config.recorder = Arc::new(recorder);
        self
    }

    /// The time is what this clock shows.
    pub(crate) fn clock(mut self, clock: Arc<ManualClock>) -> Self {
        self.environment = Environment::seeded(clock, 1);
        self
    }

    /// Keeps compiled code here.
    pub(crate) fn cache(mut self, folder: &Path) -> Self {
        self.config.cache_dir = Some(folder.to_owned());
        self
    }

    pub(crate) async fn load(self) -> anyhow::Result<Arc<Plugins>> {
        Ok(self.load_with_core().await?.0)
    }

    /// The plugins, and the core that they act on.
    pub(crate) async fn load_with_core(self) -> anyhow::Result<(Arc<Plugins>, Arc<Core>)> {
        let core = Core::open(core_config(self.folder.path()), self.environment)?;
        Ok((Plugins::load(self.config, core.clone()).await?, core))
    }

    /// What is wrong with the plugins, as the server says it.
    pub(crate) async fn problem(self) -> String {
        format!("{:#}", self.load().await.expect_err("the plugins must not load"))
    }
}

/// Limits that end a hostile call soon.
pub(crate) fn short() -> Limits {
    Limits {
        rpc_deadline: Duration::from_millis(300),
        event_deadline: Duration::from_millis(300),
        start_deadline: Duration::from_millis(500),
        memory: 16 << 20,
        instances: 2,
        instance_wait: Duration::from_millis(100),
        ..Limits::from(&RuntimeConfig::default())
    }
}

/// Limits that leave a call all the time that it wants.
pub(crate) fn patient() -> Limits {
    let long = Duration::from_secs(60);
    Limits { rpc_deadline: long, event_deadline: long, start_deadline: long, ..short() }
}

fn core_config(folder: &Path) -> Config {
    Config {
        node: "hall".into(),
        data_dir: folder.join("data"),
        store: StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 },
        outbox: OutboxLimits { messages: 64, bytes: 1 << 20, write_wait: Duration::from_secs(5) },
        event_queue_size: 16,
        event_queue_workers: 1,
        single_socket: false,
        password_hashes_at_once: 1,
        password_hashes_waiting: 1,
        login_limits: LoginLimits::default(),
    }
}

/// A server with the hostile guest alone, as plugin `hostile`.
pub(crate) async fn hostile() -> Arc<Plugins> {
    Setup::new(short()).plugin("hostile", "hostile", &[]).load().await.unwrap()
}

/// The same where another limit than time is to end a call, on a machine however busy.
pub(crate) async fn hostile_at_leisure() -> Arc<Plugins> {
    Setup::new(patient()).plugin("hostile", "hostile", &[]).load().await.unwrap()
}

pub(crate) async fn rpc(plugins: &Plugins, id: &str, payload: &str) -> Result<String, CallError> {
    plugins.rpc(id, payload.to_owned(), CallContext::default()).await
}

/// How often the instance that takes the next call was called, that call included.
pub(crate) async fn calls(plugins: &Plugins) -> u32 {
    rpc(plugins, "hostile.calls", "").await.unwrap().parse().unwrap()
}
