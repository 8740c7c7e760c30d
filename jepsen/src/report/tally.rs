//! Counts operations per slice of time and per workload.

use std::collections::BTreeMap;

use crate::history::{History, Op, Outcome};

/// The most slices of time in a run.
const SLICES: u64 = 160;
/// The shortest slice. A shorter one has few operations and shows noise. Runs below `SHORT_RUN_NS` use a quarter of it.
const SHORTEST_SLICE_NS: u64 = 1_000_000_000;
const SHORT_RUN_NS: u64 = 20 * SHORTEST_SLICE_NS;

/// The outcome of an operation, as its caller knew it during the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reply {
    Done,
    Refused,
    NotDone,
    /// Includes operations that were resolved after the run.
    Unknown,
}

impl Reply {
    pub const ALL: [Reply; 4] = [Reply::Done, Reply::Refused, Reply::NotDone, Reply::Unknown];

    pub fn of(op: &Op) -> Reply {
        match op.outcome {
            _ if op.resolved_late => Reply::Unknown,
            Outcome::Ok { .. } => Reply::Done,
            Outcome::Refused { .. } => Reply::Refused,
            Outcome::NotDone { .. } => Reply::NotDone,
            Outcome::Unknown { .. } => Reply::Unknown,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Reply::Done => "done",
            Reply::Refused => "refused",
            Reply::NotDone => "not done",
            Reply::Unknown => "unknown",
        }
    }

    pub fn class(self) -> &'static str {
        match self {
            Reply::Done => "done",
            Reply::Refused => "refused",
            Reply::NotDone => "not-done",
            Reply::Unknown => "unknown",
        }
    }
}

/// Half of the answers took at most `p50_ns`, 99 in 100 at most `p99_ns`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    pub p50_ns: u64,
    pub p99_ns: u64,
    pub max_ns: u64,
}

/// A slice of time. An operation belongs to the slice of its answer or, without an answer, of its invocation.
#[derive(Clone, Debug, Default)]
pub(super) struct Slice {
    /// Counts in the order of [`Reply::ALL`].
    pub replies: [u64; 4],
    /// The latency of the answers.
    pub latency: Option<Latency>,
}

/// One workload, or all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// Counts in the order of [`Reply::ALL`].
    pub replies: [u64; 4],
    pub latency: Option<Latency>,
    /// The longest time without an answer: from, to.
    pub longest_gap_ns: (u64, u64),
    /// All times of a second or more without an answer.
    pub gaps_ns: Vec<(u64, u64)>,
}

/// The counts of a run.
pub(super) struct Tally {
    /// When the last operation or fault ended.
    pub end_ns: u64,
    /// The length of a slice.
    pub slice_ns: u64,
    pub slices: Vec<Slice>,
    /// By name.
    pub workloads: BTreeMap<String, Row>,
    pub all: Row,
}

/// The shortest time without answers that is drawn.
const GAP_NS: u64 = 1_000_000_000;

impl Tally {
    pub fn of(history: &History) -> Tally {
        let ends = history.ops.iter().map(|op| seen_at_ns(op).max(op.invoked_ns));
        let end_ns = ends.chain(history.faults.iter().map(|fault| fault.at_ns)).max().unwrap_or(0).max(1);
        let slice_ns = slice_ns(end_ns);
        let mut by_workload: BTreeMap<&str, Vec<&Op>> = BTreeMap::new();
        for op in &history.ops {
            by_workload.entry(&op.workload).or_default().push(op);
        }
        let workloads = by_workload.into_iter().map(|(name, ops)| (name.to_owned(), row(&ops))).collect();
        let all = row(&history.ops.iter().collect::<Vec<_>>());
        Tally { end_ns, slice_ns, slices: slices(history, end_ns, slice_ns), workloads, all }
    }
}

/// The time until the answer, for operations that were answered during the run.
pub(super) fn latency_ns(op: &Op) -> Option<u64> {
    let answered = matches!(Reply::of(op), Reply::Done | Reply::Refused);
    op.returned_ns.filter(|_| answered).map(|returned_ns| returned_ns.saturating_sub(op.invoked_ns))
}

fn seen_at_ns(op: &Op) -> u64 {
    op.returned_ns.filter(|_| !op.resolved_late).unwrap_or(op.invoked_ns)
}

fn slice_ns(end_ns: u64) -> u64 {
    if end_ns < SHORT_RUN_NS {
        return SHORTEST_SLICE_NS / 4;
    }
    let round = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_200, 3_600].map(|times| times * SHORTEST_SLICE_NS);
    round.into_iter().find(|width_ns| end_ns / width_ns < SLICES).unwrap_or(end_ns / SLICES + 1)
}

fn slices(history: &History, end_ns: u64, slice_ns: u64) -> Vec<Slice> {
    let count = (end_ns / slice_ns + 1) as usize;
    let mut slices = vec![Slice::default(); count];
    let mut took_ns: Vec<Vec<u64>> = vec![Vec::new(); count];
    for op in &history.ops {
        let at = (seen_at_ns(op) / slice_ns) as usize;
        slices[at].replies[Reply::of(op) as usize] += 1;
        took_ns[at].extend(latency_ns(op));
    }
    for (slice, took_ns) in slices.iter_mut().zip(took_ns) {
        slice.latency = latency(took_ns);
    }
    slices
}

fn row(ops: &[&Op]) -> Row {
    let mut row = Row { latency: latency(ops.iter().filter_map(|op| latency_ns(op)).collect()), ..Row::default() };
    for op in ops {
        row.replies[Reply::of(op) as usize] += 1;
    }
    let answered = ops.iter().filter(|op| latency_ns(op).is_some()).filter_map(|op| op.returned_ns);
    let asked = || ops.iter().map(|op| op.invoked_ns);
    let mut moments: Vec<u64> = answered.chain(asked().min()).chain(asked().max()).collect();
    moments.sort_unstable();
    let gaps = || moments.windows(2).map(|pair| (pair[0], pair[1]));
    row.longest_gap_ns = gaps().max_by_key(|(from_ns, to_ns)| to_ns - from_ns).unwrap_or_default();
    row.gaps_ns = gaps().filter(|(from_ns, to_ns)| to_ns - from_ns >= GAP_NS).collect();
    row
}

fn latency(mut took_ns: Vec<u64>) -> Option<Latency> {
    took_ns.sort_unstable();
    let max_ns = *took_ns.last()?;
    let quantile = |percent: usize| took_ns[(took_ns.len() * percent).div_ceil(100) - 1];
    Some(Latency { p50_ns: quantile(50), p99_ns: quantile(99), max_ns })
}
