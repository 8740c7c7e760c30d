//! A client's stream whose bytes are counted on their way to and from hyper.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::Frames;
use crate::budget::ConnectionAccounts;

/// A stream that fails once there is no room for what hyper holds for its connection.
pub struct Metered<S> {
    stream: S,
    accounts: Arc<ConnectionAccounts>,
    frames: Frames,
}

impl<S> Metered<S> {
    /// Counts the bytes of `stream` in the accounts of its connection.
    pub fn new(stream: S, accounts: Arc<ConnectionAccounts>) -> Metered<S> {
        Metered { stream, accounts, frames: Frames::new() }
    }

    fn check(&self) -> io::Result<()> {
        if self.accounts.is_overrun() {
            Err(io::Error::other("there is no room for what waits for this connection"))
        } else {
            Ok(())
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if !self.frames.is_other() {
            let arrived = &buffer.filled()[before..];
            let of_bodies = self.frames.read(arrived);
            self.accounts.arrives(arrived.len(), of_bodies);
        }
        Poll::Ready(self.check())
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.accounts.all_sent();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use futures::task::noop_waker;

    use super::*;
    use crate::budget::NodeBudget;

    /// A client that takes nothing.
    struct Stuck;

    impl AsyncWrite for Stuck {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    #[test]
    fn an_answer_counts_until_the_client_has_taken_it() {
        let node = Arc::new(NodeBudget::new(16 << 20, 1 << 20, true));
        let accounts = ConnectionAccounts::open(&node, IpAddr::V4(Ipv4Addr::LOCALHOST), false).expect("room");
        let (accounts, before) = (Arc::new(accounts), node.waiting_bytes());
        let mut stuck = Metered::new(Stuck, accounts.clone());
        let waker = noop_waker();
        for _ in 0..5 {
            accounts.stream_begins();
            assert!(Pin::new(&mut stuck).poll_flush(&mut Context::from_waker(&waker)).is_pending());
        }
        assert_eq!(node.waiting_bytes() - before, 4 * (4 << 10), "one is a part of the connection");
    }
}
