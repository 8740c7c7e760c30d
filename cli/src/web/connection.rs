//! One HTTP/1.1 connection to a node.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use keyrack_client::Tls;
use keyrack_client::connection::{Address, Fault, Protocol};
use tokio::task::JoinSet;

use crate::messages::connection::AnswerError;

/// A connection for one request at a time.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    address: Address,
    /// Why the connection failed, which hyper does not report.
    fault: Fault,
    /// The task that drives the connection. Dropping the set ends it.
    _driver: JoinSet<hyper::Result<()>>,
}

impl Connection {
    /// Connects, without a time limit.
    pub async fn open(address: &Address, tls: &Tls) -> anyhow::Result<Connection> {
        let stream = address.connect(tls, Protocol::Http1).await?;
        let fault = stream.fault();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|_| closed(address))?;
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        Ok(Connection { sender, address: address.clone(), fault, _driver: driver })
    }

    /// Sends a request once the connection is free, and waits for the head of the answer.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Response<Incoming>> {
        let sent = async {
            self.sender.ready().await?;
            self.sender.send_request(request).await
        };
        sent.await.map_err(|_| match self.fault.get() {
            Some(cause) => cause.into(),
            None => closed(&self.address).into(),
        })
    }

    /// Whether the other side has closed it.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

fn closed(address: &Address) -> AnswerError {
    AnswerError::Closed { host: address.authority().to_owned(), is_tls: address.is_tls() }
}
