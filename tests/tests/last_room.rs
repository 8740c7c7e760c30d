//! The last room is sold once.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use keyrack_tests::{Cluster, HotelPlan, assert_counters_equal_bookings, fresh_key, refusal};
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const CLIENTS: usize = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_clients_exactly_one_gets_the_last_room() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("LAST-ROOM", 1).open(&cluster.operator()).await;
    let everywhere = cluster.everywhere("channel");
    let start = Arc::new(Barrier::new(CLIENTS));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let hotel = hotel.through(&everywhere[client % everywhere.len()]);
        let start = start.clone();
        clients.spawn(async move {
            let mut request = hotel.request("2027-05-01", "2027-05-02");
            request["channelRef"] = json!(format!("client-{client}"));
            let call = hotel.api.post("/v1/bookings", &fresh_key()).json(&request);
            start.wait().await;
            call.send().await
        });
    }
    let mut booked = Vec::new();
    let mut sold_out = 0;
    while let Some(answer) = clients.join_next().await {
        let answer = answer.unwrap();
        if answer.status == 201 {
            booked.push(answer.json());
            continue;
        }
        let refused = refusal(&answer, 409, "sold_out");
        assert_eq!(refused.dates(), ["2027-05-01"]);
        assert_eq!(refused.nights[0]["roomType"], "DLX");
        assert_eq!(refused.nights[0]["available"], 0);
        sold_out += 1;
    }
    assert_eq!((booked.len(), sold_out), (1, CLIENTS - 1));
    for node in everywhere {
        let seen = hotel.through(&node);
        let bookings = seen.bookings().await;
        assert_eq!(bookings.len(), 1);
        assert_eq!(bookings[0]["bookingId"], booked[0]["bookingId"]);
        assert_eq!(seen.sold("2027-05-01").await, 1);
        assert_counters_equal_bookings(&seen).await;
    }
}
