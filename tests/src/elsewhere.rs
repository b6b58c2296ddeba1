//! A server elsewhere, for plugins to ask: on loopback, and as bad as a test wants it.

use parking_lot::Mutex;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// A server that answers as it is told, and remembers what it was asked. It is gone when this is dropped.
#[derive(Debug)]
pub struct Elsewhere {
    addr: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    manner: Mutex<Manner>,
    asked: Mutex<Vec<Asked>>,
    more: Notify,
}

/// A request that arrived whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Method and target, such as `POST /batch`.
    pub line: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// How the server answers.
#[derive(Clone, Debug)]
pub struct Manner {
    answer: Vec<u8>,
    then: Then,
}

#[derive(Clone, Copy, Debug)]
enum Then {
    Close,
    ReadOn,
    Wait,
    Drip,
    Pour,
}

impl Manner {
    /// An answer with this status, headers (`name: value`) and body.
    pub fn answer(status: u16, headers: &[&str], body: impl AsRef<[u8]>) -> Self {
        let length = format!("content-length: {}", body.as_ref().len());
        let headers: Vec<_> = headers.iter().copied().chain([length.as_str(), "connection: close"]).collect();
        Self::raw(status, &headers, body)
    }

    /// The same, without the headers that say how long it is.
    pub fn raw(status: u16, headers: &[&str], body: impl AsRef<[u8]>) -> Self {
        let mut answer = format!("HTTP/1.1 {status} As Told\r\n").into_bytes();
        headers.iter().for_each(|header| answer.extend_from_slice(format!("{header}\r\n").as_bytes()));
        answer.extend_from_slice(b"\r\n");
        answer.extend_from_slice(body.as_ref());
        Self { answer, then: Then::Close }
    }

    /// These bytes, whatever they are.
    pub fn bytes(answer: impl Into<Vec<u8>>) -> Self {
        Self { answer: answer.into(), then: Then::Close }
    }

    /// Goes on with another request on the same connection.
    #[must_use]
    pub fn read_on(self) -> Self {
        Self { then: Then::ReadOn, ..self }
    }

    /// Says nothing more, and keeps the connection open.
    #[must_use]
    pub fn wait(self) -> Self {
        Self { then: Then::Wait, ..self }
    }

    /// Goes on with a byte a second.
    #[must_use]
    pub fn drip(self) -> Self {
        Self { then: Then::Drip, ..self }
    }

    /// Goes on with as many bytes as somebody takes.
    #[must_use]
    pub fn pour(self) -> Self {
        Self { then: Then::Pour, ..self }
    }
}

impl Elsewhere {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start(manner: Manner) -> io::Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), manner).await
    }

    /// Starts a server at an address.
    ///
    /// # Errors
    /// When it is taken.
    pub async fn start_at(addr: SocketAddr, manner: Manner) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared { manner: Mutex::new(manner), asked: Mutex::default(), more: Notify::new() });
        let serving = shared.clone();
        let task = tokio::spawn(async move {
            // With it all its connections go.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = serving.clone();
                connections.spawn(async move {
                    // An end that the test causes is as good as any.
                    let _ = shared.serve(stream).await;
                });
            }
        });
        Ok(Self { addr, shared, task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Answers like this from now on.
    pub fn answers(&self, manner: Manner) {
        *self.shared.manner.lock() = manner;
    }

    /// All that it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().clone()
    }

    /// Waits until it was asked so many times in all.
    pub async fn asked_times(&self, times: usize) {
        loop {
            // Asked for before looking, so that no request slips in between.
            let more = self.shared.more.notified();
            if self.shared.asked.lock().len() >= times {
                return;
            }
            more.await;
        }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Asked {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn read(head: &str) -> Self {
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Self { line, headers, body: Vec::new() }
    }

    fn length(&self) -> usize {
        self.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)
    }
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut received = Vec::new();
        while let Some(asked) = read(&mut stream, &mut received).await? {
            self.asked.lock().push(asked);
            // Before others hear of the request, so that they can change it for the next.
            let Manner { answer, then } = self.manner.lock().clone();
            self.more.notify_waiters();
            stream.write_all(&answer).await?;
            match then {
                Then::ReadOn => {}
                Then::Close => return Ok(()),
                Then::Wait => std::future::pending::<()>().await,
                Then::Drip => loop {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    stream.write_all(b".").await?;
                },
                Then::Pour => loop {
                    stream.write_all(&[b'.'; 4096]).await?;
                },
            }
        }
        Ok(())
    }
}

/// Reads a request whole; none when the connection ends.
async fn read(stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<Option<Asked>> {
    loop {
        if let Some(end) = received.windows(4).position(|end| end == b"\r\n\r\n") {
            let mut asked = Asked::read(&String::from_utf8_lossy(&received[..end]));
            let (from, to) = (end + 4, end + 4 + asked.length());
            if received.len() >= to {
                asked.body = received[from..to].to_vec();
                received.drain(..to);
                return Ok(Some(asked));
            }
        }
        if stream.read_buf(received).await? == 0 {
            return Ok(None);
        }
    }
}
