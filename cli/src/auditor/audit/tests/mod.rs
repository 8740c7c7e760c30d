//! Audits of logs that the tests build leaf by leaf.

mod follow;
mod replay;
mod state;

use keyrack_inventory::{
    BookingId, BookingLeaf, LEAF_DIGESTS, Leaf, LeafBody, LeafKind, LeafRooms, Night, PropertyNumber, ShortCode,
};

use super::finding::{Findings, Kind};
use super::ledger::Ledger;

/// Booking number `n` of a hotel.
pub fn id(n: u64) -> BookingId {
    BookingId::new(PropertyNumber(1), 1_800_000_000_000, n)
}

/// The basic leaf of the tests: two nights from 2027-01-15 in one double room of ten, nine left.
pub fn leaf(kind: LeafKind, n: u64, previous: Option<u64>) -> BookingLeaf {
    let mut digests = [[0; 32]; LEAF_DIGESTS];
    (1..).zip(&mut digests).for_each(|(place, digest)| digest[0] = place);
    let rooms =
        LeafRooms { room_type: ShortCode::new("DBL").expect("a code"), quantity: 1, runs: vec![], nights: vec![(10, 9); 2] };
    let (arrival, departure) = (Night(20_833), Night(20_835));
    BookingLeaf { kind, property: "alfama".into(), booking: id(n), previous, arrival, departure, rooms: vec![rooms], digests }
}

/// The leaf with this quantity of rooms, this limit, and this number of rooms left.
pub fn rooms(mut leaf: BookingLeaf, quantity: u32, limit: u32, remaining: i64) -> BookingLeaf {
    leaf.rooms[0].quantity = quantity;
    leaf.rooms[0].nights = vec![(limit, remaining); (leaf.departure.0 - leaf.arrival.0) as usize];
    leaf
}

/// Leaves in order, each in its own Raft entry, one second apart.
pub fn log(leaves: impl IntoIterator<Item = BookingLeaf>) -> Vec<Leaf> {
    let place = |(place, leaf): (u64, BookingLeaf)| Leaf {
        at_ms: 1_800_000_000_000 + place * 1_000,
        term: 1,
        index: 10 + place,
        body: LeafBody::Booking(leaf),
    };
    (0..).zip(leaves).map(place).collect()
}

/// The ledger and the findings of the leaves.
pub fn replay(leaves: &[Leaf]) -> (Ledger, Findings) {
    let (mut ledger, mut findings) = (Ledger::default(), Findings::default());
    for (index, leaf) in (0..).zip(leaves) {
        // A test may only use leaves that a log can have.
        assert_eq!(Leaf::decode(&leaf.encode()).as_ref(), Ok(leaf));
        ledger.apply_leaf(index, Ok(leaf), &mut findings);
    }
    (ledger, findings)
}

/// Kinds and leaves of the findings.
pub fn found(findings: &Findings) -> Vec<(Kind, Option<u64>)> {
    findings.kept().iter().map(|finding| (finding.kind, finding.leaf)).collect()
}
