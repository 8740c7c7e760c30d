//! Checks that the books balance: the stored number of sold rooms equals the sum over the bookings.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use crate::{Acknowledged, Hotel};

/// A refused, cancelled or no-show booking holds no room.
const HOLDING: [&str; 3] = ["confirmed", "checked_in", "checked_out"];

/// Nights of one availability query.
const NIGHTS_PER_QUESTION: i64 = 60;

/// Rooms sold per room type and night, counted from the bookings alone.
pub fn recount(bookings: &[Value]) -> BTreeMap<(String, Date), i64> {
    let mut sold = BTreeMap::new();
    for booking in bookings {
        let state = booking["state"].as_str().expect("a state");
        if !HOLDING.contains(&state) {
            continue;
        }
        let departure = date(&booking["departure"]);
        for room in booking["rooms"].as_array().expect("rooms") {
            let room_type = room["roomType"].as_str().expect("a room type");
            let quantity = room["quantity"].as_i64().expect("a quantity");
            let mut night = date(&booking["arrival"]);
            while night < departure {
                *sold.entry((room_type.to_string(), night)).or_default() += quantity;
                night = night.tomorrow().unwrap();
            }
        }
    }
    sold
}

/// Compares the stored counter of every night of every room type with the recount, from the first arrival to the last
/// departure of any booking, cancelled ones included. Returns the number of nights compared.
pub async fn assert_counters_equal_bookings(hotel: &Hotel) -> usize {
    let bookings = hotel.bookings().await;
    let expected = recount(&bookings);
    let first = bookings.iter().map(|booking| date(&booking["arrival"])).min();
    let end = bookings.iter().map(|booking| date(&booking["departure"])).max();
    let (Some(mut from), Some(end)) = (first, end) else { return 0 };
    let mut stored = BTreeMap::new();
    while from < end {
        let to = end.min(from.checked_add(NIGHTS_PER_QUESTION.days()).unwrap());
        let answer = hotel.availability(&from.to_string(), &to.to_string()).await;
        for entry in answer["roomTypes"].as_array().expect("room types") {
            let room_type = entry["roomType"].as_str().expect("a room type");
            for night in entry["nights"].as_array().expect("nights") {
                let sold = night["sold"].as_i64().expect("sold is a number");
                stored.insert((room_type.to_string(), date(&night["date"])), sold);
            }
        }
        from = to;
    }
    for (night, sold) in &stored {
        let counted = expected.get(night).copied().unwrap_or(0);
        assert_eq!(*sold, counted, "{night:?} of {}: stored and counted differ", hotel.id);
    }
    let unseen: Vec<_> = expected.keys().filter(|night| !stored.contains_key(*night)).collect();
    assert!(unseen.is_empty(), "nights with bookings that availability leaves out: {unseen:?}");
    stored.len()
}

/// Every acknowledged booking exists once, as it was acknowledged. There are no other bookings, and the counters equal
/// the bookings.
pub async fn assert_accounts_balance(hotel: &Hotel, acknowledged: &[Acknowledged]) {
    let ids: BTreeSet<&str> = acknowledged.iter().map(|entry| entry.booking_id.as_str()).collect();
    assert_eq!(ids.len(), acknowledged.len(), "two keys got the same booking");
    let bookings = hotel.bookings().await;
    let mut listed = BTreeMap::new();
    for booking in &bookings {
        let id = booking["bookingId"].as_str().expect("a booking id");
        assert!(listed.insert(id, booking).is_none(), "booking {id} is listed twice");
    }
    let lost: Vec<_> = ids.iter().filter(|id| !listed.contains_key(**id)).collect();
    assert!(lost.is_empty(), "{} acknowledged bookings are lost: {lost:?}", lost.len());
    let extra: Vec<_> = listed.keys().filter(|id| !ids.contains(**id)).collect();
    assert!(extra.is_empty(), "{} bookings were never acknowledged: {extra:?}", extra.len());
    for entry in acknowledged {
        let booking = listed[entry.booking_id.as_str()];
        for member in ["arrival", "departure", "channelRef"] {
            assert_eq!(booking[member], entry.request[member], "{member} of {booking}");
        }
    }
    assert_counters_equal_bookings(hotel).await;
}

fn date(value: &Value) -> Date {
    let text = value.as_str().unwrap_or_else(|| panic!("not a date: {value}"));
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::recount;

    #[test]
    fn only_bookings_that_hold_rooms_are_counted_by_night_and_quantity() {
        let booking = |state: &str| {
            json!({"state": state, "arrival": "2027-02-01", "departure": "2027-02-03",
                   "rooms": [{"roomType": "DLX", "quantity": 2}]})
        };
        let sold = recount(&[booking("confirmed"), booking("checked_out"), booking("cancelled")]);
        let nights: Vec<_> = sold.iter().map(|((_, night), n)| (night.to_string(), *n)).collect();
        assert_eq!(nights, [("2027-02-01".to_string(), 4), ("2027-02-02".to_string(), 4)]);
    }
}
