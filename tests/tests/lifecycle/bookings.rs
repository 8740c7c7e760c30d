//! Book, find, list, amend, cancel.

use std::collections::BTreeSet;

use keyrack_tests::{assert_counters_equal_bookings, fresh_key, refusal};
use serde_json::{Value, json};

use crate::hotel;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_is_answered_in_full_and_found_at_every_node() {
    let (cluster, hotel) = hotel("BOOK", 5).await;
    let mut request = hotel.request_of("DLX", 2, "2027-03-01", "2027-03-04");
    request["channelRef"] = json!("OTA-4711");
    let answer = hotel.book(&request).await.expect(201);
    let booking = answer.json();
    assert_eq!(booking["state"], "confirmed");
    assert_eq!(booking["revision"], 1);
    for member in ["propertyId", "arrival", "departure", "channelRef", "guest"] {
        assert_eq!(booking[member], request[member], "{member}");
    }
    assert_eq!(booking["rooms"][0]["roomType"], "DLX");
    assert_eq!(booking["rooms"][0]["quantity"], 2);
    assert!(!booking["confirmationNumber"].as_str().unwrap().is_empty());
    // Two rooms, three nights, 100.00 each.
    assert_eq!(booking["total"], json!({"amount": "600.00", "currency": "EUR"}));
    assert_eq!(answer.header("ETag"), Some("\"1\""));
    let as_of = answer.header("Keyrack-As-Of").expect("a write has its log position");
    let (shard, index) = as_of.split_once('/').unwrap();
    let (shard, index): (u64, u64) = (shard.parse().unwrap(), index.parse().unwrap());
    // A linearizable read through any node sees what was acknowledged through another.
    for node in cluster.everywhere("operator") {
        let mut found = hotel.through(&node).get(&booking).await;
        let read_at = found.as_object_mut().unwrap().remove("asOf").unwrap();
        assert_eq!(read_at["shard"], shard);
        assert!(read_at["index"].as_u64().unwrap() >= index, "{read_at} is before {as_of}");
        assert_eq!(found, keyrack_tests::without_receipt(&booking), "a change has a receipt, a read does not");
        assert_eq!(hotel.through(&node).sold("2027-03-03").await, 2);
    }
    assert_eq!(hotel.sold("2027-03-04").await, 0, "the departure day is not a night");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_of_several_rooms_is_all_or_nothing() {
    let cluster = keyrack_tests::Cluster::start();
    let plan = keyrack_tests::HotelPlan::new("ALL-OR-NOTHING", 5).with("SGL", 1);
    let hotel = plan.open(&cluster.operator()).await;
    let room = |code: &str, quantity: u32| json!({"roomType": code, "ratePlan": "FLEX", "quantity": quantity, "adults": 1, "childrenAges": []});
    let mut request = hotel.request("2027-03-01", "2027-03-03");
    request["rooms"] = json!([room("DLX", 2), room("SGL", 2)]);
    let refused = refusal(&hotel.book(&request).await, 409, "sold_out");
    assert_eq!(refused.dates(), ["2027-03-01", "2027-03-02"]);
    assert!(refused.nights.iter().all(|night| night["roomType"] == "SGL"));
    assert_eq!(hotel.sold("2027-03-01").await, 0, "the rooms that fit are not taken either");
    request["rooms"] = json!([room("DLX", 2), room("SGL", 1)]);
    hotel.book(&request).await.expect(201);
    assert_eq!(hotel.sold("2027-03-01").await, 2);
    assert_eq!(hotel.night("SGL", "2027-03-02").await["sold"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_has_pages_with_cursors_and_filters() {
    let (_cluster, hotel) = hotel("LIST", 9).await;
    let mut ids = BTreeSet::new();
    for day in 1..=5 {
        let (arrival, departure) = (format!("2027-03-0{day}"), format!("2027-03-0{}", day + 1));
        let mut request = hotel.request(&arrival, &departure);
        request["channelRef"] = json!(format!("ref-{day}"));
        let booking = hotel.book(&request).await.expect(201).json();
        ids.insert(booking["bookingId"].as_str().unwrap().to_string());
        if day == 2 {
            hotel.act(&booking, "cancel", &json!({})).await.expect(200);
        }
    }
    let list = format!("/v1/bookings?propertyId={}", hotel.id);
    let first = hotel.api.get(&format!("{list}&limit=2")).send().await.expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    assert!(first["nextCursor"].is_string(), "three more follow");
    assert!(first["asOf"]["index"].is_u64());
    let walked = hotel.pages(&format!("{list}&limit=2")).await;
    assert_eq!(walked.len(), 5, "no booking is listed twice");
    assert_eq!(id_set(&walked), ids);

    let narrowed = async |filter: &str| hotel.pages(&format!("{list}{filter}")).await;
    assert_eq!(narrowed("&state=cancelled").await.len(), 1);
    assert_eq!(narrowed("&state=confirmed").await.len(), 4);
    let by_ref = narrowed("&channelRef=ref-4").await;
    assert_eq!(by_ref.len(), 1);
    assert_eq!(by_ref[0]["arrival"], "2027-03-04");
    assert_eq!(narrowed("&arrivalFrom=2027-03-04").await.len(), 2);
    assert_eq!(narrowed("&arrivalFrom=2027-03-06&arrivalTo=2027-03-09").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_amendment_moves_the_nights_or_changes_nothing() {
    let (_cluster, hotel) = hotel("AMEND", 1).await;
    let booking = hotel.booked("2027-03-01", "2027-03-03").await;
    hotel.booked("2027-03-10", "2027-03-11").await;

    let amended = hotel.act(&booking, "amend", &stay("2027-03-02", "2027-03-05")).await;
    let amended = amended.expect(200);
    assert_eq!(amended.header("ETag"), Some("\"2\""));
    let amended = amended.json();
    assert_eq!(amended["bookingId"], booking["bookingId"]);
    assert_eq!(amended["revision"], 2);
    assert_eq!(amended["departure"], "2027-03-05");
    assert_eq!(amended["total"]["amount"], "300.00");
    assert_eq!(hotel.sold("2027-03-01").await, 0, "the old night is free again");
    // Its own nights do not block it, although the hotel has only one room.
    assert_eq!(hotel.sold("2027-03-02").await, 1);
    assert_eq!(hotel.sold("2027-03-04").await, 1);

    let before = hotel.everything().await;
    let refused = hotel.act(&booking, "amend", &stay("2027-03-08", "2027-03-12")).await;
    assert_eq!(refusal(&refused, 409, "sold_out").dates(), ["2027-03-10"]);
    assert_eq!(hotel.everything().await, before, "a refused amendment changes nothing");
    assert_counters_equal_bookings(&hotel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_date_can_be_amended_without_the_other() {
    let (_cluster, hotel) = hotel("ONE-DATE", 1).await;
    let booking = hotel.booked("2027-03-01", "2027-03-03").await;
    let longer = hotel.act(&booking, "amend", &json!({"departure": "2027-03-05"})).await.expect(200).json();
    assert_eq!((&longer["arrival"], &longer["departure"]), (&json!("2027-03-01"), &json!("2027-03-05")));
    // The kept date is the booking's current one, not the original one.
    let later = hotel.act(&booking, "amend", &json!({"arrival": "2027-03-04"})).await.expect(200).json();
    assert_eq!((&later["arrival"], &later["departure"]), (&json!("2027-03-04"), &json!("2027-03-05")));
    assert_eq!(later["revision"], 3);
    assert_eq!(later["total"]["amount"], "100.00");

    let before = hotel.everything().await;
    let empty = hotel.act(&booking, "amend", &json!({"arrival": "2027-03-05"})).await;
    refusal(&empty, 400, "invalid_stay");
    let endless = hotel.act(&booking, "amend", &json!({"departure": "2028-03-05"})).await;
    refusal(&endless, 400, "stay_too_long");
    assert_eq!(hotel.everything().await, before, "an invalid stay changes nothing");
    assert_eq!(hotel.sold("2027-03-01").await, 0);
    assert_eq!(hotel.sold("2027-03-04").await, 1);
    assert_counters_equal_bookings(&hotel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_cancellation_frees_the_room_once() {
    let (_cluster, hotel) = hotel("CANCEL", 2).await;
    let booking = hotel.booked("2027-03-01", "2027-03-03").await;
    let other = hotel.booked("2027-03-01", "2027-03-03").await;
    assert_eq!(hotel.sold("2027-03-02").await, 2);
    let first = hotel.act(&booking, "cancel", &json!({})).await.expect(200).json();
    assert_eq!(first["state"], "cancelled");
    assert_eq!(first["bookingId"], booking["bookingId"]);
    let second = hotel.act(&booking, "cancel", &json!({})).await.expect(200).json();
    assert_eq!(second, first, "a repeated cancellation is answered with the same booking");
    // Without a body, as a command line would send it.
    let path = format!("/v1/bookings/{}/cancel", booking["bookingId"].as_str().unwrap());
    let third = hotel.api.post(&path, &fresh_key()).send().await.expect(200).json();
    assert_eq!(third, first);
    assert_eq!(hotel.sold("2027-03-02").await, 1);
    assert_eq!(hotel.get(&other).await["state"], "confirmed");
    hotel.booked("2027-03-01", "2027-03-03").await;
    let full = hotel.book(&hotel.request("2027-03-01", "2027-03-02")).await;
    refusal(&full, 409, "sold_out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn if_match_admits_only_the_revision_that_the_caller_has_seen() {
    let (_cluster, hotel) = hotel("IF-MATCH", 3).await;
    let booking = hotel.booked("2027-03-01", "2027-03-03").await;
    let path = format!("/v1/bookings/{}", booking["bookingId"].as_str().unwrap());
    let etag = hotel.api.get(&path).send().await.expect(200);
    let etag = etag.header("ETag").expect("a booking has an ETag").to_string();
    let amend = |etag: &str, departure: &str| {
        let call = hotel.api.post(&format!("{path}/amend"), &fresh_key());
        call.header("If-Match", etag).json(&stay("2027-03-01", departure)).send()
    };
    amend(&etag, "2027-03-05").await.expect(200);
    let stale = amend(&etag, "2027-03-09").await;
    assert!(!refusal(&stale, 412, "precondition_failed").retryable);
    assert_eq!(hotel.get(&booking).await["departure"], "2027-03-05");
    assert_eq!(hotel.sold("2027-03-06").await, 0);
}

fn stay(arrival: &str, departure: &str) -> Value {
    json!({"arrival": arrival, "departure": departure})
}

fn id_set(bookings: &[Value]) -> BTreeSet<String> {
    bookings.iter().map(|booking| booking["bookingId"].as_str().unwrap().to_string()).collect()
}
