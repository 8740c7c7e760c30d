//! The options of `keyrack bench`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What `keyrack bench` takes.
#[derive(Args, Clone)]
#[command(
    after_help = "Examples:\n  keyrack bench --mix w --entry http --concurrency 64,256\n  keyrack bench --mix w,m,hot --entry http,grpc,stream --seconds 20 --runs 3"
)]
pub struct BenchOptions {
    /// The mixes to run.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "w")]
    pub mix: Vec<Mix>,
    /// The entry points to use.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "http")]
    pub entry: Vec<Entry>,
    /// Requests in flight.
    #[arg(long, value_delimiter = ',', default_value = "64")]
    pub concurrency: Vec<usize>,
    /// Seconds measured in each run.
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// Seconds before that.
    #[arg(long, default_value_t = 3)]
    pub warmup: u64,
    /// Runs of each kind; the median is reported.
    #[arg(long, default_value_t = 1)]
    pub runs: usize,
    /// Properties.
    #[arg(long, default_value_t = 100)]
    pub properties: usize,
    /// Choose properties by Zipf 0.99 instead of uniformly.
    #[arg(long)]
    pub zipf: bool,
    /// The line that `keyrackd dev --json` printed, in a file: addresses, key and processes to watch.
    #[arg(long)]
    pub dev: Option<PathBuf>,
    /// Also list every booking at the end and compare with the counters.
    #[arg(long)]
    pub recount: bool,
}

/// What is requested.
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

/// How it is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Entry {
    /// HTTP/1.1 with keep-alive, a connection per worker, workers spread over the nodes.
    Http,
    /// gRPC unary, sent to the leader.
    Grpc,
    /// gRPC BookMany, two streams per node, sent to the leader.
    Stream,
}
