//! Who runs a server: `meadhall plugin list`, `reload` and `rollback` against it, as somebody types them.

use crate::http::Http;
use crate::process::binary;
use crate::server::development;
use anyhow::{Context, Result, bail};
use meadhall::net::tokens::Tokens;
use meadhall_core::clock::Environment;
use reqwest::Method;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// The operator of a server that was started with `--dev`.
#[derive(Clone, Debug)]
pub struct Operator {
    addr: SocketAddr,
}

impl Operator {
    /// Of the server that listens there.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr }
    }

    /// What `plugin list` shows.
    ///
    /// # Errors
    /// When it fails; the error is what it says.
    pub async fn list(&self) -> Result<String> {
        self.run(&["list"]).await
    }

    /// One plugin of the list.
    ///
    /// # Errors
    /// When the list has no such plugin, or fails.
    pub async fn status(&self, name: &str) -> Result<Value> {
        let mut list: Value = serde_json::from_str(&self.run(&["list", "--json"]).await?)?;
        let plugins = list["plugins"].as_array_mut().context("no plugins in the list")?;
        let place = plugins.iter().position(|plugin| plugin["name"] == name);
        Ok(plugins.swap_remove(place.with_context(|| format!("no plugin {name:?} in the list"))?))
    }

    /// Reloads one plugin, or all.
    ///
    /// # Errors
    /// When one cannot be replaced; the error is what the command says.
    pub async fn reload(&self, name: Option<&str>) -> Result<String> {
        let arguments: Vec<_> = ["reload"].into_iter().chain(name).collect();
        self.run(&arguments).await
    }

    /// As [`Self::reload`], of one plugin and without a process for it, which would take time from what is measured.
    ///
    /// # Errors
    /// When it cannot be replaced.
    pub async fn reload_directly(&self, name: &str) -> Result<()> {
        let session = development(Path::new("")).session;
        let token = Tokens::new(&session).sign_operator(Environment::system().now());
        let path = format!("/meadhall/plugin/reload?name={name}");
        Http::new(self.addr).call(Method::POST, &path, &token, None).await?.ok().map(drop)
    }

    /// Goes back to the version before, or to another one.
    ///
    /// # Errors
    /// When that cannot be done; the error is what the command says.
    pub async fn roll_back(&self, name: &str, to: Option<&str>) -> Result<String> {
        let to = to.into_iter().flat_map(|to| ["--to", to]);
        let arguments: Vec<_> = ["rollback", name].into_iter().chain(to).collect();
        self.run(&arguments).await
    }

    async fn run(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(binary()?);
        command.arg("plugin").args(arguments).args(["--dev", "--listen"]).arg(self.addr.to_string());
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(crate::PATIENCE, output).await.context("the command does not end")??;
        let (printed, said) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
        if !output.status.success() {
            bail!("{}{printed}", said.trim_end());
        }
        Ok(printed)
    }
}
