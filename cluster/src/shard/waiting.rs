//! The commands that wait for a batch: the queue that a batch takes from, and the deferred commands that join it.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::limits::{MAX_BATCH_BYTES, MAX_DEFERRED};
use super::pending::Pending;

/// How long the first deferred command waits for a batch.
const DEFERRED_AT_MOST: Duration = Duration::from_millis(2);

/// Commands that wait for a batch, first come first served.
pub struct CommandQueue {
    queue: mpsc::Receiver<Pending>,
    /// The first command. It was taken from the queue and did not fit into the batch.
    first: Option<Pending>,
}

impl CommandQueue {
    /// A queue from which nothing was taken yet.
    pub fn new(queue: mpsc::Receiver<Pending>) -> CommandQueue {
        CommandQueue { queue, first: None }
    }

    /// Waits until a command waits; `false` if the queue is closed and empty. Nothing is lost if the caller stops waiting.
    pub async fn has_one(&mut self) -> bool {
        if self.first.is_none() {
            self.first = self.queue.recv().await;
        }
        self.first.is_some()
    }

    /// Takes the commands that wait: at most `most`, and at most [`MAX_BATCH_BYTES`] unless the first command alone is larger.
    pub fn take(&mut self, most: usize) -> Vec<Pending> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < most {
            let Some(next) = self.first.take().or_else(|| self.queue.try_recv().ok()) else { break };
            bytes += next.command.len();
            if bytes > MAX_BATCH_BYTES && !taken.is_empty() {
                self.first = Some(next);
                break;
            }
            taken.push(next);
        }
        taken
    }
}

/// Commands that join the next batch.
pub struct DeferredQueue {
    queue: mpsc::Receiver<Pending>,
    /// The first command, and how long it waits for a batch.
    waits: Option<(Pending, Instant)>,
}

impl DeferredQueue {
    /// A queue with no command waiting yet.
    pub fn new(queue: mpsc::Receiver<Pending>) -> DeferredQueue {
        DeferredQueue { queue, waits: None }
    }

    /// Returns when the first command has waited long enough.
    pub async fn due(&mut self) {
        if self.waits.is_none() {
            match self.queue.recv().await {
                Some(first) => self.waits = Some((first, Instant::now() + DEFERRED_AT_MOST)),
                None => std::future::pending().await,
            }
        }
        if let Some((_, until)) = &self.waits {
            tokio::time::sleep_until(*until).await;
        }
    }

    pub fn join(&mut self, batch: &mut Vec<Pending>) {
        batch.extend(self.waits.take().map(|(first, _)| first));
        // Bounded: more may arrive while these are taken.
        batch.extend(std::iter::from_fn(|| self.queue.try_recv().ok()).take(MAX_DEFERRED));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    /// The sizes of the batches that are made of commands with these sizes.
    async fn batches(commands: &[usize], most: usize) -> Vec<Vec<usize>> {
        let (send, receive) = mpsc::channel(commands.len());
        for bytes in commands {
            let (pending, _) = Pending::new(Bytes::from(vec![0; *bytes]), Instant::now(), false);
            assert!(send.try_send(pending).is_ok(), "there is room");
        }
        drop(send);
        let (mut queue, mut batches) = (CommandQueue::new(receive), Vec::new());
        while queue.has_one().await {
            batches.push(queue.take(most).iter().map(|pending| pending.command.len()).collect());
        }
        batches
    }

    #[tokio::test]
    async fn a_batch_is_bounded_by_commands_and_by_bytes_and_keeps_the_order() {
        let (half, whole) = (MAX_BATCH_BYTES / 2, MAX_BATCH_BYTES);
        assert_eq!(batches(&[1, 2, 3, 4, 5], 2).await, [vec![1, 2], vec![3, 4], vec![5]]);
        assert_eq!(batches(&[half, half, 0, 1, half], 9).await, [vec![half, half, 0], vec![1, half]]);
        assert_eq!(batches(&[1, whole, 1], 9).await, [vec![1], vec![whole], vec![1]]);
        assert_eq!(batches(&[whole + 1, 1], 9).await, [vec![whole + 1], vec![1]], "a command that is too large blocks nobody");
    }
}
