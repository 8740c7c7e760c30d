//! After a rotation of the keyring: guests' keys that an older key wraps are wrapped by the active one, beside everything else.
//! The guests' own keys stay as they are, and so does all that was encrypted or promised with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use keyrack_cluster::{Cluster, Consistency, View};
use keyrack_inventory::{BookingId, Command, Fault, Key, Op, PropertyNumber, Read, Row};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::guests::Vault;

/// Rows looked at in one step, and commands under way at once.
const STEP: usize = 512;
const AT_ONCE: usize = 32;
/// How often a leader looks through its shards again, beside every change of the keyring.
const LOOK: Duration = Duration::from_secs(3_600);
const PROPOSE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// How far the work is, for the metrics.
#[derive(Debug, Default)]
pub struct Progress {
    /// Keys wrapped anew since the node started.
    pub done: AtomicU64,
    /// Keys that no key of the keyring opens, at the last look.
    pub lost: AtomicU64,
    /// Whether a look is under way.
    pub looking: AtomicU64,
}

/// Works through the shards that this node leads whenever the keyring changed; runs until the node stops.
pub async fn run(vault: Arc<Vault>, cluster: Cluster, progress: Arc<Progress>, mut changed: watch::Receiver<u64>) {
    loop {
        progress.looking.store(1, Ordering::Relaxed);
        let mut lost = 0;
        for shard in 1..=cluster.data_shards() {
            lost += shard_through(&vault, &cluster, &progress, shard).await;
        }
        progress.lost.store(lost, Ordering::Relaxed);
        progress.looking.store(0, Ordering::Relaxed);
        // Changed, or long enough ago; an error says that the vault is gone.
        if let Ok(Err(_)) = tokio::time::timeout(LOOK, changed.changed()).await {
            return;
        }
    }
}

async fn shard_through(vault: &Vault, cluster: &Cluster, progress: &Progress, shard: u32) -> u64 {
    let mut from = Key::Guest(BookingId([0; 16]));
    let mut lost = 0;
    loop {
        if !cluster.leads(shard) {
            return lost;
        }
        let deadline = Instant::now() + PROPOSE;
        let read = cluster.read(shard, Consistency::Local, deadline, |view| some(view, &from));
        let Ok((rows, _)) = read.await else { return lost };
        let Some((last, _)) = rows.last() else { return lost };
        from = after(*last);
        let mut commands = Vec::new();
        for (booking, wrapped) in rows {
            match vault.rewrap(&wrapped) {
                Rewrapped::Is => {}
                Rewrapped::Lost => lost += 1,
                Rewrapped::Anew(to) => commands.push(Op::RewrapGuest { booking, from: wrapped, to }),
            }
        }
        for some in commands.chunks(AT_ONCE) {
            let all = some.iter().map(|op| async {
                let command = Command { property: PropertyNumber(0), request: None, by: None, op: op.clone() };
                cluster.propose(shard, &command, Instant::now() + PROPOSE).await
            });
            let done = futures::future::join_all(all).await.iter().filter(|done| done.is_ok()).count();
            progress.done.fetch_add(done as u64, Ordering::Relaxed);
        }
        // Guests who book now go first.
        tokio::time::sleep(PAUSE).await;
    }
}

/// What becomes of a wrapped key.
pub enum Rewrapped {
    /// The active key wraps it.
    Is,
    /// Wrapped by the active key now.
    Anew(Vec<u8>),
    /// No key of the keyring opens it.
    Lost,
}

type Wrapped = (BookingId, Vec<u8>);

fn some(view: &mut View<'_>, from: &Key) -> Result<Vec<Wrapped>, Fault> {
    let mut rows = Vec::new();
    for key in view.scan(from, &Key::Guest(BookingId([0xff; 16])), STEP)? {
        if let (Key::Guest(booking), Some(Row::Guest(secrets))) = (key, view.get(&key)?)
            && !secrets.wrapped_key.is_empty()
        {
            rows.push((booking, secrets.wrapped_key.clone()));
        }
    }
    Ok(rows)
}

fn after(booking: BookingId) -> Key {
    Key::Guest(BookingId(u128::from_be_bytes(booking.0).saturating_add(1).to_be_bytes()))
}
