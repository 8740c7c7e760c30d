//! A receipt is fetched later.

use keyrack_tests::receipts::Receipt;
use keyrack_tests::refusal;
use serde_json::json;

use crate::{BOOK, CANCEL, Fixture, id_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_is_fetched_as_text_and_as_json_at_every_node() {
    let fixture = Fixture::set_up("FETCHED", 5).await;
    let booking = fixture.at(1).booked("2027-03-01", "2027-03-03").await;
    let attached = fixture.receipt_of(&booking).await;
    let proved = fixture.check(&booking, BOOK).await;
    let path = format!("/v1/bookings/{}/receipt", id_of(&booking));
    for api in fixture.cluster.everywhere("channel") {
        let text = api.get(&path).header("Accept", "text/plain").send().await.expect(200);
        assert_eq!(text.header("Content-Type"), Some("text/plain; charset=utf-8"));
        let of_text = Receipt::of_text(&text.text()).unwrap();
        assert_eq!(of_text.verify(&fixture.policy).unwrap().leaf, proved.leaf);
        // Text is the default for callers without a specific `Accept`, such as `curl`.
        let plain = api.get(&path).send().await.expect(200);
        assert!(plain.text().starts_with("c2sp.org/tlog-proof@v1\n"), "{plain:?}");

        let answer = api.get(&path).header("Accept", "application/json").send().await.expect(200);
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        let of_json = Receipt::of_json(&answer.json());
        assert_eq!(of_json.verify(&fixture.policy).unwrap().leaf, proved.leaf);
        assert_eq!(of_json.disclosures, attached.disclosures);
        assert_eq!(answer.json()["index"], proved.index);
        assert_eq!(answer.json()["origin"], proved.checkpoint.origin);
    }
    // It is always the receipt of the newest event.
    let cancelled = fixture.hotel.act(&booking, "cancel", &json!({})).await.expect(200).json();
    fixture.check(&cancelled, CANCEL).await;
    for api in fixture.cluster.everywhere("channel") {
        let answer = api.get(&path).header("Accept", "application/json").send().await.expect(200).json();
        fixture.check(&json!({"bookingId": booking["bookingId"], "receipt": answer}), CANCEL).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_can_verify_a_receipt_without_seeing_the_guest() {
    let fixture = Fixture::set_up("AUDITED", 5).await;
    let booking = fixture.at(1).booked("2027-03-01", "2027-03-03").await;
    fixture.check(&booking, BOOK).await;
    let path = format!("/v1/bookings/{}/receipt", id_of(&booking));
    for auditor in fixture.cluster.everywhere("auditor") {
        let answer = auditor.get(&path).header("Accept", "application/json").send().await.expect(200);
        for secret in ["guest.", "Ada", "ada@example.com", "+351210000000"] {
            assert!(!answer.text().contains(secret), "{secret}: {answer:?}");
        }
        Receipt::of_json(&answer.json()).verify(&fixture.policy).unwrap();
        let text = auditor.get(&path).send().await.expect(200);
        Receipt::of_text(&text.text()).unwrap().verify(&fixture.policy).unwrap();
    }
    let anonymous = fixture.cluster.operator().anonymous(&path).send().await;
    refusal(&anonymous, 401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_bookings_have_receipts() {
    let fixture = Fixture::set_up("NO-RECEIPT", 5).await;
    let booking = fixture.at(1).booked("2027-03-01", "2027-03-03").await;
    let hold = fixture.hotel.hold("2027-03-01", "2027-03-02", 600).await.expect(201).json();
    let unknown = id_of(&booking).chars().rev().collect::<String>();
    let (head, last) = id_of(&booking).split_at(id_of(&booking).len() - 1);
    let next = format!("{head}{}", if last == "0" { "1" } else { "0" });
    for id in ["nothing", "bk_", "%00", &unknown, &next, hold["holdId"].as_str().unwrap()] {
        let answer = fixture.hotel.api.get(&format!("/v1/bookings/{id}/receipt")).send().await;
        refusal(&answer, 404, "not_found");
    }
}
