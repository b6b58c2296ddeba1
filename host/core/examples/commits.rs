//! How many small durable writes a second the store takes, with 1, 64 and 256 writers at once:
//! `cargo run --release -p meadhall-core --example commits [FOLDER]`.

use meadhall_core::clock::Environment;
use meadhall_core::ids::UserId;
use meadhall_core::storage::{Condition, ObjectId, Put, ReadPermission, Storage, WritePermission};
use meadhall_core::store::{Store, StoreConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long each case runs.
const DURATION: Duration = Duration::from_secs(4);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/commits".into());
    let env = Environment::system();
    for writers in [1, 64, 256, 1024] {
        let dir = std::path::Path::new(&folder).join(writers.to_string());
        if dir.exists() {
            std::fs::remove_dir_all(&dir)?;
        }
        let store = Store::open(&dir, StoreConfig { sync_interval_ms: 0, cache_capacity: 256 << 20 })?;
        let storage = Arc::new(Storage::new(store.clone(), env.clone()));
        let count = Arc::new(AtomicU64::new(0));
        let started = Instant::now();
        let tasks: Vec<_> = (0..writers)
            .map(|writer| tokio::spawn(write(storage.clone(), env.clone(), writer, count.clone(), started)))
            .collect();
        for task in tasks {
            task.await??;
        }
        let seconds = started.elapsed().as_secs_f64();
        let writes = count.load(Ordering::Relaxed) as f64;
        let statistics = store.statistics();
        println!(
            "{writers:>4} writers: {:>6.0} writes/s, {:>5.0} commits/s, {:>5.1} writes a commit, {:>4.0} us a commit",
            writes / seconds,
            statistics.commits as f64 / seconds,
            writes / statistics.commits as f64,
            statistics.commit_nanos as f64 / statistics.commits as f64 / 1000.0,
        );
        store.close().await;
    }
    Ok(())
}

async fn write(
    storage: Arc<Storage>,
    env: Environment,
    writer: u64,
    count: Arc<AtomicU64>,
    started: Instant,
) -> Result<(), meadhall_core::storage::StorageError> {
    while started.elapsed() < DURATION {
        let put = Put {
            id: ObjectId {
                collection: format!("collection-{}", writer % 97),
                key: env.uuid().to_string(),
                owner: UserId::NIL,
            },
            value: format!("{{\"text\":\"{}\"}}", "x".repeat(150)),
            condition: Condition::Always,
            read: ReadPermission::Public,
            write: WritePermission::Owner,
        };
        storage.write(vec![put]).await?;
        count.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
