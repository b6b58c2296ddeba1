//! What the operator does to one account. No part of the public API.

use super::auth;
use super::body::Incoming;
use super::export::new_file;
use super::reply::{Empty, Reply};
use crate::app::App;
use crate::failure::Failure;
use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use futures_util::future::BoxFuture;
use meadhall_core::account::{AccountError, DocumentError};
use meadhall_core::ids::UserId;
use meadhall_protocol::codec;
use meadhall_protocol::error::Code;
use meadhall_protocol::texts;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio_util::io::ReaderStream;
use tracing::{info, warn};

/// Where the running server is asked; behind it the id or the name of the user, and what is to be done.
pub const ACCOUNT_PATH: &str = "/meadhall/account/";

/// Disables an account.
pub(super) fn ban(incoming: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(async move { answer(change(incoming, "banned", async |app: &App, user| app.core.ban(user).await).await) })
}

/// Enables an account again.
pub(super) fn unban(incoming: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(
        async move { answer(change(incoming, "unbanned", async |app: &App, user| app.core.unban(user).await).await) },
    )
}

/// Deletes an account.
pub(super) fn delete(incoming: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(async move {
        let delete = async |app: &App, user| {
            app.core.delete_account(user, app.tokens.all_expired_after(app.core.env.now())).await
        };
        answer(change(incoming, "deleted", delete).await)
    })
}

/// Answers with everything that is stored about a user.
pub(super) fn export(incoming: Incoming) -> BoxFuture<'static, Reply> {
    Box::pin(async move {
        match document(incoming).await {
            Ok(document) => Reply::stream(HeaderValue::from_static("application/json"), document),
            Err(failure) => Reply::failure(&failure),
        }
    })
}

fn answer(done: Result<(), Failure>) -> Reply {
    match done {
        Ok(()) => Reply::json(codec::to_json(&Empty {})),
        Err(failure) => Reply::failure(&failure),
    }
}

async fn change(
    incoming: Incoming,
    done: &'static str,
    change: impl AsyncFnOnce(&App, UserId) -> Result<(), AccountError>,
) -> Result<(), Failure> {
    let app = Arc::clone(&incoming.app);
    let user = account(incoming).await?;
    change(&app, user).await?;
    info!(%user, "account {done} by the operator");
    Ok(())
}

async fn document(incoming: Incoming) -> Result<Body, Failure> {
    let app = Arc::clone(&incoming.app);
    let user = account(incoming).await?;
    let handle = Handle::current();
    let written = tokio::task::spawn_blocking(move || write_document(&app, user, &handle)).await;
    let failed = |error: &dyn std::fmt::Display| {
        warn!(%user, %error, "the export of an account failed");
        Failure::new(Code::Internal, "the export failed, the server's log says why")
    };
    match written {
        Ok(Ok(file)) => Ok(Body::from_stream(ReaderStream::new(tokio::fs::File::from_std(file)))),
        Ok(Err(DocumentError::Account(error))) => Err(error.into()),
        Ok(Err(error)) => Err(failed(&error)),
        Err(error) => Err(failed(&error)),
    }
}

fn write_document(app: &App, user: UserId, handle: &Handle) -> Result<File, DocumentError> {
    let mut file = new_file(app)?;
    handle.block_on(app.core.export_account(user, |text| file.write_all(text.as_bytes())))?;
    info!(%user, "account exported for the operator");
    Ok(super::export::rewound(file)?)
}

/// Checks that it is the operator who asks, and finds the account of the path.
async fn account(mut incoming: Incoming) -> Result<UserId, Failure> {
    operator(&incoming)?;
    let app = Arc::clone(&incoming.app);
    let user = incoming.take_query()?.variable("user").to_owned();
    app.core.find_account(user.clone()).await.map_err(|error| match error {
        AccountError::NotFound => Failure::new(Code::NotFound, format!("there is no account {user:?}")),
        other => other.into(),
    })
}

/// Checks that it is the operator who asks.
pub(super) fn operator(incoming: &Incoming) -> Result<(), Failure> {
    let authorization = incoming.parts.headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let token = authorization.and_then(auth::bearer).unwrap_or_default();
    incoming
        .app
        .tokens
        .verify_operator(token, incoming.app.core.env.now())
        .map_err(|_| Failure::new(Code::Unauthenticated, texts::AUTH_TOKEN_INVALID))
}
