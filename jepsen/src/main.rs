//! `keyrack-jepsen`: injects faults into a cluster, and shows from what its callers saw that it kept its promises.
//!
//! Exit codes are the same for every command. 0: every promise was kept. 1: one was broken. 2: nothing was shown, because
//! the command could not be carried out or was wrong.
//!
//! The commands are in `cli/`; everything they do is in the library.

mod cli;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::act().await {
        Ok(code) => code,
        Err(cause) => {
            eprintln!("keyrack-jepsen: {cause:#}");
            // What could not be done says nothing of the cluster.
            if cause.is::<cli::BrokenPromise>() { ExitCode::FAILURE } else { ExitCode::from(2) }
        }
    }
}
