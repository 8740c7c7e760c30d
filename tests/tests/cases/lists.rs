//! Lists of bookings.

use keyrack_tests::{fresh_key, percent_encoded};
use serde_json::json;

use super::{Fixture, refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_has_bookings_in_several_states() {
    let fixture = Fixture::set_up("STATES").await;
    let hotel = &fixture.hotel;
    let kept = hotel.booked("2027-03-01", "2027-03-02").await;
    let cancelled = hotel.booked("2027-03-02", "2027-03-03").await;
    hotel.act(&cancelled, "cancel", &json!({})).await.expect(200);
    let list = async |states: &str| hotel.api.get(&format!("/v1/bookings?propertyId={}&state={states}", hotel.id)).send().await;
    for (states, found) in [
        ("confirmed", vec![&kept]),
        ("cancelled", vec![&cancelled]),
        ("confirmed,cancelled", vec![&kept, &cancelled]),
        ("cancelled,%20confirmed,no_show", vec![&kept, &cancelled]),
        ("no_show,checked_in", vec![]),
        ("", vec![&kept, &cancelled]),
    ] {
        let answer = list(states).await.expect(200).json();
        let ids: Vec<_> = answer["items"].as_array().unwrap().iter().map(|one| &one["bookingId"]).collect();
        assert_eq!(ids, found.iter().map(|one| &one["bookingId"]).collect::<Vec<_>>(), "{states}");
    }
    for states in ["confirmed,", "confirmed,lost", ","] {
        refused(states, &list(states).await, 400, "invalid_field", "state");
    }
}

/// The same letters can be written as one character or as two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_is_found_in_either_form_of_unicode() {
    let fixture = Fixture::set_up("FORMS").await;
    for (number, sent) in ["Cafe\u{301}-1", "Caf\u{e9}-2"].iter().enumerate() {
        let booked = fixture.hotel.book(&fixture.request("/channelRef", Some(json!(sent)))).await.expect(201).json();
        for asked in ["Cafe%CC%81", "Caf%C3%A9"] {
            let path = format!("/v1/bookings?propertyId=FORMS&channelRef={asked}-{}", number + 1);
            let list = fixture.hotel.api.get(&path).send().await.expect(200).json();
            assert_eq!(list["items"][0]["bookingId"], booked["bookingId"], "{sent} as {asked}");
        }
    }
}

/// The answer to a confirmation can be lost. With a new key the caller learns what became of its hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_shows_what_became_of_it() {
    let fixture = Fixture::set_up("HOLDS").await;
    let api = &fixture.hotel.api;
    let read = async |hold: &str| api.get(&format!("/v1/holds/{hold}")).send().await;
    let request = fixture.hotel.request("2027-03-01", "2027-03-03");
    let hold = fixture.hold(&request).await.expect(201).json();
    let id = hold["holdId"].as_str().unwrap();
    assert_eq!(read(id).await.expect(200).json(), hold);
    let confirm = || api.post(&format!("/v1/holds/{id}/confirm"), &fresh_key()).json(&json!({"guest": {"name": "Ada"}})).send();
    let booking = confirm().await.expect(201).json();
    let now = read(id).await.expect(200).json();
    assert_eq!((&now["state"], &now["bookingId"]), (&json!("confirmed"), &booking["bookingId"]));
    refused("confirm again", &confirm().await, 409, "wrong_state", booking["bookingId"].as_str().unwrap());

    let other = fixture.hold(&request).await.expect(201).json();
    let other = other["holdId"].as_str().unwrap();
    api.delete(&format!("/v1/holds/{other}"), &fresh_key()).send().await.expect_success();
    assert_eq!(read(other).await.expect(200).json()["state"], "released");
    for unknown in ["hd_00000020d1z4498bcppn6xycc4", "nonsense"] {
        read(unknown).await.expect(404);
    }
}

/// A booking that moves between the first two pages is listed, however many pages follow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_many_pages_misses_no_booking_that_moves() {
    let fixture = Fixture::set_up("PAGES").await;
    let hotel = &fixture.hotel;
    let mut bookings = Vec::new();
    for day in 10..14 {
        bookings.push(hotel.booked(&format!("2027-03-{day}"), "2027-03-20").await);
    }
    let page = async |cursor: &str| {
        let path = format!("/v1/bookings?propertyId=PAGES&limit=1&cursor={}", percent_encoded(cursor));
        hotel.api.get(&path).send().await.expect(200).json()
    };
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for number in 0..20 {
        let answer = page(&cursor).await;
        seen.extend(answer["items"].as_array().unwrap().iter().map(|one| one["bookingId"].clone()));
        if number == 0 {
            hotel.act(&bookings[3], "amend", &json!({"arrival": "2027-03-09"})).await.expect(200);
            hotel.booked("2027-04-01", "2027-04-02").await;
        }
        match answer["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    for booking in &bookings {
        assert!(seen.contains(&booking["bookingId"]), "{booking} is missing");
    }
}

/// A page ends early if its bookings are large, so that no list takes much memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_large_bookings_is_short() {
    let fixture = Fixture::set_up("LARGE").await;
    let hotel = &fixture.hotel;
    let mut request = hotel.request("2027-01-02", "2028-01-01");
    let prices = vec!["9999999999.99"; 364];
    let line = json!({"roomType": "DLX", "ratePlan": "FLEX", "quantity": 1, "adults": 1, "sellerNightly": prices});
    request["rooms"] = json!(vec![line; 50]);
    for _ in 0..5 {
        let booking = hotel.book(&request).await.expect(201).json();
        hotel.act(&booking, "cancel", &json!({})).await.expect(200);
    }
    let mut path = "/v1/bookings?propertyId=LARGE".to_owned();
    let mut pages = Vec::new();
    loop {
        let answer = hotel.api.get(&path).send().await.expect(200).json();
        pages.push(answer["items"].as_array().unwrap().len());
        let Some(next) = answer["nextCursor"].as_str() else { break };
        path = format!("/v1/bookings?propertyId=LARGE&cursor={}", percent_encoded(next));
    }
    assert!(pages.len() > 1 && pages.iter().sum::<usize>() == 5, "{pages:?}");
}
