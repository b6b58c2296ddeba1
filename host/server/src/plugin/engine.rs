//! The wasmtime engine that all plugins share, and the thread that moves its epoch on.

use super::limits::{self, Limits, TICK};
use anyhow::Context as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::{Cache, CacheConfig, Config, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Builds the engine for `plugins` plugins, and starts its ticker.
pub(super) fn build(limits: &Limits, plugins: usize, cache: Option<&Path>) -> anyhow::Result<(Engine, Arc<Ticks>)> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // Guests are not concurrent, and support for it costs every call.
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(limits::STACK_BYTES)
        .async_stack_size(limits::ASYNC_STACK_BYTES)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits, plugins)));
    if let Some(folder) = cache {
        config.cache(Some(compile_cache(folder)?));
    }
    let engine = Engine::new(&config).map_err(anyhow::Error::msg).context("cannot set up the WebAssembly engine")?;
    let ticks = Arc::new(Ticks::default());
    start_ticker(engine.weak(), ticks.clone())?;
    Ok((engine, ticks))
}

/// Address space for every instance that may live at once. It is reserved, not used: memory is taken as guests touch it.
fn pool(limits: &Limits, plugins: usize) -> PoolingAllocationConfig {
    // One more for each plugin, since an instance that is being dropped still holds its place.
    let instances = u32::try_from(plugins * (limits.instances + 1)).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(limits::CORE_INSTANCES))
        .total_memories(instances.saturating_mul(limits::MEMORIES))
        .total_tables(instances.saturating_mul(limits::TABLES))
        .total_stacks(instances)
        .max_core_instances_per_component(limits::CORE_INSTANCES)
        .max_memories_per_component(limits::MEMORIES)
        .max_tables_per_component(limits::TABLES)
        .max_memory_size(limits.memory)
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

/// How many times the epoch moved on: a clock that costs one load to read.
#[derive(Debug, Default)]
pub(super) struct Ticks(AtomicU64);

impl Ticks {
    pub(super) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Moves the epoch on until the engine is gone.
fn start_ticker(engine: EngineWeak, ticks: Arc<Ticks>) -> anyhow::Result<()> {
    let tick = move || {
        loop {
            std::thread::sleep(TICK);
            let Some(engine) = engine.upgrade() else { return };
            ticks.0.fetch_add(1, Ordering::Relaxed);
            engine.increment_epoch();
        }
    };
    std::thread::Builder::new().name("plugin-epoch".into()).spawn(tick).context("cannot start the epoch's thread")?;
    Ok(())
}
