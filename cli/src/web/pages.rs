//! Asks the nodes of a cluster for pages.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use keyrack_client::Tls;
use keyrack_client::connection::Address;
use serde::Serialize;
use tokio::time::timeout;

use super::connection::Connection;
use super::page::Page;

/// The time limits of connecting and of one exchange.
const CONNECT: Duration = Duration::from_secs(2);
const EXCHANGE: Duration = Duration::from_secs(15);
/// The largest body. A full bundle of the longest entries has 16 MiB.
const MAX_BODY_BYTES: usize = 20 << 20;

/// The HTTP side of a cluster's nodes.
pub struct Web {
    nodes: Vec<String>,
    key: String,
    tls: Tls,
    /// Open connections that are not in use, by node.
    idle: Mutex<HashMap<usize, Vec<Connection>>>,
}

impl Web {
    /// Asks these nodes, with this API key (none if empty).
    pub fn new(endpoints: &[String], key: &str, tls: Tls) -> Web {
        let nodes = endpoints.iter().map(|endpoint| endpoint.trim_end_matches('/').to_owned()).collect();
        Web { nodes, key: key.to_owned(), tls, idle: Mutex::default() }
    }

    /// The nodes' addresses, in the order given.
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// Asks one node for a page.
    pub async fn ask(&self, node: usize, path: &str, accept: &str) -> anyhow::Result<Page> {
        let address = Address::parse(self.nodes.get(node).context("there is no such node")?)?;
        let host = address.authority();
        let exchange = async |connection| self.exchange(node, connection, self.get(host, path, accept)?).await;
        // The node may have closed an idle connection meanwhile. Then the result of a fresh connection counts.
        if let Some(connection) = self.take_idle(node)
            && let Ok(page) = exchange(connection).await
        {
            return Ok(page);
        }
        let connection = self.connect(&address).await?;
        exchange(connection).await.with_context(|| format!("{host} did not answer"))
    }

    /// Asks the nodes in turn, beginning with `first`, until one answers.
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

    /// Sends JSON to the first node, once. After an error the outcome is unknown.
    pub async fn send<T: Serialize>(&self, method: &str, path: &str, body: &T) -> anyhow::Result<Page> {
        let address = Address::parse(self.nodes.first().context("there is no node")?)?;
        let host = address.authority();
        let connection = self.connect(&address).await?;
        let mut request = self.request(host, path).method(method);
        request = request.header("content-type", "application/json").header("idempotency-key", keyrack_client::fresh_key());
        let request = request.body(Full::from(serde_json::to_vec(body)?))?;
        self.exchange(0, connection, request).await.with_context(|| format!("{host} did not answer"))
    }

    async fn connect(&self, address: &Address) -> anyhow::Result<Connection> {
        let connection = timeout(CONNECT, Connection::open(address, &self.tls)).await;
        connection.with_context(|| format!("cannot reach {}: no answer in time", address.authority()))?
    }

    fn get(&self, host: &str, path: &str, accept: &str) -> anyhow::Result<Request<Full<Bytes>>> {
        Ok(self.request(host, path).header("accept", accept).body(Full::default())?)
    }

    fn request(&self, host: &str, path: &str) -> hyper::http::request::Builder {
        let request = Request::builder().uri(path).header("host", host);
        if self.key.is_empty() { request } else { request.header("authorization", format!("Bearer {}", self.key)) }
    }

    /// Sends a request, reads the answer and keeps the connection for the next one.
    async fn exchange(&self, node: usize, mut connection: Connection, request: Request<Full<Bytes>>) -> anyhow::Result<Page> {
        let page = timeout(EXCHANGE, async {
            let response = connection.send(request).await?;
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

    fn take_idle(&self, node: usize) -> Option<Connection> {
        let mut idle = self.lock();
        let connections = idle.get_mut(&node)?;
        std::iter::from_fn(|| connections.pop()).find(|connection| !connection.is_closed())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Vec<Connection>>> {
        // No holder of the lock leaves the pool half changed, so it is whole after any panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
