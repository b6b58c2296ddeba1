//! `meadhall account`: what an operator does to one account, through the running server.

use super::configuration::ConfigurationArgs;
use super::remote::{self, Asked};
use super::transfer::{output, tell};
use crate::api::ACCOUNT_PATH;
use anyhow::Context as _;
use axum::http::Method;
use clap::{Args, Subcommand};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::io::{self, Write as _};
use std::path::PathBuf;
use tokio::runtime::Runtime;

/// What `account` does.
#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Disables an account: its sockets close, its tokens end, and it cannot log in.
    Ban(AccountArgs),
    /// Enables an account again.
    Unban(AccountArgs),
    /// Writes everything that is stored about a user as one JSON document.
    Export(AccountExportArgs),
    /// Deletes an account with all that it owns; messages stay. There is no way back.
    Delete(AccountArgs),
}

/// Which account.
#[derive(Debug, Args)]
pub(super) struct AccountArgs {
    #[command(flatten)]
    configuration: ConfigurationArgs,
    /// The user's id or name.
    #[arg(value_name = "USER_ID_OR_NAME")]
    user: String,
}

/// What `account export` takes.
#[derive(Debug, Args)]
pub(super) struct AccountExportArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Where to; must not exist. Without it: standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl AccountCommand {
    /// Asks the server that runs with this configuration.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Ban(account) => {
                account.ask(Method::POST, "/ban", &mut io::sink()).map(|user| tell_done("banned", &user))
            }
            Self::Unban(account) => {
                account.ask(Method::POST, "/unban", &mut io::sink()).map(|user| tell_done("unbanned", &user))
            }
            Self::Delete(account) => {
                account.ask(Method::DELETE, "", &mut io::sink()).map(|user| tell_done("deleted", &user))
            }
            Self::Export(AccountExportArgs { account, output: path }) => {
                let mut output = output(path.as_deref())?;
                account.ask(Method::GET, "/export", &mut output)?;
                writeln!(output).and_then(|()| output.flush()).context("cannot write the export")
            }
        }
    }
}

impl AccountArgs {
    fn ask(self, method: Method, action: &str, output: &mut impl io::Write) -> anyhow::Result<String> {
        let Self { configuration, user } = self;
        let config = configuration.load()?;
        let path = format!("{ACCOUNT_PATH}{}{action}", utf8_percent_encode(&user, NON_ALPHANUMERIC));
        let runtime = Runtime::new().context("cannot start the threads of the request")?;
        let asked = Asked { method, path: &path, why: "no server answers" };
        runtime.block_on(remote::ask(config, asked, output))?;
        Ok(user)
    }
}

fn tell_done(what: &str, user: &str) {
    tell(&format!("{what} {user}"));
}
