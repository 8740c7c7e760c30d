//! Counts what each address has open, so that one client cannot use all connections or streams.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::access::counted_address;

/// Connections or streams by address, over all listeners. Cheap to clone.
#[derive(Clone)]
pub struct Addresses {
    limit: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One counted connection or stream of an address. Dropping it frees the slot.
pub struct AddressSlot {
    addresses: Addresses,
    address: IpAddr,
}

impl Addresses {
    /// At most `limit` for one address; 0 for no limit.
    pub fn new(limit: usize) -> Addresses {
        Addresses { limit, open: Arc::default() }
    }

    /// A slot for one more from `address`; `None` if the address has reached the limit.
    pub fn take_slot(&self, address: IpAddr) -> Option<AddressSlot> {
        let address = counted_address(address);
        let mut open = self.open.lock();
        let count = open.entry(address).or_insert(0);
        if self.limit > 0 && *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(AddressSlot { addresses: self.clone(), address })
    }
}

impl Drop for AddressSlot {
    fn drop(&mut self) {
        let mut open = self.addresses.open.lock();
        let left = open.get_mut(&self.address).map_or(0, |count| {
            *count -= 1;
            *count
        });
        if left == 0 {
            open.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_limited_slots_and_a_closed_connection_frees_one() {
        let addresses = Addresses::new(2);
        let one: IpAddr = "192.0.2.1".parse().expect("an address");
        let other: IpAddr = "192.0.2.2".parse().expect("an address");
        let first = addresses.take_slot(one).expect("the first");
        let _second = addresses.take_slot("::ffff:192.0.2.1".parse().expect("an address")).expect("the second");
        assert!(addresses.take_slot(one).is_none());
        let _another = addresses.take_slot(other).expect("another address");
        drop(first);
        addresses.take_slot(one).expect("a slot that became free");
        assert_eq!(addresses.open.lock().len(), 2);
    }

    #[test]
    fn a_whole_ipv6_network_counts_as_one_address_and_0_means_no_limit() {
        let addresses = Addresses::new(1);
        let _one = addresses.take_slot("2001:db8::1".parse().expect("an address")).expect("the first");
        assert!(addresses.take_slot("2001:db8::ffff:2".parse().expect("an address")).is_none());
        assert!(addresses.take_slot("2001:db8:0:1::1".parse().expect("an address")).is_some());
        let unlimited = Addresses::new(0);
        let slots: Vec<_> = (0..10_000).map(|_| unlimited.take_slot("::1".parse().expect("an address"))).collect();
        assert!(slots.iter().all(Option::is_some));
    }
}
