//! Faults as time ranges.

use crate::history::{Fault, History};
use crate::nemesis::Nemesis;

/// A fault from its start to its end.
#[derive(Clone, Debug)]
pub(super) struct Band {
    pub nemesis: String,
    /// How it began, as a sentence.
    pub what: String,
    /// How it ended, as a sentence; `None` if the record has no end.
    pub ended: Option<String>,
    pub from_ns: u64,
    pub to_ns: u64,
    pub nodes: Vec<u32>,
}

/// All faults, by start time.
#[derive(Clone, Debug, Default)]
pub(super) struct Bands {
    pub faults: Vec<Band>,
    /// From the end of a fault until all nodes are ready.
    pub recoveries: Vec<Band>,
    /// Events without a duration: nodes that stopped unexpectedly, faults that could not be injected, notes.
    pub moments: Vec<Fault>,
}

impl Bands {
    /// An end closes every open fault of its nemesis: clocks jump several times before they are reset.
    pub fn of(history: &History, end_ns: u64) -> Bands {
        let mut bands = Bands::default();
        let mut last_ns = 0;
        for fault in &history.faults {
            match (fault.nemesis.as_str(), fault.phase.as_str()) {
                ("heal", _) => bands.recoveries.push(recovery(fault, last_ns)),
                ("supervisor", _) => bands.moments.push(fault.clone()),
                (_, "begin") => bands.faults.push(begun(fault, end_ns)),
                (_, "end") => {
                    let open = bands.faults.iter_mut().filter(|band| band.ended.is_none() && band.nemesis == fault.nemesis);
                    let mut closed = 0;
                    for band in open {
                        (band.to_ns, band.ended) = (fault.at_ns.max(band.from_ns), Some(fault.what.clone()));
                        closed += 1;
                    }
                    if closed == 0 {
                        bands.moments.push(fault.clone());
                    }
                }
                _ => bands.moments.push(fault.clone()),
            }
            if fault.nemesis != "supervisor" {
                last_ns = fault.at_ns;
            }
        }
        bands
    }

    /// The names of the nemeses that injected a fault, in the order of their first fault.
    pub fn nemeses(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for band in &self.faults {
            if !names.contains(&band.nemesis.as_str()) {
                names.push(&band.nemesis);
            }
        }
        names
    }
}

/// The family of a nemesis, which determines its colour.
pub(super) fn family(nemesis: &str) -> &'static str {
    Nemesis::named(nemesis).map_or("other", Nemesis::family)
}

fn begun(fault: &Fault, end_ns: u64) -> Band {
    Band {
        nemesis: fault.nemesis.clone(),
        what: fault.what.clone(),
        ended: None,
        from_ns: fault.at_ns,
        to_ns: end_ns.max(fault.at_ns),
        nodes: fault.nodes.clone(),
    }
}

fn recovery(fault: &Fault, from_ns: u64) -> Band {
    let ended = Some(fault.what.clone());
    Band { what: "recovery".into(), ended, from_ns: from_ns.min(fault.at_ns), to_ns: fault.at_ns, ..begun(fault, 0) }
}
