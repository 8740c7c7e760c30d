//! Amendments: what a booking has stands, and what it gives up late costs its fee.

use serde_json::{Value, json};

use super::{Fixture, refused};

fn restrict(dates: [&str; 2], with: Value) -> Value {
    let mut update = json!({"roomType": "DLX", "dateFrom": dates[0], "dateTo": dates[1]});
    update.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    update
}

/// Restrictions that were set after the booking bind what is new: added nights, a new arrival, a new departure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nights_that_a_booking_has_stand() {
    let fixture = Fixture::set_up("STANDS").await;
    let hotel = fixture.hotel_of("channel");
    for (from, with) in [
        ("2027-02-02", json!({"stopSell": true})),
        ("2027-02-12", json!({"minStayThrough": 9})),
        ("2027-02-22", json!({"minStayArrival": 9})),
        ("2027-03-02", json!({"closedToArrival": true})),
    ] {
        let day = |days: i64| (from.parse::<jiff::civil::Date>().unwrap() + jiff::Span::new().days(days)).to_string();
        let booking = hotel.booked(from, &day(3)).await;
        fixture.hotel.ari(vec![restrict([from, &day(1)], with.clone())]).await.expect(200);
        for change in [
            json!({"departure": day(4)}),
            json!({"departure": day(2)}),
            json!({"rooms": [{"roomType": "DLX", "ratePlan": "FLEX", "quantity": 1, "adults": 1}]}),
            json!({"guest": {"phone": "1"}}),
        ] {
            let answer = hotel.act(&booking, "amend", &change).await;
            assert_eq!(answer.status, 200, "{with} {change}: {answer:?}");
        }
        let more = json!({"rooms": [{"roomType": "DLX", "ratePlan": "FLEX", "quantity": 2, "adults": 1}]});
        refused("another room", &hotel.act(&booking, "amend", &more).await, 409, "restricted", "");
    }
    // An added night and a new day of departure are bound.
    let booking = hotel.booked("2027-03-20", "2027-03-22").await;
    let updates = [("2027-03-22", json!({"stopSell": true})), ("2027-03-21", json!({"closedToDeparture": true}))];
    fixture.hotel.ari(updates.map(|(day, with)| restrict([day, day], with)).to_vec()).await.expect(200);
    for departure in ["2027-03-23", "2027-03-21"] {
        let answer = hotel.act(&booking, "amend", &json!({"departure": departure})).await;
        refused(departure, &answer, 409, "restricted", "");
    }
}

/// A desk or manager may override a restriction, and the audit trail says why. Nobody overrides rooms that are not free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_override_restrictions_with_a_reason() {
    let fixture = Fixture::set_up("OVERRIDE").await;
    fixture.hotel.ari(vec![restrict(["2027-02-01", "2027-02-05"], json!({"stopSell": true}))]).await.expect(200);
    let overridden = json!({"rule": "restrictions", "reason": "The owner's family"});
    let mut request = fixture.hotel.request("2027-02-01", "2027-02-03");
    request["override"] = overridden.clone();
    refused("a channel", &fixture.hotel_of("channel").book(&request).await, 403, "forbidden", "");
    let booking = fixture.hotel_of("desk").book(&request).await.expect(201).json();
    let change = json!({"departure": "2027-02-04", "override": overridden});
    refused("a channel", &fixture.hotel_of("channel").act(&booking, "amend", &change).await, 403, "forbidden", "");
    fixture.hotel_of("manager").act(&booking, "amend", &change).await.expect(200);
    for (wrong, words) in [
        (json!({"rule": "rooms", "reason": "x"}), "override.rule"),
        (json!({"rule": "restrictions", "reason": " "}), "override.reason"),
        (json!({"rule": "restrictions", "reason": "4111 1111 1111 1111"}), "override.reason"),
    ] {
        request["override"] = wrong.clone();
        let answer = fixture.hotel.book(&request).await;
        assert_eq!(answer.status, 400, "{wrong}: {answer:?}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{wrong}: {answer:?}");
    }
    let shard = fixture.hotel.shard().await;
    let trail = fixture.cluster.api("auditor", 1).get(&format!("/v1/audit?shard={shard}&limit=1000")).send().await.expect(200);
    let items = trail.json()["items"].as_array().unwrap().clone();
    let reasons = items.iter().filter(|item| item["reason"] == "The owner's family");
    let actions: Vec<_> = reasons.map(|item| item["action"].as_str().unwrap().to_owned()).collect();
    assert_eq!(actions, ["booking.take", "booking.amend"], "only what was done, and by whom: {items:?}");
}

/// The plan costs half of the price from three days before the arrival. The business date is 2027-01-01.
async fn half(fixture: &Fixture) {
    let plan = json!({"name": "Half", "currency": "EUR",
        "cancellationPolicy": {"freeUntilDays": 3, "fee": "percent", "percent": 50}});
    let path = format!("/v1/properties/{}/rate-plans/HALF", fixture.hotel.id);
    fixture.hotel.api.put(&path, &plan).send().await.expect(201);
    let rate = json!({"roomType": "DLX", "ratePlan": "HALF", "dateFrom": "2027-01-01", "dateTo": "2027-12-31", "rate": "100.00"});
    fixture.hotel.ari(vec![rate]).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_late_costs_its_fee() {
    let fixture = Fixture::set_up("LATE").await;
    half(&fixture).await;
    let rooms = |quantity| json!([{"roomType": "DLX", "ratePlan": "HALF", "quantity": quantity, "adults": 1}]);
    let far = json!({"arrival": "2027-03-02", "departure": "2027-03-04"});
    // Two nights of one room, or of five, are 100.00 or 500.00 of fee.
    for (quantity, changes, fee) in [
        (1, vec![], "100.00"),
        (1, vec![far.clone()], "100.00"),
        (1, vec![json!({"departure": "2027-01-03"})], "100.00"),
        (5, vec![json!({"rooms": rooms(1)})], "500.00"),
        (5, vec![json!({"rooms": rooms(3)}), json!({"rooms": rooms(1)}), far.clone()], "500.00"),
        // A night more is no night less.
        (1, vec![json!({"departure": "2027-01-05"})], "150.00"),
        // The night of the 2nd is given up, and the stay is still close.
        (1, vec![json!({"arrival": "2027-01-03", "departure": "2027-01-05"})], "150.00"),
        // The night of the 7th stays late although the new arrival is far enough away.
        (1, vec![json!({"departure": "2027-01-08"}), json!({"arrival": "2027-01-07"})], "300.00"),
    ] {
        let mut request = fixture.hotel.request("2027-01-02", "2027-01-04");
        request["rooms"] = rooms(quantity);
        let booking = fixture.hotel.book(&request).await.expect(201).json();
        for change in &changes {
            fixture.hotel.act(&booking, "amend", change).await.expect(200);
        }
        let cancelled = fixture.hotel.act(&booking, "cancel", &json!({})).await.expect(200).json();
        let shown = (&cancelled["cancellationFee"]["amount"], &cancelled["feesTotal"]["amount"]);
        assert_eq!(shown, (&json!(fee), &json!(fee)), "{quantity} rooms, {changes:?}: {}", cancelled["fees"]);
    }
    // Far enough away, a change costs nothing and the new arrival counts.
    let mut request = fixture.hotel.request("2027-02-02", "2027-02-04");
    request["rooms"] = rooms(1);
    let booking = fixture.hotel.book(&request).await.expect(201).json();
    let moved = fixture.hotel.act(&booking, "amend", &far).await.expect(200).json();
    assert_eq!((&moved["fees"], moved.get("feesTotal")), (&json!([]), None));
    let cancelled = fixture.hotel.act(&booking, "cancel", &json!({})).await.expect(200).json();
    assert_eq!(cancelled["cancellationFee"]["amount"], "0.00");
}

/// A booking of a cheap night that moves to an earlier arrival owes its new first night.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cheap_first_night_does_not_lower_the_fee() {
    let fixture = Fixture::set_up("FIRST").await;
    let policy = json!({"freeUntilDays": 30, "fee": "first_night"});
    let plan = json!({"name": "First night", "cancellationPolicy": policy});
    fixture.hotel.api.put("/v1/properties/FIRST/rate-plans/FIRST", &plan).send().await.expect(201);
    let line = |day: &str, to: &str, rate: &str| json!({"roomType": "DLX", "ratePlan": "FIRST", "dateFrom": day, "dateTo": to, "rate": rate});
    let updates = [line("2027-01-01", "2027-01-31", "100.00"), line("2027-01-12", "2027-01-12", "1.00")];
    fixture.hotel.ari(updates.to_vec()).await.expect(200);
    let mut request = fixture.hotel.request("2027-01-12", "2027-01-13");
    request["rooms"][0]["ratePlan"] = json!("FIRST");
    let booking = fixture.hotel.book(&request).await.expect(201).json();
    let moved = fixture.hotel.act(&booking, "amend", &json!({"arrival": "2027-01-02"})).await.expect(200).json();
    assert_eq!(moved["fees"], json!([]), "nothing is given up");
    let cancelled = fixture.hotel.act(&booking, "cancel", &json!({})).await.expect(200).json();
    assert_eq!(cancelled["cancellationFee"]["amount"], "100.00");
}

/// Half of two lines of 230.87 is 230.87, not twice 115.43: a fee is rounded once for a booking.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fee_is_rounded_once() {
    let fixture = Fixture::set_up("ROUNDED").await;
    half(&fixture).await;
    for (day, rate, lines, fee) in [
        ("2027-01-01", "230.87", 2, "230.87"),
        ("2027-01-02", "0.01", 1, "0.01"),
        ("2027-01-02", "0.01", 3, "0.02"),
        ("2027-01-03", "33.33", 1, "16.67"),
    ] {
        let update = json!({"roomType": "DLX", "ratePlan": "HALF", "dateFrom": day, "dateTo": day, "rate": rate});
        fixture.hotel.ari(vec![update]).await.expect(200);
        let next = day.parse::<jiff::civil::Date>().unwrap().tomorrow().unwrap().to_string();
        let mut request = fixture.hotel.request(day, &next);
        let line = json!({"roomType": "DLX", "ratePlan": "HALF", "quantity": 1, "adults": 1});
        request["rooms"] = json!(vec![line; lines]);
        let booking = fixture.hotel.book(&request).await.expect(201).json();
        let cancelled = fixture.hotel.act(&booking, "cancel", &json!({})).await.expect(200).json();
        assert_eq!(cancelled["cancellationFee"]["amount"], fee, "{lines} lines at {rate}");
    }
}

/// A change of the type in the house counts from tonight: last night's rooms are history.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_type_changes_in_the_middle_of_a_stay() {
    let fixture = Fixture::with_suites("MOVES", 1).await;
    let hotel = &fixture.hotel;
    hotel.book(&hotel.request_of("SUI", 1, "2027-01-01", "2027-01-02")).await.expect(201);
    let booking = hotel.booked("2027-01-01", "2027-01-04").await;
    hotel.act(&booking, "check-in", &json!({})).await.expect(200);
    fixture.close("2027-01-01").await;
    let suite = json!({"rooms": [{"roomType": "SUI", "ratePlan": "FLEX", "quantity": 1, "adults": 2}]});
    let moved = hotel.act(&booking, "amend", &suite).await.expect(200).json();
    let lines: Vec<[&str; 3]> = moved["rooms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|room| ["roomType", "arrival", "departure"].map(|field| room[field].as_str().unwrap()))
        .collect();
    assert_eq!(lines, [["DLX", "2027-01-01", "2027-01-02"], ["SUI", "2027-01-02", "2027-01-04"]]);
    assert_eq!(moved["total"]["amount"], "300.00");
    for (room_type, day, sold) in
        [("DLX", "2027-01-01", 1), ("DLX", "2027-01-02", 0), ("SUI", "2027-01-02", 1), ("SUI", "2027-01-03", 1)]
    {
        assert_eq!(hotel.night(room_type, day).await["sold"], sold, "{room_type} on {day}");
    }
    // Longer in the new room; then away tonight.
    let longer = hotel.act(&booking, "amend", &json!({"departure": "2027-01-05"})).await.expect(200).json();
    assert_eq!(longer["rooms"][1]["departure"], "2027-01-05");
    let past = hotel.act(&booking, "amend", &json!({"departure": "2027-01-01"})).await;
    assert_eq!(past.status, 400, "{past:?}");
    fixture.close("2027-01-02").await;
    fixture.close("2027-01-03").await;
    let past = hotel.act(&booking, "amend", &json!({"departure": "2027-01-03"})).await;
    refused("nights that are over", &past, 422, "departure_in_past", "2027-01-04");
    let left = hotel.act(&booking, "check-out", &json!({})).await.expect(200).json();
    assert_eq!(left["departure"], "2027-01-04");
    // The receipts log tells the same, night by night.
    let ended = fixture.hotel.get(&booking).await;
    assert_eq!(ended["rooms"].as_array().unwrap().len(), 2);
}

/// An amendment of a guest keeps what it does not name; null and an empty text clear.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_is_merged() {
    let fixture = Fixture::set_up("MERGED").await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let mut guest = booking["guest"].clone();
    for (change, field, value) in [
        (json!({"email": "n@example.org"}), "email", "n@example.org"),
        (json!({"phone": null}), "phone", ""),
        (json!({"name": "Grace Hopper"}), "name", "Grace Hopper"),
        (json!({"email": ""}), "email", ""),
        (json!({}), "name", "Grace Hopper"),
    ] {
        guest[field] = json!(value);
        let amended = fixture.hotel.act(&booking, "amend", &json!({"guest": change})).await.expect(200).json();
        assert_eq!((&amended["guest"], &fixture.hotel.get(&booking).await["guest"]), (&guest, &guest), "{change}");
    }
    for change in [json!({"name": null}), json!({"name": " "}), json!({"name": ""})] {
        let answer = fixture.hotel.act(&booking, "amend", &json!({"guest": change})).await;
        refused("no name", &answer, 400, "invalid_field", "guest.name");
    }
}

/// Notes are the guest's data. Internal notes are for staff.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_has_notes() {
    let fixture = Fixture::set_up("NOTES").await;
    let wish = json!({"kind": "guest", "text": "A quiet room,\nplease"});
    let internal = json!({"kind": "internal", "text": "Complained last year"});
    let with = |notes: Value| fixture.request("/notes", Some(notes));
    let (channel, desk) = (fixture.hotel_of("channel"), fixture.hotel_of("desk"));
    refused("a channel", &channel.book(&with(json!([internal]))).await, 403, "forbidden", "notes[0].kind");
    for wrong in [json!([{"kind": "vip", "text": "x"}]), json!([{"kind": "guest", "text": " "}]), json!([{"kind": "guest"}])] {
        let answer = channel.book(&with(wrong.clone())).await;
        assert_eq!(answer.status, 400, "{wrong}: {answer:?}");
    }
    let blank = json!([wish, {"kind": "guest", "text": " "}]);
    refused("a blank note", &channel.book(&with(blank)).await, 400, "invalid_field", "notes[1].text");
    for text in ["pay with 4111 1111 1111 1111", "pay with 4111 1111\n1111 1111"] {
        let card = json!([{"kind": "guest", "text": text}]);
        refused(text, &channel.book(&with(card)).await, 400, "card_number", "notes[0].text");
    }
    let booking = channel.book(&with(json!([wish]))).await.expect(201).json();
    assert_eq!(booking["notes"], json!([wish]));
    let both = json!({"notes": [wish, internal]});
    assert_eq!(desk.act(&booking, "amend", &both).await.expect(200).json()["notes"], both["notes"]);
    assert_eq!(channel.get(&booking).await["notes"], json!([wish]));
    assert_eq!(desk.get(&booking).await["notes"], both["notes"]);
    // A channel replaces what it sees.
    channel.act(&booking, "amend", &json!({"notes": []})).await.expect(200);
    assert_eq!(desk.get(&booking).await["notes"], json!([internal]));
    assert_eq!(desk.get(&booking).await["guest"], booking["guest"]);
}
