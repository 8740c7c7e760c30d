//! The table of refusals: one row per case.

use keyrack_tests::{Api, Call, fresh_key};
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::Fixture;

pub struct Case {
    pub what: &'static str,
    pub status: u16,
    pub code: &'static str,
    pub retryable: bool,
    pub dates: Vec<&'static str>,
    pub call: Call,
}

pub fn cases(fixture: &Fixture) -> Vec<Case> {
    let mut cases = unreadable(fixture);
    cases.extend(impossible_stays(fixture));
    cases.extend(idempotency_keys(fixture));
    cases.extend(callers(fixture));
    cases.extend(unknown_things(fixture));
    cases.extend(inventory(fixture));
    cases.extend(wrong_states(fixture));
    cases
}

fn case(what: &'static str, status: u16, code: &'static str, call: Call) -> Case {
    Case { what, status, code, retryable: false, dates: Vec::new(), call }
}

fn unreadable(fixture: &Fixture) -> Vec<Case> {
    let api = &fixture.hotel.api;
    let post = || api.post("/v1/bookings", &fresh_key());
    let request = fixture.hotel.request("2027-06-01", "2027-06-02");
    let mut broken_text = request.to_string().into_bytes();
    let name = broken_text.windows(3).position(|window| window == b"Ada").unwrap();
    broken_text[name] = 0xff;
    let half = request.to_string()[..40].to_string();
    let bookings = format!("/v1/bookings?propertyId={}&cursor=%21nonsense", fixture.hotel.id);
    let events = format!("/v1/events?propertyId={}&after=%21nonsense", fixture.hotel.id);
    vec![
        case("half a document", 400, "invalid_json", post().body("application/json", half)),
        case("not UTF-8", 400, "invalid_utf8", post().body("application/json", broken_text)),
        case("an unknown field", 400, "unknown_field", post().json(&with(&request, "colour", json!("red")))),
        case("an unknown field inside a room", 400, "unknown_field", post().json(&room_with(&request, "view", json!("sea")))),
        case("an ill-typed field", 400, "invalid_field", post().json(&room_with(&request, "quantity", json!("two")))),
        case("a missing field", 400, "invalid_field", post().json(&without(&request, "arrival"))),
        case("not JSON", 415, "unsupported_media_type", post().body("text/plain", request.to_string())),
        case("an invented list cursor", 400, "invalid_cursor", api.get(&bookings)),
        case("an invented event cursor", 400, "invalid_cursor", api.get(&events)),
        case("a cursor of a cluster that had more events", 400, "cursor_ahead", api.get("/v1/events?after=1.0-2.0-3.999999999")),
        case("an unsupported method", 405, "method_not_allowed", api.call(Method::PATCH, "/v1/bookings")),
    ]
}

fn impossible_stays(fixture: &Fixture) -> Vec<Case> {
    let stay = |arrival: &str, departure: &str| {
        let request = fixture.hotel.request(arrival, departure);
        fixture.hotel.api.post("/v1/bookings", &fresh_key()).json(&request)
    };
    let rooms = |rooms: Value| {
        let request = with(&fixture.hotel.request("2027-06-01", "2027-06-02"), "rooms", rooms);
        fixture.hotel.api.post("/v1/bookings", &fresh_key()).json(&request)
    };
    let singles = |count: u32| json!({"roomType": "SGL", "ratePlan": "FLEX", "quantity": count, "adults": 1, "childrenAges": []});
    let crowd = json!([{"roomType": "SGL", "ratePlan": "FLEX", "quantity": 1, "adults": 5, "childrenAges": []}]);
    vec![
        case("30 February", 400, "invalid_date", stay("2027-02-30", "2027-03-02")),
        case("not a date", 400, "invalid_date", stay("tomorrow", "2027-03-02")),
        case("no night", 400, "invalid_stay", stay("2027-06-01", "2027-06-01")),
        case("departure before arrival", 400, "invalid_stay", stay("2027-06-02", "2027-06-01")),
        case("367 nights", 400, "stay_too_long", stay("2027-01-02", "2028-01-04")),
        case("before the business date", 422, "arrival_in_past", stay("2026-12-31", "2027-01-02")),
        case("no rooms", 400, "no_rooms", rooms(json!([]))),
        case("51 rooms in one line", 400, "too_many_rooms", rooms(json!([singles(51)]))),
        case("51 rooms in two lines", 400, "too_many_rooms", rooms(json!([singles(25), singles(26)]))),
        case("five in a room for four", 422, "occupancy_exceeded", rooms(crowd)),
    ]
}

fn idempotency_keys(fixture: &Fixture) -> Vec<Case> {
    let api = &fixture.hotel.api;
    let request = fixture.hotel.request("2027-06-01", "2027-06-02");
    let keyed = |key: &str| api.post("/v1/bookings", key).json(&request);
    let other_payload = with(&fixture.used_request, "departure", json!("2027-03-13"));
    let reused = api.post("/v1/bookings", &fixture.used_key).json(&other_payload);
    let keyless = |path: &str| api.call(Method::POST, path).json(&request);
    let ari = format!("/v1/properties/{}/ari", fixture.hotel.id);
    vec![
        case("a booking without a key", 400, "idempotency_key_required", keyless("/v1/bookings")),
        case("a hold without a key", 400, "idempotency_key_required", keyless("/v1/holds")),
        case(
            "an ARI update without a key",
            400,
            "idempotency_key_required",
            api.call(Method::POST, &ari).json(&json!({"updates": []})),
        ),
        case("an empty key", 400, "invalid_idempotency_key", keyed("")),
        case("a key of 201 characters", 400, "invalid_idempotency_key", keyed(&"k".repeat(201))),
        case("a key with a blank inside", 400, "invalid_idempotency_key", keyed("two words")),
        case("a key with another payload", 422, "idempotency_key_reused", reused),
    ]
}

fn callers(fixture: &Fixture) -> Vec<Case> {
    let request = fixture.hotel.request("2027-06-01", "2027-06-02");
    let book = |api: &Api| api.post("/v1/bookings", &fresh_key()).json(&request);
    let room_type = format!("/v1/properties/{}/room-types/DLX", fixture.hotel.id);
    let plan = format!("/v1/properties/{}/rate-plans/FLEX", fixture.hotel.id);
    let ari = format!("/v1/properties/{}/ari", fixture.hotel.id);
    let more_rooms = json!({"name": "Deluxe", "capacity": 9, "occupancy": 4});
    let raise = json!({"updates": [{"roomType": "DLX", "dateFrom": "2027-06-01", "dateTo": "2027-06-01", "capacity": 9}]});
    let check_in = format!("{}/check-in", path_of(&fixture.booked));
    let stranger = fixture.hotel.api.with_key("no-such-key");
    vec![
        case("a wrong API key", 401, "unauthenticated", book(&stranger)),
        case("a wrong API key that reads", 401, "unauthenticated", stranger.get(&path_of(&fixture.booked))),
        case("an auditor who books", 403, "forbidden", book(&fixture.auditor)),
        case("a channel that adds rooms", 403, "forbidden", fixture.channel.put(&room_type, &more_rooms)),
        case("a channel that raises capacity", 403, "forbidden", fixture.channel.post(&ari, &fresh_key()).json(&raise)),
        case(
            "a channel that checks a guest in",
            403,
            "forbidden",
            fixture.channel.post(&check_in, &fresh_key()).json(&json!({})),
        ),
        case(
            "a desk that changes a rate plan",
            403,
            "forbidden",
            fixture.desk.put(&plan, &json!({"name": "Mine", "currency": "EUR"})),
        ),
    ]
}

fn unknown_things(fixture: &Fixture) -> Vec<Case> {
    let api = &fixture.hotel.api;
    let request = fixture.hotel.request("2027-06-01", "2027-06-02");
    let post = |request: &Value| api.post("/v1/bookings", &fresh_key()).json(request);
    let availability = "/v1/properties/NOWHERE/availability?from=2027-06-01&to=2027-06-02";
    let offers = "/v1/offers?propertyId=NOWHERE&arrival=2027-06-01&departure=2027-06-02&adults=2";
    let confirm = api.post("/v1/holds/no-such-hold/confirm", &fresh_key());
    let confirm = confirm.json(&json!({"guest": request["guest"]}));
    let cancel = api.post("/v1/bookings/no-such-booking/cancel", &fresh_key());
    vec![
        case("an unknown booking", 404, "not_found", api.get("/v1/bookings/no-such-booking")),
        case("cancel an unknown booking", 404, "not_found", cancel.json(&json!({}))),
        case("confirm an unknown hold", 404, "not_found", confirm),
        case("an unknown property", 404, "not_found", api.get("/v1/properties/NOWHERE")),
        case("an id that is not UTF-8", 404, "not_found", api.get("/v1/properties/%FF")),
        case("an unknown route", 404, "not_found", api.get("/v1/minibar")),
        case("book at an unknown property", 404, "unknown_property", post(&with(&request, "propertyId", json!("NOWHERE")))),
        case("availability of an unknown property", 404, "unknown_property", api.get(availability)),
        case("offers of an unknown property", 404, "unknown_property", api.get(offers)),
        case("an unknown room type", 422, "unknown_room_type", post(&room_with(&request, "roomType", json!("IGLOO")))),
        case("an unknown rate plan", 422, "unknown_rate_plan", post(&room_with(&request, "ratePlan", json!("GOLD")))),
    ]
}

fn inventory(fixture: &Fixture) -> Vec<Case> {
    let hotel = &fixture.hotel;
    let post = |request: &Value| hotel.api.post("/v1/bookings", &fresh_key()).json(request);
    let room_type = format!("/v1/properties/{}/room-types/DLX", hotel.id);
    let huge = json!({"name": "Deluxe", "capacity": 2_000_000_000, "occupancy": 4});
    let hold = json!({
        "propertyId": hotel.id, "arrival": "2027-03-11", "departure": "2027-03-13",
        "rooms": [{"roomType": "DLX", "ratePlan": "FLEX", "quantity": 1, "adults": 1}],
    });
    let amend = json!({
        "arrival": "2027-03-10", "departure": "2027-03-12",
        "rooms": [{"roomType": "DLX", "ratePlan": "FLEX", "quantity": 2, "adults": 2, "childrenAges": []}],
    });
    let amend_path = format!("{}/amend", path_of(&fixture.booked));
    vec![
        Case {
            dates: vec!["2027-03-10", "2027-03-11"],
            ..case("two of four nights are taken", 409, "sold_out", post(&hotel.request("2027-03-09", "2027-03-13")))
        },
        Case {
            dates: vec!["2027-03-11"],
            ..case("a hold on a taken night", 409, "sold_out", hotel.api.post("/v1/holds", &fresh_key()).json(&hold))
        },
        Case {
            dates: vec!["2027-03-10", "2027-03-11"],
            ..case("an amendment that does not fit", 409, "sold_out", hotel.api.post(&amend_path, &fresh_key()).json(&amend))
        },
        Case {
            dates: vec!["2027-04-10"],
            ..case(
                "a night on which nothing is sold",
                409,
                "restricted",
                post(&hotel.request_of("SGL", 1, "2027-04-09", "2027-04-12")),
            )
        },
        case("a capacity that is too large", 422, "capacity_too_large", hotel.api.put(&room_type, &huge)),
    ]
}

fn wrong_states(fixture: &Fixture) -> Vec<Case> {
    let api = &fixture.hotel.api;
    let post = |path: &str, body: Value| api.post(path, &fresh_key()).json(&body);
    let guest = json!({"guest": fixture.used_request["guest"], "payment": {"token": "tok_test"}});
    let check_in = format!("{}/check-in", path_of(&fixture.booked));
    let check_out = format!("{}/check-out", path_of(&fixture.booked));
    let cancel = format!("{}/cancel", path_of(&fixture.booked));
    let amend = format!("{}/amend", path_of(&fixture.cancelled));
    let amend_booked = format!("{}/amend", path_of(&fixture.booked));
    let late = format!("/v1/holds/{}/confirm", fixture.expired_hold);
    let released = format!("/v1/holds/{}/confirm", fixture.released_hold);
    let longer = json!({"arrival": "2027-05-01", "departure": "2027-05-03"});
    let close = format!("/v1/properties/{}/close-business-date", fixture.hotel.id);
    vec![
        case("check-out before check-in", 409, "wrong_state", post(&check_out, json!({}))),
        case("amend what is cancelled", 409, "wrong_state", post(&amend, longer)),
        case("an arrival on the day of leaving", 400, "invalid_stay", post(&amend_booked, json!({"arrival": "2027-03-12"}))),
        case("a departure on the day of arrival", 400, "invalid_stay", post(&amend_booked, json!({"departure": "2027-03-10"}))),
        case("stay for 367 nights", 400, "stay_too_long", post(&amend_booked, json!({"departure": "2028-03-11"}))),
        case("check in before the day of arrival", 409, "wrong_state", post(&check_in, json!({}))),
        case("confirm a released hold", 409, "wrong_state", post(&released, guest.clone())),
        case("close a day that is not open", 409, "wrong_state", post(&close, json!({"expectedFrom": "2027-01-09"}))),
        case("confirm an expired hold", 410, "hold_expired", post(&late, guest)),
        case("cancel another revision", 412, "precondition_failed", post(&cancel, json!({})).header("If-Match", "\"99\"")),
        case("check in another revision", 412, "precondition_failed", post(&check_in, json!({})).header("If-Match", "\"99\"")),
        case("check out another revision", 412, "precondition_failed", post(&check_out, json!({})).header("If-Match", "\"99\"")),
    ]
}

fn path_of(booking: &Value) -> String {
    format!("/v1/bookings/{}", booking["bookingId"].as_str().unwrap())
}

fn with(request: &Value, member: &str, value: Value) -> Value {
    let mut request = request.clone();
    request[member] = value;
    request
}

fn room_with(request: &Value, member: &str, value: Value) -> Value {
    let mut request = request.clone();
    request["rooms"][0][member] = value;
    request
}

fn without(request: &Value, member: &str) -> Value {
    let mut request = request.clone();
    request.as_object_mut().unwrap().remove(member);
    request
}
