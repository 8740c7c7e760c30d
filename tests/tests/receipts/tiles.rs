//! The log as the public reads it: checkpoint, tiles of hashes, and bundles of entries for auditors only.

use keyrack_tests::receipts::Leaf;
use keyrack_tests::receipts::merkle::{leaf_hash, root};
use keyrack_tests::{HotelPlan, Load, refusal};

use crate::{BOOK, Fixture};

/// Paths that a careless parser would accept as tiles.
const MALFORMED: &str = "0 0/ 0/0 0/00 0/0000 00/000 -1/000 64/000 255/000 256/000 a/000 0/abc 0/+00 0//000 data/000
    0/x000/000 0/x001 0/001/000 0/x001/x234/067.p/1x 0/x999/x999/x999/x999/x999/x999/x999/999
    0/000.p 0/000.p/ 0/000.p/0 0/000.p/00 0/000.p/01 0/000.p/256 0/000.p/-1 0/000.p/1/1 0/000.p/%31%20 0/000.q/1
    0/000%2ep/1%00 0/%2000 %2e%2e/%2e%2e/checkpoint ..%2f0/000 entries entries/ entries/0 entries/0/000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_node_serves_the_same_tiles_with_every_receipts_leaf() {
    let fixture = Fixture::set_with(HotelPlan::new("TILES", 5_000), &[]).await;
    let load = Load::start("tiles", fixture.cluster.everywhere("channel"), &fixture.hotel, 16);
    // More than one full tile, so that a partial one follows and level 1 begins.
    load.until_acknowledged(600).await;
    let acknowledged = load.finish().await;
    let checkpoint = fixture.log(1).checkpoint_of(&fixture.policy, acknowledged.len() as u64 + 3).await;
    assert!(checkpoint.size > 512);
    let leaves = fixture.log(1).leaves(checkpoint.size).await;
    let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    assert_eq!(root(&hashes), checkpoint.root);
    for node in fixture.cluster.node_ids() {
        let log = fixture.log(node);
        log.checkpoint_of(&fixture.policy, checkpoint.size).await;
        assert_eq!(log.leaf_hashes(checkpoint.size).await, hashes, "node {node}");
        let level_1 = log.tile("1/000.p/2").await.expect(200).body;
        assert_eq!(level_1, [root(&hashes[..256]), root(&hashes[256..512])].concat(), "node {node}");
    }
    for entry in acknowledged.iter().step_by(20) {
        let booking = serde_json::from_slice(&entry.body).unwrap();
        let proved = fixture.check(&booking, BOOK).await;
        assert_eq!(leaves[proved.index as usize], fixture.receipt_of(&booking).await.leaf);
    }
    // One leaf for each booking; the rest are the nodes' keys and seals of the audit trail.
    let bookings = leaves.iter().filter(|leaf| Leaf::parse(leaf).is_ok()).count();
    assert_eq!(bookings, acknowledged.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anyone_reads_hashes_and_only_auditors_read_entries() {
    let fixture = Fixture::set_up("WHO-READS", 5).await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let index = fixture.check(&booking, BOOK).await.index;
    let (tile, bundle) = (format!("0/000.p/{}", index + 1), format!("000.p/{}", index + 1));
    let here = format!("/log/{}", fixture.shard);
    for node in fixture.cluster.node_ids() {
        let log = fixture.log(node);
        log.checkpoint_of(&fixture.policy, index + 1).await;
        let answer = log.tile(&tile).await.expect(200);
        assert_eq!(answer.header("Cache-Control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(answer.header("Content-Type"), Some("application/octet-stream"));
        let answer = log.api.anonymous(&format!("{here}/checkpoint")).send().await.expect(200);
        assert_eq!(answer.header("Cache-Control"), Some("no-cache"));
        assert_eq!(answer.header("Content-Type"), Some("text/plain; charset=utf-8"));
        log.api.anonymous("/log/policy").send().await.expect(200);

        let answer = log.bundle(&bundle).await.expect(200);
        let cached = answer.header("Cache-Control").unwrap();
        assert!(cached.starts_with("private"), "no shared cache may keep what only auditors may read: {cached}");
        assert_eq!(answer.header("Content-Type"), Some("application/octet-stream"));
        let entries = format!("{here}/tile/entries/{bundle}");
        refusal(&log.api.anonymous(&entries).send().await, 401, "unauthenticated");
        refusal(&log.api.with_key("kr_auditor_wrong").get(&entries).send().await, 401, "unauthenticated");
        for role in ["channel", "desk", "manager"] {
            refusal(&fixture.cluster.api(role, node).get(&entries).send().await, 403, "forbidden");
        }
        fixture.cluster.api("operator", node).get(&entries).send().await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tiles_beyond_the_checkpoint_and_malformed_paths_are_not_found() {
    let fixture = Fixture::set_up("NO-TILE", 5).await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let proved = fixture.check(&booking, BOOK).await;
    let log = fixture.log(1);
    let size = log.checkpoint_of(&fixture.policy, proved.index + 1).await.size;
    assert!(size < 200, "a short log");
    log.tile(&format!("0/000.p/{size}")).await.expect(200);
    log.tile("0/000.p/1").await.expect(200);
    let beyond = [format!("0/000.p/{}", size + 1), "0/000".into(), "0/001".into(), "1/000.p/1".into(), "0/001.p/1".into()];
    for path in &beyond {
        refusal(&log.tile(path).await, 404, "not_found");
    }
    for path in [format!("000.p/{}", size + 1), "000".into(), "001.p/1".into(), "x001/000".into()] {
        refusal(&log.bundle(&path).await, 404, "not_found");
    }
    for path in MALFORMED.split_ascii_whitespace() {
        let anonymous = log.tile(path).await;
        // A path that begins like a bundle needs credentials.
        let expected = if path.strip_prefix("entries/").is_some_and(|rest| !rest.is_empty()) { 401 } else { 404 };
        assert_eq!(anonymous.status, expected, "{path}: {anonymous:?}");
        assert_eq!(log.api.get(&format!("/log/{}/tile/{path}", fixture.shard)).send().await.status, 404, "{path}");
    }
    for shard in ["0", "4", "99", "-1", "x", "01", "4294967296", "18446744073709551616", ""] {
        for path in ["checkpoint", "tile/0/000.p/1"] {
            let answer = log.api.anonymous(&format!("/log/{shard}/{path}")).send().await;
            assert_eq!(answer.status, 404, "shard {shard:?}: {answer:?}");
        }
    }
    // Without credentials a bundle beyond the checkpoint is refused before it is looked up.
    refusal(&log.tile("entries/000").await, 401, "unauthenticated");
}
