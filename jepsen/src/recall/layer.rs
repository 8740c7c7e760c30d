//! The layers of tests that look for bugs.

/// A layer of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The tests of every crate except `tests` and `jepsen`: the pure core, codecs, storage, Raft, the edge.
    Core,
    /// The deterministic simulation.
    Sim,
    /// This harness: real processes, random faults, checkers.
    Processes,
    /// The black-box tests: real processes in fixed scenarios.
    BlackBox,
}

impl Layer {
    /// All layers, the cheapest first.
    pub const ALL: [Layer; 4] = [Layer::Core, Layer::Sim, Layer::Processes, Layer::BlackBox];

    /// Its name on the command line and in the result.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Core => "core",
            Layer::Sim => "sim",
            Layer::Processes => "processes",
            Layer::BlackBox => "black-box",
        }
    }
}
