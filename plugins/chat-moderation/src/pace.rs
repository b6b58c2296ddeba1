//! How fast a user may write.
//!
//! The counter has to be one for all instances of this plugin, and is read and written for every message. The memory of an
//! instance is neither shared nor kept. Storage is both, but each message would wait for a write to the disk. So the moments
//! of a user's last messages stand in the status of a hidden presence, on a stream of the plugin's own: the server keeps it
//! in its memory for all instances, and forgets it when the socket closes. A player may open a new socket to be forgotten,
//! which takes longer than waiting; a game that minds keeps a counter in storage for those it has warned.
//!
//! Messages of one socket are handled one after another, and each socket writes its own presence only, so nothing is lost
//! between reading and writing. All sockets of a user are counted together.

use meadhall_guest::prelude::*;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A mode of the game's own, for the stream of each user.
const MODE: u8 = 143;
const LABEL: &str = "chat-moderation";

const MESSAGES: usize = 5;
/// More than this many moments would not fit into a status.
const MESSAGES_MAX: usize = 100;
const WINDOW: Duration = Duration::from_secs(10);

/// So many messages in so long a time.
struct Pace {
    messages: usize,
    window: Duration,
}

/// Counts a message of the caller's.
///
/// # Errors
/// When it is one too many: resource exhausted (8), with the time to wait.
pub(crate) fn slow_down(ctx: &Context) -> Result<()> {
    let pace = Pace::of(ctx)?;
    if pace.messages == 0 {
        return Ok(());
    }
    let (me, now) = (ctx.session()?, now());
    let stream = Stream::new(MODE).subject(&me.user_id).label(LABEL);
    let (mut mine, mut all) = (Vec::new(), Vec::new());
    for presence in stream::list(&stream, Show::All)? {
        let sent = pace.recent(&presence.meta.status, now);
        all.extend_from_slice(&sent);
        if presence.id == me {
            mine = sent;
        }
    }
    if let Some(wait) = pace.wait(all, now) {
        let seconds = wait.as_millis().div_ceil(1000);
        return Err(Error::resource_exhausted(format!("You write too fast: wait {seconds} s and send it again.")));
    }
    mine.push(now);
    let moments: Vec<String> = mine.iter().map(|moment| moment.as_millis().to_string()).collect();
    stream::update(&stream, &me, Join { hidden: true, persistence: false, status: &moments.join(" ") })
}

impl Pace {
    fn of(ctx: &Context) -> Result<Self> {
        let number = |key: &str| -> Result<Option<u64>> {
            let Some(text) = ctx.config(key) else { return Ok(None) };
            let number = text.trim().parse();
            number.map(Some).map_err(|_| Error::internal(format!("the setting {key} is {text:?}, which is no number")))
        };
        let messages = number("messages")?.map_or(MESSAGES, |number| usize::try_from(number).unwrap_or(MESSAGES_MAX));
        let window = number("window_sec")?.map_or(WINDOW, Duration::from_secs);
        Ok(Self { messages: messages.min(MESSAGES_MAX), window })
    }

    /// The moments in a status that still count, since the Unix epoch.
    fn recent(&self, status: &str, now: Duration) -> Vec<Duration> {
        let moments = status.split(' ').filter_map(|moment| moment.parse().ok()).map(Duration::from_millis);
        moments.filter(|moment| now.saturating_sub(*moment) < self.window).collect()
    }

    /// How long one who has sent at these moments has to wait; none when they need not.
    fn wait(&self, mut sent: Vec<Duration>, now: Duration) -> Option<Duration> {
        sent.sort_unstable();
        let first_that_counts = sent.len().checked_sub(self.messages)?;
        Some((sent[first_that_counts] + self.window).saturating_sub(now))
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { messages: 3, window: Duration::from_secs(10) };

    fn at(seconds: &[u64]) -> Vec<Duration> {
        seconds.iter().copied().map(Duration::from_secs).collect()
    }

    #[test]
    fn three_messages_in_ten_seconds_are_enough() {
        let wait = |sent: &[u64], now| PACE.wait(at(sent), Duration::from_secs(now)).map(|wait| wait.as_secs());
        assert_eq!(wait(&[], 100), None);
        assert_eq!(wait(&[99, 100], 100), None);
        assert_eq!(wait(&[95, 99, 100], 100), Some(5));
        assert_eq!(wait(&[100, 92, 95, 99], 100), Some(5), "the third last counts, in any order");
    }

    #[test]
    fn what_is_older_than_the_window_counts_no_more() {
        let now = Duration::from_secs(100);
        assert_eq!(PACE.recent("89999 90000 90001 99999", now), [90_001, 99_999].map(Duration::from_millis));
        assert_eq!(PACE.recent("", now), at(&[]));
        assert_eq!(PACE.recent("101000 what", now), at(&[101]), "a clock that was set back");
    }
}
