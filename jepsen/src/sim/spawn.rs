//! Starting a task on a simulated node.

use keyrack_cluster::simulated::Runtime;
use openraft::AsyncRuntime;

/// Runs a task on the node that calls, with random numbers drawn from the node's seed.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    drop(Runtime::spawn(task));
}
