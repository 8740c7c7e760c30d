//! `keyrack`: the command line for desks, auditors and operators.

mod audit;
mod bench;
mod cli;
mod clock;
mod import;
mod receipt;
mod terminal;
mod web;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("keyrack: {cause}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli::act(arguments)) {
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
