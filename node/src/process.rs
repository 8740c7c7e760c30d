//! The process: its log, and the signals that end it.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Log;

/// Logs to stderr.
pub fn init_log(log: &Log) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&log.level).context("log.level")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set =
        if log.format == "json" { builder.json().flatten_event(true).try_init() } else { builder.with_ansi(false).try_init() };
    // A second node in the same process uses the first one's log.
    let _ = set;
    Ok(())
}

/// Waits for SIGINT, SIGTERM, or the end of stdin when a parent process holds it.
pub async fn stop_signal(until_stdin_closes: bool) {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
        () = stdin_closed(), if until_stdin_closes => {}
    }
}

async fn stdin_closed() {
    let (closed, wait) = tokio::sync::oneshot::channel();
    // A thread that nobody owns or awaits: it can only be ended by the end of stdin. One of the runtime's blocking threads
    // would keep the process from ending when another signal comes first.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = wait.await;
}
