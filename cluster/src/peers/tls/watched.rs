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

/// A stream that fails once its condition ends.
pub struct Watched<S> {
    stream: S,
    ended: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> Watched<S> {
    /// Reading fails once `ended` completes.
    pub fn new(stream: S, ended: impl Future<Output = ()> + Send + 'static) -> Watched<S> {
        Watched { stream, ended: Some(Box::pin(ended)) }
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

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let is_open = self.ended.as_mut().is_some_and(|ended| ended.as_mut().poll(context).is_pending());
        if !is_open {
            self.ended = None;
            return Poll::Ready(Err(io::Error::other("the other end's certificate is not accepted any more")));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
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
