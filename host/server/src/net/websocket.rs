//! One websocket over TCP: frames in, frames out, and never a wait.
//!
//! The websocket protocol is tungstenite's, over a transport that gathers what is written, so that any number of frames
//! leaves in one system call, and that asks the socket without waiting, so that one task can read and write.

use bytes::Bytes;
use meadhall_core::session::CloseReason;
use meadhall_protocol::codec::Format;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Error, Message, Utf8Bytes};

/// Bytes read from a socket at once. Every connection holds this much, so it is no larger than the messages are.
const READ_BUFFER_SIZE: usize = 4096;

/// Frames above this are not read to their end, not even to answer with a proper close.
const FRAME_SIZE_MAX: usize = 64 << 10;

/// What an empty write buffer may keep; a burst's memory is given back.
const IDLE_WRITE_CAPACITY: usize = 1024;

/// A websocket whose handshake is done.
#[derive(Debug)]
pub(super) struct WebSocket {
    inner: tungstenite::WebSocket<Transport>,
    format: Format,
    /// Nothing sensible can be read any more.
    garbled: bool,
}

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// A message, whole, of the frame type that belongs to the format.
    Message(Bytes),
    /// The answer to a ping.
    Pong,
    /// Something that needs no answer from us.
    Nothing,
}

impl WebSocket {
    /// Takes over a connection after the handshake; `read` is what was read of it too much.
    pub(super) fn new(tcp: TcpStream, read: &[u8], format: Format, max_message_size: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_SIZE)
            // The transport gathers.
            .write_buffer_size(0)
            .max_message_size(Some(max_message_size))
            .max_frame_size(Some(max_message_size.max(FRAME_SIZE_MAX)));
        let transport = Transport { tcp, waiting: Vec::new(), written: 0, progressed: false };
        let inner = tungstenite::WebSocket::from_partially_read(transport, read.to_vec(), Role::Server, Some(config));
        Self { inner, format, garbled: false }
    }

    /// What is here of the client's, without waiting; none when that is nothing.
    ///
    /// # Errors
    /// The reason to end the session: the client closed, broke the protocol, or is gone.
    pub(super) fn receive(&mut self) -> Result<Option<Received>, CloseReason> {
        match self.inner.read() {
            Ok(Message::Text(text)) if self.format == Format::Json => Ok(Some(Received::Message(text.into()))),
            Ok(Message::Binary(bytes)) if self.format == Format::Protobuf => Ok(Some(Received::Message(bytes))),
            Ok(Message::Text(_) | Message::Binary(_)) => Err(CloseReason::UnexpectedMessageType),
            Ok(Message::Pong(_)) => Ok(Some(Received::Pong)),
            Ok(Message::Ping(_) | Message::Frame(_)) => Ok(Some(Received::Nothing)),
            Ok(Message::Close(_)) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => {
                Err(CloseReason::ClosedByClient)
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(Error::Capacity(_)) => Err(CloseReason::MessageTooBig),
            Err(Error::Utf8(_)) => Err(CloseReason::MalformedPayload),
            Err(error) => {
                self.garbled = true;
                Err(CloseReason::Broken(error.to_string()))
            }
        }
    }

    /// Adds a message to what is written with the next [`Self::flush`].
    pub(super) fn feed(&mut self, message: Bytes) -> Result<(), CloseReason> {
        let kind = match self.format {
            Format::Json => Data::Text,
            Format::Protobuf => Data::Binary,
        };
        // A frame of our own making: JSON is UTF-8, and need not be looked through for it once more.
        let frame = Frame::message(message, OpCode::Data(kind), true);
        self.inner.write(Message::Frame(frame)).map_err(broken)
    }

    /// Adds a ping.
    pub(super) fn feed_ping(&mut self) -> Result<(), CloseReason> {
        self.inner.write(Message::Ping(Bytes::new())).map_err(broken)
    }

    /// Writes what the socket takes, without waiting. Some may be left: see [`Self::is_blocked`].
    pub(super) fn flush(&mut self) -> Result<(), CloseReason> {
        match self.inner.flush() {
            Ok(()) => Ok(()),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(broken(error)),
        }
    }

    /// Whether the socket takes no more, and something is left to write.
    pub(super) fn is_blocked(&self) -> bool {
        !self.inner.get_ref().waiting.is_empty()
    }

    /// Whether the socket took bytes since this was last asked.
    pub(super) fn take_progress(&mut self) -> bool {
        std::mem::take(&mut self.inner.get_mut().progressed)
    }

    /// Resolves when there is something to read. Cancel safe.
    pub(super) async fn readable(&self) {
        let tcp = &self.inner.get_ref().tcp;
        // An error is seen by whoever reads.
        let _ = std::future::poll_fn(|context| tcp.poll_read_ready(context)).await;
    }

    /// Resolves when the socket takes bytes again. Cancel safe.
    pub(super) async fn writable(&self) {
        let tcp = &self.inner.get_ref().tcp;
        // An error is seen by whoever writes.
        let _ = std::future::poll_fn(|context| tcp.poll_write_ready(context)).await;
    }

    /// Sends a close frame, or answers the client's, and reads until both are through. The caller bounds the time.
    pub(super) async fn close(&mut self, reason: &CloseReason) {
        if self.inner.can_write() {
            // What the frame says has no more than 125 bytes with its code, or it could not be sent.
            let text = reason.to_string();
            let (code, text) = match reason {
                CloseReason::MessageTooBig => (CloseCode::Size, ""),
                CloseReason::Broken(_) if self.garbled => (CloseCode::Protocol, text.as_str()),
                _ => (CloseCode::Normal, text.as_str()),
            };
            let reason = Utf8Bytes::from(&text[..text.floor_char_boundary(123)]);
            // Whether it could be written shows below.
            let _ = self.inner.close(Some(CloseFrame { code, reason }));
        }
        while self.finish().is_ok_and(|done| !done) {
            if self.is_blocked() {
                self.writable().await;
            } else {
                self.readable().await;
            }
        }
    }

    /// One step of the end: writes what is left, and reads towards the client's close. True when both are done.
    fn finish(&mut self) -> Result<bool, Error> {
        // tungstenite hands its answer to a close to the transport, and does not flush it.
        let answered = match self.inner.flush() {
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => true,
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
            Ok(()) => false,
        };
        match self.inner.get_mut().flush() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            written => written?,
        }
        if answered {
            return Ok(true);
        }
        loop {
            let read = if self.garbled { self.inner.get_mut().discard() } else { self.inner.read().map(drop) };
            match read {
                Ok(()) => {}
                Err(Error::Capacity(_) | Error::Utf8(_)) => self.garbled = true,
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(Error::ConnectionClosed) => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }
}

fn broken(error: Error) -> CloseReason {
    CloseReason::Broken(error.to_string())
}

/// A TCP connection that is read without waiting, and whose writes are gathered until they are flushed.
#[derive(Debug)]
struct Transport {
    tcp: TcpStream,
    /// To be written; emptied once all of it is.
    waiting: Vec<u8>,
    /// How many bytes of `waiting` are written.
    written: usize,
    progressed: bool,
}

impl Transport {
    /// Reads and forgets.
    fn discard(&mut self) -> Result<(), Error> {
        let mut scratch = [0; 4096];
        match self.read(&mut scratch) {
            Ok(0) => Err(Error::ConnectionClosed),
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

// Both sides poll with a waker that wakes nobody: whoever then waits polls for readiness with a waker of its own, which
// takes its place and misses nothing. Unlike `try_read` and `try_write`, polling also remembers that a short read or
// write has emptied or filled the socket, which spares the system call that would only say so.

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        match Pin::new(&mut self.tcp).poll_read(&mut Context::from_waker(Waker::noop()), &mut buffer) {
            Poll::Ready(result) => result.map(|()| buffer.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.written < self.waiting.len() {
            let rest = &self.waiting[self.written..];
            match Pin::new(&mut self.tcp).poll_write(&mut Context::from_waker(Waker::noop()), rest) {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) => {
                    self.written += count;
                    self.progressed = true;
                }
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
            }
        }
        self.written = 0;
        if self.waiting.capacity() > IDLE_WRITE_CAPACITY {
            self.waiting = Vec::new();
        } else {
            self.waiting.clear();
        }
        Ok(())
    }
}
