//! What a call is, and who caused it: the facts that a plugin can ask for while it runs.

use super::bindings::meadhall::plugin::context::Mode;
use super::limits::Limits;
use meadhall_core::caller::Caller;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a call tells its plugin beyond the caller.
#[derive(Clone, Debug, Default)]
pub struct CallContext {
    pub caller: Arc<Caller>,
    /// Query parameters of an RPC over HTTP.
    pub query: Vec<(String, Vec<String>)>,
    /// Headers of an RPC over HTTP.
    pub headers: Vec<(String, Vec<String>)>,
}

/// Which of a plugin's functions runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Register,
    Start,
    Rpc,
    Before,
    After,
    Event,
    Cron,
}

impl Kind {
    /// All of them, in the order of their numbers.
    pub(super) const ALL: [Self; 7] =
        [Self::Register, Self::Start, Self::Rpc, Self::Before, Self::After, Self::Event, Self::Cron];

    /// The name in figures.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Start => "start",
            Self::Rpc => "rpc",
            Self::Before => "before",
            Self::After => "after",
            Self::Event => "event",
            Self::Cron => "cron",
        }
    }

    /// What the plugin is told.
    pub(super) fn mode(self) -> Mode {
        match self {
            Self::Register | Self::Start => Mode::Start,
            Self::Rpc => Mode::Rpc,
            Self::Before => Mode::Before,
            Self::After => Mode::After,
            Self::Event | Self::Cron => Mode::Event,
        }
    }

    /// How long it may take, from the moment that it has an instance.
    pub(super) fn deadline(self, limits: &Limits) -> Duration {
        match self {
            Self::Register | Self::Start => limits.start_deadline,
            Self::Rpc | Self::Before | Self::After => limits.rpc_deadline,
            Self::Event | Self::Cron => limits.event_deadline,
        }
    }
}

/// A function of a plugin, as errors name it: `rpc "join"`.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) kind: Kind,
    /// The RPC's id, the hook's message or the event's kind; empty for `register` and `start`.
    pub(super) name: Arc<str>,
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Register | Kind::Start => f.write_str(self.kind.label()),
            Kind::Rpc => write!(f, "rpc {:?}", self.name),
            Kind::Before => write!(f, "before-hook {:?}", self.name),
            Kind::After => write!(f, "after-hook {:?}", self.name),
            Kind::Event => write!(f, "{} handler", self.name),
            Kind::Cron => write!(f, "cron {:?}", self.name),
        }
    }
}

/// The call that an instance is running.
#[derive(Debug)]
pub(super) struct CurrentCall {
    pub(super) kind: Kind,
    pub(super) context: CallContext,
    /// When it has to be done.
    pub(super) until: Instant,
}
