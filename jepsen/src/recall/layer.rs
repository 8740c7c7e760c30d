//! The layers of tests that are asked.

/// A layer of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The tests of every room: the pure core, codecs, storage, Raft's glue, the edge.
    Core,
    /// The deterministic simulation.
    Sim,
    /// This harness: real processes, faults, checkers.
    Processes,
    /// The tests of real processes whose scenes are written down.
    BlackBox,
}

impl Layer {
    /// All, the cheapest first.
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
