//! Three nodes. A row on the disk of one is changed while it is down.

use std::path::Path;

use keyrack_inventory::{Key, Month, RoomTypeIx, Row};
use keyrack_proto::rows;
use tokio::time::Instant;

use super::three_nodes::{NIGHT, Nodes, PATIENCE, book, bookings, hotel};
use crate::storage::RowsDb;
use crate::{FolderError, Placement, StartError};

/// Removes a sold room from a calendar page, as an attacker with access to the disk could.
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
fn a_replica_with_a_tampered_row_stops_and_no_receipt_has_its_signature() {
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
    // Not the first node: the test sends its commands through that one.
    let victim = 2;
    assert_eq!(bookings(&nodes, victim), 1, "it has applied the booking");
    nodes.stop(victim);
    tamper(&nodes.data(victim), &place);
    nodes.restart(victim).expect("a start does not detect the change");

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
    assert!((0..3).map(|place| nodes.node(place).cluster.divergences()).sum::<u64>() > 0, "no node counted the difference");

    nodes.stop(victim);
    let refused = nodes.restart(victim).expect_err("a diverged folder is not opened again");
    assert!(matches!(refused, StartError::Folder(FolderError::Diverged { .. })), "{refused}");
    // RocksDB must not be in use while the process ends.
    [0, 1].into_iter().for_each(|place| nodes.stop(place));
}
