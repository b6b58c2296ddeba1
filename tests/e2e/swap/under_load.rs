//! Many versions, one after the other, while clients call: nobody notices.

use super::{Hall, until};
use anyhow::Result;
use meadhall_tests::load::{Crowd, Load};

const SWAPS: usize = 10;
const CALLS_A_SECOND: u32 = 300;
const CROWD: usize = 20;
const CALLERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_no_socket_drops_and_no_event_is_lost() -> Result<()> {
    // Nothing is compiled yet, so that each version is, beside the calls.
    let hall = Hall::start(&["--set", "runtime.plugin_cache_dir="]).await?;
    let mut crowd = Crowd::enter(hall.addr, CROWD).await?;
    let load = Load::start(hall.addr, CALLERS, CALLS_A_SECOND, &["swap.echo", "swap.emit", "swap.version"]).await?;
    let versions: Vec<_> = (0..SWAPS).map(|number| format!("2.0.{number}")).collect();
    for declared in &versions {
        hall.replace(declared).await?;
        assert_eq!(&hall.version().await?, declared);
    }
    let answers = load.stop().await?;
    assert_eq!(answers.failures, [""; 0]);
    assert_eq!(crowd.dropped(), [""; 0]);
    let emitted = answers.answered[1];
    assert!(emitted > 0 && answers.answered[0] > 0, "{:?}", answers.answered);
    let handled = async |kind: &str| -> Result<Vec<u64>> {
        let mut handled = vec![hall.handled(kind, "1.0.0").await?];
        for declared in &versions {
            handled.push(hall.handled(kind, declared).await?);
        }
        Ok(handled)
    };
    until("all events are handled", async || Ok(handled("event").await?.iter().sum::<u64>() == emitted)).await?;
    assert!(handled("event").await?[1..].iter().any(|&count| count > 0), "{:?}", handled("event").await?);
    let sessions = (CROWD + CALLERS) as u64;
    until("all sessions began", async || Ok(handled("session-start").await?.iter().sum::<u64>() == sessions)).await?;
    until("the old versions are freed", async || Ok(hall.status().await?["in_memory"] == 1)).await
}
