//! HTTP/2 frames written by hand (RFC 9113), for clients that no library would be: windows that stay closed, streams without an end.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// SETTINGS_INITIAL_WINDOW_SIZE.
const INITIAL_WINDOW: [u8; 2] = [0, 4];

/// A TCP connection from an address of the loopback network.
pub async fn connect_from(from: Ipv4Addr, to: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((from, 0))).unwrap();
    socket.connect(to.parse().unwrap()).await.unwrap()
}

/// A connection that speaks HTTP/2 without TLS. Errors of writing are ignored: a node may close the connection at any time.
pub struct RawH2 {
    stream: TcpStream,
    next: u32,
}

impl RawH2 {
    /// Opens a connection whose streams let the node send `window` bytes each.
    pub async fn open(from: Ipv4Addr, to: &str, window: u32) -> RawH2 {
        RawH2::over(connect_from(from, to).await, window).await
    }

    /// The same with as small a receive buffer as the kernel allows.
    pub async fn open_narrow(from: Ipv4Addr, to: &str, window: u32) -> RawH2 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(1).unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        RawH2::over(socket.connect(to.parse().unwrap()).await.unwrap(), window).await
    }

    async fn over(stream: TcpStream, window: u32) -> RawH2 {
        let mut connection = RawH2 { stream, next: 1 };
        connection.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        let settings = [&INITIAL_WINDOW[..], &window.to_be_bytes()].concat();
        connection.write(&frame(SETTINGS, 0, 0, &settings)).await;
        connection
    }

    /// Sends the head of a request, and returns its stream.
    pub async fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], is_whole: bool) -> u32 {
        let (stream, head) = self.head(method, path, headers, is_whole);
        self.write(&head).await;
        stream
    }

    /// Sends the heads of `count` requests without a body at once.
    pub async fn burst(&mut self, count: usize, method: &str, path: &str) {
        let heads: Vec<u8> = (0..count).flat_map(|_| self.head(method, path, &[], true).1).collect();
        self.write(&heads).await;
    }

    /// Sends a body byte by byte, with `between` bytes that mean nothing (RFC 9113, 4.1) after each.
    pub async fn thin_body(&mut self, stream: u32, body: &[u8], between: usize) {
        const UNKNOWN: u8 = 0x77;
        let nothing = frame(UNKNOWN, 0, 0, &vec![0; between]);
        let parts = body.iter().map(|byte| [frame(DATA, 0, stream, &[*byte]), nothing.clone()].concat());
        self.write(&parts.collect::<Vec<_>>().concat()).await;
    }

    fn head(&mut self, method: &str, path: &str, headers: &[(&str, &str)], is_whole: bool) -> (u32, Vec<u8>) {
        let pseudo = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost")];
        let mut block = Vec::new();
        for (name, value) in pseudo.iter().chain(headers) {
            // A literal field that is not indexed, with a new name (RFC 7541, 6.2.2).
            block.push(0);
            for text in [name, value] {
                assert!(text.len() < 127, "a short text");
                block.push(text.len() as u8);
                block.extend_from_slice(text.as_bytes());
            }
        }
        let stream = self.next;
        self.next += 2;
        let end = if is_whole { END_STREAM } else { 0 };
        (stream, frame(HEADERS, END_HEADERS | end, stream, &block))
    }

    /// Sends a part of a body.
    pub async fn data(&mut self, stream: u32, bytes: &[u8]) {
        self.write(&frame(DATA, 0, stream, bytes)).await;
    }

    /// Gives a stream up.
    pub async fn reset(&mut self, stream: u32) {
        self.write(&frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())).await;
    }

    /// Whether the node closes the connection within this time. Reads and drops what arrives.
    pub async fn is_closed(&mut self, within: Duration) -> bool {
        let mut buffer = [0; 16 << 10];
        let closed = async { while matches!(self.stream.read(&mut buffer).await, Ok(read) if read > 0) {} };
        timeout(within, closed).await.is_ok()
    }

    /// Reads until the node closes the connection or has sent nothing for this time.
    pub async fn read(&mut self, pause: Duration) -> Vec<u8> {
        let (mut all, mut buffer) = (Vec::new(), [0; 16 << 10]);
        while let Ok(Ok(read)) = timeout(pause, self.stream.read(&mut buffer)).await {
            if read == 0 {
                break;
            }
            all.extend_from_slice(&buffer[..read]);
        }
        all
    }

    async fn write(&mut self, bytes: &[u8]) {
        // A node that does not read more must not stop the test.
        let _ = timeout(Duration::from_secs(5), self.stream.write_all(bytes)).await;
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}
