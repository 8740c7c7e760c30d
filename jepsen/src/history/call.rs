//! Accessors of calls, outcomes and operations.

use super::operation::{Call, Op, Outcome, Position, Rooms};

impl Call {
    /// The hotel.
    pub fn property(&self) -> &str {
        match self {
            Call::Reserve { property, .. }
            | Call::Amend { property, .. }
            | Call::Cancel { property, .. }
            | Call::Reinstate { property, .. }
            | Call::Hold { property, .. }
            | Call::Confirm { property, .. }
            | Call::Release { property, .. }
            | Call::Availability { property, .. }
            | Call::Lookup { property, .. } => property,
        }
    }

    /// The idempotency key; reads have none.
    pub fn key(&self) -> Option<&str> {
        match self {
            Call::Reserve { key, .. }
            | Call::Amend { key, .. }
            | Call::Cancel { key, .. }
            | Call::Reinstate { key, .. }
            | Call::Hold { key, .. }
            | Call::Confirm { key, .. }
            | Call::Release { key, .. } => Some(key),
            Call::Availability { .. } | Call::Lookup { .. } => None,
        }
    }

    /// The rooms that the call names.
    pub fn rooms(&self) -> &[Rooms] {
        match self {
            Call::Reserve { rooms, .. } | Call::Amend { rooms, .. } | Call::Hold { rooms, .. } => rooms,
            _ => &[],
        }
    }

    /// The maximum age of a bounded read; `None` for linearizable reads and for writes.
    pub fn staleness_ms(&self) -> Option<u64> {
        match self {
            Call::Availability { staleness_ms, .. } | Call::Lookup { staleness_ms, .. } => *staleness_ms,
            _ => None,
        }
    }

    /// Whether it is a read.
    pub fn is_read(&self) -> bool {
        self.key().is_none()
    }

    /// Its name: `reserve`, `amend`, ...
    pub fn name(&self) -> &'static str {
        match self {
            Call::Reserve { .. } => "reserve",
            Call::Amend { .. } => "amend",
            Call::Cancel { .. } => "cancel",
            Call::Reinstate { .. } => "reinstate",
            Call::Hold { .. } => "hold",
            Call::Confirm { .. } => "confirm",
            Call::Release { .. } => "release",
            Call::Availability { .. } => "availability",
            Call::Lookup { .. } => "lookup",
        }
    }
}

impl Outcome {
    /// The log position of the answer.
    pub fn as_of(&self) -> Option<Position> {
        match self {
            Outcome::Ok { as_of, .. } | Outcome::Refused { as_of, .. } => *as_of,
            Outcome::NotDone { .. } | Outcome::Unknown { .. } => None,
        }
    }

    /// Whether it is the stored answer of an earlier try.
    pub fn is_replayed(&self) -> bool {
        matches!(self, Outcome::Ok { replayed: true, .. } | Outcome::Refused { replayed: true, .. })
    }

    /// Whether there is an answer or a refusal.
    pub fn is_known(&self) -> bool {
        matches!(self, Outcome::Ok { .. } | Outcome::Refused { .. })
    }
}

impl Op {
    /// Whether it is a write with an unknown outcome.
    pub fn is_unknown_write(&self) -> bool {
        !self.call.is_read() && matches!(self.outcome, Outcome::Unknown { .. })
    }
}
