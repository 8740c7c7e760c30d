//! `keyrackd data`: checks a stopped node's data, or sets them aside.

use std::io;
use std::path::Path;

use base16ct::lower::encode_string;
use keyrack_cluster::{ClusterNode, StartError, inspect};

use crate::config::Config;
use crate::messages::data::{self, DataError};
use crate::process::say;

/// The fewest nodes with a majority without one of them.
const FEWEST_TO_REJOIN: usize = 3;

/// Reads all of a node's data and prints how much there is.
pub fn check(config: &Path) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    let contents = inspect(&config.cluster_config()).map_err(|cause| match cause.is_damage() {
        true => DataError::Damaged { node: config.node, nodes: config.peers.len(), cause }.into(),
        false => explain(cause, &config),
    })?;
    if contents.log.0 == 0 && contents.rows.iter().all(|(rows, _)| *rows == 0) && contents.snapshots == 0 {
        return Ok(say(&data::nothing(&config.data))?);
    }
    let mut text = format!("log       {:>10} entries  {}\n", contents.log.0, encode_string(&contents.log.1));
    for (shard, (rows, sum)) in contents.rows.iter().enumerate() {
        text += &format!("shard {shard:<3} {rows:>10} rows     {}\n", encode_string(sum));
    }
    text += &format!("snapshots {:>10} whole, {} damaged\n", contents.snapshots, contents.damaged_snapshots);
    say(&text)?;
    match contents.damaged_snapshots {
        0 => Ok(say(data::NO_DAMAGE)?),
        damaged => Err(DataError::DamagedSnapshots(damaged).into()),
    }
}

/// Moves a node's data to `set-aside`, so that the node starts with an empty folder.
pub fn set_aside(config: &Path) -> anyhow::Result<()> {
    let Config { node, data: path, peers, .. } = Config::load(config)?;
    if peers.len() < FEWEST_TO_REJOIN {
        return Err(DataError::NoMajority { node, nodes: peers.len() }.into());
    }
    ClusterNode::set_aside(&path).map_err(|cause| DataError::SetAside { path: path.clone(), cause })?;
    Ok(say(&data::set_aside(node, &path, path.join("DIVERGED").exists()))?)
}

/// Why a data folder cannot be opened. If another process holds its lock, the error says that the node is running.
pub fn explain(cause: StartError, config: &Config) -> anyhow::Error {
    match &cause {
        StartError::Storage { cause, .. } if is_locked(cause) => {
            DataError::InUse { node: config.node, path: config.data.clone() }.into()
        }
        _ => cause.into(),
    }
}

/// RocksDB locks its folder. It has no error kind for a lock that is held, only these texts: the first for another process,
/// the second for this one.
fn is_locked(cause: &io::Error) -> bool {
    let text = cause.to_string();
    (text.contains("While lock file") && text.contains("Resource temporarily unavailable"))
        || text.contains("lock hold by current process")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_means_that_the_node_is_running() {
        let held = "IO error: While lock file: data/log/LOCK: Resource temporarily unavailable";
        let by_this =
            "IO error: lock hold by current process, acquire time 1 acquiring thread 2: data/log/LOCK: No locks available";
        let denied = "IO error: While open a file for lock: data/log/LOCK: Permission denied";
        let is_running = |text: &str| is_locked(&io::Error::other(text));
        assert!(is_running(held) && is_running(by_this) && !is_running(denied));
    }
}
