//! A run's folder: `scene.json`, `history.jsonl`, `history.edn`, `faults.jsonl`, `finale.json`.
//!
//! `history.jsonl` has two lines per operation, in the order of time: what was asked (`invoke`) and what came of it (`ok`,
//! `fail` for refusals and what was not done, `info` for what nobody knows). An operation whose second line is missing is
//! one of which nobody knows.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Call, History, Op, Outcome, edn, seal};

/// A line of `history.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The line's number, from 0.
    pub index: u64,
    /// When, in ns of the run; for a completion that never came, when the history ends.
    pub time_ns: u64,
    /// The caller.
    pub process: u32,
    /// Invocation or completion, and of what kind.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The operation.
    pub op: u64,
    /// For invocations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// For completions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Done>,
}

/// Jepsen's four types of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It was asked for.
    Invoke,
    /// It was done.
    Ok,
    /// It certainly was not.
    Fail,
    /// Nobody knows.
    Info,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The workload.
    pub workload: String,
    /// The call.
    pub call: Call,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// As in [`Op`].
    pub returned_ns: Option<u64>,
    /// As in [`Op`].
    pub outcome: Outcome,
    /// As in [`Op`].
    pub tries: u32,
    /// As in [`Op`].
    pub resolved_late: bool,
    /// As in [`Op`].
    pub node: u32,
}

impl History {
    /// Writes a run's folder, which is made if it is not there.
    ///
    /// # Errors
    /// With the file that could not be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        write(&folder.join("scene.json"), |file| Ok(serde_json::to_writer_pretty(file, &self.setup)?))?;
        write(&folder.join("history.jsonl"), |file| lines(file, &self.events()))?;
        write(&folder.join("history.edn"), |file| edn::write(file, &self.events()))?;
        write(&folder.join("faults.jsonl"), |file| lines(file, &self.faults))?;
        write(&folder.join("finale.json"), |file| Ok(serde_json::to_writer(file, &self.final_state)?))?;
        seal::write(folder)
    }

    /// Reads a run's folder; `history.edn` is not needed.
    ///
    /// # Errors
    /// With the file and, where there are lines, the line that is missing, torn or not what it should be.
    pub fn load(folder: &Path) -> Result<History> {
        let setup = read(&folder.join("scene.json"))?;
        let ops = operations(&folder.join("history.jsonl"))?;
        let faults = read_lines(&folder.join("faults.jsonl"))?.into_iter().map(|(_, fault)| fault).collect();
        let final_state = read(&folder.join("finale.json"))?;
        Ok(History { setup, ops, faults, final_state })
    }

    /// The history as invocations and completions, in the order of time.
    pub fn events(&self) -> Vec<Event> {
        let times = self.ops.iter().map(|op| op.returned_ns.unwrap_or(op.invoked_ns));
        let end_ns = times.max().unwrap_or(0);
        let mut events = Vec::with_capacity(self.ops.len() * 2);
        for op in &self.ops {
            let asked = Asked { workload: op.workload.clone(), call: op.call.clone() };
            let event = Event {
                index: 0,
                time_ns: op.invoked_ns,
                process: op.process,
                kind: Kind::Invoke,
                op: op.id,
                asked: Some(asked),
                done: None,
            };
            let done = Done {
                returned_ns: op.returned_ns,
                outcome: op.outcome.clone(),
                tries: op.tries,
                resolved_late: op.resolved_late,
                node: op.node,
            };
            let (time_ns, kind) = (op.returned_ns.unwrap_or(end_ns), kind(&op.outcome));
            events.push(Event { time_ns, kind, asked: None, done: Some(done), ..event.clone() });
            events.push(event);
        }
        // A caller that is answered and asks again in the same nanosecond was answered first.
        events.sort_by_key(|event| (event.time_ns, event.op, event.done.is_some()));
        for (index, event) in (0..).zip(&mut events) {
            event.index = index;
        }
        events
    }
}

fn kind(outcome: &Outcome) -> Kind {
    match outcome {
        Outcome::Ok { .. } => Kind::Ok,
        Outcome::Refused { .. } | Outcome::NotDone { .. } => Kind::Fail,
        Outcome::Unknown { .. } => Kind::Info,
    }
}

fn operations(path: &Path) -> Result<Vec<Op>> {
    let mut ops: BTreeMap<u64, Op> = BTreeMap::new();
    let mut completed = std::collections::HashSet::new();
    let mut before_ns = 0;
    for (line, event) in read_lines::<Event>(path)? {
        let place = || format!("{}:{line}", path.display());
        if event.time_ns < before_ns {
            bail!("{}: it is of {} ns, the line before of {before_ns}", place(), event.time_ns);
        }
        before_ns = event.time_ns;
        if event.index + 1 != line as u64 {
            bail!("{}: event {} is not where it belongs", place(), event.index);
        }
        match (event.kind, event.asked, event.done) {
            (Kind::Invoke, Some(Asked { workload, call }), None) => {
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
                if let Some(why) = unfit(op, event.kind, event.time_ns, &done) {
                    bail!("{}: {why}", place());
                }
                (op.returned_ns, op.outcome, op.tries) = (done.returned_ns, done.outcome, done.tries);
                (op.resolved_late, op.node) = (done.resolved_late, done.node);
            }
            _ => bail!("{}: neither an invocation nor a completion", place()),
        }
    }
    Ok(ops.into_values().collect())
}

/// What a completion says against itself, or against its invocation.
fn unfit(op: &Op, written: Kind, time_ns: u64, done: &Done) -> Option<&'static str> {
    let answered = done.outcome.is_known();
    if kind(&done.outcome) != written {
        Some("the type does not fit the outcome")
    } else if time_ns < op.invoked_ns || done.returned_ns.is_some_and(|returned_ns| returned_ns != time_ns) {
        Some("the times do not fit each other")
    } else if answered && (done.tries == 0 || done.node == 0) {
        Some("an answer to what was never sent, or of no node")
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
    serde_json::from_reader(BufReader::new(file)).with_context(|| format!("{} is not what it should be", path.display()))
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
        let value = serde_json::from_slice(&text).with_context(|| format!("{}:{line}: not an event", path.display()))?;
        lines.push((line, value));
    }
    Ok(lines)
}
