//! gRPC calls to a node's peer port with any certificate, any head and any bytes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Longer than any answer takes.
const HANGS_AFTER: Duration = Duration::from_secs(30);

/// An open connection to a peer port.
pub struct PeerCalls {
    sender: SendRequest<Full<Bytes>>,
}

/// Who calls whom, in a call's head.
#[derive(Clone, Debug)]
pub struct CallHead {
    pub cluster: String,
    pub from: String,
    pub to: String,
}

/// The answer to a call.
#[derive(Debug)]
pub struct CallAnswer {
    /// The gRPC status: 0 is OK.
    pub code: u32,
    pub message: String,
    pub messages: Vec<Vec<u8>>,
}

impl PeerCalls {
    /// Connects to `127.0.0.1:PORT` with a client of [`crate::secure::tls_client`].
    pub async fn open(address: &str, client: &Arc<ClientConfig>) -> PeerCalls {
        let stream = TcpStream::connect(address).await.unwrap();
        let stream =
            TlsConnector::from(client.clone()).connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        // It ends with an error when the node closes it. The calls show why.
        tokio::spawn(async { drop(connection.await) });
        PeerCalls { sender }
    }

    /// Makes a call, for example to `Vote`. `body` has the messages with their prefixes; see [`framed`].
    pub async fn call(&mut self, call: &str, head: &CallHead, body: Vec<u8>) -> CallAnswer {
        let request = Request::post(format!("http://localhost/keyrack.internal.Peer/{call}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("keyrack-cluster", &head.cluster)
            .header("keyrack-from", &head.from)
            .header("keyrack-to", &head.to)
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        timeout(HANGS_AFTER, self.answer(request)).await.unwrap_or_else(|_| panic!("{call} is not answered"))
    }

    async fn answer(&mut self, request: Request<Full<Bytes>>) -> CallAnswer {
        self.sender.ready().await.expect("the connection is open");
        let (head, body) = match self.sender.send_request(request).await {
            Ok(answer) => answer.into_parts(),
            Err(cause) => return CallAnswer { code: u32::MAX, message: cause.to_string(), messages: Vec::new() },
        };
        let body = body.collect().await.expect("an answer");
        let trailers = body.trailers().cloned().unwrap_or_default();
        let body = body.to_bytes();
        let (code, message) = status(&head.headers).or_else(|| status(&trailers)).expect("a status");
        CallAnswer { code, message, messages: unframed(&body) }
    }
}

fn status(fields: &HeaderMap) -> Option<(u32, String)> {
    let text = |name: &str| fields.get(name).and_then(|value| value.to_str().ok());
    Some((text("grpc-status")?.parse().ok()?, text("grpc-message").unwrap_or_default().to_string()))
}

/// A message with its prefix.
pub fn framed(message: impl AsRef<[u8]>) -> Vec<u8> {
    let message = message.as_ref();
    [&[0][..], &(message.len() as u32).to_be_bytes(), message].concat()
}

fn unframed(mut body: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let [_, a, b, c, d, rest @ ..] = body {
        let (message, others) = rest.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
        messages.push(message.to_vec());
        body = others;
    }
    messages
}
