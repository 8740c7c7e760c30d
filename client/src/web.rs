//! HTTP/1.1: receipts, policies, checkpoints and bundles are pages, and pages are not gRPC; neither is the operators' API.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use keyrack_client::Tls;
use keyrack_client::connection::{Address, Protocol};
use serde::Serialize;
use tokio::time::timeout;

/// How long connecting and one exchange may take.
const CONNECT: Duration = Duration::from_secs(2);
const EXCHANGE: Duration = Duration::from_secs(15);
/// A full bundle of the longest entries has 16 MiB.
const MAX_BODY_BYTES: usize = 20 << 20;

/// The HTTP side of a cluster's nodes.
pub struct Web {
    nodes: Vec<String>,
    key: String,
    tls: Tls,
    /// Open connections that nobody is using, by node.
    idle: Mutex<HashMap<usize, Vec<SendRequest<Full<Bytes>>>>>,
}

/// What a node answered.
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// When to ask again, if it says so.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
}

impl Web {
    /// Pages of these nodes, asked for with this key (none when empty).
    pub fn new(endpoints: &[String], key: &str, tls: Tls) -> Web {
        let nodes = endpoints.iter().map(|endpoint| endpoint.trim_end_matches('/').to_owned()).collect();
        Web { nodes, key: key.to_owned(), tls, idle: Mutex::default() }
    }

    /// The nodes' addresses, in the order given.
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// One node's page.
    pub async fn ask(&self, node: usize, path: &str, accept: &str) -> anyhow::Result<Page> {
        let address = Address::parse(self.nodes.get(node).context("there is no such node")?)?;
        let host = address.authority();
        // A connection that waited may have been closed meanwhile: then a fresh one decides.
        if let Some(connection) = self.waiting(node)
            && let Ok(page) = self.exchange(node, connection, host, path, accept).await
        {
            return Ok(page);
        }
        let connection = timeout(CONNECT, connect(&address, &self.tls)).await;
        let connection = connection.with_context(|| format!("cannot reach {host}: no answer in time"))??;
        self.exchange(node, connection, host, path, accept).await.with_context(|| format!("{host} did not answer"))
    }

    /// The page of the first node that answers, beginning with `first`.
    pub async fn ask_any(&self, first: usize, path: &str, accept: &str) -> anyhow::Result<Page> {
        let mut failed = Vec::new();
        for turn in 0..self.nodes.len() {
            match self.ask((first + turn) % self.nodes.len(), path, accept).await {
                Ok(page) if page.status != 502 && page.status != 503 => return Ok(page),
                Ok(page) => failed.push(page.problem()),
                Err(cause) => failed.push(format!("{cause:#}")),
            }
        }
        anyhow::bail!("no node answers: {}", failed.join("; "))
    }

    async fn exchange(
        &self,
        node: usize,
        connection: SendRequest<Full<Bytes>>,
        host: &str,
        path: &str,
        accept: &str,
    ) -> anyhow::Result<Page> {
        let mut request = hyper::Request::builder().uri(path).header("host", host).header("accept", accept);
        if !self.key.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.key));
        }
        let request = request.body(Full::default())?;
        self.talk(node, connection, request).await
    }

    /// Sends JSON to the first node, once: what came of it is the caller's to find out.
    pub async fn send<T: Serialize>(&self, method: &str, path: &str, body: &T) -> anyhow::Result<Page> {
        let address = Address::parse(self.nodes.first().context("there is no node")?)?;
        let host = address.authority();
        let connection = timeout(CONNECT, connect(&address, &self.tls)).await;
        let connection = connection.with_context(|| format!("cannot reach {host}: no answer in time"))??;
        let mut request = hyper::Request::builder().method(method).uri(path).header("host", host);
        request = request.header("content-type", "application/json").header("idempotency-key", keyrack_client::fresh_key());
        if !self.key.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.key));
        }
        let request = request.body(Full::from(serde_json::to_vec(body)?))?;
        self.talk(0, connection, request).await.with_context(|| format!("{host} did not answer"))
    }

    async fn talk(
        &self,
        node: usize,
        mut connection: SendRequest<Full<Bytes>>,
        request: hyper::Request<Full<Bytes>>,
    ) -> anyhow::Result<Page> {
        let page = timeout(EXCHANGE, async {
            connection.ready().await?;
            let response = connection.send_request(request).await?;
            let status = response.status().as_u16();
            let seconds = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            let retry_after = seconds.map(Duration::from_secs);
            let body = Limited::new(response.into_body(), MAX_BODY_BYTES).collect().await;
            let body = body.map_err(|cause| anyhow::anyhow!("the answer's body: {cause}"))?.to_bytes();
            anyhow::Ok(Page { status, retry_after, body })
        });
        let page = page.await.context("no answer in time")??;
        self.lock().entry(node).or_default().push(connection);
        Ok(page)
    }

    fn waiting(&self, node: usize) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = self.lock();
        let connections = idle.get_mut(&node)?;
        std::iter::from_fn(|| connections.pop()).find(|connection| !connection.is_closed())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Vec<SendRequest<Full<Bytes>>>>> {
        // The pool is whole after any panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Page {
    /// The body of a page that is there.
    ///
    /// # Errors
    /// What the node said instead.
    pub fn found(self) -> anyhow::Result<Bytes> {
        anyhow::ensure!(matches!(self.status, 200 | 201), "{}", self.problem());
        Ok(self.body)
    }

    /// What a refusal says: the code and the detail of its problem document, else the status.
    pub fn problem(&self) -> String {
        let problem: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        match (problem["code"].as_str(), problem["detail"].as_str()) {
            (Some(code), Some(detail)) => format!("{code}: {detail}"),
            _ => format!("the node answered {}", self.status),
        }
    }
}

async fn connect(address: &Address, tls: &Tls) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = address.connect(tls, Protocol::Http1).await?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends when the sender is dropped; what fails on it, fails the exchange too.
    tokio::spawn(connection);
    Ok(sender)
}
