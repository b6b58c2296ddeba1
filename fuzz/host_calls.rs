//! What guests can do to the host: bytes are a script of calls of host functions; see `host/server/src/plugin/fuzz.rs`, which
//! plays it and panics when a promise is broken. Here the memory of each call is bounded too. libFuzzer's `-timeout` finds a
//! call that blocks, and its `-rss_limit_mb` what adds up.

#![no_main]

use libfuzzer_sys::fuzz_target;
use meadhall::plugin::fuzz::{ARGUMENT_BYTES, Stage};
use peak_alloc::PeakAlloc;
use std::cell::OnceCell;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes that a call may take at once beyond what it was given: an account's export has 8 MiB, a page of storage 25.
const CALL_BYTES: usize = 96 << 20;

thread_local! {
    static STAGE: OnceCell<Stage> = const { OnceCell::new() };
}

fuzz_target!(|script: &[u8]| STAGE.with(|stage| play(stage.get_or_init(Stage::new), script)));

fn play(stage: &Stage, script: &[u8]) {
    MEMORY.reset_peak_usage();
    let mut before = MEMORY.current_usage();
    stage.play(script, |played| {
        let taken = MEMORY.peak_usage().saturating_sub(before);
        assert!(taken <= CALL_BYTES, "{} took {taken} bytes", played.function);
        assert!(played.argument_bytes <= ARGUMENT_BYTES);
        assert!(played.answer_bytes <= CALL_BYTES, "{} answers {} bytes", played.function, played.answer_bytes);
        MEMORY.reset_peak_usage();
        before = MEMORY.current_usage();
    });
}
