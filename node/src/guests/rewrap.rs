//! Wraps guests' keys with the keyring's active key after a rotation, in the background, and makes the digests by which guests are
//! found. The guests' keys do not change, and neither do the data that they encrypt.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use keyrack_cluster::{ClusterNode, Consistency, View};
use keyrack_inventory::{Booking, BookingId, Command, Fault, GuestSecrets, Key, Op, PropertyNumber, Read, Row};
use tokio::sync::watch;
use tokio::time::Instant;

use super::vault::{Rewrap, Vault};
use crate::metrics::{Metrics, RewrapProgress};

/// Rows read in one step, and commands proposed at once.
const STEP: usize = 512;
const AT_ONCE: usize = 32;
/// The time between two passes, if the keyring does not change.
const PASS_EVERY: Duration = Duration::from_secs(3_600);
const PROPOSE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Passes over all shards at the start, when the keyring has `changed`, and every hour. Runs until dropped.
pub async fn run(vault: Arc<Vault>, cluster: ClusterNode, metrics: Arc<Metrics>, mut changed: watch::Receiver<u64>) {
    let progress = metrics.rewrapping();
    loop {
        progress.running.store(1, Ordering::Relaxed);
        let mut lost = 0;
        for shard in 1..=cluster.data_shards() {
            lost += rewrap_shard(&vault, &cluster, progress, shard).await;
        }
        progress.undecryptable.store(lost, Ordering::Relaxed);
        if lost > 0 {
            tracing::error!(
                event = "guests_undecryptable",
                guests = lost,
                "no key of the keyring decrypts the data of some guests. Put the missing key back into the keyring of this node"
            );
        }
        progress.running.store(0, Ordering::Relaxed);
        // The keyring has changed, or an hour is over. An error means that the vault was dropped.
        if let Ok(Err(_)) = tokio::time::timeout(PASS_EVERY, changed.changed()).await {
            return;
        }
    }
}

/// Returns how many keys of the shard cannot be decrypted. Every replica counts them with its own keyring; the leader rewraps.
async fn rewrap_shard(vault: &Vault, cluster: &ClusterNode, progress: &RewrapProgress, shard: u32) -> u64 {
    let mut from = Key::Guest(BookingId([0; 16]));
    let mut lost = 0;
    loop {
        let deadline = Instant::now() + PROPOSE;
        let read = cluster.read(shard, Consistency::Local, deadline, |view| guests(view, &from));
        let Ok((rows, _)) = read.await else { return lost };
        let Some((last, _)) = rows.last() else { return lost };
        from = key_after(last.id);
        let mut commands = Vec::new();
        for (booking, secrets) in rows {
            let wrapped = &secrets.wrapped_key;
            let to = match vault.rewrap(booking.id, wrapped) {
                Rewrap::Lost => {
                    lost += 1;
                    continue;
                }
                _ if !cluster.leads(shard) => continue,
                Rewrap::NotNeeded if !secrets.lookups.is_empty() => continue,
                Rewrap::NotNeeded => wrapped.clone(),
                Rewrap::To(to) => to,
            };
            let lookups = vault.open_guest(&booking, Some(wrapped)).map(|guest| vault.lookups(booking.id, &guest));
            let lookups = lookups.unwrap_or_default();
            // A guest without name and e-mail has none.
            if to != *wrapped || !lookups.is_empty() {
                commands.push(Op::RewrapGuest { booking: booking.id, from: wrapped.clone(), to, lookups });
            }
        }
        for batch in commands.chunks(AT_ONCE) {
            let all = batch.iter().map(|op| async {
                let command = Command { property: PropertyNumber(0), request: None, by: None, op: op.clone() };
                cluster.propose_as_leader(shard, &command, Instant::now() + PROPOSE).await
            });
            let done = futures::future::join_all(all).await.iter().filter(|done| done.is_ok()).count();
            progress.done.fetch_add(done as u64, Ordering::Relaxed);
        }
        // The pause leaves time for callers' requests.
        tokio::time::sleep(PAUSE).await;
    }
}

/// A booking, and its guest's secrets.
type BookingWithGuest = (Arc<Booking>, Arc<GuestSecrets>);

/// Up to [`STEP`] bookings with a guest from a key on, with the guest's secrets.
fn guests(view: &mut View<'_>, from: &Key) -> Result<Vec<BookingWithGuest>, Fault> {
    let mut rows = Vec::new();
    for key in view.scan(from, &Key::Guest(BookingId([0xff; 16])), STEP)? {
        let (Key::Guest(id), Some(Row::Guest(secrets))) = (key, view.get(&key)?) else { continue };
        let secrets = secrets.clone();
        if let Some(Row::Booking(booking)) = view.get(&Key::Booking(id))?
            && !secrets.wrapped_key.is_empty()
        {
            rows.push((booking.clone(), secrets));
        }
    }
    Ok(rows)
}

fn key_after(booking: BookingId) -> Key {
    Key::Guest(BookingId(u128::from_be_bytes(booking.0).saturating_add(1).to_be_bytes()))
}
