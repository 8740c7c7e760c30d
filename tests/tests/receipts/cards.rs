//! Card numbers are refused in every text. A number that is not stored cannot be stolen.

use keyrack_tests::{Answer, fresh_key, refusal};
use serde_json::{Value, json};

use crate::Fixture;

/// Test numbers of the card schemes, written in the ways people write them.
const CARDS: [&str; 6] = [
    "4111111111111111",
    "5500 0000 0000 0004",
    "3782-822463-10005",
    "visa 4111-1111-1111-1111 exp 12/28",
    "30569309025904",
    "No.6011111111111117!",
];

const NO_CARDS: [&str; 7] = [
    "+351210000000",
    "+4915112345678901",
    "+1 202 555 0143",
    "4111111111111112",
    "BK-2026-000123",
    "5511912345676",
    "3004859217364156",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_number_is_refused_in_every_text_and_nothing_changes() {
    let fixture = Fixture::set_up("CARDS", 9).await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let hold = fixture.hotel.hold("2027-03-01", "2027-03-02", 600).await.expect(201).json();
    let confirm = format!("/v1/holds/{}/confirm", hold["holdId"].as_str().unwrap());
    let before = fixture.hotel.everything().await;
    for card in CARDS {
        let with = |pointer: &str, body: &Value| {
            let mut body = body.clone();
            let (parent, member) = pointer.rsplit_once('/').unwrap();
            body.pointer_mut(parent).unwrap()[member] = json!(card);
            body
        };
        let request = fixture.hotel.request("2027-03-01", "2027-03-03");
        for place in ["/guest/name", "/payment/token"] {
            if place == "/payment/token" && card.contains(char::is_alphabetic) {
                continue;
            }
            assert_refused(place, card, &fixture.hotel.book(&with(place, &request)).await);
            let body = json!({"guest": request["guest"], "payment": request["payment"]});
            let answer = fixture.hotel.api.post(&confirm, &fresh_key()).json(&with(place, &body)).send().await;
            assert_refused(place, card, &answer);
        }
        let amend = with("/guest/name", &json!({"guest": request["guest"]}));
        assert_refused("amend", card, &fixture.hotel.act(&booking, "amend", &amend).await);

        let operator = fixture.cluster.operator();
        let property = json!({"name": card, "timeZone": "Europe/Lisbon", "currency": "EUR"});
        for id in [fixture.hotel.id.as_str(), "CARDS-NEW"] {
            let answer = operator.put(&format!("/v1/properties/{id}"), &property).send().await;
            assert_refused("property name", card, &answer);
        }
        let here = format!("/v1/properties/{}", fixture.hotel.id);
        let room_type = json!({"name": card, "capacity": 9, "occupancy": 4});
        assert_refused("room type", card, &operator.put(&format!("{here}/room-types/DLX"), &room_type).send().await);
        let plan = json!({"name": card, "currency": "EUR"});
        assert_refused("rate plan", card, &operator.put(&format!("{here}/rate-plans/FLEX"), &plan).send().await);
    }
    assert_eq!(fixture.hotel.everything().await, before, "refused requests change nothing");
    fixture.cluster.operator().get("/v1/properties/CARDS-NEW").send().await.expect(404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telephone_numbers_and_references_are_not_card_numbers() {
    let fixture = Fixture::set_up("NO-CARDS", 50).await;
    for text in NO_CARDS {
        for place in ["name", "phone"] {
            let mut request = fixture.hotel.request("2027-03-01", "2027-03-03");
            request["guest"][place] = json!(text);
            // A reference is used once.
            request["channelRef"] = if place == "name" { json!(text) } else { json!("") };
            let booking = fixture.hotel.book(&request).await.expect(201).json();
            assert_eq!(booking["guest"][place], text);
        }
    }
}

/// One order number of 16 digits in ten has a correct check digit. Half of these references are order numbers, half are UUIDs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_order_number_is_refused_by_chance() {
    let fixture = Fixture::set_up("ORDERS", 700).await;
    let mut state = 7_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 8
    };
    let references = (0..600).map(|number| match number % 2 {
        0 => format!("{:016}", random() % 10_000_000_000_000_000),
        _ => format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            random() >> 24,
            random() >> 40,
            random() >> 44,
            random() >> 44,
            random() >> 8
        ),
    });
    for reference in references.chain(["4111111111111111".to_owned()]) {
        let mut request = fixture.hotel.request("2027-03-01", "2027-03-02");
        request["channelRef"] = json!(reference);
        fixture.hotel.book(&request).await.expect(201);
    }
}

#[track_caller]
fn assert_refused(place: &str, card: &str, answer: &Answer) {
    println!("{place}: {answer:?}");
    assert!(!refusal(answer, 400, "card_number").retryable, "{place}");
    let digits: String = answer.text().chars().filter(char::is_ascii_digit).collect();
    let number: String = card.chars().filter(char::is_ascii_digit).take(14).collect();
    assert!(!digits.contains(&number), "{place}: the refusal repeats the number: {answer:?}");
}
