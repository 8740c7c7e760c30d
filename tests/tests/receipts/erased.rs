//! After a guest is erased, the guest's data are gone. The booking and its proofs remain.

use keyrack_tests::receipts::Receipt;
use keyrack_tests::{Answer, Api, PATIENCE, fresh_key, refusal, until};
use serde_json::{Value, json};

use crate::{AMEND, BOOK, CANCEL, ERASE, Fixture, id_of};

/// The data of the guest of [`Hotel::request`](keyrack_tests::Hotel::request).
const GUEST: [&str; 3] = ["Ada Guest", "ada@example.com", "+351210000000"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_guest_is_gone_everywhere_and_the_booking_stays() {
    let fixture = Fixture::set_up("ERASED", 5).await;
    let key = fresh_key();
    let request = fixture.hotel.request("2027-03-01", "2027-03-03");
    let book = |api: &Api| api.post("/v1/bookings", &key).json(&request).send();
    let booking = book(&fixture.cluster.api("channel", 1)).await.expect(201).json();
    let (old, old_proved) = (fixture.receipt_of(&booking).await, fixture.check(&booking, BOOK).await);
    let kept = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let availability = fixture.hotel.availability("2027-03-01", "2027-03-10").await["roomTypes"].clone();

    let erased = erase(&fixture.cluster.api("manager", 2), &booking).await.expect(200).json();
    assert_eq!(erased["guestId"], booking["guestId"]);
    let erasure = fixture.check(&erased, ERASE).await;
    assert_eq!(erasure.leaf.previous, Some(old_proved.index));
    assert_eq!(erasure.leaf.rooms, {
        // The other booking has since taken a room of each night.
        let mut rooms = old_proved.leaf.rooms.clone();
        rooms[0].nights.iter_mut().for_each(|(_, remaining)| *remaining -= 1);
        rooms
    });
    assert_eq!(fixture.receipt_of(&erased).await.disclosures, []);
    let told = |digest: &[u8; 32]| old_proved.leaf.digests.contains(digest);
    assert!(!erasure.leaf.digests.iter().any(told), "the leaf of the erasure repeats a digest of the guest");

    // Earlier receipts still verify, with the claims that their holder has.
    assert_eq!(old.verify(&fixture.policy).unwrap(), old_proved);
    assert_eq!(fixture.hotel.availability("2027-03-01", "2027-03-10").await["roomTypes"], availability);
    for node in fixture.cluster.node_ids() {
        let hotel = fixture.at(node);
        let seen = hotel.get(&booking).await;
        assert_eq!((&seen["guest"], &seen["guestErased"]), (&Value::Null, &json!(true)), "node {node}");
        assert_eq!((&seen["state"], &seen["rooms"], &seen["total"]), (&booking["state"], &booking["rooms"], &booking["total"]));
        let list = hotel.bookings().await;
        let listed = list.iter().find(|entry| entry["bookingId"] == booking["bookingId"]).unwrap();
        assert_eq!((&listed["guest"], &listed["guestErased"]), (&Value::Null, &json!(true)), "node {node}");

        let path = format!("/v1/bookings/{}/receipt", id_of(&booking));
        let receipt = hotel.api.get(&path).header("Accept", "application/json").send().await.expect(200);
        assert_nothing_of_the_guest(&receipt);
        let receipt = Receipt::of_json(&receipt.json());
        assert_eq!(receipt.verify(&fixture.policy).unwrap().leaf, erasure.leaf);
        assert_eq!(receipt.disclosures, [], "nothing is left to disclose");
        assert_nothing_of_the_guest(&hotel.api.get(&path).send().await.expect(200));
        // A retry of the booking is the only retry that does not get the first answer.
        let again = book(&fixture.cluster.api("channel", node)).await.expect(201);
        assert_nothing_of_the_guest(&again);
        assert_eq!(again.json()["bookingId"], booking["bookingId"]);
        assert_eq!(hotel.get(&kept).await["guest"], request["guest"], "the other booking keeps its guest");
    }
    fixture.check(&kept, BOOK).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_can_be_repeated_and_the_booking_stays_usable() {
    let fixture = Fixture::set_up("ERASED-TWICE", 5).await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let manager = fixture.cluster.api("manager", 1);
    let path = format!("/v1/guests/{}/erase", booking["guestId"].as_str().unwrap());
    let key = fresh_key();
    let first = manager.post(&path, &key).send().await.expect(200);
    let size = fixture.check(&first.json(), ERASE).await.index + 1;
    for node in fixture.cluster.node_ids() {
        let manager = fixture.cluster.api("manager", node);
        let again = manager.post(&path, &key).send().await.expect(200);
        assert!(again.is_replayed());
        assert_eq!(again.text(), first.text());
        // With another key it is another request, which finds the guest already erased.
        let another = manager.post(&path, &fresh_key()).json(&json!({})).send().await.expect(200).json();
        for member in ["guestId", "bookingId", "erasedAt"] {
            assert_eq!(another[member], first.json()[member], "{member}");
        }
    }
    assert_eq!(fixture.hotel.get(&booking).await["revision"], 2, "only the first erasure changes the booking");

    let amended = fixture.hotel.act(&booking, "amend", &json!({"departure": "2027-03-05"})).await.expect(200).json();
    assert_eq!((&amended["guest"], &amended["guestErased"]), (&Value::Null, &json!(true)));
    assert_eq!(fixture.check(&amended, AMEND).await.leaf.previous, Some(size - 1), "there is no leaf between them");
    let cancelled = fixture.hotel.act(&booking, "cancel", &json!({})).await.expect(200).json();
    assert_eq!(cancelled["guest"], Value::Null);
    fixture.check(&cancelled, CANCEL).await;
    assert_eq!(fixture.hotel.sold("2027-03-01").await, 0);
}

/// The lines of the journal that have the booking with an earlier guest are cleaned too: a retry is answered from them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_reaches_the_lines_of_earlier_guests() {
    let fixture = Fixture::set_up("ERASED-BOTH", 5).await;
    let channel = fixture.cluster.api("channel", 1);
    let key = fresh_key();
    let mut request = fixture.hotel.request("2027-03-01", "2027-03-03");
    request["channelRef"] = json!("REF-OF-ADA");
    request["rooms"][0]["childrenAges"] = json!([7]);
    let book = || channel.post("/v1/bookings", &key).json(&request).send();
    let booking = book().await.expect(201).json();
    let other = json!({"guest": {"name": "Grace Guest"}});
    fixture.hotel.act(&booking, "amend", &other).await.expect(200);
    erase(&fixture.cluster.api("manager", 2), &booking).await.expect(200);
    let again = book().await.expect(201);
    assert!(again.is_replayed());
    assert_nothing_of_the_guest(&again);
    let said = again.text();
    assert!(!said.contains("REF-OF-ADA") && !said.contains("[7]"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_managers_and_operators_erase_and_only_an_existing_guest() {
    let fixture = Fixture::set_up("WHO-ERASES", 5).await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let path = format!("/v1/guests/{}/erase", booking["guestId"].as_str().unwrap());
    let before = fixture.hotel.everything().await;
    for role in ["channel", "desk", "auditor"] {
        let answer = fixture.cluster.api(role, 1).post(&path, &fresh_key()).send().await;
        refusal(&answer, 403, "forbidden");
    }
    let manager = fixture.cluster.api("manager", 1);
    refusal(&manager.with_key("no-such-key").post(&path, &fresh_key()).send().await, 401, "unauthenticated");
    let keyless = manager.call(reqwest::Method::POST, &path).send().await;
    refusal(&keyless, 400, "idempotency_key_required");
    refusal(&manager.post(&path, &fresh_key()).json(&json!({"all": true})).send().await, 400, "unknown_field");
    refusal(&manager.get(&path).send().await, 405, "method_not_allowed");
    let (head, last) = id_of(&booking).split_at(id_of(&booking).len() - 1);
    let unknown = format!("{head}{}", if last == "0" { "1" } else { "0" });
    for id in ["unknown", "%20", &unknown] {
        let answer = manager.post(&format!("/v1/guests/{id}/erase"), &fresh_key()).send().await;
        refusal(&answer, 404, "not_found");
    }
    assert_eq!(fixture.hotel.everything().await, before, "refused requests change nothing");
    erase(&fixture.cluster.operator(), &booking).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_reports_an_erasure_without_guest_data() {
    let fixture = Fixture::set_up("ERASED-FEED", 5).await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    for _ in 0..2 {
        erase(&fixture.cluster.api("manager", 3), &booking).await.expect(200);
    }
    for api in fixture.cluster.everywhere("auditor").into_iter().chain(fixture.cluster.everywhere("operator")) {
        let feed = api.get(&format!("/v1/events?propertyId={}", fixture.hotel.id)).send().await.expect(200);
        assert_nothing_of_the_guest(&feed);
        let feed = feed.json();
        let items = feed["items"].as_array().unwrap();
        let erased: Vec<_> = items.iter().filter(|event| event["type"] == "guest.erased").collect();
        assert_eq!(erased.len(), 1, "it happened once: {feed}");
        assert_eq!(erased[0]["booking"]["bookingId"], booking["bookingId"]);
        assert_eq!((&erased[0]["booking"]["guest"], &erased[0]["booking"]["guestErased"]), (&Value::Null, &json!(true)));
    }
}

/// What is in clear about a guest goes too: from the booking, from stored answers and from the events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_removes_reference_token_ages_and_the_guests_address() {
    const TRACES: [&str; 2] = ["REF-Zx81-quell", "tok_Zx81_quell"];
    let fixture = Fixture::set_up("ERASED-CLEAR", 5).await;
    let mut request = fixture.hotel.request("2027-03-01", "2027-03-03");
    request["channelRef"] = json!(TRACES[0]);
    request["payment"] = json!({"token": TRACES[1]});
    request["rooms"][0]["childrenAges"] = json!([3, 11]);
    request["rooms"][0]["adults"] = json!(1);
    let (channel, key) = (fixture.cluster.api("channel", 1), fresh_key());
    let booked = channel.post("/v1/bookings", &key).json(&request).send().await.expect(201).json();
    fixture.hotel.act(&booked, "amend", &json!({"departure": "2027-03-04"})).await.expect(200);
    let listed = async |api: &Api| {
        let path = format!("/v1/bookings?propertyId={}&channelRef={}", fixture.hotel.id, TRACES[0]);
        api.get(&path).send().await.expect(200).json()["items"].as_array().unwrap().len()
    };
    assert_eq!(listed(&channel).await, 1);
    // The guest signs in from an address of its own.
    let path = format!("/v1/bookings/{}/guest-link", id_of(&booked));
    let link = channel.post(&path, &fresh_key()).json(&json!({})).send().await.expect(201).json();
    let guest = channel.unauthenticated().from_address(std::net::Ipv4Addr::new(127, 44, 55, 66));
    let body = json!({"confirmationNumber": link["confirmationNumber"], "link": link["link"]});
    guest.post("/v1/guest-sessions", &fresh_key()).json(&body).send().await.expect(201);

    erase(&fixture.cluster.api("manager", 2), &booked).await.expect(200);
    let seen = fixture.hotel.get(&booked).await;
    assert_eq!((&seen["channelRef"], &seen["rooms"][0]["childrenAges"]), (&Value::Null, &json!([])), "{seen}");
    assert_eq!(seen["confirmationNumber"], booked["confirmationNumber"]);
    assert_eq!(listed(&channel).await, 0, "the reference leads to nothing");
    let again = channel.post("/v1/bookings", &key).json(&request).send().await.expect(201);
    let events = channel.get(&format!("/v1/events?propertyId={}&limit=500", fixture.hotel.id)).send().await.expect(200);
    let trail = until("the trail has the guest's sign-in", PATIENCE, async || {
        let mut trail = String::new();
        for shard in 1..=3 {
            let path = format!("/v1/audit?shard={shard}&limit=1000");
            trail += &fixture.cluster.api("auditor", 1).get(&path).send().await.expect(200).text();
        }
        trail.contains("\"guest.sign-in\"").then_some(trail)
    })
    .await;
    assert!(trail.contains("127.44.55.0"), "the guest's network is recorded: {trail}");
    let said = again.text() + &events.text() + &trail;
    for trace in TRACES.into_iter().chain(["127.44.55.66", "[3,11]"]) {
        assert!(!said.contains(trace), "{trace} is still told");
    }
}

pub async fn erase(api: &Api, booking: &Value) -> Answer {
    let guest = booking["guestId"].as_str().expect("a booking has a guestId");
    api.post(&format!("/v1/guests/{guest}/erase"), &fresh_key()).send().await
}

#[track_caller]
fn assert_nothing_of_the_guest(answer: &Answer) {
    for trace in GUEST.into_iter().chain(["guest.name", "guest.email", "guest.phone"]) {
        assert!(!answer.text().contains(trace), "{trace} is still in the answer: {answer:?}");
    }
}
