//! A caller: sends calls, retries them with the same key, and records the answers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::request::{largest_update, outcome, request};
use super::{Recorder, Workload};
use crate::cluster::{Cluster, Connection, RequestError};
use crate::history::{Answer, Call, Hotel, Op, Outcome};
use crate::rng::Rng;

/// The most bookings and holds that a caller remembers, to change them later.
const MAX_REMEMBERED: usize = 24;
/// The most answered calls that it remembers, to repeat them. They are from the whole run, so that snapshots were taken and
/// leaders changed before a repeat.
const MAX_ANSWERED: usize = 400;
const PAUSE: Duration = Duration::from_millis(20);

/// How long a caller waits, and whether it retries.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// The longest wait for the answer to one try.
    pub per_try: Duration,
    /// The longest wait for a final answer, over all tries. After that the outcome is unknown.
    pub total: Duration,
    /// Whether the caller takes "nothing was done" as the final answer and does not retry.
    pub trusts_not_done: bool,
}

/// One caller of one workload.
pub struct Caller {
    pub(super) workload: Workload,
    pub(super) rng: Rng,
    /// The hotels of its workload.
    pub(super) hotels: Arc<Vec<Hotel>>,
    /// (property, booking) of acknowledged bookings that it may change or cancel.
    pub(super) bookings: VecDeque<(String, String)>,
    /// (property, booking) of bookings that it cancelled and may reinstate.
    pub(super) cancelled: VecDeque<(String, String)>,
    /// (property, hold) of acknowledged holds that it may confirm or release.
    pub(super) holds: VecDeque<(String, String)>,
    /// Answered calls, to be repeated with the same key.
    pub(super) answered: VecDeque<Call>,
    /// The prefix of its keys, which no other caller uses.
    name: String,
    keys: u64,
    process: u32,
    cluster: Arc<Cluster>,
    connections: Vec<Connection>,
    recorder: Arc<Recorder>,
    policy: RetryPolicy,
}

impl Caller {
    /// The caller `number` of a workload.
    pub fn new(
        (workload, number): (Workload, u32),
        seed: u64,
        cluster: Arc<Cluster>,
        hotels: Arc<Vec<Hotel>>,
        recorder: Arc<Recorder>,
        policy: RetryPolicy,
    ) -> Caller {
        let connections = cluster.numbers().into_iter().map(|node| cluster.client(node).connection()).collect();
        Caller {
            workload,
            rng: Rng::new(seed, (workload as u64 + 1) << 32 | u64::from(number)),
            hotels,
            bookings: VecDeque::new(),
            cancelled: VecDeque::new(),
            holds: VecDeque::new(),
            answered: VecDeque::new(),
            name: format!("{}-{number}", workload.name()),
            keys: 0,
            process: recorder.process(),
            cluster,
            connections,
            recorder,
            policy,
        }
    }

    /// Sends one call after the other until `end`, at most one per `pace`.
    pub async fn work(mut self, end: Instant, pace: Duration) {
        while Instant::now() < end {
            let begin = Instant::now();
            if self.workload == Workload::Bulk && self.rng.percent(40) {
                self.load_restrictions().await;
            }
            let call = self.next_call();
            let twice = self.workload == Workload::Retry && !call.is_read() && self.rng.percent(60);
            if twice {
                self.ask_twice(call).await;
            } else {
                self.ask(call).await;
            }
            tokio::time::sleep(pace.saturating_sub(begin.elapsed())).await;
        }
    }

    /// Loads restrictions, in the largest request that the API takes. They are for nights that no caller asks for, so no answer depends on
    /// them, and the history does not have them. The log, the messages between nodes and the snapshots do.
    async fn load_restrictions(&mut self) {
        let hotel = self.rng.below(self.hotels.len() as u64) as usize;
        let (method, path, body) = largest_update(&self.hotels[hotel], self.rng.below(300) as u32 + 1);
        let (key, node) = (self.fresh_key(), self.node_order()[0] as usize);
        let answer = self.connections[node - 1].ask(method, &path, Some(&key), Some(&body), self.policy.per_try).await;
        if let Ok(reply) = answer {
            let may_try_again = matches!(reply.code().as_str(), "request_in_flight" | "quota_exceeded" | "request_timeout");
            assert!(!reply.status.is_client_error() || may_try_again, "the node refuses restrictions: {}", reply.code());
        }
    }

    /// An idempotency key that no caller has used.
    pub(super) fn fresh_key(&mut self) -> String {
        self.keys += 1;
        format!("{}-{}", self.name, self.keys)
    }

    async fn ask(&mut self, call: Call) {
        let op = self.recorder.invoke(self.process, self.workload.name(), call);
        let order = self.node_order();
        let op = try_until_answered(op, &mut self.connections, &order, self.policy, &self.recorder).await;
        self.remember_outcome(op);
    }

    /// Sends the same request through two nodes at the same time, like a client whose first connection hangs.
    async fn ask_twice(&mut self, call: Call) {
        let (first, second) = (self.node_order(), self.node_order());
        let other = self.recorder.process();
        let one = self.recorder.invoke(self.process, self.workload.name(), call.clone());
        let two = self.recorder.invoke(other, self.workload.name(), call);
        let nodes = self.cluster.numbers();
        let mut connections: Vec<Connection> = nodes.into_iter().map(|node| self.cluster.client(node).connection()).collect();
        let (one, two) = tokio::join!(
            try_until_answered(one, &mut self.connections, &first, self.policy, &self.recorder),
            try_until_answered(two, &mut connections, &second, self.policy, &self.recorder),
        );
        self.recorder.complete(two);
        self.remember_outcome(one);
    }

    fn node_order(&mut self) -> Vec<u32> {
        let numbers = self.cluster.numbers();
        self.rng.shuffled(&numbers)
    }

    /// Remembers bookings and holds for later calls, and records the operation.
    fn remember_outcome(&mut self, op: Op) {
        if let Outcome::Ok { answer, .. } = &op.outcome {
            match (&op.call, answer) {
                (
                    Call::Reserve { property, .. } | Call::Confirm { property, .. } | Call::Reinstate { property, .. },
                    Answer::Booking(booking),
                ) => {
                    remember(&mut self.bookings, (property.clone(), booking.booking.clone()));
                }
                (Call::Hold { property, .. }, Answer::Hold { hold, .. }) => {
                    remember(&mut self.holds, (property.clone(), hold.clone()));
                }
                _ => {}
            }
        }
        if self.workload == Workload::Retry && matches!(op.outcome, Outcome::Ok { .. }) && !op.call.is_read() {
            if self.answered.len() == MAX_ANSWERED {
                let forgotten = self.rng.below(MAX_ANSWERED as u64) as usize;
                self.answered.swap_remove_back(forgotten);
            }
            self.answered.push_back(op.call.clone());
        }
        if matches!(op.outcome, Outcome::Unknown { .. }) && !op.call.is_read() {
            self.process = self.recorder.process();
        }
        self.recorder.complete(op);
    }
}

pub(super) fn remember<T>(list: &mut VecDeque<T>, item: T) {
    list.push_back(item);
    if list.len() > MAX_REMEMBERED {
        list.pop_front();
    }
}

/// Sends an operation over new connections, to the nodes in this order.
pub async fn ask_through(op: Op, cluster: &Cluster, order: &[u32], recorder: &Recorder, policy: RetryPolicy) -> Op {
    let mut connections: Vec<Connection> = cluster.numbers().into_iter().map(|node| cluster.client(node).connection()).collect();
    try_until_answered(op, &mut connections, order, policy, recorder).await
}

/// Repeats an unanswered operation with its key, after all faults are healed.
pub async fn resolve(mut op: Op, cluster: &Cluster, recorder: &Recorder, policy: RetryPolicy) -> Op {
    op.resolved_late = true;
    ask_through(op, cluster, &cluster.numbers(), recorder, policy).await
}

/// Tries the nodes in turn until one gives a final answer. A read is not retried, because the retry would be another read.
async fn try_until_answered(
    mut op: Op,
    connections: &mut [Connection],
    order: &[u32],
    policy: RetryPolicy,
    recorder: &Recorder,
) -> Op {
    let begin = Instant::now();
    let mut undone = None;
    let mut unknown =
        matches!(&op.outcome, Outcome::Unknown { .. } if op.tries > 0).then(|| "an earlier try had no answer".to_owned());
    for node in order.iter().cycle() {
        let left = policy.total.saturating_sub(begin.elapsed());
        if left.is_zero() {
            break;
        }
        op.tries += 1;
        let (method, path, key, body) = request(&op.call);
        let answer = connections[*node as usize - 1].ask(method, &path, key, body.as_ref(), policy.per_try.min(left)).await;
        match answer {
            Ok(reply) => match outcome(&op.call, &reply) {
                Some(outcome) => {
                    op.returned_ns = Some(recorder.now_ns());
                    (op.outcome, op.node) = (outcome, *node);
                    return op;
                }
                None if reply.status == 503 => {
                    undone = Some(reply.code());
                    if policy.trusts_not_done {
                        break;
                    }
                }
                None if reply.status.is_client_error() => undone = Some(reply.code()),
                None => unknown = Some(format!("node {node}: {} {}", reply.status.as_u16(), reply.code())),
            },
            Err(RequestError::NotSent(why)) => undone = Some(format!("node {node}: {why}")),
            Err(RequestError::Sent(why)) => unknown = Some(format!("node {node}: {why}")),
        }
        if op.call.is_read() {
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
        (None, None) => Outcome::Unknown { why: "the time was up before the first try".into() },
    };
    op
}
