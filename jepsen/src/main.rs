//! `keyrack-jepsen`: injects faults into a cluster, and checks from the callers' answers that it kept its promises.
//!
//! Exit codes are the same for every command. 0: every promise was kept. 1: a promise was broken. 2: there is no verdict,
//! because the arguments were wrong, the command could not run, or the run was inconclusive.
//!
//! The commands are in `cli/`. The work is done in the library.

mod cli;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::act().await {
        Ok(code) => code,
        Err(cause) => {
            eprintln!("keyrack-jepsen: {cause:#}");
            // A command that could not run is no verdict about the cluster.
            if cause.is::<cli::BrokenPromise>() { ExitCode::FAILURE } else { ExitCode::from(2) }
        }
    }
}
