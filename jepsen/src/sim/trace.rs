//! The events of a run, one line each: time, node, event.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Writes the lines to a file, to a digest, or to both.
#[derive(Default)]
pub struct Trace {
    file: Option<BufWriter<File>>,
    digest: Option<Sha256>,
    lines: u64,
    failed: bool,
}

impl Trace {
    /// A trace. Without a file and without a digest it records nothing.
    pub fn new(file: Option<&Path>, digest: bool) -> io::Result<Trace> {
        let file = file.map(File::create).transpose()?.map(BufWriter::new);
        Ok(Trace { file, digest: digest.then(Sha256::new), lines: 0, failed: false })
    }

    pub fn line(&mut self, now_us: u64, node: u64, event: fmt::Arguments<'_>) {
        if self.file.is_none() && self.digest.is_none() {
            return;
        }
        let line = format!("{:>4}.{:06} {node:>3} {event}\n", now_us / 1_000_000, now_us % 1_000_000);
        self.lines += 1;
        if let Some(digest) = &mut self.digest {
            digest.update(line.as_bytes());
        }
        if let Some(file) = &mut self.file {
            self.failed |= file.write_all(line.as_bytes()).is_err();
        }
    }

    /// The number of lines and their SHA-256; `-` if there is no digest.
    pub fn end(&mut self) -> String {
        if let Some(file) = &mut self.file {
            self.failed |= file.flush().is_err();
        }
        let hex = |digest: Sha256| digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let digest = self.digest.take().map_or_else(|| "-".into(), hex);
        format!("{} lines {digest}{}", self.lines, if self.failed { " (not all written)" } else { "" })
    }
}
