//! `keyrack`: the command line for front desks, auditors and operators.
//!
//! Each kind of user has a folder: `desk/` books and keeps the inventory, `auditor/` checks receipts and logs,
//! `operator/` manages principals, nodes and certificates. `import/` replays a table of bookings, `bench/` measures a
//! cluster.
//!
//! # Invariants
//! - Exit code 0 means success, 1 a refusal, a failure or a finding, 2 wrong usage.
//! - Results go to standard output, everything else to standard error. With `--json` the result is JSON.
//! - Text of strangers in receipts, logs, trails and the operators' lists is passed through [`terminal::plain`] before it
//!   reaches the terminal. What a desk prints is not yet.
//! - Certificates and receipts are handled offline where possible: `pki`, `completions`, `receipt verify` and
//!   `receipt show` contact no node.
//!
//! Start with `arguments.rs`, which lists the commands, and `commands.rs`, which runs them. To add a command, add a
//! variant there and a file to the folder of its users.

mod arguments;
mod auditor;
mod bench;
mod clock;
mod commands;
mod context;
mod desk;
mod import;
mod operator;
mod output;
mod terminal;
mod web;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("keyrack: {cause}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(arguments)) {
        Ok(code) => code,
        Err(cause) => {
            eprintln!("keyrack: {}", terminal::plain(&format!("{cause:#}")));
            if let Some(error) = cause.downcast_ref::<keyrack_client::ClientError>() {
                error.nights.iter().for_each(|night| eprintln!("  {night}"));
            }
            ExitCode::FAILURE
        }
    }
}
