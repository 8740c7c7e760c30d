//! A confirmation contains its receipt.

use keyrack_tests::{HotelPlan, PATIENCE, fresh_key, until};
use serde_json::{Value, json};

use crate::erased::erase;
use crate::{AMEND, BOOK, CANCEL, CHECK_IN, CHECK_OUT, Fixture, NO_SHOW, days, id_of};

/// Not every confirmation contains its receipt: one that takes longer than the caller should wait is fetched later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmations_contain_their_receipt_at_leaders_and_followers() {
    let fixture = Fixture::set_up("CARRIED", 5_000).await;
    for node in fixture.cluster.node_ids() {
        let (hotel, manager) = (fixture.at(node), fixture.cluster.api("manager", node));
        let book = async || hotel.booked("2027-03-01", "2027-03-03").await;
        until_carried("a booking", node, book).await;
        until_carried("an amendment", node, async || {
            hotel.act(&book().await, "amend", &json!({"departure": "2027-03-05"})).await.expect(200).json()
        })
        .await;
        until_carried("a cancellation", node, async || hotel.act(&book().await, "cancel", &json!({})).await.expect(200).json())
            .await;
        until_carried("an erasure", node, async || erase(&manager, &book().await).await.expect(200).json()).await;
        until_carried("a confirmed hold", node, async || {
            let hold = hotel.hold("2027-04-01", "2027-04-02", 600).await.expect(201).json();
            let path = format!("/v1/holds/{}/confirm", hold["holdId"].as_str().unwrap());
            let body = json!({"guest": hotel.request("2027-04-01", "2027-04-02")["guest"]});
            hotel.api.post(&path, &fresh_key()).json(&body).send().await.expect(201).json()
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_of_a_booking_has_a_receipt_that_verifies_at_every_node() {
    let fixture = Fixture::set_up("ATTACHED", 5).await;
    for node in fixture.cluster.node_ids() {
        let hotel = fixture.at(node);
        let mut request = hotel.request("2027-03-01", "2027-03-03");
        request["channelRef"] = json!(format!("OTA-{node}"));
        let booked = hotel.book(&request).await.expect(201).json();
        let book = fixture.check(&booked, BOOK).await;
        let receipt = fixture.receipt_of(&booked).await;
        for claim in ["name", "email", "phone"] {
            assert_eq!(receipt.claim(&format!("guest.{claim}")), request["guest"][claim].as_str(), "node {node}");
        }
        assert_eq!(receipt.claim("price"), Some("200.00 EUR"));
        assert_eq!(receipt.claim("channelRef"), request["channelRef"].as_str());
        assert_eq!(receipt.claim("unit"), Some(""), "no room is assigned yet");

        let longer = json!({"arrival": "2027-03-02", "departure": "2027-03-05"});
        let amended = hotel.act(&booked, "amend", &longer).await.expect(200).json();
        let amend = fixture.check(&amended, AMEND).await;
        assert_eq!(fixture.receipt_of(&amended).await.claim("price"), Some("300.00 EUR"));
        assert_eq!((amend.leaf.arrival, amend.leaf.departure), (days("2027-03-02"), days("2027-03-05")));
        let cancelled = hotel.act(&booked, "cancel", &json!({})).await.expect(200).json();
        let cancel = fixture.check(&cancelled, CANCEL).await;
        assert_eq!(cancel.leaf.rooms[0].nights, [(5, 5); 3], "the rooms are free again");
        // Each event of a booking names the leaf of the previous event.
        let previous = [&book, &amend, &cancel].map(|proved| proved.leaf.previous);
        assert_eq!(previous, [None, Some(book.index), Some(amend.index)]);

        let hold = hotel.hold("2027-04-01", "2027-04-02", 600).await.expect(201).json();
        let path = format!("/v1/holds/{}/confirm", hold["holdId"].as_str().unwrap());
        let body = json!({"guest": request["guest"], "payment": {"token": "tok_test"}});
        let confirmed = hotel.api.post(&path, &fresh_key()).json(&body).send().await.expect(201).json();
        let confirm = fixture.check(&confirmed, BOOK).await;
        assert_eq!(confirm.leaf.rooms[0].nights, [(5, 5 - node as i64)]);
        assert_eq!(fixture.receipt_of(&confirmed).await.claim("guest.name"), Some("Ada Guest"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_in_no_show_and_check_out_have_receipts() {
    let fixture = Fixture::set_up("DESK-STEPS", 5).await;
    let desk = fixture.hotel.through(&fixture.cluster.api("desk", 2));
    let guest = desk.booked("2027-01-01", "2027-01-02").await;
    let came = desk.act(&guest, "check-in", &json!({})).await.expect(200).json();
    let came = fixture.check(&came, CHECK_IN).await;
    let absent = desk.booked("2027-01-01", "2027-01-02").await;
    let no_show = desk.act(&absent, "no-show", &json!({})).await.expect(200).json();
    assert_eq!(fixture.check(&no_show, NO_SHOW).await.leaf.rooms[0].nights, [(5, 4)]);
    let close = format!("/v1/properties/{}/close-business-date", fixture.hotel.id);
    let body = json!({"expectedFrom": "2027-01-01"});
    fixture.cluster.operator().post(&close, &fresh_key()).json(&body).send().await.expect_success();
    let left = desk.act(&guest, "check-out", &json!({})).await.expect(200).json();
    assert_eq!(fixture.check(&left, CHECK_OUT).await.leaf.previous, Some(came.index));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaf_agrees_with_its_booking() {
    let plan = HotelPlan::new("LEAVES", 10).with("SGL", 4).overbooked_by(1_000);
    let fixture = Fixture::set_with(plan, &[]).await;
    let hotel = fixture.at(3);
    let booked = hotel.book(&hotel.request_of("DLX", 3, "2027-03-01", "2027-03-04")).await.expect(201);
    let as_of = booked.header("Keyrack-As-Of").unwrap().to_string();
    let booking = booked.json();
    let leaf = fixture.check(&booking, BOOK).await.leaf;
    assert_eq!(leaf.property, booking["propertyId"].as_str().unwrap());
    assert_eq!((leaf.arrival, leaf.departure), (days("2027-03-01"), days("2027-03-04")));
    assert_eq!(leaf.rooms.len(), 1);
    assert_eq!((leaf.rooms[0].room_type.as_str(), leaf.rooms[0].quantity), ("DLX", 3));
    // Ten rooms and one for overbooking, less three.
    assert_eq!(leaf.rooms[0].nights, [(11, 8); 3]);
    assert_eq!(as_of, format!("{}/{}", fixture.shard, leaf.raft_index), "the leaf names the entry that decided");
    let at = jiff::Timestamp::from_millisecond(leaf.at_ms as i64).unwrap();
    assert_eq!(at, booking["createdAt"].as_str().unwrap().parse().unwrap());

    // With several room types the leaf has a list of each.
    let mut request = hotel.request_of("SGL", 2, "2027-03-03", "2027-03-05");
    let dlx = json!({"roomType": "DLX", "ratePlan": "FLEX", "quantity": 1, "adults": 1, "childrenAges": []});
    request["rooms"].as_array_mut().unwrap().push(dlx);
    let both = hotel.book(&request).await.expect(201).json();
    let mut rooms = fixture.check(&both, BOOK).await.leaf.rooms;
    rooms.sort_by(|a, b| a.room_type.cmp(&b.room_type));
    let told: Vec<_> = rooms.iter().map(|rooms| (rooms.room_type.as_str(), rooms.quantity, rooms.nights.as_slice())).collect();
    assert_eq!(told, [("DLX", 1, &[(11, 7), (11, 10)][..]), ("SGL", 2, &[(4, 2), (4, 2)][..])]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_without_a_receipt_has_the_receipts_url() {
    let plan = HotelPlan::new("LATER", 100);
    let fixture = Fixture::set_with(plan, &[("KEYRACK_RECEIPTS_WAIT_MS", "0")]).await;
    let mut later = 0;
    for node in fixture.cluster.node_ids().cycle().take(30) {
        let hotel = fixture.at(node);
        let booking = hotel.booked("2027-03-01", "2027-03-02").await;
        let Some(url) = booking["receiptUrl"].as_str() else {
            fixture.check(&booking, BOOK).await;
            continue;
        };
        later += 1;
        assert!(booking["receipt"].is_null(), "either a receipt or its URL: {booking}");
        assert_eq!(url, format!("/v1/bookings/{}/receipt", id_of(&booking)));
        let receipt = until("the receipt is there", PATIENCE, async || {
            let answer = hotel.api.get(url).header("Accept", "application/json").send().await;
            if answer.status == 202 {
                assert_eq!(answer.json()["code"], "not_cosigned");
                let seconds: u64 = answer.header("Retry-After").expect("a 202 has a Retry-After header").parse().unwrap();
                assert!((1..=10).contains(&seconds), "in {seconds} seconds");
                return None;
            }
            Some(answer.expect(200).json())
        });
        fixture.check(&with_receipt(&booking, receipt.await), BOOK).await;
    }
    assert!(later > 0, "a node that does not wait does not have the receipt yet");
}

async fn until_carried(what: &str, node: usize, mut happen: impl AsyncFnMut() -> Value) {
    until(&format!("{what} at node {node} contains its receipt"), PATIENCE, async || {
        let answer = happen().await;
        assert!(answer["receipt"].is_object() != answer["receiptUrl"].is_string(), "either a receipt or its URL: {answer}");
        answer["receipt"].is_object().then_some(())
    })
    .await;
}

fn with_receipt(booking: &Value, receipt: Value) -> Value {
    json!({"bookingId": booking["bookingId"], "receipt": receipt})
}
