//! Addresses as quotas count them and as the audit trail keeps them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use keyrack_inventory::{Actor, Who};

/// A caller and its address, for commands and the audit trail. The trail never deletes a record, so of a guest's address it gets only
/// the network: an erasure could not remove the rest.
pub fn actor(who: Who, address: IpAddr) -> Actor {
    let address = match (&who, address.to_canonical()) {
        (Who::Guest(_), IpAddr::V4(v4)) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & !0xff)),
        (Who::Guest(_), IpAddr::V6(v6)) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 80 << 80)),
        (_, other) => other,
    };
    Actor { who, from: octets(address) }
}

/// The address by which limits count a client. One client usually has a whole IPv6 /64 network, so its 2^64 addresses count as one.
pub fn counted_address(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

/// An address in the form of the audit trail.
pub fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::BookingId;

    use super::*;

    #[test]
    fn only_the_network_of_a_guest_is_recorded() {
        let from = |who: Who, address: &str| {
            let actor = actor(who, address.parse().expect("an address"));
            Ipv6Addr::from(actor.from).to_canonical().to_string()
        };
        let guest = || Who::Guest(BookingId([7; 16]));
        assert_eq!(from(guest(), "192.0.2.77"), "192.0.2.0");
        assert_eq!(from(guest(), "::ffff:192.0.2.77"), "192.0.2.0");
        assert_eq!(from(guest(), "2001:db8:1:2:3::4"), "2001:db8:1::");
        assert_eq!(from(Who::Unauthenticated, "192.0.2.77"), "192.0.2.77");
    }
}
