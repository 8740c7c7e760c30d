//! Runs the given command.

use std::process::ExitCode;

use clap::CommandFactory;
use keyrack_client::Client;
use keyrack_client::connection::Address;

use crate::arguments::{Arguments, Command, ImportCommand};
use crate::context::Context;
use crate::messages::usage::Usage;
use crate::output::say_own;
use crate::web::Web;
use crate::{auditor, bench, desk, import, operator};

/// Runs the command and returns the exit code.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { connection, json, command } = arguments;
    // These contact no node, so they need no address and no certificate.
    let command = match command {
        Command::Pki(command) => return operator::pki(json, command).map(|()| ExitCode::SUCCESS),
        Command::Completions { shell } => {
            // clap_complete panics if it cannot write, so it writes to memory.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "keyrack", &mut script);
            return say_own(&String::from_utf8_lossy(&script)).map(|()| ExitCode::SUCCESS);
        }
        Command::Import(ImportCommand::Bookings(options)) if options.dry_run => {
            return import::dry_run(json, &options).map(|()| ExitCode::SUCCESS);
        }
        command => command,
    };
    let tls = connection.tls()?;
    for endpoint in &connection.endpoint {
        Address::parse(endpoint).map_err(Usage::Address)?;
    }
    let client = Client::new(connection.endpoint.clone(), &connection.key).map_err(Usage::Client)?.with_tls(tls.clone());
    let web = Web::new(&connection.endpoint, &connection.key, tls.clone());
    let context = Context { client, web, json };
    match command {
        Command::Property(command) => desk::property(&context, command).await,
        Command::Ari(command) => desk::ari(&context, command).await,
        Command::Availability(command) => desk::availability(&context, command).await,
        Command::Offers(command) => desk::offers(&context, command).await,
        Command::Hold(command) => desk::hold(&context, command).await,
        Command::Book(command) => desk::book(&context, command).await,
        Command::Booking(command) => desk::booking(&context, command).await,
        Command::Cancel(command) => desk::cancel(&context, command).await,
        Command::Receipt(command) => return auditor::receipt(&context, command).await,
        Command::Audit(options) => return auditor::audit(&context, options).await,
        Command::Import(ImportCommand::Bookings(options)) => import::bookings(&context, options).await,
        Command::Bench(options) => bench::bench(&connection.endpoint, &connection.key, tls, json, options).await,
        Command::Principal(command) => operator::principal(&context, command).await,
        Command::Key(command) => operator::key(&context, command).await,
        Command::Node(command) => operator::node(&context, command).await,
        Command::Trail(options) => auditor::trail(&context, options).await,
        Command::Pki(_) | Command::Completions { .. } => Ok(()), // handled above
    }
    .map(|()| ExitCode::SUCCESS)
}
