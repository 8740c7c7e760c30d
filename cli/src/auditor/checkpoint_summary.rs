//! A signed checkpoint for people and as JSON.

use std::fmt::Write;

use keyrack_merkle::{Policy, Trusted, encode_hash};
use serde::Serialize;

use crate::clock::utc_seconds;
use crate::terminal::line;

/// The facts that no receipt proves.
const ONE_EVENT: &str = "that this is the newest event of the booking: the booking may have changed later, in a later leaf";
const NO_WITNESS: &str = "that no other history exists: only replicas of the cluster cosigned, no outside witness. A majority of \
                          the replicas stored and signed this history (majority-durable), and a comparison of checkpoints shows a \
                          later change (tamper-evident). But a majority of dishonest replicas can show others a different \
                          history";
const OTHER_VALUES: &str = "that a claim was true: only that the cluster recorded this value when it decided";

/// A checkpoint and its signatures that the policy accepts.
#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointSummary {
    /// The name of the log.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The root of the tree.
    pub root: String,
    /// The log's keys that signed, as verifier keys.
    pub signed_by: Vec<String>,
    /// The cosignatures.
    pub cosigned_by: Vec<Cosignature>,
    /// How many replicas of the log's cluster the policy lists.
    #[serde(skip)]
    replicas: usize,
}

/// A cosignature of a replica or a witness.
#[derive(Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Cosignature {
    /// The name of the witness in the policy.
    pub name: String,
    /// The name of its key.
    pub key_name: String,
    /// The time of the cosignature.
    pub at: String,
    /// Whether its key's name is outside the log's cluster.
    pub outside: bool,
}

impl CheckpointSummary {
    /// Summarises a checkpoint that the policy accepts.
    pub fn of(trusted: &Trusted, policy: &Policy) -> CheckpointSummary {
        let Trusted { checkpoint, log_keys, cosigned } = trusted;
        let cluster = checkpoint.origin.rsplit_once("/shard-").map_or(checkpoint.origin.as_str(), |(cluster, _)| cluster);
        let is_outside = |key_name: &str| key_name.strip_prefix(cluster).is_none_or(|rest| !rest.starts_with('/'));
        let witness = |(name, time): &(String, u64)| {
            let key = policy.witnesses().find(|(known, ..)| known == name).map(|(_, key, _)| key.name().to_owned());
            let key_name = key.unwrap_or_default();
            let outside = is_outside(&key_name);
            Cosignature { name: name.clone(), key_name, at: utc_seconds(*time), outside }
        };
        CheckpointSummary {
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            root: encode_hash(&checkpoint.root),
            signed_by: log_keys.iter().map(ToString::to_string).collect(),
            cosigned_by: cosigned.iter().map(witness).collect(),
            replicas: policy.witnesses().filter(|(_, key, _)| !is_outside(key.name())).count(),
        }
    }

    /// Lines for people.
    pub fn text(&self) -> String {
        let mut text = format!("  root       {}\n", self.root);
        self.signed_by.iter().for_each(|key| _ = writeln!(text, "  signed     by the log's key {}", line(key)));
        for cosigned in &self.cosigned_by {
            let outside = if cosigned.outside { "outside witness" } else { "replica" };
            let _ = writeln!(
                text,
                "  cosigned   by {} ({outside} {}) at {}",
                line(&cosigned.name),
                line(&cosigned.key_name),
                cosigned.at
            );
        }
        text
    }

    /// Whether an outside witness cosigned.
    pub fn is_witnessed(&self) -> bool {
        self.cosigned_by.iter().any(|cosigned| cosigned.outside)
    }

    /// The facts that a receipt under this checkpoint does not prove.
    pub fn not_proved(&self) -> Vec<String> {
        let history = if self.is_witnessed() {
            let outside: Vec<_> = self.cosigned_by.iter().filter(|one| one.outside).map(|one| one.name.as_str()).collect();
            format!("that no other history exists that {} has not seen: it cosigned this history only", outside.join(", "))
        } else if self.cosigned_by.len() * 2 > self.replicas {
            NO_WITNESS.to_owned()
        } else {
            // The policy's quorum may require fewer signatures than a majority.
            format!(
                "that a majority of the replicas stored this history, or that no other one exists: {} of the {} replicas in your \
                 policy cosigned, and no outside witness",
                self.cosigned_by.len(),
                self.replicas
            )
        };
        vec![history, ONE_EVENT.to_owned(), OTHER_VALUES.to_owned()]
    }
}
