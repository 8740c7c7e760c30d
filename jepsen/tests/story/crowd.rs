//! Many concurrent callers against a correct cluster, with everything that is hard to check: writes that share an index,
//! replayed answers, answers after the run, and reads of a state that is a little old.

use super::*;
use std::collections::VecDeque;

/// Random numbers from a seed (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    pub fn one_in(&mut self, chance: u64) -> bool {
        self.below(chance) == 0
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { items.get(self.below(items.len() as u64) as usize) }
    }
}

/// The parameters of a run.
#[derive(Clone, Copy)]
pub struct Crowd {
    pub ops: usize,
    pub callers: usize,
    pub baskets: bool,
    pub house_limit: Option<u32>,
    /// Rooms of each type.
    pub rooms: u32,
    /// Whether answers are lost and callers retry.
    pub replays: bool,
}

enum Caller {
    Idle,
    Invocation { op: usize },
    Done { op: usize },
}

struct Run {
    cluster: Cluster,
    random: Random,
    ops: Vec<Op>,
    bookings: Vec<String>,
    holds: Vec<String>,
    /// The most recent states: (until ns, index, model).
    past: VecDeque<(u64, u64, Model)>,
    now_ns: u64,
    batch_open: bool,
    crowd: Crowd,
}

/// A run that is valid by construction.
pub fn run(seed: u64, crowd: Crowd) -> History {
    let mut hotel = hotel(crowd.house_limit);
    hotel.room_types.values_mut().for_each(|limit| *limit = crowd.rooms);
    let mut run = Run {
        cluster: Cluster::new(hotel),
        random: Random(seed),
        ops: Vec::new(),
        bookings: vec!["none".into()],
        holds: Vec::new(),
        past: VecDeque::new(),
        now_ns: 0,
        batch_open: false,
        crowd,
    };
    // Some clusters expire holds slowly.
    run.cluster.expiry_steps = 1 + run.random.below(3) as usize;
    let mut callers: Vec<Caller> = (0..crowd.callers).map(|_| Caller::Idle).collect();
    while run.ops.len() < crowd.ops || callers.iter().any(|caller| !matches!(caller, Caller::Idle)) {
        run.now_ns += 1 + run.random.below(2 * MS);
        let who = run.random.below(crowd.callers as u64) as usize;
        callers[who] = match callers[who] {
            Caller::Idle if run.ops.len() < crowd.ops => run.ask(who),
            Caller::Invocation { op } => run.take_effect(op),
            Caller::Done { op } => run.answer(op),
            Caller::Idle => Caller::Idle,
        };
    }
    // Operations that get their answer only now, by a retry with their key.
    run.now_ns += 1_000 * MS;
    run.cluster.index += 1;
    for op in run.ops.iter_mut().filter(|op| op.resolved_late) {
        run.now_ns += MS;
        op.returned_ns = Some(run.now_ns);
        set_replayed(op, run.cluster.index);
    }
    history(&run.cluster, run.ops)
}

impl Run {
    fn ask(&mut self, who: usize) -> Caller {
        let call = self.call();
        let op = self.ops.len();
        let nothing = Outcome::NotDone { code: "unavailable".into() };
        self.ops.push(Op { process: who as u32, ..super::op(op, call, (self.now_ns, None), nothing) });
        Caller::Invocation { op }
    }

    fn call(&mut self) -> Call {
        let id = self.ops.len();
        // Sometimes two callers use the same key.
        if self.crowd.replays && id > 5 && self.random.one_in(25) {
            let before = self.ops[id - 1 - self.random.below(5) as usize].call.clone();
            if !before.is_read() {
                return before;
            }
        }
        let key = format!("k{id}");
        let from = 100 + self.random.below(4) as u32;
        let nights = (from, from + 1 + self.random.below(3) as u32);
        let room_type = if self.random.one_in(2) { "DLX" } else { "STD" };
        let property = "H".to_owned();
        let mut wanted = rooms(room_type, 1 + self.random.below(2) as u32);
        if self.crowd.baskets && self.random.one_in(3) {
            let other = if room_type == "DLX" { "STD" } else { "DLX" };
            wanted.extend(rooms(other, 1));
        }
        let booking = self.random.pick(&self.bookings).cloned().unwrap_or_default();
        let hold = self.random.pick(&self.holds).cloned();
        match (self.random.below(13), hold) {
            (0..=1, _) => Call::Reserve { key, property, stay: stay(nights), rooms: wanted },
            (2, _) => Call::Amend { key, property, booking, stay: stay(nights), rooms: wanted },
            (3..=4, _) => Call::Cancel { key, property, booking },
            (5, _) => {
                let ttl_ms = 20 + self.random.below(300);
                Call::Hold { key, property, stay: stay(nights), rooms: wanted, ttl_ms }
            }
            (6, Some(hold)) => Call::Confirm { key, property, hold },
            (7, Some(hold)) => Call::Release { key, property, hold },
            (12, _) => Call::Reinstate { key, property, booking },
            (8, _) => Call::Lookup { property, booking, staleness_ms: None },
            (9, _) => read(room_type, nights, Some(20)),
            _ => read(room_type, nights, None),
        }
    }

    fn take_effect(&mut self, op: usize) -> Caller {
        let call = self.ops[op].call.clone();
        if self.random.one_in(40) {
            return if call.is_read() { Caller::Invocation { op } } else { Caller::Done { op } };
        }
        let bounded = call.staleness_ms().is_some();
        if bounded && let Some((index, model)) = self.a_little_old(op) {
            let answer = model.decide(&call, &Given::default()).answer;
            self.ops[op].outcome = outcome(&call, answer, Some(Position { shard: 1, index }), false);
            return Caller::Done { op };
        }
        self.remember();
        if call.is_read() {
            self.batch_open = false;
        } else if !self.batch_open || self.random.one_in(3) {
            self.cluster.index += 1;
            self.batch_open = true;
        }
        let (feed, replayed) = (self.cluster.feed.len(), self.cluster.knows(&call));
        let answer = if call.is_read() {
            self.cluster.model.decide(&call, &Given::default()).answer
        } else {
            // Leaders' clocks differ by less than the skew, and a new leader may be ahead.
            let ahead_ns = self.random.below(100) * MS;
            self.cluster.apply(&call, self.now_ns + ahead_ns)
        };
        for event in &self.cluster.feed[feed..] {
            let ids = if event.booking.is_some() { &mut self.bookings } else { &mut self.holds };
            ids.extend(event.booking.as_ref().map(|booking| booking.booking.clone()).or_else(|| event.hold.clone()));
        }
        let as_of = Some(Position { shard: 1, index: self.cluster.index });
        self.ops[op].outcome = outcome(&call, answer, as_of, replayed);
        if self.crowd.replays && !call.is_read() && self.random.one_in(30) {
            self.ops[op].resolved_late = true;
            return Caller::Idle;
        }
        Caller::Done { op }
    }

    fn answer(&mut self, op: usize) -> Caller {
        let asked = &mut self.ops[op];
        asked.returned_ns = Some(self.now_ns);
        // The first answer was lost, and the caller retried.
        if self.crowd.replays && !asked.call.is_read() && asked.outcome.is_known() && self.random.one_in(10) {
            self.remember();
            self.cluster.index += 1;
            self.batch_open = true;
            set_replayed(&mut self.ops[op], self.cluster.index);
        }
        Caller::Idle
    }

    fn remember(&mut self) {
        let model = self.cluster.model.clone();
        // No read has seen a batch that is still open.
        if self.past.back().is_some_and(|(_, index, _)| *index == self.cluster.index) {
            self.past.pop_back();
        }
        self.past.push_back((self.now_ns, self.cluster.index, model));
        if self.past.len() > 8 {
            self.past.pop_front();
        }
    }

    /// A state that was the newest one within the 20 ms before an operation was invoked. States of the current index are left
    /// out, because later changes may share it.
    fn a_little_old(&mut self, op: usize) -> Option<(u64, Model)> {
        let since_ns = self.ops[op].invoked_ns.saturating_sub(20 * MS);
        let fresh = |(until_ns, index, _): &&(u64, u64, Model)| *until_ns > since_ns && *index < self.cluster.index;
        let all: Vec<(u64, Model)> = self.past.iter().filter(fresh).map(|(_, index, model)| (*index, model.clone())).collect();
        self.random.pick(&all).cloned()
    }
}

fn set_replayed(op: &mut Op, at: u64) {
    if let Outcome::Ok { as_of, replayed, .. } | Outcome::Refused { as_of, replayed, .. } = &mut op.outcome {
        *as_of = Some(Position { shard: 1, index: at });
        *replayed = true;
    }
}
