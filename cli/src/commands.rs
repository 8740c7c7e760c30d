//! Runs the command that was given.

use std::process::ExitCode;

use clap::CommandFactory;
use keyrack_client::Client;

use crate::arguments::{Arguments, Command, ImportCommand};
use crate::context::Context;
use crate::web::Web;
use crate::{auditor, bench, desk, import, operator};

/// Runs it; gives the exit code.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { connection, json, command } = arguments;
    // These two contact no node, so they need no certificate.
    let command = match command {
        Command::Pki(command) => return operator::pki(json, command).map(|()| ExitCode::SUCCESS),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "keyrack", &mut std::io::stdout());
            return Ok(ExitCode::SUCCESS);
        }
        command => command,
    };
    let tls = connection.tls()?;
    let client = Client::new(connection.endpoint.clone(), &connection.key)?.with_tls(tls.clone());
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
        Command::Pki(_) | Command::Completions { .. } => Ok(()), // done above
    }
    .map(|()| ExitCode::SUCCESS)
}
