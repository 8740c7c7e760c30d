//! Runs openraft's storage suite on our log and state machine, and checks that replicas are byte-identical.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream;
use keyrack_inventory::{
    BookRequest, BookingId, Command, Currency, LeafSeeds, Night, Op, PropertyDetails, PropertyNumber, RatePlan, RequestKey,
    RoomRequest, RoomType, Sealed, ShortCode, Stay,
};
use keyrack_proto::commands;
use keyrack_proto::internal as pb;
use openraft::storage::RaftStateMachine;
use openraft::testing::log::{StoreBuilder, Suite};
use openraft::{RaftSnapshotBuilder, StorageError};
use prost::Message;
use tempfile::TempDir;

use super::log_store::LogStore;
use super::snapshot::SnapshotBuilder;
use super::state_machine::StateMachine;
use super::types::{Entry, EntryPayload, LogId, Payload, Types};
use crate::directory::Directory;
use crate::peers::Admission;
use crate::state::Progress;
use crate::storage::{LogDb, RowsDb, SnapshotDir};

const SHARD: u32 = 1;

struct Builder;

fn open(folder: &TempDir) -> std::io::Result<(LogStore<LogDb>, StateMachine, Arc<RowsDb>)> {
    let path = folder.path();
    let log = LogStore::open(SHARD, LogDb::open(&path.join("log"))?)?;
    let rows = Arc::new(RowsDb::open(&path.join("rows"), SHARD + 1)?);
    let shared = Arc::new(Progress::default());
    let snapshots = SnapshotBuilder::open(SHARD, rows.clone(), path.join("snapshots"), shared.clone())?;
    let machine =
        StateMachine::open(SHARD, rows.clone(), Arc::new(Directory::new(Arc::new(Admission::new([])))), shared, snapshots)?;
    Ok((log, machine, rows))
}

impl StoreBuilder<Types, LogStore<LogDb>, StateMachine, TempDir> for Builder {
    async fn build(&self) -> Result<(TempDir, LogStore<LogDb>, StateMachine), StorageError<Types>> {
        let folder = tempfile::tempdir()
            .map_err(|cause| StorageError::from_io_error(openraft::ErrorSubject::Store, openraft::ErrorVerb::Write, cause))?;
        let (log, machine, _) = open(&folder)
            .map_err(|cause| StorageError::from_io_error(openraft::ErrorSubject::Store, openraft::ErrorVerb::Read, cause))?;
        Ok((folder, log, machine))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_storage_passes_openrafts_suite() {
    Suite::test_all(Builder).await.expect("the suite passes");
}

/// Applies the same entries in one call, one by one, and in uneven groups: all rows are equal, leaves and tree included. The
/// same commands in other entries give the same rows, except for leaves, which name their entries.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_are_byte_identical_in_every_batching() {
    let commands = log();
    let entries: Vec<Vec<Bytes>> = commands.chunks(3).map(<[_]>::to_vec).collect();
    let at_once = replica(vec![entries.clone()]).await;
    let one_by_one = replica(entries.iter().map(|entry| vec![entry.clone()]).collect()).await;
    let uneven = replica(entries.chunks(7).map(<[_]>::to_vec).collect()).await;
    assert!(at_once.len() > 600, "only {} rows", at_once.len());
    assert!(at_once.iter().any(|(key, _)| key[0] == 0x82), "a tile is full");
    assert_eq!(at_once, one_by_one);
    assert_eq!(at_once, uneven);
    let without_leaves = |rows: &Vec<(Vec<u8>, Vec<u8>)>| -> Vec<_> {
        rows.iter().filter(|(key, _)| !matches!(key[0], 0x50 | 0x81..=0x83)).cloned().collect()
    };
    let other_entries = replica(commands.iter().map(|command| vec![vec![command.clone()]]).collect()).await;
    assert_eq!(without_leaves(&at_once), without_leaves(&other_entries));
    assert_ne!(at_once, other_entries);
}

/// An installed snapshot replaces all state, including rows cached in memory. Retries of requests from before the snapshot are
/// recognized after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_with_an_installed_snapshot_continues_like_its_source() {
    let entries: Vec<Vec<Bytes>> = log().chunks(3).map(<[_]>::to_vec).collect();
    let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (_, mut ahead, ahead_rows) = open(&one).expect("opened");
    let (_, mut behind, behind_rows) = open(&other).expect("opened");
    apply(&mut ahead, 0, entries[..200].to_vec()).await;
    apply(&mut behind, 0, entries[..50].to_vec()).await;
    let built = ahead.get_snapshot_builder().await.build_snapshot().await.expect("built");
    let received = SnapshotDir { path: other.path().join("snapshots/received.incoming"), ..built.snapshot.clone() };
    std::fs::create_dir_all(&received.path).expect("made");
    for file in std::fs::read_dir(&built.snapshot.path).expect("read") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), received.path.join(file.file_name())).expect("copied");
    }
    behind.install_snapshot(&built.meta, received).await.expect("installed");
    assert_eq!(all(&ahead_rows), all(&behind_rows));
    // New commands, and repeats of commands from before the snapshot.
    let more = [&entries[200..], &entries[100..140]].concat();
    apply(&mut ahead, 200, more.clone()).await;
    apply(&mut behind, 200, more).await;
    assert_eq!(all(&ahead_rows), all(&behind_rows));
}

/// Applies calls of entries of commands, all at one log time. Returns all rows but the applied position, which contains the
/// index and so depends on the batching.
async fn replica(calls: Vec<Vec<Vec<Bytes>>>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, mut machine, rows) = open(&folder).expect("opened");
    let mut index = 0;
    for call in calls {
        let entries = call.len() as u64;
        apply(&mut machine, index, call).await;
        index += entries;
    }
    all(&rows).into_iter().filter(|(key, _)| key != &[0x80]).collect()
}

/// Applies entries of commands after the index `last`.
async fn apply(machine: &mut StateMachine, last: u64, entries: Vec<Vec<Bytes>>) {
    let entries = (last + 1..).zip(entries).map(|(index, commands)| {
        let log_id = LogId::new(openraft::alias::LeaderIdOf::<Types> { term: 1, node_id: 1 }, index);
        let batch = pb::Batch { at_ms: 1_000, commands, rules: 1 }.encode_to_vec();
        Ok((Entry { log_id, payload: EntryPayload::Normal(Payload(batch.into())) }, None))
    });
    machine.apply(stream::iter(entries.collect::<Vec<_>>())).await.expect("applied");
}

fn all(rows: &RowsDb) -> Vec<(Vec<u8>, Vec<u8>)> {
    rows.view(SHARD, |view| view.prefixed(&[])).expect("viewed").expect("read")
}

/// A property and its bookings. Some bookings are refused, some cancelled, some requested twice.
fn log() -> Vec<Bytes> {
    let property = PropertyNumber(1);
    let code = |text| ShortCode::new(text).expect("a code");
    let currency = Currency::new("EUR").expect("a currency");
    let details = PropertyDetails { name: "Inn".into(), currency, ..Default::default() };
    let room_type = RoomType {
        code: code("DBL"),
        name: String::new(),
        capacity: 3,
        occupancy: 0,
        overbooking_basis_points: 0,
        accessible: false,
        retired: false,
        revision: 0,
    };
    let (priced, retired, policy) = (false, false, Default::default());
    let rate_plan = RatePlan { code: code("BAR"), name: String::new(), currency, policy, priced, retired, revision: 0 };
    let mut ops = vec![
        Op::PutProperty { id: "inn".into(), details, business_date: Night(20_000), expected_revision: None },
        Op::PutRoomType { room_type, expected_revision: None },
        Op::PutRatePlan { rate_plan, expected_revision: None },
    ];
    for number in 0..700u32 {
        let arrival = Night(20_000 + number * 7 % 200);
        let id = BookingId::new(property, 1_000, u64::from(number));
        let rooms = vec![RoomRequest {
            room_type: code("DBL"),
            rate_plan: code("BAR"),
            quantity: 1 + number % 2,
            adults: 1,
            children_ages: vec![],
            seller_nightly: vec![],
        }];
        let stay = Stay::new(arrival, Night(arrival.0 + 1 + number % 5)).expect("a stay");
        let (guest, channel_ref, payment_token) = (Sealed::default(), format!("ref-{number}"), String::new());
        let seeds = LeafSeeds::default();
        ops.push(Op::Book(BookRequest {
            id,
            stay,
            rooms,
            guest,
            channel_ref,
            payment_token,
            seeds,
            number: None,
            expected_total: None,
            override_reason: None,
        }));
        if number % 3 == 0 {
            ops.push(Op::Cancel { booking: id, expected_revision: None });
        }
    }
    let command = |(number, op)| {
        let mut digest = [0; 16];
        digest[..8].copy_from_slice(&(number as u64).to_be_bytes());
        let request = Some(RequestKey { digest, fingerprint: [1; 16] });
        commands::encode(&Command { property, request, by: None, op })
    };
    let once: Vec<Bytes> = ops.into_iter().enumerate().map(command).collect();
    // Every tenth request is made a second time right after the first.
    once.into_iter().enumerate().flat_map(|(n, command)| vec![command; 1 + usize::from(n % 10 == 0)]).collect()
}

#[test]
fn a_half_received_snapshot_is_resumed_and_another_one_replaces_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = Arc::new(RowsDb::open(&folder.path().join("rows"), SHARD + 1).expect("rows"));
    let snapshots = SnapshotBuilder::open(SHARD, rows, folder.path().join("snapshots"), Arc::default()).expect("opened");
    let manifest = |index| {
        let meta = pb::SnapshotMeta { last: Some(pb::LogId { term: 1, node: 1, index }), ..Default::default() };
        pb::SnapshotManifest { group: SHARD, meta: Some(meta), ..Default::default() }
    };
    let first = snapshots.begin_incoming(&manifest(10)).expect("a folder").path;
    std::fs::write(first.join("1.sst"), b"half of it").expect("written");
    assert_eq!(snapshots.begin_incoming(&manifest(10)).expect("a folder").path, first);
    assert!(first.join("1.sst").exists(), "it is resumed");
    let second = snapshots.begin_incoming(&manifest(11)).expect("a folder").path;
    assert!(second.exists() && !first.exists());
}
