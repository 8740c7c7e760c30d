//! Runs `keyrack import bookings`.

use indicatif::{ProgressBar, ProgressStyle};

use super::options::ImportOptions;
use super::replay::replay;
use super::summary::Summary;
use super::{plan, table};
use crate::context::Context;

/// Replays the table of a file, all hotels at the same time.
pub async fn bookings(context: &Context, options: ImportOptions) -> anyhow::Result<()> {
    let rows = table::read(&options.file)?;
    let hotels = plan::plan(rows, &options.prefix, options.capacity_percent);
    let total: u64 = hotels.iter().map(|hotel| hotel.days.iter().map(|day| day.steps() as u64).sum::<u64>()).sum();
    let bar =
        ProgressBar::new(total).with_style(ProgressStyle::with_template("{msg:<12} [{bar:40}] {pos}/{len} {per_sec} eta {eta}")?);
    bar.set_message("replaying");
    let runs = hotels.iter().map(|hotel| replay(&context.client, hotel, options.concurrency, &bar));
    let summaries = futures::future::join_all(runs).await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    bar.finish_and_clear();
    context.show(&summaries, |summaries| summaries.iter().map(Summary::text).collect::<Vec<_>>().join("\n"))
}
