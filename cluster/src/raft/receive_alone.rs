//! One receiver of a shard's snapshots at a time. A newer one ends the one before it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard, watch};

/// How long a new receiver waits for the end of the one before it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The place of a shard's receiver.
#[derive(Clone, Default)]
pub struct ReceivingPlace {
    place: Arc<Mutex<()>>,
    /// The number of receivers so far.
    begun: Arc<watch::Sender<u64>>,
}

/// The only receiver of a shard, until it is dropped.
pub struct Alone {
    _place: OwnedMutexGuard<()>,
    begun: watch::Receiver<u64>,
    number: u64,
}

impl ReceivingPlace {
    /// Ends the receiver before this one, and waits for its end.
    ///
    /// # Errors
    /// `TimedOut` if it does not end in time.
    pub async fn take(&self) -> io::Result<Alone> {
        let mut number = 0;
        self.begun.send_modify(|begun| {
            *begun += 1;
            number = *begun;
        });
        let place = tokio::time::timeout(PATIENCE, self.place.clone().lock_owned()).await;
        let place = place.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "another snapshot is being installed"))?;
        Ok(Alone { _place: place, begun: self.begun.subscribe(), number })
    }
}

impl Alone {
    /// Waits until a newer receiver wants the place.
    pub async fn replaced(&mut self) {
        let number = self.number;
        if self.begun.wait_for(|begun| *begun > number).await.is_err() {
            // The shard is closed, which ends the receiver too.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_receiver_ends_the_one_before_it() {
        let place = ReceivingPlace::default();
        let mut first = place.take().await.expect("free");
        let second = tokio::spawn({
            let place = place.clone();
            async move { place.take().await }
        });
        first.replaced().await;
        assert!(!second.is_finished(), "it waits for the end of the first");
        drop(first);
        let mut second = second.await.expect("no panic").expect("free");
        assert!(tokio::time::timeout(Duration::from_millis(20), second.replaced()).await.is_err(), "nobody wants the place");
    }
}
