//! A refused body: the path of the field, and what belongs there.

use keyrack_tests::fresh_key;

use super::{Fixture, refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_names_the_path_and_what_was_expected() {
    let fixture = Fixture::set_up("PATHS").await;
    let room = |room: &str| format!(r#"{{"propertyId": "PATHS", "rooms": [{{"adults": 1}}, {room}]}}"#);
    for (body, code, words) in [
        (r#"{"guestComment": 1}"#.to_owned(), "unknown_field", "guestComment: this field does not exist"),
        (room(r#"{"colour": "red"}"#), "unknown_field", "rooms[1].colour: this field does not exist"),
        (room(r#"{"adults": "2"}"#), "invalid_field", "rooms[1].adults: send a whole number"),
        (room(r#"{"adults": -1}"#), "invalid_field", "rooms[1].adults: send a whole number"),
        (room(r#"{"childrenAges": [3, "x"]}"#), "invalid_field", "rooms[1].childrenAges[1]: send a whole number"),
        (room(r#"{"roomType": 7}"#), "invalid_field", "rooms[1].roomType: send a text"),
        (r#"{"guest": {"name": true}}"#.to_owned(), "invalid_field", "guest.name: send a text"),
        (r#"{"guest": "Ada"}"#.to_owned(), "invalid_field", "guest: send an object"),
        (r#"{"rooms": "DLX"}"#.to_owned(), "invalid_field", "rooms: send a list"),
        (
            r#"{"arrival": "2027-01-01", "arrival": "2027-01-02"}"#.to_owned(),
            "invalid_field",
            "arrival: this field is in the body twice",
        ),
        (r#"{"guest": {"name": "A", "name": "B"}}"#.to_owned(), "invalid_field", "guest.name: this field is in the body twice"),
    ] {
        let answer = fixture.hotel.api.post("/v1/bookings", &fresh_key()).body("application/json", body.clone()).send().await;
        refused(&body, &answer, 400, code, words);
    }
}
