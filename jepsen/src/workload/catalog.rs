//! The table of all workloads: each is declared here once.

macro_rules! workloads {
    ($($variant:ident $name:literal $does:literal;)*) => {
        /// What callers do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Workload {
            $(#[doc = $does] $variant,)*
        }

        impl Workload {
            /// All there are.
            pub const ALL: &[Workload] = &[$(Workload::$variant),*];

            /// Its name on the command line and in the history.
            pub fn name(self) -> &'static str {
                match self {
                    $(Workload::$variant => $name,)*
                }
            }
        }
    };
}

workloads! {
    Reserve "reserve" "Stays of several nights in several room types, and cancellations.";
    Hold "hold" "Holds that are confirmed, released, or run out.";
    Amend "amend" "Bookings that move.";
    Retry "retry" "The same request with the same key, again and at the same time, through other nodes.";
    Baskets "baskets" "Several room types at once under a house limit: all or nothing.";
    Reads "reads" "Reads on every node, linearizable and bounded, with few writes.";
}

impl Workload {
    /// The workload of a name.
    pub fn named(name: &str) -> Option<Workload> {
        Workload::ALL.iter().copied().find(|workload| workload.name() == name)
    }
}

/// What was asked for and is not there yet, with why: it counts as not run.
pub const NOT_IN_KEYRACK: [(&str, &str); 2] = [
    ("membership", "Keyrack adds and removes no nodes at run time yet; the simulation changes memberships"),
    ("moves", "Keyrack moves no property to another shard yet"),
];
