//! The wasmtime engine that all plugins share, and the thread that moves its epoch on.

use super::limits::{self, Limits, TICK};
use anyhow::{Context as _, bail};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;
use wasmtime::{Cache, CacheConfig, Config, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Builds the engine for plugins of these limits and some more of the `general` ones, and starts its ticker.
pub(super) fn build(
    plugins: &[Limits],
    general: &Limits,
    cache: Option<&Path>,
) -> anyhow::Result<(Engine, Room, Arc<Ticks>)> {
    let room = Room::of(plugins, general);
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // Guests are not concurrent, and support for it costs every call.
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(limits::STACK_BYTES)
        .async_stack_size(limits::ASYNC_STACK_BYTES)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(&room)));
    if let Some(folder) = cache {
        config.cache(Some(compile_cache(folder)?));
    }
    let engine = Engine::new(&config).map_err(anyhow::Error::msg).context("cannot set up the WebAssembly engine")?;
    let ticks = Arc::new(Ticks::default());
    start_ticker(engine.weak(), ticks.clone())?;
    Ok((engine, room, ticks))
}

/// Plugins that there is room for beyond those of the start: what is put into a watched folder later.
const SPARE_PLUGINS: usize = 16;
/// At most so many places for them: where plugins have very many instances each, address space itself would run out.
const SPARE_PLACES: usize = 1024;

/// The places for instances that were set aside when the server started. That is address space, and no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// How many instances may live at once.
    places: usize,
    /// Bytes of each. How much of its place an instance may use is counted apart.
    memory: usize,
}

impl Room {
    fn of(plugins: &[Limits], general: &Limits) -> Self {
        let needed: usize = plugins.iter().map(|limits| places(limits.instances)).sum();
        let spare = (SPARE_PLUGINS * places(general.instances)).min(SPARE_PLACES);
        let memory = plugins.iter().chain([general]).map(|limits| limits.memory).max().unwrap_or_default();
        // One for the plugin that is being loaded.
        Self { places: needed + spare + 1, memory }
    }

    /// Whether one more plugin fits beside others with so many instances each.
    ///
    /// # Errors
    /// When it does not; the sentence goes on from the plugin's name.
    pub(super) fn check(&self, limits: &Limits, others: &[usize]) -> anyhow::Result<()> {
        if limits.memory > self.memory {
            bail!(
                "an instance may have {} bytes, and the server set aside {} for each when it started: restart it",
                limits.memory,
                self.memory
            );
        }
        let taken: usize = others.iter().map(|instances| places(*instances)).sum();
        if taken + places(limits.instances) >= self.places {
            bail!(
                "there is no room for its {} instances beside those of {} other plugins, which was set aside when the \
                 server started: restart it",
                limits.instances,
                others.len()
            );
        }
        Ok(())
    }
}

/// The places of a plugin that may run so many instances at once: as many for a version whose instances are warm, as many
/// for old ones whose calls still run, and one for each of the two that is just being dropped.
fn places(instances: usize) -> usize {
    2 * (instances + 1)
}

/// Address space for every instance that may live at once. It is reserved, not used: memory is taken as guests touch it.
fn pool(room: &Room) -> PoolingAllocationConfig {
    let instances = u32::try_from(room.places).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(limits::CORE_INSTANCES))
        .total_memories(instances.saturating_mul(limits::MEMORIES))
        .total_tables(instances.saturating_mul(limits::TABLES))
        .total_stacks(instances)
        .max_core_instances_per_component(limits::CORE_INSTANCES)
        .max_memories_per_component(limits::MEMORIES)
        .max_tables_per_component(limits::TABLES)
        .max_memory_size(room.memory)
        .table_elements(limits::TABLE_ELEMENTS);
    pool
}

fn compile_cache(folder: &Path) -> anyhow::Result<Cache> {
    let open = || {
        let mut config = CacheConfig::new();
        config.with_directory(std::path::absolute(folder)?);
        Cache::new(config).map_err(anyhow::Error::msg)
    };
    open().with_context(|| format!("cannot use {} as cache for compiled plugins", folder.display()))
}

/// The epoch's clock: how many times it moved on, which costs one load to read, and whether anybody needs it.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    now: AtomicU64,
    /// Calls that run or wait half-way.
    running: AtomicUsize,
    /// The ticker sleeps until a call wakes it.
    idle: AtomicBool,
    ticker: OnceLock<Thread>,
}

/// Keeps the epoch moving for as long as it lives.
pub(super) struct Running(Arc<Ticks>);

impl Ticks {
    pub(super) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// A call begins.
    pub(super) fn run(self: &Arc<Self>) -> Running {
        // In one order with `is_idle`: either this call sees that the ticker sleeps, or the ticker sees this call.
        self.running.fetch_add(1, Ordering::SeqCst);
        if self.idle.load(Ordering::SeqCst) {
            self.idle.store(false, Ordering::SeqCst);
            self.ticker.get().inspect(|ticker| ticker.unpark());
        }
        Running(self.clone())
    }

    /// Whether the ticker may sleep.
    fn is_idle(&self) -> bool {
        self.idle.store(true, Ordering::SeqCst);
        let idle = self.running.load(Ordering::SeqCst) == 0;
        self.idle.store(idle, Ordering::SeqCst);
        idle
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Ticks without a call after which the ticker sleeps, so that a server whose plugins are not called wakes for nothing.
const IDLE_TICKS: u32 = 100;
/// How often a sleeping ticker looks whether the engine is gone.
const IDLE_CHECK: Duration = Duration::from_secs(1);

/// Moves the epoch on until the engine is gone.
fn start_ticker(engine: EngineWeak, ticks: Arc<Ticks>) -> anyhow::Result<()> {
    let shared = ticks.clone();
    let tick = move || {
        let mut unused = 0;
        loop {
            std::thread::sleep(TICK);
            let Some(engine) = engine.upgrade() else { return };
            ticks.now.fetch_add(1, Ordering::Relaxed);
            engine.increment_epoch();
            drop(engine);
            unused = if ticks.running.load(Ordering::Relaxed) == 0 { unused + 1 } else { 0 };
            if unused >= IDLE_TICKS && ticks.is_idle() {
                std::thread::park_timeout(IDLE_CHECK);
            }
        }
    };
    let ticker = std::thread::Builder::new().name("plugin-epoch".into()).spawn(tick);
    let ticker = ticker.context("cannot start the thread of the plugins' epoch")?;
    shared.ticker.get_or_init(|| ticker.thread().clone());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RuntimeConfig;

    #[test]
    fn there_is_room_for_some_plugins_more_and_a_refusal_past_it() {
        let limits = Limits { instances: 16, memory: 1000, ..Limits::from(&RuntimeConfig::default()) };
        let room = Room::of(std::slice::from_ref(&limits), &limits);
        assert!(room.check(&limits, &[16; SPARE_PLUGINS]).is_ok());
        let problem = room.check(&limits, &[16; SPARE_PLUGINS + 1]).unwrap_err().to_string();
        assert!(problem.contains("16 instances beside those of 17 other plugins"), "{problem}");
        let larger = Limits { memory: 1001, ..limits };
        let problem = room.check(&larger, &[]).unwrap_err().to_string();
        assert!(problem.contains("1001 bytes") && problem.contains("1000 for each"), "{problem}");
    }

    #[test]
    fn very_many_instances_do_not_ask_for_all_address_space() {
        let limits = Limits { instances: 5000, ..Limits::from(&RuntimeConfig::default()) };
        assert_eq!(Room::of(&[], &limits).places, SPARE_PLACES + 1);
    }

    #[test]
    fn the_ticker_sleeps_only_when_nothing_runs() {
        let ticks = Arc::new(Ticks::default());
        assert!(ticks.is_idle());
        let running = ticks.run();
        assert!(!ticks.idle.load(Ordering::SeqCst), "a call wakes it");
        assert!(!ticks.is_idle());
        drop(running);
        assert!(ticks.is_idle());
    }
}
