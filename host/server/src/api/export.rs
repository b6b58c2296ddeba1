//! `GET /meadhall/export`: everything that is stored, for the operator. No part of the public API.

use super::body::Incoming;
use super::operator::operator;
use super::reply::Reply;
use crate::app::App;
use crate::failure::Failure;
use anyhow::Context as _;
use axum::body::Body;
use axum::http::header::HeaderValue;
use futures_util::future::BoxFuture;
use meadhall_protocol::error::Code;
use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio_util::io::ReaderStream;
use tracing::{info, warn};

/// Where the running server is asked.
pub const EXPORT_PATH: &str = "/meadhall/export";

/// Answers with the lines of the export.
pub(super) fn export(incoming: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(async move {
        match answer(incoming).await {
            Ok(lines) => Reply::stream(HeaderValue::from_static("application/jsonl"), lines),
            Err(failure) => Reply::failure(&failure),
        }
    })
}

async fn answer(incoming: Incoming) -> Result<Body, Failure> {
    let app = Arc::clone(&incoming.app);
    operator(&incoming)?;
    let failed = |error: anyhow::Error| {
        warn!("the export failed: {error:#}");
        Failure::new(Code::Internal, "the export failed, the server's log says why")
    };
    let handle = Handle::current();
    let exported = tokio::task::spawn_blocking(move || write_export(&app, &handle)).await;
    let file = exported.context("the export ended early").and_then(|result| result).map_err(failed)?;
    Ok(Body::from_stream(ReaderStream::new(tokio::fs::File::from_std(file))))
}

/// A file without a name beside the data, for an export: a client that reads slowly, or not at all, costs disk for as
/// long as it is connected, and no memory; and what it gets is whole or nothing.
pub(super) fn new_file(app: &App) -> io::Result<BufWriter<File>> {
    Ok(BufWriter::new(tempfile::tempfile_in(&app.config.server.data_dir)?))
}

/// A file that is written, to be read from its beginning.
pub(super) fn rewound(file: BufWriter<File>) -> io::Result<File> {
    let mut file = file.into_inner().map_err(|error| error.into_error())?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

fn write_export(app: &App, handle: &Handle) -> anyhow::Result<File> {
    let mut file = new_file(app)?;
    let count = handle.block_on(app.core.store.export(|line| writeln!(file, "{line}")))?;
    info!(count, "exported");
    Ok(rewound(file)?)
}
