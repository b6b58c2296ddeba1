//! What is shown of the evening, and what was expected of it.

use anyhow::{Result, bail};
use meadhall_tests::process::ServerProcess;

/// Prints what each side sees, and remembers what it should have seen and did not.
pub(crate) struct Stage<'a> {
    server: &'a ServerProcess,
    seen: usize,
    missing: Vec<String>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(server: &'a ServerProcess) -> Self {
        Self { server, seen: 0, missing: Vec::new() }
    }

    /// The next scene.
    pub(crate) fn scene(&self, title: &str) {
        println!("\n{title}");
    }

    /// Something that one side must see: `line` is it, or why it is not there.
    pub(crate) fn sees(&mut self, who: &str, line: Result<String>) {
        match line {
            Ok(line) => {
                self.seen += 1;
                println!("  {who:<10} {line}");
            }
            Err(error) => {
                println!("  {who:<10} MISSING: {error:#}");
                self.missing.push(format!("{who}: {error:#}"));
            }
        }
    }

    /// A line that a plugin must log: the first that has all the words.
    pub(crate) async fn plugin_logs(&mut self, plugin: &str, words: &[&str]) {
        let what = format!("a line of {plugin} with {words:?}");
        let has_all = |line: &str| {
            (line.contains(plugin) && words.iter().all(|word| line.contains(word))).then(|| line.to_owned())
        };
        let line = self.server.wait_for_line(&what, has_all).await;
        self.sees("plugin log", line);
    }

    /// The verdict.
    ///
    /// # Errors
    /// When something was missing.
    pub(crate) fn close(self) -> Result<()> {
        if !self.missing.is_empty() {
            bail!(
                "{} of {} expected lines are missing:\n{}",
                self.missing.len(),
                self.missing.len() + self.seen,
                self.missing.join("\n")
            );
        }
        println!("\nAll {} expected lines were seen.", self.seen);
        Ok(())
    }
}
