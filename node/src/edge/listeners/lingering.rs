//! A socket that is closed without losing the last answer.
//!
//! A node may answer before it has read the whole request, for example if the body is too large. A socket that is closed with
//! unread bytes sends a reset, and the reset can destroy the answer and the end of TLS (`close_notify`) on their way to the client.
//! So after the last byte was sent, this socket reads and drops what the client still sends, for a bounded time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long the client may take to close its side.
const LINGER: Duration = Duration::from_secs(1);
/// The most bytes that are dropped.
const MOST_BYTES: usize = 16 << 20;

/// A socket that waits for the client's end when it is shut down.
pub struct Lingering {
    stream: TcpStream,
    /// Begins when everything was sent.
    until: Option<Pin<Box<Sleep>>>,
    dropped: usize,
}

impl Lingering {
    /// Wraps a connected socket.
    pub fn new(stream: TcpStream) -> Lingering {
        Lingering { stream, until: None, dropped: 0 }
    }

    /// Ready when the client has closed its side, or has had enough time.
    fn poll_drop_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let until = self.until.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        let mut space = [0; 16 << 10];
        while self.dropped < MOST_BYTES {
            let mut rest = ReadBuf::new(&mut space);
            match Pin::new(&mut self.stream).poll_read(context, &mut rest) {
                Poll::Ready(Ok(())) if !rest.filled().is_empty() => self.dropped += rest.filled().len(),
                // The end, or a connection that the client has cut.
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return until.as_mut().poll(context),
            }
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Lingering {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.until.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        }
        self.poll_drop_rest(context).map(Ok)
    }
}
