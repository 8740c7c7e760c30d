//! This node's channels to its peers: one HTTP/2 connection over TLS to each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use keyrack_proto::internal as pb;
use keyrack_proto::internal::peer_client::PeerClient;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;
use tonic::metadata::MetadataValue;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use super::admission::Admission;
use super::calls::PeerCalls;
use super::member::Member;
use super::tls::{Dial, PeerTls};
use crate::tasks::Tasks;

/// The largest message that a node takes from another one: a full append (`raft/log_store.rs`) and its envelope.
pub const PEER_MESSAGE_BYTES: usize = 16 << 20;
/// The largest answer that a node takes from another one: the answers to a batch.
pub const PEER_ANSWER_BYTES: usize = 64 << 20;
/// How many calls that timed out a connection remembers. Frames for older ones are errors.
const RESETS: usize = 1_024;
/// How many such errors a connection has before it ends.
const LOST_FRAMES: usize = 65_536;
/// The most calls of a peer that are completed at a time.
const COMPLETING: usize = 256;
/// How long a connection may take to open: ample time for two round trips between far regions.
const CONNECT: Duration = Duration::from_secs(2);

/// How long a member may take to answer a call.
const CALL_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a peer stays lost although it calls this node: at first, and at most. It doubles each time that the peer is lost again before it
/// has answered.
const LOST_AT_LEAST: Duration = Duration::from_secs(5);
const LOST_AT_MOST: Duration = Duration::from_secs(600);

pub type Client = PeerClient<InterceptedService<Channel, Identify>>;

/// The node's channels to its peers. Cheap to clone.
#[derive(Clone)]
pub struct Links {
    cluster: Arc<str>,
    node: u64,
    tls: PeerTls,
    admission: Arc<Admission>,
    channels: Arc<Mutex<HashMap<(u64, u64), Client>>>,
    reachable: Arc<Mutex<Reachable>>,
    /// The tasks that complete calls, and the places for them of each peer.
    tasks: Tasks,
    completing: Arc<Mutex<BTreeMap<u64, Arc<Semaphore>>>>,
    /// The incarnations of the nodes that asked this node to rejoin.
    announced: Arc<Mutex<BTreeMap<u64, u64>>>,
}

/// Which peers answer. Each change is logged once.
#[derive(Default)]
struct Reachable {
    /// The peers that have answered since the start.
    known: BTreeSet<u64>,
    /// The peers that did not answer the last call, and since when.
    lost: BTreeMap<u64, Instant>,
    /// How long a peer stays lost now although it calls this node.
    at_least: BTreeMap<u64, Duration>,
}

/// What is logged about a peer.
#[derive(Debug, PartialEq, Eq)]
enum PeerChange {
    Back,
    Lost,
    /// It has not answered since this node started. This is normal while the nodes start one after the other.
    Awaited,
}

impl Reachable {
    fn answered(&mut self, peer: u64) -> Option<PeerChange> {
        self.at_least.remove(&peer);
        self.back(peer)
    }

    fn back(&mut self, peer: u64) -> Option<PeerChange> {
        let is_new = self.known.insert(peer);
        (self.lost.remove(&peer).is_some() && !is_new).then_some(PeerChange::Back)
    }

    fn failed(&mut self, peer: u64, now: Instant) -> Option<PeerChange> {
        if self.lost.contains_key(&peer) {
            return None;
        }
        self.lost.insert(peer, now);
        Some(if self.known.contains(&peer) { PeerChange::Lost } else { PeerChange::Awaited })
    }

    fn called(&mut self, peer: u64, now: Instant) -> Option<PeerChange> {
        // A peer that reaches this node but does not answer it would otherwise be lost and back several times a second.
        let at_least = self.at_least.get(&peer).copied().unwrap_or(LOST_AT_LEAST);
        if self.lost.get(&peer).is_none_or(|since| now - *since <= at_least) {
            return None;
        }
        self.at_least.insert(peer, LOST_AT_MOST.min(at_least * 2));
        self.back(peer)
    }
}

/// Adds the caller and the callee to every call. The callee's incarnation is part of it, so that a node with new data does not
/// answer calls for its old incarnation.
#[derive(Clone)]
pub struct Identify {
    cluster: MetadataValue<tonic::metadata::Ascii>,
    from: MetadataValue<tonic::metadata::Ascii>,
    to: MetadataValue<tonic::metadata::Ascii>,
}

impl tonic::service::Interceptor for Identify {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("keyrack-cluster", self.cluster.clone());
        metadata.insert("keyrack-from", self.from.clone());
        metadata.insert("keyrack-to", self.to.clone());
        Ok(request)
    }
}

impl Links {
    /// Without channels. Each channel is opened at its first use.
    pub fn new(cluster: &str, node: u64, tls: PeerTls, admission: Arc<Admission>, tasks: Tasks) -> Links {
        Links {
            cluster: cluster.into(),
            node,
            tls,
            admission,
            channels: Arc::default(),
            reachable: Arc::default(),
            tasks,
            completing: Arc::default(),
            announced: Arc::default(),
        }
    }

    /// Whether this node may call a node or send to it on an open stream.
    pub fn admits(&self, id: u64) -> bool {
        self.admission.admits(id)
    }

    /// Asks the node at `address`, which must be node `id`, for its incarnation and the members that it knows.
    pub async fn hello(&self, id: u64, address: &str) -> Result<pb::HelloReply, Status> {
        let mut request = Request::new(pb::HelloRequest { me: None });
        request.set_timeout(Duration::from_secs(1));
        let reply = self.client_of_unknown(id, address)?.hello(request).await;
        self.note_answer(id, &reply);
        reply.map(tonic::Response::into_inner)
    }

    /// Asks the node at `address`, which must be node `id`, to let this node rejoin.
    pub async fn replace(&self, id: u64, address: &str, me: pb::MemberInfo) -> Result<(), Status> {
        let mut request = Request::new(pb::ReplaceRequest { me: Some(me) });
        request.set_timeout(Duration::from_secs(1));
        self.client_of_unknown(id, address)?.replace(request).await.map(drop)
    }

    /// A client of a node whose incarnation is not known.
    fn client_of_unknown(&self, id: u64, address: &str) -> Result<Client, Status> {
        let bad_address = |cause: Broken| Status::invalid_argument(cause.to_string());
        let endpoint = Endpoint::from_shared(uri(address)).map_err(|cause| bad_address(cause.into()))?;
        let channel = endpoint.connect_timeout(CONNECT).connect_with_connector_lazy(Dial::new(self.tls.clone(), id, address));
        Ok(PeerClient::with_interceptor(channel, self.identify(format!("{id}")).map_err(bad_address)?))
    }

    /// The client of a member.
    pub fn client(&self, id: u64, member: &Member) -> io::Result<Client> {
        if !self.admits(id) {
            return Err(io::Error::other(format!("node {id} is fenced, or it is no member now: it may be rejoining")));
        }
        let key = (id, member.incarnation);
        if let Some(client) = self.channels.lock().get(&key) {
            return Ok(client.clone());
        }
        let client = self.open(id, member).map_err(io::Error::other)?;
        Ok(self.channels.lock().entry(key).or_insert(client).clone())
    }

    /// Logs when a peer stops answering, with the cause, and when it answers again.
    pub fn note_answer<T>(&self, peer: u64, answer: &Result<T, Status>) {
        let change = match answer.as_ref().map_err(Status::code) {
            // A refusal of this message is an answer too.
            Ok(_) | Err(Code::InvalidArgument | Code::FailedPrecondition) => self.reachable.lock().answered(peer),
            Err(_) => self.reachable.lock().failed(peer, Instant::now()),
        };
        let cause = answer.as_ref().err().map(innermost);
        log(peer, change, cause);
    }

    /// Logs that a peer is back when it calls this node. A follower does not call the other followers, so it learns it this way.
    pub fn note_call_from(&self, peer: u64) {
        let change = self.reachable.lock().called(peer, Instant::now());
        log(peer, change, None);
    }

    /// Remembers with which data a first member asked this node to rejoin.
    pub fn note_announced(&self, id: u64, incarnation: u64) {
        self.announced.lock().insert(id, incarnation);
    }

    /// The peers that did not answer the last call.
    pub fn lost_peers(&self) -> Vec<u64> {
        self.reachable.lock().lost.keys().copied().collect()
    }

    /// Makes a call whose answer the caller may not need any more, because others answered first. The call is completed all the
    /// same: a call that is given up resets its stream, and after many resets HTTP/2 ends the connection. A peer that answers none of many
    /// calls is not called again before one of them has timed out.
    async fn completed<T>(&self, peer: u64, call: impl Future<Output = Option<T>> + Send + 'static) -> Option<T>
    where
        T: Send + 'static,
    {
        let places = self.completing.lock().entry(peer).or_insert_with(|| Arc::new(Semaphore::new(COMPLETING))).clone();
        let place = places.try_acquire_owned().ok()?;
        let (answer, wait) = oneshot::channel();
        self.tasks.spawn("call of a peer", async move {
            // The caller may have stopped waiting.
            let _ = answer.send(call.await);
            drop(place);
        });
        wait.await.ok().flatten()
    }

    fn identify(&self, to: String) -> Result<Identify, Broken> {
        Ok(Identify {
            cluster: MetadataValue::try_from(self.cluster.as_ref())?,
            from: MetadataValue::from(self.node),
            to: MetadataValue::try_from(to)?,
        })
    }

    fn open(&self, id: u64, member: &Member) -> Result<Client, Broken> {
        let channel = Endpoint::from_shared(uri(&member.peer))?
            .connect_timeout(CONNECT)
            .http2_max_concurrent_reset_streams(RESETS)
            .http2_max_local_error_reset_streams(LOST_FRAMES)
            .http2_keep_alive_interval(Duration::from_secs(2))
            .keep_alive_timeout(Duration::from_secs(4))
            .keep_alive_while_idle(true)
            .initial_stream_window_size(8 << 20)
            .initial_connection_window_size(32 << 20)
            .connect_with_connector_lazy(Dial::new(self.tls.clone(), id, &member.peer));
        let identify = self.identify(format!("{id}/{}", member.incarnation))?;
        let client = PeerClient::with_interceptor(channel, identify);
        Ok(client.max_decoding_message_size(PEER_ANSWER_BYTES).max_encoding_message_size(PEER_MESSAGE_BYTES))
    }
}

impl PeerCalls for Links {
    async fn propose(
        &self,
        leader: u64,
        member: &Member,
        commands: pb::ProposeRequest,
        deadline: Instant,
    ) -> Option<pb::ProposeReply> {
        let mut request = Request::new(commands);
        request.set_timeout(deadline.saturating_duration_since(Instant::now()));
        Some(self.client(leader, member).ok()?.propose(request).await.ok()?.into_inner())
    }

    async fn read_index(&self, leader: u64, member: &Member, ask: pb::ReadIndexRequest) -> Option<pb::ReadIndexReply> {
        let mut request = Request::new(ask);
        request.set_timeout(CALL_TIMEOUT);
        Some(self.client(leader, member).ok()?.read_index(request).await.ok()?.into_inner())
    }

    async fn held_vote(&self, id: u64, member: &Member, ask: pb::HeldVoteRequest) -> Option<pb::HeldVoteReply> {
        let mut request = Request::new(ask);
        request.set_timeout(CALL_TIMEOUT);
        let mut client = self.client(id, member).ok()?;
        self.completed(id, async move { client.held_vote(request).await.ok().map(tonic::Response::into_inner) }).await
    }

    async fn who_is(&self, id: u64, address: &str) -> Option<pb::HelloReply> {
        let (links, address) = (self.clone(), address.to_owned());
        self.completed(id, async move { links.hello(id, &address).await.ok() }).await
    }

    async fn hand_over(&self, leader: u64, member: &Member, ask: pb::HandOverRequest) {
        let mut request = Request::new(ask);
        request.set_timeout(CALL_TIMEOUT);
        if let Ok(mut client) = self.client(leader, member) {
            // The caller tries again.
            let _ = client.hand_over(request).await;
        }
    }

    fn announced(&self, id: u64) -> Option<u64> {
        self.announced.lock().get(&id).copied()
    }

    fn may_call(&self, id: u64) -> bool {
        self.admits(id)
    }
}

fn log(peer: u64, change: Option<PeerChange>, cause: Option<String>) {
    match change {
        Some(PeerChange::Back) => tracing::info!(event = "peer_back", peer, "the peer answers again"),
        Some(PeerChange::Lost) => tracing::warn!(event = "peer_lost", peer, cause, "the peer does not answer"),
        Some(PeerChange::Awaited) => {
            tracing::info!(event = "peer_awaited", peer, cause, "the peer has not answered since this node started");
        }
        None => {}
    }
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

/// The URI for tonic. Its scheme is http because `Dial` does the TLS.
fn uri(address: &str) -> String {
    format!("http://{address}")
}

/// The last cause in the chain: tonic's own message is only "transport error". A status that the peer sent has no cause.
pub fn innermost(status: &Status) -> String {
    let Some(mut cause) = std::error::Error::source(status) else { return status.message().to_owned() };
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match cause.to_string() {
        text if text.contains("close_notify") => "the connection ended".to_owned(),
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_lost_and_back_once_each_time() {
        let (mut peers, now) = (Reachable::default(), Instant::now());
        assert_eq!(peers.failed(2, now), Some(PeerChange::Awaited));
        assert_eq!((peers.failed(2, now), peers.answered(2), peers.answered(2)), (None, None, None));
        for _ in 0..2 {
            assert_eq!((peers.failed(2, now), peers.failed(2, now)), (Some(PeerChange::Lost), None));
            assert_eq!((peers.answered(2), peers.answered(2)), (Some(PeerChange::Back), None));
        }
        assert_eq!((peers.failed(2, now), peers.called(2, now)), (Some(PeerChange::Lost), None), "it calls, but does not answer");
        let later = now + LOST_AT_LEAST + Duration::from_millis(1);
        assert_eq!(
            (peers.called(2, later), peers.called(2, later), peers.called(3, later)),
            (Some(PeerChange::Back), None, None)
        );
        assert_eq!(peers.failed(2, later), Some(PeerChange::Lost));
        assert_eq!(peers.called(2, later + LOST_AT_LEAST * 2), None, "it still does not answer");
        assert_eq!(peers.called(2, later + LOST_AT_LEAST * 3), Some(PeerChange::Back));
        assert_eq!((peers.answered(2), peers.failed(2, later)), (None, Some(PeerChange::Lost)));
        assert_eq!(peers.called(2, later + LOST_AT_LEAST * 2), Some(PeerChange::Back), "it has answered since");
    }
}
