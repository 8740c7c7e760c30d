//! The start and the end of `keyrackd run`.

use std::io::{self, ErrorKind};

use keyrack_os_error::in_words;

use super::config::Reasons;

/// Why a node does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A configuration that would not be safe.
    #[error("this node does not start, because it would not be safe: {0}")]
    Unsafe(Reasons),
    /// A listener cannot be bound.
    #[error("cannot listen on {address} (listen.{setting}): {}", why_not(.cause, .setting))]
    Listen {
        /// The setting, without `listen.`.
        setting: &'static str,
        /// Its value.
        address: String,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// The operating system has no random numbers.
    #[error("the operating system returned no random numbers: {0}")]
    Randomness(getrandom::Error),
    /// SIGHUP cannot be handled.
    #[error("cannot handle SIGHUP: {}", in_words(.0))]
    Hangup(io::Error),
    /// The runtime cannot be started.
    #[error("cannot start: {}. Check the limits of this user for memory and threads.", in_words(.0))]
    Runtime(io::Error),
    /// The node ran and failed.
    #[error("this node stopped: {0}")]
    Stopped(String),
}

/// Why an address cannot be bound, and what to do.
fn why_not(cause: &io::Error, setting: &str) -> String {
    match cause.kind() {
        ErrorKind::AddrInUse => {
            format!(
                "another program uses this port. Stop it (is this node running already?), or set another port in \
                 listen.{setting}."
            )
        }
        ErrorKind::AddrNotAvailable => {
            format!("this machine does not have this address. Set listen.{setting} to an address of this machine, or to 0.0.0.0.")
        }
        ErrorKind::PermissionDenied => format!("permission denied. Set a port above 1023 in listen.{setting}."),
        ErrorKind::InvalidInput => format!("it is not host:port. Set listen.{setting} to an address such as 127.0.0.1:7110."),
        _ => format!("{}. Check listen.{setting}.", in_words(cause)),
    }
}
