//! Checks receipts and checkpoints with the tests' own verifier, which follows the specifications and shares no code with
//! Keyrack.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base16ct::lower::encode_string as hex;
use hyper::Method;
use keyrack_tests::receipts::merkle::{leaf_hash, root};
use keyrack_tests::receipts::{Leaf, Note, Policy, Receipt};
use tokio::task::JoinSet;

use crate::cluster::{Cluster, Connection, NodeClient, until};
use crate::history::{Answer, Booking, CheckpointCheck, FinalNode, Op, Outcome, ReceiptCheck, Root};

/// Short enough to see what a node serves just after its start.
const EVERY: Duration = Duration::from_millis(200);
/// In rounds of [`EVERY`]. Keys change only when a node rejoins with new data.
const POLICY_EVERY: u64 = 10;
const ANSWER: Duration = Duration::from_secs(2);
const WITHIN: Duration = Duration::from_secs(60);
const AT_ONCE: usize = 8;
const DATA_SHARDS: u32 = 3;
/// Kinds of leaves.
const BOOK: u64 = 1;
const AMEND: u64 = 2;
const CANCEL: u64 = 3;
const REINSTATE: u64 = 11;

/// A checkpoint as a node served it: node, shard, size, root.
type Seen = (u32, u32, u64, Vec<u8>);

/// Records every node's checkpoints and policies during the run.
pub(super) struct CheckpointWatch {
    seen: Arc<Mutex<Vec<Seen>>>,
    policies: Arc<Mutex<BTreeSet<String>>>,
    watching: JoinSet<()>,
}

impl CheckpointWatch {
    /// Starts one task per node, so that a node without an answer does not delay the others.
    pub fn start(cluster: &Arc<Cluster>) -> CheckpointWatch {
        let (seen, policies) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::<Mutex<BTreeSet<String>>>::default());
        let mut watching = JoinSet::new();
        for node in cluster.numbers() {
            watching.spawn(watch(cluster.clone(), node, seen.clone(), policies.clone()));
        }
        CheckpointWatch { seen, policies, watching }
    }

    /// Verifies that the receipt of every acknowledged booking proves its latest event, and compares every recorded
    /// checkpoint with the current leaves. Stores each node's own roots in `nodes`.
    pub async fn finish(
        mut self,
        cluster: &Arc<Cluster>,
        ops: &[Op],
        nodes: &mut [FinalNode],
    ) -> anyhow::Result<(Vec<ReceiptCheck>, Vec<CheckpointCheck>)> {
        self.watching.abort_all();
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        let mut texts = self.policies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        texts.extend(text(&mut cluster.client(1).connection(), "/log/policy").await);
        // A node that rejoined with new data has new keys. Signatures by its old keys stay valid.
        let policies: Vec<Policy> = texts.iter().filter_map(|text| Policy::parse(text).ok()).collect();
        let bookings = nodes.first().map_or(&[][..], |node| &node.bookings);
        let bookings = bookings.iter().map(|line| (line.booking.booking.clone(), line.booking.clone())).collect();
        let receipts = verify_all(cluster, ops, Arc::new(Expected { policies, bookings })).await;
        let mut checkpoints = Vec::new();
        for shard in 1..=DATA_SHARDS {
            let of_shard: Vec<&Seen> = seen.iter().filter(|(_, number, ..)| *number == shard).collect();
            checkpoints.extend(compare(cluster, shard, &of_shard, nodes).await?);
        }
        Ok((receipts, checkpoints))
    }
}

/// Watches one node until aborted.
async fn watch(cluster: Arc<Cluster>, node: u32, seen: Arc<Mutex<Vec<Seen>>>, policies: Arc<Mutex<BTreeSet<String>>>) {
    let mut newest = BTreeMap::new();
    let mut connection = cluster.client(node).connection();
    for round in 0_u64.. {
        for shard in 1..=DATA_SHARDS {
            let Some((size, root)) = checkpoint(&mut connection, shard).await else { continue };
            if newest.insert(shard, size) != Some(size) {
                seen.lock().unwrap_or_else(PoisonError::into_inner).push((node, shard, size, root));
            }
        }
        if round.is_multiple_of(POLICY_EVERY)
            && let Some(text) = text(&mut connection, "/log/policy").await
        {
            policies.lock().unwrap_or_else(PoisonError::into_inner).insert(text);
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// What receipts are compared with.
struct Expected {
    policies: Vec<Policy>,
    /// The bookings at the end, by id.
    bookings: BTreeMap<String, Booking>,
}

async fn verify_all(cluster: &Arc<Cluster>, ops: &[Op], expected: Arc<Expected>) -> Vec<ReceiptCheck> {
    let acknowledged: BTreeSet<String> = ops.iter().filter_map(acknowledged).collect();
    let mut checks = Vec::new();
    let mut waiting = acknowledged.into_iter();
    let mut asked = JoinSet::new();
    loop {
        while asked.len() < AT_ONCE {
            let Some(booking) = waiting.next() else { break };
            let node = (checks.len() + asked.len()) as u32 % cluster.plan.nodes + 1;
            let (client, expected) = (cluster.client(node), expected.clone());
            asked.spawn(async move {
                let failure = verify(&client, &booking, &expected).await.err();
                ReceiptCheck { booking, failure }
            });
        }
        match asked.join_next().await {
            Some(check) => checks.extend(check),
            None => return checks,
        }
    }
}

fn acknowledged(op: &Op) -> Option<String> {
    match &op.outcome {
        Outcome::Ok { answer: Answer::Booking(booking), digest, .. } if !digest.is_empty() => Some(booking.booking.clone()),
        _ => None,
    }
}

async fn verify(client: &NodeClient, booking: &str, expected: &Expected) -> Result<(), String> {
    let path = format!("/v1/bookings/{booking}/receipt");
    let begin = Instant::now();
    let text = loop {
        let said = match client.ask(Method::GET, &path, None, ANSWER).await {
            Ok(reply) if reply.status == 200 => break String::from_utf8_lossy(&reply.body).into_owned(),
            // 202: not cosigned yet.
            Ok(reply) => format!("{} {}", reply.status, reply.code()),
            Err(broken) => format!("{broken:?}"),
        };
        if begin.elapsed() > WITHIN {
            return Err(format!("no receipt within {} s: {said}", WITHIN.as_secs()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let receipt = Receipt::of_text(&text)?;
    let verified = expected.policies.iter().map(|policy| receipt.verify(policy));
    let proved = verified.reduce(Result::or).unwrap_or_else(|| Err("no node served a policy".into()))?;
    // Another checker reports a booking that is missing.
    expected.bookings.get(booking).map_or(Ok(()), |now| newest(now, &proved.leaf))
}

/// Checks that a leaf is the latest event of a booking.
fn newest(booking: &Booking, leaf: &Leaf) -> Result<(), String> {
    let Booking { booking: id, revision, state, stay, .. } = booking;
    let kinds: &[u64] = match (state.as_str(), revision) {
        ("cancelled", _) => &[CANCEL],
        (_, 1) => &[BOOK],
        _ => &[AMEND, REINSTATE],
    };
    let proves = (leaf.booking_id(), leaf.kind, leaf.arrival, leaf.departure);
    if kinds.contains(&leaf.kind) && proves == (id.clone(), leaf.kind, u64::from(stay.from), u64::from(stay.to)) {
        return Ok(());
    }
    Err(format!(
        "it proves (booking, kind, from, to) {proves:?}, but the booking is {state}, revision {revision}, nights {} to {}",
        stay.from, stay.to
    ))
}

async fn checkpoint(connection: &mut Connection, shard: u32) -> Option<(u64, Vec<u8>)> {
    let text = text(connection, &format!("/log/{shard}/checkpoint")).await?;
    let checkpoint = Note::parse(&text).ok()?.checkpoint().ok()?;
    Some((checkpoint.size, checkpoint.root.to_vec()))
}

async fn text(connection: &mut Connection, path: &str) -> Option<String> {
    let reply = connection.ask(Method::GET, path, None, None, ANSWER).await.ok()?;
    reply.status.is_success().then(|| String::from_utf8_lossy(&reply.body).into_owned())
}

/// Computes every node's root from its own leaves, and compares every recorded checkpoint with the leaves.
async fn compare(cluster: &Cluster, shard: u32, seen: &[&Seen], nodes: &mut [FinalNode]) -> anyhow::Result<Vec<CheckpointCheck>> {
    let newest = until(format!("shard {shard} has a checkpoint"), WITHIN, async || {
        let mut sizes = Vec::new();
        for node in cluster.numbers() {
            sizes.push(checkpoint(&mut cluster.client(node).connection(), shard).await.map_or(0, |(size, _)| size));
        }
        Some(sizes.into_iter().min().unwrap_or(0))
    });
    let size = newest.await?;
    let mut hashes = Vec::new();
    for (place, node) in cluster.numbers().into_iter().enumerate() {
        let leaves = leaves(&cluster.auditor(node), shard, size).await?;
        hashes = leaves.iter().map(|leaf| leaf_hash(leaf)).collect::<Vec<_>>();
        nodes[place].roots.push(Root { shard, size, root: hex(&root(&hashes)) });
    }
    let mut expected: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let mut checks = Vec::new();
    for (node, _, at, served) in seen.iter().filter(|(_, _, at, _)| *at <= size) {
        let right = expected.entry(*at).or_insert_with(|| root(&hashes[..*at as usize]).to_vec());
        let failure = (right != served).then(|| format!("its root is {}, but the leaves have root {}", hex(served), hex(right)));
        checks.push(CheckpointCheck { node: *node, shard, size: *at, failure });
    }
    Ok(checks)
}

/// The first `size` leaves of a node, from its entry bundles.
async fn leaves(client: &NodeClient, shard: u32, size: u64) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut leaves = Vec::new();
    for tile in 0..size.div_ceil(256) {
        let width = (size - tile * 256).min(256);
        let part = if width == 256 { String::new() } else { format!(".p/{width}") };
        let number = if tile < 1_000 { format!("{tile:03}") } else { format!("x{:03}/{:03}", tile / 1_000, tile % 1_000) };
        let path = format!("/log/{shard}/tile/entries/{number}{part}");
        let bundle = until(&path, WITHIN, async || {
            let reply = client.ask(Method::GET, &path, None, ANSWER).await.ok()?;
            reply.status.is_success().then_some(reply.body)
        });
        let bundle = bundle.await?;
        let mut rest = bundle.as_ref();
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes(*length));
            anyhow::ensure!(after.len() >= length, "{path} ends within a leaf");
            let (leaf, after) = after.split_at(length);
            leaves.push(leaf.to_vec());
            rest = after;
        }
    }
    anyhow::ensure!(leaves.len() as u64 == size, "shard {shard}: a node served {} leaves instead of {size}", leaves.len());
    Ok(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Stay;

    #[test]
    fn a_receipt_must_prove_the_latest_event() {
        let id = "bk_00000020d22by5f8bmrayqnkdb".to_owned();
        let (state, stay) = ("confirmed".to_owned(), Stay { from: 100, to: 102 });
        let booking =
            |revision, state: &str| Booking { booking: id.clone(), revision, state: state.into(), stay, rooms: Vec::new() };
        let mut leaf = Leaf {
            kind: BOOK,
            property: "inn".into(),
            rooms: Vec::new(),
            arrival: 100,
            departure: 102,
            booking: vec![0; 16],
            previous: None,
            at_ms: 1,
            term: 1,
            raft_index: 1,
            digests: Vec::new(),
        };
        let is_newest = |leaf: &Leaf, booking: &Booking| {
            let booking = Booking { booking: leaf.booking_id(), ..booking.clone() };
            newest(&booking, leaf).is_ok()
        };
        assert!(is_newest(&leaf, &booking(1, &state)) && !is_newest(&leaf, &booking(2, &state)));
        assert!(!is_newest(&leaf, &booking(2, "cancelled")) && newest(&booking(1, &state), &leaf).is_err());
        leaf.kind = AMEND;
        assert!(is_newest(&leaf, &booking(2, &state)) && !is_newest(&leaf, &booking(1, &state)));
        leaf.kind = REINSTATE;
        assert!(is_newest(&leaf, &booking(3, &state)) && !is_newest(&leaf, &booking(3, "cancelled")));
        leaf.departure = 103;
        assert!(!is_newest(&leaf, &booking(2, &state)));
    }
}
