//! Rates that are read back and removed, entries that are retired, prices that are agreed, and preconditions.

use keyrack_tests::fresh_key;
use serde_json::{Value, json};

use super::{Fixture, refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_are_read_back_and_removed() {
    let fixture = Fixture::set_up("RATES").await;
    let hotel = &fixture.hotel;
    let set = |with: Value| {
        let mut update = json!({"roomType": "DLX", "ratePlan": "FLEX", "dateFrom": "2027-02-02", "dateTo": "2027-02-02"});
        update.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        update
    };
    let of_type = |with: Value| {
        let mut update = set(with);
        update.as_object_mut().unwrap().remove("ratePlan");
        update
    };
    hotel
        .ari(vec![set(json!({"rate": "77.10", "minStayArrival": 2})), of_type(json!({"capacity": 3, "stopSell": true}))])
        .await
        .expect(200);
    let read = async |query: &str| {
        hotel.api.get(&format!("/v1/properties/RATES/rates?from=2027-02-01&to=2027-02-03{query}")).send().await
    };
    let all = read("").await.expect(200).json();
    let (nights, own) = (&all["ratePlans"][0]["nights"], &all["roomTypes"][0]["nights"]);
    assert_eq!((&all["ratePlans"][0]["roomType"], &all["ratePlans"][0]["currency"]), (&json!("DLX"), &json!("EUR")));
    assert_eq!(
        (&nights[0]["rate"], &nights[1]["rate"], &nights[1]["minStayArrival"]),
        (&json!("100.00"), &json!("77.10"), &json!(2))
    );
    assert_eq!((&own[0]["capacity"], &own[1]["capacity"], &own[1]["stopSell"]), (&Value::Null, &json!(3), &json!(true)));
    refused("a type", &read("&roomType=NONE").await, 422, "unknown_room_type", "NONE");
    refused("a plan", &read("&ratePlan=NONE").await, 422, "unknown_rate_plan", "NONE");
    refused(
        "too long",
        &hotel.api.get("/v1/properties/RATES/rates?from=2027-02-01&to=2029-02-01").send().await,
        400,
        "stay_too_long",
        "",
    );

    // null removes what was set.
    let clear = vec![set(json!({"rate": null, "minStayArrival": null})), of_type(json!({"capacity": null, "stopSell": null}))];
    hotel.ari(clear).await.expect(200);
    let all = read("").await.expect(200).json();
    let (night, own) = (&all["ratePlans"][0]["nights"][1], &all["roomTypes"][0]["nights"][1]);
    assert_eq!((&night["rate"], &night["minStayArrival"]), (&Value::Null, &json!(0)));
    assert_eq!((&own["capacity"], &own["stopSell"]), (&Value::Null, &json!(false)));
    assert_eq!(hotel.night("DLX", "2027-02-02").await["capacity"], 50);
    refused("no rate", &hotel.book(&hotel.request("2027-02-02", "2027-02-03")).await, 409, "restricted", "");
    hotel.ari(vec![of_type(json!({"rate": null}))]).await.expect(400);
}

/// 12 room types with 11 rate plans for a year are 52,704 cells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_has_a_bounded_number_of_rates() {
    let fixture = Fixture::set_up("WIDE").await;
    let api = &fixture.hotel.api;
    let have = api.get("/v1/properties/WIDE").send().await.expect(200).json();
    for (list, wanted, body) in [("roomTypes", 12, json!({"capacity": 1})), ("ratePlans", 11, json!({"currency": "EUR"}))] {
        let path = if list == "roomTypes" { "room-types" } else { "rate-plans" };
        for number in have[list].as_array().unwrap().len()..wanted {
            api.put(&format!("/v1/properties/WIDE/{path}/X{number}"), &body).send().await.expect(201);
        }
    }
    let ask = async |query: &str| api.get(&format!("/v1/properties/WIDE/rates?from=2027-01-01&{query}")).send().await;
    refused("a year of all", &ask("to=2028-01-02").await, 400, "stay_too_long", "50000");
    ask("to=2027-02-01").await.expect(200);
    ask("to=2028-01-02&ratePlan=X10").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nights_that_are_over_are_left_alone() {
    let fixture = Fixture::set_up("PAST").await;
    fixture.close("2027-01-01").await;
    fixture.close("2027-01-02").await;
    let update = json!({"roomType": "DLX", "dateFrom": "2026-12-30", "dateTo": "2027-01-04", "capacity": 7});
    let answer = fixture.hotel.ari(vec![update]).await.expect(200).json();
    assert_eq!((&answer["nights"], &answer["pastNights"]), (&json!(2), &json!(4)));
    for (day, capacity) in [("2027-01-02", 50), ("2027-01-03", 7), ("2027-01-04", 7)] {
        assert_eq!(fixture.hotel.night("DLX", day).await["capacity"], capacity, "{day}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_retired_is_not_sold_and_its_bookings_stand() {
    let fixture = Fixture::with_suites("RETIRED", 5).await;
    let hotel = &fixture.hotel;
    let suite = hotel.request_of("SUI", 1, "2027-02-01", "2027-02-03");
    let booking = hotel.book(&suite).await.expect(201).json();
    let retired = json!({"name": "Suite", "capacity": 5, "occupancy": 4, "retired": true});
    let put = hotel.api.put("/v1/properties/RETIRED/room-types/SUI", &retired).send().await.expect(200).json();
    assert_eq!(put["retired"], true);
    refused("book", &hotel.book(&suite).await, 409, "retired", "SUI");
    refused("hold", &fixture.hold(&suite).await, 409, "retired", "SUI");
    let offers = hotel.api.get("/v1/offers?propertyId=RETIRED&arrival=2027-02-01&departure=2027-02-02&adults=1").send().await;
    let offers = offers.expect(200).json();
    assert!(offers["offers"].as_array().unwrap().iter().all(|offer| offer["roomType"] != "SUI"), "{offers}");
    // A client that does not know the field changes nothing about it.
    let renamed = json!({"name": "Suite with a view", "capacity": 5, "occupancy": 4});
    let put = hotel.api.put("/v1/properties/RETIRED/room-types/SUI", &renamed).send().await.expect(200).json();
    assert_eq!((&put["name"], &put["retired"]), (&json!("Suite with a view"), &json!(true)));
    // The booking stands, and its guests change. Only staff adds nights.
    hotel.act(&booking, "amend", &json!({"rooms": [{"roomType": "SUI", "ratePlan": "FLEX", "adults": 1}]})).await.expect(200);
    let longer = json!({"departure": "2027-02-04"});
    refused("longer", &hotel.act(&booking, "amend", &longer).await, 409, "retired", "SUI");
    let reason = json!({"departure": "2027-02-04", "override": {"rule": "restrictions", "reason": "a regular guest"}});
    hotel.act(&booking, "amend", &reason).await.expect(200);
    let two = json!({"rooms": [{"roomType": "SUI", "ratePlan": "FLEX", "quantity": 2, "adults": 1}]});
    refused("another room", &hotel.act(&booking, "amend", &two).await, 409, "retired", "SUI");
    let plan = json!({"name": "Flexible", "currency": "EUR", "retired": true});
    hotel.api.put("/v1/properties/RETIRED/rate-plans/FLEX", &plan).send().await.expect(200);
    refused("a plan", &hotel.book(&hotel.request("2027-02-01", "2027-02-03")).await, 409, "retired", "FLEX");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_is_the_one_that_the_guest_saw() {
    let fixture = Fixture::set_up("PRICES").await;
    let hotel = &fixture.hotel;
    let offers = hotel.api.get("/v1/offers?propertyId=PRICES&arrival=2027-03-01&departure=2027-03-03&adults=2").send().await;
    let quote = offers.expect(200).json()["offers"][0]["quoteId"].clone();
    let with = |field: &str, value: Value| fixture.request(&format!("/{field}"), Some(value));
    let eur = |amount: &str| json!({"amount": amount, "currency": "EUR"});
    hotel.book(&with("quoteId", quote.clone())).await.expect(201);
    hotel.book(&with("expectedTotal", eur("200.00"))).await.expect(201);
    let mut three = with("quoteId", quote.clone());
    three["rooms"][0]["quantity"] = json!(3);
    hotel.book(&three).await.expect(201);
    for (wrong, code) in [
        (with("expectedTotal", eur("199.99")), "price_changed"),
        (with("expectedTotal", json!({"amount": "200.00", "currency": "USD"})), "price_changed"),
        (with("expectedTotal", eur("many")), "invalid_field"),
        (with("expectedTotal", json!({"amount": "200.00", "currency": "XXX"})), "invalid_field"),
        (with("quoteId", json!("qt_0000")), "invalid_field"),
    ] {
        let answer = hotel.book(&wrong).await;
        assert_eq!(answer.json()["code"], code, "{wrong}: {answer:?}");
    }
    let mut other = with("quoteId", quote.clone());
    other["departure"] = json!("2027-03-04");
    refused("another stay", &hotel.book(&other).await, 400, "invalid_field", "quoteId");
    let dearer =
        json!({"roomType": "DLX", "ratePlan": "FLEX", "dateFrom": "2027-03-01", "dateTo": "2027-03-01", "rate": "130.00"});
    hotel.ari(vec![dearer]).await.expect(200);
    for request in [with("quoteId", quote), with("expectedTotal", eur("200.00"))] {
        let answer = hotel.book(&request).await;
        refused("a new rate", &answer, 409, "price_changed", "230.00 EUR");
        assert_eq!(answer.json()["total"], eur("230.00"));
    }
    // The seller's own prices are kept beside the hotel's.
    let mut sold = hotel.request("2027-03-10", "2027-03-12");
    sold["rooms"][0]["sellerNightly"] = json!(["111.00", "112.50"]);
    let booking = hotel.book(&sold).await.expect(201).json();
    assert_eq!((&booking["rooms"][0]["sellerNightly"], &booking["total"]), (&json!(["111.00", "112.50"]), &eur("200.00")));
    let longer = hotel.act(&booking, "amend", &json!({"departure": "2027-03-13"})).await.expect(200).json();
    assert_eq!(longer["rooms"][0]["sellerNightly"], json!(["111.00", "112.50", ""]));
    sold["rooms"][0]["sellerNightly"] = json!(["111.00"]);
    refused("one of two", &hotel.book(&sold).await, 400, "invalid_field", "2 nights");
    sold["rooms"][0]["sellerNightly"] = json!(["111.001", "1"]);
    refused("three decimals", &hotel.book(&sold).await, 400, "invalid_field", "rooms[0].sellerNightly[0]");
}

/// RFC 9110, section 13.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preconditions_are_understood_or_refused() {
    let fixture = Fixture::set_up("ETAGS").await;
    let hotel = &fixture.hotel;
    let (match_, none_match) = ("If-Match", "If-None-Match");
    let plan = json!({"name": "Flexible", "currency": "EUR"});
    let mut revision = 1;
    for (header, value, status) in [
        (match_, "\"7\"", 412),
        (match_, "W/\"1\"", 412),
        (match_, "\"7\", \"1\"", 200),
        (match_, "*", 200),
        (none_match, "*", 412),
        (none_match, "\"3\"", 412),
        (none_match, "W/\"3\", \"x\"", 412),
        (none_match, "\"1\"", 200),
        (match_, "nonsense", 400),
        (match_, "\"1", 400),
        (match_, "", 400),
        (none_match, "1 ,, 2 3", 400),
    ] {
        let answer = hotel.api.put("/v1/properties/ETAGS/rate-plans/FLEX", &plan).header(header, value).send().await;
        assert_eq!(answer.status, status, "{header}: {value} at {revision}: {answer:?}");
        revision += u32::from(status == 200);
    }
    for (what, path, status) in [
        ("new", "/v1/properties/ETAGS/rate-plans/NEW", 412),
        ("a new type", "/v1/properties/ETAGS/room-types/NEW", 412),
        ("a new property", "/v1/properties/ETAGS-2", 412),
    ] {
        let body = match what {
            "a new property" => json!({"name": "New", "timeZone": "Europe/Lisbon", "currency": "EUR"}),
            "a new type" => json!({"name": "New", "capacity": 1}),
            _ => plan.clone(),
        };
        let answer = hotel.api.put(path, &body).header(match_, "*").send().await;
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        hotel.api.get("/v1/properties/ETAGS-2").send().await.expect(404);
        let created = hotel.api.put(path, &body).header(none_match, "*").send().await;
        if what != "a new property" {
            assert_eq!(created.status, 201, "{what}: {created:?}");
        }
    }
    // A booking: the answer is kept for the key, and other headers make another request.
    let booking = hotel.booked("2027-03-01", "2027-03-03").await;
    let path = format!("/v1/bookings/{}/amend", booking["bookingId"].as_str().unwrap());
    let change = json!({"departure": "2027-03-04"});
    let call = async |key: &str, value: &str| hotel.api.post(&path, key).header(match_, value).json(&change).send().await;
    let key = fresh_key();
    call(&key, "\"9\", \"1\"").await.expect(200);
    call(&key, "\"9\", \"1\"").await.expect(200);
    refused("other headers", &call(&key, "\"8\", \"1\"").await, 422, "idempotency_key_reused", "");
    call(&fresh_key(), "\"é\"").await.expect(412);
    // A request for something without an ETag cannot match one.
    let book = hotel.api.post("/v1/bookings", &fresh_key()).header(match_, "\"1\"");
    refused("book", &book.json(&hotel.request("2027-03-01", "2027-03-02")).send().await, 412, "precondition_failed", "");
}
