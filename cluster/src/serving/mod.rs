//! This node's answers to its peers. The calls to peers are in `peers/`.
//!
//! [`serve`] takes the connections that the handshake accepted. `service.rs` has a method for each call. It checks that the
//! caller may take part and that the call is for this node, then passes the message to the group, the batcher or the signer.
//! `copy_service.rs` answers instead while it is not decided what happens with a copied data folder (ADR 17).
//! Start with `service.rs`.
//!
//! Invariants:
//! - a message is read only after its caller is identified by certificate and admitted;
//! - a node can act for itself only;
//! - an open stream ends when its caller is fenced.

mod caller;
mod copy_service;
mod directory_trail;
mod forwarded;
mod service;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use keyrack_proto::internal::FolderOrigin;
use keyrack_proto::internal::peer_server::{Peer, PeerServer};
use tokio::net::TcpListener;
use tokio_stream::wrappers::ReceiverStream;

use self::copy_service::CopyService;
use self::service::PeerService;
use crate::config::ClusterConfig;
use crate::membership::RejoinRequests;
use crate::node::Node;
use crate::peers::tls::{self, PeerStream, PeerTls};
use crate::peers::{Admission, PEER_ANSWER_BYTES, PEER_MESSAGE_BYTES, UsageInbox};
use crate::tasks::Tasks;

/// Accepts connections of other nodes until the node's tasks stop. Open connections end with the process.
pub fn serve(node: &Arc<Node>, listener: TcpListener, tls: PeerTls, replacements: Arc<RejoinRequests>, usage: Arc<UsageInbox>) {
    let incoming = tls::incoming(listener, tls, node.admission.clone(), &node.tasks);
    let service = PeerServer::new(PeerService::new(node.clone(), replacements, usage));
    let service = service.max_decoding_message_size(PEER_MESSAGE_BYTES).max_encoding_message_size(PEER_ANSWER_BYTES);
    spawn(service, incoming, &node.tasks);
}

/// Answers what the data folder of this node is, and refuses all other calls, until the tasks stop. For a node whose folder is a
/// copy.
pub fn serve_copy(
    config: ClusterConfig,
    origin: FolderOrigin,
    listener: TcpListener,
    tls: PeerTls,
    admission: Arc<Admission>,
    tasks: &Tasks,
) {
    let incoming = tls::incoming(listener, tls, admission.clone(), tasks);
    spawn(PeerServer::new(CopyService { config, admission, origin }), incoming, tasks);
}

fn spawn<S: Peer>(service: PeerServer<S>, incoming: ReceiverStream<io::Result<PeerStream>>, tasks: &Tasks) {
    let server = tonic::transport::Server::builder()
        .initial_stream_window_size(8 << 20)
        .initial_connection_window_size(32 << 20)
        .http2_keepalive_interval(Some(Duration::from_secs(5)))
        .add_service(service)
        .serve_with_incoming(incoming);
    tasks.spawn("peer listener", async move {
        if let Err(cause) = server.await {
            tracing::error!(event = "peer_listener_failed", %cause, "the peer listener has ended");
        }
    });
}
