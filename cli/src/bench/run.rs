//! Runs `keyrack bench`.

use std::time::Duration;

use anyhow::Context;
use keyrack_client::{Client, Tls};

use super::check::check;
use super::hotels::Hotels;
use super::measure::measure;
use super::options::{BenchOptions, Entry, Mix};
use super::report::{self, Run};
use super::target::Target;

/// Runs every combination of mix, entry and concurrency, and prints the results.
pub async fn bench(endpoints: &[String], key: &str, tls: Tls, json: bool, options: BenchOptions) -> anyhow::Result<()> {
    let target = match &options.dev {
        Some(file) => Target::of_dev(file, tls)?,
        None => Target { endpoints: endpoints.to_vec(), key: key.to_owned(), tls, pids: Vec::new() },
    };
    let client = target.client(target.endpoints.clone())?.with_timeout(Duration::from_secs(30));
    let mut all = Vec::new();
    for mix in &options.mix {
        for entry in &options.entry {
            if *entry == Entry::Stream && *mix == Mix::M {
                continue; // the stream only takes bookings
            }
            for concurrency in &options.concurrency {
                let mut runs = Vec::new();
                for _ in 0..options.runs.max(1) {
                    let run = one(&target, &client, &options, *mix, *entry, *concurrency).await?;
                    eprintln!("{}", run.line());
                    runs.push(run);
                }
                all.push(report::median(runs));
            }
        }
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        print!("{}", report::table(&all));
    }
    anyhow::ensure!(all.iter().all(|run| run.violations == 0), "the invariant does not hold: see the column 'wrong'");
    Ok(())
}

async fn one(
    target: &Target,
    client: &Client,
    options: &BenchOptions,
    mix: Mix,
    entry: Entry,
    concurrency: usize,
) -> anyhow::Result<Run> {
    let hotels = Hotels::set_up(client, mix, options.properties, options.zipf).await.context("cannot set the scene")?;
    let measured = measure(target, client, &hotels, mix, entry, concurrency, options).await?;
    let violations = check(target, client, &hotels, &measured.tally, options.recount).await?;
    Ok(Run::new(mix, entry, concurrency, measured, violations))
}
