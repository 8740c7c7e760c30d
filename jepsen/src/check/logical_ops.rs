//! The operations of each hotel that a checker must explain.
//!
//! All requests with one idempotency key are one logical operation. It begins with the first request and ends with the
//! first answer. The invariants check the other answers.

use std::collections::HashMap;

use crate::history::{History, Hotel, Op, Outcome};

/// An operation with the time interval in which it took effect.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogicalOp<'h> {
    /// The operation.
    pub op: &'h Op,
    /// The start of the interval.
    pub invoked_ns: u64,
    /// The end of the interval; `None` means the end of the run.
    pub returned_ns: Option<u64>,
}

/// Every hotel with its operations in order of invocation. Operations that certainly had no effect and reads without an
/// answer are left out.
pub(super) fn by_hotel(history: &History) -> Vec<(&Hotel, Vec<LogicalOp<'_>>)> {
    let mut places = HashMap::with_capacity(history.setup.hotels.len());
    let mut hotels = Vec::with_capacity(history.setup.hotels.len());
    for hotel in &history.setup.hotels {
        places.insert(hotel.property.as_str(), hotels.len());
        hotels.push((hotel, Vec::new()));
    }
    let mut keys: HashMap<(&str, &str), usize> = HashMap::new();
    for op in &history.ops {
        let property = op.call.property();
        let Some(place) = places.get(property) else { continue };
        if !may_have_been_done(op) {
            continue;
        }
        let ops: &mut Vec<LogicalOp<'_>> = &mut hotels[*place].1;
        let logical = LogicalOp { op, invoked_ns: op.invoked_ns, returned_ns: returned(op) };
        match op.call.key().and_then(|key| keys.insert((property, key), ops.len()).map(|earlier| (key, earlier))) {
            Some((key, earlier)) => {
                keys.insert((property, key), earlier);
                ops[earlier] = merge(ops[earlier], logical);
            }
            None => ops.push(logical),
        }
    }
    for (_, ops) in &mut hotels {
        ops.sort_by_key(|logical| (logical.invoked_ns, logical.op.id));
    }
    hotels
}

fn may_have_been_done(op: &Op) -> bool {
    match &op.outcome {
        Outcome::Ok { .. } => true,
        // A reused key is refused because of an earlier request, which counts instead. A quota belongs to the caller.
        Outcome::Refused { code, .. } => !matches!(code.as_str(), "idempotency_key_reused" | "quota_exceeded"),
        Outcome::NotDone { .. } => false,
        Outcome::Unknown { .. } => !op.call.is_read(),
    }
}

fn returned(op: &Op) -> Option<u64> {
    op.returned_ns.filter(|_| op.outcome.is_known())
}

fn merge<'h>(one: LogicalOp<'h>, other: LogicalOp<'h>) -> LogicalOp<'h> {
    let first = |logical: &LogicalOp<'_>| {
        let outcome = &logical.op.outcome;
        (!outcome.is_known(), outcome.is_replayed(), outcome.as_of().map_or(u64::MAX, |at| at.index))
    };
    let op = if first(&other) < first(&one) { other.op } else { one.op };
    let returned_ns = match (one.returned_ns, other.returned_ns) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    LogicalOp { op, invoked_ns: one.invoked_ns.min(other.invoked_ns), returned_ns }
}
