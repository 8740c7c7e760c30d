//! `keyrack-jepsen`: harm a cluster, and show that it kept its promises.

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
