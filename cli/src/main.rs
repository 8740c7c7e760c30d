//! `keyrack`: the command line for front desks, auditors and operators.
//!
//! Each kind of user has a folder: `desk/` books and keeps the inventory, `auditor/` checks receipts and logs,
//! `operator/` manages principals, nodes and certificates. `import/` replays a table of bookings, `bench/` measures a
//! cluster. `messages/` has the texts of failures and notes.
//!
//! # Invariants
//! - Exit code 0 means success, 1 a refusal, a failure or a finding, 2 wrong usage.
//! - Results go to standard output, everything else to standard error. With `--json` the result is JSON.
//! - All output passes through `output.rs`, which escapes control characters. Values pass through [`terminal::line`] too.
//! - A closed standard output or standard error never causes a panic.
//! - `pki` and `completions` need no configuration of a cluster. `receipt verify`, `receipt show` and `receipt disclose`
//!   contact no node.
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
mod messages;
mod number;
mod operator;
mod output;
mod terminal;
mod web;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::Parser;

use crate::messages::failure;
use crate::messages::files::AccessError;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = match arguments::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return help_or_wrong_usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            output::complain(AccessError::Start(cause));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(arguments)) {
        Ok(code) => code,
        Err(error) => {
            output::complain(failure::text(&error));
            if failure::is_wrong_usage(&error) { ExitCode::from(failure::WRONG_USAGE) } else { ExitCode::FAILURE }
        }
    }
}

/// Prints clap's text: the help, the version, or the error.
fn help_or_wrong_usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // The text repeats arguments, and a script may have taken them from anywhere.
        output::note(error.render().to_string().trim_end());
        return ExitCode::from(failure::WRONG_USAGE);
    }
    match error.print() {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
            output::complain(AccessError::Output(cause));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
