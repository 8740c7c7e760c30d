//! Outside witnesses cosign the logs' checkpoints; one that is of no use does no harm.

use std::time::{Duration, Instant};

use keyrack_tests::receipts::{LogView, Note, Receipt};
use keyrack_tests::witness::{Behaviour, Witness};
use keyrack_tests::{HotelPlan, PATIENCE, until};
use serde_json::Value;

use crate::{BOOK, Scene, id_of};

const OFTEN: (&str, &str) = ("KEYRACK_RECEIPTS_WITNESS_INTERVAL_MS", "50");
/// A node gives a witness 5 seconds; a booking that waited for one would take as long.
const UNDELAYED: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn later_receipts_carry_the_witness_cosignature_at_every_node() {
    let witness = Witness::start(1, Behaviour::Honest).await;
    let scene = scene_with("WITNESSED", std::slice::from_ref(&witness)).await;
    let booking = scene.hotel.booked("2027-03-01", "2027-03-03").await;
    let leaf = scene.check(&booking, BOOK).await.leaf;
    for node in scene.cluster.node_ids() {
        let receipt = witnessed_receipt(&scene, node, &booking, &witness).await;
        assert_eq!(receipt.verify(&scene.policy).unwrap().leaf, leaf);
        let proved = receipt.verify(&scene.policy.requiring("outside", witness.key())).unwrap();
        assert!(proved.cosigners.contains(&"outside".to_string()));
        assert_eq!(receipt.disclosures.len(), 6, "it is still the whole receipt");
        let policy = scene.policy.requiring("outside", Witness::start(99, Behaviour::Honest).await.key());
        receipt.verify(&policy).expect_err("another witness has not signed");
    }
    assert_eq!(witness.faults(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn witnesses_that_are_of_no_use_delay_no_booking_and_are_never_served() {
    // And how often each has to be asked: a second time means that its first answer was read and not taken. One that
    // hangs up does not see for which of the three shards; one that hangs or claims more is left alone for long.
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
    let scene = scene_with("USELESS", &witnesses).await;
    let [honest, listening @ .., _] = witnesses.as_slice() else { unreachable!("eleven of them") };
    let origin = format!("dev/shard-{}", scene.shard);
    let was_asked = |witness: &Witness, behaviour: Behaviour| match behaviour {
        Behaviour::HangsUp => witness.requests(),
        _ => witness.asked(&origin),
    };
    until("every witness that listens was asked", PATIENCE, async || {
        book_undelayed(&scene).await;
        let mut pairs = listening.iter().zip(useless);
        pairs.all(|(witness, (behaviour, times))| was_asked(witness, behaviour) >= times).then_some(())
    })
    .await;
    let booking = book_undelayed(&scene).await;
    for node in scene.cluster.node_ids() {
        let receipt = witnessed_receipt(&scene, node, &booking, honest).await;
        let checkpoint = scene.log(node).checkpoint_note().await;
        for witness in &witnesses[1..] {
            assert!(!receipt.proof.contains(&witness.name), "{} is served: {}", witness.name, receipt.proof);
            assert!(!checkpoint.contains(&witness.name), "{} is served: {checkpoint}", witness.name);
        }
        assert!(!receipt.proof.contains("stranger.example"), "{}", receipt.proof);
    }
    assert_eq!(honest.faults(), Vec::<String>::new());
}

/// "The client MUST ignore any cosignatures from unknown keys": a witness may sign with several, one of another kind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_of_an_unknown_key_does_not_spoil_the_witness_own() {
    let witness = Witness::start(1, Behaviour::HonestWithAnotherKey).await;
    let scene = scene_with("TWO-KEYS", std::slice::from_ref(&witness)).await;
    let booking = scene.hotel.booked("2027-03-01", "2027-03-03").await;
    let receipt = witnessed_receipt(&scene, 1, &booking, &witness).await;
    assert!(!receipt.proof.contains("stranger.example"), "{}", receipt.proof);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_that_knows_more_than_a_node_remembers_is_caught_up_with() {
    let witness = Witness::start(1, Behaviour::Honest).await;
    let mut scene = scene_with("CATCH-UP-WITNESS", std::slice::from_ref(&witness)).await;
    let before = scene.hotel.booked("2027-03-01", "2027-03-03").await;
    let old = witnessed_receipt(&scene, 1, &before, &witness).await;
    let origin = format!("dev/shard-{}", scene.shard);

    // A new leader does not know what the old one has sent.
    let conflicts = witness.conflicts();
    let leader = scene.cluster.leader_of(scene.shard).await;
    scene.cluster.kill(leader);
    let survivor = scene.cluster.others(leader)[0];
    until("a booking is taken without the leader", PATIENCE, async || {
        let hotel = scene.at(survivor);
        let answer = hotel.book(&hotel.request("2027-03-01", "2027-03-02")).await;
        (answer.status == 201).then_some(())
    })
    .await;
    let known = witness.size_of(&origin);
    let booking = scene.at(survivor).booked("2027-03-01", "2027-03-02").await;
    witnessed_receipt(&scene, survivor, &booking, &witness).await;
    assert!(witness.conflicts() > conflicts && witness.size_of(&origin) > known);
    scene.cluster.restart(leader);
    scene.cluster.ready(leader).await;

    // Nor do nodes that have all restarted.
    let conflicts = witness.conflicts();
    scene.cluster.kill_all();
    scene.cluster.node_ids().for_each(|node| scene.cluster.restart(node));
    for node in scene.cluster.node_ids() {
        scene.cluster.ready(node).await;
    }
    let after = scene.hotel.booked("2027-03-01", "2027-03-03").await;
    for node in scene.cluster.node_ids() {
        witnessed_receipt(&scene, node, &after, &witness).await;
    }
    assert!(witness.conflicts() > conflicts, "it was told an old size of 0 first");
    assert_eq!(witness.faults(), Vec::<String>::new());
    old.verify(&scene.policy.requiring("outside", witness.key())).unwrap();
}

/// A cluster whose nodes all know these witnesses.
async fn scene_with(hotel: &str, witnesses: &[Witness]) -> Scene {
    let mut scene = Scene::set_with(HotelPlan::new(hotel, 500), &[OFTEN]).await;
    witnesses.iter().for_each(|witness| witness.trust(&scene.policy));
    let listed: toml::value::Array = witnesses
        .iter()
        .map(|witness| {
            let entry = [("url", witness.url().to_string()), ("key", witness.key().vkey())];
            toml::Value::Table(entry.into_iter().map(|(key, value)| (key.to_string(), value.into())).collect())
        })
        .collect();
    scene.cluster.reconfigure(|config| {
        let receipts = config["receipts"].as_table_mut().expect("[receipts] is written");
        receipts.insert("witnesses".into(), toml::Value::Array(listed.clone()));
    });
    for node in scene.cluster.node_ids() {
        scene.cluster.ready(node).await;
    }
    scene.policy = LogView::policy(&scene.cluster.operator(), 3).await;
    scene
}

/// The receipt of a booking once the witness's cosignature is on it.
async fn witnessed_receipt(scene: &Scene, node: usize, booking: &Value, witness: &Witness) -> Receipt {
    let policy = scene.policy.requiring("outside", witness.key());
    let path = format!("/v1/bookings/{}/receipt", id_of(booking));
    let api = scene.cluster.api("channel", node);
    until(&format!("{} has cosigned at node {node}", witness.name), PATIENCE, async || {
        let answer = api.get(&path).header("Accept", "application/json").send().await;
        let receipt = Some(answer).filter(|answer| answer.status == 200).map(|answer| Receipt::of_json(&answer.json()))?;
        // Unwitnessed so far, but never wrong.
        receipt.verify(&scene.policy).unwrap();
        receipt.verify(&policy).ok().map(|_| receipt)
    })
    .await
}

/// A booking through a node, with its receipt, in a time that leaves none for a witness.
async fn book_undelayed(scene: &Scene) -> Value {
    let mut last = Value::Null;
    for node in scene.cluster.node_ids() {
        let begin = Instant::now();
        last = scene.at(node).booked("2027-03-01", "2027-03-02").await;
        let took = begin.elapsed();
        assert!(took < UNDELAYED, "a booking took {took:?}");
        scene.check(&last, BOOK).await;
        Note::parse(&scene.log(node).checkpoint_note().await).unwrap();
    }
    last
}
