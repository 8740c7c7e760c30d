//! The audit trail records everything that was done, seen or refused, and the receipts log seals it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use keyrack_tests::receipts::{LogView, Seal};
use keyrack_tests::{Api, Cluster, HotelPlan, PATIENCE, until};
use serde_json::json;

use crate::scripted_actions::ScriptedActions;
use crate::trail::Trail;

/// The address of all callers of the script except the operator.
pub const FROM: Ipv4Addr = Ipv4Addr::new(127, 9, 0, 1);
const GUESTS_FROM: Ipv4Addr = Ipv4Addr::new(127, 9, 0, 0);
const SHARDS: u64 = 3;
/// Records per page: few, so that there are many pages.
const PAGE: usize = 25;
/// Texts that must not be in the trail: guest data, payment tokens and secrets.
pub const GUEST: [&str; 5] = ["Quellwasser", "z.quell@canary.example", "+351999888777", "canary-ref-1", "tok_canary"];

/// Who, credential number, action, property, record and verdict.
pub type Line = (String, u64, String, Option<String>, Option<String>, u16);

/// The expected records, and how often each occurs.
#[derive(Default)]
pub struct ExpectedRecords(BTreeMap<Line, u64>);

impl ExpectedRecords {
    /// Adds an action of `who`, with the number of its credential (0 if it has none).
    pub fn note(&mut self, who: (&str, u64), action: &str, property: Option<&str>, record: Option<&str>, verdict: u16) {
        let owned = |text: &str| text.to_string();
        let line = (owned(who.0), who.1, owned(action), property.map(owned), record.map(owned), verdict);
        *self.0.entry(line).or_default() += 1;
    }

    /// The same counts from the trail.
    fn of(trails: &[Trail]) -> ExpectedRecords {
        let mut expected = ExpectedRecords::default();
        for item in trails.iter().flat_map(|trail| &trail.records) {
            let text = |name: &str| item[name].as_str().map(str::to_string);
            let (who, from) = (text("who").unwrap(), text("from").unwrap());
            // Of a guest's address only the network is recorded.
            let callers = if who.starts_with("guest/") { GUESTS_FROM } else { FROM };
            if from != callers.to_string() && who != "operator/dev" {
                continue;
            }
            let who = text("principal").unwrap_or(who);
            let (action, verdict) = (text("action").unwrap(), item["verdict"].as_u64().unwrap() as u16);
            // A refused booking or hold has an id that no caller received.
            let is_new = matches!(action.as_str(), "booking.take" | "hold.place") && verdict != 0;
            let record = text("record").filter(|_| !is_new);
            // The bytes of an id do not contain its kind. A replay shows a hold's id as a booking's.
            let record = if action == "answer.replay" { record.map(|id| bare_id(&id)) } else { record };
            let line = (who, item["credential"].as_u64().unwrap(), action, text("propertyId"), record, verdict);
            *expected.0.entry(line).or_default() += item["times"].as_u64().unwrap();
        }
        expected
    }

    fn sum(&self) -> u64 {
        self.0.values().sum()
    }

    /// Lines that occur more often here than in `there`.
    fn beyond<'h>(&'h self, there: &ExpectedRecords) -> Vec<(&'h Line, u64)> {
        let more = |(line, times): (&'h Line, &u64)| (line, times.saturating_sub(*there.0.get(line).unwrap_or(&0)));
        self.0.iter().map(more).filter(|(_, times)| *times > 0).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trail_records_exactly_what_happened() {
    let cluster = Cluster::start_with(&[("KEYRACK_AUDIT_SEAL_AFTER_SECS", "1")]);
    let hotel = HotelPlan::new("trail-here", 5).open(&cluster.operator()).await;
    let there = HotelPlan::new("trail-there", 5).open(&cluster.operator()).await;
    let foreign = there.booked("2027-03-01", "2027-03-02").await;
    let operators = cluster.operators().await;
    let expected = ExpectedRecords::default();
    let mut script = ScriptedActions { cluster: &cluster, hotel: &hotel, operators: &operators, expected, secrets: Vec::new() };
    let channel = script.principal("trail-channel", "channel").await;
    let desk = script.principal("trail-desk", "desk").await;
    let taken = script.sold(&channel).await;
    script.kept_apart(&channel, &desk, &foreign).await;
    script.at_the_desk(&desk).await;
    script.by_a_guest(&channel, &taken).await;
    script.by_nobody(&taken).await;
    script.managed().await;
    script.audited(&taken).await;
    script.operated(&channel, &taken).await;
    let ScriptedActions { expected, secrets, .. } = script;
    let auditor = cluster.api("auditor", 2);
    let trails = until("the trail has as many records as there were requests", PATIENCE, async || {
        let trails = read(&auditor).await;
        (ExpectedRecords::of(&trails).sum() >= expected.sum()).then_some(trails)
    })
    .await;
    sealed(&auditor, trails).await;
    // Read again, because late records have arrived by now. No record is missing and none is unexpected.
    let trails = read(&auditor).await;
    let told = ExpectedRecords::of(&trails);
    assert!(told.0 == expected.0, "missing: {:#?}\nunexpected: {:#?}", expected.beyond(&told), told.beyond(&expected));
    let shard = hotel.shard().await;
    for trail in &trails {
        let of_hotel = trail.records.iter().filter(|item| item["propertyId"] == hotel.id.as_str()).count();
        assert_eq!(of_hotel > 0, trail.shard == shard, "shard {} has {of_hotel} records of the hotel", trail.shard);
    }
    let known = |what: &str| {
        trails.iter().any(|trail| trail.said.windows(what.len()).any(|part| part.eq_ignore_ascii_case(what.as_bytes())))
    };
    for what in GUEST.iter().copied().chain(secrets.iter().map(String::as_str)) {
        assert!(!known(what), "{what} is in the trail");
    }
    assert!(known("operator/dev") && known("trail-channel"), "the search finds text that is in the trail");
    println!(
        "{} requests are in the trail, in {} records of {} lines",
        told.sum(),
        trails.iter().map(|t| t.records.len()).sum::<usize>(),
        told.0.len()
    );
}

/// An auditor of one hotel sees only that hotel's records, and the answer says that it is not complete.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_of_one_hotel_sees_that_hotels_trail() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("trail-here", 5).open(&cluster.operator()).await;
    let there = HotelPlan::new("trail-there", 5).open(&cluster.operator()).await;
    hotel.booked("2027-03-01", "2027-03-02").await;
    there.booked("2027-03-01", "2027-03-02").await;
    let operators = cluster.operators().await;
    let wish = json!({"role": "auditor", "properties": [hotel.id]});
    let auditor = operators.caller("trail-auditor", &wish, &cluster.api("auditor", 3)).await;
    let mut seen = 0;
    for shard in 1..=SHARDS {
        let page = auditor.get(&format!("/v1/audit?shard={shard}&limit=1000")).send().await.expect(200).json();
        assert_eq!(page["complete"], false);
        for item in page["items"].as_array().unwrap() {
            assert_eq!(item["propertyId"], hotel.id.as_str(), "{item}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen} records of a hotel that was opened and booked");
}

/// An id without the prefix of its kind.
pub fn bare_id(id: &str) -> String {
    id.split_once('_').expect("a kind").1.to_string()
}

async fn read(auditor: &Api) -> Vec<Trail> {
    let mut trails = Vec::new();
    for shard in 1..=SHARDS {
        trails.push(Trail::read(auditor, shard, PAGE).await);
    }
    trails
}

/// Waits until leaves of the receipts log seal all of these records. Every seal has a link of the chain.
async fn sealed(auditor: &Api, trails: Vec<Trail>) {
    let policy = LogView::policy(auditor, 3).await;
    for known in trails {
        let log = LogView::new(auditor, known.shard);
        let seals = until(&format!("shard {} is sealed", known.shard), PATIENCE, async || {
            let size = log.checkpoint(&policy).await.size;
            let seals: Vec<Seal> = log.leaves(size).await.iter().filter_map(|leaf| Seal::parse(leaf).ok()).collect();
            seals.last().is_some_and(|last| last.records >= known.records.len() as u64).then_some(seals)
        })
        .await;
        let trail = Trail::read(auditor, known.shard, PAGE).await;
        assert_eq!(trail.records[..known.records.len()], known.records, "records are only added");
        for seal in &seals {
            assert_eq!(seal.link, trail.links[seal.records as usize], "shard {}: {seal:?}", known.shard);
        }
        assert!(seals.windows(2).all(|pair| pair[0].records < pair[1].records), "{seals:?}");
        assert!(trail.sealed >= seals.last().unwrap().records);
    }
}
