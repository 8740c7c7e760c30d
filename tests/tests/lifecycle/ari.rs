//! How many rooms may be sold: capacity, out of order, overbooking, the house limit.

use keyrack_tests::{Cluster, HotelPlan, refusal};
use serde_json::{Value, json};

use crate::hotel;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sell_limit_is_rounded_down_and_never_exceeded() {
    let cluster = Cluster::start();
    // (rooms, out of order, overbooking in basis points, sell limit)
    let table = [(10, 0, 0, 10), (10, 0, 1_000, 11), (19, 0, 1_000, 20), (10, 1, 1_000, 9), (3, 0, 5_000, 4), (5, 2, 0, 3)];
    for (row, (rooms, out_of_order, basis_points, limit)) in table.into_iter().enumerate() {
        let plan = HotelPlan::new(&format!("LIMIT-{row}"), rooms).overbooked_by(basis_points);
        let hotel = plan.open(&cluster.operator()).await;
        let closed = json!({
            "roomType": "DLX", "dateFrom": "2027-03-01", "dateTo": "2027-03-01",
            "outOfOrder": out_of_order,
        });
        hotel.ari(vec![closed]).await.expect_success();
        let night = hotel.night("DLX", "2027-03-01").await;
        assert_eq!((&night["capacity"], &night["limit"]), (&json!(rooms), &json!(limit)), "{night}");
        assert_eq!(night["outOfOrder"], out_of_order);
        let all = hotel.request_of("DLX", limit, "2027-03-01", "2027-03-02");
        hotel.book(&all).await.expect(201);
        let night = hotel.night("DLX", "2027-03-01").await;
        assert_eq!((&night["available"], &night["sellable"]), (&json!(0), &json!(0)), "{night}");
        let one_more = hotel.book(&hotel.request("2027-03-01", "2027-03-02")).await;
        refusal(&one_more, 409, "sold_out");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_lost_after_it_was_sold_is_a_deficit_and_cancels_no_booking() {
    let (_cluster, hotel) = hotel("DEFICIT", 3).await;
    let full = hotel.request_of("DLX", 3, "2027-03-01", "2027-03-02");
    let booking = hotel.book(&full).await.expect(201).json();
    let broken = json!({
        "roomType": "DLX", "dateFrom": "2027-03-01", "dateTo": "2027-03-01", "outOfOrder": 2,
    });
    hotel.ari(vec![broken]).await.expect_success();
    let night = hotel.night("DLX", "2027-03-01").await;
    assert_eq!(night["limit"], 1);
    assert_eq!(night["sold"], 3);
    assert_eq!(night["available"], -2);
    assert_eq!(night["sellable"], 0);
    assert_eq!(night["deficit"], 2);
    assert_eq!(hotel.get(&booking).await["state"], "confirmed");
    let refused = hotel.book(&hotel.request("2027-03-01", "2027-03-02")).await;
    assert_eq!(refusal(&refused, 409, "sold_out").nights[0]["available"], -2);
    hotel.act(&booking, "cancel", &json!({})).await.expect(200);
    let night = hotel.night("DLX", "2027-03-01").await;
    assert_eq!((&night["available"], &night["deficit"]), (&json!(1), &json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_is_in_order_again_can_be_sold() {
    let (_cluster, hotel) = hotel("IN-ORDER", 3).await;
    for (out_of_order, sellable) in [(2, 1), (3, 0), (1, 2), (0, 3)] {
        let update = json!({
            "roomType": "DLX", "dateFrom": "2027-03-01", "dateTo": "2027-03-01", "outOfOrder": out_of_order,
        });
        hotel.ari(vec![update]).await.expect_success();
        let night = hotel.night("DLX", "2027-03-01").await;
        assert_eq!((&night["outOfOrder"], &night["sellable"]), (&json!(out_of_order), &json!(sellable)), "{night}");
    }
    hotel.book(&hotel.request_of("DLX", 3, "2027-03-01", "2027-03-02")).await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_of_zero_is_a_price_and_no_missing_rate() {
    let (_cluster, hotel) = hotel("FREE", 3).await;
    let free = json!({
        "roomType": "DLX", "ratePlan": "FLEX", "dateFrom": "2027-03-01", "dateTo": "2027-03-01", "rate": "0.00",
    });
    hotel.ari(vec![free]).await.expect_success();
    let offers = format!("/v1/offers?propertyId={}&arrival=2027-03-01&departure=2027-03-02&adults=2", hotel.id);
    let offers = hotel.api.get(&offers).send().await.expect(200).json();
    assert_eq!(offers["offers"][0]["total"]["amount"], "0.00", "{offers}");
    let booking = hotel.booked("2027-03-01", "2027-03-02").await;
    assert_eq!(booking["total"]["amount"], "0.00", "{booking}");
    let two_nights = hotel.booked("2027-03-01", "2027-03-03").await;
    assert_eq!(two_nights["total"]["amount"], "100.00", "{two_nights}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_house_limit_holds_over_all_room_types_of_a_night() {
    let cluster = Cluster::start();
    let plan = HotelPlan::new("HOUSE", 3).with("SGL", 3).house_limit(4);
    let hotel = plan.open(&cluster.operator()).await;
    let take = |code: &str, count: u32| {
        let request = hotel.request_of(code, count, "2027-03-01", "2027-03-02");
        let hotel = hotel.clone();
        async move { hotel.book(&request).await }
    };
    take("DLX", 2).await.expect(201);
    refusal(&take("SGL", 3).await, 409, "sold_out");
    let single = take("SGL", 2).await.expect(201).json();
    let refused = refusal(&take("DLX", 1).await, 409, "sold_out");
    assert_eq!(refused.dates(), ["2027-03-01"]);
    hotel.act(&single, "cancel", &json!({})).await.expect(200);
    take("DLX", 1).await.expect(201);
    let next_night = hotel.request_of("SGL", 3, "2027-03-02", "2027-03-03");
    hotel.book(&next_night).await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_includes_both_dates_and_changes_only_the_given_fields() {
    let (_cluster, hotel) = hotel("ARI-RANGE", 5).await;
    let fewer = json!({
        "roomType": "DLX", "dateFrom": "2027-03-30", "dateTo": "2027-04-02", "capacity": 2,
    });
    hotel.ari(vec![fewer]).await.expect_success();
    let capacities = async |from: &str, to: &str| -> Vec<Value> {
        let answer = hotel.availability(from, to).await;
        let nights = answer["roomTypes"][0]["nights"].as_array().unwrap();
        nights.iter().map(|night| night["capacity"].clone()).collect()
    };
    // Across the end of a month.
    assert_eq!(capacities("2027-03-29", "2027-04-04").await, [5, 2, 2, 2, 2, 5]);
    let dearer = json!({
        "roomType": "DLX", "ratePlan": "FLEX",
        "dateFrom": "2027-04-02", "dateTo": "2027-04-02", "rate": "250.50",
    });
    hotel.ari(vec![dearer]).await.expect_success();
    assert_eq!(capacities("2027-04-02", "2027-04-03").await, [2], "a rate changes no capacity");
    let booking = hotel.booked("2027-04-01", "2027-04-04").await;
    assert_eq!(booking["total"], json!({"amount": "450.50", "currency": "EUR"}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_invalid_update_rejects_the_whole_request() {
    let (_cluster, hotel) = hotel("ARI-ATOMIC", 5).await;
    let update = |room_type: &str| {
        json!({
            "roomType": room_type, "dateFrom": "2027-03-01", "dateTo": "2027-03-31", "capacity": 1,
        })
    };
    let before = hotel.everything().await;
    let answer = hotel.ari(vec![update("DLX"), update("IGLOO")]).await;
    refusal(&answer, 422, "unknown_room_type");
    assert_eq!(hotel.everything().await, before);
    hotel.ari(vec![update("DLX")]).await.expect_success();
    assert_eq!(hotel.night("DLX", "2027-03-31").await["capacity"], 1);
}
