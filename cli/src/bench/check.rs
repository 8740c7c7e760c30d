//! Checks the invariant after a run: no night is above its limit, and every counter agrees with the acknowledged requests.

use std::collections::HashMap;

use keyrack_client::{Client, v1};
use keyrack_inventory::{BookingState, Night};

use super::hotels::{Hotels, LONGEST, date};
use super::tally::Tally;
use super::target::Target;
use crate::messages::bench::BenchError;

/// Compares every counter on every node with the acknowledged requests. Returns the number of wrong counters.
pub async fn check(target: &Target, client: &Client, hotels: &Hotels, tally: &Tally, recount: bool) -> anyhow::Result<u64> {
    let mut wrong = 0;
    for endpoint in &target.endpoints {
        let node = target.client(vec![endpoint.clone()])?;
        for property in 0..hotels.properties.len() {
            wrong += check_property(&node, hotels, tally, property).await?;
        }
    }
    if recount {
        for property in 0..hotels.properties.len() {
            wrong += recount_property(client, hotels, property).await?;
        }
    }
    Ok(wrong)
}

async fn check_property(node: &Client, hotels: &Hotels, tally: &Tally, property: usize) -> anyhow::Result<u64> {
    let mut wrong = 0;
    for (room_type, sold) in counters(node, hotels, property).await? {
        for (night, sold) in sold.iter().enumerate() {
            let expected = tally.sold.get(&(property, room_type, night as u32)).copied().unwrap_or(0);
            // A request with an unknown outcome may have taken effect.
            let fits = *sold >= expected && *sold <= expected + tally.unknown as i64;
            wrong += u64::from(!fits || *sold > i64::from(hotels.limit));
        }
    }
    Ok(wrong)
}

/// Rooms sold by room type and night.
async fn counters(node: &Client, hotels: &Hotels, property: usize) -> anyhow::Result<Vec<(usize, Vec<i64>)>> {
    let request = v1::AvailabilityRequest {
        property_id: hotels.properties[property].clone(),
        from: date(0),
        to: date(hotels.nights.min(366 - LONGEST) + LONGEST),
        ..Default::default()
    };
    let reply = node.get_availability(request).await?;
    let sold = |of: &v1::RoomTypeAvailability| of.nights.iter().map(|night| i64::from(night.sold)).collect();
    Ok(reply.room_types.iter().map(sold).enumerate().collect())
}

/// Counts the bookings one by one and compares with the counters.
async fn recount_property(client: &Client, hotels: &Hotels, property: usize) -> anyhow::Result<u64> {
    let mut sold: HashMap<(String, String), i64> = HashMap::new();
    let mut cursor = String::new();
    loop {
        let request = v1::ListBookingsRequest {
            property_id: hotels.properties[property].clone(),
            cursor,
            limit: 500,
            ..Default::default()
        };
        let list = client.list_bookings(request).await?;
        for booking in list.items.iter().filter(|booking| booking.state == BookingState::Confirmed.name()) {
            let (Ok(from), Ok(to)) = (Night::parse(&booking.arrival), Night::parse(&booking.departure)) else {
                return Err(BenchError::NoDates(booking.booking_id.clone()).into());
            };
            for room in &booking.rooms {
                for night in from.0..to.0 {
                    let key = (room.room_type.clone(), Night(night).to_string());
                    *sold.entry(key).or_default() += i64::from(room.quantity);
                }
            }
        }
        match list.next_cursor {
            Some(next) => cursor = next,
            None => break,
        }
    }
    let mut wrong = 0;
    for (room_type, counted) in counters(client, hotels, property).await? {
        for (night, counted) in counted.iter().enumerate() {
            let key = (hotels.room_types[room_type].clone(), date(night as u32));
            wrong += u64::from(sold.get(&key).copied().unwrap_or(0) != *counted);
        }
    }
    Ok(wrong)
}
