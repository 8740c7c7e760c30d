//! How long faults and the pauses between them last.

/// How long faults and the pauses between them last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultTiming {
    /// The duration of the shortest and of the longest fault.
    pub fault_ms: (u64, u64),
    /// The duration of the shortest and of the longest pause.
    pub pause_ms: (u64, u64),
}

impl FaultTiming {
    /// Faults that are just long enough for an election, with short pauses: about three times as many faults.
    pub fn quick() -> FaultTiming {
        FaultTiming { fault_ms: (1_000, 2_500), pause_ms: (300, 1_500) }
    }
}

impl Default for FaultTiming {
    fn default() -> FaultTiming {
        FaultTiming { fault_ms: (1_500, 6_000), pause_ms: (1_000, 5_000) }
    }
}
