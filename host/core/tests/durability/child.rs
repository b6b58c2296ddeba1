//! The child: a process that works on a data folder and tells what was acknowledged, a line each.

use meadhall_core::account::{Accounts, Users};
use meadhall_core::clock::Environment;
use meadhall_core::outbox::OutboxLimits;
use meadhall_core::password::{LoginLimits, Passwords};
use meadhall_core::storage::Storage;
use meadhall_core::store::{Store, StoreConfig};
use meadhall_core::{Config, Core};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Says to a child what it is to do.
const ROLE: &str = "MEADHALL_TEST_ROLE";
/// The data folder of a child.
const FOLDER: &str = "MEADHALL_TEST_FOLDER";

/// What a child works on.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) accounts: Accounts,
    pub(crate) storage: Storage,
}

impl World {
    pub(crate) fn open(folder: &Path) -> Self {
        let store = Store::open(folder, StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 }).unwrap();
        let env = Environment::system();
        let (passwords, limits) = (Passwords::new(1, 1), LoginLimits::default());
        Self {
            accounts: Accounts::new(store.clone(), env.clone(), passwords, limits, Users::new(env.now(), |_| false)),
            storage: Storage::new(store.clone(), env),
            store,
        }
    }
}

/// This test binary again, in a role. `shell` is run by a shell before it, in the same process.
pub(crate) fn spawn(role: &str, folder: &Path, shell: &str) -> std::process::Child {
    Command::new("sh")
        .args(["-c", &format!("{shell} exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["child::child", "--exact", "--nocapture"])
        .env(ROLE, role)
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        // What a child dies of by itself belongs to the failure that the test then reports.
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// The whole core on a folder.
pub(crate) fn open(folder: &Path) -> Arc<Core> {
    let config = Config {
        node: "node".into(),
        data_dir: folder.to_owned(),
        store: StoreConfig { sync_interval_ms: 0, cache_capacity: 16 << 20 },
        outbox: OutboxLimits { messages: 64, bytes: 1 << 20, write_wait: Duration::from_secs(5) },
        event_queue_size: 100,
        event_queue_workers: 1,
        single_socket: false,
        password_hashes_at_once: 1,
        password_hashes_waiting: 1,
        login_limits: LoginLimits::default(),
    };
    Core::open(config, Environment::system()).unwrap()
}

/// Where a child begins; in the parent, where there is no role, it has nothing to test.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let folder = std::env::var(FOLDER).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
    match role.split_once(' ').unwrap_or((&role, "")) {
        ("kill", round) => runtime.block_on(crate::kill::child(Path::new(&folder), round.parse().unwrap())),
        ("friends", round) => runtime.block_on(crate::friends::child(Path::new(&folder), round.parse().unwrap())),
        ("groups", round) => runtime.block_on(crate::groups::child(Path::new(&folder), round.parse().unwrap())),
        ("notifications", round) => {
            runtime.block_on(crate::notifications::child(Path::new(&folder), round.parse().unwrap()));
        }
        ("fill", _) => runtime.block_on(crate::full_disk::child(Path::new(&folder))),
        other => panic!("no role {other:?}"),
    }
}
