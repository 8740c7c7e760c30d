//! `keyrackd data`: a node's data, looked at or put aside while it does not run.

use std::path::Path;

use anyhow::{Context, ensure};
use keyrack_cluster::{Cluster, inspect};

use crate::config::Config;
use crate::run::cluster_config;

/// Reads everything and says what is there.
pub fn check(config: &Path) -> anyhow::Result<()> {
    let contents = inspect(&cluster_config(&Config::load(config)?))?;
    println!("log       {:>10} entries  {}", contents.log.0, hex(&contents.log.1));
    for (shard, (rows, sum)) in contents.rows.iter().enumerate() {
        println!("shard {shard:<3} {rows:>10} rows     {}", hex(sum));
    }
    println!("snapshots {:>10} whole, {} damaged", contents.snapshots, contents.damaged_snapshots);
    ensure!(contents.damaged_snapshots == 0, "a snapshot is damaged: the node will make another");
    Ok(())
}

/// Puts everything aside, so that the node begins anew.
pub fn set_aside(config: &Path) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    ensure!(config.peers.len() >= 3, "a cluster of {} nodes has no majority without this one", config.peers.len());
    let failed = || format!("cannot put the data in {} aside", config.data.display());
    Cluster::set_aside(&config.data).with_context(failed)?;
    println!("The data are in {}.", config.data.join("set-aside").display());
    println!("At its next start node {} asks the others to take it in anew.", config.node);
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
