//! The model's leaves of bookings, and its secrets of guests.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::Model;
use super::said::quantity;
use crate::almanac;
use keyrack_inventory::*;

impl Model {
    /// Appends the leaf of a booking that has already changed, and returns the booking.
    pub(super) fn tell(&mut self, place: usize, id: BookingId, kind: LeafKind) -> Arc<Booking> {
        let booking = self.bookings.iter().find(|b| b.id == id).unwrap().clone();
        let of_it = |leaf: &Leaf| matches!(&leaf.body, LeafBody::Booking(told) if told.booking == id);
        let previous = self.leaves.iter().rposition(of_it).map(|index| index as u64);
        let index = self.leaves.len() as u64;
        let is_new_guest = self.told_guests.insert(id, booking.guest.clone()).as_ref() != Some(&booking.guest);
        let body = BookingLeaf {
            kind,
            property: self.hotels[place].property.id.clone(),
            booking: id,
            previous,
            arrival: booking.stay.arrival(),
            departure: booking.stay.departure(),
            rooms: self.left_over(place, &booking),
            digests: self.digests(&booking, index, is_new_guest),
        };
        self.leaf(LeafBody::Booking(body));
        let booking = self.bookings.iter_mut().find(|b| b.id == id).unwrap();
        booking.leaf = Some(index);
        Arc::new(booking.clone())
    }

    /// The same keys again add no leaf.
    pub(super) fn put_replica_keys(&mut self, keys: &ReplicaKeys) {
        if self.replica_keys.iter().rev().find(|known| known.node == keys.node) != Some(keys) {
            self.replica_keys.push(*keys);
            self.leaf(LeafBody::KeyChange(*keys));
        }
    }

    /// Rule 13: the key of the reply's guest; none without a guest, or after the guest was erased or replaced.
    pub(super) fn guest_key(&self, reply: &Reply) -> Option<Vec<u8>> {
        match reply {
            Reply::Booking(booking)
                if booking.guest != Sealed::default() && self.guest_of(booking.id) == Some(&booking.guest) =>
            {
                self.secrets.get(&booking.id).map(|secrets| secrets.wrapped_key.clone())
            }
            _ => None,
        }
    }

    fn guest_of(&self, id: BookingId) -> Option<&Sealed> {
        self.bookings.iter().find(|booking| booking.id == id).map(|booking| &booking.guest)
    }

    fn leaf(&mut self, body: LeafBody) {
        self.leaves.push(Leaf { at_ms: self.now_ms, term: self.at.term, index: self.at.index, body });
    }

    /// Each room type once, with its quantity, and limit and remaining rooms of its nights.
    fn left_over(&self, place: usize, booking: &Booking) -> Vec<LeafRooms> {
        let hotel = &self.hotels[place];
        let mut codes: Vec<ShortCode> = booking.rooms.iter().map(|room| room.room_type_code).collect();
        let mut known = Vec::new();
        codes.retain(|code| {
            let new = !known.contains(code);
            known.push(*code);
            new
        });
        let each_night = |code| almanac::nights(booking.stay).map(move |night| (code, night));
        let on_night = |(code, night)| quantity(&booking.rooms, booking.stay, Some(code), night) as u32;
        let runs = |room_type: ShortCode| {
            let rooms: Vec<u32> = each_night(room_type).map(on_night).collect();
            let runs: Vec<(u32, u32)> = rooms.chunk_by(|a, b| a == b).map(|run| (run.len() as u32, run[0])).collect();
            if runs.len() > 1 { runs } else { Vec::new() }
        };
        let line = |room_type: ShortCode| LeafRooms {
            room_type,
            quantity: each_night(room_type).map(on_night).max().unwrap(),
            runs: runs(room_type),
            nights: almanac::nights(booking.stay)
                .map(|night| (hotel.limit(room_type, night) as u32, self.available(hotel, room_type, night, None)))
                .collect(),
        };
        codes.into_iter().map(line).collect()
    }

    /// Five digests about the guest, three about the terms. Missing claims get decoys or fillers, and so do all claims about a guest
    /// that an earlier leaf has.
    fn digests(&self, booking: &Booking, index: u64, is_new_guest: bool) -> [Digest; LEAF_DIGESTS] {
        let decoy = |place: usize| {
            let parts = [&b"keyrack filler"[..], &booking.id.0, &index.to_be_bytes(), &[place as u8]];
            Sha256::digest(parts.concat()).into()
        };
        let claims = |secrets: &GuestSecrets| {
            let terms = [
                claim(&salt(&secrets.salts.price, booking), &price(booking), "price"),
                claim(&salt(&secrets.salts.channel_ref, booking), &booking.channel_ref, "channelRef"),
                claim(&salt(&secrets.salts.unit, booking), "", "unit"),
            ];
            let hidden = |n: usize| -> Digest {
                let secret = [&secrets.salts.price[..], &booking.revision.to_be_bytes(), &[n as u8]];
                Sha256::digest(secret.concat()).into()
            };
            let claimed = |n: usize| secrets.digests.get(n).copied().filter(|_| is_new_guest);
            let guest: Vec<Digest> = (0..5).map(|n| claimed(n).unwrap_or_else(|| hidden(n))).collect();
            [guest.as_slice(), &terms].concat()
        };
        let mut digests = self.secrets.get(&booking.id).map_or_else(|| (0..8).map(decoy).collect(), claims);
        digests.sort();
        digests.try_into().unwrap()
    }
}

/// The salt of a secret at a booking's revision: 16 bytes of SHA-256 over both.
fn salt(secret: &Salt, booking: &Booking) -> Salt {
    let sum = Sha256::digest([secret.as_slice(), &booking.revision.to_be_bytes()].concat());
    sum[..16].try_into().unwrap()
}

/// SHA-256 over `[salt, value, name]` in CBOR, for short texts.
fn claim(salt: &Salt, value: &str, name: &str) -> Digest {
    let text = |text: &str| [&[0x60 | u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    assert!(value.len() < 24 && name.len() < 24, "short texts only");
    Sha256::digest([vec![0x83, 0x50], salt.to_vec(), text(value), text(name)].concat()).into()
}

/// The total price as the guest reads it; empty if it was agreed elsewhere.
fn price(booking: &Booking) -> String {
    if booking.rooms.iter().any(|room| room.nightly.is_empty()) {
        return String::new();
    }
    let of_room = |room: &BookedRoom| room.nightly.iter().map(|n| u128::from(*n)).sum::<u128>() * u128::from(room.quantity);
    let total: u128 = booking.rooms.iter().map(of_room).sum();
    match &booking.currency.0 {
        b"JPY" | b"KRW" => format!("{total} {}", booking.currency.as_str()),
        b"EUR" | b"USD" | b"CHF" => format!("{}.{:02} {}", total / 100, total % 100, booking.currency.as_str()),
        b"KWD" => format!("{}.{:03} KWD", total / 1_000, total % 1_000),
        other => unreachable!("steps never use the currency {other:?}"),
    }
}
