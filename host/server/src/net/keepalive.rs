//! When to ping a client, and when to give it up.

use crate::config::SocketConfig;
use std::time::Duration;
use tokio::time::Instant;

/// The keepalive of one connection: a ping after a quiet period, and a deadline for its answer. Traffic counts as a
/// sign of life only every `ping_backoff_threshold` messages, so that it costs nothing; a pong always does.
#[derive(Debug)]
pub(super) struct Keepalive {
    ping_period: Duration,
    pong_wait: Duration,
    threshold: u32,
    /// Messages since the timers last started anew.
    received: u32,
    /// None once the ping is sent, until its answer.
    ping_at: Option<Instant>,
    pong_by: Instant,
}

/// What the time asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// Send a ping.
    Ping,
    /// The client has not answered.
    Expired,
}

impl Keepalive {
    /// Both timers start now.
    pub(super) fn new(config: &SocketConfig, now: Instant) -> Self {
        let ping_period = Duration::from_millis(config.ping_period_ms);
        let pong_wait = Duration::from_millis(config.pong_wait_ms);
        Self {
            ping_period,
            pong_wait,
            threshold: config.ping_backoff_threshold,
            received: 0,
            ping_at: Some(now + ping_period),
            pong_by: now + pong_wait,
        }
    }

    /// A message came.
    pub(super) fn message(&mut self) {
        self.received += 1;
        if self.received >= self.threshold {
            self.alive(Instant::now());
        }
    }

    /// The client is there: both timers start anew.
    pub(super) fn alive(&mut self, now: Instant) {
        self.received = 0;
        self.ping_at = Some(now + self.ping_period);
        self.pong_by = now + self.pong_wait;
    }

    /// What is to be done now.
    pub(super) fn due(&mut self, now: Instant) -> Due {
        if now >= self.pong_by {
            return Due::Expired;
        }
        match self.ping_at {
            Some(at) if now >= at => {
                self.ping_at = None;
                Due::Ping
            }
            _ => Due::Nothing,
        }
    }

    /// When to ask again, unless there is a sign of life before.
    pub(super) fn deadline(&self) -> Instant {
        self.ping_at.map_or(self.pong_by, |at| at.min(self.pong_by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn start() -> (Keepalive, Instant) {
        let now = Instant::now();
        (Keepalive::new(&SocketConfig::default(), now), now)
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_client_is_pinged_once_and_then_given_up() {
        let (mut keepalive, now) = start();
        assert_eq!(keepalive.deadline(), now + 15 * SECOND);
        assert_eq!(keepalive.due(now + 14 * SECOND), Due::Nothing);
        assert_eq!(keepalive.due(now + 15 * SECOND), Due::Ping);
        assert_eq!(keepalive.due(now + 16 * SECOND), Due::Nothing);
        assert_eq!(keepalive.deadline(), now + 25 * SECOND);
        assert_eq!(keepalive.due(now + 25 * SECOND), Due::Expired);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pong_starts_both_timers_anew() {
        let (mut keepalive, now) = start();
        assert_eq!(keepalive.due(now + 15 * SECOND), Due::Ping);
        keepalive.alive(now + 16 * SECOND);
        assert_eq!(keepalive.deadline(), now + 31 * SECOND);
        assert_eq!(keepalive.due(now + 30 * SECOND), Due::Nothing);
        assert_eq!(keepalive.due(now + 31 * SECOND), Due::Ping);
    }

    #[tokio::test(start_paused = true)]
    async fn every_twentieth_message_is_a_sign_of_life() {
        let (mut keepalive, now) = start();
        tokio::time::advance(10 * SECOND).await;
        for _ in 0..19 {
            keepalive.message();
        }
        assert_eq!(keepalive.deadline(), now + 15 * SECOND);
        keepalive.message();
        assert_eq!(keepalive.deadline(), now + 25 * SECOND);
    }
}
