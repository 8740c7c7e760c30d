//! An operation that returned before another was invoked must not have a higher log index.

use std::collections::HashMap;

use crate::check::findings::Findings;
use crate::history::{Answer, Call, History, Op, Outcome};
use crate::model::MAX_HOLD_MS;

/// The bounds on log positions that follow from real time.
pub(super) struct Bounds {
    shards: HashMap<u32, Shard>,
}

#[derive(Default)]
struct Shard {
    /// (returned_ns, the highest index answered until then, its operation).
    answered: Vec<(u64, u64, u64)>,
    /// (invoked_ns, the lowest index among the operations invoked from then on).
    asked: Vec<(u64, u64)>,
}

impl Bounds {
    pub(super) fn new(history: &History) -> Bounds {
        let mut shards: HashMap<u32, Shard> = HashMap::new();
        for op in &history.ops {
            let Some(at) = op.outcome.as_of() else { continue };
            let shard = shards.entry(at.shard).or_default();
            if let Some(returned_ns) = op.returned_ns {
                shard.answered.push((returned_ns, at.index, op.id));
            }
            // A bounded read may see an old state, so its index does not bound earlier operations.
            if op.call.staleness_ms().is_none() {
                shard.asked.push((op.invoked_ns, at.index));
            }
        }
        for shard in shards.values_mut() {
            shard.answered.sort_unstable();
            for at in 1..shard.answered.len() {
                let (_, index, id) = shard.answered[at - 1];
                if index > shard.answered[at].1 {
                    shard.answered[at] = (shard.answered[at].0, index, id);
                }
            }
            shard.asked.sort_unstable();
            for at in (1..shard.asked.len()).rev() {
                shard.asked[at - 1].1 = shard.asked[at - 1].1.min(shard.asked[at].1);
            }
        }
        Bounds { shards }
    }

    /// The highest index answered before a time, and its operation; 0 if there was none.
    pub(super) fn before(&self, shard: u32, ns: u64) -> (u64, Option<u64>) {
        let Some(shard) = self.shards.get(&shard) else { return (0, None) };
        let earlier = shard.answered.partition_point(|(returned_ns, ..)| *returned_ns < ns);
        let last = earlier.checked_sub(1).map(|at| shard.answered[at]);
        last.map_or((0, None), |(_, index, id)| (index, Some(id)))
    }

    /// The lowest index among the operations invoked after a time.
    pub(super) fn after(&self, shard: u32, ns: u64) -> u64 {
        let Some(shard) = self.shards.get(&shard) else { return u64::MAX };
        let later = shard.asked.partition_point(|(invoked_ns, _)| *invoked_ns <= ns);
        shard.asked.get(later).map_or(u64::MAX, |(_, index)| *index)
    }
}

/// Finds operations with a lower index than real time allows.
pub(super) fn check(history: &History, bounds: &Bounds, found: &mut Findings) {
    let shards: HashMap<&str, u32> = history.setup.hotels.iter().map(|h| (h.property.as_str(), h.shard)).collect();
    for op in &history.ops {
        let Some(at) = op.outcome.as_of() else { continue };
        match shards.get(op.call.property()) {
            Some(shard) if *shard == at.shard => {}
            Some(shard) => {
                let text = format!("{} of a hotel in shard {shard} was answered by shard {}", op.call.name(), at.shard);
                found.add("wrong-shard", [op.id], text);
                continue;
            }
            None => {
                found.add("unknown-hotel", [op.id], format!("scene.json has no hotel {}", op.call.property()));
                continue;
            }
        }
        let since_ns = op.invoked_ns.saturating_sub(op.call.staleness_ms().unwrap_or(0).saturating_mul(1_000_000));
        let (index, earlier) = bounds.before(at.shard, since_ns);
        if at.index < index {
            found.add(kind(op), earlier.into_iter().chain([op.id]), text(op, at.index, index));
        }
    }
}

/// Finds holds that were refused as expired before any node's clock could have reached their deadline, or confirmed after
/// every clock had passed it.
pub(super) fn check_deadlines(history: &History, found: &mut Findings) {
    let skew_ms = history.setup.skew_ms;
    let mut deadlines: HashMap<&str, (u64, u64)> = HashMap::new();
    for op in &history.ops {
        if let (Call::Hold { ttl_ms, .. }, Outcome::Ok { answer: Answer::Hold { hold, .. }, .. }) = (&op.call, &op.outcome) {
            let ttl_ms = (*ttl_ms).clamp(1, MAX_HOLD_MS);
            let after = |ns: u64, ms: u64| ns.saturating_add(ms.saturating_mul(1_000_000));
            let latest_ns = op.returned_ns.map_or(u64::MAX, |ns| after(ns, ttl_ms.saturating_add(skew_ms)));
            deadlines.insert(hold, (after(op.invoked_ns, ttl_ms.saturating_sub(skew_ms)), latest_ns));
        }
    }
    for op in &history.ops {
        let Call::Confirm { hold, .. } = &op.call else { continue };
        let Some((earliest_ns, latest_ns)) = deadlines.get(hold.as_str()).copied() else { continue };
        let returned_ns = op.returned_ns.unwrap_or(u64::MAX);
        match &op.outcome {
            Outcome::Refused { code, .. } if code == "hold_expired" && returned_ns < earliest_ns => {
                let early_ms = (earliest_ns - returned_ns) / 1_000_000;
                found.add(
                    "early-expiry",
                    [op.id],
                    format!("hold {hold} was refused as expired {early_ms} ms before any node's clock could reach its deadline"),
                );
            }
            Outcome::Ok { .. } if op.invoked_ns > latest_ns => {
                let late_ms = (op.invoked_ns - latest_ns) / 1_000_000;
                found.add(
                    "late-confirm",
                    [op.id],
                    format!("hold {hold} was confirmed {late_ms} ms after every node's clock had passed its deadline"),
                );
            }
            _ => {}
        }
    }
}

fn kind(op: &Op) -> &'static str {
    match (op.call.is_read(), op.call.staleness_ms()) {
        (true, None) => "stale-read",
        (true, Some(_)) => "stale-bounded-read",
        (false, _) => "reordered",
    }
}

fn text(op: &Op, index: u64, before: u64) -> String {
    let name = op.call.name();
    match op.call.staleness_ms() {
        Some(ms) => format!("{name} saw index {index}, but {before} had been answered more than the allowed {ms} ms before"),
        None => format!("{name} has index {index}, but {before} had been answered before it was invoked"),
    }
}
