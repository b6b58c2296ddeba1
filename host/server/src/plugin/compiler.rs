//! Where plugins are compiled, and where what is left of old versions is taken apart: on threads that calls do not need.

use super::slow_lane::lower_priority;
use anyhow::Context as _;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::oneshot;

/// How much of the machine a compilation may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// All processors: nobody is served yet.
    Full,
    /// One thread, of low priority.
    Background,
}

/// The thread that compiles beside the calls.
///
/// wasmtime compiles the functions of a component in parallel, on the rayon pool that it is called from: called from
/// this one, which has one thread, it keeps to that thread.
#[derive(Debug)]
pub(super) struct Compiler {
    background: ThreadPool,
}

impl Compiler {
    pub(super) fn start() -> anyhow::Result<Self> {
        let background = ThreadPoolBuilder::new()
            .num_threads(1)
            .thread_name(|_| "plugin-compiler".into())
            .start_handler(|_| lower_priority("compiling plugins"))
            // Without this a panic would end the process. Whoever waits for the work learns that it ended.
            .panic_handler(|_| tracing::error!("compiling a plugin failed inside the server"))
            .build()
            .context("cannot start the thread that compiles plugins")?;
        Ok(Self { background })
    }

    /// Runs blocking work to its end.
    ///
    /// # Errors
    /// When the work panics.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        effort: Effort,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let done = match effort {
            Effort::Full => tokio::task::spawn_blocking(work).await.ok(),
            Effort::Background => {
                let (sender, done) = oneshot::channel();
                self.background.spawn(move || {
                    // Nobody may wait any more: the server stops.
                    let _ = sender.send(work());
                });
                done.await.ok()
            }
        };
        done.context("the thread that compiles plugins failed")
    }

    /// Drops something large, some time soon.
    pub(super) fn discard(&self, garbage: impl Send + 'static) {
        self.background.spawn(move || drop(garbage));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_the_thread_goes_on() {
        let compiler = Compiler::start().unwrap();
        for effort in [Effort::Background, Effort::Full] {
            let failed = compiler.run(effort, || panic!("as in a compiler")).await;
            assert_eq!(failed.unwrap_err().to_string(), "the thread that compiles plugins failed");
            assert_eq!(compiler.run(effort, || 5).await.unwrap(), 5);
        }
    }

    #[tokio::test]
    async fn in_the_background_even_parallel_work_keeps_to_one_thread() {
        let compiler = Compiler::start().unwrap();
        let threads = compiler.run(Effort::Background, rayon::current_num_threads).await.unwrap();
        assert_eq!(threads, 1);
    }
}
