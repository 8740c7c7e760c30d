//! Runs `keyrack bench`.

use std::time::Duration;

use anyhow::Context as _;
use keyrack_client::{Client, Tls};

use super::check::check;
use super::hotels::Hotels;
use super::measure::measure;
use super::options::{BenchOptions, Entry, Mix};
use super::report::{self, Run};
use super::target::Target;
use crate::messages::bench::{BenchError, set_up};
use crate::output::{note, say, say_json};

/// Runs every combination of mix, entry and concurrency, and prints the results.
pub async fn bench(endpoints: &[String], key: &str, tls: Tls, json: bool, options: BenchOptions) -> anyhow::Result<()> {
    let target = match &options.dev {
        Some(file) => Target::of_dev(file, tls)?,
        None => Target { endpoints: endpoints.to_vec(), key: key.to_owned(), tls, pids: Vec::new() },
    };
    let client = target.client(target.endpoints.clone())?.with_timeout(Duration::from_secs(30));
    note(set_up(&target.endpoints));
    let mut all = Vec::new();
    for mix in &options.mix {
        for entry in &options.entry {
            if *entry == Entry::Stream && *mix == Mix::M {
                continue; // the stream only makes bookings
            }
            for concurrency in &options.concurrency {
                let mut runs = Vec::new();
                for _ in 0..options.runs.max(1) {
                    let run = one(&target, &client, &options, *mix, *entry, *concurrency).await?;
                    note(run.line());
                    runs.push(run);
                }
                all.push(report::median(runs));
            }
        }
    }
    if json {
        say_json(&all)?
    } else {
        say(&report::table(&all))?
    }
    match all.iter().map(|run| run.violations).sum() {
        0 => Ok(()),
        wrong => Err(BenchError::Violations(wrong).into()),
    }
}

async fn one(
    target: &Target,
    client: &Client,
    options: &BenchOptions,
    mix: Mix,
    entry: Entry,
    concurrency: usize,
) -> anyhow::Result<Run> {
    let hotels = Hotels::set_up(client, mix, options.properties, options.zipf).await.context(BenchError::SetUp)?;
    let measured = measure(target, client, &hotels, mix, entry, concurrency, options).await?;
    let violations = check(target, client, &hotels, &measured.tally, options.recount).await?;
    Ok(Run::new(mix, entry, concurrency, measured, violations))
}
