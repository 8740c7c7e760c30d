//! The whole run as one picture: faults, nodes, times without answers, throughput, latency, findings.

use super::axis::{TimeAxis, round_up};
use super::bands::{Band, family};
use super::html::{at, escaped, shortened, thousands, took};
use super::reported::Reported;
use super::tally::{Reply, Slice};

const WIDTH: f64 = 1240.0;
const LEFT: f64 = 140.0;
const LANE: f64 = 17.0;
const THROUGHPUT: f64 = 150.0;
const LATENCY: f64 = 170.0;

/// A picture that grows downwards.
struct Canvas {
    axis: TimeAxis,
    svg: String,
    y: f64,
}

/// The picture with its legend.
pub(super) fn section(run: &Reported) -> String {
    let axis = TimeAxis { from_ns: 0, to_ns: run.tally.end_ns, left: LEFT, width: WIDTH - LEFT - 16.0 };
    let mut canvas = Canvas { axis, svg: String::new(), y: 6.0 };
    canvas.findings(run);
    canvas.faults(run);
    canvas.nodes(run);
    canvas.gaps(run);
    let behind = canvas.y;
    canvas.throughput(run);
    canvas.latency(run);
    let shades = shades(run, axis, behind, canvas.y);
    let (ticks, height) = (ticks(axis, canvas.y), canvas.y + 24.0);
    let svg = canvas.svg;
    format!(
        "<section><h2>The run</h2>{}\n<div class=\"wide\"><svg class=\"timeline\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" \
         aria-label=\"Faults, throughput and latency over time\">\n{ticks}{shades}{svg}</svg></div></section>\n",
        legend(run),
    )
}

fn legend(run: &Reported) -> String {
    let mut legend = String::from("<p class=\"legend\">");
    for fate in Reply::ALL {
        legend += &format!("<span><i class=\"{}\"></i>{}</span>", fate.class(), fate.name());
    }
    let mut families: Vec<&str> = run.bands.faults.iter().map(|band| family(&band.nemesis)).collect();
    families.sort_unstable();
    families.dedup();
    for family in families {
        legend += &format!("<span><i class=\"f-{family}\"></i>{family} fault</span>");
    }
    legend + "<span><i class=\"recovery\"></i>recovery</span><span><i class=\"gap\"></i>no answer for 1 s or more</span></p>"
}

/// Draws the faults as shades behind the curves, to show which fault changed them.
fn shades(run: &Reported, axis: TimeAxis, top: f64, bottom: f64) -> String {
    let shade = |(class, band): (String, &Band)| {
        let (x, width) = axis.stretch(band.from_ns, band.to_ns, 2.0);
        let height = bottom - top;
        format!("<rect class=\"shade {class}\" x=\"{x:.1}\" y=\"{top:.0}\" width=\"{width:.1}\" height=\"{height:.0}\"/>\n")
    };
    let faults = run.bands.faults.iter().map(|band| (format!("f-{}", family(&band.nemesis)), band));
    let recoveries = run.bands.recoveries.iter().map(|band| ("recovery".to_owned(), band));
    faults.chain(recoveries).map(shade).collect()
}

fn ticks(axis: TimeAxis, bottom: f64) -> String {
    let tick = |(x, label): (f64, String)| {
        format!(
            "<path class=\"grid\" d=\"M{x:.1} 0V{bottom:.0}\"/><text class=\"axis mid\" x=\"{x:.1}\" y=\"{:.0}\">{label}</text>\n",
            bottom + 16.0
        )
    };
    axis.ticks().into_iter().map(tick).collect()
}

impl Canvas {
    fn label(&mut self, name: &str, y: f64) {
        let (x, name) = (LEFT - 10.0, escaped(&shortened(name, 22)));
        self.svg += &format!("<text class=\"lane end\" x=\"{x:.0}\" y=\"{y:.1}\">{name}</text>\n");
    }

    /// Adds a lane with its name and base line. Returns the y coordinate of the lane.
    fn lane(&mut self, name: &str) -> f64 {
        let y = self.y;
        self.label(name, y + 12.0);
        self.svg += &format!("<path class=\"base\" d=\"M{LEFT} {:.1}H{:.0}\"/>\n", y + LANE - 1.0, WIDTH - 16.0);
        self.y += LANE;
        y
    }

    fn bar(&mut self, class: &str, (from_ns, to_ns): (u64, u64), y: f64, tip: &str) {
        let (x, width) = self.axis.stretch(from_ns, to_ns, 3.0);
        self.svg += &format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.0}\" rx=\"2\"><title>{}</title></rect>\n",
            y + 2.0,
            LANE - 5.0,
            escaped(&shortened(tip, 300)),
        );
    }

    fn mark(&mut self, class: &str, at_ns: u64, y: f64, tip: &str) {
        let (x, tip) = (self.axis.x(at_ns), escaped(&shortened(tip, 300)));
        let (top, side, bottom) = (y + 3.0, x - 5.0, y + 13.0);
        self.svg +=
            &format!("<path class=\"{class}\" d=\"M{x:.1} {top:.1}L{side:.1} {bottom:.1}h10z\"><title>{tip}</title></path>\n");
    }

    fn findings(&mut self, run: &Reported) {
        // One bug may cause hundreds of findings, so marks that would overlap are drawn once.
        let mut marks = std::collections::BTreeMap::new();
        for finding in run.verdict.checks.iter().flat_map(|check| &check.findings) {
            for op in finding.ops.iter().filter_map(|id| super::zoom::find(run.history, *id)) {
                marks.entry(self.axis.x(op.invoked_ns) as u64 / 3).or_insert((op, finding));
            }
        }
        if marks.is_empty() {
            return;
        }
        let y = self.lane("findings");
        for (op, finding) in marks.values() {
            let tip = format!("{} at {}, operation {}: {}", finding.kind, at(op.invoked_ns), op.id, finding.text);
            self.mark("found", op.invoked_ns, y, &tip);
        }
        self.y += 6.0;
    }

    fn faults(&mut self, run: &Reported) {
        for nemesis in run.bands.nemeses() {
            let y = self.lane(nemesis);
            for band in run.bands.faults.iter().filter(|band| band.nemesis == nemesis) {
                self.bar(&format!("f-{}", family(nemesis)), (band.from_ns, band.to_ns), y, &tip(band));
            }
        }
        if run.bands.recoveries.is_empty() {
            return;
        }
        let y = self.lane("recovery");
        for band in &run.bands.recoveries {
            self.bar("recovery", (band.from_ns, band.to_ns), y, &tip(band));
        }
        self.y += 6.0;
    }

    fn nodes(&mut self, run: &Reported) {
        let faulty = run.bands.faults.iter().any(|band| !band.nodes.is_empty());
        let ended = run.bands.moments.iter().any(|moment| !moment.nodes.is_empty());
        if !faulty && !ended {
            return;
        }
        for node in 1..=run.history.setup.nodes.min(99) {
            let y = self.lane(&format!("node {node}"));
            for band in run.bands.faults.iter().filter(|band| band.nodes.contains(&node)) {
                self.bar(&format!("f-{}", family(&band.nemesis)), (band.from_ns, band.to_ns), y, &tip(band));
            }
            for moment in run.bands.moments.iter().filter(|moment| moment.nodes.contains(&node)) {
                self.mark("moment", moment.at_ns, y, &format!("{}: {}", at(moment.at_ns), moment.what));
            }
        }
        self.y += 6.0;
    }

    fn gaps(&mut self, run: &Reported) {
        for (workload, row) in run.tally.workloads.iter().filter(|(_, row)| !row.gaps_ns.is_empty()) {
            let y = self.lane(&format!("{workload}: no answer"));
            for (from_ns, to_ns) in row.gaps_ns.iter().take(400) {
                let tip = format!("{workload}: no answer for {}, from {}", took(to_ns - from_ns), at(*from_ns));
                self.bar("gap", (*from_ns, *to_ns), y, &tip);
            }
        }
    }

    fn throughput(&mut self, run: &Reported) {
        let top = self.y + 26.0;
        let slice_s = run.tally.slice_ns as f64 / 1e9;
        let rate = |slice: &Slice| slice.replies.iter().sum::<u64>() as f64 / slice_s;
        let most = round_up(run.tally.slices.iter().map(rate).fold(0.0, f64::max));
        let y = |rate: f64| top + THROUGHPUT * (1.0 - rate / most);
        self.svg += &format!("<text class=\"head\" x=\"{LEFT}\" y=\"{:.0}\">operations a second</text>\n", top - 9.0);
        for part in [0.0, 0.5, 1.0] {
            self.level(y(most * part), &format!("{}", most * part));
        }
        let mut below = vec![0.0; run.tally.slices.len()];
        for (number, fate) in Reply::ALL.into_iter().enumerate() {
            let mut path = String::new();
            for (at, slice) in run.tally.slices.iter().enumerate().filter(|(_, slice)| slice.replies[number] > 0) {
                let (x, width) = self.slice(run, at);
                let from = below[at];
                below[at] += slice.replies[number] as f64 / slice_s;
                let (upper, lower) = (y(below[at]), y(from));
                path += &format!("M{x:.1} {lower:.1}V{upper:.1}h{width:.1}V{lower:.1}z");
            }
            self.svg += &format!("<path class=\"{}\" d=\"{path}\"/>\n", fate.class());
        }
        self.tips(run, top, THROUGHPUT);
        self.y = top + THROUGHPUT + 8.0;
    }

    fn latency(&mut self, run: &Reported) {
        let all = || run.tally.slices.iter().filter_map(|slice| slice.latency);
        let Some(most_ns) = all().map(|latency| latency.max_ns.max(1)).max() else { return };
        let least_ns = all().map(|latency| latency.p50_ns.max(1)).min().unwrap_or(1);
        let (low, high) = ((least_ns as f64).log10().floor(), (most_ns as f64).log10().ceil());
        let top = self.y + 30.0;
        let y = |ns: u64| top + LATENCY * (1.0 - ((ns.max(1) as f64).log10() - low) / (high - low).max(1.0));
        self.svg += &format!("<text class=\"head\" x=\"{LEFT}\" y=\"{:.0}\">time until the answer: ", top - 10.0);
        self.svg += "<tspan class=\"t-p50\">median</tspan>, <tspan class=\"t-p99\">99th percentile</tspan>, ";
        self.svg += "<tspan class=\"t-max\">maximum</tspan> (logarithmic scale)</text>\n";
        for power in low as u32..=(high as u32).min(19) {
            let ns = 10u64.pow(power);
            self.level(y(ns), &level(ns));
        }
        for (class, pick) in [
            ("max", (|latency| latency.max_ns) as fn(super::tally::Latency) -> u64),
            ("p99", |latency| latency.p99_ns),
            ("p50", |latency| latency.p50_ns),
        ] {
            let path = self.curve(run, |slice| slice.latency.map(|latency| y(pick(latency))));
            self.svg += &format!("<path class=\"curve {class}\" d=\"{path}\"/>\n");
        }
        self.tips(run, top, LATENCY);
        self.y = top + LATENCY + 8.0;
    }

    fn level(&mut self, y: f64, label: &str) {
        self.svg += &format!(
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.0}\"/><text class=\"axis end\" x=\"{:.0}\" y=\"{:.1}\">{label}</text>\n",
            WIDTH - 16.0,
            LEFT - 8.0,
            y + 4.0,
        );
    }

    /// The left edge and the width of a slice of time, with a small gap between slices.
    fn slice(&self, run: &Reported, at: usize) -> (f64, f64) {
        let from_ns = at as u64 * run.tally.slice_ns;
        let (x, width) = self.axis.stretch(from_ns, from_ns + run.tally.slice_ns, 0.5);
        (x, if width > 3.0 { width - 0.8 } else { width })
    }

    /// A line through the middles of the slices, broken where a slice has no value. A single slice is a short dash.
    fn curve(&self, run: &Reported, y: impl Fn(&Slice) -> Option<f64>) -> String {
        let (mut path, mut drawing) = (String::new(), false);
        for (at, slice) in run.tally.slices.iter().enumerate() {
            let Some(y) = y(slice) else {
                drawing = false;
                continue;
            };
            let (x, width) = self.slice(run, at);
            let middle = x + width / 2.0;
            path += &if drawing { format!("L{middle:.1} {y:.1}") } else { format!("M{:.1} {y:.1}h1", middle - 1.0) };
            drawing = true;
        }
        path
    }

    /// Adds the tooltips of the slices.
    fn tips(&mut self, run: &Reported, top: f64, height: f64) {
        for (number, slice) in run.tally.slices.iter().enumerate().filter(|(_, slice)| slice.replies.iter().any(|n| *n > 0)) {
            let (x, width) = self.slice(run, number);
            let from_ns = number as u64 * run.tally.slice_ns;
            let mut tip = format!("{} to {}:", at(from_ns), at(from_ns + run.tally.slice_ns));
            for (count, fate) in slice.replies.iter().zip(Reply::ALL).filter(|(count, _)| **count > 0) {
                tip += &format!(" {} {},", thousands(*count), fate.name());
            }
            if let Some(latency) = slice.latency {
                tip += &format!(" p50 {}, p99 {}, max {}", took(latency.p50_ns), took(latency.p99_ns), took(latency.max_ns));
            }
            self.svg += &format!(
                "<rect class=\"tip\" x=\"{x:.1}\" y=\"{top:.0}\" width=\"{width:.1}\" height=\"{height:.0}\"><title>{tip}</title></rect>\n"
            );
        }
    }
}

/// The label of a power of ten, in nanoseconds.
fn level(ns: u64) -> String {
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{} µs", ns / 1_000),
        1_000_000..1_000_000_000 => format!("{} ms", ns / 1_000_000),
        _ => format!("{} s", ns / 1_000_000_000),
    }
}

fn tip(band: &Band) -> String {
    let ended = band.ended.as_deref().unwrap_or("no end was recorded");
    format!("{}, {} to {}: {}. {ended}", band.nemesis, at(band.from_ns), at(band.to_ns), band.what)
}
