//! Runs `keyrack import bookings`.

use indicatif::{ProgressBar, ProgressStyle};

use super::options::ImportOptions;
use super::overview::{Overview, Source};
use super::plan::{self, Hotel};
use super::replay::replay;
use super::summary::Summary;
use super::table::{self, Given};
use crate::context::Context;
use crate::messages::bad_rows::skipped;
use crate::messages::import::DRY_RUN;
use crate::messages::table::TableError;
use crate::output::{note, show};

/// Replays the table of a file, all hotels at the same time.
pub async fn bookings(context: &Context, options: ImportOptions) -> anyhow::Result<()> {
    let (overview, hotels) = prepare(&options)?;
    let total: u64 = hotels.iter().map(|hotel| hotel.days.iter().map(|day| day.steps() as u64).sum::<u64>()).sum();
    let bar =
        ProgressBar::new(total).with_style(ProgressStyle::with_template("{msg:<12} [{bar:40}] {pos}/{len} {per_sec} eta {eta}")?);
    bar.set_message("replaying");
    let runs = hotels.iter().map(|hotel| replay(&context.client, hotel, options.concurrency, &bar));
    let summaries = futures::future::join_all(runs).await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    bar.finish_and_clear();
    // After the requests: if the first one is refused, its message stands alone.
    note(overview.text().trim_end());
    context.show(&summaries, |summaries| summaries.iter().map(Summary::text).collect::<Vec<_>>().join("\n"))
}

/// Shows what an import of the file would do.
pub fn dry_run(json: bool, options: &ImportOptions) -> anyhow::Result<()> {
    let (overview, _) = prepare(options)?;
    show(json, &overview, Overview::text)?;
    note(DRY_RUN);
    Ok(())
}

/// Reads and checks the whole file before anything is changed.
fn prepare(options: &ImportOptions) -> anyhow::Result<(Overview, Vec<Hotel>)> {
    let given = Given { encoding: options.encoding, date_order: options.date_order, hotel: options.hotel.as_deref() };
    let table = table::read(&options.file, &given)?;
    let source = Source::of(&table);
    if table.bad.rows > 0 {
        if !options.skip_bad_rows {
            return Err(TableError::BadRows(Box::new(table.bad)).into());
        }
        note(skipped(&table.bad));
        if table.rows.is_empty() {
            return Err(TableError::OnlyBadRows(options.file.clone()).into());
        }
    }
    let hotels = plan::plan(table.rows, &options.prefix, options.capacity_percent)?;
    Ok((Overview::of(source, &hotels), hotels))
}
