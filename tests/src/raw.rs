//! HTTP written by hand, for requests that a client library would never send.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The answer on the socket.
pub struct RawAnswer {
    /// None if nothing that looks like HTTP arrived.
    pub status: Option<u16>,
    pub head: String,
    pub body: Vec<u8>,
    /// The node closed the connection within the time limit.
    pub closed: bool,
}

/// Sends `request` unchanged and reads until the node closes the connection or `within` has passed. It reads while it
/// writes, because a node may refuse a large body before all of it was sent.
pub async fn raw_exchange(address: &str, request: Vec<u8>, within: Duration) -> RawAnswer {
    let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
    let writer = tokio::spawn(async move {
        // An error means that the node closed the connection early. The answer shows why.
        let _ = to.write_all(&request).await;
        to
    });
    let mut bytes = Vec::new();
    // An error ends the connection like a normal close. The bytes received before it are kept.
    let closed = timeout(within, from.read_to_end(&mut bytes)).await.is_ok();
    writer.abort();
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = bytes.split_at(split.map_or(bytes.len(), |at| at + 4));
    let head = String::from_utf8_lossy(head).into_owned();
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    RawAnswer { status, head, body: body.to_vec(), closed }
}
