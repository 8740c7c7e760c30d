//! Starts tasks on a simulated node.

use keyrack_cluster::simulated::Runtime;
use openraft::AsyncRuntime;

/// Runs a task on the current node, with random numbers from the node's seed.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    drop(Runtime::spawn(task));
}
