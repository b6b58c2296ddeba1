//! Sends what happens in the game to an analytics service: events of clients and of other plugins, and the start and end
//! of each session.
//!
//! Handlers only store, in batches, so that nobody waits for the service. Once a minute a run posts what is stored. A batch
//! that the service does not take stays, and is tried again later and later, with the same `idempotency-key`: by that the
//! service knows a batch that it has counted already.
//!
//! Its settings, in the server's configuration:
//!
//! ```toml
//! [plugin.analytics]
//! endpoint = "https://analytics.example.com/batch"    # POST {"batch": "…", "events": […]}
//! batch_size = "100"                                  # so many events in a request, at most
//! buffer = "100"                                      # so many batches wait, at most: then old ones are dropped
//!
//! [plugin.analytics.allow]
//! http = [{ host = "analytics.example.com", methods = ["POST"] }]
//! environment = ["ANALYTICS_API_KEY"]
//! ```

mod batch;
mod delivery;
mod queue;
mod settings;

use batch::Entry;
use delivery::{Delivery, Report};
use meadhall_guest::prelude::*;
use settings::Settings;
use std::time::SystemTime;

#[plugin(needs(url("endpoint"), environment("ANALYTICS_API_KEY")))]
mod analytics {
    #[start]
    fn start(ctx: &Context) -> Result<()> {
        Settings::of(ctx).map(drop)
    }

    #[event]
    fn event(ctx: &Context, event: Event) -> Result<()> {
        batch::add(&Settings::of(ctx)?, Entry::new(ctx, event))
    }

    #[session_start]
    fn session_start(ctx: &Context, event: Event) -> Result<()> {
        batch::add(&Settings::of(ctx)?, Entry::new(ctx, event))
    }

    #[session_end]
    fn session_end(ctx: &Context, event: Event) -> Result<()> {
        batch::add(&Settings::of(ctx)?, Entry::new(ctx, event))
    }

    #[cron("* * * * *")]
    fn deliver(ctx: &Context, due: Timestamp) -> Result<()> {
        Delivery::at(due.unix_ms().unwrap_or_else(now_ms)).run(ctx).map(drop)
    }

    /// Posts what is stored at once, also while the plugin would wait with that: before a server is taken away, for one.
    #[rpc("analytics.flush")]
    fn flush(ctx: &Context, _payload: String) -> Result<Json<Report>> {
        if ctx.user().is_some() {
            return Err(Error::permission_denied("only game servers flush"));
        }
        Delivery::at(now_ms()).without_pause().run(ctx).map(Json)
    }
}

/// Milliseconds since the Unix epoch.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
