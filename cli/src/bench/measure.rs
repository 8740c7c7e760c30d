//! One measured run through one entry point.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use keyrack_client::Client;
use tokio::task::JoinSet;

use super::entry;
use super::hotels::Hotels;
use super::options::{BenchOptions, Entry, Mix};
use super::tally::Tally;
use super::target::Target;
use super::usage::Usage;
use super::window::Window;
use crate::messages::bench::BenchError;

/// The measurements of a run.
pub struct Measured {
    /// The counts of all workers.
    pub tally: Tally,
    /// The measured time.
    pub seconds: f64,
    /// The usage of the nodes in this time.
    pub usage: Usage,
}

/// Runs the workload with `concurrency` requests in flight.
pub async fn measure(
    target: &Target,
    client: &Client,
    hotels: &Hotels,
    mix: Mix,
    entry: Entry,
    concurrency: usize,
    options: &BenchOptions,
) -> anyhow::Result<Measured> {
    let window = Window::starting_now(Duration::from_secs(options.warmup), Duration::from_secs(options.seconds));
    let bar = progress(mix, entry, concurrency, options);
    // A separate task does not delay the workers. Dropping the set ends it if the run fails.
    let mut watcher = JoinSet::new();
    watcher.spawn(watch(target.clone(), window, bar));
    let tally = match entry {
        Entry::Http => entry::http(target, hotels, mix, concurrency, window).await?,
        Entry::Grpc => entry::grpc(client, hotels, mix, concurrency, window).await,
        Entry::Stream => entry::stream(client, hotels, mix, concurrency, window).await?,
    };
    let usage = watcher.join_next().await.and_then(Result::ok).ok_or(BenchError::Usage)?;
    Ok(Measured { tally, seconds: options.seconds as f64, usage })
}

fn progress(mix: Mix, entry: Entry, concurrency: usize, options: &BenchOptions) -> ProgressBar {
    let bar = ProgressBar::new(options.warmup + options.seconds);
    if let Ok(style) = ProgressStyle::with_template("{msg:<24} [{bar:40}] {pos}/{len} s") {
        bar.set_style(style);
    }
    bar.set_message(format!("{mix:?} {entry:?} {concurrency}"));
    bar
}

/// Reads the usage of the nodes during the measured time.
async fn watch(target: Target, window: Window, bar: ProgressBar) -> Usage {
    let mut before = None;
    while window.is_open() {
        if before.is_none() && Instant::now() >= window.measured_from {
            before = Some(Usage::of(&target).await);
        }
        tokio::time::sleep(Duration::from_millis(100).min(window.ends - Instant::now().min(window.ends))).await;
        let left = (window.ends - Instant::now().min(window.ends)).as_secs();
        bar.set_position(bar.length().unwrap_or(0).saturating_sub(left));
    }
    bar.finish_and_clear();
    match before {
        Some(before) => Usage::of(&target).await.since(&before),
        None => Usage::default(),
    }
}
