//! `keyrackd dev`.

use std::io;
use std::path::{Path, PathBuf};

use keyrack_os_error::in_words;

/// Why a development cluster does not start, or cannot be stopped.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// The folder cannot be used.
    #[error("cannot use the folder {}: {}. Give another one with --data.", .path.display(), in_words(.cause))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// The folder has a cluster of another size.
    #[error("the cluster in {} has {known} nodes. Give --nodes {known}, or another folder with --data.", .path.display())]
    OtherSize {
        /// The folder.
        path: PathBuf,
        /// How many nodes it has.
        known: u64,
    },
    /// Another process holds the folder's lock.
    #[error("another keyrackd dev is running with the folder {}. Nothing was changed. Stop it first, or give another folder \
             with --data.", .0.display())]
    InUse(PathBuf),
    /// The folder cannot be locked.
    #[error("cannot lock {}: {}. Give a folder on a local disk with --data.", .path.display(), in_words(.cause))]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// Ports above the last one.
    #[error("--port-base {base}: node {node} would need port {port}. Give {most} or less.")]
    PortBase {
        /// The first port.
        base: u16,
        /// The last node.
        node: u64,
        /// The last port that it would need.
        port: u64,
        /// The largest first port for this number of nodes.
        most: u64,
    },
    /// A port is in use.
    #[error("cannot listen on 127.0.0.1:{port}: {}. Give another port with --port-base.", port_words(.cause))]
    Port {
        /// The port.
        port: u16,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// A file in the folder cannot be read. The cause is the source.
    #[error("cannot use {}", .0.display())]
    Unusable(PathBuf),
    /// The CA in the folder cannot be used. The cause is the source.
    #[error("cannot use the certificate authority in {}", .0.display())]
    Authority(PathBuf),
    /// A certificate cannot be made. The cause is the source.
    #[error("cannot make a certificate in {}", .0.display())]
    Certificate(PathBuf),
    /// This program's file is gone.
    #[error("cannot find the file of this program: {}", in_words(.0))]
    Program(io::Error),
    /// A process cannot be started.
    #[error("cannot start node {node}: {}", in_words(.cause))]
    Spawn {
        /// The node.
        node: u64,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// A process ended before it was ready.
    #[error("node {node} ended before it was ready ({status}). The last lines of {}:\n{lines}", .log.display())]
    Ended {
        /// The node.
        node: u64,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// Its log.
        log: PathBuf,
        /// The log's last lines.
        lines: String,
    },
    /// The cluster is not ready in time.
    #[error("the cluster is not ready after {0} s. The file keyrackd.log of each node, in its folder below --data, shows why.")]
    NotReady(u64),
    /// A process does not end.
    #[error("cannot stop node {node}: {}", in_words(.cause))]
    Stop {
        /// The node.
        node: u64,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// Node 1 does not answer. The cause is the source.
    #[error("cannot reach node 1 to load the sample hotels")]
    Unreachable,
    /// A sample hotel is refused.
    #[error("cannot load the sample hotel {hotel}: {cause}. Run the command again, or leave the hotels out with --no-samples.")]
    Sample {
        /// The hotel's id.
        hotel: &'static str,
        /// The node's message.
        cause: String,
    },
}

fn port_words(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::AddrInUse => "another program uses this port".to_owned(),
        _ => in_words(cause),
    }
}

/// Before the start.
pub fn starting(nodes: u64, data: &Path) -> String {
    format!("Starting {nodes} nodes with data in {} ...", data.display())
}

/// After Ctrl-C.
pub const STOPPING: &str = "\nStopping. To continue with the same data, run the same command again.";

/// A node's process has ended.
pub fn node_ended(node: u64, status: std::process::ExitStatus, keyrackd: &str, config: &Path) -> String {
    format!("node {node} ended ({status}). To start it again, run: {keyrackd} run --config {}", config.display())
}

/// A node of this process has failed.
pub fn node_failed(node: u64, why: &str) -> String {
    format!("node {node} stopped: {why}. To start it again, stop this command and run it again.")
}
