//! Offers, and bounded reads.

use keyrack_tests::{Hotel, HotelPlan, PATIENCE, until};
use serde_json::{Value, json};

use crate::hotel;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_lists_every_night_and_the_total_until_the_last_room_is_sold() {
    let (_cluster, hotel) = hotel("OFFERS", 1).await;
    let offered = offers(&hotel, "2027-06-01", "2027-06-03").await;
    assert_eq!(offered.len(), 1, "one room type, one rate plan: {offered:?}");
    let offer = &offered[0];
    assert_eq!(offer["roomType"], "DLX");
    assert_eq!(offer["ratePlan"], "FLEX");
    assert_eq!(offer["total"], json!({"amount": "200.00", "currency": "EUR"}));
    assert!(!offer["quoteId"].as_str().unwrap().is_empty());
    for date in ["2027-06-01", "2027-06-02"] {
        assert!(offer.to_string().contains(date), "{date} has a price: {offer}");
    }
    hotel.booked("2027-06-02", "2027-06-03").await;
    assert_eq!(offers(&hotel, "2027-06-01", "2027-06-03").await, Vec::<Value>::new());
    assert_eq!(offers(&hotel, "2027-06-01", "2027-06-02").await.len(), 1);
    let stop = json!({
        "roomType": "DLX", "ratePlan": "FLEX",
        "dateFrom": "2027-06-01", "dateTo": "2027-06-01", "stopSell": true,
    });
    hotel.ari(vec![stop]).await.expect_success();
    assert_eq!(offers(&hotel, "2027-06-01", "2027-06-02").await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_node_answers_bounded_reads_and_catches_up_with_writes() {
    let (cluster, hotel) = hotel("BOUNDED", 5).await;
    hotel.booked("2027-06-01", "2027-06-03").await;
    let nights = "availability?from=2027-06-01&to=2027-06-03";
    let path = format!("/v1/properties/{}/{nights}", hotel.id);
    let expected = hotel.api.get(&path).send().await.expect(200).json();
    let bounded = format!("{path}&consistency=bounded&maxStalenessMs=60000");
    for node in cluster.everywhere("auditor") {
        until("the node's own rows have the booking", PATIENCE, async || {
            let own = node.get(&bounded).send().await.expect(200).json();
            let (have, want) = (&own["asOf"]["index"], &expected["asOf"]["index"]);
            if have.as_u64().unwrap() < want.as_u64().unwrap() {
                return None;
            }
            assert_eq!(own["roomTypes"], expected["roomTypes"], "both reads have the same nights");
            Some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_of_another_propertys_list_is_refused() {
    let (_cluster, hotel) = hotel("CURSOR-A", 5).await;
    for _ in 0..2 {
        hotel.booked("2027-06-01", "2027-06-03").await;
    }
    let list = format!("/v1/bookings?propertyId={}&limit=1", hotel.id);
    let cursor = hotel.api.get(&list).send().await.expect(200).json()["nextCursor"].as_str().expect("a second page").to_owned();
    // Enough hotels that one of them shares the first one's shard.
    for other in ["CURSOR-B", "CURSOR-C", "CURSOR-D", "CURSOR-E"] {
        let other = HotelPlan::new(other, 5).open(&hotel.api).await;
        let foreign = format!("/v1/bookings?propertyId={}&cursor={cursor}", other.id);
        let answer = hotel.api.get(&foreign).send().await.expect(400).json();
        assert_eq!(answer["code"], "invalid_cursor", "{answer}");
    }
    let own = format!("{list}&cursor={cursor}");
    assert_eq!(hotel.api.get(&own).send().await.expect(200).json()["items"].as_array().map(Vec::len), Some(1));
}

async fn offers(hotel: &Hotel, arrival: &str, departure: &str) -> Vec<Value> {
    let stay = format!("propertyId={}&arrival={arrival}&departure={departure}", hotel.id);
    let path = format!("/v1/offers?{stay}&adults=2&children=0");
    let answer = hotel.api.get(&path).send().await.expect(200).json();
    answer["offers"].as_array().expect("offers").clone()
}
