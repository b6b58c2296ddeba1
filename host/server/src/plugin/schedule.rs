//! Runs what plugins registered for times: each expression of each plugin once per tick, on the server's own clock.
//!
//! The clock is looked at whenever a minute begins, and once a second. While it goes on evenly each tick runs when it
//! comes. Where it jumps ahead, since it was set or the machine slept, an expression runs once for all the ticks that it
//! missed: for the last of them. Where it is set back, nothing runs until it is past where it was, so no tick runs twice.
//! Nothing is kept over a restart: what fell into the time that the server was down is not made up for.

use super::call::Plugin;
use super::cron::Expression;
use super::{CallContext, CallError, Plugins, exports};
use meadhall_core::clock::{Environment, Timestamp};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const NANOS_PER_MINUTE: i64 = 60 * 1_000_000_000;
/// How long a clock that is set goes unnoticed.
const LOOK: Duration = Duration::from_secs(1);
/// How many spans of time, and late runs of an expression, are remembered against a clock that is set again and again.
const REMEMBERED: usize = 32;

/// A plugin and one of the expressions that it registered.
#[derive(Clone)]
pub(super) struct Timer {
    pub(super) expression: Arc<Expression>,
    pub(super) plugin: Arc<Plugin>,
}

/// Follows the clock, and runs what is due.
pub struct Schedule {
    plugins: Arc<Plugins>,
    environment: Environment,
    clock: Followed,
    /// By plugin and expression: a new version of a plugin goes on where the old one was.
    lines: HashMap<(Arc<str>, Arc<str>), Line>,
    runs: TaskTracker,
    asked: mpsc::Receiver<oneshot::Sender<()>>,
    ask: mpsc::Sender<oneshot::Sender<()>>,
}

/// Makes a schedule look at the clock before its time.
#[derive(Clone, Debug)]
pub struct Looks(mpsc::Sender<oneshot::Sender<()>>);

impl Looks {
    /// Has the clock looked at, and returns when what is due has begun, or the schedule has ended.
    pub async fn now(&self) {
        let (done, looked) = oneshot::channel();
        if self.0.send(done).await.is_ok() {
            // Dropped when the schedule ends: then nothing is due any more.
            let _ = looked.await;
        }
    }
}

/// What is known of one expression of one plugin.
#[derive(Default)]
struct Line {
    running: Arc<AtomicBool>,
    /// The last ticks that ran late.
    late: Vec<i64>,
}

impl Schedule {
    /// A schedule that begins now: a tick of this very minute has passed.
    pub fn new(plugins: Arc<Plugins>, environment: Environment) -> Self {
        let clock = Followed::from(minute(&environment));
        let runs = TaskTracker::new();
        runs.close();
        let (ask, asked) = mpsc::channel(1);
        Self { plugins, environment, clock, lines: HashMap::new(), runs, asked, ask }
    }

    /// What makes it look, once it follows the clock.
    pub fn looks(&self) -> Looks {
        Looks(self.ask.clone())
    }

    /// The runs that are going on; once they are waited for, none is left.
    pub fn runs(&self) -> TaskTracker {
        self.runs.clone()
    }

    /// Runs what is due, until it is told to stop. What runs then goes on.
    pub async fn follow(mut self, stop: CancellationToken) {
        loop {
            let minute_ends = NANOS_PER_MINUTE - self.environment.now().nanos().rem_euclid(NANOS_PER_MINUTE);
            let rest = Duration::from_nanos(minute_ends.unsigned_abs()).min(LOOK);
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(done) = self.asked.recv() => {
                    self.look();
                    // Whoever asked may have stopped waiting.
                    let _ = done.send(());
                }
                () = tokio::time::sleep(rest) => self.look(),
            }
        }
    }

    /// Looks at the clock, and begins what has become due since it last looked. It has to be called on a tokio runtime.
    pub fn look(&mut self) {
        let (before, now) = (self.clock.last, minute(&self.environment));
        if now > before {
            let timers = self.plugins.timers();
            self.lines.retain(|line, _| timers.iter().any(|timer| timer.is(line)));
            for timer in timers {
                self.look_at(timer, before, now);
            }
        }
        self.clock.advance(now);
    }

    fn look_at(&mut self, timer: Timer, before: i64, now: i64) {
        let Some(due) = timer.expression.latest(before, now).filter(|&due| !self.clock.has_seen(due)) else { return };
        let key = (timer.plugin.name().clone(), timer.expression.text.clone());
        let line = self.lines.entry(key).or_default();
        if line.late.contains(&due) {
            return;
        }
        if now > before + 1 {
            remember(&mut line.late, due);
        }
        match Running::begin(&line.running) {
            Some(running) => drop(self.runs.spawn(run(timer, due, running))),
            None => {
                timer.plugin.identity.lasting.calls.skipped();
                let (plugin, expression) = (timer.plugin.name(), &timer.expression.text);
                let version = timer.plugin.version().build();
                tracing::warn!(%plugin, %version, %expression, "a scheduled run was skipped: the one before it is still going on");
            }
        }
    }
}

impl Plugins {
    /// The next time after a moment that a plugin has registered: of one expression, or of any.
    pub(crate) fn next_time(&self, expression: Option<&str>, after: Timestamp) -> Option<Timestamp> {
        let timers = self.timers();
        let wanted = timers.iter().filter(|timer| expression.is_none_or(|wanted| *timer.expression.text == *wanted));
        let next =
            wanted.filter_map(|timer| timer.expression.next(after.nanos().div_euclid(NANOS_PER_MINUTE))).min()?;
        Some(Timestamp::from_seconds(next * 60))
    }

    /// The expressions that plugins have registered.
    pub(crate) fn expressions(&self) -> Vec<Arc<str>> {
        self.timers().iter().map(|timer| timer.expression.text.clone()).collect()
    }
}

impl Timer {
    fn is(&self, (plugin, expression): &(Arc<str>, Arc<str>)) -> bool {
        self.plugin.name() == plugin && self.expression.text == *expression
    }

    /// Calls the plugin; `due` is in minutes since the Unix epoch.
    pub(super) async fn call(&self, due: i64) -> Result<(), CallError> {
        let tick = exports::Tick { expression: self.expression.text.clone(), due_ms: due * 60_000 };
        self.plugin.call(tick, CallContext::default()).await
    }
}

async fn run(timer: Timer, due: i64, _running: Running) {
    if let Err(error) = timer.call(due).await {
        let (plugin, expression) = (timer.plugin.name(), &timer.expression.text);
        let version = timer.plugin.version().build();
        tracing::warn!(%plugin, %version, %expression, %error, "a scheduled run failed");
    }
}

/// An expression of a plugin runs.
struct Running(Arc<AtomicBool>);

impl Running {
    /// None when it runs already.
    fn begin(running: &Arc<AtomicBool>) -> Option<Self> {
        (!running.swap(true, Ordering::AcqRel)).then(|| Self(running.clone()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// The minutes in which the clock was followed, one after the other: their ticks have had their turn. What a clock jumped
/// over is not among them, so a clock that was wrong for a while and is set right finds its ticks again.
struct Followed {
    spans: Vec<RangeInclusive<i64>>,
    last: i64,
}

impl Followed {
    fn from(minute: i64) -> Self {
        Self { spans: vec![minute..=minute], last: minute }
    }

    fn has_seen(&self, minute: i64) -> bool {
        self.spans.iter().any(|span| span.contains(&minute))
    }

    fn advance(&mut self, now: i64) {
        let before = std::mem::replace(&mut self.last, now);
        if let Some(span) = self.spans.iter_mut().find(|span| now == before + 1 && *span.end() == before) {
            *span = *span.start()..=now;
        } else if !self.has_seen(now) {
            remember(&mut self.spans, now..=now);
        }
    }
}

/// Adds to a list whose oldest entry goes when it is full.
fn remember<T>(list: &mut Vec<T>, entry: T) {
    if list.len() >= REMEMBERED {
        list.remove(0);
    }
    list.push(entry);
}

fn minute(environment: &Environment) -> i64 {
    environment.now().nanos().div_euclid(NANOS_PER_MINUTE)
}

impl std::fmt::Debug for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schedule").field("runs", &self.runs.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_that_were_followed_are_seen_and_those_jumped_over_are_not() {
        let mut clock = Followed::from(100);
        (101..=110).for_each(|minute| clock.advance(minute));
        clock.advance(200);
        assert!(clock.has_seen(100) && clock.has_seen(105) && clock.has_seen(110) && clock.has_seen(200));
        assert!(!clock.has_seen(99) && !clock.has_seen(111) && !clock.has_seen(199) && !clock.has_seen(201));
    }

    #[test]
    fn a_clock_that_is_set_back_goes_on_where_it_was() {
        let mut clock = Followed::from(100);
        (101..=110).for_each(|minute| clock.advance(minute));
        (95..=111).for_each(|minute| clock.advance(minute));
        assert!((95..=111).all(|minute| clock.has_seen(minute)));
        clock.advance(105);
        (106..=112).for_each(|minute| clock.advance(minute));
        assert!(clock.has_seen(112) && !clock.has_seen(113));
    }

    #[test]
    fn a_clock_that_is_set_all_the_time_takes_no_more_memory() {
        let mut clock = Followed::from(0);
        (1..1000).for_each(|step| clock.advance(step * 10));
        assert_eq!(clock.spans.len(), REMEMBERED);
    }
}
