//! One HTTP/1.1 connection to a node.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use keyrack_client::Tls;
use keyrack_client::connection::{Address, Protocol};
use tokio::task::JoinSet;

/// A connection for one request at a time.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// The task that drives the connection. Its errors reach the exchange through `sender`. Aborted when dropped.
    _driver: JoinSet<hyper::Result<()>>,
}

impl Connection {
    /// Connects, without a time limit.
    pub async fn open(address: &Address, tls: &Tls) -> anyhow::Result<Connection> {
        let stream = address.connect(tls, Protocol::Http1).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        Ok(Connection { sender, _driver: driver })
    }

    /// Sends a request once the connection is free, and waits for the head of the answer.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        self.sender.ready().await?;
        self.sender.send_request(request).await
    }

    /// Whether the other side has closed it.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}
