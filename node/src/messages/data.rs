//! `keyrackd data`.

use std::path::Path;

use keyrack_cluster::StartError;

/// Why a data command failed.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
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

/// The line about a copied folder.
pub const IS_COPY: &str =
    "this folder is a copy: it may lack what the node acknowledged, so the node asks its peers before it uses it\n";

/// The last line of `keyrackd data check`.
pub const NO_DAMAGE: &str = "no damage found: all checksums match\n";

/// The result of `keyrackd data set-aside`, with the next step. `aside` has the data, if there were any.
pub fn set_aside(node: u64, data: &Path, aside: Option<&Path>) -> String {
    let moved = match aside {
        Some(aside) => format!("The data of node {node} are now in {}. Nothing deletes them.", aside.display()),
        None => format!("There are no data of node {node} in {}.", data.display()),
    };
    format!("{moved}\nNext: start node {node}. It rejoins with an empty folder, and the other nodes send it the data.\n")
}
