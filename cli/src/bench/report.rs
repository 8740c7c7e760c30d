//! The results of runs in numbers.

use serde::Serialize;

use super::measure::Measured;
use super::options::{Entry, Mix};
use crate::terminal::part_of;

/// One run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub mix: String,
    pub entry: String,
    pub concurrency: usize,
    pub per_second: f64,
    /// The smallest and the largest throughput of the runs whose median this is.
    pub spread: (f64, f64),
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub max_ms: f64,
    pub refused: u64,
    pub failed: u64,
    pub first_failure: Option<String>,
    /// Nights with a counter that is wrong or above the limit.
    pub violations: u64,
    /// CPU seconds of all nodes per 1,000 operations.
    pub cpu_seconds_per_1000: f64,
    /// Bytes that all nodes wrote, per booking.
    pub bytes_per_booking: f64,
    /// Synced log writes of all nodes, per booking.
    pub syncs_per_booking: f64,
}

impl Run {
    /// The numbers of a run.
    pub fn new(mix: Mix, entry: Entry, concurrency: usize, measured: Measured, violations: u64) -> Run {
        let tally = measured.tally;
        let per_second = tally.done as f64 / measured.seconds;
        let ms = |quantile: f64| tally.latency_us.value_at_quantile(quantile) as f64 / 1_000.0;
        Run {
            mix: format!("{mix:?}"),
            entry: format!("{entry:?}"),
            concurrency,
            per_second,
            spread: (per_second, per_second),
            p50_ms: ms(0.5),
            p95_ms: ms(0.95),
            p99_ms: ms(0.99),
            p999_ms: ms(0.999),
            max_ms: tally.latency_us.max() as f64 / 1_000.0,
            refused: tally.refused,
            failed: tally.failed,
            first_failure: tally.first_failure,
            violations,
            cpu_seconds_per_1000: measured.usage.cpu_seconds * 1_000.0 / (tally.done.max(1) as f64),
            bytes_per_booking: measured.usage.written_bytes / (tally.booked.max(1) as f64),
            syncs_per_booking: measured.usage.syncs / (tally.booked.max(1) as f64),
        }
    }

    /// The run on one line.
    pub fn line(&self) -> String {
        let failure =
            self.first_failure.as_ref().map(|cause| format!("  first failure: {}", part_of(cause, 200))).unwrap_or_default();
        format!(
            "{:<10} {:<6} {:>5} in flight {:>9.0}/s  p50 {:>7.2} p95 {:>7.2} p99 {:>7.2} p99.9 {:>7.2} max {:>8.2} ms  \
             refused {} failed {} wrong {}  cpu {:.3} s/1000  {:.0} B and {:.4} syncs/booking{failure}",
            self.mix,
            self.entry,
            self.concurrency,
            self.per_second,
            self.p50_ms,
            self.p95_ms,
            self.p99_ms,
            self.p999_ms,
            self.max_ms,
            self.refused,
            self.failed,
            self.violations,
            self.cpu_seconds_per_1000,
            self.bytes_per_booking,
            self.syncs_per_booking
        )
    }
}

/// The run with the median throughput, with the spread of all.
pub fn median(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    let spread = (runs[0].per_second, runs[runs.len() - 1].per_second);
    let violations = runs.iter().map(|run| run.violations).sum();
    let failed = runs.iter().map(|run| run.failed).sum();
    Run { spread, violations, failed, ..runs.swap_remove(runs.len() / 2) }
}

/// All runs as a Markdown table.
pub fn table(runs: &[Run]) -> String {
    let mut text = String::from(
        "| mix | entry | in flight | per second (least-most) | p50 ms | p95 | p99 | p99.9 | max | refused | failed | \
         wrong | CPU s/1000 | B/booking | syncs/booking |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for r in runs {
        text += &format!(
            "| {} | {} | {} | {:.0} ({:.0}-{:.0}) | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {} | {} | {} | {:.3} | {:.0} \
             | {:.4} |\n",
            r.mix,
            r.entry,
            r.concurrency,
            r.per_second,
            r.spread.0,
            r.spread.1,
            r.p50_ms,
            r.p95_ms,
            r.p99_ms,
            r.p999_ms,
            r.max_ms,
            r.refused,
            r.failed,
            r.violations,
            r.cpu_seconds_per_1000,
            r.bytes_per_booking,
            r.syncs_per_booking
        );
    }
    text
}
