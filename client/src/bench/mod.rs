//! `keyrack bench`: a fixed workload against running nodes, with the invariant checked at the end.
//!
//! Properties with ten room types for 365 nights each, capacity 20 and 10 % overbooking. Mixes: W reserves;
//! M reads availability (70 %), reserves (25 %) and cancels (5 %); HOT reserves one room type of one property
//! in 30 nights, once with rooms enough and once with 20.

mod check;
mod entry;
mod report;
mod scene;
mod workload;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use keyrack_client::{Client, Tls};

use self::report::Run;
use self::scene::Scene;

/// What `keyrack bench` takes.
#[derive(Args, Clone)]
#[command(
    after_help = "Examples:\n  keyrack bench --mix w --entry http --concurrency 64,256\n  keyrack bench --mix w,m,hot --entry http,grpc,stream --seconds 20 --runs 3"
)]
pub struct Options {
    /// The mixes to run.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "w")]
    mix: Vec<Mix>,
    /// The entry points to use.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "http")]
    entry: Vec<Entry>,
    /// Requests in flight.
    #[arg(long, value_delimiter = ',', default_value = "64")]
    concurrency: Vec<usize>,
    /// Seconds measured in each run.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Seconds before that.
    #[arg(long, default_value_t = 3)]
    warmup: u64,
    /// Runs of each kind; the median is reported.
    #[arg(long, default_value_t = 1)]
    runs: usize,
    /// Properties.
    #[arg(long, default_value_t = 100)]
    properties: usize,
    /// Choose properties by Zipf 0.99 instead of uniformly.
    #[arg(long)]
    zipf: bool,
    /// The line that `keyrackd dev --json` printed, in a file: addresses, key and processes to watch.
    #[arg(long)]
    dev: Option<PathBuf>,
    /// Also list every booking at the end and compare with the counters.
    #[arg(long)]
    recount: bool,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mix {
    /// 100 % reserve.
    W,
    /// 70 % availability, 25 % reserve, 5 % cancel.
    M,
    /// Reserve one room type of one property in 30 nights, with rooms enough.
    Hot,
    /// The same with 20 rooms: nearly all are refused.
    HotRefused,
}

/// How it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Entry {
    /// HTTP/1.1 with keep-alive, a connection per worker, workers spread over the nodes.
    Http,
    /// gRPC unary, sent to the leader.
    Grpc,
    /// gRPC BookMany, two streams per node, sent to the leader.
    Stream,
}

/// The nodes under test.
#[derive(Clone)]
pub struct Target {
    /// Addresses for HTTP and gRPC alike.
    pub endpoints: Vec<String>,
    /// A key that may do everything.
    pub key: String,
    /// Whom to trust at https:// addresses.
    pub tls: Tls,
    /// The nodes' processes, where they are known.
    pub pids: Vec<u32>,
}

/// Runs every combination and prints what came of it.
pub async fn bench(endpoints: &[String], key: &str, tls: Tls, json: bool, options: Options) -> anyhow::Result<()> {
    let target = match &options.dev {
        Some(file) => target_of(file, tls)?,
        None => Target { endpoints: endpoints.to_vec(), key: key.to_owned(), tls, pids: Vec::new() },
    };
    let client = target.client(target.endpoints.clone())?.with_timeout(Duration::from_secs(30));
    let mut all = Vec::new();
    for mix in &options.mix {
        for entry in &options.entry {
            if *entry == Entry::Stream && *mix == Mix::M {
                continue; // the stream takes bookings only
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
    options: &Options,
    mix: Mix,
    entry: Entry,
    concurrency: usize,
) -> anyhow::Result<Run> {
    let scene = Scene::set_up(client, mix, options.properties, options.zipf).await.context("cannot set the scene")?;
    let measured = entry::run(target, client, &scene, mix, entry, concurrency, options).await?;
    let violations = check::check(target, client, &scene, &measured.tally, options.recount).await?;
    Ok(Run::new(mix, entry, concurrency, measured, violations))
}

impl Target {
    /// A client that starts from these addresses.
    pub fn client(&self, endpoints: Vec<String>) -> anyhow::Result<Client> {
        Ok(Client::new(endpoints, &self.key)?.with_tls(self.tls.clone()))
    }
}

/// The nodes that `dev` started; it says whom to trust if they speak TLS.
fn target_of(file: &Path, tls: Tls) -> anyhow::Result<Target> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let line: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not what dev --json prints", file.display()))?;
    let tls = match line["ca"].as_str() {
        Some(trust) => Tls::from_files(Some(Path::new(trust)), None)?,
        None => tls,
    };
    let nodes = line["nodes"].as_array().cloned().unwrap_or_default();
    Ok(Target {
        endpoints: nodes.iter().filter_map(|node| node["http"].as_str().map(str::to_owned)).collect(),
        key: line["keys"]["operator"].as_str().unwrap_or_default().to_owned(),
        tls,
        pids: nodes.iter().filter_map(|node| node["pid"].as_u64().map(|pid| pid as u32)).collect(),
    })
}
