//! The front desk and the business date.

use keyrack_tests::{assert_counters_equal_bookings, fresh_key, refusal};
use serde_json::json;

use crate::hotel;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_checks_in_the_day_is_closed_and_the_guest_checks_out() {
    let (cluster, hotel) = hotel("DESK", 3).await;
    let desk = hotel.through(&cluster.api("desk", 2));
    let booking = hotel.booked("2027-01-01", "2027-01-02").await;
    let path = format!("/v1/bookings/{}/check-in", booking["bookingId"].as_str().unwrap());
    let check_in = |etag: &str| desk.api.post(&path, &fresh_key()).header("If-Match", etag).json(&json!({})).send();
    refusal(&check_in("\"2\"").await, 412, "precondition_failed");
    let stayed = check_in("\"1\"").await.expect(200);
    assert_eq!(stayed.header("ETag"), Some("\"2\""));
    assert_eq!(stayed.json()["state"], "checked_in");
    // The desk's revision is stale. The revision is checked before the state.
    refusal(&check_in("\"1\"").await, 412, "precondition_failed");
    refusal(&check_in("\"2\"").await, 409, "wrong_state");
    refusal(&desk.act(&booking, "check-in", &json!({})).await, 409, "wrong_state");
    refusal(&desk.act(&booking, "cancel", &json!({})).await, 409, "wrong_state");

    let close = format!("/v1/properties/{}/close-business-date", hotel.id);
    let manager = cluster.api("manager", 3);
    let body = json!({"expectedFrom": "2027-01-01"});
    manager.post(&close, &fresh_key()).json(&body).send().await.expect_success();
    let property = hotel.api.get(&format!("/v1/properties/{}", hotel.id)).send().await;
    assert_eq!(property.expect(200).json()["businessDate"], "2027-01-02");
    let yesterday = hotel.book(&hotel.request("2027-01-01", "2027-01-03")).await;
    refusal(&yesterday, 422, "arrival_in_past");

    let left = desk.act(&booking, "check-out", &json!({})).await.expect(200).json();
    assert_eq!(left["state"], "checked_out");
    assert_eq!(hotel.sold("2027-01-01").await, 1, "a used night stays sold");
    assert_counters_equal_bookings(&hotel).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_show_frees_its_nights() {
    let (cluster, hotel) = hotel("NO-SHOW", 3).await;
    let desk = hotel.through(&cluster.api("desk", 2));
    let booking = hotel.booked("2027-01-01", "2027-01-04").await;
    let absent = desk.act(&booking, "no-show", &json!({})).await.expect(200).json();
    assert_eq!(absent["state"], "no_show");
    for date in ["2027-01-01", "2027-01-02", "2027-01-03"] {
        assert_eq!(hotel.sold(date).await, 0, "{date}");
    }
    refusal(&desk.act(&booking, "check-in", &json!({})).await, 409, "wrong_state");
    assert_counters_equal_bookings(&hotel).await;
}
