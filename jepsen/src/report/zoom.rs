//! A picture of a few operations and others at the same time: a lane per caller, a bar from invocation to completion.

use super::axis::TimeAxis;
use super::html::{at, escaped, shortened};
use super::operation_text;
use super::tally::Reply;
use crate::history::{History, Op};

const WIDTH: f64 = 1240.0;
const LEFT: f64 = 100.0;
const LANE: f64 = 30.0;
/// The most callers that are drawn.
const LANES: usize = 14;
/// The most other operations of the same hotels that are drawn.
const MAX_NEIGHBOURS: usize = 60;
/// The most operations of the finding that are drawn.
const MAX_CONCERNED: usize = 40;
/// The least time that is drawn before and after. The cause is often just before the finding.
const MARGIN_NS: u64 = 15_000_000;
/// The width of a label. Labels that would overlap are left out.
const LABEL: f64 = 145.0;

/// An operation by its id.
pub(super) fn find(history: &History, id: u64) -> Option<&Op> {
    history.ops.binary_search_by_key(&id, |op| op.id).ok().map(|at| &history.ops[at])
}

/// The picture; empty if there are no operations to show.
pub(super) fn picture(history: &History, concerned: &[&Op]) -> String {
    let concerned = &concerned[..concerned.len().min(MAX_CONCERNED)];
    let Some(axis) = axis(concerned) else { return String::new() };
    let mut shown = beside(history, concerned, axis);
    let callers = callers(concerned, &shown);
    shown.extend(concerned);
    shown.sort_by_key(|op| op.invoked_ns);
    let height = LANE * callers.len() as f64 + 8.0;
    let mut svg = String::new();
    for (x, label) in axis.ticks() {
        let y = height + 14.0;
        svg += &format!(
            "<path class=\"grid\" d=\"M{x:.1} 0V{height:.0}\"/><text class=\"axis mid\" x=\"{x:.1}\" y=\"{y:.0}\">{label}</text>\n"
        );
    }
    for (lane, caller) in callers.iter().enumerate() {
        let own: Vec<&Op> = shown.iter().copied().filter(|op| op.process == *caller).collect();
        svg += &drawn(*caller, &own, concerned, axis, LANE * lane as f64);
    }
    format!(
        "<div class=\"wide\"><svg class=\"zoom\" viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\">\n{svg}</svg></div>\n",
        height + 22.0
    )
}

/// One caller's operations. Those of the finding get labels first, the others where there is room.
fn drawn(caller: u32, own: &[&Op], concerned: &[&Op], axis: TimeAxis, y: f64) -> String {
    let (end, name) = (LEFT - 10.0, y + 23.0);
    let mut svg = format!("<text class=\"lane end\" x=\"{end:.0}\" y=\"{name:.0}\">caller {caller}</text>\n");
    let named = |op: &Op| concerned.iter().any(|other| other.id == op.id);
    svg += &own.iter().map(|op| bar(op, axis, y + 15.0, named(op))).collect::<String>();
    let mut taken: Vec<f64> = Vec::new();
    for (class, wanted) in [("label", true), ("axis", false)] {
        for op in own.iter().filter(|op| named(op) == wanted) {
            let x = axis.x(op.invoked_ns).min(WIDTH - LABEL);
            if taken.iter().all(|other| (other - x).abs() >= LABEL) {
                svg += &format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{:.0}\">{}</text>\n", y + 11.0, escaped(&label(op)));
                taken.push(x);
            }
        }
    }
    svg
}

/// From the first invocation to the last answer during the run, with a margin.
fn axis(concerned: &[&Op]) -> Option<TimeAxis> {
    let from_ns = concerned.iter().map(|op| op.invoked_ns).min()?;
    let last = concerned.iter().map(|op| op.returned_ns.filter(|_| !op.resolved_late).unwrap_or(op.invoked_ns));
    let to_ns = last.max()?.max(from_ns);
    let air_ns = ((to_ns - from_ns) / 4).max(MARGIN_NS);
    let (from_ns, to_ns) = (from_ns.saturating_sub(air_ns), to_ns.saturating_add(air_ns));
    Some(TimeAxis { from_ns, to_ns, left: LEFT, width: WIDTH - LEFT - 16.0 })
}

/// Operations of the same hotels at the same time, those nearest to the finding's operations first.
fn beside<'a>(history: &'a History, concerned: &[&Op], axis: TimeAxis) -> Vec<&'a Op> {
    let near = |op: &&Op| {
        let inside = op.invoked_ns <= axis.to_ns && end_ns(op, axis) >= axis.from_ns;
        inside
            && concerned.iter().any(|other| other.call.property() == op.call.property())
            && !concerned.iter().any(|other| other.id == op.id)
    };
    let apart = |op: &Op| {
        let to = |other: &&Op| {
            let before = other.invoked_ns.saturating_sub(end_ns(op, axis));
            before.max(op.invoked_ns.saturating_sub(end_ns(other, axis)))
        };
        concerned.iter().map(to).min().unwrap_or(0)
    };
    let mut all: Vec<(u64, u64, &Op)> = history.ops.iter().filter(near).map(|op| (apart(op), op.id, op)).collect();
    all.sort_unstable_by_key(|(apart_ns, id, _)| (*apart_ns, *id));
    all.into_iter().take(MAX_NEIGHBOURS).map(|(_, _, op)| op).collect()
}

/// The end of a bar. An operation of unknown outcome may take effect until the end of the picture.
fn end_ns(op: &Op, axis: TimeAxis) -> u64 {
    op.returned_ns.filter(|_| !op.resolved_late).unwrap_or(axis.to_ns)
}

/// The callers of the finding's operations, then the others.
fn callers(concerned: &[&Op], beside: &[&Op]) -> Vec<u32> {
    let mut callers: Vec<u32> = Vec::new();
    for op in concerned.iter().chain(beside) {
        if !callers.contains(&op.process) && callers.len() < LANES {
            callers.push(op.process);
        }
    }
    callers
}

fn bar(op: &Op, axis: TimeAxis, y: f64, named: bool) -> String {
    let (x, width) = axis.stretch(op.invoked_ns, end_ns(op, axis), 3.0);
    let class =
        format!("{}{}{}", Reply::of(op).class(), if named { " named" } else { " beside" }, if open(op) { " open" } else { "" });
    let answered = op.returned_ns.map_or_else(|| "never".into(), at);
    let tip = format!(
        "{}, {}, answered {answered}: {} ⇒ {}",
        label(op),
        at(op.invoked_ns),
        operation_text::call(&op.call),
        operation_text::outcome(&op.outcome)
    );
    let tip = escaped(&shortened(&tip, if named { 500 } else { 200 }));
    format!(
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"12\" rx=\"2\"><title>{tip}</title></rect>\n"
    )
}

fn open(op: &Op) -> bool {
    op.returned_ns.is_none() || op.resolved_late
}

/// The operation's number, name and log position.
fn label(op: &Op) -> String {
    let place = operation_text::position(op);
    let place = if place.is_empty() { place } else { format!(" @{place}") };
    format!("#{} {}{place}", op.id, op.call.name())
}
