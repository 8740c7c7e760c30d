//! The process: its log, its standard output and standard error, and the signals that end it.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use tokio::signal::unix::{SignalKind, signal};

use crate::config::Log;
use crate::messages::config::ConfigError;
use crate::messages::files::AccessError;

/// From now on only the owner can read the files and folders that this process makes: data, logs of the storage, keyrings.
pub fn make_files_private() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Logs to standard error.
pub fn init_log(log: &Log) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&log.level);
    let filter = filter.map_err(|_| ConfigError::LogLevel(log.level.clone()))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set =
        if log.format == "json" { builder.json().flatten_event(true).try_init() } else { builder.with_ansi(false).try_init() };
    // A second node in the same process uses the first one's log.
    let _ = set;
    Ok(())
}

/// Writes to standard output. A reader that has closed its end, such as `head`, is not an error.
pub fn say(text: &str) -> Result<(), AccessError> {
    let mut out = std::io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(AccessError::Output),
    }
}

/// Writes a message to standard error. A closed standard error is ignored. The message may repeat a name of a file or a
/// setting, so control characters in it are escaped.
pub fn note(message: impl Display) {
    let _ = writeln!(std::io::stderr(), "{}", plain(&message.to_string()));
}

fn plain(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    for letter in message.chars() {
        if letter.is_control() && letter != '\n' {
            text.extend(letter.escape_default());
        } else {
            text.push(letter);
        }
    }
    text
}

/// Waits for SIGINT, SIGTERM, or, with `until_stdin_closes`, for the end of standard input.
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
    // Only the end of standard input ends this thread, so it has no owner. A blocking thread of the runtime would keep the
    // process alive after another signal.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = wait.await;
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_message_cannot_steer_the_terminal() {
        assert_eq!(super::plain("a\u{1b}[31m\u{9b}b\nc"), "a\\u{1b}[31m\\u{9b}b\nc");
    }
}
