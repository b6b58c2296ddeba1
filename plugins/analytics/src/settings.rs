//! What the operator has set.

use meadhall_guest::prelude::*;
use std::ops::RangeInclusive;

/// The plugin's settings.
pub(crate) struct Settings {
    /// Where batches are posted.
    pub(crate) endpoint: String,
    /// Proves to the service who sends.
    pub(crate) api_key: String,
    /// Events of a batch, at most.
    pub(crate) batch_size: usize,
    /// Batches that wait, at most.
    pub(crate) buffer: usize,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// For a number that is none or out of range. It names the setting.
    pub(crate) fn of(ctx: &Context) -> Result<Self> {
        Ok(Self {
            // The plugin needs both, so the server has not started it without them.
            endpoint: ctx.config("endpoint").unwrap_or_default().to_owned(),
            api_key: ctx.environment("ANALYTICS_API_KEY").unwrap_or_default().to_owned(),
            batch_size: number(ctx, "batch_size", 100, 1..=10_000)?,
            // The first may be with the service already, and is not dropped: there has to be another.
            buffer: number(ctx, "buffer", 100, 2..=1_000)?,
        })
    }
}

fn number(ctx: &Context, key: &str, default: usize, range: RangeInclusive<usize>) -> Result<usize> {
    let Some(text) = ctx.config(key) else { return Ok(default) };
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let problem = format!("{key} is {text:?}, and must be {} to {}", range.start(), range.end());
        Error::invalid_argument(problem)
    })
}
