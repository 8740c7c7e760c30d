//! Converts times and values to coordinates in a picture.

/// The horizontal axis: a time range of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeAxis {
    pub from_ns: u64,
    pub to_ns: u64,
    /// The left edge, in units of the picture.
    pub left: f64,
    pub width: f64,
}

impl TimeAxis {
    /// The x coordinate of a time. A time outside the range is at the edge.
    pub fn x(&self, at_ns: u64) -> f64 {
        let length_ns = self.to_ns.saturating_sub(self.from_ns).max(1);
        let passed_ns = at_ns.clamp(self.from_ns, self.to_ns.max(self.from_ns)) - self.from_ns;
        self.left + self.width * passed_ns as f64 / length_ns as f64
    }

    /// The left edge and the width of a time range, at least `narrowest` wide.
    pub fn stretch(&self, from_ns: u64, to_ns: u64, narrowest: f64) -> (f64, f64) {
        let x = self.x(from_ns);
        (x, (self.x(to_ns) - x).max(narrowest))
    }

    /// About ten round times with their labels.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let length_ns = self.to_ns.saturating_sub(self.from_ns).max(1);
        let steps = (3..13).flat_map(|power| [1, 2, 5].map(|digit| digit * 10u64.pow(power)));
        let step_ns = steps.into_iter().find(|step_ns| length_ns / step_ns <= 12).unwrap_or(length_ns);
        let first = self.from_ns.div_ceil(step_ns);
        let decimals = match step_ns {
            1_000_000_000.. => 0,
            100_000_000.. => 1,
            1_000_000.. => 3,
            _ => 6,
        };
        let label = |at_ns: u64| format!("{:.decimals$} s", at_ns as f64 / 1e9);
        (first..=self.to_ns / step_ns).map(|at| (self.x(at * step_ns), label(at * step_ns))).collect()
    }
}

/// The next round number at or above a value.
pub(super) fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.max(1.0).log10().floor());
    [1.0, 1.6, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0]
        .map(|digit| digit * power)
        .into_iter()
        .find(|round| *round >= value)
        .unwrap_or(value)
}
