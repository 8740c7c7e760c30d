//! The table of all workloads: each is declared here once.

macro_rules! workloads {
    ($($variant:ident $name:literal $does:literal;)*) => {
        /// A kind of calls that callers send.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Workload {
            $(#[doc = $does] $variant,)*
        }

        impl Workload {
            /// All workloads.
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
    Hold "hold" "Holds that are confirmed, released, or expire.";
    Amend "amend" "Bookings that are amended to other nights and rooms.";
    Retry "retry" "The same request with the same key through several nodes, at the same time and later again.";
    Baskets "baskets" "Several room types at once under a house limit: all or nothing.";
    Bulk "bulk" "The largest updates of restrictions that the API takes, among stays and cancellations.";
    Reads "reads" "Reads on every node, linearizable and bounded, with few writes.";
}

impl Workload {
    /// The workload with this name.
    pub fn named(name: &str) -> Option<Workload> {
        Workload::ALL.iter().copied().find(|workload| workload.name() == name)
    }
}

/// Workloads that Keyrack does not support yet, each with the reason. They count as not run.
pub const NOT_IN_KEYRACK: [(&str, &str); 2] = [
    ("membership", "Keyrack cannot add or remove nodes at run time yet; the simulation changes memberships"),
    ("moves", "Keyrack cannot move a property to another shard yet"),
];
