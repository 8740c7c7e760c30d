//! Callers: what they ask, and what they make of the answers.

mod caller;
mod hotels;
mod plans;
mod recorder;
mod request;

pub use caller::{Caller, Patience, ask_through, resolve};
pub use hotels::{Scale, open, plan};
pub use recorder::Recorder;
pub use request::{booking_of, date, day, is_read, night_of, time_ms};

/// What callers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Workload {
    /// Stays of several nights in several room types, and cancellations.
    Reserve,
    /// Holds that are confirmed, released, or run out.
    Hold,
    /// Bookings that move.
    Amend,
    /// The same request with the same key, again and at the same time, through other nodes.
    Retry,
    /// Several room types at once under a house limit: all or nothing.
    Baskets,
    /// Reads on every node, linearizable and bounded, with few writes.
    Reads,
}

impl Workload {
    /// All there are: the main six.
    pub const ALL: [Workload; 6] =
        [Workload::Reserve, Workload::Hold, Workload::Amend, Workload::Retry, Workload::Baskets, Workload::Reads];

    /// Its name on the command line and in the history.
    pub fn name(self) -> &'static str {
        match self {
            Workload::Reserve => "reserve",
            Workload::Hold => "hold",
            Workload::Amend => "amend",
            Workload::Retry => "retry",
            Workload::Baskets => "baskets",
            Workload::Reads => "reads",
        }
    }
}

/// What was asked for and is not there yet, with why: it counts as not run.
pub const NOT_IN_KEYRACK: [(&str, &str); 2] = [
    ("membership", "Keyrack adds and removes no nodes at run time yet; the simulation changes memberships"),
    ("moves", "Keyrack moves no property to another shard yet"),
];
