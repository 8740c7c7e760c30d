//! The ledger of leaves that the tests build.

use keyrack_inventory::{BookingLeaf, LeafBody, LeafKind, Night, ReplicaKeys};

use super::super::finding::{Findings, Kind};
use super::super::ledger::{Ledger, Phase};
use super::{found, id, leaf, log, replay, rooms};
use LeafKind::{Amend, Book, Cancel, CheckIn, CheckOut, Erase, NoShow};

/// The findings of these leaves.
fn findings(leaves: impl IntoIterator<Item = BookingLeaf>) -> Vec<(Kind, Option<u64>)> {
    found(&replay(&log(leaves)).1)
}

/// The rooms sold on the first night.
fn sold(ledger: &Ledger) -> u64 {
    ledger.nights.get(&(0, 20_833)).map_or(0, |tally| tally.sold)
}

#[test]
fn a_complete_life_cycle_has_no_findings() {
    let (ledger, findings) = replay(&log([
        leaf(Book, 1, None),
        rooms(leaf(Book, 2, None), 2, 10, 7),
        rooms(leaf(Cancel, 1, Some(0)), 1, 10, 8),
        rooms(leaf(CheckIn, 2, Some(1)), 2, 10, 8),
        rooms(leaf(Erase, 1, Some(2)), 1, 10, 8),
        rooms(leaf(CheckOut, 2, Some(3)), 2, 10, 8),
        rooms(leaf(Book, 3, None), 1, 10, 7),
        rooms(leaf(NoShow, 3, Some(6)), 1, 10, 8),
    ]));
    assert_eq!(found(&findings), []);
    assert_eq!((sold(&ledger), ledger.counts.room_nights, ledger.leaves()), (2, 4, 8));
    assert_eq!(ledger.bookings[&id(1)].phase, Phase::Cancelled);
    assert_eq!(ledger.bookings[&id(2)].phase, Phase::CheckedOut);
}

#[test]
fn selling_beyond_the_limit_is_found() {
    // The leaf shows the oversell and agrees with the ledger.
    let honest = [rooms(leaf(Book, 1, None), 2, 2, 0), rooms(leaf(Book, 2, None), 1, 2, -1)];
    assert_eq!(findings(honest), [(Kind::Oversell, Some(1))]);
    // The leaf hides the oversell: it claims that a room is left, so it contradicts the ledger too.
    let hidden = [rooms(leaf(Book, 1, None), 2, 2, 0), rooms(leaf(Book, 2, None), 1, 2, 0)];
    assert_eq!(findings(hidden), [(Kind::Oversell, Some(1)), (Kind::Contradiction, Some(1))]);
    // Held and blocked rooms are not in the log, so fewer rooms left than the ledger expects are not a contradiction.
    assert_eq!(findings([rooms(leaf(Book, 1, None), 1, 10, 0)]), []);
}

#[test]
fn a_lowered_limit_is_an_oversell_only_when_more_is_sold() {
    let book = rooms(leaf(Book, 1, None), 3, 10, 7);
    // The limit is lowered to 2. A check-in shows the deficit.
    assert_eq!(findings([book.clone(), rooms(leaf(CheckIn, 1, Some(0)), 3, 2, -1)]), []);
    // Bookings soon after the cut may come from holds under the earlier limit,
    let promised = [book, rooms(leaf(Book, 2, None), 1, 2, -2), rooms(leaf(Book, 3, None), 6, 2, -8)];
    let (ledger, findings_of) = replay(&log(promised.clone()));
    assert_eq!((found(&findings_of), ledger.counts.booked_after_lowering), (vec![], 4));
    // but not beyond that limit,
    let mut beyond = promised.to_vec();
    beyond.push(rooms(leaf(Book, 4, None), 1, 2, -9));
    assert_eq!(findings(beyond), [(Kind::Oversell, Some(3))]);
    // and no hold lasts longer than ten minutes.
    let mut late = log(promised);
    late[2].at_ms += 600_000;
    assert_eq!(found(&replay(&late).1), [(Kind::Oversell, Some(2))]);
}

#[test]
fn an_amendment_gives_back_the_old_and_takes_the_new() {
    let mut moved = rooms(leaf(Amend, 1, Some(0)), 2, 10, 8);
    moved.arrival = Night(20_834);
    moved.departure = Night(20_836);
    let (ledger, findings_of) = replay(&log([rooms(leaf(Book, 1, None), 3, 10, 7), moved]));
    assert_eq!(found(&findings_of), []);
    let nights: Vec<u64> = (20_833..20_836).map(|night| ledger.nights[&(0, night)].sold).collect();
    assert_eq!((nights, ledger.counts.room_nights), (vec![0, 2, 2], 4));
}

#[test]
fn an_amendment_may_keep_a_night_in_deficit_but_not_add_one() {
    let book = rooms(leaf(Book, 1, None), 3, 10, 7);
    // The same number of rooms as before.
    assert_eq!(findings([book.clone(), rooms(leaf(Amend, 1, Some(0)), 3, 2, -1)]), []);
    // More rooms on the same nights.
    assert_eq!(findings([book.clone(), rooms(leaf(Amend, 1, Some(0)), 4, 2, -2)]), [(Kind::Oversell, Some(1))]);
    // One more night, which is in deficit.
    let mut longer = leaf(Amend, 1, Some(0));
    longer.departure = Night(20_836);
    let longer = rooms(longer, 3, 2, -1);
    assert_eq!(findings([book, longer]), [(Kind::Oversell, Some(1))]);
}

#[test]
fn a_second_cancellation_is_found_and_gives_back_nothing() {
    let leaves = [
        rooms(leaf(Book, 1, None), 1, 10, 9),
        rooms(leaf(Book, 2, None), 1, 10, 8),
        rooms(leaf(Cancel, 1, Some(0)), 1, 10, 9),
        rooms(leaf(Cancel, 1, Some(2)), 1, 10, 9),
    ];
    let (ledger, findings_of) = replay(&log(leaves));
    assert_eq!(found(&findings_of), [(Kind::Contradiction, Some(3))]);
    assert_eq!((sold(&ledger), ledger.counts.room_nights), (1, 2));
}

#[test]
fn a_missing_leaf_is_a_gap() {
    let book = || leaf(Book, 1, None);
    let cancel = |previous| rooms(leaf(Cancel, 1, previous), 1, 10, 10);
    // The pointer names an older leaf, no leaf, or a leaf of another booking.
    assert_eq!(findings([book(), leaf(CheckIn, 1, Some(0)), leaf(CheckOut, 1, Some(0))]), [(Kind::Gap, Some(2))]);
    assert_eq!(findings([book(), cancel(None)]), [(Kind::Gap, Some(1))]);
    assert_eq!(findings([book(), rooms(leaf(Cancel, 2, Some(0)), 1, 10, 9)]), [(Kind::Gap, Some(1))]);
    // The leaf names itself.
    assert_eq!(findings([cancel(Some(0))]), [(Kind::Gap, Some(0))]);
    // The first leaf is not a booking.
    assert_eq!(findings([cancel(None)]), [(Kind::Gap, Some(0))]);
    // The booking is booked again, and both sales count.
    let (ledger, twice) = replay(&log([book(), rooms(leaf(Book, 1, None), 1, 10, 8)]));
    assert_eq!((found(&twice), sold(&ledger)), (vec![(Kind::Gap, Some(1))], 2));
    let mut pointed = book();
    pointed.previous = Some(0);
    assert_eq!(findings([leaf(Book, 2, None), rooms(pointed, 1, 10, 8)]), [(Kind::Gap, Some(1))]);
}

#[test]
fn contradictions_are_found() {
    let book = || leaf(Book, 1, None);
    // Steps that do not follow.
    assert_eq!(findings([book(), leaf(CheckOut, 1, Some(0))]), [(Kind::Contradiction, Some(1))]);
    let no_show = rooms(leaf(NoShow, 1, Some(1)), 1, 10, 10);
    assert_eq!(findings([book(), leaf(CheckIn, 1, Some(0)), no_show]), [(Kind::Contradiction, Some(2))]);
    // A check-in that changes the stay.
    let mut longer = leaf(CheckIn, 1, Some(0));
    longer.departure = Night(20_836);
    assert_eq!(findings([book(), rooms(longer, 1, 10, 9)]), [(Kind::Contradiction, Some(1))]);
    // More rooms left than possible.
    assert_eq!(findings([book(), rooms(leaf(Book, 2, None), 1, 10, 9)]), [(Kind::Contradiction, Some(1))]);
    // An id of one property in a leaf of another.
    let mut elsewhere = leaf(Book, 2, None);
    elsewhere.property = "baixa".into();
    assert_eq!(findings([book(), elsewhere]), [(Kind::Contradiction, Some(1))]);
}

#[test]
fn an_erasure_changes_no_rooms() {
    let (ledger, findings_of) = replay(&log([leaf(Book, 1, None), leaf(Erase, 1, Some(0)), leaf(CheckIn, 1, Some(1))]));
    assert_eq!(found(&findings_of), []);
    assert_eq!((sold(&ledger), ledger.bookings[&id(1)].phase), (1, Phase::CheckedIn));
}

#[test]
fn decreasing_time_or_raft_position_is_found() {
    let two = || log([leaf(Book, 1, None), rooms(leaf(Book, 2, None), 1, 10, 8)]);
    let with = |change: fn(&mut keyrack_inventory::Leaf)| {
        let mut leaves = two();
        change(&mut leaves[1]);
        found(&replay(&leaves).1)
    };
    let order = [(Kind::Order, Some(1))];
    assert_eq!(with(|leaf| leaf.at_ms -= 2_000), order);
    assert_eq!(with(|leaf| leaf.index = 9), order);
    assert_eq!(with(|leaf| leaf.term = 0), order);
    assert_eq!(with(|leaf| (leaf.index, leaf.term) = (10, 2)), order, "one index has one term");
    assert_eq!(with(|leaf| (leaf.index, leaf.at_ms) = (10, leaf.at_ms - 1_000)), [], "leaves of one entry share its index");
    assert_eq!(with(|leaf| leaf.term = 2), []);
}

#[test]
fn unreadable_leaves_are_found_and_key_changes_are_listed() {
    let (mut ledger, mut found_here) = (Ledger::default(), Findings::default());
    let mut newer = leaf(Book, 1, None);
    newer.previous = None;
    let mut bytes = log([newer])[0].encode();
    bytes[2] = 9;
    for (index, bytes) in [(0, bytes), (1, vec![]), (2, vec![0xff; 40])] {
        ledger.apply_leaf(index, keyrack_inventory::Leaf::decode(&bytes).as_ref(), &mut found_here);
    }
    assert_eq!(found(&found_here), [0, 1, 2].map(|leaf| (Kind::Unreadable, Some(leaf))));
    assert!(found_here.kept()[0].what.contains("version 9"), "{}", found_here.kept()[0].what);

    let mut change = log([leaf(Book, 1, None)]);
    change[0].body = LeafBody::KeyChange(ReplicaKeys { node: 2, log: [1; 32], cosigner: [2; 32] });
    let (ledger, none) = replay(&change);
    assert_eq!((found(&none), ledger.keys[&2].0), (vec![], 0));
}

#[test]
fn the_audit_trail_only_grows() {
    let sealed = |seals: &[(u64, u8)]| {
        let seal = |place: usize| {
            let (count, byte) = seals[place];
            let place = place as u64;
            let body = LeafBody::AuditSeal { count, link: [byte; 32] };
            keyrack_inventory::Leaf { at_ms: 1_800_000_000_000 + place, term: 1, index: 10 + place, body }
        };
        replay(&(0..seals.len()).map(seal).collect::<Vec<_>>())
    };
    let (ledger, none) = sealed(&[(3, 1), (5, 2), (5, 2), (9, 3)]);
    assert_eq!(found(&none), []);
    assert_eq!(
        (ledger.seal.map(|seal| (seal.leaf, seal.records)), ledger.counts.kinds[9], ledger.leaves()),
        (Some((3, 9)), 4, 4)
    );
    // Fewer records. Later seals are compared with the larger seal.
    let (ledger, fewer) = sealed(&[(5, 1), (4, 2), (4, 3), (6, 4)]);
    assert_eq!(found(&fewer), [(Kind::Contradiction, Some(1)), (Kind::Contradiction, Some(2))]);
    assert_eq!(ledger.seal.map(|seal| seal.records), Some(6));
    assert!(fewer.kept()[0].what.contains("has 4 records, but it had 5 at leaf 0"), "{}", fewer.kept()[0]);
    // The same number of records, but another link.
    assert_eq!(found(&sealed(&[(5, 1), (5, 2)]).1), [(Kind::Contradiction, Some(1))]);
}

#[test]
fn old_bookings_are_forgotten_unless_the_time_of_the_log_is_wrong() {
    let year = 365 * 86_400_000;
    let mut late = log([leaf(Book, 1, None), rooms(leaf(Book, 2, None), 1, 10, 8)]);
    let mut far = leaf(Book, 3, None);
    far.arrival = Night(22_000);
    far.departure = Night(22_002);
    late.extend(log([far]).into_iter().map(|leaf| keyrack_inventory::Leaf { at_ms: leaf.at_ms + 3 * year, index: 50, ..leaf }));
    let (mut ledger, mut findings_of) = replay(&late);
    ledger.forget(1_800_000_000_000);
    assert_eq!(ledger.bookings.len(), 3, "by this clock no booking is old");
    ledger.forget(u64::MAX);
    assert_eq!((ledger.bookings.len(), ledger.nights.len(), ledger.counts.forgotten), (1, 2, 2));
    // An erasure after years is not a gap.
    let mut erase = log([leaf(Erase, 1, Some(0))]).remove(0);
    (erase.at_ms, erase.index) = (ledger.at_ms, 60);
    ledger.apply_leaf(3, Ok(&erase), &mut findings_of);
    assert_eq!(found(&findings_of), []);
}

#[test]
fn extreme_numbers_are_counted_without_a_panic() {
    let mut huge = leaf(Book, 1, None);
    (huge.arrival, huge.departure) = (Night(u32::MAX - 1), Night(u32::MAX));
    huge.rooms[0].quantity = u32::MAX;
    huge.rooms[0].nights = vec![(u32::MAX, i64::MIN)];
    let mut leaves = log([huge.clone()]);
    (leaves[0].at_ms, leaves[0].term, leaves[0].index) = (u64::MAX, u64::MAX, u64::MAX);
    huge.kind = Amend;
    huge.previous = Some(0);
    huge.rooms[0].nights = vec![(0, i64::MAX)];
    leaves.extend(log([huge]));
    let (mut ledger, findings_of) = replay(&leaves);
    assert!(findings_of.count() >= 3);
    ledger.forget(u64::MAX);
}
