//! The history as Jepsen writes it: an invocation and a completion for each operation.

use serde::{Deserialize, Serialize};

use super::operation::{Call, Outcome};
use super::run_history::History;

/// A line of `history.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The line's number, from 0.
    pub index: u64,
    /// The time in ns of the run. A completion that never arrived has the time at which the history ends.
    pub time_ns: u64,
    /// The caller.
    pub process: u32,
    /// An invocation, or one of three kinds of completion.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The operation.
    pub op: u64,
    /// The call, for invocations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Invocation>,
    /// The result, for completions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Completion>,
}

/// Jepsen's four types of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It was invoked.
    Invoke,
    /// It was done.
    Ok,
    /// It certainly was not done.
    Fail,
    /// The outcome is unknown.
    Info,
}

/// The content of an invocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    /// The workload.
    pub workload: String,
    /// The call.
    pub call: Call,
}

/// The content of a completion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// As in [`Op`](super::Op).
    pub returned_ns: Option<u64>,
    /// As in [`Op`](super::Op).
    pub outcome: Outcome,
    /// As in [`Op`](super::Op).
    pub tries: u32,
    /// As in [`Op`](super::Op).
    pub resolved_late: bool,
    /// As in [`Op`](super::Op).
    pub node: u32,
}

impl History {
    /// The history as invocations and completions, in the order of time.
    pub fn events(&self) -> Vec<Event> {
        let times = self.ops.iter().map(|op| op.returned_ns.unwrap_or(op.invoked_ns));
        let end_ns = times.max().unwrap_or(0);
        let mut events = Vec::with_capacity(self.ops.len() * 2);
        for op in &self.ops {
            let asked = Invocation { workload: op.workload.clone(), call: op.call.clone() };
            let event = Event {
                index: 0,
                time_ns: op.invoked_ns,
                process: op.process,
                kind: Kind::Invoke,
                op: op.id,
                asked: Some(asked),
                done: None,
            };
            let done = Completion {
                returned_ns: op.returned_ns,
                outcome: op.outcome.clone(),
                tries: op.tries,
                resolved_late: op.resolved_late,
                node: op.node,
            };
            let (time_ns, kind) = (op.returned_ns.unwrap_or(end_ns), kind(&op.outcome));
            events.push(Event { time_ns, kind, asked: None, done: Some(done), ..event.clone() });
            events.push(event);
        }
        // If a caller gets an answer and sends its next call in the same nanosecond, the answer comes first.
        events.sort_by_key(|event| (event.time_ns, event.op, event.done.is_some()));
        for (index, event) in (0..).zip(&mut events) {
            event.index = index;
        }
        events
    }
}

/// The type of the completion with this outcome.
pub(super) fn kind(outcome: &Outcome) -> Kind {
    match outcome {
        Outcome::Ok { .. } => Kind::Ok,
        Outcome::Refused { .. } | Outcome::NotDone { .. } => Kind::Fail,
        Outcome::Unknown { .. } => Kind::Info,
    }
}
