//! Requests pages from the nodes of a cluster.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use keyrack_client::connection::{Address, ConnectError};
use keyrack_client::{ClientError, SignIn, Tls};
use serde::Serialize;
use tokio::time::timeout;

use super::connection::Connection;
use super::page::{Asked, Page};
use crate::messages::connection::AnswerError;
use crate::messages::failure;

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
    /// The nodes at these addresses. An empty API key means no key.
    pub fn new(endpoints: &[String], key: &str, tls: Tls) -> Web {
        let nodes = endpoints.iter().map(|endpoint| endpoint.trim_end_matches('/').to_owned()).collect();
        Web { nodes, key: key.to_owned(), tls, idle: Mutex::default() }
    }

    /// The nodes' addresses, in the given order. There is at least one.
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// Requests a page from one node.
    pub async fn ask(&self, node: usize, path: &str, accept: &str) -> anyhow::Result<Page> {
        let address = Address::parse(&self.nodes[node])?;
        let host = address.authority();
        let exchange = async |connection| self.exchange(node, host, connection, self.get(host, path, accept)?).await;
        // The node may have closed an idle connection. Then the result of a new connection counts.
        if let Some(connection) = self.take_idle(node)
            && let Ok(page) = exchange(connection).await
        {
            return Ok(page);
        }
        exchange(self.connect(&address).await?).await
    }

    /// Requests a page from the nodes in turn, beginning with `first`, until one answers.
    pub async fn ask_any(&self, first: usize, path: &str, accept: &str) -> anyhow::Result<Page> {
        let mut failed = Vec::new();
        for turn in 0..self.nodes.len() {
            let node = (first + turn) % self.nodes.len();
            match self.ask(node, path, accept).await {
                Ok(page) if page.status != 502 && page.status != 503 => return Ok(page),
                Ok(page) => failed.push(about(&self.nodes[node], page.problem())),
                Err(cause) => failed.push(cause),
            }
        }
        match failed.len() {
            1 => Err(failed.swap_remove(0)),
            _ => Err(AnswerError::NoNode(failed.iter().map(failure::text).collect()).into()),
        }
    }

    /// Sends JSON to the first node, once. After an error the outcome is unknown, unless nothing was sent. `look` is the command
    /// that shows whether the change was made.
    pub async fn send<T: Serialize>(&self, method: &str, path: &str, body: &T, look: &str) -> anyhow::Result<Page> {
        let address = Address::parse(&self.nodes[0])?;
        let host = address.authority();
        let connection = self.connect(&address).await?;
        let mut request = self.request(host, path).method(method);
        request = request.header("content-type", "application/json").header("idempotency-key", keyrack_client::fresh_key());
        let request = request.body(Full::from(serde_json::to_vec(body)?)).map_err(unsendable)?;
        let unknown = |error: anyhow::Error| match error.downcast::<AnswerError>() {
            Ok(cause) => AnswerError::OutcomeUnknown { cause: Box::new(cause), look: look.to_owned() }.into(),
            // TLS refused the connection, so the node did not read the request.
            Err(refused) => refused,
        };
        let mut page = self.exchange(0, host, connection, request).await.map_err(unknown)?;
        page.of.is_read = false;
        Ok(page)
    }

    async fn connect(&self, address: &Address) -> anyhow::Result<Connection> {
        let late = |_| ConnectError::TimedOut { host: address.authority().to_owned(), seconds: CONNECT.as_secs() };
        timeout(CONNECT, Connection::open(address, &self.tls)).await.map_err(late)?
    }

    fn get(&self, host: &str, path: &str, accept: &str) -> anyhow::Result<Request<Full<Bytes>>> {
        self.request(host, path).header("accept", accept).body(Full::default()).map_err(unsendable)
    }

    fn request(&self, host: &str, path: &str) -> hyper::http::request::Builder {
        let request = Request::builder().uri(path).header("host", host);
        if self.key.is_empty() { request } else { request.header("authorization", format!("Bearer {}", self.key)) }
    }

    /// Sends a request, reads the answer and keeps the connection for the next one.
    async fn exchange(
        &self,
        node: usize,
        host: &str,
        mut connection: Connection,
        request: Request<Full<Bytes>>,
    ) -> anyhow::Result<Page> {
        let host = || host.to_owned();
        let page = timeout(EXCHANGE, async {
            let response = connection.send(request).await?;
            let status = response.status().as_u16();
            let seconds = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            let retry_after = seconds.map(Duration::from_secs);
            let body = Limited::new(response.into_body(), MAX_BODY_BYTES).collect().await;
            let body = body.map_err(|cause| AnswerError::Body { host: host(), cause: cause.to_string() })?.to_bytes();
            let sign_in = SignIn::of(!self.key.is_empty(), &self.tls, &self.nodes[node]);
            anyhow::Ok(Page { status, retry_after, body, of: Asked { host: host(), sign_in, is_read: true } })
        });
        let page = page.await.map_err(|_| AnswerError::Late { host: host(), limit: EXCHANGE })??;
        self.lock().entry(node).or_default().push(connection);
        Ok(page)
    }

    fn take_idle(&self, node: usize) -> Option<Connection> {
        let mut idle = self.lock();
        let connections = idle.get_mut(&node)?;
        std::iter::from_fn(|| connections.pop()).find(|connection| !connection.is_closed())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Vec<Connection>>> {
        // No holder of the lock leaves the pool half changed, so it is valid after any panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error with the node's address, which a refusal does not have.
fn about(node: &str, error: anyhow::Error) -> anyhow::Error {
    if error.is::<ClientError>() { error.context(node.to_owned()) } else { error }
}

fn unsendable(cause: hyper::http::Error) -> anyhow::Error {
    AnswerError::Request(cause.to_string()).into()
}
