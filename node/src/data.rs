//! `keyrackd data`: checks a node's data, or puts them aside, while the node does not run.

use std::path::Path;

use anyhow::{Context, ensure};
use base16ct::lower::encode_string;
use keyrack_cluster::{Cluster, inspect};

use crate::config::Config;

/// Reads all of a node's data and prints what there is.
pub fn check(config: &Path) -> anyhow::Result<()> {
    let contents = inspect(&Config::load(config)?.cluster_config())?;
    println!("log       {:>10} entries  {}", contents.log.0, encode_string(&contents.log.1));
    for (shard, (rows, sum)) in contents.rows.iter().enumerate() {
        println!("shard {shard:<3} {rows:>10} rows     {}", encode_string(sum));
    }
    println!("snapshots {:>10} whole, {} damaged", contents.snapshots, contents.damaged_snapshots);
    ensure!(contents.damaged_snapshots == 0, "a snapshot is damaged: the node will make another");
    Ok(())
}

/// Puts all of a node's data aside, so that the node starts empty.
pub fn set_aside(config: &Path) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    ensure!(config.peers.len() >= 3, "a cluster of {} nodes has no majority without this one", config.peers.len());
    let failed = || format!("cannot put the data in {} aside", config.data.display());
    Cluster::set_aside(&config.data).with_context(failed)?;
    println!("The data are in {}.", config.data.join("set-aside").display());
    println!("At its next start node {} asks the others to take it in anew.", config.node);
    Ok(())
}
