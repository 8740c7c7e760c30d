//! A run's folder: `scene.json`, `history.jsonl`, `history.edn`, `faults.jsonl`, `finale.json`.
//!
//! `history.jsonl` has two lines per operation, in the order of time: the invocation (`invoke`) and the completion (`ok`,
//! `fail` for refused or not done, `info` for unknown). An operation without a second line has an unknown outcome.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::event::{Completion, Event, Invocation, Kind, kind};
use super::operation::{Op, Outcome};
use super::run_history::History;
use super::{checksums, edn};

impl History {
    /// Writes a run's folder and creates it if necessary.
    ///
    /// # Errors
    /// If a file could not be written. The error names it.
    pub fn save(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        write(&folder.join("scene.json"), |file| Ok(serde_json::to_writer_pretty(file, &self.setup)?))?;
        write(&folder.join("history.jsonl"), |file| lines(file, &self.events()))?;
        write(&folder.join("history.edn"), |file| edn::write(file, &self.events()))?;
        write(&folder.join("faults.jsonl"), |file| lines(file, &self.faults))?;
        write(&folder.join("finale.json"), |file| Ok(serde_json::to_writer(file, &self.final_state)?))?;
        checksums::write(folder)
    }

    /// Reads a run's folder; `history.edn` is not needed.
    ///
    /// # Errors
    /// If a file, or a line of one, is missing, torn or malformed. The error names the file and the line.
    pub fn load(folder: &Path) -> Result<History> {
        let setup = read(&folder.join("scene.json"))?;
        let ops = operations(&folder.join("history.jsonl"))?;
        let faults = read_lines(&folder.join("faults.jsonl"))?.into_iter().map(|(_, fault)| fault).collect();
        let final_state = read(&folder.join("finale.json"))?;
        Ok(History { setup, ops, faults, final_state })
    }
}

fn operations(path: &Path) -> Result<Vec<Op>> {
    let mut ops: BTreeMap<u64, Op> = BTreeMap::new();
    let mut completed = std::collections::HashSet::new();
    let mut before_ns = 0;
    for (line, event) in read_lines::<Event>(path)? {
        let place = || format!("{}:{line}", path.display());
        if event.time_ns < before_ns {
            bail!("{}: its time is {} ns, but the line before it has {before_ns} ns", place(), event.time_ns);
        }
        before_ns = event.time_ns;
        if event.index + 1 != line as u64 {
            bail!("{}: event {} is out of order", place(), event.index);
        }
        match (event.kind, event.asked, event.done) {
            (Kind::Invoke, Some(Invocation { workload, call }), None) => {
                let outcome = Outcome::Unknown { why: "the history has no completion".into() };
                let (id, process, invoked_ns) = (event.op, event.process, event.time_ns);
                let (returned_ns, tries, resolved_late, node) = (None, 0, false, 0);
                let op = Op { id, process, workload, call, invoked_ns, returned_ns, outcome, tries, resolved_late, node };
                if ops.insert(id, op).is_some() {
                    bail!("{}: operation {id} is invoked a second time", place());
                }
            }
            (Kind::Ok | Kind::Fail | Kind::Info, None, Some(done)) => {
                let Some(op) = ops.get_mut(&event.op) else { bail!("{}: operation {} was never invoked", place(), event.op) };
                if !completed.insert(event.op) {
                    bail!("{}: operation {} is completed a second time", place(), event.op);
                }
                if let Some(why) = mismatch(op, event.kind, event.time_ns, &done) {
                    bail!("{}: {why}", place());
                }
                (op.returned_ns, op.outcome, op.tries) = (done.returned_ns, done.outcome, done.tries);
                (op.resolved_late, op.node) = (done.resolved_late, done.node);
            }
            _ => bail!("{}: it is neither an invocation nor a completion", place()),
        }
    }
    Ok(ops.into_values().collect())
}

/// Why a completion contradicts itself or its invocation; `None` if it does not.
fn mismatch(op: &Op, written: Kind, time_ns: u64, done: &Completion) -> Option<&'static str> {
    let answered = done.outcome.is_known();
    if kind(&done.outcome) != written {
        Some("the type contradicts the outcome")
    } else if time_ns < op.invoked_ns || done.returned_ns.is_some_and(|returned_ns| returned_ns != time_ns) {
        Some("the times contradict each other")
    } else if answered && (done.tries == 0 || done.node == 0) {
        Some("it has an answer, but was never sent or has no node")
    } else {
        None
    }
}

fn write(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let attempt = || {
        let mut file = BufWriter::new(File::create(path)?);
        content(&mut file)?;
        Ok(file.flush()?)
    };
    let result: Result<()> = attempt();
    result.with_context(|| format!("cannot write {}", path.display()))
}

fn lines(file: &mut impl Write, lines: &[impl Serialize]) -> Result<()> {
    for line in lines {
        serde_json::to_writer(&mut *file, line)?;
        file.write_all(b"\n")?;
    }
    Ok(())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_reader(BufReader::new(file)).with_context(|| format!("{} is malformed", path.display()))
}

/// The lines with their numbers, from 1.
fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<(usize, T)>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut file = BufReader::new(file);
    let mut lines = Vec::new();
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        file.read_until(b'\n', &mut text).with_context(|| format!("{}:{line}", path.display()))?;
        if text.is_empty() {
            break;
        }
        if text.last() != Some(&b'\n') {
            bail!("{}:{line}: the line is torn", path.display());
        }
        let value = serde_json::from_slice(&text).with_context(|| format!("{}:{line}: it is not an event", path.display()))?;
        lines.push((line, value));
    }
    Ok(lines)
}
