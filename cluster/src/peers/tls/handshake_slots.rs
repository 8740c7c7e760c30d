//! The handshakes that are under way. A stranger can open connections and say nothing. When there are too many, the oldest handshake
//! of the address that has too many is given up, or else the oldest of all: an honest one is done within a few round trips.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// The most handshakes under way.
const MOST: usize = 256;
/// The most of one address.
const MOST_OF_ADDRESS: usize = 32;

/// The handshakes under way, oldest first. Cheap to clone.
#[derive(Clone, Default)]
pub struct HandshakeSlots {
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    next: u64,
    slots: VecDeque<Slot>,
}

struct Slot {
    number: u64,
    address: IpAddr,
    /// Dropping it gives the handshake up.
    _keep: oneshot::Sender<()>,
}

/// A place for one handshake. Dropping it frees the place.
pub struct HandshakeSlot {
    number: u64,
    slots: HandshakeSlots,
    given_up: oneshot::Receiver<()>,
}

impl HandshakeSlots {
    /// A place for a handshake with `address`.
    pub fn take(&self, address: IpAddr) -> HandshakeSlot {
        let (keep, given_up) = oneshot::channel();
        let mut open = self.open.lock();
        let of_address = open.slots.iter().filter(|slot| slot.address == address).count();
        let oldest = if of_address >= MOST_OF_ADDRESS {
            open.slots.iter().position(|slot| slot.address == address)
        } else {
            (open.slots.len() >= MOST).then_some(0)
        };
        if let Some(oldest) = oldest {
            open.slots.remove(oldest);
        }
        let number = open.next;
        open.next += 1;
        open.slots.push_back(Slot { number, address, _keep: keep });
        HandshakeSlot { number, slots: self.clone(), given_up }
    }
}

impl HandshakeSlot {
    /// Waits until another handshake gets this place.
    pub async fn given_up(&mut self) {
        // Nothing is sent: the other end is dropped.
        let _ = (&mut self.given_up).await;
    }
}

impl Drop for HandshakeSlot {
    fn drop(&mut self) {
        let mut open = self.slots.open.lock();
        if let Ok(place) = open.slots.binary_search_by_key(&self.number, |slot| slot.number) {
            open.slots.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use futures::FutureExt;

    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(number))
    }

    fn is_given_up(slot: &mut HandshakeSlot) -> bool {
        slot.given_up().now_or_never().is_some()
    }

    #[test]
    fn an_address_with_too_many_gives_up_its_own_oldest() {
        let slots = HandshakeSlots::default();
        let mut honest = slots.take(address(1));
        let mut idle: Vec<_> = (0..1_000).map(|_| slots.take(address(2))).collect();
        assert!(!is_given_up(&mut honest));
        let kept = idle.iter_mut().map(is_given_up).filter(|given_up| !given_up).count();
        assert_eq!(kept, MOST_OF_ADDRESS);
        assert!(!is_given_up(&mut idle[999]), "the newest stays");
        drop(idle);
        assert_eq!(slots.open.lock().slots.len(), 1);
    }

    #[test]
    fn the_oldest_of_all_makes_room() {
        let slots = HandshakeSlots::default();
        let mut all: Vec<_> = (0..=MOST as u32).map(|number| slots.take(address(number))).collect();
        assert!(is_given_up(&mut all[0]) && !is_given_up(&mut all[1]));
        assert_eq!(slots.open.lock().slots.len(), MOST);
    }
}
