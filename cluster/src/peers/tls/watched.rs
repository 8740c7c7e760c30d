//! An open connection whose other end must keep a certificate that is accepted: it may expire, be revoked or lose its authority.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::peer_tls::PeerTls;

/// How often the certificate of an open connection is checked again.
const CHECK_EVERY: Duration = if cfg!(test) { Duration::from_millis(100) } else { Duration::from_secs(60) };

/// Waits until the certificate is not accepted any more, and logs it.
pub async fn refused(tls: PeerTls, node: u64, chain: Vec<CertificateDer<'static>>) {
    loop {
        tokio::time::sleep(CHECK_EVERY).await;
        if !tls.accepts(&chain) {
            tracing::warn!(
                event = "peer_refused",
                peer = node,
                "the certificate of a connected node is not accepted any more: disconnected"
            );
            return;
        }
    }
}

/// A stream that ends once its condition ends, and what is kept beside it until then.
pub struct Watched<S, T = ()> {
    stream: S,
    ended: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    beside: T,
}

impl<S, T> Watched<S, T> {
    /// The other end seems to have closed the stream once `ended` completes.
    pub fn new(stream: S, ended: impl Future<Output = ()> + Send + 'static, beside: T) -> Watched<S, T> {
        Watched { stream, ended: Some(Box::pin(ended)), beside }
    }

    /// What is kept beside the stream.
    pub fn beside(&self) -> &T {
        &self.beside
    }
}

#[cfg(test)]
impl Watched<tokio_rustls::client::TlsStream<tokio::net::TcpStream>> {
    /// The certificate of the other end.
    pub fn certificate(&self) -> CertificateDer<'static> {
        let chain = self.stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        chain.expect("the other end showed one").clone().into_owned()
    }
}

impl<S: AsyncRead + Unpin, T: Unpin> AsyncRead for Watched<S, T> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let is_open = self.ended.as_mut().is_some_and(|ended| ended.as_mut().poll(context).is_pending());
        if !is_open {
            self.ended = None;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin, T: Unpin> AsyncWrite for Watched<S, T> {
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
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
