//! This node's answers to its peers. The calls to peers are in `peers/`.
//!
//! [`serve`] takes the connections that the handshake accepted. `checked.rs` checks each call by the contract: that the caller may take
//! part, that the call is for this node, and its bounds. `service.rs` has a method for each call. It passes the message to the group,
//! the batcher or the signer.
//! `copy_service.rs` answers instead while it is not decided what happens with a copied data folder (ADR 17).
//! Start with `checked.rs`.
//!
//! Invariants:
//! - a message is read only after its caller is identified by certificate and admitted;
//! - a node can act for itself only;
//! - an open stream ends when its caller is fenced;
//! - the bytes that wait for one node are bounded, and what an honest node does not send is recorded.

mod caller;
mod checked;
mod copy_service;
mod directory_trail;
mod forwarded;
mod messages;
mod service;

use std::sync::Arc;
use std::time::Duration;

use keyrack_proto::internal::FolderOrigin;
use keyrack_proto::internal::peer_server::PeerServer;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tower::layer::layer_fn;

use self::checked::{Checked, Checks};
use self::copy_service::CopyService;
use self::service::PeerService;
use crate::config::ClusterConfig;
use crate::membership::RejoinRequests;
use crate::node::Node;
use crate::peers::tls::{self, PeerTls};
use crate::peers::{Admission, PEER_ANSWER_BYTES, PEER_MESSAGE_BYTES, UsageInbox};
use crate::tasks::Tasks;

/// Accepts connections of other nodes until the node's tasks stop. Open connections end with the process.
pub fn serve(node: &Arc<Node>, listener: TcpListener, tls: PeerTls, replacements: Arc<RejoinRequests>, usage: Arc<UsageInbox>) {
    let incoming = tls::incoming(listener, tls, node.admission.clone(), &node.tasks);
    let service = PeerServer::new(PeerService::new(node.clone(), replacements, usage));
    let service = service.max_decoding_message_size(PEER_MESSAGE_BYTES).max_encoding_message_size(PEER_ANSWER_BYTES);
    let checks = Checks::new(node.clone());
    // Around all services, so that a call of another service is recorded too.
    let checked = layer_fn(move |services| Checked::new(services, checks.clone()));
    spawn(builder().layer(checked).add_service(service).serve_with_incoming(incoming), &node.tasks);
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
    let service = PeerServer::new(CopyService { config, admission, origin });
    spawn(builder().add_service(service).serve_with_incoming(incoming), tasks);
}

/// How many calls that the caller gave up may wait for this node to notice.
const RESETS: usize = 1_024;
/// How many frames for calls that were given up long ago a connection takes before it ends.
const LOST_FRAMES: usize = 65_536;

fn builder() -> Server {
    Server::builder()
        .initial_stream_window_size(8 << 20)
        .initial_connection_window_size(32 << 20)
        // Calls that time out are reset, many at once when a node was paused.
        .http2_max_pending_accept_reset_streams(Some(RESETS))
        .http2_max_local_error_reset_streams(Some(LOST_FRAMES))
        .http2_keepalive_interval(Some(Duration::from_secs(5)))
}

fn spawn(server: impl Future<Output = Result<(), tonic::transport::Error>> + Send + 'static, tasks: &Tasks) {
    tasks.spawn("peer listener", async move {
        if let Err(cause) = server.await {
            tracing::error!(event = "peer_listener_failed", %cause, "the peer listener has ended");
        }
    });
}
