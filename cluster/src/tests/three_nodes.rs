//! Three nodes in one process, each in its own runtime, for the tests in this folder.

use std::fs;
use std::net::TcpListener as Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keyrack_inventory::{
    Actor, BookRequest, BookingId, Command, Currency, Key, LeafSeeds, Night, Op, PropertyDetails, RatePlan, Read, Reply,
    RequestKey, Role, RoomRequest, RoomType, Sealed, ShortCode, Stay, Who,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::key_prints::KeyPrints;
use crate::peers::tls::TestAuthority;
use crate::{
    BatchLimits, ClusterConfig, ClusterNode, Consistency, FolderSeeds, GroupConfig, PeerConfig, PeerTls, Placement, StartError,
    StartProgress, View,
};

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
            keyring: KeyPrints::default(),
            cluster: CLUSTER.into(),
            node: place as u64 + 1,
            data: self.data(place),
            data_shards: 1,
            peers: self.peers.clone(),
            admit_fenced: Vec::new(),
            trust_leader: false,
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

    /// Sets the data of a stopped node aside.
    pub fn set_aside(&self, place: usize) {
        let aside = ClusterNode::set_aside(&self.data(place), CLUSTER, place as u64 + 1).expect("set aside");
        assert!(aside.is_some_and(|aside| aside.join("FORMAT").exists()));
    }

    /// Copies the folder of a stopped node, as a backup does.
    pub fn back_up(&self, place: usize) {
        copy_tree(&self.data(place), &self.backup(place));
    }

    /// Replaces the folder of a stopped node by its backup.
    pub fn put_back(&self, place: usize) {
        fs::remove_dir_all(self.data(place)).expect("removed");
        copy_tree(&self.backup(place), &self.data(place));
    }

    fn backup(&self, place: usize) -> PathBuf {
        self.folder.path().join(format!("backup-{place}"))
    }

    /// Restarts several nodes, each in a thread of its own: their starts may wait for each other.
    pub fn restart_together(&mut self, places: &[usize]) {
        let starting: Vec<_> = places
            .iter()
            .map(|place| {
                let listener = Bound::bind(&self.peers[*place].peer).expect("the node's own port");
                let (config, tls, runtime) = (self.config(*place), self.tls(*place), runtime());
                std::thread::spawn(move || {
                    let cluster = start(&runtime, config, listener, tls).expect("started");
                    Node { runtime, cluster }
                })
            })
            .collect();
        for (place, thread) in places.iter().zip(starting) {
            self.up[*place] = Some(thread.join().expect("started"));
        }
    }

    /// `host:port` of a node's peer listener.
    pub fn address(&self, place: usize) -> &str {
        &self.peers[place].peer
    }

    pub fn node(&self, place: usize) -> &Node {
        self.up[place].as_ref().expect("this node is up")
    }

    pub fn is_up(&self, place: usize) -> bool {
        self.up[place].is_some()
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

/// The caller of the tests' commands.
pub fn operator() -> Actor {
    Actor { who: Who::Trusted(Role::Operator, "tests".into()), from: [0; 16] }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("read") {
        let (path, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("an entry");
        if path.is_dir() {
            copy_tree(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
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
        let starting = ClusterNode::start(config, listener, tls, fresh, StartProgress::default());
        tokio::time::timeout(PATIENCE, starting).await.expect("a start ends in time")
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
        retired: false,
        revision: 0,
    };
    let (code, name) = (ShortCode::new("BAR").expect("a code"), String::new());
    let (priced, retired, policy) = (false, false, Default::default());
    let rate_plan = RatePlan { code, name, currency, policy, priced, retired, revision: 0 };
    let ops = [
        Op::PutProperty { id: "inn".into(), details, business_date: NIGHT, expected_revision: None },
        Op::PutRoomType { room_type, expected_revision: None },
        Op::PutRatePlan { rate_plan, expected_revision: None },
    ];
    for (number, op) in ops.into_iter().enumerate() {
        let request = Some(RequestKey { digest: [number as u8; 16], fingerprint: [1; 16] });
        nodes.propose(0, &Command { property: place.number, request, by: Some(operator()), op });
    }
    place
}

/// Books a room through the first node, and returns the leaf.
pub fn book(nodes: &Nodes, place: &Placement, number: u64) -> u64 {
    book_through(nodes, 0, place, number)
}

/// Books a room through a node, and returns the leaf.
pub fn book_through(nodes: &Nodes, through: usize, place: &Placement, number: u64) -> u64 {
    let rooms = vec![RoomRequest {
        room_type: ShortCode::new("DBL").expect("a code"),
        rate_plan: ShortCode::new("BAR").expect("a code"),
        quantity: 1,
        adults: 1,
        children_ages: vec![],
        seller_nightly: vec![],
    }];
    let request = BookRequest {
        id: BookingId::new(place.number, 1, number),
        stay: Stay::new(NIGHT, NIGHT.next()).expect("a stay"),
        rooms,
        guest: Sealed::default(),
        channel_ref: String::new(),
        payment_token: String::new(),
        seeds: LeafSeeds::default(),
        number: None,
        expected_total: None,
        override_reason: None,
    };
    let key = RequestKey { digest: [100 + number as u8; 16], fingerprint: [1; 16] };
    let command = Command { property: place.number, request: Some(key), by: Some(operator()), op: Op::Book(request) };
    match nodes.propose(through, &command) {
        Reply::Booking(booking) => booking.leaf.expect("every booking has a leaf"),
        other => panic!("not a booking: {other:?}"),
    }
}

/// How many bookings a linearizable read through a node finds.
pub fn bookings(nodes: &Nodes, through: usize) -> usize {
    let node = nodes.node(through);
    let (from, to) = (Key::Booking(BookingId([0; 16])), Key::Booking(BookingId([0xff; 16])));
    let read = async {
        let read = |view: &mut View<'_>| view.scan(&from, &to, 100);
        node.cluster.read(1, Consistency::Linearizable, Instant::now() + PATIENCE, read).await
    };
    node.runtime.block_on(read).expect("read").0.len()
}
