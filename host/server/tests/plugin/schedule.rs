//! What runs at times, with a clock that the test moves.

use crate::guests::{self, Setup, short};
use crate::logs;
use meadhall::plugin::{Outcome, Plugins, Schedule, Trigger};
use meadhall_core::Core;
use meadhall_core::clock::{ManualClock, Timestamp};
use meadhall_core::ids::UserId;
use meadhall_core::storage::{Condition, ObjectId, Put, ReadPermission, WritePermission};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// 2026-01-01T03:58:00Z, in minutes.
const START: i64 = (1_767_225_600 + 4 * 3600 - 120) / 60;

/// A plugin with times of its own, and a clock that stands at 03:58.
struct Hall {
    name: &'static str,
    clock: Arc<ManualClock>,
    plugins: Arc<Plugins>,
    core: Arc<Core>,
    schedule: Schedule,
    metrics: PrometheusHandle,
}

impl Hall {
    /// The plugin's name tells the lines that it logs from those of other tests.
    async fn with(name: &'static str, settings: &[(&str, &str)]) -> Self {
        let setup = Setup::new(short()).plugin(name, "hostile", settings);
        Self::of(setup, name).await
    }

    async fn of(setup: Setup, name: &'static str) -> Self {
        logs::collect();
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = recorder.handle();
        let clock = Arc::new(ManualClock::new(at(0)));
        let (plugins, core) = setup.recorder(recorder).clock(clock.clone()).load_with_core().await.unwrap();
        let schedule = Schedule::new(plugins.clone(), core.env.clone());
        Self { name, clock, plugins, core, schedule, metrics }
    }

    /// Sets the clock, this many minutes from the start, and lets all that runs come to its end.
    async fn at(&mut self, minute: i64) {
        self.look(minute);
        self.schedule.runs().wait().await;
    }

    fn look(&mut self, minute: i64) {
        self.clock.set(at(minute));
        self.schedule.look();
    }

    /// The times that an expression ran for, in minutes from the start.
    fn runs(&self, expression: &str) -> Vec<i64> {
        runs_of(self.name, "tick", expression)
    }

    fn series(&self, name: &str) -> String {
        let page = self.metrics.render();
        page.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
    }
}

fn runs_of(plugin: &str, what: &str, expression: &str) -> Vec<i64> {
    let prefix = format!("{what} {expression} ");
    let times =
        logs::of(plugin).into_iter().filter_map(|line| line.strip_prefix(&prefix)?.split(' ').next()?.parse().ok());
    times.map(|due_ms: i64| due_ms / 60_000 - START).collect()
}

fn at(minute: i64) -> Timestamp {
    // Not on the minute itself: clocks seldom are.
    Timestamp::from_nanos(((START + minute) * 60 + 17) * 1_000_000_000)
}

#[tokio::test]
async fn each_time_has_one_run() {
    let mut hall = Hall::with("cron-even", &[("cron", "* * * * *;0 4 * * *;@hourly;* * * * *")]).await;
    for minute in 0..5 {
        hall.at(minute).await;
        hall.at(minute).await;
    }
    assert_eq!(hall.runs("* * * * *"), [1, 2, 3, 4], "not the minute in which the server started");
    assert_eq!(hall.runs("0 4 * * *"), [2]);
    assert_eq!(hall.runs("@hourly"), [2]);
    let label = r#"{plugin="cron-even",kind="cron"}"#;
    assert_eq!(hall.series(&format!("meadhall_plugin_calls_total{label}")), "6");
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_makes_one_run_for_all_that_it_missed() {
    let mut hall = Hall::with("cron-ahead", &[("cron", "*/10 * * * *;0 4 * * *;0 3 * * *")]).await;
    hall.at(65).await;
    hall.at(66).await;
    assert_eq!(hall.runs("*/10 * * * *"), [62], "the last of 04:00, 04:10 …");
    assert_eq!(hall.runs("0 4 * * *"), [2], "late, and for the time that it was due");
    assert!(hall.runs("0 3 * * *").is_empty());
}

#[tokio::test]
async fn a_clock_that_is_set_back_runs_nothing_twice() {
    let mut hall = Hall::with("cron-back", &[("cron", "* * * * *;0 4 * * *")]).await;
    for minute in 0..=3 {
        hall.at(minute).await;
    }
    for minute in 0..=5 {
        hall.at(minute).await;
    }
    assert_eq!(hall.runs("* * * * *"), [1, 2, 3, 4, 5]);
    assert_eq!(hall.runs("0 4 * * *"), [2]);
}

#[tokio::test]
async fn a_late_run_is_not_repeated_when_the_clock_is_set_back_before_it() {
    let mut hall = Hall::with("cron-late", &[("cron", "0 4 * * *")]).await;
    hall.at(90).await;
    for minute in 0..=3 {
        hall.at(minute).await;
    }
    assert_eq!(hall.runs("0 4 * * *"), [2]);
}

#[tokio::test]
async fn a_clock_that_was_years_ahead_for_a_while_stops_nothing() {
    let mut hall = Hall::with("cron-years", &[("cron", "0 4 * * *")]).await;
    hall.at(70 * 365 * 24 * 60).await;
    let wrong = hall.runs("0 4 * * *").len();
    assert_eq!(wrong, 1);
    for minute in 0..=3 {
        hall.at(minute).await;
    }
    assert_eq!(hall.runs("0 4 * * *")[wrong..], [2]);
}

#[tokio::test]
async fn a_run_that_is_still_going_on_keeps_the_next_from_beginning() {
    let mut hall = Hall::of(
        Setup::new(guests::patient()).plugin("cron-slow", "hostile", &[("cron", "* * * * *"), ("tick", "wait")]),
        "cron-slow",
    )
    .await;
    for minute in 1..=3 {
        hall.look(minute);
    }
    open_the_gate(&hall.core).await;
    hall.at(3).await;
    hall.at(4).await;
    assert_eq!(runs_of("cron-slow", "tock", "* * * * *"), [1, 4]);
    assert_eq!(hall.series(r#"meadhall_plugin_cron_skipped_total{plugin="cron-slow"}"#), "2");
    let skipped = logs::of("cron-slow").iter().filter(|line| line.contains("skipped")).count();
    assert_eq!(skipped, 2, "{:?}", logs::of("cron-slow"));
}

#[tokio::test]
async fn a_run_of_an_old_version_keeps_one_of_the_new_from_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cron-swap.wasm");
    let mut bytes = std::fs::read(guests::file("hostile")).unwrap();
    std::fs::write(&file, &bytes).unwrap();
    let settings = [("cron", "* * * * *"), ("tick", "wait")];
    let mut hall = Hall::of(Setup::new(guests::patient()).at("cron-swap", &file, &settings), "cron-swap").await;
    hall.look(1);
    // A section without content: the same plugin in another file.
    bytes.extend([0, 2, 1, b'x']);
    std::fs::write(&file, &bytes).unwrap();
    let changes = hall.plugins.reload(None, Trigger::Signal).await.unwrap();
    assert_eq!(changes[0].outcome, Outcome::Replaced, "{changes:?}");
    assert_ne!(changes[0].from, changes[0].to);
    hall.look(2);
    open_the_gate(&hall.core).await;
    hall.at(2).await;
    hall.at(3).await;
    assert_eq!(runs_of("cron-swap", "tock", "* * * * *"), [1, 3], "each time at most once, whichever version runs");
    assert_eq!(hall.series(r#"meadhall_plugin_cron_skipped_total{plugin="cron-swap"}"#), "1");
}

async fn open_the_gate(core: &Core) {
    let open = Put {
        id: ObjectId { collection: "gate".into(), key: "open".into(), owner: UserId::NIL },
        value: "{}".into(),
        condition: Condition::Always,
        read: ReadPermission::None,
        write: WritePermission::None,
    };
    core.storage.write(vec![open]).await.unwrap();
}

#[tokio::test]
async fn plugins_may_share_an_expression_and_fail_alone() {
    let setup = Setup::new(short())
        .plugin("cron-fails", "hostile", &[("prefix", "1."), ("cron", "0 4 * * *"), ("tick", "fail")])
        .plugin("cron-traps", "hostile", &[("prefix", "2."), ("cron", "0 4 * * *"), ("tick", "trap")])
        .plugin("cron-loops", "hostile", &[("prefix", "3."), ("cron", "0 4 * * *"), ("tick", "loop")])
        .plugin("cron-fine", "hostile", &[("prefix", "4."), ("cron", "0 4 * * *")]);
    let mut hall = Hall::of(setup, "cron-fine").await;
    hall.at(1).await;
    hall.at(2).await;
    assert_eq!(hall.runs("0 4 * * *"), [2]);
    for (plugin, why) in [
        ("cron-fails", "no time for this"),
        ("cron-traps", r#": cron \"0 4 * * *\" trapped"#),
        ("cron-loops", r#"cron \"0 4 * * *\" ran longer than 300 ms"#),
    ] {
        let told = |line: &String| {
            line.starts_with("a scheduled run failed") && line.replace('\\', "").contains(&why.replace('\\', ""))
        };
        assert!(logs::of(plugin).iter().any(told), "{plugin}: {:?}", logs::of(plugin));
    }
}

#[tokio::test]
async fn a_schedule_that_is_stopped_begins_nothing() {
    let Hall { clock, plugins, core, schedule, .. } = Hall::with("cron-stopped", &[("cron", "* * * * *")]).await;
    let (stop, runs) = (CancellationToken::new(), schedule.runs());
    stop.cancel();
    clock.set(at(1));
    schedule.follow(stop).await;
    runs.wait().await;
    assert!(runs_of("cron-stopped", "tick", "* * * * *").is_empty());
    let mut later = Schedule::new(plugins, core.env.clone());
    clock.set(at(2));
    later.look();
    later.runs().wait().await;
    assert_eq!(runs_of("cron-stopped", "tick", "* * * * *"), [2], "what fell into the time between is not made up for");
}

#[tokio::test]
async fn the_clock_is_followed_by_itself() {
    let Hall { clock, schedule, .. } = Hall::with("cron-follows", &[("cron", "0 4 * * *")]).await;
    let (stop, runs) = (CancellationToken::new(), schedule.runs());
    let following = tokio::spawn(schedule.follow(stop.clone()));
    clock.set(at(2));
    while runs_of("cron-follows", "tick", "0 4 * * *").is_empty() {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    following.await.unwrap();
    runs.wait().await;
    assert_eq!(runs_of("cron-follows", "tick", "0 4 * * *"), [2]);
}

#[tokio::test]
async fn an_expression_that_cannot_be_read_refuses_the_load_by_its_field() {
    for (expression, says) in [
        ("0 25 * * *", r#"it registers cron "0 25 * * *", whose hour "25" is wrong: it is 0 to 23"#),
        ("0 4 * * Someday", r#"whose day of the week "Someday" is wrong"#),
        ("0 4 * *", "which has 4 of the five fields"),
        ("@fortnightly", "a name that is none of @yearly"),
    ] {
        let problem = Setup::new(short()).plugin("odd", "hostile", &[("cron", expression)]).problem().await;
        assert!(problem.starts_with("plugin \"odd\" cannot be loaded: "), "{problem}");
        assert!(problem.contains(says) && !problem.contains('\n'), "{problem}");
    }
    let many = (0..=100).map(|n| format!("{} {} * * *;", n % 60, n / 60)).collect::<String>();
    let problem = Setup::new(short()).plugin("odd", "hostile", &[("cron", &many)]).problem().await;
    assert_eq!(problem, "plugin \"odd\" registers more than 100 cron expressions");
}
