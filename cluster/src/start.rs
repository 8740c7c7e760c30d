//! Starts a node: opens its folder and its groups, and connects to its peers.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use keyrack_proto::internal::folder_origin::Kind;
use keyrack_proto::internal::{FolderOrigin, LogId};
use tokio::net::TcpListener;

use crate::cluster::ClusterNode;
use crate::config::{ClusterConfig, FolderSeeds};
use crate::cosigning::Cosigning;
use crate::directory::{self, Directory};
use crate::error::StartError;
use crate::halt::Halt;
use crate::membership::CopyUse;
use crate::node::{Node, Receipts, Shard};
use crate::open::{Opened, open};
use crate::peers::tls::PeerTls;
use crate::peers::{Admission, Links, UsageInbox};
use crate::raft::{Doubts, Group, GroupData};
use crate::receipts::{NodeKeys, ReceiptLog, Signer};
use crate::shard::{Batcher, ReadGate};
use crate::start_progress::{Awaited, StartProgress};
use crate::storage::{DataFolder, Origin, mark_suspect};
use crate::tasks::Tasks;
use crate::{membership, principals, serving, upkeep};

/// From this number on, the other members are a majority, so a node can rejoin without its data.
const MIN_NODES_TO_REJOIN: usize = 3;

impl ClusterNode {
    /// Opens the node's data and joins the cluster. `peers` is the bound peer listener, `tls` is its TLS settings, and `fresh`
    /// has the random numbers for a new data folder. Returns when the node takes part; it may still be behind. A new cluster
    /// begins when all its first members have reached each other. `progress` shows what the start waits for.
    ///
    /// Damaged data are set aside, and the node rejoins with an empty folder (ADR 11).
    pub async fn start(
        config: ClusterConfig,
        peers: TcpListener,
        tls: PeerTls,
        fresh: FolderSeeds,
        progress: StartProgress,
    ) -> Result<ClusterNode, StartError> {
        if !config.peers.iter().any(|peer| peer.id == config.node) {
            return Err(StartError::NotAMember { node: config.node });
        }
        let opened = match open_blocking(&config, &fresh).await {
            // A disk that damages data does not remove FORMAT. A person has to find out why it is missing.
            Err(damage)
                if damage.is_damage() && config.peers.len() >= MIN_NODES_TO_REJOIN && config.data.join("FORMAT").exists() =>
            {
                let aside = DataFolder::set_aside(&config.data, &config.cluster, config.node)?;
                tracing::error!(
                    event = "data_set_aside",
                    cause = %damage.damage(),
                    path = %aside.unwrap_or_default().display(),
                    "the data are damaged: they were moved, and this node rejoins with an empty folder"
                );
                open_blocking(&config, &fresh).await?
            }
            opened => opened?,
        };
        let opened = match opened.folder.origin {
            Origin::Copied => use_copy(&config, &peers, &tls, &fresh, opened, &progress).await?,
            Origin::Own | Origin::Unmarked => opened,
        };
        opened.folder.mark_as_own().map_err(|cause| StartError::Storage { path: config.data.clone(), cause })?;
        let data = config.data.clone();
        let started = ClusterNode::take_part(config, peers, tls, fresh, opened, progress).await;
        if let Err(StartError::Storage { cause, .. }) = &started {
            // The cause may be damage that the checks at the start did not find: the next start verifies everything.
            mark_suspect(&data, &cause.to_string()).map_err(|cause| StartError::Storage { path: data, cause })?;
        }
        started
    }

    /// Moves the data of a stopped node to a new folder in `set-aside`, and returns that folder; `None` if there are no data.
    /// At its next start the node rejoins with an empty folder. For a node whose disk was replaced or that has diverged.
    pub fn set_aside(data: &Path, cluster: &str, node: u64) -> Result<Option<PathBuf>, StartError> {
        Ok(DataFolder::set_aside(data, cluster, node)?)
    }

    async fn take_part(
        config: ClusterConfig,
        peers: TcpListener,
        tls: PeerTls,
        fresh: FolderSeeds,
        Opened { folder, log, rows }: Opened,
        progress: StartProgress,
    ) -> Result<ClusterNode, StartError> {
        let data = config.data.clone();
        let storage = |cause: io::Error| StartError::Storage { path: data.clone(), cause };
        if let Some(key) = folder.missing_key(&config.keyring.get()).map_err(storage)? {
            return Err(StartError::KeyMissing { key, data });
        }
        let seed = folder.signing_seed(fresh.signing_seed).map_err(storage)?;
        let keys = Arc::new(NodeKeys::derive(&seed, &config.cluster, config.node, config.data_shards)?);
        let admission = Arc::new(Admission::new(config.node_ids()).despite_fences(config.admit_fenced.iter().copied()));
        if !config.admit_fenced.is_empty() {
            let nodes = &config.admit_fenced;
            tracing::warn!(event = "fences_ignored", ?nodes, "this node admits these nodes although they may be fenced");
        }
        if config.trust_leader {
            tracing::warn!(
                event = "leader_trusted",
                "this node takes the leaders' memberships and snapshots without asking another node. Remove trust_leader after the recovery"
            );
        }
        let tasks = Tasks::new("cluster");
        let links = Links::new(&config.cluster, config.node, tls.clone(), admission.clone(), tasks.clone());
        let mut node = Node {
            incarnation: folder.incarnation,
            folder,
            directory: Arc::new(Directory::new(admission.clone())),
            rows,
            log,
            shards: Vec::new(),
            halt: Arc::new(Halt::new(config.data.clone())),
            admission,
            links,
            tasks,
            peer_refusals: AtomicU64::new(0),
            config,
        };
        let newest = node.folder.newest_ends().map_err(storage)?;
        for shard in 0..=node.config.data_shards {
            let opened = open_shard(&node, shard, newest.get(shard as usize).copied(), &keys).await;
            node.shards.push(opened.map_err(storage)?);
        }
        let node = Arc::new(node);
        let (replacements, usage) = (Arc::default(), Arc::<UsageInbox>::default());
        serving::serve(&node, peers, tls, Arc::clone(&replacements), usage.clone());
        node.tasks.spawn("replace members", membership::readmit_members(node.clone(), replacements));
        if node.folder.is_rejoining() {
            progress.set(Awaited::Readmission);
            membership::rejoin(&node).await?;
            node.folder.mark_rejoined().map_err(storage)?;
        } else {
            membership::begin(&node, &progress).await?;
            membership::must_agree(&node).await.map_err(StartError::SettingDiffers)?;
        }
        node.folder.record_key(&node.config.keyring.get()).map_err(storage)?;
        upkeep::start(&node, &keys);
        node.tasks.spawn("spread grants", principals::spread_grants(node.clone()));
        Ok(ClusterNode { node, usage })
    }
}

/// Opens the data on a thread for blocking work: reading a large log takes long, and meanwhile the node must show its health.
async fn open_blocking(config: &ClusterConfig, fresh: &FolderSeeds) -> Result<Opened, StartError> {
    let (config_of_thread, FolderSeeds { incarnation, signing_seed }) = (config.clone(), fresh.clone());
    let opening = tokio::task::spawn_blocking(move || open(&config_of_thread, incarnation, signing_seed));
    opening.await.unwrap_or_else(|cause| {
        let cause = io::Error::other(format!("the thread that opens the data has failed: {cause}"));
        Err(StartError::Storage { path: config.data.clone(), cause })
    })
}

/// Decides with the peers what happens with a copied data folder (ADR 17), and does it. Until then this node takes part in nothing.
async fn use_copy(
    config: &ClusterConfig,
    listener: &TcpListener,
    tls: &PeerTls,
    fresh: &FolderSeeds,
    opened: Opened,
    progress: &StartProgress,
) -> Result<Opened, StartError> {
    let storage = |cause: io::Error| StartError::Storage { path: config.data.clone(), cause };
    let Opened { folder, log, .. } = &opened;
    let copy = folder.copy_number(fresh.incarnation).map_err(storage)?;
    let shards = config.data_shards + 1;
    let mut terms = Group::terms(shards, log).map_err(storage)?;
    let admission = Arc::new(Admission::new(config.node_ids()).despite_fences(config.admit_fenced.iter().copied()));
    let tasks = Tasks::new("a copied node");
    let links = Links::new(&config.cluster, config.node, tls.clone(), admission.clone(), tasks.clone());
    let mut newest = Group::ends(shards, log).map_err(storage)?;
    let origin =
        FolderOrigin { kind: Kind::Copied.into(), copy, terms: terms.clone(), ends: newest.clone(), ..Default::default() };
    serving::serve_copy(config.clone(), origin, same_socket(listener).map_err(storage)?, tls.clone(), admission, &tasks);
    let ask = |id| membership::folder_of(&links, config, id);
    let decision = membership::decide_on_copy(config.node, copy, &config.node_ids(), ask, progress).await;
    // This also ends the connections of the other nodes. They must not keep them: this service refuses all calls.
    tasks.stop().await;
    progress.set(Awaited::Data);
    match decision {
        CopyUse::Rejoin => {
            drop(opened);
            let aside = DataFolder::set_aside(&config.data, &config.cluster, config.node)?;
            tracing::error!(
                event = "copy_set_aside",
                path = %aside.unwrap_or_default().display(),
                "the data folder was a copy: it was moved, and this node rejoins with an empty folder. Never start a node from a copy"
            );
            open_blocking(config, fresh).await
        }
        CopyUse::Restore { copies, terms: of_others, ends } => {
            for (term, other) in terms.iter_mut().zip(of_others) {
                *term = (*term).max(other);
            }
            // The copies may be from different times. A term that one of them has seen must not be used again.
            Group::begin_after(&terms, config.node, log).await.map_err(storage)?;
            membership::raise_ends(&mut newest, &ends);
            folder.mark_restored(&copies, &newest).map_err(storage)?;
            tracing::warn!(
                event = "cluster_restored",
                nodes = ?copies.keys().collect::<Vec<_>>(),
                "all nodes have copied data folders: the cluster starts from the copies. What was acknowledged after them is lost"
            );
            Ok(opened)
        }
    }
}

/// A second handle of the same socket. Connections go to whichever handle accepts.
fn same_socket(listener: &TcpListener) -> io::Result<TcpListener> {
    use std::os::fd::AsFd;
    TcpListener::from_std(listener.as_fd().try_clone_to_owned()?.into())
}

/// Opens one shard and starts its tasks.
async fn open_shard(node: &Node, shard: u32, newest: Option<LogId>, keys: &Arc<NodeKeys>) -> io::Result<Shard> {
    let (config, tasks) = (&node.config, &node.tasks);
    let (log, rows, snapshots) = (node.log.clone(), node.rows.clone(), node.folder.snapshots(shard));
    let doubts = Doubts {
        incarnation: node.incarnation,
        first: config.peers.iter().map(|peer| (peer.id, peer.peer.clone())).collect(),
        trusts_leader: config.trust_leader,
        keep_log_entries: config.group.keep_log_entries,
        ..Doubts::default()
    };
    let data = GroupData { log, rows, snapshots, newest: newest.filter(|end| end.index > 0), doubts };
    let (links, directory) = (node.links.clone(), node.directory.clone());
    let group = Group::open(shard, config.node, &config.group, links, data, directory).await?;
    tasks.spawn("restored shard", group.replica().clone().reach_floor());
    if shard == directory::SHARD {
        let membership = group.watch_membership();
        node.admission.follow(move |node| membership.has(node));
    }
    tasks.spawn("snapshots", group.clone().take_snapshots(config.group.clone()));
    let batcher = Batcher::start(group.replica().clone(), config.batches, tasks);
    let gate = ReadGate::start(group.replica().clone(), tasks);
    let receipts = match shard {
        directory::SHARD => None,
        _ => Some(start_receipts(node, shard, (&group, &batcher, &gate), keys)?),
    };
    Ok(Shard { group, batcher, gate, receipts })
}

/// Opens the receipts of one data shard and starts its cosigning.
fn start_receipts(
    node: &Node,
    shard: u32,
    (group, batcher, gate): (&Group, &Batcher, &ReadGate),
    keys: &Arc<NodeKeys>,
) -> io::Result<Receipts> {
    let (cluster, rows) = (&node.config.cluster, node.rows.clone());
    let heads = group.progress().heads.clone();
    let published = group.progress().published.clone();
    let signer = Signer::open(shard, cluster, keys.clone(), heads.clone(), rows.clone(), node.log.clone())?;
    let cosigning = Cosigning {
        shard,
        node: node.config.node,
        cluster: cluster.clone(),
        group: group.clone(),
        links: node.links.clone(),
        rows: rows.clone(),
        heads: heads.clone(),
        signer: signer.clone(),
        published: published.clone(),
        batcher: batcher.clone(),
        halt: node.halt.clone(),
        tasks: node.tasks.clone(),
    };
    node.tasks.spawn("cosigning", cosigning.run());
    let state = (heads, published.clone(), gate.freshness());
    let log = ReceiptLog::new(shard, cluster, rows, state, node.halt.clone());
    Ok(Receipts { log, signer, published })
}
