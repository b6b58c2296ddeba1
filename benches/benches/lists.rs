//! Pages of lists over REST, from a server that holds 10,000 groups and 1,000,000 edges between friends: how much CPU time
//! of the server one page costs. Fails above 2 ms.
//!
//! `tiny` as an argument tries it on a hundredth of all, and fails at nothing but wrong pages.

#[path = "lists/village.rs"]
mod village;

use anyhow::{Context, Result, ensure};
use meadhall_benches::outside::Outside;
use meadhall_core::store::{Store, StoreConfig};
use meadhall_tests::http::{Http, percent_encode};
use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use village::Village;

const MOST_A_PAGE: Duration = Duration::from_millis(2);

/// A kind of page that is asked for again and again.
struct Pages {
    name: String,
    /// Who asks.
    user: usize,
    path: String,
    /// The list in its answer; none for an answer that is one thing.
    list: Option<&'static str>,
    /// How many entries a first page has at least.
    entries: usize,
}

fn main() -> Result<ExitCode> {
    let tiny = std::env::args().any(|argument| argument == "tiny");
    let (village, times) = if tiny { (Village::TINY, 20) } else { (Village::LARGE, 500) };
    let runtime = tokio::runtime::Runtime::new()?;
    let data = tempfile::tempdir()?;
    runtime.block_on(async {
        let start = Instant::now();
        let config = StoreConfig { sync_interval_ms: 0, cache_capacity: 256 << 20 };
        let store = Store::open(data.path(), config)?;
        let things = store.import(village.lines().map(Ok)).await?;
        store.close().await;
        println!("{things} things imported in {:.1} s", start.elapsed().as_secs_f32());
        let server = Outside::start(data.path()).await?;
        let dear = measure(&server, &village, times).await?;
        println!("{dear} kinds of page cost more than {MOST_A_PAGE:?}");
        Ok(if dear == 0 || tiny { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// Measures all kinds of page; how many are too dear.
async fn measure(server: &Outside, village: &Village, times: u32) -> Result<usize> {
    let http = Http::new(server.addr);
    let mut tokens = HashMap::new();
    let mut dear = 0;
    println!("{:<44}{:>9}{:>14}", "page", "entries", "CPU a page");
    for pages in kinds(village) {
        if let std::collections::hash_map::Entry::Vacant(entry) = tokens.entry(pages.user) {
            let name = village::username(pages.user);
            entry.insert(http.log_in(&village::device(pages.user), &name).await?.token);
        }
        let token = &tokens[&pages.user];
        // Once before it counts, so that what is read the first time is read from the cache later.
        let (entries, mut cursor) = page(&http, &pages, token, "").await?;
        let before = server.cpu()?;
        for _ in 0..times {
            // On to the next page, and to the first again behind the last.
            let (_, next) = page(&http, &pages, token, &cursor).await?;
            cursor = next;
        }
        let cost = (server.cpu()? - before) / times;
        println!("{:<44}{entries:>9}{cost:>14.2?}", pages.name);
        dear += usize::from(cost > MOST_A_PAGE);
    }
    Ok(dear)
}

/// One page: how many entries it has, and what the query of the next one adds.
async fn page(http: &Http, pages: &Pages, token: &str, cursor: &str) -> Result<(usize, String)> {
    let body = http.get(&format!("{}{cursor}", pages.path), token).await?.ok().with_context(|| pages.name.clone())?;
    let Some(list) = pages.list else { return Ok((1, String::new())) };
    let entries = body[list].as_array().map_or(0, Vec::len);
    // The last one may have less.
    ensure!(!cursor.is_empty() || entries >= pages.entries, "{}: {entries} entries in {}", pages.name, pages.path);
    let next = body["cursor"].as_str().filter(|next| !next.is_empty());
    Ok((entries, next.map(|next| format!("&cursor={}", percent_encode(next))).unwrap_or_default()))
}

#[rustfmt::skip]
fn kinds(village: &Village) -> Vec<Pages> {
    let kind = |name: &str, user, path: &str, list, entries| {
        Pages { name: name.to_owned(), user, path: path.to_owned(), list: Some(list), entries }
    };
    let (group, full) = (village::group_id(village::BIG_GROUP), village.page());
    let user = village::user_id(village::JOINER);
    let hall = "/v2/channel/2...hall/read";
    let (one, popular, joiner) = (village::PLAIN, village::POPULAR, village::JOINER);
    vec![
        kind("friends, 100", one, "/v2/friend?limit=100", "friends", full),
        kind("friends, 1,000", popular, "/v2/friend?limit=1000", "friends", village.popularity),
        kind("friends, 100 of one state", popular, "/v2/friend?limit=100&state=0", "friends", full),
        kind("friends of friends, 100", one, "/v2/friend/friends?limit=100", "friends_of_friends", full),
        kind("groups, 100", one, "/v2/group?limit=100", "groups", full),
        kind("groups by name", one, "/v2/group?limit=100&name=guild-00007", "groups", 1),
        kind("groups by the beginning of a name, 100", one, "/v2/group?limit=100&name=guild-%25", "groups", full),
        kind("groups, open, 100", one, "/v2/group?limit=100&open=true", "groups", full.min(village.groups / 2)),
        kind("groups of a language, 100", one, "/v2/group?limit=100&lang_tag=no", "groups", full.min(village.groups / 4)),
        kind("groups of few members, 100", one, "/v2/group?limit=100&members=5", "groups", village.small_groups().min(100)),
        kind("groups, open, of a language, of few members", one, "/v2/group?limit=100&open=true&lang_tag=no&members=5",
            "groups", village.rare_groups().min(100)),
        kind("users of a group, 100", one, &format!("/v2/group/{group}/user?limit=100"), "group_users", full),
        kind("users of a group, 100 members", one, &format!("/v2/group/{group}/user?limit=100&state=2"), "group_users", full),
        kind("groups of a user, 100", joiner, &format!("/v2/user/{user}/group?limit=100"), "user_groups", full),
        kind("notifications, 100", popular, "/v2/notification?limit=100", "notifications", full),
        Pages { name: "unread in one channel, 1,000".into(), user: one, path: hall.into(), list: None, entries: 1 },
        kind("read markers with what is unread", joiner, "/v2/channel?limit=100", "markers", village.markers),
    ]
}
