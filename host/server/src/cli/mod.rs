//! The command line: what each command is called and takes. Each runs in a file of its own.

mod account;
mod configuration;
mod plugin;
mod print;
mod remote;
mod serve;
mod transfer;

use clap::{CommandFactory as _, Parser, Subcommand};
use std::io::Write as _;
use std::process::ExitCode;

/// A game server for unmodified Nakama clients, with game logic as WebAssembly plugins.
#[derive(Debug, Parser)]
#[command(name = "meadhall", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server until SIGTERM or Ctrl-C.
    Serve(serve::ServeArgs),
    /// Writes everything that is stored as JSON lines.
    Export(transfer::ExportArgs),
    /// Reads what an export wrote into an empty data folder.
    Import(transfer::ImportArgs),
    /// Disables, enables, exports and deletes an account of the running server.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Makes, builds and checks plugins, and replaces those of the running server.
    Plugin(plugin::PluginArgs),
    /// Shows the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Prints every setting as it is in force, as a commented TOML file.
    Print(print::PrintArgs),
}

/// The command line as data: what a page says of it is checked by this.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Runs the command that the arguments name.
///
/// Exit codes: 0 done, 1 refused or failed (one sentence on standard error says why), 2 wrong arguments.
pub fn run() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve(arguments) => arguments.run(),
        Command::Export(arguments) => arguments.run().map(|()| ExitCode::SUCCESS),
        Command::Import(arguments) => arguments.run().map(|()| ExitCode::SUCCESS),
        Command::Account(command) => command.run().map(|()| ExitCode::SUCCESS),
        Command::Plugin(arguments) => arguments.run().map(|()| ExitCode::SUCCESS),
        Command::Config(ConfigCommand::Print(arguments)) => arguments.run().map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "meadhall: {error:#}");
        ExitCode::FAILURE
    })
}
