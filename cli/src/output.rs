//! Standard output and standard error.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::messages::files::AccessError;
use crate::terminal::{plain, plain_json};

/// Whether the reader of standard output has closed its end.
static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Writes to standard output. A reader that has closed its end, such as `head`, is not an error.
pub fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => IS_CLOSED.store(true, Ordering::Relaxed),
        written => written.map_err(AccessError::Output)?,
    }
    Ok(())
}

/// Whether the reader of standard output has closed its end, so that further results reach no one.
pub fn is_closed() -> bool {
    IS_CLOSED.load(Ordering::Relaxed)
}

/// Writes a value as indented JSON.
pub fn say_json<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<()> {
    say(&to_json(value)?)
}

/// A value as indented JSON that cannot steer the terminal.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<String> {
    Ok(plain_json(&serde_json::to_string_pretty(value)?) + "\n")
}

/// Writes a line to standard error. A closed standard error is ignored.
pub fn note(message: impl Display) {
    let _ = writeln!(std::io::stderr(), "{}", plain(&message.to_string()));
}

/// Writes a failure or a warning to standard error.
pub fn complain(message: impl Display) {
    note(format_args!("keyrack: {message}"));
}
