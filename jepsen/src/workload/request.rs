//! Converts calls to HTTP requests, and replies to outcomes.

use std::collections::BTreeMap;

use base16ct::lower::encode_string as hex;
use hyper::Method;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cluster::Reply;
use crate::history::{Answer, Booking, Call, Day, Hotel, Night, Outcome, Position, Rooms, Short, Stay};

const EPOCH: Date = Date::constant(1970, 1, 1);
/// The one rate plan of every hotel.
pub const RATE_PLAN: &str = "FLEX";

/// A day as text, such as `2027-02-21`.
pub fn date(day: Day) -> String {
    EPOCH.saturating_add(i64::from(day).days()).to_string()
}

/// The day of a date's text; 0 if it is not a date.
pub fn day(text: &str) -> Day {
    let parsed = text.parse::<Date>().ok().and_then(|date| EPOCH.until(date).ok());
    parsed.map_or(0, |span| span.get_days().max(0) as Day)
}

/// An RFC 3339 time as ms since 1970; 0 if it is not a time.
pub fn time_ms(text: &str) -> u64 {
    text.parse::<jiff::Timestamp>().map_or(0, |time| time.as_millisecond().max(0) as u64)
}

/// Method, path, idempotency key, body.
pub fn request(call: &Call) -> (Method, String, Option<&str>, Option<Value>) {
    match call {
        Call::Reserve { key, property, stay, rooms } => {
            let body = json!({
                "propertyId": property, "arrival": date(stay.from), "departure": date(stay.to), "rooms": rooms_out(rooms),
                "guest": {"name": "Jep Sen", "email": "jep@example.org"}, "channelRef": key,
            });
            (Method::POST, "/v1/bookings".into(), Some(key), Some(body))
        }
        Call::Amend { key, booking, stay, rooms, .. } => {
            let body = json!({"arrival": date(stay.from), "departure": date(stay.to), "rooms": rooms_out(rooms)});
            (Method::POST, format!("/v1/bookings/{booking}/amend"), Some(key), Some(body))
        }
        Call::Cancel { key, booking, .. } => (Method::POST, format!("/v1/bookings/{booking}/cancel"), Some(key), Some(json!({}))),
        Call::Reinstate { key, booking, .. } => {
            (Method::POST, format!("/v1/bookings/{booking}/reinstate"), Some(key), Some(json!({})))
        }
        Call::Hold { key, property, stay, rooms, ttl_ms } => {
            let body = json!({
                "propertyId": property, "arrival": date(stay.from), "departure": date(stay.to), "rooms": rooms_out(rooms),
                "ttlSeconds": ttl_ms / 1_000,
            });
            (Method::POST, "/v1/holds".into(), Some(key), Some(body))
        }
        Call::Confirm { key, hold, .. } => {
            let body = json!({"guest": {"name": "Jep Sen"}, "channelRef": key});
            (Method::POST, format!("/v1/holds/{hold}/confirm"), Some(key), Some(body))
        }
        Call::Release { key, hold, .. } => (Method::DELETE, format!("/v1/holds/{hold}"), Some(key), None),
        Call::Availability { property, room_type, stay, staleness_ms } => {
            let (from, to) = (date(stay.from), date(stay.to));
            let path = format!("/v1/properties/{property}/availability?from={from}&to={to}&roomType={room_type}");
            (Method::GET, path + &freshness(*staleness_ms, '&'), None, None)
        }
        Call::Lookup { booking, staleness_ms, .. } => {
            (Method::GET, format!("/v1/bookings/{booking}{}", freshness(*staleness_ms, '?')), None, None)
        }
    }
}

/// The most updates of one request.
const MOST_UPDATES: u32 = 1_000;
/// The nights of large updates are in this year; stays are not.
const UPDATES_FROM: &str = "2028-01-01";

/// Method, path and body of the largest update of restrictions. `max_stay` is the longest stay on all its nights.
pub fn largest_update(hotel: &Hotel, max_stay: u32) -> (Method, String, Value) {
    let types: Vec<&String> = hotel.room_types.keys().collect();
    let update = |number: u32| {
        let night = date(day(UPDATES_FROM) + number % 300);
        json!({
            "roomType": types[number as usize % types.len()], "ratePlan": RATE_PLAN, "dateFrom": night, "dateTo": night,
            "minStayArrival": 1, "minStayThrough": 1, "maxStay": max_stay, "closedToArrival": false, "closedToDeparture": false, "stopSell": false,
        })
    };
    let body = json!({"updates": (0..MOST_UPDATES).map(update).collect::<Vec<_>>()});
    (Method::POST, format!("/v1/properties/{}/ari", hotel.property), body)
}

fn freshness(staleness_ms: Option<u64>, before: char) -> String {
    staleness_ms.map_or_else(String::new, |ms| format!("{before}consistency=bounded&maxStalenessMs={ms}"))
}

fn rooms_out(rooms: &[Rooms]) -> Value {
    let line =
        |rooms: &Rooms| json!({"roomType": rooms.room_type, "ratePlan": RATE_PLAN, "quantity": rooms.quantity, "adults": 1});
    rooms.iter().map(line).collect()
}

/// The outcome of a final answer; `None` if the caller should try again.
pub fn outcome(call: &Call, reply: &Reply) -> Option<Outcome> {
    let body = reply.json();
    let read = call.is_read();
    let as_of = reply.as_of.as_deref().and_then(position).or_else(|| position_in(&body));
    let digest = if read { String::new() } else { digest(&body, &reply.body) };
    let replayed = reply.replayed;
    let ok = |answer| Some(Outcome::Ok { answer, as_of, replayed, digest: digest.clone() });
    match reply.status.as_u16() {
        200 | 201 if read => match call {
            Call::Availability { .. } => ok(Answer::Nights { nights: nights(&body) }),
            _ => ok(Answer::Booking(booking_of(&body))),
        },
        200 | 201 if matches!(call, Call::Hold { .. }) => {
            let hold = text(&body["holdId"]);
            ok(Answer::Hold { hold, expires_at_ms: time_ms(body["expiresAt"].as_str().unwrap_or_default()) })
        }
        200 | 201 => ok(Answer::Booking(booking_of(&body))),
        204 => ok(Answer::Released),
        404 if read => ok(Answer::Absent),
        status @ 400..500 => {
            let code = reply.code();
            let try_again = matches!(code.as_str(), "request_in_flight" | "quota_exceeded" | "request_timeout");
            let code = if code.is_empty() { format!("http-{status}") } else { code };
            (!try_again).then(|| Outcome::Refused { code, nights: short_nights(&body), as_of, replayed, digest })
        }
        _ => None,
    }
}

/// The digest of the answer without its receipt, then `+` and the digest of the receipt if the answer has one. If there is no
/// checkpoint in time, a node answers with `receiptUrl` instead (docs/api.md), and a retry may get the receipt.
fn digest(body: &Value, bytes: &[u8]) -> String {
    let Some(answer) = body.as_object().filter(|answer| answer.contains_key("receipt") || answer.contains_key("receiptUrl"))
    else {
        return hex(&Sha256::digest(bytes));
    };
    let mut answer = answer.clone();
    answer.remove("receiptUrl");
    let receipt = answer.remove("receipt").filter(|receipt| !receipt.is_null());
    let receipt = receipt.map(|receipt| format!("+{}", hex(&Sha256::digest(receipt.to_string()))));
    hex(&Sha256::digest(Value::Object(answer).to_string())) + &receipt.unwrap_or_default()
}

/// A booking as the API shows it.
pub fn booking_of(body: &Value) -> Booking {
    let mut rooms: BTreeMap<String, u32> = BTreeMap::new();
    for line in body["rooms"].as_array().into_iter().flatten() {
        *rooms.entry(text(&line["roomType"])).or_default() += line["quantity"].as_u64().unwrap_or_default() as u32;
    }
    Booking {
        booking: text(&body["bookingId"]),
        revision: body["revision"].as_u64().unwrap_or_default() as u32,
        state: text(&body["state"]),
        stay: Stay { from: day(&text(&body["arrival"])), to: day(&text(&body["departure"])) },
        rooms: rooms.into_iter().map(|(room_type, quantity)| Rooms { room_type, quantity }).collect(),
    }
}

/// One night of an availability answer.
pub fn night_of(night: &Value) -> Night {
    let number = |name: &str| night[name].as_i64().unwrap_or(i64::MIN);
    Night {
        day: day(&text(&night["date"])),
        limit: number("limit"),
        sold: number("sold"),
        held: number("held"),
        available: number("available"),
    }
}

fn nights(body: &Value) -> Vec<Night> {
    body["roomTypes"][0]["nights"].as_array().into_iter().flatten().map(night_of).collect()
}

fn short_nights(body: &Value) -> Vec<Short> {
    let short = |night: &Value| Short {
        day: day(&text(&night["date"])),
        room_type: text(&night["roomType"]),
        available: night["available"].as_i64().unwrap_or(i64::MIN),
    };
    body["nights"].as_array().into_iter().flatten().map(short).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn position(text: &str) -> Option<Position> {
    let (shard, index) = text.split_once('/')?;
    Some(Position { shard: shard.parse().ok()?, index: index.parse().ok()? })
}

fn position_in(body: &Value) -> Option<Position> {
    let as_of = &body["asOf"];
    Some(Position {
        shard: as_of["shard"].as_u64()? as u32,
        index: as_of["index"].as_str().map_or_else(|| as_of["index"].as_u64(), |text| text.parse().ok())?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{date, day, digest};

    #[test]
    fn the_digest_separates_the_receipt_from_the_answer() {
        let of = |body: serde_json::Value| digest(&body, body.to_string().as_bytes());
        let late = of(json!({"bookingId": "bk_1", "receiptUrl": "/there"}));
        let with = of(json!({"bookingId": "bk_1", "receipt": {"index": 7}}));
        assert!(with.starts_with(&late) && with.split('+').count() == 2 && !late.contains('+'));
        assert_ne!(with, of(json!({"bookingId": "bk_1", "receipt": {"index": 8}})));
        assert!(!of(json!({"bookingId": "bk_2", "receipt": {"index": 7}})).starts_with(&late));
    }

    #[test]
    fn days_are_written_and_read() {
        for (number, text) in [(0, "1970-01-01"), (20_870, "2027-02-21"), (20_878, "2027-03-01")] {
            assert_eq!((date(number).as_str(), day(text)), (text, number));
        }
    }
}
