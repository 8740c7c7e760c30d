//! Requests that are too large, too slow, or in two currencies.

use std::time::Duration;

use keyrack_tests::{Cluster, Hotel, HotelPlan, PATIENCE, fresh_key, raw_exchange, refusal};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_of_ten_megabytes_is_refused() {
    let (_cluster, hotel) = hotel().await;
    let before = hotel.everything().await;
    let mut request = hotel.request("2027-03-01", "2027-03-02");
    request["guest"]["name"] = json!("A".repeat(10_000_000));
    let body = request.to_string();
    let mut message = head(&hotel, &fresh_key());
    message.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    let answer = raw_exchange(hotel.api.address(), message.into_bytes(), PATIENCE).await;
    assert_eq!(answer.status, Some(413), "{}", answer.head);
    assert!(answer.head.to_lowercase().contains("application/problem+json"), "{}", answer.head);
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let document = text.find('{').zip(text.rfind('}')).map(|(from, to)| &text[from..=to]);
    let problem: Value = serde_json::from_str(document.unwrap()).unwrap();
    assert_eq!(problem["code"], "payload_too_large");
    assert_eq!(problem["retryable"], false);
    assert_eq!(hotel.everything().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_beyond_the_cap_are_refused() {
    let (_cluster, hotel) = hotel().await;
    let before = hotel.everything().await;
    let body = hotel.request("2027-03-01", "2027-03-02").to_string();
    let mut message = head(&hotel, &fresh_key());
    message.push_str(&format!("X-Long: {}\r\n", "x".repeat(20_000)));
    message.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    let answer = raw_exchange(hotel.api.address(), message.into_bytes(), PATIENCE).await;
    assert_eq!(answer.status, Some(431), "{}", answer.head);
    assert_eq!(hotel.everything().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_finishes_its_request_is_cut_off() {
    let (_cluster, hotel) = hotel().await;
    let before = hotel.everything().await;
    let mut slow_body = head(&hotel, &fresh_key());
    slow_body.push_str("Content-Length: 500\r\n\r\n{\"propertyId\":");
    let slow_head = head(&hotel, &fresh_key());
    for message in [slow_head, slow_body] {
        let within = Duration::from_secs(120);
        let answer = raw_exchange(hotel.api.address(), message.into_bytes(), within).await;
        assert!(answer.closed, "the node closed the connection");
        let refused = answer.status.is_none_or(|status| (400..600).contains(&status));
        assert!(refused, "{}", answer.head);
    }
    assert_eq!(hotel.everything().await, before);
}

/// A booking has one total, so its rates must have one currency. Keyrack may refuse the hotel's second plan or the
/// booking that mixes both, but must not sell for a sum of two currencies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_never_mixes_two_currencies() {
    let (_cluster, hotel) = hotel().await;
    let path = format!("/v1/properties/{}/rate-plans/DOLLAR", hotel.id);
    let plan = json!({"name": "Dollars", "currency": "USD"});
    let before = hotel.everything().await;
    let answer = hotel.api.put(&path, &plan).send().await;
    if answer.status == 422 {
        assert!(!refusal(&answer, 422, "currency_mismatch").retryable);
        assert_eq!(hotel.everything().await, before);
        return;
    }
    answer.expect(201);
    let rate = json!({
        "roomType": "DLX", "ratePlan": "DOLLAR",
        "dateFrom": "2027-03-01", "dateTo": "2027-03-31", "rate": "120.00",
    });
    hotel.ari(vec![rate]).await.expect_success();
    let room = |plan: &str| json!({"roomType": "DLX", "ratePlan": plan, "quantity": 1, "adults": 1, "childrenAges": []});
    let mut mixed = hotel.request("2027-03-01", "2027-03-02");
    mixed["rooms"] = json!([room("FLEX"), room("DOLLAR")]);
    let before = hotel.everything().await;
    assert!(!refusal(&hotel.book(&mixed).await, 422, "currency_mismatch").retryable);
    assert_eq!(hotel.everything().await, before);
}

async fn hotel() -> (Cluster, Hotel) {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("CUT-OFF", 5).open(&cluster.operator()).await;
    (cluster, hotel)
}

/// The start of a POST of a booking, without the length of its body.
fn head(hotel: &Hotel, key: &str) -> String {
    format!(
        "POST /v1/bookings HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Idempotency-Key: {key}\r\nContent-Type: application/json\r\nConnection: close\r\n",
        hotel.api.address(),
        hotel.api.api_key(),
    )
}
