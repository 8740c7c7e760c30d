//! A policy, and the check of a checkpoint against it.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::{Checkpoint, CheckpointError, Note, Signature, SignatureError, VerifierKey, verify_signature};

/// The trusted logs, the known witnesses, and the quorum.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(super) logs: Vec<Log>,
    pub(super) witnesses: Vec<Witness>,
    /// A group's members come before it, so an evaluation in order needs no recursion.
    pub(super) groups: Vec<Group>,
    /// `None` if no cosignature is needed.
    pub(super) quorum: Option<Member>,
}

/// A trusted checkpoint and its signers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The log's state.
    pub checkpoint: Checkpoint,
    /// The keys of this log that signed it, in the policy's order; at least one.
    pub log_keys: Vec<VerifierKey>,
    /// The witnesses that cosigned it, in the policy's order: their name in the policy and the time of the cosignature
    /// (seconds since 1970; the latest if a witness cosigned twice).
    pub cosigned: Vec<(String, u64)>,
}

/// Why a checkpoint is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// The note is not a checkpoint.
    NoCheckpoint(CheckpointError),
    /// The policy has no log of this name.
    UnknownLog {
        /// The checkpoint's origin.
        origin: String,
    },
    /// None of the signatures is by a key of the log.
    NotSigned {
        /// The checkpoint's origin.
        origin: String,
    },
    /// A signature has the name and id of a key in the policy, and is not valid.
    BadSignature {
        /// The key's name.
        name: String,
        /// The key's id.
        key_id: u32,
        /// What is wrong with it.
        reason: SignatureError,
    },
    /// Too few witnesses cosigned.
    NoQuorum {
        /// The quorum's name in the policy.
        quorum: String,
        /// The names of the witnesses that cosigned.
        cosigned: Vec<String>,
        /// The names of witnesses whose signature is by a key that is not in the policy.
        other_keys: Vec<String>,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Log {
    pub key: VerifierKey,
    pub url: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Witness {
    pub name: String,
    pub key: VerifierKey,
    pub url: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub name: String,
    /// How many of the members must have cosigned.
    pub needed: usize,
    pub members: Vec<Member>,
}

/// An index into the witnesses or the groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Witness(usize),
    Group(usize),
}

impl Policy {
    /// The logs, each as its key and its URL. The key's name is the origin of the log's checkpoints.
    pub fn logs(&self) -> impl Iterator<Item = (&VerifierKey, Option<&str>)> {
        self.logs.iter().map(|log| (&log.key, log.url.as_deref()))
    }

    /// The witnesses, each as its name in this policy, its key and its URL.
    pub fn witnesses(&self) -> impl Iterator<Item = (&str, &VerifierKey, Option<&str>)> {
        self.witnesses.iter().map(|witness| (witness.name.as_str(), &witness.key, witness.url.as_deref()))
    }

    /// Checks that a checkpoint is signed by a key of the log that its origin names, and cosigned by the quorum.
    ///
    /// Signatures by unknown keys are ignored. One invalid signature of a known key refuses the whole note. The caller has to
    /// compare the times of cosignatures, if they matter.
    ///
    /// # Errors
    /// [`Distrust`].
    pub fn check(&self, note: &Note) -> Result<Trusted, Distrust> {
        let checkpoint = Checkpoint::parse(&note.text).map_err(Distrust::NoCheckpoint)?;
        if !self.logs.iter().any(|log| log.key.name() == checkpoint.origin) {
            return Err(Distrust::UnknownLog { origin: checkpoint.origin });
        }
        let signers = self.signers(note)?;
        let is_own = |(log, signed): &(&Log, &bool)| **signed && log.key.name() == checkpoint.origin;
        let log_keys: Vec<_> = self.logs.iter().zip(&signers.logs).filter(is_own).map(|(log, _)| log.key.clone()).collect();
        if log_keys.is_empty() {
            return Err(Distrust::NotSigned { origin: checkpoint.origin });
        }
        let times = self.witnesses.iter().zip(&signers.witnesses);
        let cosigned: Vec<_> = times.filter_map(|(witness, time)| Some((witness.name.clone(), (*time)?))).collect();
        match self.quorum {
            Some(quorum) if !self.holds(quorum, &signers) => {
                let cosigned = cosigned.into_iter().map(|(name, _)| name).collect();
                let other_keys = self.with_other_keys(note);
                Err(Distrust::NoQuorum { quorum: self.name_of(quorum).to_owned(), cosigned, other_keys })
            }
            _ => Ok(Trusted { checkpoint, log_keys, cosigned }),
        }
    }

    /// Verifies every signature of a known key.
    fn signers(&self, note: &Note) -> Result<Signers, Distrust> {
        let mut signers = Signers { logs: vec![false; self.logs.len()], witnesses: vec![None; self.witnesses.len()] };
        for signature in &note.signatures {
            let is_by = |key: &VerifierKey| key.id() == signature.key_id && key.name() == signature.name;
            // No two keys of a policy have the same name and id, so at most one matches.
            if let Some(place) = self.logs.iter().position(|log| is_by(&log.key)) {
                verify(note, signature, &self.logs[place].key)?;
                signers.logs[place] = true;
            } else if let Some(place) = self.witnesses.iter().position(|witness| is_by(&witness.key)) {
                let time = verify(note, signature, &self.witnesses[place].key)?;
                signers.witnesses[place] = signers.witnesses[place].max(time);
            }
        }
        Ok(signers)
    }

    /// The witnesses of the policy in whose name a key signed that is not in the policy. A node that rejoined has new keys.
    fn with_other_keys(&self, note: &Note) -> Vec<String> {
        let is_known = |signature: &Signature| self.witnesses.iter().any(|witness| witness.key.id() == signature.key_id);
        let others = note.signatures.iter().filter(|signature| !is_known(signature));
        let mut names: Vec<String> = Vec::new();
        for witness in others.flat_map(|other| self.witnesses.iter().filter(move |witness| witness.key.name() == other.name)) {
            if !names.contains(&witness.name) {
                names.push(witness.name.clone());
            }
        }
        names
    }

    /// Whether the quorum's witness cosigned, or enough of its group's members.
    fn holds(&self, quorum: Member, signers: &Signers) -> bool {
        let mut groups: Vec<bool> = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let present = group.members.iter().filter(|member| is_present(**member, signers, &groups)).count();
            groups.push(present >= group.needed);
        }
        is_present(quorum, signers, &groups)
    }

    fn name_of(&self, member: Member) -> &str {
        match member {
            Member::Witness(place) => &self.witnesses[place].name,
            Member::Group(place) => &self.groups[place].name,
        }
    }
}

/// The keys with valid signatures, by index in the policy.
struct Signers {
    logs: Vec<bool>,
    /// The time of the cosignature.
    witnesses: Vec<Option<u64>>,
}

fn is_present(member: Member, signers: &Signers, groups: &[bool]) -> bool {
    match member {
        Member::Witness(place) => signers.witnesses[place].is_some(),
        Member::Group(place) => groups[place],
    }
}

fn verify(note: &Note, signature: &Signature, key: &VerifierKey) -> Result<Option<u64>, Distrust> {
    verify_signature(&note.text, signature, key).map_err(|reason| Distrust::BadSignature {
        name: key.name().to_owned(),
        key_id: key.id(),
        reason,
    })
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distrust::NoCheckpoint(error) => error.fmt(f),
            Distrust::UnknownLog { origin } => write!(f, "the policy has no log named {origin}"),
            Distrust::NotSigned { origin } => write!(f, "no key of {origin} in the policy signed it"),
            Distrust::BadSignature { name, key_id, reason } => write!(f, "the signature of {name} ({key_id:08x}): {reason}"),
            Distrust::NoQuorum { quorum, cosigned, other_keys } => {
                write!(f, "the quorum {quorum} is not reached: ")?;
                match cosigned.as_slice() {
                    [] => f.write_str("no known witness cosigned")?,
                    some => write!(f, "only {} cosigned", some.join(", "))?,
                }
                match other_keys.as_slice() {
                    [] => Ok(()),
                    some => write!(f, "; {} signed with a key that the policy does not have", some.join(", ")),
                }
            }
        }
    }
}

impl core::error::Error for Distrust {}
