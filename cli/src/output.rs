//! Standard output and standard error. All output passes through this file.
//!
//! # Invariants
//! - Nothing that is written can steer the terminal, except the text of [`say_own`], which is our own.
//! - JSON stays JSON with the same values.
//! - A value cannot add a line: results pass each value through [`crate::terminal::line`], and a failure keeps only the line
//!   breaks of a list.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::messages::files::AccessError;
use crate::terminal::{list, plain, plain_json};

/// Whether the reader of standard output has closed its end.
static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Writes a text to standard output. Nothing in it can steer the terminal. A text that is not for people, such as JSON, has
/// no such characters when it arrives here, so it is written unchanged.
pub fn say(text: &str) -> anyhow::Result<()> {
    write(&plain(text))
}

/// Writes a text that comes from this program alone, such as a completion script, without a change.
pub fn say_own(text: &str) -> anyhow::Result<()> {
    write(text)
}

/// A reader that has closed its end, such as `head`, is not an error.
fn write(text: &str) -> anyhow::Result<()> {
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

/// Prints the value as JSON, or else as the text that `text` makes.
pub fn show<T: Serialize + ?Sized>(json: bool, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
    if json { say_json(value) } else { say(&(text(value).trim_end().to_owned() + "\n")) }
}

/// Writes a line to standard error. A closed standard error is ignored.
pub fn note(message: impl Display) {
    let _ = writeln!(std::io::stderr(), "{}", plain(&message.to_string()));
}

/// Writes a failure or a warning to standard error.
pub fn complain(message: impl Display) {
    note(format_args!("keyrack: {}", list(&message.to_string())));
}
