//! The result of a verification.

use std::fmt::Write;

use keyrack_inventory::Disclosure;
use keyrack_merkle::Policy;
use serde_json::{Value, json};

use super::verify::Verified;
use crate::auditor::checkpoint_summary::CheckpointSummary;
use crate::auditor::leaf_summary::LeafSummary;
use crate::terminal::line;

/// The result of a verification as text: the proved event, the signatures, and the facts that are not proved.
pub fn verdict_text(verified: &Verified, claims: &[Disclosure], policy: &Policy) -> String {
    let checkpoint = CheckpointSummary::of(&verified.trusted, policy);
    let mut text = format!(
        "PROVED: this event is in the log {}, and your policy accepts the signatures of the log.\n\n",
        line(&checkpoint.origin)
    );
    text += &LeafSummary::of(&verified.leaf, claims).text();
    let _ = writeln!(
        text,
        "\n  log        {}\n  leaf       {} (counted from 0) of the first {}",
        line(&checkpoint.origin),
        verified.index,
        checkpoint.size
    );
    text += &checkpoint.text();
    text += "\nNOT PROVED:\n";
    if !verified.not_covered.is_empty() {
        let names: Vec<String> = verified.not_covered.iter().map(|name| line(name)).collect();
        let _ = writeln!(text, "  - these fields of the file, which may have been changed: {}", names.join(", "));
    }
    checkpoint.not_proved().iter().for_each(|what| _ = writeln!(text, "  - {}", line(what)));
    text
}

/// The result of a verification as JSON.
pub fn verdict_json(verified: &Verified, claims: &[Disclosure], policy: &Policy) -> Value {
    let checkpoint = CheckpointSummary::of(&verified.trusted, policy);
    json!({
        "verified": true,
        "leaf": LeafSummary::of(&verified.leaf, claims),
        "leafIndex": verified.index,
        "log": checkpoint,
        "notCovered": verified.not_covered,
        "notProved": checkpoint.not_proved(),
    })
}
