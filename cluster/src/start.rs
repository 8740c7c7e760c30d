//! Starting a node: its folder, its groups, its peers.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use keyrack_proto::internal::peer_server::PeerServer;
use tokio::net::TcpListener;

use crate::admission::Admission;
use crate::batcher::Batcher;
use crate::cluster::{Cluster, Inner, Receipts, ShardHandle};
use crate::config::{ClusterConfig, Fresh};
use crate::damage::Damage;
use crate::directory::{self, Directory};
use crate::divergence::Divergence;
use crate::error::StartError;
use crate::member::Member;
use crate::raft::{Group, Links, PEER_MESSAGE_BYTES, PeerService};
use crate::reads::{Freshness, ReadGate};
use crate::receipts::cosign::Cosigning;
use crate::receipts::{NodeKeys, ReceiptLog, Signer};
use crate::replacements::Replacements;
use crate::storage::{DataFolder, LogDb, RowsDb, mark_suspect};
use crate::tls::{self, PeerTls};
use crate::usage::UsageBox;

/// A cluster of so many members has a majority without one of them, which can then come back with nothing.
const FEWEST_TO_RETURN: usize = 3;
/// How long between two calls to a peer that does not answer yet.
const HELLO_RETRY: Duration = Duration::from_millis(100);

impl Cluster {
    /// Opens the node's data and takes part. `peers` is the bound peer listener and `tls` what it shows and asks for;
    /// `fresh` is what a new data folder begins with. Returns once it takes part, caught up or not;
    /// a new cluster begins once all its first members have met.
    ///
    /// Data that turn out to be damaged are put aside, and the node asks the others to take it in anew (ADR 11).
    pub async fn start(config: ClusterConfig, peers: TcpListener, tls: PeerTls, fresh: Fresh) -> Result<Cluster, StartError> {
        if !config.peers.iter().any(|peer| peer.id == config.node) {
            return Err(StartError::Config(format!("node {} is not among the first members", config.node)));
        }
        let opened = match open(&config, fresh.incarnation, fresh.signing_seed) {
            // A folder without FORMAT was not damaged by its disk: somebody has to look.
            Err(damage)
                if damage.is_damage() && config.peers.len() >= FEWEST_TO_RETURN && config.data.join("FORMAT").exists() =>
            {
                tracing::error!(%damage, "the data are damaged: they are put aside, and this node begins anew");
                let failed = |cause| StartError::Storage { path: config.data.clone(), cause };
                DataFolder::set_aside(&config.data).map_err(failed)?;
                open(&config, fresh.incarnation, fresh.signing_seed)?
            }
            opened => opened?,
        };
        let data = config.data.clone();
        let started = Cluster::take_part(config, peers, tls, fresh, opened).await;
        if let Err(StartError::Storage { cause, .. }) = &started {
            // What failed may be damage that only this use has met: the next start looks at everything.
            mark_suspect(&data, &cause.to_string()).map_err(|cause| StartError::Storage { path: data, cause })?;
        }
        started
    }

    /// Puts a node's data aside: at its next start it asks the others to take it in anew. For a node whose disk was
    /// replaced, or that has diverged; it must not run.
    pub fn set_aside(data: &std::path::Path) -> io::Result<()> {
        DataFolder::set_aside(data)
    }

    async fn take_part(
        config: ClusterConfig,
        peers: TcpListener,
        tls: PeerTls,
        fresh: Fresh,
        Opened { folder, log, rows }: Opened,
    ) -> Result<Cluster, StartError> {
        let data = config.data.clone();
        let storage = |cause: io::Error| StartError::Storage { path: data.clone(), cause };
        let seed = folder.signing_seed(fresh.signing_seed).map_err(storage)?;
        let keys = NodeKeys::derive(&seed, &config.cluster, config.node, config.data_shards);
        let keys = Arc::new(keys.map_err(|cause| StartError::Config(format!("cluster: {cause}")))?);
        let divergence = Arc::new(Divergence::new(config.data.clone()));
        let admission = Arc::new(Admission::new(config.peers.iter().map(|peer| peer.id)));
        let links = Links::new(&config.cluster, config.node, tls.clone(), admission.clone());
        let directory = Arc::new(Directory::new(admission.clone()));
        let mut shards = Vec::new();
        for shard in 0..=config.data_shards {
            let stores = (log.clone(), rows.clone());
            let snapshots = folder.snapshots(shard);
            let opened =
                Group::open(shard, config.node, &config.group, links.clone(), stores, snapshots, directory.clone()).await;
            let group = opened.map_err(storage)?;
            if shard == directory::SHARD {
                admission.follow(group.watch_membership());
            }
            tokio::spawn(group.clone().take_snapshots(config.group.clone()));
            let batcher = Batcher::start(shard, &config, group.clone(), links.clone());
            let gate = ReadGate::start(shard, config.node, group.clone(), links.clone());
            let receipts = if shard == directory::SHARD {
                None
            } else {
                let stores = (log.clone(), rows.clone());
                let ways = (&group, &batcher, links.clone(), gate.freshness());
                Some(start_receipts(shard, &config, ways, stores, &keys, &divergence).map_err(storage)?)
            };
            shards.push(ShardHandle { group, batcher, gate, receipts });
        }
        let (incarnation, usage) = (folder.incarnation, UsageBox::default());
        let replacements = Replacements::default();
        let damage = Damage::default();
        #[rustfmt::skip]
        let inner = Inner {
            incarnation, directory, rows, log, shards, divergence, admission, links, usage, replacements, damage, config,
        };
        let inner = Arc::new(inner);
        serve(inner.clone(), peers, tls);
        tokio::spawn(inner.clone().take_in());
        if folder.is_returning() {
            inner.return_to_the_cluster().await?;
            folder.has_returned().map_err(storage)?;
        } else {
            begin(&inner).await?;
        }
        tokio::spawn(inner.clone().verify_rows());
        for shard in 1..=inner.config.data_shards {
            tokio::spawn(inner.clone().tick(shard));
            tokio::spawn(inner.clone().scrub(shard));
            if let Some(keys) = keys.public(shard) {
                tokio::spawn(inner.clone().announce_keys(shard, keys));
            }
        }
        tokio::spawn(inner.clone().spread_grants());
        for (shard, handle) in inner.shards.iter().enumerate() {
            tokio::spawn(catch_up(shard, handle.group.clone()));
        }
        Ok(Cluster { inner })
    }
}

/// The folder and both databases, all of it checked.
pub(crate) struct Opened {
    pub folder: DataFolder,
    pub log: LogDb,
    pub rows: Arc<RowsDb>,
}

/// Opens what a node has on its disk. Nothing is served, voted or signed before all of the log was read; the rows are read
/// whole only after damage was met, since each block is checked whenever it is read.
pub(crate) fn open(config: &ClusterConfig, incarnation: u64, signing_seed: [u8; 32]) -> Result<Opened, StartError> {
    let folder = DataFolder::open(&config.data, &config.cluster, config.node, incarnation)?;
    let storage = |cause: io::Error| StartError::Storage { path: config.data.clone(), cause };
    folder.signing_seed(signing_seed).map_err(storage)?;
    let log = LogDb::open(&folder.log()).map_err(storage)?;
    let rows = Arc::new(RowsDb::open(&folder.rows(), config.data_shards + 1).map_err(storage)?);
    // The databases' own names must last before anything is promised with them: a folder that is found without them is a new
    // node's, which may vote.
    folder.sync().map_err(storage)?;
    for shard in 0..=config.data_shards {
        Group::check(shard, &log, &rows).map_err(storage)?;
    }
    if folder.is_suspect() {
        tracing::warn!("damage was met before: reading all rows");
        rows.verify().map_err(storage)?;
        folder.trust_again().map_err(storage)?;
    }
    Ok(Opened { folder, log, rows })
}

/// Says when what was committed before a restart is applied again. Nothing waits for it: reads and writes each wait for a
/// majority themselves, and a node that is alone must still answer that it is alive.
async fn catch_up(shard: usize, group: Group) {
    while let Err(cause) = group.recovered().await {
        if group.status().stopped.is_some() {
            return;
        }
        tracing::warn!(shard, %cause, "still waiting for a majority; other members are down or cannot be reached");
    }
    tracing::debug!(shard, "what was committed before is applied again");
}

/// The receipts of one data shard: its signer, its rounds, its log.
fn start_receipts(
    shard: u32,
    config: &ClusterConfig,
    (group, batcher, links, freshness): (&Group, &Batcher, Links, Freshness),
    (log, rows): (LogDb, Arc<RowsDb>),
    keys: &Arc<NodeKeys>,
    divergence: &Arc<Divergence>,
) -> io::Result<Receipts> {
    let heads = group.shared().heads.clone();
    let published = group.shared().published.clone();
    let signer = Signer::open(shard, &config.cluster, keys.clone(), heads.clone(), rows.clone(), log)?;
    let cosigning = Cosigning {
        shard,
        node: config.node,
        cluster: config.cluster.clone(),
        group: group.clone(),
        links,
        rows: rows.clone(),
        heads: heads.clone(),
        signer: signer.clone(),
        published: published.clone(),
        batcher: batcher.clone(),
        divergence: divergence.clone(),
    };
    tokio::spawn(cosigning.run());
    let log = ReceiptLog::new(shard, &config.cluster, rows, (heads, published.clone(), freshness), divergence.clone());
    Ok(Receipts { log, signer, published })
}

fn serve(inner: Arc<Inner>, listener: TcpListener, tls: PeerTls) {
    let incoming = tls::incoming(listener, tls, inner.admission.clone());
    let service = PeerServer::new(PeerService::new(inner));
    let service = service.max_decoding_message_size(PEER_MESSAGE_BYTES).max_encoding_message_size(PEER_MESSAGE_BYTES);
    let server = tonic::transport::Server::builder()
        .initial_stream_window_size(8 << 20)
        .initial_connection_window_size(32 << 20)
        .http2_keepalive_interval(Some(Duration::from_secs(5)))
        .add_service(service)
        .serve_with_incoming(incoming);
    tokio::spawn(async move {
        if let Err(cause) = server.await {
            tracing::error!(%cause, "the peer listener has ended");
        }
    });
}

/// A new cluster begins when all its first members have told each other who they are, so that the log
/// records each one's incarnation. Each member begins its share of the groups, which spreads the leaders.
async fn begin(inner: &Arc<Inner>) -> Result<(), StartError> {
    let directory = &inner.shards[directory::SHARD as usize].group;
    let failed = |cause: io::Error| StartError::Storage { path: inner.config.data.clone(), cause };
    let mut ids: Vec<u64> = inner.config.peers.iter().map(|peer| peer.id).collect();
    ids.sort_unstable();
    let mine = ids.iter().position(|id| *id == inner.config.node).unwrap_or(0);
    let mut members: BTreeMap<u64, Member> = BTreeMap::from([(inner.config.node, inner.me())]);
    for (shard, handle) in inner.shards.iter().enumerate() {
        if handle.group.is_initialized().await.map_err(failed)? {
            continue;
        }
        if members.len() < ids.len() {
            tracing::info!("waiting for the cluster's first members");
            meet(inner, &mut members, directory).await?;
        }
        if shard % ids.len() == mine && members.len() == ids.len() && !handle.group.is_initialized().await.map_err(failed)? {
            handle.group.initialize(members.clone()).await.map_err(failed)?;
        }
    }
    Ok(())
}

/// Calls every first member until it has said who it is. Ends early when the cluster turns out to have begun.
async fn meet(inner: &Arc<Inner>, members: &mut BTreeMap<u64, Member>, directory: &Group) -> Result<(), StartError> {
    for peer in &inner.config.peers {
        while !members.contains_key(&peer.id) {
            match inner.links.hello(peer.id, &peer.peer).await {
                Ok(reply) => {
                    if let Some(known) = reply.members.iter().find(|member| member.id == inner.config.node)
                        && known.incarnation != inner.incarnation
                    {
                        return Err(StartError::Wiped { node: inner.config.node });
                    }
                    if let Some(me) = reply.me.filter(|me| me.id == peer.id) {
                        let member = Member {
                            incarnation: me.incarnation,
                            peer: me.peer,
                            http: me.http,
                            grpc: me.grpc,
                            region: me.region,
                        };
                        members.insert(peer.id, member);
                        continue;
                    }
                    tracing::warn!(peer = peer.peer, "another node than the configuration says answers there");
                }
                Err(cause) => tracing::debug!(peer = peer.peer, %cause, "not there yet"),
            }
            if !directory.members().is_empty() {
                return Ok(()); // another member has begun the cluster with us in it
            }
            tokio::time::sleep(HELLO_RETRY).await;
        }
    }
    Ok(())
}
