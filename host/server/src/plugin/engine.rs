//! The wasmtime engine that all plugins share, and the thread that moves its epoch on.

use super::limits::{self, Limits, TICK};
use anyhow::Context as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;
use wasmtime::{Cache, CacheConfig, Config, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Builds the engine for plugins of these limits, and starts its ticker.
pub(super) fn build(plugins: &[Limits], cache: Option<&Path>) -> anyhow::Result<(Engine, Arc<Ticks>)> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // Guests are not concurrent, and support for it costs every call.
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(limits::STACK_BYTES)
        .async_stack_size(limits::ASYNC_STACK_BYTES)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(plugins)));
    if let Some(folder) = cache {
        config.cache(Some(compile_cache(folder)?));
    }
    let engine = Engine::new(&config).map_err(anyhow::Error::msg).context("cannot set up the WebAssembly engine")?;
    let ticks = Arc::new(Ticks::default());
    start_ticker(engine.weak(), ticks.clone())?;
    Ok((engine, ticks))
}

/// Address space for every instance that may live at once. It is reserved, not used: memory is taken as guests touch it.
fn pool(plugins: &[Limits]) -> PoolingAllocationConfig {
    // One more for each plugin, since an instance that is being dropped still holds its place.
    let instances = plugins.iter().map(|limits| limits.instances + 1).sum::<usize>();
    let instances = u32::try_from(instances).unwrap_or(u32::MAX);
    // All places are of one size; how much of its place an instance may use is counted apart.
    let memory = plugins.iter().map(|limits| limits.memory).max().unwrap_or_default();
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(limits::CORE_INSTANCES))
        .total_memories(instances.saturating_mul(limits::MEMORIES))
        .total_tables(instances.saturating_mul(limits::TABLES))
        .total_stacks(instances)
        .max_core_instances_per_component(limits::CORE_INSTANCES)
        .max_memories_per_component(limits::MEMORIES)
        .max_tables_per_component(limits::TABLES)
        .max_memory_size(memory)
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
