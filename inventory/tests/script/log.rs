//! Guests in scripts, and their claims in leaves. A guest is a name, and the salt is derived from it. So the name is
//! enough to find the claim.

use std::collections::BTreeSet;

use keyrack_inventory::*;

use super::shown::last_number;

/// The encrypted guest of `guest=name` and the edge's seeds for the leaf; nothing without a name.
pub fn guest(name: Option<&str>) -> (Option<Sealed>, LeafSeeds) {
    let Some(name) = name else { return (None, LeafSeeds::default()) };
    let sealed = Sealed { ciphertext: name.as_bytes().to_vec(), wrapped_key: format!("key of {name}").into_bytes() };
    let decoys = (1..GUEST_DIGESTS as u8).map(|place| claim_digest(&[place; 16], name, "decoy"));
    let seeds = LeafSeeds { guest: [claim(name).digest()].into_iter().chain(decoys).collect(), ..LeafSeeds::default() };
    (Some(sealed), seeds)
}

fn claim(name: &str) -> Disclosure {
    let mut salt = [0; 16];
    name.bytes().zip(&mut salt).for_each(|(byte, place)| *place = !byte);
    Disclosure { salt, value: name.to_owned(), name: "guest.name".to_owned() }
}

/// Shows a leaf, with the claims about all names used in the script.
pub fn shown_leaf(index: u64, bytes: &[u8], names: &BTreeSet<String>) -> String {
    let leaf = Leaf::decode(bytes).expect("leaf bytes");
    let booking = match leaf.body {
        LeafBody::KeyChange(keys) => return format!("leaf {index}: node {} has new keys", keys.node),
        LeafBody::AuditSeal { count, .. } => return format!("leaf {index}: the audit trail has {count} records"),
        LeafBody::Booking(booking) => booking,
    };
    let after = booking.previous.map_or("the first".to_owned(), |leaf| format!("after leaf {leaf}"));
    let rooms = |line: &LeafRooms| {
        let nights: Vec<String> = line.nights.iter().map(|(limit, left)| format!("{left}/{limit}")).collect();
        format!("{} x {}, left {}", line.quantity, line.room_type, nights.join(", "))
    };
    let rooms: Vec<String> = booking.rooms.iter().map(rooms).collect();
    let told: Vec<&str> = names.iter().filter(|name| booking.holds(&claim(name))).map(String::as_str).collect();
    let told =
        if told.is_empty() { "no claims about a guest".to_owned() } else { format!("claims about {}", told.join(" and ")) };
    let (kind, id) = (booking.kind.name(), last_number(&booking.booking.0));
    let stay = format!("{}>{}", booking.arrival, booking.departure);
    format!("leaf {index}: {kind} b{id}, {after}, {stay}, {}, {told}", rooms.join(" and "))
}
