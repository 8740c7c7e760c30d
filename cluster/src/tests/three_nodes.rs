//! Three nodes in one process, each in its own runtime, for the tests in this folder.

use std::net::TcpListener as Bound;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keyrack_inventory::{
    BookRequest, BookingId, Command, Currency, LeafSeeds, Night, Op, PropertyDetails, RatePlan, Reply, RequestKey, RoomRequest,
    RoomType, Sealed, ShortCode, Stay,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::peers::tls::TestAuthority;
use crate::{BatchLimits, ClusterConfig, ClusterNode, FolderSeeds, GroupConfig, PeerConfig, PeerTls, Placement, StartError};

pub const PATIENCE: Duration = Duration::from_secs(60);
pub const NIGHT: Night = Night(21_000);
const CLUSTER: &str = "three";

/// A node in its own runtime: when the runtime ends, nothing holds the node's files any more.
pub struct Node {
    pub runtime: Runtime,
    pub cluster: ClusterNode,
}

pub struct Nodes {
    folder: TempDir,
    authority: TestAuthority,
    peers: Vec<PeerConfig>,
    up: Vec<Option<Node>>,
}

impl Nodes {
    pub fn start() -> Nodes {
        let folder = tempfile::tempdir().expect("a folder");
        let listeners: Vec<Bound> = (0..3).map(|_| Bound::bind("127.0.0.1:0").expect("a port")).collect();
        let peer = |(place, listener): (usize, &Bound)| PeerConfig {
            id: place as u64 + 1,
            peer: listener.local_addr().expect("bound").to_string(),
            http: String::new(),
            grpc: String::new(),
            region: String::new(),
        };
        let peers = listeners.iter().enumerate().map(peer).collect();
        let authority = TestAuthority::new(CLUSTER);
        let mut nodes = Nodes { folder, authority, peers, up: Vec::new() };
        let starting: Vec<_> = listeners
            .into_iter()
            .enumerate()
            .map(|(place, listener)| {
                let (config, tls, runtime) = (nodes.config(place), nodes.tls(place), runtime());
                std::thread::spawn(move || {
                    let cluster = start(&runtime, config, listener, tls).expect("started");
                    Node { runtime, cluster }
                })
            })
            .collect();
        nodes.up = starting.into_iter().map(|thread| Some(thread.join().expect("started"))).collect();
        nodes
    }

    fn config(&self, place: usize) -> ClusterConfig {
        ClusterConfig {
            cluster: CLUSTER.into(),
            node: place as u64 + 1,
            data: self.data(place),
            data_shards: 1,
            peers: self.peers.clone(),
            group: GroupConfig {
                election_timeout_ms: 300,
                heartbeat_ms: 60,
                keep_log_entries: 1_000,
                snapshot_log_entries: 100_000,
                snapshot_log_bytes: 1 << 30,
                snapshot_interval_secs: 3_600,
            },
            batches: BatchLimits { queue_commands: 1_024, batch_commands: 64, batches_in_flight: 2 },
            scrub_after_secs: 3_600,
            audit_seal_secs: 60,
        }
    }

    /// A node's TLS settings.
    pub fn tls(&self, place: usize) -> PeerTls {
        let node = place as u64 + 1;
        let uri = format!("spiffe://{CLUSTER}/node/{node}");
        PeerTls::new(CLUSTER, node, self.authority.credentials(&uri)).expect("credentials of the node")
    }

    pub fn data(&self, place: usize) -> PathBuf {
        self.folder.path().join(format!("node-{place}"))
    }

    /// `host:port` of a node's peer listener.
    pub fn address(&self, place: usize) -> &str {
        &self.peers[place].peer
    }

    pub fn node(&self, place: usize) -> &Node {
        self.up[place].as_ref().expect("this node is up")
    }

    pub fn stop(&mut self, place: usize) {
        let node = self.up[place].take().expect("this node is up");
        node.runtime.block_on(node.cluster.shutdown());
        drop(node.cluster);
        node.runtime.shutdown_timeout(Duration::from_secs(10));
    }

    pub fn restart(&mut self, place: usize) -> Result<(), StartError> {
        let listener = Bound::bind(&self.peers[place].peer).expect("the node's own port");
        let runtime = runtime();
        let cluster = start(&runtime, self.config(place), listener, self.tls(place))?;
        self.up[place] = Some(Node { runtime, cluster });
        Ok(())
    }

    pub fn propose(&self, through: usize, command: &Command) -> Reply {
        let node = self.node(through);
        let proposed = node.runtime.block_on(async { node.cluster.propose(1, command, Instant::now() + PATIENCE).await });
        proposed.expect("committed").outcome.reply
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn start(runtime: &Runtime, config: ClusterConfig, listener: Bound, tls: PeerTls) -> Result<ClusterNode, StartError> {
    // Every new data folder has its own incarnation.
    static INCARNATION: AtomicU64 = AtomicU64::new(100);
    let incarnation = INCARNATION.fetch_add(1, Ordering::Relaxed);
    let fresh = FolderSeeds { incarnation, signing_seed: [incarnation as u8; 32] };
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        tokio::time::timeout(PATIENCE, ClusterNode::start(config, listener, tls, fresh)).await.expect("a start ends in time")
    })
}

pub fn hotel(nodes: &Nodes) -> Placement {
    let node = nodes.node(0);
    let place =
        node.runtime.block_on(async { node.cluster.register("inn", "", Instant::now() + PATIENCE).await }).expect("a place");
    let currency = Currency::new("EUR").expect("a currency");
    let details = PropertyDetails { name: "Inn".into(), currency, ..Default::default() };
    let room_type = RoomType {
        code: ShortCode::new("DBL").expect("a code"),
        name: String::new(),
        capacity: 10,
        occupancy: 0,
        overbooking_basis_points: 0,
        accessible: false,
        revision: 0,
    };
    let (code, name) = (ShortCode::new("BAR").expect("a code"), String::new());
    let rate_plan = RatePlan { code, name, currency, policy: Default::default(), priced: false, revision: 0 };
    let ops = [
        Op::PutProperty { id: "inn".into(), details, business_date: NIGHT, expected_revision: None },
        Op::PutRoomType { room_type, expected_revision: None },
        Op::PutRatePlan { rate_plan, expected_revision: None },
    ];
    for (number, op) in ops.into_iter().enumerate() {
        let request = Some(RequestKey { digest: [number as u8; 16], fingerprint: [1; 16] });
        nodes.propose(0, &Command { property: place.number, request, by: None, op });
    }
    place
}

pub fn book(nodes: &Nodes, place: &Placement, number: u64) -> u64 {
    let rooms = vec![RoomRequest {
        room_type: ShortCode::new("DBL").expect("a code"),
        rate_plan: ShortCode::new("BAR").expect("a code"),
        quantity: 1,
        adults: 1,
        children_ages: vec![],
    }];
    let request = BookRequest {
        id: BookingId::new(place.number, 1, number),
        stay: Stay::new(NIGHT, NIGHT.next()).expect("a stay"),
        rooms,
        guest: Sealed::default(),
        channel_ref: String::new(),
        payment_token: String::new(),
        seeds: LeafSeeds::default(),
    };
    let key = RequestKey { digest: [100 + number as u8; 16], fingerprint: [1; 16] };
    match nodes.propose(0, &Command { property: place.number, request: Some(key), by: None, op: Op::Book(request) }) {
        Reply::Booking(booking) => booking.leaf.expect("every booking has a leaf"),
        other => panic!("not a booking: {other:?}"),
    }
}
