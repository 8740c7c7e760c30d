//! Standard output.

use std::io::Write;

use serde::Serialize;

/// Writes to standard output. A reader that has closed its end, such as `head`, is no error.
pub fn say(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => Err(cause.into()),
        _ => Ok(()),
    }
}

/// Writes a value as indented JSON.
pub fn say_json<T: Serialize + ?Sized>(value: &T) -> anyhow::Result<()> {
    say(&(serde_json::to_string_pretty(value)? + "\n"))
}
