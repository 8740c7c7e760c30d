//! A minimal correct cluster: it answers as the model does, and its final state is right. Tests then make one thing wrong.

#![allow(dead_code)]

pub mod crowd;

use std::collections::BTreeMap;

use keyrack_jepsen::check::{Finding, Verdict, judge};
use keyrack_jepsen::history::*;
use keyrack_jepsen::model::{Given, Model, Refusal};

/// When the runs began, ms since 1970.
pub const EPOCH_MS: u64 = 1_800_000_000_000;
/// A millisecond of the run.
pub const MS: u64 = 1_000_000;

/// One hotel's part of a cluster.
pub struct Cluster {
    pub hotel: Hotel,
    pub model: Model,
    pub feed: Vec<FeedEvent>,
    pub index: u64,
    pub log_ms: u64,
    /// The most holds that one call expires.
    pub expiry_steps: usize,
    keys: std::collections::HashSet<String>,
    made: u64,
    holds: Vec<(u64, String)>,
    references: BTreeMap<String, String>,
}

impl Cluster {
    pub fn new(hotel: Hotel) -> Cluster {
        let model = Model::new(&hotel);
        let (feed, holds, references) = (Vec::new(), Vec::new(), BTreeMap::new());
        let keys = std::collections::HashSet::new();
        let (index, log_ms, expiry_steps, made) = (10, EPOCH_MS, usize::MAX, 0);
        Cluster { hotel, model, feed, index, log_ms, expiry_steps, keys, made, holds, references }
    }

    /// Applies a call at the current index and this time; first expires the holds that are due.
    pub fn apply(&mut self, call: &Call, now_ns: u64) -> Result<Answer, Refusal> {
        self.log_ms = self.log_ms.max(EPOCH_MS + now_ns / MS);
        self.expire_due();
        self.made += 1;
        let (id, expires_at_ms) = match call {
            Call::Hold { ttl_ms, .. } => (format!("H{}", self.made), self.log_ms + ttl_ms),
            _ => (format!("B{}", self.made), 0),
        };
        let due = match call {
            Call::Confirm { hold, .. } => self.model.hold(hold).is_some_and(|hold| hold.expires_at_ms <= self.log_ms),
            _ => false,
        };
        let before = self.model.fingerprint();
        let answer = self.model.submit(call, &Given { id, expires_at_ms, due, ..Given::default() });
        if let Ok(answer) = &answer
            && self.model.fingerprint() != before
        {
            self.tell(call, answer);
        }
        self.keys.extend(call.key().map(str::to_owned));
        answer
    }

    /// Whether a call would be answered from the record of its key.
    pub fn knows(&self, call: &Call) -> bool {
        call.key().is_some_and(|key| self.keys.contains(key))
    }

    fn tell(&mut self, call: &Call, answer: &Answer) {
        match (call, answer) {
            (Call::Hold { .. }, Answer::Hold { hold, expires_at_ms }) => {
                self.holds.push((*expires_at_ms, hold.clone()));
                self.event("hold.placed", None, Some(hold));
            }
            (Call::Release { hold, .. }, _) => self.event("hold.released", None, Some(hold)),
            (Call::Reserve { key, .. }, Answer::Booking(booking)) => self.created(key, booking),
            (Call::Confirm { key, hold, .. }, Answer::Booking(booking)) => {
                self.event("hold.confirmed", None, Some(hold));
                self.created(key, booking);
            }
            (Call::Amend { .. }, Answer::Booking(booking)) => self.event("booking.amended", Some(booking), None),
            (Call::Reinstate { .. }, Answer::Booking(booking)) => self.event("booking.reinstated", Some(booking), None),
            (Call::Cancel { .. }, Answer::Booking(booking)) => self.event("booking.cancelled", Some(booking), None),
            _ => {}
        }
    }

    fn created(&mut self, key: &str, booking: &Booking) {
        self.references.insert(booking.booking.clone(), key.to_owned());
        self.event("booking.created", Some(booking), None);
    }

    pub fn expire_due(&mut self) {
        self.holds.sort();
        let mut steps = 0;
        while steps < self.expiry_steps && self.holds.first().is_some_and(|(deadline, _)| *deadline <= self.log_ms) {
            let (_, hold) = self.holds.remove(0);
            if let Some(change) = self.model.expiry(&hold) {
                steps += 1;
                self.model.set(change);
                self.event("hold.expired", None, Some(&hold));
            }
        }
    }

    fn event(&mut self, kind: &str, booking: Option<&Booking>, hold: Option<&str>) {
        let reference = booking.and_then(|booking| self.references.get(&booking.booking)).cloned().unwrap_or_default();
        self.feed.push(FeedEvent {
            property: self.hotel.property.clone(),
            kind: kind.into(),
            at_ms: self.log_ms,
            booking: booking.cloned(),
            reference,
            hold: hold.map(str::to_owned),
        });
    }

    /// The final state of three equal nodes.
    pub fn final_state(&self) -> FinalState {
        let property = &self.hotel.property;
        let mut nights = Vec::new();
        for room_type in self.hotel.room_types.keys() {
            for day in self.hotel.first..self.hotel.first + self.hotel.nights {
                let night = self.model.night(room_type, day).unwrap();
                nights.push(FinalNight { property: property.clone(), room_type: room_type.clone(), night });
            }
        }
        let mut bookings: Vec<FinalBooking> = Vec::new();
        for booking in self.model.bookings() {
            let reference = self.references.get(&booking.booking).cloned().unwrap_or_default();
            bookings.push(FinalBooking { property: property.clone(), reference, booking: booking.clone() });
        }
        bookings.sort_by(|one, other| one.booking.booking.cmp(&other.booking.booking));
        let leaves = self.feed.iter().filter(|event| event.kind.starts_with("booking.")).count() as u64;
        let roots = vec![Root { shard: self.hotel.shard, size: leaves + 7, root: "aa".into() }];
        let node = |node| FinalNode {
            node,
            nights: nights.clone(),
            bookings: bookings.clone(),
            feed: self.feed.clone(),
            roots: roots.clone(),
        };
        let checkpoint = |node, size| CheckpointCheck { node, shard: self.hotel.shard, size, failure: None };
        let receipt = |booking: &FinalBooking| ReceiptCheck { booking: booking.booking.booking.clone(), failure: None };
        FinalState {
            nodes: (1..=3).map(node).collect(),
            receipts: bookings.iter().map(receipt).collect(),
            checkpoints: vec![checkpoint(1, 3), checkpoint(1, 7), checkpoint(2, 7), checkpoint(3, 5)],
            troubles: Vec::new(),
        }
    }
}

/// A sequential history: one call after the other, a millisecond each.
pub struct Story {
    pub cluster: Cluster,
    pub ops: Vec<Op>,
    pub now_ns: u64,
}

impl Story {
    /// A hotel with two DLX and three STD rooms on nights 100 to 109.
    pub fn new() -> Story {
        Story::of(hotel(None))
    }

    pub fn of(hotel: Hotel) -> Story {
        Story { cluster: Cluster::new(hotel), ops: Vec::new(), now_ns: 0 }
    }

    /// Sends a call, records its answer, and returns the operation's index in `ops`.
    pub fn ask(&mut self, call: Call) -> usize {
        let invoked_ns = self.now_ns;
        self.now_ns += MS;
        self.cluster.index += u64::from(!call.is_read());
        let answer = self.cluster.apply(&call, invoked_ns + MS / 2);
        let as_of = Some(Position { shard: 1, index: self.cluster.index });
        let outcome = outcome(&call, answer, as_of, false);
        self.ops.push(op(self.ops.len(), call, (invoked_ns, Some(self.now_ns)), outcome));
        self.now_ns += MS;
        self.ops.len() - 1
    }

    pub fn wait(&mut self, ms: u64) {
        self.now_ns += ms * MS;
        self.cluster.log_ms = EPOCH_MS + self.now_ns / MS;
        self.cluster.expire_due();
    }

    pub fn reserve(&mut self, key: &str, nights: (Day, Day), room_type: &str, quantity: u32) -> usize {
        self.ask(reserve(key, nights, room_type, quantity))
    }

    pub fn read(&mut self, room_type: &str, nights: (Day, Day)) -> usize {
        self.ask(read(room_type, nights, None))
    }

    pub fn amend(&mut self, key: &str, booking: &str, nights: (Day, Day), room_type: &str, quantity: u32) -> usize {
        let (key, property, booking) = (key.into(), "H".into(), booking.into());
        self.ask(Call::Amend { key, property, booking, stay: stay(nights), rooms: rooms(room_type, quantity) })
    }

    pub fn cancel(&mut self, key: &str, booking: &str) -> usize {
        self.ask(Call::Cancel { key: key.into(), property: "H".into(), booking: booking.into() })
    }

    pub fn hold(&mut self, key: &str, nights: (Day, Day), room_type: &str, ttl_ms: u64) -> usize {
        let (key, property) = (key.into(), "H".into());
        self.ask(Call::Hold { key, property, stay: stay(nights), rooms: rooms(room_type, 1), ttl_ms })
    }

    pub fn confirm(&mut self, key: &str, hold: &str) -> usize {
        self.ask(Call::Confirm { key: key.into(), property: "H".into(), hold: hold.into() })
    }

    pub fn release(&mut self, key: &str, hold: &str) -> usize {
        self.ask(Call::Release { key: key.into(), property: "H".into(), hold: hold.into() })
    }

    /// The id that an operation was answered with.
    pub fn id(&self, op: usize) -> String {
        match &self.ops[op].outcome {
            Outcome::Ok { answer: Answer::Booking(booking), .. } => booking.booking.clone(),
            Outcome::Ok { answer: Answer::Hold { hold, .. }, .. } => hold.clone(),
            other => panic!("no id in {other:?}"),
        }
    }

    pub fn end(&self) -> History {
        history(&self.cluster, self.ops.clone())
    }
}

/// A run of one cluster.
pub fn history(cluster: &Cluster, ops: Vec<Op>) -> History {
    let setup = RunSetup { nodes: 3, skew_ms: 100, hotels: vec![cluster.hotel.clone()], ..RunSetup::default() };
    History { setup, ops, faults: Vec::new(), final_state: cluster.final_state() }
}

pub fn hotel(house_limit: Option<u32>) -> Hotel {
    let room_types = BTreeMap::from([("DLX".to_owned(), 2), ("STD".to_owned(), 3)]);
    Hotel { property: "H".into(), shard: 1, house_limit, room_types, first: 100, nights: 10 }
}

pub fn op(id: usize, call: Call, (invoked_ns, returned_ns): (u64, Option<u64>), outcome: Outcome) -> Op {
    let (workload, id) = ("story".into(), id as u64);
    Op { id, process: 1, workload, call, invoked_ns, returned_ns, outcome, tries: 1, resolved_late: false, node: 1 }
}

pub fn outcome(call: &Call, answer: Result<Answer, Refusal>, as_of: Option<Position>, replayed: bool) -> Outcome {
    let digest = if call.is_read() { String::new() } else { format!("{answer:?}") };
    match answer {
        Ok(answer) => Outcome::Ok { answer, as_of, replayed, digest },
        Err(Refusal { code, nights }) => Outcome::Refused { code: code.into(), nights, as_of, replayed, digest },
    }
}

pub fn stay((from, to): (Day, Day)) -> Stay {
    Stay { from, to }
}

pub fn rooms(room_type: &str, quantity: u32) -> Vec<Rooms> {
    vec![Rooms { room_type: room_type.into(), quantity }]
}

pub fn reserve(key: &str, nights: (Day, Day), room_type: &str, quantity: u32) -> Call {
    Call::Reserve { key: key.into(), property: "H".into(), stay: stay(nights), rooms: rooms(room_type, quantity) }
}

pub fn read(room_type: &str, nights: (Day, Day), staleness_ms: Option<u64>) -> Call {
    Call::Availability { property: "H".into(), room_type: room_type.into(), stay: stay(nights), staleness_ms }
}

/// The nights of a read's answer, for a test to change.
pub fn nights_of(op: &mut Op) -> &mut Vec<Night> {
    match &mut op.outcome {
        Outcome::Ok { answer: Answer::Nights { nights }, .. } => nights,
        other => panic!("not a read: {other:?}"),
    }
}

/// The log index of an operation's answer, for a test to change.
pub fn index_of(op: &mut Op) -> &mut u64 {
    match &mut op.outcome {
        Outcome::Ok { as_of: Some(at), .. } | Outcome::Refused { as_of: Some(at), .. } => &mut at.index,
        other => panic!("no position: {other:?}"),
    }
}

/// Asserts that no checker has a finding.
#[track_caller]
pub fn assert_good(history: &History) -> Verdict {
    let verdict = judge(history);
    let found: Vec<(&str, &Finding)> = findings(&verdict).collect();
    assert!(verdict.valid && found.is_empty(), "findings in a valid history: {found:#?}");
    verdict
}

/// Asserts that a checker has a finding of this kind.
#[track_caller]
pub fn assert_found(history: &History, checker: &str, kind: &str) -> Verdict {
    let verdict = judge(history);
    let hit = findings(&verdict).any(|(by, finding)| by == checker && finding.kind == kind);
    let all: Vec<(&str, &Finding)> = findings(&verdict).collect();
    assert!(hit && !verdict.valid, "{checker} did not find {kind}; all findings: {all:#?}");
    verdict
}

pub fn findings(verdict: &Verdict) -> impl Iterator<Item = (&str, &Finding)> {
    verdict.checks.iter().flat_map(|check| check.findings.iter().map(|finding| (check.checker.as_str(), finding)))
}

/// An answer from this log position.
pub fn done(answer: Answer, as_of: Option<Position>) -> Outcome {
    Outcome::Ok { answer, as_of, replayed: false, digest: "new".into() }
}

/// A refusal from this log position.
pub fn refused(code: &str, nights: Vec<Short>, as_of: Option<Position>) -> Outcome {
    Outcome::Refused { code: code.into(), nights, as_of, replayed: false, digest: "new".into() }
}
