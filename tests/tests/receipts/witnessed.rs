//! Outside witnesses cosign the logs' checkpoints. A useless witness has no effect.

use std::time::{Duration, Instant};

use keyrack_tests::receipts::{LogView, Note, Receipt};
use keyrack_tests::witness::{Behaviour, Witness};
use keyrack_tests::{HotelPlan, PATIENCE, until};
use serde_json::Value;

use crate::{BOOK, Fixture, id_of};

const OFTEN: (&str, &str) = ("KEYRACK_RECEIPTS_WITNESS_INTERVAL_MS", "50");
/// A node waits 5 seconds for a witness. A booking that waited for one would take as long.
const UNDELAYED: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn later_receipts_carry_the_witness_cosignature_at_every_node() {
    let witness = Witness::start(1, Behaviour::Honest).await;
    let fixture = scene_with("WITNESSED", std::slice::from_ref(&witness)).await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let leaf = fixture.check(&booking, BOOK).await.leaf;
    for node in fixture.cluster.node_ids() {
        let receipt = witnessed_receipt(&fixture, node, &booking, &witness).await;
        assert_eq!(receipt.verify(&fixture.policy).unwrap().leaf, leaf);
        let proved = receipt.verify(&fixture.policy.requiring("outside", witness.key())).unwrap();
        assert!(proved.cosigners.contains(&"outside".to_string()));
        assert_eq!(receipt.disclosures.len(), 6, "it is still the whole receipt");
        let policy = fixture.policy.requiring("outside", Witness::start(99, Behaviour::Honest).await.key());
        receipt.verify(&policy).expect_err("another witness has not signed");
    }
    assert_eq!(witness.faults(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn useless_witnesses_delay_no_booking_and_are_never_served() {
    // Each useless behaviour, and how often such a witness must be asked: a second request means that its first answer
    // was read and refused. A witness that hangs up does not see which of the three shards asks. One that hangs or
    // claims more is not asked again for a long time.
    let useless = [
        (Behaviour::HangsUp, 7),
        (Behaviour::Hangs, 1),
        (Behaviour::Fails, 2),
        (Behaviour::TalksGarbage, 2),
        (Behaviour::NeverStops, 2),
        (Behaviour::SignsAnotherTree, 2),
        (Behaviour::SignsAsAnother, 2),
        (Behaviour::ClaimsMore, 1),
        (Behaviour::ConflictsForNoReason, 2),
    ];
    let mut witnesses = vec![Witness::start(1, Behaviour::Honest).await];
    for (number, (behaviour, _)) in (2..).zip(useless) {
        witnesses.push(Witness::start(number, behaviour).await);
    }
    let closed = Witness::start(90, Behaviour::Honest).await;
    closed.stop_listening();
    witnesses.push(closed);
    let fixture = scene_with("USELESS", &witnesses).await;
    let [honest, listening @ .., _] = witnesses.as_slice() else { unreachable!("eleven of them") };
    let origin = format!("dev/shard-{}", fixture.shard);
    let was_asked = |witness: &Witness, behaviour: Behaviour| match behaviour {
        Behaviour::HangsUp => witness.requests(),
        _ => witness.asked(&origin),
    };
    until("every witness that listens was asked", PATIENCE, async || {
        book_undelayed(&fixture).await;
        let mut pairs = listening.iter().zip(useless);
        pairs.all(|(witness, (behaviour, times))| was_asked(witness, behaviour) >= times).then_some(())
    })
    .await;
    let booking = book_undelayed(&fixture).await;
    for node in fixture.cluster.node_ids() {
        let receipt = witnessed_receipt(&fixture, node, &booking, honest).await;
        let checkpoint = fixture.log(node).checkpoint_note().await;
        for witness in &witnesses[1..] {
            assert!(!receipt.proof.contains(&witness.name), "{} is served: {}", witness.name, receipt.proof);
            assert!(!checkpoint.contains(&witness.name), "{} is served: {checkpoint}", witness.name);
        }
        assert!(!receipt.proof.contains("stranger.example"), "{}", receipt.proof);
    }
    assert_eq!(honest.faults(), Vec::<String>::new());
}

/// "The client MUST ignore any cosignatures from unknown keys": a witness may sign with several keys, also of another
/// kind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_of_an_unknown_key_does_not_invalidate_the_witness_own() {
    let witness = Witness::start(1, Behaviour::HonestWithAnotherKey).await;
    let fixture = scene_with("TWO-KEYS", std::slice::from_ref(&witness)).await;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let receipt = witnessed_receipt(&fixture, 1, &booking, &witness).await;
    assert!(!receipt.proof.contains("stranger.example"), "{}", receipt.proof);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_catches_up_with_a_witness_that_knows_a_newer_size() {
    let witness = Witness::start(1, Behaviour::Honest).await;
    let mut fixture = scene_with("CATCH-UP-WITNESS", std::slice::from_ref(&witness)).await;
    let before = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let old = witnessed_receipt(&fixture, 1, &before, &witness).await;
    let origin = format!("dev/shard-{}", fixture.shard);

    // A new leader does not know what the old leader sent.
    let conflicts = witness.conflicts();
    let leader = fixture.cluster.leader_of(fixture.shard).await;
    fixture.cluster.kill(leader);
    let survivor = fixture.cluster.others(leader)[0];
    until("a booking is taken without the leader", PATIENCE, async || {
        let hotel = fixture.at(survivor);
        let answer = hotel.book(&hotel.request("2027-03-01", "2027-03-02")).await;
        (answer.status == 201).then_some(())
    })
    .await;
    let known = witness.size_of(&origin);
    let booking = fixture.at(survivor).booked("2027-03-01", "2027-03-02").await;
    witnessed_receipt(&fixture, survivor, &booking, &witness).await;
    assert!(witness.conflicts() > conflicts && witness.size_of(&origin) > known);
    fixture.cluster.restart(leader);
    fixture.cluster.ready(leader).await;

    // After a restart of all nodes, none of them knows what was sent.
    let conflicts = witness.conflicts();
    fixture.cluster.kill_all();
    fixture.cluster.node_ids().for_each(|node| fixture.cluster.restart(node));
    for node in fixture.cluster.node_ids() {
        fixture.cluster.ready(node).await;
    }
    let after = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    for node in fixture.cluster.node_ids() {
        witnessed_receipt(&fixture, node, &after, &witness).await;
    }
    assert!(witness.conflicts() > conflicts, "the first request had an old size of 0");
    assert_eq!(witness.faults(), Vec::<String>::new());
    old.verify(&fixture.policy.requiring("outside", witness.key())).unwrap();
}

/// A cluster whose nodes are configured with these witnesses.
async fn scene_with(hotel: &str, witnesses: &[Witness]) -> Fixture {
    let mut fixture = Fixture::set_with(HotelPlan::new(hotel, 500), &[OFTEN]).await;
    witnesses.iter().for_each(|witness| witness.trust(&fixture.policy));
    let listed: toml::value::Array = witnesses
        .iter()
        .map(|witness| {
            let entry = [("url", witness.url().to_string()), ("key", witness.key().vkey())];
            toml::Value::Table(entry.into_iter().map(|(key, value)| (key.to_string(), value.into())).collect())
        })
        .collect();
    fixture.cluster.reconfigure(|config| {
        let receipts = config["receipts"].as_table_mut().expect("the configuration has [receipts]");
        receipts.insert("witnesses".into(), toml::Value::Array(listed.clone()));
    });
    for node in fixture.cluster.node_ids() {
        fixture.cluster.ready(node).await;
    }
    fixture.policy = LogView::policy(&fixture.cluster.operator(), 3).await;
    fixture
}

/// The receipt of a booking once the witness's cosignature is on it.
async fn witnessed_receipt(fixture: &Fixture, node: usize, booking: &Value, witness: &Witness) -> Receipt {
    let policy = fixture.policy.requiring("outside", witness.key());
    let path = format!("/v1/bookings/{}/receipt", id_of(booking));
    let api = fixture.cluster.api("channel", node);
    until(&format!("{} has cosigned at node {node}", witness.name), PATIENCE, async || {
        let answer = api.get(&path).header("Accept", "application/json").send().await;
        let receipt = Some(answer).filter(|answer| answer.status == 200).map(|answer| Receipt::of_json(&answer.json()))?;
        // Perhaps without the witness, but always valid.
        receipt.verify(&fixture.policy).unwrap();
        receipt.verify(&policy).ok().map(|_| receipt)
    })
    .await
}

/// Books at every node, with a receipt, in less time than a wait for a witness would take. Returns the last booking.
async fn book_undelayed(fixture: &Fixture) -> Value {
    let mut last = Value::Null;
    for node in fixture.cluster.node_ids() {
        let begin = Instant::now();
        last = fixture.at(node).booked("2027-03-01", "2027-03-02").await;
        let took = begin.elapsed();
        assert!(took < UNDELAYED, "a booking took {took:?}");
        fixture.check(&last, BOOK).await;
        Note::parse(&fixture.log(node).checkpoint_note().await).unwrap();
    }
    last
}
