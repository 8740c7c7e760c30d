//! Reads the final state of every node: counts, bookings, feed.

use std::time::Duration;

use hyper::Method;
use serde_json::Value;

use crate::cluster::{Cluster, NodeClient, until};
use crate::history::{FeedEvent, FinalBooking, FinalNight, FinalNode, FinalState, Hotel, RunSetup};
use crate::workload::{booking_of, date, night_of, time_ms};

const WITHIN: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(10);

/// Reads the final state of every node with linearizable reads.
pub(super) async fn read(cluster: &Cluster, setup: &RunSetup) -> anyhow::Result<FinalState> {
    // Open holds expire over time, so two reads need not agree until all holds have expired.
    for hotel in &setup.hotels {
        let still = format!("all holds of {} have expired", hotel.property);
        until(still, WITHIN, async || {
            let nights = nights(&cluster.client(1), hotel).await.ok()?;
            nights.iter().all(|night| night.night.held == 0).then_some(())
        })
        .await?;
    }
    let mut nodes = Vec::new();
    for node in cluster.numbers() {
        let mut final_state = FinalNode { node, ..FinalNode::default() };
        for hotel in &setup.hotels {
            final_state.nights.extend(nights(&cluster.client(node), hotel).await?);
            final_state.bookings.extend(bookings(&cluster.client(node), hotel).await?);
            final_state.feed.extend(feed(&cluster.client(node), hotel).await?);
        }
        nodes.push(final_state);
    }
    Ok(FinalState { nodes, ..FinalState::default() })
}

async fn nights(client: &NodeClient, hotel: &Hotel) -> anyhow::Result<Vec<FinalNight>> {
    let (from, to) = (date(hotel.first), date(hotel.first + hotel.nights));
    let mut nights = Vec::new();
    for room_type in hotel.room_types.keys() {
        let path = format!("/v1/properties/{}/availability?from={from}&to={to}&roomType={room_type}", hotel.property);
        let body = get(client, &path).await?;
        let list = body["roomTypes"][0]["nights"].as_array().cloned().unwrap_or_default();
        nights.extend(list.iter().map(|night| FinalNight {
            property: hotel.property.clone(),
            room_type: room_type.clone(),
            night: night_of(night),
        }));
    }
    Ok(nights)
}

async fn bookings(client: &NodeClient, hotel: &Hotel) -> anyhow::Result<Vec<FinalBooking>> {
    let mut bookings = Vec::new();
    let mut cursor = String::new();
    loop {
        let body = get(client, &format!("/v1/bookings?propertyId={}&limit=500&cursor={cursor}", hotel.property)).await?;
        for item in body["items"].as_array().into_iter().flatten() {
            let reference = item["channelRef"].as_str().unwrap_or_default().to_owned();
            bookings.push(FinalBooking { property: hotel.property.clone(), reference, booking: booking_of(item) });
        }
        match body["nextCursor"].as_str() {
            Some(next) => cursor = escaped(next),
            None => return Ok(bookings),
        }
    }
}

async fn feed(client: &NodeClient, hotel: &Hotel) -> anyhow::Result<Vec<FeedEvent>> {
    let mut events = Vec::new();
    let mut cursor = String::new();
    loop {
        let body = get(client, &format!("/v1/events?propertyId={}&limit=500&after={cursor}", hotel.property)).await?;
        let items = body["items"].as_array().cloned().unwrap_or_default();
        let next = escaped(body["nextCursor"].as_str().unwrap_or_default());
        // A page may have no event of this hotel and still not be the last.
        if items.is_empty() && next == cursor {
            return Ok(events);
        }
        events.extend(items.iter().filter_map(|item| event(&hotel.property, item)));
        cursor = next;
    }
}

fn event(property: &str, item: &Value) -> Option<FeedEvent> {
    let kind = item["type"].as_str().unwrap_or_default().to_owned();
    if !kind.starts_with("booking.") && !kind.starts_with("hold.") {
        return None;
    }
    let booking = item.get("booking").filter(|booking| !booking.is_null());
    let hold = item.get("hold").filter(|hold| !hold.is_null());
    Some(FeedEvent {
        property: property.to_owned(),
        kind,
        at_ms: time_ms(item["at"].as_str().unwrap_or_default()),
        booking: booking.map(booking_of),
        reference: booking.and_then(|booking| booking["channelRef"].as_str()).unwrap_or_default().to_owned(),
        hold: hold.and_then(|hold| hold["holdId"].as_str()).map(str::to_owned),
    })
}

pub(super) async fn get(client: &NodeClient, path: &str) -> anyhow::Result<Value> {
    until(format!("GET {path}"), WITHIN, async || {
        let reply = client.ask(Method::GET, path, None, ANSWER).await.ok()?;
        reply.status.is_success().then(|| reply.json())
    })
    .await
}

/// A cursor, escaped for a query string.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
