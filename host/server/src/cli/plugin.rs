//! `meadhall plugin`: what a plugin's author and a server's operator run.

mod cache;
mod carried;
mod check;
mod js;
mod language;
mod new;
mod python;
mod running;
mod rust;
mod test;

use clap::{Args, Subcommand};
use language::Language;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What `plugin` takes.
#[derive(Debug, Args)]
pub(super) struct PluginArgs {
    #[command(subcommand)]
    command: PluginCommand,
}

#[derive(Debug, Subcommand)]
enum PluginCommand {
    /// Makes a plugin in a new folder of its name, with the SDK inside.
    New {
        /// The plugin's name, such as `daily-rewards`.
        name: String,
        /// What it is written in.
        #[arg(long, value_enum, default_value = "rust")]
        lang: Language,
    },
    /// Builds a plugin, and prints where its component is.
    Build {
        /// The plugin's folder.
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Says what a built plugin registers and needs, or what is wrong with it.
    Check {
        /// The component, as `plugin build` prints it.
        file: PathBuf,
    },
    /// Runs a plugin in a server of its own, does what a script says, and reports what is not as expected.
    Test(test::TestArgs),
    /// Shows what runs in the running server: plugins with their versions, and those that are kept.
    List(running::ListArgs),
    /// Replaces plugins of the running server whose files or settings changed.
    Reload(running::ReloadArgs),
    /// Goes back to an earlier version of a plugin in the running server, until its file changes.
    Rollback(running::RollbackArgs),
}

impl PluginArgs {
    /// Runs the command.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let done = match self.command {
            PluginCommand::New { name, lang } => {
                new::new(Path::new("."), &name, lang)?;
                say(&format!("made {name}: its code is in {name}/{}", lang.source()))?;
                lang.install().map_or(Ok(()), |command| say(&format!("get its tools with: cd {name} && {command}")))?;
                say(&format!("build it with: meadhall plugin build {name}"))?;
                say(&format!("test it with: meadhall plugin test {name}"))?;
                let called = lang.component(&name);
                say(&format!("servers call it {called}; their settings for it stand under [plugin.{called}]"))
            }
            PluginCommand::Build { dir } => {
                let components = Language::of(&dir)?.build(&dir)?;
                components.iter().try_for_each(|component| say(&component.display().to_string()))
            }
            PluginCommand::Check { file } => say(&check::check(&file)?),
            PluginCommand::Test(arguments) => return arguments.run(),
            PluginCommand::List(arguments) => say(&arguments.run()?),
            PluginCommand::Reload(arguments) => say(&arguments.run()?),
            PluginCommand::Rollback(arguments) => say(&arguments.run()?),
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}

/// What is wrong with a script of `plugin test`.
pub(super) fn check_script(text: &str) -> Result<(), Vec<String>> {
    test::check_script(text)
}

/// Writes to standard output.
fn say(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        // Whoever reads it has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        said => Ok(said?),
    }
}
