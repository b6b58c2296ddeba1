//! `meadhall export` and `meadhall import`: everything as JSON lines.

use super::configuration::ConfigurationArgs;
use super::remote::{self, Asked};
use crate::config::Config;
use crate::server::store_config;
use anyhow::{Context as _, ensure};
use clap::Args;
use meadhall_core::OpenError;
use meadhall_core::store::Store;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use tokio::runtime::Runtime;

/// What `export` takes.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    configuration: ConfigurationArgs,
    /// Where to; must not exist. Without it: standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What `import` takes.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    configuration: ConfigurationArgs,
    /// Where from. Without it: standard input.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
}

impl ExportArgs {
    /// Writes everything that the data folder holds. A folder that a server runs on is exported by that server.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = self.configuration.load()?;
        let folder = &config.server.data_dir;
        ensure!(folder.is_dir(), "there is no data folder {}", folder.display());
        let mut output = output(self.output.as_deref())?;
        let runtime = Runtime::new().context("cannot start the threads of the export")?;
        runtime.block_on(async {
            match Store::open(folder, store_config(&config)) {
                Ok(store) => {
                    let count = store.export(|line| writeln!(output, "{line}")).await?;
                    store.close().await;
                    tell(&format!("exported {count} things from {}", folder.display()));
                }
                Err(OpenError::Locked(_)) => {
                    let bytes = remote::ask(config.clone(), Asked::export(), &mut output).await?;
                    tell(&format!("exported {bytes} bytes from the server at {}", config.server.listen));
                }
                Err(error) => return Err(error.into()),
            }
            output.flush().context("cannot write the export")
        })
    }
}

impl ImportArgs {
    /// Fills an empty data folder with what an export wrote, all or nothing.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config: Config = self.configuration.load()?;
        let folder = &config.server.data_dir;
        let input = input(self.input.as_deref())?;
        let runtime = Runtime::new().context("cannot start the threads of the import")?;
        runtime.block_on(async {
            let store = Store::open(folder, store_config(&config))?;
            let imported = store.import(input.lines()).await;
            store.close().await;
            tell(&format!("imported {} things into {}", imported?, folder.display()));
            tell("keys are not among them: copy keys.toml of the old data folder, or all clients have to be given a new one");
            Ok(())
        })
    }
}

/// A new file that its owner alone can read, since an export holds passwords' hashes, or standard output.
pub(super) fn output(path: Option<&Path>) -> anyhow::Result<Box<dyn Write>> {
    let Some(path) = path else { return Ok(Box::new(BufWriter::new(io::stdout()))) };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    Ok(Box::new(BufWriter::new(file.with_context(|| format!("cannot make {}", path.display()))?)))
}

fn input(path: Option<&Path>) -> anyhow::Result<BufReader<Box<dyn io::Read>>> {
    let Some(path) = path else { return Ok(BufReader::new(Box::new(io::stdin()))) };
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(BufReader::new(Box::new(file)))
}

/// On standard error, because standard output may be the export itself.
pub(super) fn tell(line: &str) {
    // Nobody is left to tell when it is closed.
    let _ = writeln!(io::stderr(), "{line}");
}
