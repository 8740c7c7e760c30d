//! Who sleeps in the rooms: names, addresses and children.

use keyrack_tests::fresh_key;
use serde_json::json;

use super::{Fixture, refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_has_letters_in_its_name_and_no_control_characters() {
    let fixture = Fixture::set_up("GUESTS").await;
    for (pointer, value, words) in [
        ("/guest", None, "guest is missing"),
        ("/guest", Some(json!(null)), "guest is missing"),
        ("/guest/name", None, "guest.name is missing"),
        ("/guest/name", Some(json!("   ")), "guest.name is missing"),
        ("/guest/name", Some(json!("\u{a0}\u{2003}")), "guest.name is missing"),
        ("/guest/name", Some(json!("Ada\u{1b}[2J")), "guest.name has a control character at character 4"),
        ("/guest/name", Some(json!("Ada\nconfirmed")), "guest.name has a control character"),
        ("/guest/name", Some(json!("Ada\u{0}")), "guest.name has a control character"),
        ("/guest/name", Some(json!("\u{202e}adA")), "guest.name has a control character"),
        ("/guest/phone", Some(json!("+351\r21")), "guest.phone has a control character"),
        ("/guest/email", Some(json!("not an email")), "guest.email is not an e-mail address"),
        ("/guest/email", Some(json!("a@b@example.org")), "guest.email is not"),
        ("/guest/email", Some(json!("ada@example")), "guest.email is not"),
        ("/guest/email", Some(json!("ada@")), "guest.email is not"),
        ("/channelRef", Some(json!("order\u{85}7")), "channelRef has a control character"),
        ("/payment/token", Some(json!("tok_\u{7f}")), "payment.token has a control character"),
    ] {
        let answer = fixture.hotel.book(&fixture.request(pointer, value)).await;
        refused(pointer, &answer, 400, "invalid_field", words);
    }
    for (pointer, value) in [
        ("/guest/name", "Zoë O'Neil-Smith"),
        ("/guest/name", "李明"),
        ("/guest/email", "ada+room.7@mail.example.co.uk"),
        ("/guest/phone", "0049 (89) 1234-567 ext. 8"),
        ("/channelRef", "BK/2027#00-1"),
    ] {
        fixture.hotel.book(&fixture.request(pointer, Some(json!(value)))).await.expect(201);
    }
}

/// A hold is checked as a booking is: its guests do not change when it is confirmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_room_has_an_adult_and_children_have_possible_ages() {
    let fixture = Fixture::set_up("ADULTS").await;
    refused(
        "none",
        &fixture.hotel.book(&fixture.request("/rooms/0/adults", None)).await,
        400,
        "invalid_field",
        "rooms[0].adults",
    );
    for (pointer, value, words) in [
        ("/rooms/0/adults", Some(json!(0)), "rooms[0].adults must be at least 1"),
        ("/rooms/0/childrenAges", Some(json!([3, 200])), "rooms[0].childrenAges[1]: send each age"),
        ("/rooms/0/childrenAges", Some(json!([18])), "rooms[0].childrenAges[0]: send each age"),
    ] {
        let request = fixture.request(pointer, value);
        refused(pointer, &fixture.hotel.book(&request).await, 400, "invalid_field", words);
        refused(pointer, &fixture.hold(&request).await, 400, "invalid_field", words);
    }
    let mut many = fixture.request("/rooms/0/adults", Some(json!(5)));
    refused("occupancy", &fixture.hold(&many).await, 422, "occupancy_exceeded", "");
    many["rooms"][0]["adults"] = json!(1);
    many["rooms"][0]["childrenAges"] = json!([0, 17]);
    let hold = fixture.hold(&many).await.expect(201).json();
    let confirm = format!("/v1/holds/{}/confirm", hold["holdId"].as_str().unwrap());
    let call = async |body| fixture.hotel.api.post(&confirm, &fresh_key()).json(&body).send().await;
    let nameless = call(json!({"guest": {"name": "  "}})).await;
    refused("confirm", &nameless, 400, "invalid_field", "guest.name is missing");
    call(json!({"guest": {"name": "Ada"}})).await.expect(201);
}

/// A hold may leave its guests open. Its confirmation names them, and then they are checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_names_the_guests_of_a_hold() {
    let fixture = Fixture::set_up("SEATED").await;
    let open = fixture.request("/rooms/0/adults", None);
    let hold = fixture.hold(&open).await.expect(201).json();
    let confirm = format!("/v1/holds/{}/confirm", hold["holdId"].as_str().unwrap());
    let call = async |rooms: Option<serde_json::Value>| {
        let mut body = json!({"guest": {"name": "Ada"}});
        if let Some(rooms) = rooms {
            body["rooms"] = rooms;
        }
        fixture.hotel.api.post(&confirm, &fresh_key()).json(&body).send().await
    };
    let one = |adults: u32| json!({"adults": adults, "childrenAges": [7]});
    refused("nobody", &call(None).await, 400, "invalid_field", "lines: 1");
    refused("no adult", &call(Some(json!([one(0)]))).await, 400, "invalid_field", "rooms[0].adults");
    refused("two lines", &call(Some(json!([one(1), one(1)]))).await, 400, "invalid_field", "lines: 1");
    refused("five guests", &call(Some(json!([one(4)]))).await, 422, "occupancy_exceeded", "4");
    let booking = call(Some(json!([one(2)]))).await.expect(201).json();
    assert_eq!((&booking["rooms"][0]["adults"], &booking["rooms"][0]["childrenAges"]), (&json!(2), &json!([7])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_amendment_to_no_rooms_is_refused() {
    let fixture = Fixture::set_up("NO-ROOMS").await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    for body in [json!({"departure": "2027-03-04", "rooms": []}), json!({"rooms": []})] {
        refused("amend", &fixture.hotel.act(&booking, "amend", &body).await, 400, "no_rooms", "rooms");
    }
    fixture.hotel.act(&booking, "amend", &json!({"departure": "2027-03-04"})).await.expect(200);
}
