//! Reads policy files line by line. Each line defines a key or a group that later lines may name.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::trust::{Group, Log, Member, Policy, Witness};
use crate::text::decimal;
use crate::{KeyError, KeyKind, VerifierKey};

/// The longest policy file that is read, in bytes.
pub const MAX_POLICY_BYTES: usize = 1 << 20;
/// The most logs, the most witnesses and the most groups of a policy. The format requires at least 32 of each.
pub const MAX_POLICY_ITEMS: usize = 256;

/// Why a policy file is refused, with the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The line, from 1. If a line is missing, the number after the last line.
    pub line: usize,
    /// What is wrong with it.
    pub fault: PolicyFault,
}

/// What is wrong with a line of a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyFault {
    /// The file has more than [`MAX_POLICY_BYTES`].
    TooLong,
    /// The last line has no newline.
    NoFinalNewline,
    /// A byte that is not allowed: control characters other than tab and newline.
    Control(u8),
    /// The first word of the line is not `log`, `witness`, `group` or `quorum`.
    UnknownWord(String),
    /// Too few or too many words; the value is the form of the line.
    Words(&'static str),
    /// More than [`MAX_POLICY_ITEMS`] logs, witnesses or groups.
    TooMany,
    /// The verifier key is refused.
    Key(KeyError),
    /// The key's kind does not match the line: a log's line needs a log's key, a witness's line a cosigner's key.
    KeyKind {
        /// The kind that the line needs.
        wanted: KeyKind,
    },
    /// The same public key, or a key with the same name and id, is in an earlier line.
    DuplicateKey {
        /// The earlier line.
        line: usize,
    },
    /// The name is defined in an earlier line, or it is `none`.
    DuplicateName(String),
    /// The name is not defined in an earlier line, or it is `none` in a group.
    UnknownName(String),
    /// The name is already a member of this group or of another one.
    SecondMembership(String),
    /// The threshold is not `any`, `all`, or a plain decimal of 1 to the number of members.
    Threshold(String),
    /// A second quorum line.
    SecondQuorum,
    /// There is no quorum line.
    NoQuorum,
}

impl Policy {
    /// Reads a policy file. Names are compared byte for byte. Names and URLs that are not UTF-8 are shown with replacement
    /// characters.
    ///
    /// # Errors
    /// [`PolicyError`] with the number of the line. Stricter than the format in these points: log keys are of kind
    /// [`KeyKind::Log`] and witness keys of kind [`KeyKind::Cosigner`]; no two keys have the same name and id; a threshold
    /// has no leading zeros; at most [`MAX_POLICY_BYTES`], and at most [`MAX_POLICY_ITEMS`] logs, witnesses and groups each.
    pub fn parse(text: &[u8]) -> Result<Policy, PolicyError> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(PolicyError { line: 1, fault: PolicyFault::TooLong });
        }
        let mut reader = Reader::default();
        let mut rest = text;
        while !rest.is_empty() {
            reader.line += 1;
            let end = rest.iter().position(|byte| *byte == b'\n');
            let line = &rest[..end.unwrap_or(rest.len())];
            reader.read(line).map_err(|fault| PolicyError { line: reader.line, fault })?;
            let Some(end) = end else {
                return Err(PolicyError { line: reader.line, fault: PolicyFault::NoFinalNewline });
            };
            rest = &rest[end + 1..];
        }
        let missing = PolicyError { line: reader.line + 1, fault: PolicyFault::NoQuorum };
        let quorum = reader.quorum.ok_or(missing)?;
        Ok(Policy { logs: reader.logs, witnesses: reader.witnesses, groups: reader.groups, quorum })
    }
}

/// The definitions in the lines read so far. The format allows any bytes in a name.
#[derive(Default)]
struct Reader<'a> {
    line: usize,
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<Option<Member>>,
    names: BTreeMap<&'a [u8], Member>,
    /// Names that are members of some group.
    members: BTreeSet<&'a [u8]>,
    /// The lines of public keys, by kind and key.
    keys: BTreeMap<(u8, [u8; 32]), usize>,
    /// The lines of keys, by name and id.
    key_ids: BTreeMap<(String, u32), usize>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, line: &'a [u8]) -> Result<(), PolicyFault> {
        if let Some(control) = line.iter().find(|byte| (**byte < b' ' && **byte != b'\t') || **byte == 0x7f) {
            return Err(PolicyFault::Control(*control));
        }
        let words: Vec<&[u8]> = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).collect();
        let Some((first, rest)) = words.split_first() else {
            return Ok(());
        };
        if first.starts_with(b"#") {
            return Ok(());
        }
        match *first {
            b"log" => self.read_log(rest),
            b"witness" => self.read_witness(rest),
            b"group" => self.read_group(rest),
            b"quorum" => self.read_quorum(rest),
            other => Err(PolicyFault::UnknownWord(shown(other))),
        }
    }

    fn read_log(&mut self, words: &[&'a [u8]]) -> Result<(), PolicyFault> {
        let (vkey, url) = match *words {
            [vkey] => (vkey, None),
            [vkey, url] => (vkey, Some(shown(url))),
            _ => return Err(PolicyFault::Words("log <vkey> [<url>]")),
        };
        let key = self.read_key(vkey, KeyKind::Log)?;
        push(&mut self.logs, Log { key, url }).map(|_| ())
    }

    fn read_witness(&mut self, words: &[&'a [u8]]) -> Result<(), PolicyFault> {
        let (name, vkey, url) = match *words {
            [name, vkey] => (name, vkey, None),
            [name, vkey, url] => (name, vkey, Some(shown(url))),
            _ => return Err(PolicyFault::Words("witness <name> <vkey> [<url>]")),
        };
        self.check_new(name)?;
        let key = self.read_key(vkey, KeyKind::Cosigner)?;
        let place = push(&mut self.witnesses, Witness { name: shown(name), key, url })?;
        self.names.insert(name, Member::Witness(place));
        Ok(())
    }

    fn read_group(&mut self, words: &[&'a [u8]]) -> Result<(), PolicyFault> {
        let [name, threshold, names @ ..] = words else {
            return Err(PolicyFault::Words("group <name> all|any|<k> <name>..."));
        };
        if names.is_empty() {
            return Err(PolicyFault::Words("group <name> all|any|<k> <name>..."));
        }
        self.check_new(name)?;
        let needed = read_threshold(threshold, names.len()).ok_or_else(|| PolicyFault::Threshold(shown(threshold)))?;
        let mut members = Vec::new();
        for member in names {
            members.push(self.find(member)?);
            if !self.members.insert(member) {
                return Err(PolicyFault::SecondMembership(shown(member)));
            }
        }
        let place = push(&mut self.groups, Group { name: shown(name), needed, members })?;
        self.names.insert(name, Member::Group(place));
        Ok(())
    }

    fn read_quorum(&mut self, words: &[&'a [u8]]) -> Result<(), PolicyFault> {
        let [name] = *words else {
            return Err(PolicyFault::Words("quorum <name>"));
        };
        if self.quorum.is_some() {
            return Err(PolicyFault::SecondQuorum);
        }
        self.quorum = Some(if name == b"none" { None } else { Some(self.find(name)?) });
        Ok(())
    }

    fn read_key(&mut self, vkey: &[u8], wanted: KeyKind) -> Result<VerifierKey, PolicyFault> {
        let vkey = core::str::from_utf8(vkey).map_err(|_| PolicyFault::Key(KeyError::Shape))?;
        let key = VerifierKey::parse(vkey).map_err(PolicyFault::Key)?;
        if key.kind() != wanted {
            return Err(PolicyFault::KeyKind { wanted });
        }
        let by_key = self.keys.insert((wanted.byte(), *key.public()), self.line);
        let by_id = self.key_ids.insert((key.name().to_owned(), key.id()), self.line);
        match by_key.or(by_id) {
            Some(line) => Err(PolicyFault::DuplicateKey { line }),
            None => Ok(key),
        }
    }

    fn check_new(&self, name: &[u8]) -> Result<(), PolicyFault> {
        if name == b"none" || self.names.contains_key(name) {
            return Err(PolicyFault::DuplicateName(shown(name)));
        }
        Ok(())
    }

    fn find(&self, name: &[u8]) -> Result<Member, PolicyFault> {
        self.names.get(name).copied().ok_or_else(|| PolicyFault::UnknownName(shown(name)))
    }
}

/// Adds an item and returns its index.
fn push<T>(items: &mut Vec<T>, item: T) -> Result<usize, PolicyFault> {
    if items.len() == MAX_POLICY_ITEMS {
        return Err(PolicyFault::TooMany);
    }
    items.push(item);
    Ok(items.len() - 1)
}

fn read_threshold(word: &[u8], members: usize) -> Option<usize> {
    match word {
        b"all" => Some(members),
        b"any" => Some(1),
        number => {
            let needed = usize::try_from(decimal(core::str::from_utf8(number).ok()?)?).ok()?;
            (1..=members).contains(&needed).then_some(needed)
        }
    }
}

fn shown(word: &[u8]) -> String {
    String::from_utf8_lossy(word).into_owned()
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

impl core::error::Error for PolicyError {}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyFault::TooLong => write!(f, "the policy has more than {MAX_POLICY_BYTES} bytes"),
            PolicyFault::NoFinalNewline => f.write_str("the policy does not end with a newline"),
            PolicyFault::Control(byte) => write!(f, "byte 0x{byte:02x} is not allowed"),
            PolicyFault::UnknownWord(word) => write!(f, "{word:?} is not one of log, witness, group and quorum"),
            PolicyFault::Words(usage) => write!(f, "the line has the wrong number of words. Write it as: {usage}"),
            PolicyFault::TooMany => write!(f, "the policy has more than {MAX_POLICY_ITEMS} lines of this kind"),
            PolicyFault::Key(error) => error.fmt(f),
            PolicyFault::KeyKind { wanted } => write!(f, "this line needs a key of type 0x{:02x}", wanted.byte()),
            PolicyFault::DuplicateKey { line } => write!(f, "line {line} already has this key"),
            PolicyFault::DuplicateName(name) => write!(f, "the name {name} is already defined or reserved"),
            PolicyFault::UnknownName(name) => write!(f, "no earlier line defines the name {name}"),
            PolicyFault::SecondMembership(name) => write!(f, "{name} is already a member of a group"),
            PolicyFault::Threshold(word) => write!(f, "{word:?} is not any, all, or a number from 1 to the number of members"),
            PolicyFault::SecondQuorum => f.write_str("the policy has a second quorum line"),
            PolicyFault::NoQuorum => f.write_str("the policy has no quorum line"),
        }
    }
}

impl core::error::Error for PolicyFault {}
