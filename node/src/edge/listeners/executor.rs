//! Runs the streams of HTTP/2 connections as tasks of the listeners.

use hyper::rt::Executor;
use keyrack_cluster::Tasks;

/// Spawns hyper's streams as contained tasks: a panic ends only its own stream.
#[derive(Clone)]
pub struct StreamExecutor(pub Tasks);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, stream: F) {
        self.0.spawn_contained("HTTP/2 stream", stream);
    }
}
