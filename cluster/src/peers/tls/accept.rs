//! Incoming connections from other nodes. Handshakes run concurrently, so that a slow one does not delay the others.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustls::pki_types::CertificateDer;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::handshake_slots::HandshakeSlots;
use super::identity::Identity;
use super::peer_tls::PeerTls;
use super::refusals::{Refusals, handshake_failure};
use super::watched::{self, Watched};
use crate::peers::admission::Admission;
use crate::tasks::Tasks;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long the end of a refused connection may take.
const CLOSE: Duration = Duration::from_secs(1);
/// The most connections that may wait to be served.
const WAITING: usize = 16;

/// The most open connections of one node. An honest node keeps one, and opens another for a moment when it starts or reconnects.
const OPEN: usize = 16;

/// A connection whose other end is a node of this cluster. It ends when the tasks of its listener stop, or when the certificate is not
/// accepted any more.
pub type PeerStream = Watched<TlsStream<TcpStream>, Place>;

/// The place of a node's connection.
pub struct Place {
    node: u64,
    _permit: OwnedSemaphorePermit,
}

/// The node that the other end's certificate names.
#[derive(Clone, Copy, Debug)]
pub struct PeerNode(pub u64);

/// Accepts connections until the receiver is dropped or the tasks stop.
pub fn incoming(
    listener: TcpListener,
    tls: PeerTls,
    admission: Arc<Admission>,
    tasks: &Tasks,
) -> ReceiverStream<io::Result<PeerStream>> {
    let (accepted, streams) = mpsc::channel(WAITING);
    let acceptor = Acceptor { tls, admission, refusals: Arc::default(), places: Arc::default(), accepted, tasks: tasks.clone() };
    tasks.spawn("peer handshakes", acceptor.run(listener));
    ReceiverStream::new(streams)
}

#[derive(Clone)]
struct Acceptor {
    tls: PeerTls,
    admission: Arc<Admission>,
    refusals: Arc<Refusals>,
    /// The places for open connections of each node.
    places: Arc<Mutex<BTreeMap<u64, Arc<Semaphore>>>>,
    accepted: mpsc::Sender<io::Result<PeerStream>>,
    tasks: Tasks,
}

impl Acceptor {
    async fn run(self, listener: TcpListener) {
        let under_way = HandshakeSlots::default();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.accepted.closed() => return,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(cause) => {
                    // The usual cause is a lack of file descriptors: wait for connections to end.
                    tracing::warn!(event = "accept_failed", %cause, "cannot accept a connection at the peer port");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let acceptor = self.clone();
            let (stopping, mut slot) = (self.tasks.stopping(), under_way.take(address.ip()));
            self.tasks.spawn_contained("peer handshake", async move {
                let handshake = tokio::select! {
                    done = acceptor.handshake(stream) => done,
                    () = slot.given_up() => Err(io::Error::other("too many handshakes are under way")),
                    () = stopping => return,
                };
                match handshake {
                    Ok(stream) => {
                        // The receiver is gone when the node stops.
                        let _ = acceptor.accepted.send(Ok(stream)).await;
                    }
                    Err(cause) => acceptor.refuse(address, &cause),
                }
                drop(slot);
            });
        }
    }

    async fn handshake(&self, stream: TcpStream) -> io::Result<PeerStream> {
        // Sends small messages at once. The connection also works if the socket refuses the option.
        let _ = stream.set_nodelay(true);
        let accepting = TlsAcceptor::from(self.tls.server()).accept(stream);
        let done = tokio::time::timeout(HANDSHAKE, accepting).await;
        let mut stream = done.map_err(|_| io::Error::other("no TLS handshake within 5 s"))??;
        match self.admitted(&stream) {
            Ok(place) => {
                let ended = self.clone().ended(place.node, chain_of(&stream));
                Ok(Watched::new(stream, ended, place))
            }
            Err(cause) => {
                // So the other end gets close_notify.
                let _ = tokio::time::timeout(CLOSE, stream.shutdown()).await;
                Err(cause)
            }
        }
    }

    /// Waits until the tasks stop, or until a certificate has expired, was revoked or lost its authority.
    async fn ended(self, node: u64, chain: Vec<CertificateDer<'static>>) {
        tokio::select! {
            () = self.tasks.stopping() => {}
            () = watched::refused(self.tls.clone(), node, chain) => {}
        }
    }

    /// The place for the connection of the node at the other end. Each of its calls then checks its rights again.
    fn admitted(&self, stream: &TlsStream<TcpStream>) -> io::Result<Place> {
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let node = chain.first().and_then(|own| Identity::of(own).ok()).and_then(|identity| identity.node());
        let node = node.ok_or_else(|| io::Error::other("the other end shows no certificate of a node"))?;
        if !self.admission.admits(node) && !self.admission.may_return(node) {
            return Err(io::Error::other(format!("node {node} is fenced, or it is no member now: it may be rejoining")));
        }
        let places = self.places.lock().entry(node).or_insert_with(|| Arc::new(Semaphore::new(OPEN))).clone();
        let permit = places.try_acquire_owned();
        let permit = permit.map_err(|_| io::Error::other(format!("node {node} has {OPEN} open connections already")))?;
        Ok(Place { node, _permit: permit })
    }

    fn refuse(&self, address: SocketAddr, cause: &io::Error) {
        let cause = handshake_failure(cause);
        if self.refusals.is_new(&format!("{} {cause}", address.ip())) {
            tracing::warn!(event = "peer_refused", %address, cause, "refused a connection at the peer port");
        } else {
            tracing::debug!(%address, cause, "refused a connection at the peer port");
        }
    }
}

fn chain_of(stream: &TlsStream<TcpStream>) -> Vec<CertificateDer<'static>> {
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    chain.iter().map(|one| one.clone().into_owned()).collect()
}

impl Connected for PeerStream {
    type ConnectInfo = PeerNode;

    fn connect_info(&self) -> PeerNode {
        PeerNode(self.beside().node)
    }
}
