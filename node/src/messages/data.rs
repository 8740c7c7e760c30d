//! `keyrackd data`.

use std::io;
use std::path::{Path, PathBuf};

use keyrack_cluster::StartError;
use keyrack_os_error::in_words;

/// Why a data command failed.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The folder's lock is held.
    #[error("node {node} is running already with the data folder {}. Stop it first.", .path.display())]
    InUse {
        /// The node.
        node: u64,
        /// The folder.
        path: PathBuf,
    },
    /// The log or the rows are damaged. The cause says what.
    #[error("{cause}\nNext: {}", after_damage(*.node, *.nodes))]
    Damaged {
        /// This node.
        node: u64,
        /// How many nodes the configuration has.
        nodes: usize,
        /// What is damaged.
        cause: StartError,
    },
    /// Snapshots are damaged.
    #[error("{0} snapshots are damaged. Start the node: it takes new ones.")]
    DamagedSnapshots(u64),
    /// A cluster that cannot give the data back.
    #[error(
        "cannot set the data of node {node} aside: {nodes} configured nodes have no majority without it, so it could not \
         rejoin. Nothing was changed. A cluster of 3 or more nodes can do this."
    )]
    NoMajority {
        /// This node.
        node: u64,
        /// How many nodes the configuration has.
        nodes: usize,
    },
    /// The files cannot be moved.
    #[error(
        "cannot move the data in {} to its folder set-aside: {}. Check that the node is stopped, the folder's permissions and \
         the free space, and run the command again.",
        .path.display(), in_words(.cause)
    )]
    SetAside {
        /// The folder.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
}

fn after_damage(node: u64, nodes: usize) -> String {
    match nodes {
        0..3 => format!(
            "keep this folder and find out what damaged it. A cluster of {nodes} cannot rebuild node {node}: its data are \
             on no majority of other nodes."
        ),
        _ => format!("check the disk, then start node {node}: it sets the damaged data aside and rejoins."),
    }
}

/// The result of `keyrackd data check` for a folder without data.
pub fn nothing(data: &Path) -> String {
    format!("there are no data in {}: no node has run here, or its data were set aside\n", data.display())
}

/// The last line of `keyrackd data check`.
pub const NO_DAMAGE: &str = "no damage found: all checksums match\n";

/// The result of `keyrackd data set-aside`, with the next steps.
pub fn set_aside(node: u64, data: &Path, is_diverged: bool) -> String {
    let mut text = format!("The data of node {node} are now in {}.\n", data.join("set-aside").display());
    if is_diverged {
        let mark = data.join("DIVERGED");
        text += &format!("Next: remove {}. The node does not start while this file exists.\n", mark.display());
    }
    text + &format!("Next: start node {node}. It rejoins with an empty folder, and the other nodes send it the data.\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_diverged_node_has_a_mark_to_remove() {
        let said = |is_diverged| set_aside(3, Path::new("/data"), is_diverged);
        assert!(said(true).contains("remove /data/DIVERGED") && !said(false).contains("DIVERGED"));
    }
}
