//! A revocation is effective everywhere once it is answered, and changing keys fails no request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use keyrack_tests::{Api, Cluster, Hotel, HotelPlan, Operators, PATIENCE, fresh_key, refusal, until};
use serde_json::json;
use tokio::task::JoinHandle;

const ROUNDS: usize = 200;
const ROTATIONS: usize = 100;
/// Requests of each writer after the revocation was answered.
const TRIES_AFTER: usize = 3;
const PROPERTY: &str = "revoke-inn";

/// A writer at every node books while the key, or the whole principal, is revoked at one of them. The log decides what
/// is booked, so the hotel's list shows at the end whether a late request was accepted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_succeeds_after_a_revocation_is_answered() {
    let cluster = Cluster::start_with(&[("KEYRACK_LIMITS_FAILED_SIGN_INS_PER_MINUTE", "0")]);
    let hotel = HotelPlan::new(PROPERTY, 10_000).open(&cluster.operator()).await;
    let operators = [cluster.operators_at(1).await, cluster.operators_at(2).await, cluster.operators_at(3).await];
    let wish = json!({"role": "channel", "properties": [PROPERTY]});
    // This principal stays. Its keys are revoked one by one.
    operators[0].put("lasting", &wish).await;
    let spare = operators[0].give_key("lasting").await;
    let (mut taken, mut too_late, mut refused) = (BTreeSet::new(), BTreeSet::new(), 0);
    for round in 0..ROUNDS {
        let at = &operators[round % operators.len()];
        let of_key = round % 2 == 0;
        let id = if of_key { "lasting".to_string() } else { format!("passing-{round}") };
        if !of_key {
            at.put(&id, &wish).await;
        }
        let key = at.give_key(&id).await;
        let writers: Vec<Writer> =
            cluster.everywhere("channel").iter().map(|api| Writer::start(&api.with_key(&key.secret), &hotel, round)).collect();
        until(&format!("round {round}: every writer books"), PATIENCE, async || {
            writers.iter().all(|writer| writer.booked.load(Ordering::SeqCst) > 0).then_some(())
        })
        .await;
        match of_key {
            true => at.revoke_key(&id, &key.prefix).await,
            false => at.revoke(&id).await,
        }
        writers.iter().for_each(|writer| writer.revoked.store(true, Ordering::SeqCst));
        for writer in writers {
            let Booked { before, after } = writer.work.await.unwrap();
            taken.extend(before);
            refused += after.len();
            too_late.extend(after);
        }
    }
    assert_eq!(refused, ROUNDS * 3 * TRIES_AFTER);
    let listed: BTreeSet<String> =
        hotel.bookings().await.iter().map(|booking| booking["channelRef"].as_str().unwrap().to_string()).collect();
    let through: Vec<&String> = listed.intersection(&too_late).collect();
    assert!(through.is_empty(), "{} bookings were taken after the revocation was answered: {through:?}", through.len());
    assert!(taken.is_subset(&listed), "every booking that was answered with 201 exists");
    cluster
        .api("channel", 3)
        .with_key(&spare.secret)
        .get(&format!("/v1/bookings?propertyId={PROPERTY}"))
        .send()
        .await
        .expect(200);
    println!("{ROUNDS} revocations, {} bookings before, {refused} requests after: all refused", taken.len());
}

/// A paused node that missed a revocation resumes with the old rights. The other nodes do not accept them. Requests
/// wait at its sockets before it resumes, so it sees them first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_paused_during_a_revocation_admits_nothing() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new(PROPERTY, 1_000).open(&cluster.operator()).await;
    let operators = [cluster.operators_at(1).await, cluster.operators_at(2).await, cluster.operators_at(3).await];
    let mut refused: BTreeMap<u16, u32> = BTreeMap::new();
    for (round, sleeper) in cluster.node_ids().enumerate() {
        let (at, id) = (&operators[sleeper % operators.len()], format!("passing-{round}"));
        let wish = json!({"role": "channel", "properties": [PROPERTY]});
        let api = at.caller(&id, &wish, &cluster.api("channel", sleeper)).await;
        let (key, stay) = (fresh_key(), hotel.request("2027-07-01", "2027-07-02"));
        let booking = api.post("/v1/bookings", &key).json(&stay).send().await.expect(201).json();
        let before = hotel.bookings().await.len();
        cluster.node(sleeper).pause();
        until(&format!("{id} is revoked without node {sleeper}"), PATIENCE, async || {
            (at.post(&format!("/v1/principals/{id}/revoke"), &json!({})).await.status == 200).then_some(())
        })
        .await;
        let (path, request) = (crate::path_of(&booking), hotel.request("2027-07-03", "2027-07-04"));
        let calls = vec![
            api.get(&path),
            api.get(&crate::list_of(&hotel)),
            api.get(&format!("{path}/receipt")),
            api.post("/v1/bookings", &fresh_key()).json(&request),
            // The stored answer shows the guest.
            api.post("/v1/bookings", &key).json(&stay),
            api.post(&format!("{path}/cancel"), &fresh_key()).json(&json!({})),
            api.get(&format!("/v1/properties/{PROPERTY}/availability?from=2027-07-01&to=2027-07-02")),
            api.get("/v1/events?after=&limit=5"),
            // The node's data is old, and so are the rights in it.
            api.get(&format!("{path}?consistency=bounded&maxStalenessMs=600000")),
        ];
        let calls: Vec<_> = calls.into_iter().map(|call| tokio::spawn(call.send())).collect();
        cluster.node(sleeper).resume();
        for call in calls {
            let answer = call.await.unwrap();
            assert!(matches!(answer.status, 401 | 403 | 503 | 504), "node {sleeper} admits a revoked principal: {answer:?}");
            *refused.entry(answer.status).or_insert(0) += 1;
        }
        let awake = cluster.others(sleeper)[0];
        let seen = hotel.through(&cluster.api("operator", awake));
        assert_eq!(seen.get(&booking).await["state"], "confirmed");
        assert_eq!(seen.bookings().await.len(), before);
        cluster.ready(sleeper).await;
    }
    println!("requests at nodes that were paused, by status: {refused:?}");
}

/// The `channelRef`s that a writer sent.
struct Booked {
    /// Answered with 201.
    before: Vec<String>,
    /// Sent after the revocation was answered.
    after: Vec<String>,
}

struct Writer {
    booked: Arc<AtomicUsize>,
    revoked: Arc<AtomicBool>,
    work: JoinHandle<Booked>,
}

impl Writer {
    /// Books repeatedly. After the revocation it tries a few more times, which must be refused.
    fn start(api: &Api, hotel: &Hotel, round: usize) -> Writer {
        let (booked, revoked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (api, hotel, told) = (api.clone(), hotel.clone(), (booked.clone(), revoked.clone()));
        let work = tokio::spawn(async move {
            let (booked, revoked) = told;
            let mut done = Booked { before: Vec::new(), after: Vec::new() };
            for number in 0.. {
                // With letters: digits and dots alone could be taken for a card number.
                let key = format!("round-{round}-at-{}-number-{number}", api.address());
                let mut request = hotel.request("2027-05-01", "2027-05-02");
                request["channelRef"] = json!(key);
                // Read before the request begins: a request that begins after this is late.
                let late = revoked.load(Ordering::SeqCst);
                let answer = api.post("/v1/bookings", &key).json(&request).send().await;
                if late {
                    refusal(&answer, 401, "unauthenticated");
                    done.after.push(key);
                    if done.after.len() == TRIES_AFTER {
                        break;
                    }
                    continue;
                }
                match answer.status {
                    201 => {
                        done.before.push(key);
                        booked.fetch_add(1, Ordering::SeqCst);
                    }
                    // During the revocation a request is accepted, or refused at the edge or by the log.
                    401 | 403 => tokio::task::yield_now().await,
                    _ => panic!("round {round}: {answer:?}"),
                }
            }
            done
        });
        Writer { booked, revoked, work }
    }
}

/// Issues a new key beside the old one, switches to it and revokes the old one: a hundred times during bookings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_key_rotations_fail_no_request() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new(PROPERTY, 10_000).open(&cluster.operator()).await;
    let operators = [cluster.operators_at(1).await, cluster.operators_at(2).await, cluster.operators_at(3).await];
    operators[0].put("rotating", &json!({"role": "channel", "properties": [PROPERTY]})).await;
    let mut key = operators[0].give_key("rotating").await;
    let current = Arc::new(Mutex::new((0, key.secret.clone())));
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<Worker> =
        (0..6).map(|worker| Worker::start(&cluster.api("channel", worker % 3 + 1), &hotel, worker, &current, &stop)).collect();
    for rotation in 1..=ROTATIONS {
        let at = &operators[rotation % operators.len()];
        let next = at.give_key_as("rotating", &json!({"replaces": key.prefix, "overlapSeconds": 600})).await;
        *current.lock().unwrap() = (rotation, next.secret.clone());
        until(&format!("every worker uses key {rotation}"), PATIENCE, async || {
            workers.iter().all(|worker| worker.at_key.load(Ordering::SeqCst) >= rotation).then_some(())
        })
        .await;
        at.revoke_key("rotating", &key.prefix).await;
        for api in cluster.everywhere("channel") {
            let call = api.with_key(&key.secret).get(&format!("/v1/bookings?propertyId={PROPERTY}"));
            refusal(&call.send().await, 401, "unauthenticated");
        }
        key = next;
    }
    stop.store(true, Ordering::SeqCst);
    let mut booked = 0;
    for worker in workers {
        booked += worker.work.await.unwrap();
    }
    assert!(booked >= 6 * ROTATIONS, "every worker booked with every key: {booked}");
    assert_eq!(hotel.bookings().await.len(), booked);
    only_good_keys_are_left(&operators[0], &key.prefix).await;
    println!("{ROTATIONS} rotations during {booked} bookings, and none failed");
}

struct Worker {
    /// The number of the newest key with which it has booked.
    at_key: Arc<AtomicUsize>,
    work: JoinHandle<usize>,
}

impl Worker {
    /// Books with the current key. Every answer must be 201.
    fn start(api: &Api, hotel: &Hotel, worker: usize, current: &Arc<Mutex<(usize, String)>>, stop: &Arc<AtomicBool>) -> Worker {
        let at_key = Arc::new(AtomicUsize::new(0));
        let (api, hotel, current, stop, done) = (api.clone(), hotel.clone(), current.clone(), stop.clone(), at_key.clone());
        let work = tokio::spawn(async move {
            let mut booked = 0;
            while !stop.load(Ordering::SeqCst) {
                let (number, key) = current.lock().unwrap().clone();
                let request = hotel.request("2027-06-01", "2027-06-02");
                let call = api.with_key(&key).post("/v1/bookings", &format!("{worker}-{booked}")).json(&request);
                call.send().await.expect(201);
                booked += 1;
                done.store(number, Ordering::SeqCst);
            }
            booked
        });
        Worker { at_key, work }
    }
}

async fn only_good_keys_are_left(operators: &Operators, prefix: &str) {
    let principal = operators.get("rotating").await;
    let good = |key: &&serde_json::Value| key["revokedAt"].is_null();
    let left: Vec<&str> =
        principal["keys"].as_array().unwrap().iter().filter(good).map(|key| key["prefix"].as_str().unwrap()).collect();
    assert_eq!(left, [prefix], "{principal}");
}
