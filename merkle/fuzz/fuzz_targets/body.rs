//! A body of the HTTP API: a byte for the message's kind, then JSON. An accepted message round-trips as JSON and as Protobuf,
//! and the values that the daemon converts it to are within the domain's limits.
#![no_main]

use std::fmt::Debug;

use keyrack_fuzz::guests::GuestData;
use keyrack_fuzz::node::fields::{self, NoteWriter};
use keyrack_fuzz::node::requests::{self, Adults};
use keyrack_fuzz::text;
use keyrack_inventory::{Currency, MAX_ROOMS, Minor};
use keyrack_proto::v1;
use libfuzzer_sys::{Corpus, fuzz_target};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};

/// The longest stay.
const MAX_NIGHTS: usize = 366;
/// The largest amount.
const MAX_MINOR: Minor = 1_000_000_000_000;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((kind, json)) = bytes.split_first() else { return Corpus::Reject };
    let Some(json) = text(json) else { return Corpus::Reject };
    let euro = Currency::new("EUR").expect("a currency");
    match kind {
        b'b' => read(json, |book: v1::BookRequest| {
            stay(&book.arrival, &book.departure);
            rooms(book.rooms, Adults::Named);
            guest(book.guest, book.notes);
        }),
        b'h' => read(json, |hold: v1::PlaceHoldRequest| {
            stay(&hold.arrival, &hold.departure);
            rooms(hold.rooms, Adults::Later);
        }),
        b'c' => read(json, |confirm: v1::ConfirmHoldRequest| {
            drop(requests::room_guests(&confirm.rooms));
            guest(confirm.guest, confirm.notes);
        }),
        b'a' => read(json, |amend: v1::AmendRequest| {
            stay(&amend.arrival.unwrap_or_default(), &amend.departure.unwrap_or_default());
            rooms(amend.rooms, Adults::Named);
            change_guest(amend.guest);
        }),
        b's' => read(json, |_: v1::BookingStepRequest| ()),
        b'p' => read(json, |property: v1::PutPropertyRequest| drop(fields::currency(&property.currency))),
        b't' => read(json, |room_type: v1::PutRoomTypeRequest| drop(requests::room_type(&room_type, false))),
        b'r' => read(json, |rate_plan: v1::PutRatePlanRequest| drop(requests::rate_plan(&rate_plan, euro, false))),
        b'u' => read(json, |ari: v1::UpdateAriRequest| {
            let Ok(lines) = requests::ari(&ari.updates, |_| Some(euro)) else { return };
            assert!(lines.iter().all(|line| line.rate.is_none_or(|rate| (0..=MAX_MINOR).contains(&rate))));
        }),
        b'd' => read(json, |close: v1::CloseBusinessDateRequest| drop(requests::date("expectedFrom", &close.expected_from))),
        _ => return Corpus::Reject,
    }
    Corpus::Keep
});

fn read<T: DeserializeOwned + Serialize + Message + Default + Clone + PartialEq + Debug>(json: &str, use_it: impl Fn(T)) {
    let Ok(message) = serde_json::from_str::<T>(json) else { return };
    let written = serde_json::to_string(&message).expect("it is JSON");
    assert_eq!(serde_json::from_str::<T>(&written).expect("the written text parses"), message);
    assert_eq!(T::decode(message.encode_to_vec().as_slice()).expect("the encoded bytes parse"), message);
    use_it(message);
}

fn stay(arrival: &str, departure: &str) {
    if let Ok(stay) = requests::stay(arrival, departure) {
        assert!((1..=MAX_NIGHTS).contains(&stay.nights().count()));
        assert_eq!((stay.arrival().to_string(), stay.departure().to_string()), (arrival.to_owned(), departure.to_owned()));
    }
}

fn rooms(rooms: Vec<v1::RoomRequest>, adults: Adults) {
    if let Ok(rooms) = requests::rooms(rooms, adults, |_| Currency::new("EUR").ok()) {
        let all: u64 = rooms.iter().map(|room| u64::from(room.quantity)).sum();
        assert!((1..=u64::from(MAX_ROOMS)).contains(&all));
        assert!(rooms.iter().all(|room| adults == Adults::Later || room.adults > 0));
        assert!(rooms.iter().flat_map(|room| &room.seller_nightly).all(|price| (0..=MAX_MINOR).contains(price)));
    }
}

fn guest(guest: Option<v1::Guest>, notes: Vec<v1::Note>) {
    if let Ok(guest) = fields::guest(guest, notes, NoteWriter::Staff) {
        assert!(!guest.name.is_empty());
        check_lengths(&guest);
    }
}

fn change_guest(change: Option<v1::GuestChange>) {
    let mut guest = GuestData::default();
    if let Some(Ok(())) = change.map(|change| fields::change_guest(&mut guest, change)) {
        check_lengths(&guest);
    }
}

fn check_lengths(guest: &GuestData) {
    assert!([&guest.name, &guest.email, &guest.phone].iter().all(|text| text.chars().count() <= 200));
    assert!(guest.notes.iter().all(|note| note.text.chars().count() <= 1_000));
}
