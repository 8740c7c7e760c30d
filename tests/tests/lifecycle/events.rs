//! The feed delivers every event once and in order, polled and streamed.

use keyrack_tests::{EventStream, Hotel, fresh_key, percent_encoded};
use serde_json::{Value, json};

use crate::hotel;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_delivers_every_event_once_and_in_order() {
    let (cluster, hotel) = hotel("EVENTS", 5).await;
    let mut expected = vec!["property.changed", "room_type.changed", "rate_plan.changed", "ari.updated"];
    expected.extend(live_through(&hotel).await);
    let feed = format!("/v1/events?propertyId={}", hotel.id);

    let items = poll(&hotel, &feed, None).await;
    assert_eq!(types(&items), expected);
    assert!(items.iter().all(|event| event["propertyId"] == hotel.id.as_str()));
    // An event's id is a cursor. A reader that continues from it, at another node, gets the rest.
    let third = items[2]["id"].as_str().unwrap();
    let elsewhere = hotel.through(&cluster.api("auditor", 3));
    assert_eq!(poll(&elsewhere, &feed, Some(third)).await, items[3..]);

    let mut stream = EventStream::open(&elsewhere.api, &feed, Some(third)).await;
    for item in &items[3..] {
        let event = stream.next().await;
        assert_eq!(event.id, item["id"].as_str().unwrap());
        assert_eq!(event.data, *item);
    }
    // New events arrive without another request, and an interrupted reader misses nothing.
    let booking = hotel.booked("2027-04-01", "2027-04-02").await;
    let live = stream.next().await;
    assert_eq!(live.data["type"], "booking.created");
    assert_eq!(live.data["booking"]["bookingId"], booking["bookingId"]);
    drop(stream);
    hotel.act(&booking, "cancel", &json!({})).await.expect(200);
    let mut resumed = EventStream::open(&hotel.api, &feed, Some(&live.id)).await;
    let event = resumed.next().await;
    assert_eq!(event.data["type"], "booking.cancelled");
    assert_eq!(event.data["booking"]["bookingId"], booking["bookingId"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_and_replays_are_not_events() {
    let (_cluster, hotel) = hotel("NO-EVENT", 1).await;
    let feed = format!("/v1/events?propertyId={}", hotel.id);
    let request = hotel.request("2027-03-01", "2027-03-02");
    let key = fresh_key();
    for _ in 0..2 {
        hotel.api.post("/v1/bookings", &key).json(&request).send().await.expect(201);
    }
    hotel.book(&request).await.expect(409);
    let hold = hotel.hold("2027-03-02", "2027-03-03", 600).await.expect(201).json();
    let path = format!("/v1/holds/{}/confirm", hold["holdId"].as_str().unwrap());
    let body = json!({"guest": request["guest"], "payment": {"token": "tok_test"}});
    hotel.api.post(&path, &fresh_key()).json(&body).send().await.expect(201);
    let items = poll(&hotel, &feed, None).await;
    let count = |kind: &str| types(&items).iter().filter(|seen| **seen == kind).count();
    assert!((1..=2).contains(&count("booking.created")), "one, or one more for the hold");
    assert_eq!(count("hold.placed"), 1);
    assert_eq!(count("hold.confirmed"), 1);
}

/// Makes changes one after the other. Returns the types of their events.
async fn live_through(hotel: &Hotel) -> Vec<&'static str> {
    let booking = hotel.booked("2027-03-01", "2027-03-03").await;
    let longer = json!({"arrival": "2027-03-01", "departure": "2027-03-05"});
    hotel.act(&booking, "amend", &longer).await.expect(200);
    hotel.act(&booking, "cancel", &json!({})).await.expect(200);
    let hold = hotel.hold("2027-03-01", "2027-03-02", 600).await.expect(201).json();
    let path = format!("/v1/holds/{}", hold["holdId"].as_str().unwrap());
    hotel.api.delete(&path, &fresh_key()).send().await.expect(204);
    let guest = hotel.booked("2027-01-01", "2027-01-02").await;
    hotel.act(&guest, "check-in", &json!({})).await.expect(200);
    let absent = hotel.booked("2027-01-01", "2027-01-02").await;
    hotel.act(&absent, "no-show", &json!({})).await.expect(200);
    let close = format!("/v1/properties/{}/close-business-date", hotel.id);
    let body = json!({"expectedFrom": "2027-01-01"});
    hotel.api.post(&close, &fresh_key()).json(&body).send().await.expect_success();
    hotel.act(&guest, "check-out", &json!({})).await.expect(200);
    vec![
        "booking.created",
        "booking.amended",
        "booking.cancelled",
        "hold.placed",
        "hold.released",
        "booking.created",
        "booking.checked_in",
        "booking.created",
        "booking.no_show",
        "business_date.closed",
        "booking.checked_out",
    ]
}

/// Polls to the end in pages of three.
async fn poll(hotel: &Hotel, feed: &str, after: Option<&str>) -> Vec<Value> {
    let mut items = Vec::new();
    let mut after = after.map(str::to_string);
    loop {
        let cursor = after.as_deref().map(percent_encoded);
        let cursor = cursor.map_or(String::new(), |cursor| format!("&after={cursor}"));
        let page = hotel.api.get(&format!("{feed}&limit=3{cursor}")).send().await.expect(200);
        let page = page.json();
        let news = page["items"].as_array().expect("items");
        assert!(news.len() <= 3, "a page respects the limit");
        items.extend(news.iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) if !news.is_empty() => after = Some(next.to_string()),
            _ => return items,
        }
    }
}

fn types(items: &[Value]) -> Vec<&str> {
    items.iter().map(|event| event["type"].as_str().expect("a type")).collect()
}
