//! A caller: asks, tries again with the same key, and writes down what it was told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::request::{is_read, outcome, request};
use super::{Recorder, Workload};
use crate::cluster::{Broken, Cluster, Line};
use crate::history::{Answer, Call, Hotel, Op, Outcome};
use crate::rng::Rng;

/// Bookings and holds a caller remembers, to change them later.
const REMEMBERED: usize = 24;
/// Answers it remembers, to ask again: of the whole run, so that snapshots and leaders have come and gone meanwhile.
const PAST: usize = 400;
const PAUSE: Duration = Duration::from_millis(20);

/// How long a caller waits.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one answer.
    pub per_try: Duration,
    /// For one that stands, all tries together; after that the outcome is unknown.
    pub in_all: Duration,
    /// Whether "nothing was done" is taken for an answer, as by a caller who goes elsewhere then.
    pub believes: bool,
}

/// One caller of one workload.
pub struct Caller {
    pub(super) workload: Workload,
    pub(super) rng: Rng,
    /// Those of its workload.
    pub(super) hotels: Arc<Vec<Hotel>>,
    /// `property`, `booking`: acknowledged and not cancelled by this caller.
    pub(super) bookings: VecDeque<(String, String)>,
    /// `property`, `hold`.
    pub(super) holds: VecDeque<(String, String)>,
    /// What was answered, to be asked again with the same key.
    pub(super) past: VecDeque<Call>,
    /// For keys nobody else draws.
    name: String,
    keys: u64,
    process: u32,
    cluster: Arc<Cluster>,
    lines: Vec<Line>,
    recorder: Arc<Recorder>,
    patience: Patience,
}

impl Caller {
    /// The caller `number` of a workload.
    pub fn new(
        (workload, number): (Workload, u32),
        seed: u64,
        cluster: Arc<Cluster>,
        hotels: Arc<Vec<Hotel>>,
        recorder: Arc<Recorder>,
        patience: Patience,
    ) -> Caller {
        let lines = cluster.numbers().into_iter().map(|node| cluster.door(node).line()).collect();
        Caller {
            workload,
            rng: Rng::new(seed, (workload as u64 + 1) << 32 | u64::from(number)),
            hotels,
            bookings: VecDeque::new(),
            holds: VecDeque::new(),
            past: VecDeque::new(),
            name: format!("{}-{number}", workload.name()),
            keys: 0,
            process: recorder.process(),
            cluster,
            lines,
            recorder,
            patience,
        }
    }

    /// Asks one thing after the other until `end`, at most one per `pace`.
    pub async fn work(mut self, end: Instant, pace: Duration) {
        while Instant::now() < end {
            let begin = Instant::now();
            let call = self.plan();
            let twice = self.workload == Workload::Retry && !is_read(&call) && self.rng.percent(60);
            if twice {
                self.ask_twice(call).await;
            } else {
                self.ask(call).await;
            }
            tokio::time::sleep(pace.saturating_sub(begin.elapsed())).await;
        }
    }

    /// An idempotency key nobody has used.
    pub(super) fn fresh_key(&mut self) -> String {
        self.keys += 1;
        format!("{}-{}", self.name, self.keys)
    }

    async fn ask(&mut self, call: Call) {
        let op = self.recorder.invoke(self.process, self.workload.name(), call);
        let order = self.order();
        let op = try_until_answered(op, &mut self.lines, &order, self.patience, &self.recorder).await;
        self.learn(op);
    }

    /// The same request at the same time through two nodes, as a client does whose first connection hangs.
    async fn ask_twice(&mut self, call: Call) {
        let (first, second) = (self.order(), self.order());
        let other = self.recorder.process();
        let one = self.recorder.invoke(self.process, self.workload.name(), call.clone());
        let two = self.recorder.invoke(other, self.workload.name(), call);
        let doors = self.cluster.numbers();
        let mut lines: Vec<Line> = doors.into_iter().map(|node| self.cluster.door(node).line()).collect();
        let (one, two) = tokio::join!(
            try_until_answered(one, &mut self.lines, &first, self.patience, &self.recorder),
            try_until_answered(two, &mut lines, &second, self.patience, &self.recorder),
        );
        self.recorder.complete(two);
        self.learn(one);
    }

    fn order(&mut self) -> Vec<u32> {
        let numbers = self.cluster.numbers();
        self.rng.shuffled(&numbers)
    }

    /// Remembers what can be changed later, and hands the operation in.
    fn learn(&mut self, op: Op) {
        if let Outcome::Ok { answer, .. } = &op.outcome {
            match (&op.call, answer) {
                (Call::Reserve { property, .. } | Call::Confirm { property, .. }, Answer::Booking(booking)) => {
                    remember(&mut self.bookings, (property.clone(), booking.booking.clone()));
                }
                (Call::Hold { property, .. }, Answer::Hold { hold, .. }) => {
                    remember(&mut self.holds, (property.clone(), hold.clone()));
                }
                _ => {}
            }
        }
        if self.workload == Workload::Retry && matches!(op.outcome, Outcome::Ok { .. }) && !is_read(&op.call) {
            if self.past.len() == PAST {
                let forgotten = self.rng.below(PAST as u64) as usize;
                self.past.swap_remove_back(forgotten);
            }
            self.past.push_back(op.call.clone());
        }
        if matches!(op.outcome, Outcome::Unknown { .. }) && !is_read(&op.call) {
            self.process = self.recorder.process();
        }
        self.recorder.complete(op);
    }
}

fn remember<T>(list: &mut VecDeque<T>, item: T) {
    list.push_back(item);
    if list.len() > REMEMBERED {
        list.pop_front();
    }
}

/// Asks on connections of its own, the nodes in this order.
pub async fn ask_through(op: Op, cluster: &Cluster, order: &[u32], recorder: &Recorder, patience: Patience) -> Op {
    let mut lines: Vec<Line> = cluster.numbers().into_iter().map(|node| cluster.door(node).line()).collect();
    try_until_answered(op, &mut lines, order, patience, recorder).await
}

/// Asks once more, after everything was healed, with the key of an operation that got no answer.
pub async fn resolve(mut op: Op, cluster: &Cluster, recorder: &Recorder, patience: Patience) -> Op {
    op.resolved_late = true;
    ask_through(op, cluster, &cluster.numbers(), recorder, patience).await
}

/// Goes round the nodes until one gives an answer that stands. A read is not tried again: its answer would be another's.
async fn try_until_answered(mut op: Op, lines: &mut [Line], order: &[u32], patience: Patience, recorder: &Recorder) -> Op {
    let begin = Instant::now();
    let mut undone = None;
    let mut unknown = matches!(&op.outcome, Outcome::Unknown { .. } if op.tries > 0).then(|| "an earlier try".to_owned());
    for node in order.iter().cycle() {
        let left = patience.in_all.saturating_sub(begin.elapsed());
        if left.is_zero() {
            break;
        }
        op.tries += 1;
        let (method, path, key, body) = request(&op.call);
        let answer = lines[*node as usize - 1].ask(method, &path, key, body.as_ref(), patience.per_try.min(left)).await;
        match answer {
            Ok(reply) => match outcome(&op.call, &reply) {
                Some(outcome) => {
                    op.returned_ns = Some(recorder.now_ns());
                    (op.outcome, op.node) = (outcome, *node);
                    return op;
                }
                None if reply.status == 503 => {
                    undone = Some(reply.code());
                    if patience.believes {
                        break;
                    }
                }
                None if reply.status.is_client_error() => undone = Some(reply.code()),
                None => unknown = Some(format!("node {node}: {} {}", reply.status.as_u16(), reply.code())),
            },
            Err(Broken::NotSent(why)) => undone = Some(format!("node {node}: {why}")),
            Err(Broken::Sent(why)) => unknown = Some(format!("node {node}: {why}")),
        }
        if is_read(&op.call) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    op.returned_ns = None;
    op.outcome = match (unknown, undone) {
        (Some(why), _) => Outcome::Unknown { why },
        (None, Some(code)) => {
            op.returned_ns = Some(recorder.now_ns());
            Outcome::NotDone { code }
        }
        (None, None) => Outcome::Unknown { why: "no time to ask".into() },
    };
    op
}
