//! Running one call of a plugin's function, from the wait for an instance to the answer.
//!
//! A call starts on the async worker of whoever makes it, since most are done within microseconds. When it still computes
//! after [`INLINE_TICKS`] it moves to the slow lane, for good. A call that merely waits, for the store or a timer, stays.
//! The calls of a plugin whose calls take long begin there: see [`Habit`].

use super::CallError;
use super::bindings::meadhall::plugin::types::Error;
use super::context::{CallContext, CurrentCall, Function, Kind};
use super::engine::Ticks;
use super::guest::{ExportIndices, Failed, Guest, Host, Identity, Instance};
use super::limits::INLINE_TICKS;
use super::pool::{Pool, Slot};
use super::slow_lane::{self, Habit};
use super::version::Version;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};
use wasmtime::Trap;
use wasmtime::component::InstancePre;
use wasmtime_wasi::I32Exit;

/// One version of a plugin, loaded. Its component is freed when nobody calls it any more.
pub(super) struct Plugin {
    pub(super) identity: Arc<Identity>,
    pub(super) host: Arc<Host>,
    pub(super) component: InstancePre<Guest>,
    pub(super) exports: ExportIndices,
    pub(super) pool: Pool,
    /// Where its calls begin.
    pub(super) habit: Habit,
}

/// A function that plugins export, with the arguments of one call.
pub(super) trait Export: Send + 'static {
    /// What it returns when all is well.
    type Output: Send + 'static;

    /// What errors and figures call it.
    fn function(&self) -> Function;

    /// Calls it. The outer error is a trap, the inner one the plugin's own.
    fn call(
        self,
        instance: &mut Instance,
    ) -> impl Future<Output = wasmtime::Result<Result<Self::Output, Error>>> + Send;
}

impl Plugin {
    /// Its name: the stem of its file.
    pub(super) fn name(&self) -> &Arc<str> {
        &self.identity.name
    }

    /// Which build of it.
    pub(super) fn version(&self) -> &Version {
        &self.identity.version
    }

    /// Calls a function.
    ///
    /// # Errors
    /// As [`CallError`] says; each text names the plugin, or is the plugin's own.
    pub(super) async fn call<E: Export>(
        self: &Arc<Self>,
        export: E,
        context: CallContext,
    ) -> Result<E::Output, CallError> {
        let started = Instant::now();
        let function = export.function();
        let slot = match function.kind {
            Kind::Register | Kind::Start => Some(Slot::loading()),
            _ => self.identity.lasting.slots.slot(self.identity.limits.instance_wait).await,
        };
        let result = match slot {
            Some(slot) => self.call_in(slot, &function, export, context).await,
            None => Err(CallError::Busy {
                plugin: self.version().to_string(),
                waited_ms: millis(self.identity.limits.instance_wait),
            }),
        };
        self.identity.lasting.calls.record(function.kind, started.elapsed(), result.as_ref().err());
        result
    }

    async fn call_in<E: Export>(
        self: &Arc<Self>,
        slot: Slot,
        function: &Function,
        export: E,
        context: CallContext,
    ) -> Result<E::Output, CallError> {
        let until = Instant::now() + function.kind.deadline(&self.identity.limits);
        let warm = self.pool.take();
        let watch = warm.as_ref().map_or_else(Arc::default, |instance| instance.watch().clone());
        watch.begin();
        let current = CurrentCall { kind: function.kind, context, until };
        let mut call: BoxedCall<E::Output> = Box::pin(self.clone().execute(export, warm, watch.clone(), current, slot));

        let ticks = &self.host.ticks;
        let begun = match self.habit.is_long() {
            true => Progress::Heavy,
            false => start(&mut call, &watch, ticks, &self.habit, until).await,
        };
        let finished = match begun {
            Progress::Done(done) => Some(done),
            Progress::Late => None,
            Progress::Heavy => {
                let plugin = self.clone();
                let rest = self.host.slow_lane.run(async move { slow_lane::timed(&plugin.habit, call).await });
                match tokio::time::timeout_at(until.into(), rest).await {
                    Ok(Some(done)) => Some(done),
                    Ok(None) => return Err(self.broken(function, "failed inside the server")),
                    Err(_) => None,
                }
            }
        };
        match finished {
            Some(Ok(Ok(output))) => Ok(output),
            Some(Ok(Err(Error { code, message }))) => Err(CallError::Failed { code, message }),
            Some(Err(failed)) => Err(self.trapped(function, &failed)),
            None => Err(self.late(function)),
        }
    }

    /// The whole of a call as a future of its own, so that it can move between threads. Whenever it ends or is dropped
    /// half-way, the instance goes before its slot does, so there are never more instances than slots.
    async fn execute<E: Export>(
        self: Arc<Self>,
        export: E,
        warm: Option<Instance>,
        watch: Arc<Watch>,
        current: CurrentCall,
        slot: Slot,
    ) -> Result<Result<E::Output, Error>, Failed> {
        let _slot = slot;
        let _running = self.host.ticks.run();
        let mut instance = match warm {
            Some(mut instance) => {
                instance.begin(current);
                instance
            }
            None => Instance::new(&self.host, &self.identity, &self.component, &self.exports, watch, current).await?,
        };
        match export.call(&mut instance).await {
            Ok(outcome) => {
                if instance.finish() {
                    self.pool.put_back(instance);
                }
                Ok(outcome)
            }
            Err(error) => Err(Failed::new(error, &instance.store)),
        }
    }

    fn late(&self, function: &Function) -> CallError {
        let deadline = function.kind.deadline(&self.identity.limits);
        self.broken(function, &format!("ran longer than {} ms", millis(deadline)))
    }

    /// Why a call trapped, in a sentence for its caller; the guest's own stack is for whoever writes the plugin.
    fn trapped(&self, function: &Function, failed: &Failed) -> CallError {
        let limits = &self.identity.limits;
        let error = &failed.error;
        let trap = error.downcast_ref::<Trap>();
        if trap == Some(&Trap::Interrupt) {
            return self.late(function);
        }
        tracing::debug!(plugin = %self.name(), version = %self.version().build(), %function, "trapped: {error:?}");
        let problem = if failed.out_of_memory {
            format!("ran out of memory, the limit is {} bytes", limits.memory)
        } else if trap == Some(&Trap::StackOverflow) {
            format!("overflowed its stack of {} bytes", super::limits::STACK_BYTES)
        } else if let Some(I32Exit(status)) = error.downcast_ref() {
            format!("exited with status {status}")
        } else if is_hostcall_fuel(error) {
            format!("passed more than {} bytes to the server at once", limits.result)
        } else {
            match trap {
                Some(trap) => format!("trapped: {}", trap.to_string().trim_start_matches("wasm trap: ")),
                None => format!("trapped: {}", error.root_cause()),
            }
        };
        self.broken(function, &problem)
    }

    fn broken(&self, function: &Function, problem: &str) -> CallError {
        tracing::warn!(plugin = %self.name(), version = %self.version().build(), "{function} {problem}");
        CallError::Broken(format!("plugin {}: {function} {problem}", self.version()))
    }
}

/// Whether this is wasmtime's refusal to lift more than the fuel allows. Its type is private, so only the text tells.
fn is_hostcall_fuel(error: &wasmtime::Error) -> bool {
    error.root_cause().to_string().contains("fuel allocated for hostcalls")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

type BoxedCall<T> = Pin<Box<dyn Future<Output = Result<Result<T, Error>, Failed>> + Send>>;

/// How far a call came on the async worker.
enum Progress<T> {
    Done(T),
    /// It computes for long.
    Heavy,
    /// It is past its deadline.
    Late,
}

/// Runs a call until it is done, late, or shows that it computes for long.
async fn start<T>(
    call: &mut Pin<Box<dyn Future<Output = T> + Send>>,
    watch: &Watch,
    ticks: &Ticks,
    habit: &Habit,
    until: Instant,
) -> Progress<T> {
    // Made when the call first waits: most never do.
    let mut timer = None;
    poll_fn(|cx| {
        let began = ticks.now();
        watch.resume(began);
        let polled = call.as_mut().poll(cx);
        habit.note_ticks(ticks.now() - began);
        if let Poll::Ready(done) = polled {
            return Poll::Ready(Progress::Done(done));
        }
        if watch.is_heavy() {
            return Poll::Ready(Progress::Heavy);
        }
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until.into())));
        timer.as_mut().poll(cx).map(|()| Progress::Late)
    })
    .await
}

/// Tells a call that computes from one that waits. Both look alike to the epoch, which moves on while a call waits too;
/// so each poll notes when it began, and only what is computed since then counts.
#[derive(Debug, Default)]
pub(super) struct Watch {
    resumed_at: AtomicU64,
    heavy: AtomicBool,
}

impl Watch {
    /// A call begins.
    fn begin(&self) {
        self.heavy.store(false, Ordering::Relaxed);
    }

    /// The call is about to be polled.
    fn resume(&self, tick: u64) {
        self.resumed_at.store(tick, Ordering::Relaxed);
    }

    fn is_heavy(&self) -> bool {
        self.heavy.load(Ordering::Relaxed)
    }

    /// How many ticks the call may still compute where it is; none marks it as heavy.
    pub(super) fn inline_ticks_left(&self, now: u64) -> Option<u64> {
        let end = self.resumed_at.load(Ordering::Relaxed) + INLINE_TICKS;
        if self.is_heavy() || now >= end {
            self.heavy.store(true, Ordering::Relaxed);
            return None;
        }
        Some(end - now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_computing_makes_a_call_heavy() {
        let watch = Watch::default();
        watch.begin();
        watch.resume(10);
        assert_eq!(watch.inline_ticks_left(11), Some(1));
        watch.resume(500);
        assert_eq!(watch.inline_ticks_left(501), Some(1), "it waited from 11 to 500");
        assert_eq!(watch.inline_ticks_left(502), None);
        assert!(watch.is_heavy());
        assert_eq!(watch.inline_ticks_left(502), None, "once heavy, always heavy");
        watch.begin();
        watch.resume(600);
        assert_eq!(watch.inline_ticks_left(600), Some(2));
    }
}
