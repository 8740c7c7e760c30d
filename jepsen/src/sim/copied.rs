//! A node whose disk holds a copy: it asks the other nodes what to do, as the daemon does (ADR 17).

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use keyrack_cluster::StartProgress;
use keyrack_cluster::simulated::{CopyUse, LogStore, all_have_decided, decide_on_copy, wire};
use keyrack_proto::internal as pb;
use prost::Message;

use crate::disk::Origin;
use crate::log_disk::LogDb;
use crate::net::{self, Incoming, Method, Net, Peer};
use crate::saved::SHARD;
use crate::world::World;

const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
const FORGET_EVERY: Duration = Duration::from_secs(1);

/// Returns when the node may start: at once if its disk is not a copy, else when the other nodes have answered.
pub async fn decide(world: &Arc<World>, id: u64, boot: u64) -> io::Result<()> {
    let disk = world.disk(id);
    let Origin::Copied(number) = disk.lock().origin else { return Ok(()) };
    let host = world.node(id);
    world.trace(id, format_args!("has copy {number:x}"));
    let me = Peer { id, incarnation: host.incarnation.load(Ordering::Relaxed) };
    // The node opens its usual connections later, so their call numbers begin elsewhere.
    let net = Net::open(world.clone(), me, boot << 40 | 1 << 39).await?;
    let (configured, progress) = (world.configured(), StartProgress::default());
    let decision = tokio::select! {
        biased;
        decision = decide_on_copy(id, number, &configured, |peer| ask(net.clone(), peer), &progress) => decision,
        failed = answer_hello_only(world, &net) => return failed,
    };
    world.trace(id, format_args!("with copy {number:x}: {decision:?}"));
    match decision {
        // The new incarnation has an empty disk.
        CopyUse::Rejoin => drop(host.incarnation.fetch_add(1, Ordering::Relaxed)),
        CopyUse::Restore { copies, terms, ends } => {
            let mut log = LogStore::open(SHARD, LogDb::open(world.clone(), id, disk.clone()))?;
            let term = terms.into_iter().max().unwrap_or(0);
            log.begin_after(term, id).await?;
            let mut disk = disk.lock();
            let floor = ends.first().filter(|end| end.index > 0).map(|end| wire::log_id_in(*end));
            disk.floor = log.last().max(floor);
            disk.origin = Origin::Restored(copies);
        }
    }
    Ok(())
}

async fn answer_hello_only(world: &World, net: &Arc<Net>) -> io::Result<()> {
    let mut buffer = net::buffer();
    loop {
        match net.accept(&mut buffer).await? {
            Incoming::Call(asked) => {
                let said = (asked.method == Method::Hello).then(|| world.disk(net.id()).lock().folder_origin());
                net.reply(&asked, said.map(|said| said.encode_to_vec().into()));
            }
            Incoming::Stream(opened) => net.reply_item(opened.back(), 0, None),
        }
    }
}

async fn ask(net: Arc<Net>, id: u64) -> Option<pb::FolderOrigin> {
    let reply = net.call(Peer { id, incarnation: 0 }, Method::Hello, Bytes::new(), ANSWER_TIMEOUT).await?;
    pb::FolderOrigin::decode(reply).ok()
}

/// Remembers that all nodes were restored together until every one of them has decided.
pub async fn forget_restored(world: Arc<World>, id: u64, net: Arc<Net>) {
    let disk = world.disk(id);
    loop {
        let Origin::Restored(copies) = disk.lock().origin.clone() else { return };
        tokio::time::sleep(FORGET_EVERY).await;
        if all_have_decided(id, &world.configured(), &copies, |peer| ask(net.clone(), peer)).await {
            disk.lock().origin = Origin::Own;
        }
    }
}
