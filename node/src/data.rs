//! `keyrackd data`: checks a stopped node's data, or sets them aside.

use std::path::Path;

use base16ct::lower::encode_string;
use keyrack_cluster::{ClusterNode, inspect};

use crate::config::Config;
use crate::messages::data::{self, DataError};
use crate::process::say;

/// The fewest nodes with a majority without one of them.
const FEWEST_TO_REJOIN: usize = 3;

/// Reads all of a node's data and prints how much there is.
pub fn check(config: &Path) -> anyhow::Result<()> {
    let config = Config::load(config)?;
    if !config.data.join("FORMAT").exists() && config.data.join("set-aside").exists() {
        return Ok(say(&data::nothing(&config.data))?);
    }
    let contents = inspect(&config.cluster_config()).map_err(|cause| match cause.is_damage() {
        true => anyhow::Error::from(DataError::Damaged { node: config.node, nodes: config.peers.len(), cause }),
        false => cause.into(),
    })?;
    if contents.log.0 == 0 && contents.rows.iter().all(|(rows, _)| *rows == 0) && contents.snapshots == 0 {
        return Ok(say(&data::nothing(&config.data))?);
    }
    let mut text = format!("log       {:>10} entries  {}\n", contents.log.0, encode_string(&contents.log.1));
    for (shard, (rows, sum)) in contents.rows.iter().enumerate() {
        text += &format!("shard {shard:<3} {rows:>10} rows     {}\n", encode_string(sum));
    }
    text += &format!("snapshots {:>10} whole, {} damaged\n", contents.snapshots, contents.damaged_snapshots);
    if contents.is_copy {
        text += data::IS_COPY;
    }
    say(&text)?;
    match contents.damaged_snapshots {
        0 => Ok(say(data::NO_DAMAGE)?),
        damaged => Err(DataError::DamagedSnapshots(damaged).into()),
    }
}

/// Moves a node's data to `set-aside`, so that the node starts with an empty folder.
pub fn set_aside(config: &Path) -> anyhow::Result<()> {
    let Config { cluster, node, data: path, peers, .. } = Config::load(config)?;
    if peers.len() < FEWEST_TO_REJOIN {
        return Err(DataError::NoMajority { node, nodes: peers.len() }.into());
    }
    let aside = ClusterNode::set_aside(&path, &cluster, node)?;
    Ok(say(&data::set_aside(node, &path, aside.as_deref()))?)
}
