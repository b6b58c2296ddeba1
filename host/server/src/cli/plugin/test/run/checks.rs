//! What is expected of a step, against what came.

use super::clients::By;
use super::{Came, Run};
use crate::cli::plugin::test::compare::{Mismatch, Scope, shown};
use crate::cli::plugin::test::lines::Line;
use crate::cli::plugin::test::report::Failure;
use crate::cli::plugin::test::script::{Action, At, Expect, ObjectCheck, Outcome, Refusal, Step};
use axum::http::Method;
use serde_json::Value;

/// More notifications than a script looks at.
const NOTIFICATIONS: &str = "/v2/notification?limit=100";

impl Run<'_> {
    /// What is not as expected.
    pub(super) async fn check(&mut self, step: &Step, came: &Came, lines: &[Line]) -> Vec<Failure> {
        let Expect { outcome, receives, notifications, events, requests, storage, log } = &step.expect;
        let mut failures = self.outcome(step.line, outcome, came);
        let received: Vec<_> = self.clients.sockets.iter_mut().map(|(user, it)| (user.clone(), it.take())).collect();
        for (user, expected) in receives {
            let came = received.iter().find(|(name, _)| name == user).map_or(&[][..], |(_, came)| came);
            failures.extend(in_order(&self.scope, &format!("receives.{user}"), expected, came));
        }
        let emitted = self.watched.take();
        if let Some(expected) = events {
            let others = without_own(emitted, &step.action);
            failures.extend(in_any_order(&self.scope, "events", expected, &others));
        }
        let asked = self.stand_in.as_ref().map(super::StandIn::take).unwrap_or_default();
        if let Some(expected) = requests {
            failures.extend(in_any_order(&self.scope, "requests", expected, &asked));
        }
        for object in storage {
            failures.extend(self.object(object).await);
        }
        for (user, expected) in notifications {
            failures.extend(self.notifications(user, expected).await);
        }
        failures.extend(logged(&self.scope, log.as_ref(), lines));
        failures.extend(failed_handlers(&self.scope, step.line, log.as_ref(), lines));
        failures
    }

    /// How the step ended.
    fn outcome(&self, line: usize, outcome: &Outcome, came: &Came) -> Vec<Failure> {
        match (outcome, came) {
            (_, Came::Nothing(problem)) => vec![Failure::plain(line, problem)],
            (Outcome::Success, Came::Reply(_)) => Vec::new(),
            (Outcome::Success, _) => vec![Failure::differs(line, "", "success", &came.told())],
            (Outcome::Reply(At { line, value }), Came::Reply(reply)) => match self.scope.compare(value, reply) {
                Ok(mismatches) => mismatches.iter().map(|mismatch| differs(*line, "reply", mismatch)).collect(),
                Err(problem) => vec![Failure::plain(*line, problem)],
            },
            (Outcome::Reply(At { line, value }), _) => {
                vec![Failure::differs(*line, "reply", &shown(value), &came.told())]
            }
            (Outcome::Error(At { line, value: refusal }), Came::Error { code, message }) => {
                match self.is_refusal(refusal, *code, message) {
                    Ok(true) => Vec::new(),
                    Ok(false) => vec![Failure::differs(*line, "error", &self.told(refusal), &came.told())],
                    Err(problem) => vec![Failure::plain(*line, problem)],
                }
            }
            (Outcome::Error(At { line, value: refusal }), _) => {
                vec![Failure::differs(*line, "error", &self.told(refusal), &came.told())]
            }
            (Outcome::Closed(At { value, .. }), Came::Closed(reason)) if self.scope.has(reason, value) == Ok(true) => {
                Vec::new()
            }
            (Outcome::Closed(At { line, value }), _) => {
                vec![Failure::differs(*line, "closed", &format!("a closed socket, {value:?}"), &came.told())]
            }
        }
    }

    fn is_refusal(&self, refusal: &Refusal, code: i64, message: &str) -> Result<bool, String> {
        let part = refusal.message.as_deref().map_or(Ok(true), |part| self.scope.has(message, part))?;
        Ok(part && refusal.code.is_none_or(|expected| expected == code))
    }

    fn told(&self, Refusal { code, message }: &Refusal) -> String {
        let code = code.map_or_else(|| "an error".to_owned(), |code| format!("the error {code}"));
        message.as_ref().map_or_else(|| code.clone(), |message| format!("{code}, {message:?}"))
    }

    async fn object(&mut self, At { line, value }: &At<ObjectCheck>) -> Vec<Failure> {
        let ObjectCheck { collection, key, user, value } = value;
        let place =
            format!("storage {collection}/{key}{}", user.as_ref().map(|it| format!(" of {it}")).unwrap_or_default());
        let id = match self.object_id(collection, key, user.as_deref()).await {
            Ok(id) => id,
            Err(came) => return vec![Failure::plain(*line, format!("{place}: {}", came.told()))],
        };
        let read = self.server.app().core.storage.read(vec![id]).await;
        let found = match read {
            Ok(objects) => objects.into_iter().next().map(|object| Value::String(object.value)),
            Err(error) => return vec![Failure::plain(*line, format!("{place}: {error}"))],
        };
        match (value, found) {
            (None, None) => Vec::new(),
            (None, Some(found)) => vec![Failure::differs(*line, &place, "nothing", found.as_str().unwrap_or_default())],
            (Some(expected), None) => vec![Failure::differs(*line, &place, &shown(expected), "nothing")],
            (Some(expected), Some(found)) => match self.scope.compare(expected, &found) {
                Ok(mismatches) => mismatches.iter().map(|mismatch| differs(*line, &place, mismatch)).collect(),
                Err(problem) => vec![Failure::plain(*line, problem)],
            },
        }
    }

    async fn notifications(&mut self, user: &str, expected: &At<Vec<Value>>) -> Vec<Failure> {
        let came = self.clients.call(Method::GET, NOTIFICATIONS, By::User(user), String::new()).await;
        let place = format!("notifications.{user}");
        match came {
            Came::Reply(mut reply) => {
                let stored = reply["notifications"].take();
                let stored = stored.as_array().map_or(&[][..], Vec::as_slice);
                in_any_order(&self.scope, &place, expected, stored)
            }
            other => vec![Failure::plain(expected.line, format!("{place}: {}", other.told()))],
        }
    }
}

fn differs(line: usize, what: &str, Mismatch { path, expected, came }: &Mismatch) -> Failure {
    Failure::differs(line, &format!("{what}{path}"), expected, came.as_deref().unwrap_or("nothing"))
}

/// The events but the one that the step itself sent.
fn without_own(mut events: Vec<Value>, action: &Action) -> Vec<Value> {
    if let Action::Emit { name, .. } = action {
        let own = events.iter().position(|event| event["name"] == **name && event["external"] == true);
        own.map(|place| events.remove(place));
    }
    events
}

/// Each of what is expected comes, in this order; others may come between.
fn in_order(scope: &Scope, what: &str, At { line, value: expected }: &At<Vec<Value>>, came: &[Value]) -> Vec<Failure> {
    if expected.is_empty() {
        return nothing_else(*line, what, came);
    }
    let mut rest = came.iter();
    for (place, expected) in expected.iter().enumerate() {
        // One that cannot be compared is found by nobody, and said to be missing.
        if !rest.any(|came| scope.fits(expected, came).unwrap_or(false)) {
            let after = if place > 0 { ", after those before" } else { "" };
            return vec![Failure::missing(*line, what, &format!("{}{after}", shown(expected)), came)];
        }
    }
    Vec::new()
}

/// Each of what is expected comes, each for itself.
fn in_any_order(
    scope: &Scope,
    what: &str,
    At { line, value: expected }: &At<Vec<Value>>,
    came: &[Value],
) -> Vec<Failure> {
    if expected.is_empty() {
        return nothing_else(*line, what, came);
    }
    let (mut left, mut failures) = (came.to_vec(), Vec::new());
    for expected in expected {
        match left.iter().position(|came| scope.fits(expected, came).unwrap_or(false)) {
            Some(place) => drop(left.remove(place)),
            None => failures.push(Failure::missing(*line, what, &shown(expected), came)),
        }
    }
    failures
}

fn nothing_else(line: usize, what: &str, came: &[Value]) -> Vec<Failure> {
    if came.is_empty() { Vec::new() } else { vec![Failure::missing(line, what, "nothing", came)] }
}

/// Each part that is expected stands in some line.
fn logged(scope: &Scope, expected: Option<&At<Vec<String>>>, lines: &[Line]) -> Vec<Failure> {
    let Some(At { line, value: parts }) = expected else { return Vec::new() };
    let texts: Vec<_> = lines.iter().map(Line::to_string).collect();
    if parts.is_empty() && !texts.is_empty() {
        return vec![Failure::plain(*line, format!("log: expected no line, came {}", texts.len()))];
    }
    let is_there = |part: &str| texts.iter().any(|text| scope.has(text, part).unwrap_or(false));
    let missing = parts.iter().filter(|part| !is_there(part));
    missing.map(|part| Failure::plain(*line, format!("log: no line has {part:?}"))).collect()
}

/// Nobody waits for the handlers of events and times, so their errors would go unnoticed.
fn failed_handlers(scope: &Scope, line: usize, log: Option<&At<Vec<String>>>, lines: &[Line]) -> Vec<Failure> {
    let has = |text: &str, part: &str| !part.is_empty() && scope.has(text, part).unwrap_or(false);
    let is_expected = |text: &str| log.is_some_and(|log| log.value.iter().any(|part| has(text, part)));
    let failed = lines.iter().filter(|line| line.is_failed_handler).map(Line::to_string);
    failed.filter(|text| !is_expected(text)).map(|text| Failure::plain(line, text)).collect()
}
