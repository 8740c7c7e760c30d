//! Asks nodes about their own state: readiness, metrics, leadership.

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::bail;
use hyper::Method;

use super::Cluster;

const POLL: Duration = Duration::from_millis(50);
const ANSWER: Duration = Duration::from_secs(2);

/// Calls `ask` every 50 ms until it returns an answer.
///
/// # Errors
/// If there is no answer `within` that time. `what` describes the expected condition.
pub async fn until<T>(what: impl Display, within: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> anyhow::Result<T> {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        if begin.elapsed() > within {
            bail!("timed out after {} s waiting for: {what}", within.as_secs());
        }
        tokio::time::sleep(POLL).await;
    }
}

impl Cluster {
    /// Waits until a node is ready. Returns an error at once if the node's process has ended.
    pub async fn ready(&self, number: u32, within: Duration) -> anyhow::Result<()> {
        let client = self.client(number);
        let ready = until(format!("node {number} is ready"), within, async || {
            if !self.node(number).runs() {
                let log = self.home(number).join("keyrackd.log");
                return Some(Err(anyhow::anyhow!("node {number} has ended. Its log is {}", log.display())));
            }
            let reply = client.ask(Method::GET, "/readyz", None, ANSWER).await.ok()?;
            reply.status.is_success().then_some(Ok(()))
        });
        ready.await?
    }

    /// The value of one metric in `/metrics`, such as `keyrack_raft_is_leader{shard="1"}`.
    pub async fn metric(&self, number: u32, line: &str) -> Option<u64> {
        let client = self.client(number).with_key(&self.keys.operator);
        let reply = client.ask(Method::GET, "/metrics", None, ANSWER).await.ok()?;
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let value = text.lines().find_map(|found| found.strip_prefix(line))?;
        value.trim().parse::<f64>().ok().map(|value| value as u64)
    }

    /// The first node that reports itself as the leader of a shard.
    pub async fn leader(&self, shard: u32) -> Option<u32> {
        for number in self.numbers() {
            if self.metric(number, &format!("keyrack_raft_is_leader{{shard=\"{shard}\"}}")).await == Some(1) {
                return Some(number);
            }
        }
        None
    }
}
