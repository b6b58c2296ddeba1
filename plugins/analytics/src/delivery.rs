//! Posting what is stored. One run at a time has the queue to itself, by a lease that it renews with each batch.

use crate::batch::{self, Entry, tell_dropped};
use crate::queue::Queue;
use crate::settings::Settings;
use meadhall_guest::prelude::*;
use serde::Serialize;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long the service may take for a batch.
const TIMEOUT: Duration = Duration::from_secs(4);
/// How long a run goes on; the last post may come on top, and the server ends an event's handler after 10 s.
const RUN: Duration = Duration::from_secs(4);
/// When a run that left no word is taken to be over: much longer than any post, and than a run may be late.
const LEASE_MS: i64 = 180_000;
/// The pause after one failure; it doubles with each that follows …
const FIRST_PAUSE_MS: i64 = 30_000;
/// … up to this. A service that asks for more gets up to an hour.
const LONGEST_PAUSE_MS: i64 = 1_800_000;
const LONGEST_ASKED_MS: i64 = 3_600_000;

/// A run.
pub(crate) struct Delivery {
    now_ms: i64,
    pauses: bool,
}

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Batches that the service took.
    pub(crate) posted: u32,
    /// Batches that wait.
    pub(crate) waiting: usize,
    /// Why the run ended before all were posted; none when it did not, or for want of time.
    pub(crate) problem: Option<String>,
}

/// What is posted.
#[derive(Serialize)]
struct Body<'a> {
    batch: &'a str,
    events: &'a [Entry],
}

/// What became of a batch.
enum Outcome {
    Taken,
    /// The service will never take it.
    Refused(String),
    /// Not now. The service may have asked for a time without posts.
    Failed(String, Option<i64>),
}

impl Delivery {
    /// A run at a time, in milliseconds since the Unix epoch.
    pub(crate) fn at(now_ms: i64) -> Self {
        Self { now_ms, pauses: true }
    }

    /// It does not wait until the pause after a failure is over.
    pub(crate) fn without_pause(self) -> Self {
        Self { pauses: false, ..self }
    }

    /// Posts batch after batch, as long as the service takes them and there is time.
    ///
    /// # Errors
    /// When storage fails. The batches stay, and the lease runs out.
    pub(crate) fn run(&self, ctx: &Context) -> Result<Report> {
        let settings = Settings::of(ctx)?;
        let begun = Instant::now();
        let mut report = Report::default();
        let Some(mut queue) = self.begin()? else {
            report.waiting = Queue::read()?.batches.len();
            report.problem = (report.waiting > 0).then(|| "another run is at it".to_owned());
            return Ok(report);
        };
        while let Some(key) = queue.batches.first().cloned()
            && begun.elapsed() < RUN
        {
            let Some(batch) = batch::close(&key)? else {
                queue = self.finish(&key)?;
                continue;
            };
            let events = batch.events.len();
            match post(&settings, &key, &batch.events) {
                Outcome::Taken => {
                    metrics::counter_add("posted_events", &[], events as u64);
                    report.posted += 1;
                    batch::remove(&key)?;
                    queue = self.finish(&key)?;
                }
                Outcome::Refused(why) => {
                    tell_dropped(events, &format!("the service refuses batch {key}: {why}"));
                    batch::remove(&key)?;
                    queue = self.finish(&key)?;
                }
                Outcome::Failed(why, asked_ms) => {
                    queue = self.pause(&why, asked_ms)?;
                    report.problem = Some(why);
                    break;
                }
            }
        }
        report.waiting = queue.batches.len();
        metrics::gauge_set("waiting_batches", &[], report.waiting as f64);
        Queue::change(|queue| queue.leased_until_ms = 0)?;
        Ok(report)
    }

    /// Takes the queue for this run; none when there is nothing to post now, or another run is at it.
    fn begin(&self) -> Result<Option<Queue>> {
        Queue::change_if(|queue| {
            let is_leased = self.is_before(queue.leased_until_ms, LEASE_MS);
            let is_paused = self.pauses && self.is_before(queue.paused_until_ms, LONGEST_ASKED_MS);
            if is_leased || is_paused || queue.batches.is_empty() {
                return false;
            }
            queue.leased_until_ms = self.now_ms + LEASE_MS;
            true
        })
    }

    /// Whether a time is yet to come. One that is further away than it can be was written before the clock was set back.
    fn is_before(&self, until_ms: i64, most_ms: i64) -> bool {
        (1..=most_ms).contains(&(until_ms - self.now_ms))
    }

    /// Takes a batch off the queue, since the service is done with it.
    fn finish(&self, key: &str) -> Result<Queue> {
        Queue::change(|queue| {
            queue.batches.retain(|waiting| waiting != key);
            (queue.failures, queue.paused_until_ms) = (0, 0);
            queue.leased_until_ms = self.now_ms + LEASE_MS;
        })
    }

    /// Leaves the service alone for a while: the longer the more often it failed, and not as long as another server does
    /// that failed at the same time.
    fn pause(&self, why: &str, asked_ms: Option<i64>) -> Result<Queue> {
        let random = Uuid::new_v4().as_u128();
        let mut pause_ms = 0;
        let queue = Queue::change(|queue| {
            queue.failures += 1;
            pause_ms = pause_after(queue.failures, random).max(asked_ms.unwrap_or(0).min(LONGEST_ASKED_MS));
            queue.paused_until_ms = self.now_ms + pause_ms;
        })?;
        metrics::counter_add("failed_posts", &[], 1);
        warn!(
            "the service has not taken a batch, {} times in a row: {why}; {} batches wait, and for {} s nothing is posted",
            queue.failures,
            queue.batches.len(),
            pause_ms / 1000
        );
        Ok(queue)
    }
}

/// A random time between half and the whole of a pause that doubles with each failure.
pub(crate) fn pause_after(failures: u32, random: u128) -> i64 {
    let doublings = failures.saturating_sub(1).min(16);
    let whole = (FIRST_PAUSE_MS << doublings).min(LONGEST_PAUSE_MS);
    let half = whole / 2;
    half + (random % (half as u128 + 1)) as i64
}

fn post(settings: &Settings, key: &str, events: &[Entry]) -> Outcome {
    let request = http::post(&settings.endpoint)
        .header("authorization", &format!("Bearer {}", settings.api_key))
        .header("idempotency-key", key)
        .timeout(TIMEOUT)
        .json(&Body { batch: key, events });
    let response = match request.and_then(http::Request::send) {
        Ok(response) => response,
        Err(error) => return Outcome::Failed(error.message, None),
    };
    let answered = format!("it answers {}", response.status);
    match response.status {
        200..=299 => Outcome::Taken,
        // It is the batch that is wrong. All else, a wrong key or address among it, can be mended while batches wait.
        400 | 413 | 422 => Outcome::Refused(answered),
        _ => {
            let seconds = response.header("retry-after").and_then(|text| text.parse::<u32>().ok());
            Outcome::Failed(answered, seconds.map(|seconds| i64::from(seconds) * 1000))
        }
    }
}
