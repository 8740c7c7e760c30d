//! Runs the streams of an HTTP/2 connection as tasks of the listeners.

use std::sync::Arc;
use std::time::Duration;

use hyper::rt::Executor;
use keyrack_cluster::Tasks;
use parking_lot::Mutex;

use super::reading::Reading;

/// Spawns hyper's streams as contained tasks: a panic ends only its own stream. A stream also ends when its client stops
/// reading the answer.
#[derive(Clone)]
pub struct StreamExecutor {
    tasks: Tasks,
    write_timeout: Duration,
    /// The request that the connection has just passed to its service. hyper spawns its stream next.
    next: Arc<Mutex<Option<Arc<Reading>>>>,
}

impl StreamExecutor {
    /// For the streams of one connection.
    pub fn new(tasks: Tasks, write_timeout: Duration) -> StreamExecutor {
        StreamExecutor { tasks, write_timeout, next: Arc::default() }
    }

    /// The next stream is the one whose answer `reading` follows.
    pub fn expect(&self, reading: Arc<Reading>) {
        *self.next.lock() = Some(reading);
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, stream: F) {
        let (reading, write_timeout) = (self.next.lock().take(), self.write_timeout);
        self.tasks.spawn_contained("HTTP/2 stream", async move {
            let Some(reading) = reading else { return stream.await };
            tokio::select! {
                () = stream => {}
                () = reading.stalls(write_timeout) => tracing::debug!("a client does not read its answer: the stream is reset"),
            }
        });
    }
}
