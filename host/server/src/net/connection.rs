//! One connected socket, from the end of its handshake to the end of its session.
//!
//! One task does all of it: it reads requests and has them handled one after another, writes what waits in the outbox,
//! pings, and ends the session. While a request is handled it goes on writing, but reads no further; and from a client
//! that does not take what is written, it does not read.

use super::keepalive::{Due, Keepalive};
use super::websocket::{Received, WebSocket};
use crate::app::App;
use crate::pipeline::{self, Client, push};
use bytes::Bytes;
use meadhall_core::outbox::Outgoing;
use meadhall_core::session::{CloseReason, Session};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_util::task::TaskTracker;
use tracing::{debug, info};

/// How many messages are handled before what they caused is written. It bounds how long a client that sends without
/// end goes unanswered.
const BURST: usize = 64;

/// A request that is being handled.
type Request = Pin<Box<dyn Future<Output = Result<(), CloseReason>> + Send>>;

/// Serves a socket until it ends, and ends its session. `tasks` takes over a request that is still running then.
pub(super) async fn run(client: Client, socket: WebSocket, tasks: TaskTracker) {
    let mut ending = Ending { app: client.app.clone(), session: client.session.clone(), stage: Stage::Open };
    let close_ack_wait = Duration::from_millis(client.app.config.socket.close_ack_wait_ms);
    let client = Arc::new(client);
    let mut connection = Connection::new(client.clone(), socket);
    let reason = connection.serve(&tasks).await;
    // Whoever asked the session to end first has said why.
    client.session.close(reason);
    let reason = client.session.close_reason().unwrap_or(CloseReason::ClosedByClient);
    log_end(&client.session, &reason);
    if matches!(reason, CloseReason::SlowConsumer) {
        client.app.metrics.slow_consumers.increment(1);
    }
    ending.untrack(reason.clone());
    // What the session has been sent until now still goes out, then the close frame.
    let close = async {
        connection.drain();
        connection.socket.close(&reason).await;
    };
    // Beyond the wait the client has had its chance.
    let _ = timeout(close_ack_wait, close).await;
    drop(connection);
    ending.end();
}

/// What a connection works with.
struct Connection {
    client: Arc<Client>,
    socket: WebSocket,
    keepalive: Keepalive,
    /// What was taken from the outbox, on its way into the socket.
    batch: Vec<Outgoing>,
}

/// What a connection waited for.
enum Wake {
    /// There may be something to read.
    Readable,
    /// The request in progress is handled.
    Handled(Result<(), CloseReason>),
    /// `batch` is filled.
    Outgoing,
    /// The socket takes bytes again.
    Writable,
    /// It is time for the keepalive, or to look whether a blocked socket has moved.
    Time,
    /// The session is to end.
    Close(CloseReason),
}

impl Connection {
    fn new(client: Arc<Client>, socket: WebSocket) -> Self {
        let keepalive = Keepalive::new(&client.app.config.socket, Instant::now());
        Self { client, socket, keepalive, batch: Vec::new() }
    }

    /// Serves until there is a reason to end.
    async fn serve(&mut self, tasks: &TaskTracker) -> CloseReason {
        let mut request = None;
        let reason = match self.serve_requests(&mut request).await {
            Ok(never) => match never {},
            Err(reason) => reason,
        };
        if let Some(request) = request {
            // It was accepted, so it is handled to its end; its answer finds no reader.
            tasks.spawn(request);
        }
        reason
    }

    async fn serve_requests(&mut self, request: &mut Option<Request>) -> Result<std::convert::Infallible, CloseReason> {
        let client = self.client.clone();
        let mut closing = pin!(client.session.closing());
        let mut overflowed = pin!(client.session.outbox.overflowed());
        let mut timer = pin!(sleep_until(self.keepalive.deadline()));
        loop {
            let more = self.read(request).await?;
            self.write_waiting()?;
            if more {
                tokio::task::yield_now().await;
                continue;
            }
            self.arm(timer.as_mut());
            let blocked = self.socket.is_blocked();
            let wake = tokio::select! {
                biased;
                reason = &mut closing => Wake::Close(reason),
                () = &mut overflowed => Wake::Close(CloseReason::SlowConsumer),
                result = handled(request), if request.is_some() => Wake::Handled(result),
                () = self.socket.writable(), if blocked => Wake::Writable,
                () = self.socket.readable(), if !blocked && request.is_none() => Wake::Readable,
                () = client.session.outbox.take(&mut self.batch), if !blocked => Wake::Outgoing,
                () = &mut timer => Wake::Time,
            };
            match wake {
                Wake::Close(reason) => return Err(reason),
                Wake::Readable => {}
                Wake::Handled(result) => {
                    *request = None;
                    result?;
                }
                Wake::Outgoing => self.write_batch()?,
                Wake::Writable => self.unblock()?,
                Wake::Time => self.time_passed(request.is_some())?,
            }
        }
    }

    /// Handles all messages that are here, so that a burst is answered with one write. True when it stopped before the
    /// last one.
    async fn read(&mut self, request: &mut Option<Request>) -> Result<bool, CloseReason> {
        for _ in 0..BURST {
            if request.is_some() || self.socket.is_blocked() {
                return Ok(false);
            }
            match self.socket.receive()? {
                None => return Ok(false),
                Some(Received::Message(message)) => {
                    self.keepalive.message();
                    *request = self.start(&message).await?;
                }
                Some(Received::Pong) => self.keepalive.alive(Instant::now()),
                Some(Received::Nothing) => {}
            }
        }
        Ok(true)
    }

    /// Begins to handle a message; none when that is all done already.
    async fn start(&mut self, message: &[u8]) -> Result<Option<Request>, CloseReason> {
        self.client.app.metrics.messages_in.increment(1);
        let envelope = pipeline::decode(&self.client, message)?;
        let mut request: Request = Box::pin(pipeline::process(self.client.clone(), envelope));
        match std::future::poll_fn(|context| Poll::Ready(request.as_mut().poll(context))).await {
            Poll::Ready(result) => result.map(|()| None),
            Poll::Pending => Ok(Some(request)),
        }
    }

    /// Writes what waits in the outbox, unless the socket has not taken the last of it yet.
    fn write_waiting(&mut self) -> Result<(), CloseReason> {
        if !self.socket.is_blocked() && self.client.session.outbox.try_take(&mut self.batch) {
            self.write_batch()?;
        }
        Ok(())
    }

    /// Writes what was taken from the outbox, in one system call where the socket takes it.
    fn write_batch(&mut self) -> Result<(), CloseReason> {
        let format = self.client.format;
        self.client.app.metrics.messages_out.increment(self.batch.len() as u64);
        for outgoing in self.batch.drain(..) {
            let bytes: Bytes = match outgoing {
                Outgoing::Reply(bytes) => bytes,
                Outgoing::Push(push) => push.encoded(format as usize, |event| push::encode(format, event)),
            };
            self.socket.feed(bytes)?;
        }
        if self.batch.capacity() > BURST {
            self.batch = Vec::new();
        }
        self.socket.flush()?;
        self.socket.take_progress();
        Ok(())
    }

    /// The socket that was blocked takes bytes again.
    fn unblock(&mut self) -> Result<(), CloseReason> {
        self.socket.flush()?;
        if self.socket.take_progress() {
            self.client.session.outbox.progress();
            // A client that takes what it is sent is there, though its pong may stand behind.
            self.keepalive.alive(Instant::now());
        }
        Ok(())
    }

    /// The timer has run out.
    fn time_passed(&mut self, busy: bool) -> Result<(), CloseReason> {
        if self.client.session.outbox.is_overflowing() {
            return Err(CloseReason::SlowConsumer);
        }
        match self.keepalive.due(Instant::now()) {
            Due::Nothing => Ok(()),
            Due::Ping => {
                self.socket.feed_ping()?;
                self.socket.flush()
            }
            // Nothing was read meanwhile, so the pong may have come.
            Due::Expired if busy => {
                self.keepalive.alive(Instant::now());
                Ok(())
            }
            Due::Expired => Err(CloseReason::PongTimeout),
        }
    }

    /// Sets the timer when it has run out, or when it runs out too late.
    fn arm(&self, mut timer: Pin<&mut Sleep>) {
        let mut deadline = self.keepalive.deadline();
        if self.socket.is_blocked() {
            let write_wait = Duration::from_millis(self.client.app.config.socket.write_wait_ms);
            deadline = deadline.min(Instant::now() + write_wait);
        }
        // Most signs of life only move the deadline away; then the timer is left alone, and set when it runs out.
        if timer.is_elapsed() || timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
    }

    /// Gives the socket all that waits, as far as it takes it.
    fn drain(&mut self) {
        if self.write_waiting().is_err() {
            // The connection is gone, and with it whoever would have read this.
            self.batch.clear();
        }
    }
}

/// Resolves when the request is handled.
async fn handled(request: &mut Option<Request>) -> Result<(), CloseReason> {
    match request {
        Some(request) => request.await,
        None => std::future::pending().await,
    }
}

/// Ends the session in its order, even when the task that serves it does not get to.
struct Ending {
    app: Arc<App>,
    session: Arc<Session>,
    stage: Stage,
}

/// How far the end of a session has come.
enum Stage {
    Open,
    /// Nobody sees it any more; its socket is being closed.
    Untracked(CloseReason),
    Ended,
}

impl Ending {
    /// Takes the session off all streams and lists.
    fn untrack(&mut self, reason: CloseReason) {
        self.app.core.close_session(&self.session);
        self.stage = Stage::Untracked(reason);
    }

    /// Tells of the end, after the socket is closed.
    fn end(&mut self) {
        if let Stage::Untracked(reason) = std::mem::replace(&mut self.stage, Stage::Ended) {
            self.app.core.end_session(&self.session, &reason);
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Stage::Open = self.stage {
            // Only a panic comes here: the task was about to serve.
            self.session.close(CloseReason::Broken("the server failed to handle it".into()));
            let reason = self.session.close_reason().unwrap_or(CloseReason::ProcessingFailed);
            self.untrack(reason);
        }
        self.end();
    }
}

/// Ends that the server chose are worth a line; those that a client can cause at will are not, or it could fill the log.
fn log_end(session: &Session, reason: &CloseReason) {
    let (id, user) = (session.id(), session.user_id());
    let text = reason.full_text();
    match reason {
        CloseReason::SlowConsumer | CloseReason::Disconnected { .. } => {
            info!(session = %id, user = %user, reason = text, "session closed by the server");
        }
        _ => debug!(session = %id, user = %user, reason = text, "session ended"),
    }
}
