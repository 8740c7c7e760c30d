//! Certificates as text and as JSON.

use std::path::{Path, PathBuf};

use keyrack_pki::Details;
use serde_json::{Value, json};

use crate::clock::{now_ms, utc_seconds};
use crate::output::{say, say_json};
use crate::terminal::{line, path_text};

/// Prints the certificates of the files.
pub fn show(json: bool, files: &[PathBuf]) -> anyhow::Result<()> {
    let now = now_ms() / 1_000;
    let mut all = Vec::new();
    for file in files {
        all.extend(keyrack_pki::read(file)?.into_iter().map(|details| (file, details)));
    }
    if json {
        let all: Vec<Value> = all.iter().map(|(file, details)| as_json(file, details, now)).collect();
        return say_json(&all);
    }
    let all: Vec<String> = all.iter().map(|(file, details)| as_text(file, details, now)).collect();
    say(&all.join("\n"))
}

fn as_text(file: &Path, details: &Details, now: u64) -> String {
    let hosts = if details.hosts.is_empty() { "none".to_owned() } else { details.hosts.join(", ") };
    let lines = [
        ("identity", holder(details)),
        ("hosts", hosts),
        (
            "valid",
            format!("{} to {}, {}", utc_seconds(details.not_before), utc_seconds(details.not_after), time_left(details, now)),
        ),
        ("serial", details.serial.clone()),
        ("SHA-256", details.fingerprint.clone()),
        ("issuer", details.issuer.clone()),
    ];
    let mut text = format!("{}\n", path_text(file));
    for (name, value) in lines {
        // The text comes from a certificate that anyone can have made.
        text += &format!("  {name:<10} {}\n", line(&value));
    }
    text
}

fn as_json(file: &Path, details: &Details, now: u64) -> Value {
    let identity = details.identity.as_ref().zip(details.cluster.as_ref()).map(|(identity, cluster)| identity.uri(cluster));
    json!({
        "file": file.display().to_string(),
        "cluster": details.cluster,
        "identity": identity,
        "isCa": details.is_ca,
        "subject": details.subject,
        "issuer": details.issuer,
        "hosts": details.hosts,
        "serial": details.serial,
        "notBefore": utc_seconds(details.not_before),
        "notAfter": utc_seconds(details.not_after),
        "daysLeft": details.not_after.saturating_sub(now) / 86_400,
        "fingerprintSha256": details.fingerprint,
    })
}

fn holder(details: &Details) -> String {
    match (&details.cluster, &details.identity) {
        (Some(cluster), Some(identity)) => identity.uri(cluster),
        (Some(cluster), None) if details.is_ca => format!("CA of the cluster {cluster}: {}", details.subject),
        _ => format!("not from the CA of a cluster: {}", details.subject),
    }
}

fn time_left(details: &Details, now: u64) -> String {
    match details.not_after.saturating_sub(now) {
        0 => "EXPIRED".to_owned(),
        _ if details.not_before > now => "NOT VALID YET".to_owned(),
        seconds => format!("{} days left", seconds / 86_400),
    }
}
