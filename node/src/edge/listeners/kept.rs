//! A stream that can be closed properly after hyper has dropped it.
//!
//! hyper shuts a stream down at the end of the last answer. It drops the stream without that if the connection ends with an error,
//! and every idle connection ends so (its next head did not arrive in time). TLS would then end without `close_notify`, which a client
//! must take for a cut.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream with two owners: hyper, and the task of the connection.
pub struct Kept<S>(Arc<Mutex<S>>);

impl<S> Kept<S> {
    /// Wraps a stream.
    pub fn new(stream: S) -> Kept<S> {
        Kept(Arc::new(Mutex::new(stream)))
    }

    /// The other owner's handle.
    pub fn second(&self) -> Kept<S> {
        Kept(self.0.clone())
    }

    /// The stream, if the other owner has dropped its handle.
    pub fn alone(self) -> Option<S> {
        Arc::into_inner(self.0).map(Mutex::into_inner)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Kept<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.lock()).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Kept<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0.lock()).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0.lock()).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.lock().is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.lock()).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.lock()).poll_shutdown(context)
    }
}
