//! `history.edn`: a map per invocation and completion, as Jepsen writes its histories
//! (<https://github.com/jepsen-io/history>), so that other checkers can read a run.
//!
//! A Jepsen process has one operation at a time and ends with an `:info`. A caller that continues while an answer is
//! outstanding becomes another process.

use std::collections::HashMap;
use std::io::Write;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::event::{Event, Kind};
use super::operation::Outcome;

/// Writes one map per line.
pub(super) fn write(file: &mut impl Write, events: &[Event]) -> Result<()> {
    let callers = events.iter().map(|event| u64::from(event.process) + 1).max().unwrap_or(1);
    // `now`: per caller, its current process and whether it is free. `asked`: per operation, its process, name and call.
    let mut now: HashMap<u32, (u64, bool)> = HashMap::new();
    let mut asked: HashMap<u64, (u64, String, Value)> = HashMap::new();
    for event in events {
        if let Some(invocation) = &event.asked {
            let (process, free) = now.entry(event.process).or_insert((u64::from(event.process), true));
            if !*free {
                *process += callers;
            }
            *free = false;
            let mut value = serde_json::to_value(&invocation.call)?;
            let f = value.as_object_mut().and_then(|call| call.remove("f"));
            let f = f.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
            line(file, event, (*process, &f, &value), &Map::new())?;
            asked.insert(event.op, (*process, f, value));
        } else if let (Some(done), Some((process, f, value))) = (&event.done, asked.remove(&event.op)) {
            let (value, more) = completion(&done.outcome, value)?;
            line(file, event, (process, &f, &value), &more)?;
            if event.kind != Kind::Info && now.get(&event.process).is_some_and(|(current, _)| *current == process) {
                now.insert(event.process, (process, true));
            }
        }
    }
    Ok(())
}

/// The value of a completion and its additional fields.
fn completion(outcome: &Outcome, call: Value) -> Result<(Value, Map<String, Value>)> {
    let mut more = Map::new();
    if let Some(at) = outcome.as_of() {
        more.insert("as_of".into(), json!([at.shard, at.index]));
        more.insert("replayed".into(), json!(outcome.is_replayed()));
    }
    let value = match outcome {
        Outcome::Ok { answer, .. } => serde_json::to_value(answer)?,
        Outcome::Refused { code, nights, .. } => {
            more.insert("error".into(), json!({ "code": code, "nights": nights }));
            call
        }
        Outcome::NotDone { code } => {
            more.insert("error".into(), json!({ "code": code, "not_done": true }));
            call
        }
        Outcome::Unknown { why } => {
            more.insert("error".into(), json!(why));
            call
        }
    };
    Ok((value, more))
}

fn line(file: &mut impl Write, event: &Event, (process, f, value): (u64, &str, &Value), more: &Map<String, Value>) -> Result<()> {
    let kind = match event.kind {
        Kind::Invoke => "invoke",
        Kind::Ok => "ok",
        Kind::Fail => "fail",
        Kind::Info => "info",
    };
    write!(file, "{{:type :{kind}, :f :{f}, :value {}", term(value))?;
    for (name, value) in more {
        write!(file, ", {} {}", keyword(name), term(value))?;
    }
    writeln!(file, ", :process {process}, :time {}, :index {}}}", event.time_ns, event.index)?;
    Ok(())
}

fn keyword(name: &str) -> String {
    format!(":{}", name.replace('_', "-"))
}

fn term(value: &Value) -> String {
    match value {
        Value::Null => "nil".into(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => string(text),
        Value::Array(items) => format!("[{}]", items.iter().map(term).collect::<Vec<_>>().join(" ")),
        Value::Object(fields) => {
            let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{} {}", keyword(name), term(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

/// EDN strings have fewer escapes than JSON strings. Other control characters are not escaped.
fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
