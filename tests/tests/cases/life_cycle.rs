//! Early departures, check-ins and their way back, no-shows, and bookings that live again.

use serde_json::{Value, json};

use super::{Fixture, refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_departure_gives_the_remaining_nights_back() {
    let fixture = Fixture::set_up("EARLY").await;
    let hotel = &fixture.hotel;
    let booking = hotel.booked("2027-01-01", "2027-01-06").await;
    hotel.act(&booking, "check-in", &json!({})).await.expect(200);
    fixture.close("2027-01-01").await;
    fixture.close("2027-01-02").await;
    let left = hotel.act(&booking, "check-out", &json!({})).await.expect(200).json();
    assert_eq!((&left["departure"], &left["total"]["amount"]), (&json!("2027-01-03"), &json!("200.00")));
    for (day, sold) in [("2027-01-01", 1), ("2027-01-02", 1), ("2027-01-03", 0), ("2027-01-05", 0)] {
        assert_eq!(hotel.sold(day).await, sold, "{day}");
    }
    // A guest who leaves on the day of arrival has had the room for one night.
    let booking = hotel.booked("2027-01-03", "2027-01-06").await;
    hotel.act(&booking, "check-in", &json!({})).await.expect(200);
    let left = hotel.act(&booking, "check-out", &json!({})).await.expect(200).json();
    assert_eq!(left["departure"], "2027-01-04");
    // A guest who stays to the end, or longer, gives nothing back.
    let booking = hotel.booked("2027-01-03", "2027-01-04").await;
    hotel.act(&booking, "check-in", &json!({})).await.expect(200);
    fixture.close("2027-01-03").await;
    fixture.close("2027-01-04").await;
    let left = hotel.act(&booking, "check-out", &json!({})).await.expect(200).json();
    assert_eq!(left["departure"], "2027-01-04");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stay_that_is_over_is_over() {
    let fixture = Fixture::set_up("OVER").await;
    let booking = fixture.hotel.booked("2027-01-01", "2027-01-02").await;
    for day in ["2027-01-01", "2027-01-02", "2027-01-03"] {
        fixture.close(day).await;
    }
    let channel = fixture.hotel_of("channel");
    let next_month = json!({"arrival": "2027-02-01", "departure": "2027-02-02"});
    refused("amend", &channel.act(&booking, "amend", &next_month).await, 409, "stay_over", "2027-01-04");
    let guest = json!({"guest": {"phone": "1"}});
    refused("amend", &channel.act(&booking, "amend", &guest).await, 409, "stay_over", "2027-01-04");
    refused("check in", &fixture.hotel.act(&booking, "check-in", &json!({})).await, 409, "stay_over", "2027-01-04");
    fixture.hotel_of("desk").act(&booking, "amend", &next_month).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_in_is_undone_on_its_day() {
    let fixture = Fixture::set_up("UNDONE").await;
    let hotel = &fixture.hotel;
    let booking = hotel.booked("2027-01-01", "2027-01-04").await;
    refused("nothing", &hotel.act(&booking, "revert-check-in", &json!({})).await, 409, "wrong_state", "confirmed");
    hotel.act(&booking, "check-in", &json!({})).await.expect(200);
    let channel = fixture.hotel_of("channel");
    refused("a channel", &channel.act(&booking, "revert-check-in", &json!({})).await, 403, "forbidden", "");
    let reverted = hotel.act(&booking, "revert-check-in", &json!({})).await.expect(200).json();
    assert_eq!((&reverted["state"], hotel.sold("2027-01-01").await), (&json!("confirmed"), 1));
    hotel.act(&booking, "check-in", &json!({})).await.expect(200);
    fixture.close("2027-01-01").await;
    refused("late", &hotel.act(&booking, "revert-check-in", &json!({})).await, 409, "too_late_to_revert", "2027-01-02");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_is_reinstated_if_its_rooms_are_free() {
    let fixture = Fixture::with_suites("AGAIN", 1).await;
    let hotel = &fixture.hotel;
    let suite = hotel.request_of("SUI", 1, "2027-01-10", "2027-01-12");
    let first = hotel.book(&suite).await.expect(201).json();
    refused("confirmed", &hotel.act(&first, "reinstate", &json!({})).await, 409, "wrong_state", "confirmed");
    hotel.act(&first, "cancel", &json!({})).await.expect(200);
    let second = hotel.book(&suite).await.expect(201).json();
    let answer = hotel.act(&first, "reinstate", &json!({})).await;
    refused("sold again", &answer, 409, "sold_out", "SUI");
    assert_eq!(answer.json()["nights"].as_array().unwrap().len(), 2);
    hotel.act(&second, "cancel", &json!({})).await.expect(200);
    // A restriction does not matter: the room was sold before.
    let stop = json!({"roomType": "SUI", "dateFrom": "2027-01-10", "dateTo": "2027-01-10", "stopSell": true});
    hotel.ari(vec![stop]).await.expect(200);
    let again = hotel.act(&first, "reinstate", &json!({})).await.expect(200).json();
    assert_eq!((&again["state"], again.get("cancellationFee")), (&json!("confirmed"), None));
    assert_eq!(hotel.night("SUI", "2027-01-11").await["sold"], 1);
    refused("a channel", &fixture.hotel_of("channel").act(&first, "reinstate", &json!({})).await, 403, "forbidden", "");
}

/// Of a guest who comes a day late, the lost night keeps its fee.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_show_costs_what_the_policy_says() {
    let fixture = Fixture::set_up("NO-SHOW").await;
    let hotel = &fixture.hotel;
    let put = |code: &str, policy: Value| {
        let plan = json!({"name": code, "currency": "EUR", "cancellationPolicy": policy});
        hotel.api.put(&format!("/v1/properties/{}/rate-plans/{code}", hotel.id), &plan).send()
    };
    put("NIGHT", json!({"freeUntilDays": 1, "fee": "first_night"})).await.expect(201);
    put("ALL", json!({"freeUntilDays": 1, "fee": "percent", "percent": 100})).await.expect(201);
    let rate = |code: &str| json!({"roomType": "DLX", "ratePlan": code, "dateFrom": "2027-01-01", "dateTo": "2027-01-31", "rate": "80.00"});
    hotel.ari(vec![rate("NIGHT"), rate("ALL")]).await.expect(200);
    for (plan, fee) in [("NIGHT", "80.00"), ("ALL", "240.00"), ("FLEX", "0.00")] {
        let mut request = hotel.request("2027-01-01", "2027-01-04");
        request["rooms"][0]["ratePlan"] = json!(plan);
        let booking = hotel.book(&request).await.expect(201).json();
        let missing = hotel.act(&booking, "no-show", &json!({})).await.expect(200).json();
        assert_eq!((&missing["state"], &missing["cancellationFee"]["amount"]), (&json!("no_show"), &json!(fee)), "{plan}");
        assert_eq!(hotel.sold("2027-01-01").await, 0);
    }
    let mut request = hotel.request("2027-01-01", "2027-01-04");
    request["rooms"][0]["ratePlan"] = json!("ALL");
    let booking = hotel.book(&request).await.expect(201).json();
    hotel.act(&booking, "no-show", &json!({})).await.expect(200);
    fixture.close("2027-01-01").await;
    let came = hotel.act(&booking, "reinstate", &json!({})).await.expect(200).json();
    assert_eq!((&came["arrival"], &came["feesTotal"]["amount"]), (&json!("2027-01-02"), &json!("80.00")), "{came}");
    assert_eq!((hotel.sold("2027-01-01").await, hotel.sold("2027-01-02").await), (0, 1));
}
