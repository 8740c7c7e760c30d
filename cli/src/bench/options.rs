//! The options of `keyrack bench`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::number::whole;

/// The options of `keyrack bench`.
#[derive(Args, Clone)]
#[command(
    after_help = "Examples:\n  keyrack bench --mix w --entry http --concurrency 64,256\n  keyrack bench --mix w,m,hot --entry \
                  http,grpc,stream --seconds 20 --runs 3"
)]
pub struct BenchOptions {
    /// The mixes to run, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "w")]
    pub mix: Vec<Mix>,
    /// The entry points to use, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "http")]
    pub entry: Vec<Entry>,
    /// The numbers of requests in flight, separated by commas. Each number is a separate run.
    #[arg(long, value_name = "REQUESTS", value_delimiter = ',', default_value = "64", value_parser = whole::<usize>)]
    pub concurrency: Vec<usize>,
    /// The measured seconds of each run.
    #[arg(long, default_value_t = 20, value_parser = whole::<u64>)]
    pub seconds: u64,
    /// The seconds of each run before the measurement.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = whole::<u64>)]
    pub warmup: u64,
    /// The number of runs of each kind. The median is reported.
    #[arg(long, default_value_t = 1, value_parser = whole::<usize>)]
    pub runs: usize,
    /// The number of properties.
    #[arg(long, default_value_t = 100, value_parser = whole::<usize>)]
    pub properties: usize,
    /// Choose properties with the Zipf distribution (exponent 0.99) instead of uniformly.
    #[arg(long)]
    pub zipf: bool,
    /// A file with the line that `keyrackd dev --json` printed: addresses, key and processes of the nodes.
    #[arg(long, value_name = "FILE")]
    pub dev: Option<PathBuf>,
    /// List every booking at the end and compare the counters with the bookings.
    #[arg(long)]
    pub recount: bool,
}

/// The requests of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mix {
    /// 100 % reservations.
    W,
    /// 70 % availability, 25 % reservations, 5 % cancellations.
    M,
    /// Reservations of one room type of one property in 30 nights, with enough rooms.
    Hot,
    /// Reservations of one room type of one property with 20 rooms: nearly all are refused.
    HotRefused,
}

/// The protocol of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Entry {
    /// HTTP/1.1 with keep-alive, one connection per worker, spread over the nodes.
    Http,
    /// gRPC unary, sent to the leader.
    Grpc,
    /// gRPC BookMany, two streams per node, sent to the leader.
    Stream,
}
