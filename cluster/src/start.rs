//! Starts a node: opens its folder and its groups, and connects to its peers.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::cluster::ClusterNode;
use crate::config::{ClusterConfig, FolderSeeds};
use crate::cosigning::Cosigning;
use crate::directory::{self, Directory};
use crate::error::StartError;
use crate::halt::Halt;
use crate::node::{Node, Receipts, Shard};
use crate::open::{Opened, open};
use crate::peers::tls::PeerTls;
use crate::peers::{Admission, Links, UsageInbox};
use crate::raft::Group;
use crate::receipts::{NodeKeys, ReceiptLog, Signer};
use crate::shard::{Batcher, ReadGate};
use crate::storage::{DataFolder, mark_suspect};
use crate::tasks::Tasks;
use crate::{membership, principals, serving, upkeep};

/// From this number on, the other members are a majority, so a node can rejoin without its data.
const MIN_NODES_TO_REJOIN: usize = 3;

impl ClusterNode {
    /// Opens the node's data and joins the cluster. `peers` is the bound peer listener, `tls` is its TLS settings, and `fresh`
    /// has the random numbers for a new data folder. Returns when the node takes part; it may still be behind. A new cluster
    /// begins when all its first members have reached each other.
    ///
    /// Damaged data are set aside, and the node rejoins with an empty folder (ADR 11).
    pub async fn start(
        config: ClusterConfig,
        peers: TcpListener,
        tls: PeerTls,
        fresh: FolderSeeds,
    ) -> Result<ClusterNode, StartError> {
        if !config.peers.iter().any(|peer| peer.id == config.node) {
            return Err(StartError::NotAMember { node: config.node });
        }
        let opened = match open(&config, fresh.incarnation, fresh.signing_seed) {
            // A disk that damages data does not remove FORMAT. A person has to find out why it is missing.
            Err(damage)
                if damage.is_damage() && config.peers.len() >= MIN_NODES_TO_REJOIN && config.data.join("FORMAT").exists() =>
            {
                tracing::error!(
                    event = "data_set_aside",
                    cause = %damage.damage(),
                    "the data are damaged: they move to set-aside, and this node rejoins with an empty folder"
                );
                let failed = |cause| StartError::Storage { path: config.data.clone(), cause };
                DataFolder::set_aside(&config.data).map_err(failed)?;
                open(&config, fresh.incarnation, fresh.signing_seed)?
            }
            opened => opened?,
        };
        let data = config.data.clone();
        let started = ClusterNode::take_part(config, peers, tls, fresh, opened).await;
        if let Err(StartError::Storage { cause, .. }) = &started {
            // The cause may be damage that the checks at the start did not find: the next start verifies everything.
            mark_suspect(&data, &cause.to_string()).map_err(|cause| StartError::Storage { path: data, cause })?;
        }
        started
    }

    /// Sets a node's data aside: at its next start the node rejoins with an empty folder. For a node whose disk was replaced
    /// or that has diverged. The node must be stopped.
    pub fn set_aside(data: &Path) -> io::Result<()> {
        DataFolder::set_aside(data)
    }

    async fn take_part(
        config: ClusterConfig,
        peers: TcpListener,
        tls: PeerTls,
        fresh: FolderSeeds,
        Opened { folder, log, rows }: Opened,
    ) -> Result<ClusterNode, StartError> {
        let data = config.data.clone();
        let storage = |cause: io::Error| StartError::Storage { path: data.clone(), cause };
        let seed = folder.signing_seed(fresh.signing_seed).map_err(storage)?;
        let keys = Arc::new(NodeKeys::derive(&seed, &config.cluster, config.node, config.data_shards)?);
        let admission = Arc::new(Admission::new(config.peers.iter().map(|peer| peer.id)));
        let links = Links::new(&config.cluster, config.node, tls.clone(), admission.clone());
        let mut node = Node {
            incarnation: folder.incarnation,
            directory: Arc::new(Directory::new(admission.clone())),
            rows,
            log,
            shards: Vec::new(),
            halt: Arc::new(Halt::new(config.data.clone())),
            admission,
            links,
            tasks: Tasks::new("cluster"),
            config,
        };
        for shard in 0..=node.config.data_shards {
            let opened = open_shard(&node, shard, folder.snapshots(shard), &keys).await;
            node.shards.push(opened.map_err(storage)?);
        }
        let node = Arc::new(node);
        let (replacements, usage) = (Arc::default(), Arc::<UsageInbox>::default());
        serving::serve(&node, peers, tls, Arc::clone(&replacements), usage.clone());
        node.tasks.spawn("replace members", membership::readmit_members(node.clone(), replacements));
        if folder.is_rejoining() {
            membership::rejoin(&node).await;
            folder.mark_rejoined().map_err(storage)?;
        } else {
            membership::begin(&node).await?;
        }
        upkeep::start(&node, &keys);
        node.tasks.spawn("spread grants", principals::spread_grants(node.clone()));
        Ok(ClusterNode { node, usage })
    }
}

/// Opens one shard and starts its tasks.
async fn open_shard(node: &Node, shard: u32, snapshots: PathBuf, keys: &Arc<NodeKeys>) -> io::Result<Shard> {
    let (config, tasks) = (&node.config, &node.tasks);
    let stores = (node.log.clone(), node.rows.clone());
    let (links, directory) = (node.links.clone(), node.directory.clone());
    let group = Group::open(shard, config.node, &config.group, links, stores, snapshots, directory).await?;
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
