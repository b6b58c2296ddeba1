//! What a plugin gets of WASI: clocks and randomness from core's own [`Environment`], stdout and stderr as log lines.
//! No files, no network, no environment variables, no arguments, an empty stdin.

use super::limits::{RANDOM_BYTES, WASI_HANDLES};
use super::log::LogLines;
use meadhall_core::clock::Environment;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, ResourceTable, WasiCtx, async_trait};

/// The WASI side of one instance.
pub(super) fn context(environment: &Environment, lines: &Arc<LogLines>) -> (WasiCtx, ResourceTable) {
    let mut seed = [0; 16];
    environment.fill(&mut seed);
    let context = WasiCtx::builder()
        .stdout(Printed(lines.clone()))
        .stderr(Printed(lines.clone()))
        .wall_clock(WallClock(environment.clone()))
        .monotonic_clock(MonotonicClock::new(environment.clone()))
        .secure_random(generator(environment))
        .insecure_random(generator(environment))
        .insecure_random_seed(u128::from_le_bytes(seed))
        .max_random_size(RANDOM_BYTES)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build();
    let mut handles = ResourceTable::new();
    handles.set_max_capacity(WASI_HANDLES);
    (context, handles)
}

/// A generator of the instance's own, seeded by core's: as unpredictable, as repeatable in a test, and no lock that all
/// instances share.
fn generator(environment: &Environment) -> ChaCha12Rng {
    let mut seed = [0; 32];
    environment.fill(&mut seed);
    ChaCha12Rng::from_seed(seed)
}

struct WallClock(Environment);

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        // WASI has no times before the epoch.
        Duration::from_nanos(u64::try_from(self.0.now().nanos()).unwrap_or(0))
    }
}

/// Core's clock, which may be set back, as one that never goes backwards.
struct MonotonicClock {
    environment: Environment,
    start: i64,
    highest: AtomicI64,
}

impl MonotonicClock {
    fn new(environment: Environment) -> Self {
        let start = environment.now().nanos();
        Self { environment, start, highest: AtomicI64::new(0) }
    }
}

impl HostMonotonicClock for MonotonicClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        let elapsed = self.environment.now().nanos().saturating_sub(self.start);
        let highest = self.highest.fetch_max(elapsed, Ordering::Relaxed).max(elapsed);
        u64::try_from(highest).unwrap_or(0)
    }
}

/// What a plugin prints. It never blocks: lines past the call's budget are dropped.
#[derive(Clone)]
struct Printed(Arc<LogLines>);

/// How much a plugin may print at once; WASI asks for it before each write.
const WRITE_BYTES: usize = 64 << 10;

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

impl OutputStream for Printed {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.0.print(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

impl AsyncWrite for Printed {
    fn poll_write(self: Pin<&mut Self>, _cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.0.print(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meadhall_core::clock::{ManualClock, Timestamp};
    use wasmtime_wasi::Rng;

    #[test]
    fn clocks_follow_core_and_the_monotonic_one_never_goes_back() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(100)));
        let environment = Environment::seeded(clock.clone(), 1);
        let (wall, monotonic) = (WallClock(environment.clone()), MonotonicClock::new(environment));
        assert_eq!(wall.now(), Duration::from_secs(100));
        clock.set(Timestamp::from_seconds(107));
        assert_eq!(monotonic.now(), 7_000_000_000);
        clock.set(Timestamp::from_seconds(50));
        assert_eq!(wall.now(), Duration::from_secs(50));
        assert_eq!(monotonic.now(), 7_000_000_000);
    }

    #[test]
    fn randomness_repeats_with_the_seed_and_differs_between_instances() {
        let draw = |environment: &Environment| generator(environment).next_u64();
        let environment = || Environment::seeded(Arc::new(ManualClock::default()), 9);
        let (one, other) = (environment(), environment());
        assert_eq!(draw(&one), draw(&other));
        assert_ne!(draw(&one), draw(&one));
    }
}
