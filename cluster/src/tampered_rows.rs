//! Three nodes, one of which has a row changed on its disk while it is down.

use std::net::TcpListener as Bound;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keyrack_inventory::{
    BookRequest, BookingId, Code, Command, Currency, Key, LeafSeeds, Month, Night, Op, PropertyDetails, RatePlan, Reply,
    RequestKey, RoomRequest, RoomType, RoomTypeIx, Row, Sealed, Stay,
};
use keyrack_proto::rows;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::storage::RowsDb;
use crate::{Cluster, ClusterConfig, FolderError, Fresh, GroupConfig, PeerConfig, Placement, StartError};

const PATIENCE: Duration = Duration::from_secs(60);
const NIGHT: Night = Night(21_000);

/// A node in a runtime of its own: ending it ends everything that holds the node's files.
struct Node {
    runtime: Runtime,
    cluster: Cluster,
}

struct Nodes {
    folder: TempDir,
    peers: Vec<PeerConfig>,
    up: Vec<Option<Node>>,
}

impl Nodes {
    fn start() -> Nodes {
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
        let mut nodes = Nodes { folder, peers, up: Vec::new() };
        let starting: Vec<_> = listeners
            .into_iter()
            .enumerate()
            .map(|(place, listener)| {
                let (config, runtime) = (nodes.config(place), runtime());
                std::thread::spawn(move || {
                    let cluster = start(&runtime, config, listener, place).expect("started");
                    Node { runtime, cluster }
                })
            })
            .collect();
        nodes.up = starting.into_iter().map(|thread| Some(thread.join().expect("started"))).collect();
        nodes
    }

    fn config(&self, place: usize) -> ClusterConfig {
        ClusterConfig {
            cluster: "tampered".into(),
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
            queue_commands: 1_024,
            batch_commands: 64,
            batches_in_flight: 2,
            scrub_after_secs: 3_600,
            audit_seal_secs: 60,
        }
    }

    fn data(&self, place: usize) -> PathBuf {
        self.folder.path().join(format!("node-{place}"))
    }

    fn node(&self, place: usize) -> &Node {
        self.up[place].as_ref().expect("this node is up")
    }

    fn stop(&mut self, place: usize) {
        let node = self.up[place].take().expect("this node is up");
        node.runtime.block_on(node.cluster.shutdown());
        drop(node.cluster);
        node.runtime.shutdown_timeout(Duration::from_secs(10));
    }

    fn restart(&mut self, place: usize) -> Result<(), StartError> {
        let listener = Bound::bind(&self.peers[place].peer).expect("the node's own port");
        let runtime = runtime();
        let cluster = start(&runtime, self.config(place), listener, place)?;
        self.up[place] = Some(Node { runtime, cluster });
        Ok(())
    }

    fn propose(&self, through: usize, command: &Command) -> Reply {
        let node = self.node(through);
        let proposed = node.runtime.block_on(async { node.cluster.propose(1, command, Instant::now() + PATIENCE).await });
        proposed.expect("committed").outcome.reply
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn start(runtime: &Runtime, config: ClusterConfig, listener: Bound, place: usize) -> Result<Cluster, StartError> {
    let fresh = Fresh { incarnation: place as u64 + 100, signing_seed: [place as u8 + 1; 32] };
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a socket");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        Cluster::start(config, listener, fresh).await
    })
}

fn hotel(nodes: &Nodes) -> Placement {
    let node = nodes.node(0);
    let place =
        node.runtime.block_on(async { node.cluster.register("inn", "", Instant::now() + PATIENCE).await }).expect("a place");
    let currency = Currency::new("EUR").expect("a currency");
    let details = PropertyDetails { name: "Inn".into(), currency, ..Default::default() };
    let room_type = RoomType {
        code: Code::new("DBL").expect("a code"),
        name: String::new(),
        capacity: 10,
        occupancy: 0,
        overbooking_basis_points: 0,
        accessible: false,
        revision: 0,
    };
    let (code, name) = (Code::new("BAR").expect("a code"), String::new());
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

fn book(nodes: &Nodes, place: &Placement, number: u64) -> u64 {
    let rooms = vec![RoomRequest {
        room_type: Code::new("DBL").expect("a code"),
        rate_plan: Code::new("BAR").expect("a code"),
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

/// Takes a sold room off a calendar page, as somebody with access to the disk could.
fn tamper(data: &Path, place: &Placement) {
    let db = RowsDb::open(&data.join("rows"), 2).expect("opened");
    let (month, cell): (Month, usize) = NIGHT.in_month();
    let key = Key::Page(place.number, RoomTypeIx(0), month);
    let (mut name, mut value) = (Vec::new(), Vec::new());
    key.encode(&mut name);
    let applied = db.applied(1).expect("read").expect("applied");
    let bytes = db.view(1, |view| view.raw(&name)).expect("viewed").expect("read").expect("a page");
    let Ok(Row::Page(mut page)) = rows::decode(&key, &bytes) else { panic!("a page") };
    assert_eq!(page.cells[cell].sold, 1);
    page.cells[cell].sold = 0;
    rows::encode(&Row::Page(page), &mut value);
    db.write(1, &applied, |set| set.put(&name, &value)).expect("written");
}

#[test]
fn a_replica_with_a_tampered_row_stops_and_signs_no_served_receipt() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    let leaf = book(&nodes, &place, 1);
    let covered = |nodes: &Nodes, through: usize, leaf: u64| {
        let node = nodes.node(through);
        let log = node.cluster.receipts(1).expect("a data shard").clone();
        let covered = node.runtime.block_on(async { log.covered_by(leaf, u64::MAX, Instant::now() + PATIENCE).await });
        covered.expect("no fault").expect("cosigned")
    };
    covered(&nodes, 0, leaf);
    // Not the first node, through which this test speaks.
    let victim = 2;
    nodes.stop(victim);
    tamper(&nodes.data(victim), &place);
    nodes.restart(victim).expect("nothing can be seen yet");

    let leaf = book(&nodes, &place, 2);
    let node = nodes.node(victim);
    let reason = node.runtime.block_on(async { tokio::time::timeout(PATIENCE, node.cluster.failed()).await });
    let reason = reason.expect("the replica stops");
    assert!(reason.contains("diverged"), "{reason}");
    for through in [0, 1] {
        let note = covered(&nodes, through, leaf).checkpoint.note;
        let cosigners: Vec<&str> = note.lines().filter(|line| line.contains("/node-")).collect();
        assert_eq!(cosigners.len(), 2, "{note}");
        assert!(cosigners.iter().all(|line| !line.contains("/node-3 ")), "{note}");
    }
    assert!((0..3).map(|place| nodes.node(place).cluster.divergences()).sum::<u64>() > 0, "it is counted");

    nodes.stop(victim);
    let refused = nodes.restart(victim).expect_err("a diverged folder is not opened again");
    assert!(matches!(refused, StartError::Folder(FolderError::Diverged { .. })), "{refused}");
    // RocksDB must not be in use while the process ends.
    [0, 1].into_iter().for_each(|place| nodes.stop(place));
}
