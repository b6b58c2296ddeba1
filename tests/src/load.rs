//! Clients that keep a server busy at an even pace: calls over a few sockets, and a crowd that only listens.

use crate::http::Http;
use crate::socket::Socket;
use anyhow::{Context, Result, anyhow, ensure};
use futures_util::future::try_join_all;
use futures_util::{SinkExt, StreamExt};
use meadhall_protocol::codec::Format;
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

/// Calls that one connection may be behind.
const BEHIND: usize = 10_000;

/// Calls of RPCs in turn, so many a second, over sockets.
#[derive(Debug)]
pub struct Load {
    answers: Arc<Mutex<Answers>>,
    connections: JoinSet<Result<()>>,
    stop: Arc<AtomicBool>,
    pacer: JoinHandle<Result<()>>,
}

/// What came of the calls.
#[derive(Debug, Default)]
pub struct Answers {
    /// From the moment when each call was due to its answer.
    pub latencies: Vec<Duration>,
    /// How many of each RPC were answered, in the order in which they were given.
    pub answered: Vec<u64>,
    /// What was answered with an error.
    pub failures: Vec<String>,
}

/// A call that has been sent.
struct Pending {
    cid: u64,
    due: Instant,
    rpc: usize,
}

impl Load {
    /// Begins to call: `rate` calls a second, over `connections` sockets.
    ///
    /// # Errors
    /// When the sockets cannot be opened.
    pub async fn start(addr: SocketAddr, connections: usize, rate: u32, rpcs: &[&str]) -> Result<Self> {
        let rpcs: Arc<[String]> = rpcs.iter().map(|id| (*id).to_owned()).collect();
        let answers = Arc::new(Mutex::new(Answers::default()));
        let (mut tasks, mut lines) = (JoinSet::new(), Vec::new());
        for number in 0..connections {
            let login = Http::new(addr).log_in(&format!("device-of-caller-{number}"), "").await?;
            let socket = Socket::open(addr, &login.token, Format::Json).await?;
            let (line, due) = mpsc::channel(BEHIND);
            lines.push(line);
            tasks.spawn(call(socket, due, Arc::clone(&rpcs), Arc::clone(&answers)));
        }
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        // The runtime's timer counts whole milliseconds, which would hide what is measured: a thread keeps the pace.
        let pacer = std::thread::spawn(move || pace(&lines, rate, &stopped));
        Ok(Self { answers, connections: tasks, stop, pacer })
    }

    /// What was answered since the last time, or since the start.
    pub fn take(&self) -> Answers {
        std::mem::take(&mut self.answers.lock())
    }

    /// Calls no more, waits for the answers that are due, and returns those that were not taken yet.
    ///
    /// # Errors
    /// When a connection was cut, or could not keep the pace.
    pub async fn stop(mut self) -> Result<Answers> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.connections.join_next().await {
            ended??;
        }
        self.pacer.join().map_err(|_| anyhow!("the thread that keeps the pace panicked"))??;
        Ok(std::mem::take(&mut self.answers.lock()))
    }
}

impl Answers {
    /// The latency that this part of the calls (0 to 1) did not exceed.
    ///
    /// # Panics
    /// When there were no calls.
    pub fn quantile(&mut self, part: f64) -> Duration {
        self.latencies.sort_unstable();
        self.latencies[((self.latencies.len() - 1) as f64 * part) as usize]
    }

    fn add(&mut self, call: &Pending, answer: &Value) {
        if answer["rpc"].is_null() {
            self.failures.push(answer.to_string());
            return;
        }
        self.latencies.push(call.due.elapsed());
        self.answered.resize(self.answered.len().max(call.rpc + 1), 0);
        self.answered[call.rpc] += 1;
    }
}

/// Tells one connection after the other when its next call is due.
fn pace(lines: &[mpsc::Sender<Instant>], rate: u32, stop: &AtomicBool) -> Result<()> {
    let mut due = Instant::now();
    for line in lines.iter().cycle() {
        due += Duration::from_secs(1) / rate;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if stop.load(Ordering::Relaxed) {
            break;
        }
        line.try_send(due).context("a connection ended, or is far behind")?;
    }
    Ok(())
}

/// Calls whenever a call is due, without waiting for the answer to the one before; answers come in order.
async fn call(
    socket: Socket,
    mut calls: mpsc::Receiver<Instant>,
    rpcs: Arc<[String]>,
    answers: Arc<Mutex<Answers>>,
) -> Result<()> {
    let mut stream = socket.into_stream();
    let mut pending = VecDeque::new();
    for cid in 1_u64.. {
        let rpc = (cid as usize) % rpcs.len();
        let due = loop {
            tokio::select! {
                biased;
                answer = stream.next() => {
                    take_answer(answer.context("the connection ended")??, &mut pending, &answers)?;
                }
                due = calls.recv() => break due,
            }
        };
        let Some(due) = due else { break };
        let envelope = format!(r#"{{"cid":"{cid}","rpc":{{"id":"{}","payload":"mead"}}}}"#, rpcs[rpc]);
        stream.send(Message::text(envelope)).await?;
        pending.push_back(Pending { cid, due, rpc });
    }
    while !pending.is_empty() {
        let answer = tokio::time::timeout(crate::PATIENCE, stream.next()).await.context("an answer is missing")?;
        take_answer(answer.context("the connection ended")??, &mut pending, &answers)?;
    }
    Ok(stream.close(None).await?)
}

fn take_answer(message: Message, pending: &mut VecDeque<Pending>, answers: &Mutex<Answers>) -> Result<()> {
    let Message::Text(text) = message else {
        ensure!(!message.is_close(), "the server closed the connection: {message:?}");
        return Ok(());
    };
    let answer: Value = serde_json::from_str(&text)?;
    let Some(cid) = answer["cid"].as_str() else { return Ok(()) };
    let call = pending.pop_front().context("an answer without a call")?;
    ensure!(call.cid.to_string() == cid, "call {} was answered with {answer}", call.cid);
    answers.lock().add(&call, &answer);
    Ok(())
}

/// Sockets that are there and do nothing.
#[derive(Debug)]
pub struct Crowd {
    sockets: JoinSet<String>,
}

impl Crowd {
    /// Opens so many, each of a user of its own.
    ///
    /// # Errors
    /// When one cannot be opened.
    pub async fn enter(addr: SocketAddr, size: usize) -> Result<Self> {
        /// More log-ins at once would only wait for each other.
        const AT_ONCE: usize = 50;
        let http = Http::new(addr);
        let mut sockets = JoinSet::new();
        for first in (0..size).step_by(AT_ONCE) {
            let enter = async |number: usize| -> Result<Socket> {
                let login = http.log_in(&format!("device-in-crowd-{number}"), "").await?;
                Socket::open(addr, &login.token, Format::Protobuf).await
            };
            for mut socket in try_join_all((first..size.min(first + AT_ONCE)).map(enter)).await? {
                // The server's pings are answered on the way.
                sockets.spawn(async move { format!("{:?}", socket.closed().await) });
            }
        }
        Ok(Self { sockets })
    }

    /// How the sockets ended that have ended so far.
    pub fn dropped(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.sockets.try_join_next())
            .map(|ended| ended.unwrap_or_else(|error| error.to_string()))
            .collect()
    }
}
