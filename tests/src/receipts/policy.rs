//! c2sp.org/tlog-policy: which keys to trust.

use std::collections::BTreeMap;

use super::note::{Key, KeyKind, Note};
use super::text::decimal;

/// Trusted logs, witnesses, and how many of them must have cosigned.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub logs: Vec<Key>,
    pub witnesses: BTreeMap<String, Key>,
    /// How many members must have signed, and the members.
    groups: BTreeMap<String, (u64, Vec<String>)>,
    quorum: String,
    text: String,
}

impl Policy {
    pub fn parse(text: &str) -> Result<Policy, String> {
        let mut policy = Policy { text: text.to_string(), ..Policy::default() };
        for line in text.lines() {
            policy.read(line).map_err(|wrong| format!("{line:?}: {wrong}"))?;
        }
        if policy.quorum.is_empty() { Err("there is no quorum line".into()) } else { Ok(policy) }
    }

    /// The text that it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same policy with one more witness, whose cosignature is required.
    pub fn requiring(&self, name: &str, key: &Key) -> Policy {
        let kept: Vec<&str> = self.text.lines().filter(|line| !line.starts_with("quorum ")).collect();
        let added = format!("witness {name} {}\ngroup both all {} {name}\nquorum both\n", key.vkey(), self.quorum);
        Policy::parse(&format!("{}\n{added}", kept.join("\n"))).expect("a policy with one more witness")
    }

    /// A key of the log must have signed, and no signature of a known key may be invalid.
    pub fn check_log(&self, note: &Note, origin: &str) -> Result<(), String> {
        let mut signed = false;
        for key in self.logs.iter().filter(|key| key.name == origin) {
            signed |= note.is_signed_by(key)?;
        }
        if signed { Ok(()) } else { Err(format!("no key of the log {origin} signed")) }
    }

    /// The names of the witnesses that signed. They must reach the quorum.
    pub fn check_quorum(&self, note: &Note) -> Result<Vec<String>, String> {
        let mut signed = Vec::new();
        for (name, key) in &self.witnesses {
            if note.is_signed_by(key)? {
                signed.push(name.clone());
            }
        }
        if self.is_met(&self.quorum, &signed) { Ok(signed) } else { Err(format!("only {signed:?} cosigned")) }
    }

    fn is_met(&self, name: &str, signed: &[String]) -> bool {
        if name == "none" || signed.iter().any(|witness| witness == name) {
            return true;
        }
        self.groups.get(name).is_some_and(|(needed, members)| {
            members.iter().filter(|member| self.is_met(member, signed)).count() as u64 >= *needed
        })
    }

    fn read(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            [] => {}
            [word, ..] if word.starts_with('#') => {}
            ["log", vkey] | ["log", vkey, _] => self.logs.push(of_kind(vkey, KeyKind::Log)?),
            ["witness", name, vkey] | ["witness", name, vkey, _] => {
                self.fresh(name)?;
                self.witnesses.insert(name.to_string(), of_kind(vkey, KeyKind::Cosigner)?);
            }
            ["group", name, needed, members @ ..] if !members.is_empty() => {
                self.fresh(name)?;
                let needed = match *needed {
                    "any" => 1,
                    "all" => members.len() as u64,
                    number => decimal(number)?,
                };
                if !(1..=members.len() as u64).contains(&needed) || !members.iter().all(|member| self.knows(member)) {
                    return Err("the group cannot be satisfied".into());
                }
                self.groups.insert(name.to_string(), (needed, members.iter().map(|member| member.to_string()).collect()));
            }
            ["quorum", name] if self.quorum.is_empty() && (*name == "none" || self.knows(name)) => self.quorum = name.to_string(),
            _ => return Err("not a line of a policy".into()),
        }
        Ok(())
    }

    fn knows(&self, name: &str) -> bool {
        self.witnesses.contains_key(name) || self.groups.contains_key(name)
    }

    fn fresh(&self, name: &str) -> Result<(), String> {
        if self.knows(name) || name == "none" { Err("the name is already in use".into()) } else { Ok(()) }
    }
}

fn of_kind(vkey: &str, kind: KeyKind) -> Result<Key, String> {
    let key = Key::parse(vkey)?;
    if key.kind == kind { Ok(key) } else { Err(format!("a key of the kind {:?}", key.kind)) }
}
