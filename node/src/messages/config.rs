//! Mistakes in the configuration, and the verdict of `keyrackd config check`.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A mistake in the configuration file or in the environment's overrides.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file with the mistake that is the source.
    #[error("the configuration {}", .0.display())]
    In(PathBuf),
    /// A line that is not TOML, or a setting that does not exist or has a wrong type.
    #[error("line {line}{setting}: {what}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// A comma and the name before the `=`, if there is one.
        setting: String,
        /// The reader's message in our words.
        what: String,
    },
    /// The same without a line.
    #[error("{0}")]
    Setting(String),
    /// A value of the environment that does not parse.
    #[error("{name} = {text:?} in the environment: give {wanted}.")]
    Environment {
        /// The variable.
        name: String,
        /// Its value.
        text: String,
        /// What the setting takes.
        wanted: &'static str,
    },
    /// A list in the environment.
    #[error("{name} in the environment: this setting is a list. Set it in the file.")]
    EnvironmentList {
        /// The variable.
        name: String,
    },
    /// The cluster's name.
    #[error("cluster = {0:?}: give a name of letters, digits, '-' and '.'.")]
    ClusterName(String),
    /// This node is not in the list.
    #[error("peers: no [[peers]] entry has the id {0}, and this is node {0}. Add the entry, or correct `node`.")]
    NotAPeer(u64),
    /// A node that is admitted despite a fence is not in the list.
    #[error("admit_fenced: no [[peers]] entry has the id {0}. Name nodes of this cluster.")]
    AdmitsStranger(u64),
    /// Two entries have one id.
    #[error("peers: two [[peers]] entries have the id {0}. Give each node its own id.")]
    SameId(u64),
    /// The address of a listener.
    #[error("listen.{name} = {address:?}: give an address and a port of at most 65535, such as \"127.0.0.1:7110\".")]
    Listen {
        /// The listener.
        name: &'static str,
        /// Its address.
        address: String,
    },
    /// Two listeners have one address.
    #[error("listen.{one} and listen.{other} are both {address:?}. Give each its own port.")]
    SameListen {
        /// A listener.
        one: &'static str,
        /// Another one.
        other: &'static str,
        /// The address of both.
        address: String,
    },
    /// The address of a peer.
    #[error("peers, node {node}: peer = {address:?}: give a host and a port of at most 65535, such as \"10.0.0.1:7112\".")]
    PeerAddress {
        /// The node.
        node: u64,
        /// The address.
        address: String,
    },
    /// Two nodes have one address.
    #[error("peers: nodes {one} and {other} both have peer = {address:?}. Give each node its own address.")]
    SamePeer {
        /// A node.
        one: u64,
        /// Another one.
        other: u64,
        /// The address of both.
        address: String,
    },
    /// A path that is set to an empty text.
    #[error("{name} = \"\": give the path of a {what}.")]
    EmptyPath {
        /// The setting.
        name: &'static str,
        /// `file` or `folder`.
        what: &'static str,
    },
    /// A number with which the node would be useless.
    #[error("{name} = {value}: give {least} or more{}.", at_most(*.most))]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: u64,
        /// The smallest.
        least: u64,
        /// The largest; `u64::MAX` for none.
        most: u64,
    },
    /// The number of shards.
    #[error("data_shards = {0}: give 1 to 64.")]
    DataShards(u32),
    /// The timers of Raft.
    #[error(
        "raft.heartbeat_ms = {heartbeat_ms} with raft.election_timeout_ms = {election_timeout_ms}: give a heartbeat of 1 ms \
         or more, and an election timeout of three heartbeats or more."
    )]
    Heartbeat {
        /// `raft.heartbeat_ms`.
        heartbeat_ms: u64,
        /// `raft.election_timeout_ms`.
        election_timeout_ms: u64,
    },
    /// The TLS version.
    #[error("tls.min_version = {0:?}: give \"1.3\" or \"1.2\".")]
    MinVersion(String),
    /// The form of the log.
    #[error("log.format = {0:?}: give \"json\" or \"text\".")]
    LogFormat(String),
    /// The filter of the log.
    #[error(
        "log.level = {0:?}: give error, warn, info, debug, trace or off, or filters `target=level` separated by commas, such as \
         keyrack_cluster=debug,info."
    )]
    LogLevel(String),
    /// The key of a witness cannot be read. The cause is the source.
    #[error("receipts.witnesses: cannot read the key {0:?}")]
    WitnessKey(String),
    /// A key of another kind.
    #[error("receipts.witnesses: the key {0:?} is not for cosignatures. Ask the witness for its cosignature/v1 key.")]
    WitnessKeyKind(String),
    /// The address of a witness. The cause is the source.
    #[error("receipts.witnesses: url")]
    WitnessUrl,
    /// An address with a query.
    #[error("receipts.witnesses: {0:?} has a query. Give the address that `add-checkpoint` is appended to.")]
    WitnessQuery(String),
    /// Too many issuers.
    #[error("oidc: {found} issuers. Give {most} or fewer.")]
    Issuers {
        /// How many there are.
        found: usize,
        /// The most.
        most: usize,
    },
    /// The address of an issuer. The cause is the source.
    #[error("oidc.issuer")]
    Issuer,
    /// An address with a query.
    #[error("oidc.issuer = {0:?}: an issuer has no query. Give it as the tokens have it in `iss`.")]
    IssuerQuery(String),
    /// An address without TLS.
    #[error("oidc.issuer = {0:?}: use https://. http:// is allowed only at a loopback address such as 127.0.0.1.")]
    IssuerPlain(String),
    /// No audience.
    #[error("oidc.audience is empty for the issuer {0:?}. Give the value that its tokens have in `aud`.")]
    Audience(String),
    /// A large clock skew.
    #[error("oidc.clock_skew_secs = {found} for the issuer {issuer:?}: give {most} seconds or fewer, and correct the clocks.")]
    ClockSkew {
        /// The issuer.
        issuer: String,
        /// The setting.
        found: u64,
        /// The most.
        most: u64,
    },
    /// Two entries for one issuer.
    #[error("oidc.issuer: {0:?} has two entries. Give one.")]
    SameIssuer(String),
}

impl ConfigError {
    /// A mistake that the TOML reader found in `text`. The whole line is not shown.
    pub fn reader(text: &str, cause: &toml::de::Error) -> ConfigError {
        let mut what = in_words(cause.message());
        let Some(before) = cause.span().and_then(|span| text.get(..span.start)) else {
            let place = cause.to_string().lines().last().and_then(|line| line.strip_prefix("in ")).unwrap_or_default().to_owned();
            return ConfigError::Setting(format!("{place}: {what}"));
        };
        let number = before.matches('\n').count();
        let line = text.lines().nth(number).unwrap_or_default();
        if line.split_once('=').is_some_and(|(_, value)| value.trim().is_empty()) {
            what = NO_VALUE.to_owned();
        }
        let name = line.split_once('=').map(|(name, _)| name.trim()).filter(|name| !name.is_empty());
        let name = name.filter(|name| !what.contains(&format!("`{name}`")));
        let setting = name.map(|name| format!(", setting `{name}`")).unwrap_or_default();
        ConfigError::Line { line: number + 1, setting, what }
    }
}

fn at_most(most: u64) -> String {
    if most == u64::MAX { String::new() } else { format!(", and at most {most}") }
}

const NO_VALUE: &str = "there is no value. Write `name = value`.";

/// The message of the TOML reader in plain words, without the names of Rust types.
fn in_words(message: &str) -> String {
    let found = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, wanted)) = found.and_then(|found| found.split_once(", expected ")) {
        let wanted = match wanted {
            "u64" | "u32" => "a whole number of 0 or more",
            "a string" | "path string" => "a text in quotes",
            "a boolean" => "true or false",
            _ if wanted.starts_with("struct ") => "a table",
            other => other,
        };
        // The reader names its own type of a large number.
        let found = found.trim_end_matches(" as i128").trim_end_matches(" as u128");
        let found = found.replace("string", "text").replace("integer", "number").replace("floating point", "number");
        return format!("give {wanted}, not the {found}.");
    }
    if let Some((_, end)) = message.split_once(", expected ").filter(|_| message.starts_with("unclosed ")) {
        return format!("a bracket is not closed. Write the missing {end}.");
    }
    if message.starts_with("invalid ") && message.contains(" string") {
        return "a text has no closing quote, or a character that cannot be in it. Correct the text.".to_owned();
    }
    if message.starts_with("invalid float") || message.starts_with("invalid integer") {
        return "give a number, or put the text in quotes.".to_owned();
    }
    match message {
        "duplicate key" => "it is set twice. Remove one of the two lines.".to_owned(),
        "string values must be quoted, expected literal string" => "put the text in quotes.".to_owned(),
        "key with no value, expected `=`" => NO_VALUE.to_owned(),
        "unexpected key or value, expected newline, `#`" => {
            "more text follows the value. Write each setting on its own line.".to_owned()
        }
        "unquoted keys cannot be empty, expected letters, numbers, `-`, `_`" => "there is no name before the `=`.".to_owned(),
        "integer number overflowed" => "the number is too large, or has no digits.".to_owned(),
        other => other
            .replace("unknown field", "there is no setting")
            .replace("missing field", "missing setting")
            .replace(", expected one of ", ". The settings here are "),
    }
}

/// Reasons why a node does not start, at least one.
#[derive(Debug)]
pub struct Reasons(pub Vec<String>);

impl std::error::Error for Reasons {}

impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => f.write_str(one),
            all => write!(f, "\n  - {}", all.join("\n  - ")),
        }
    }
}

/// The verdict on a configuration without faults.
pub fn would_start(path: &Path) -> String {
    format!("{}: this node would start here. Ports and data are checked at the start.\n", path.display())
}

/// The note about a setting that has a new name.
pub fn renamed(old: &str, new: &str) -> String {
    format!("{old} is now {new}. The old name still works. Change it in the file or the environment.\n")
}

/// The note about a variable that sets nothing.
pub fn unknown_variable(name: &str) -> String {
    format!("{name} in the environment sets nothing: there is no such setting. Correct its name, or remove it.\n")
}

/// The verdict on a configuration with faults, one a line.
pub fn would_not_start(path: &Path, reasons: &[String]) -> String {
    format!("{}: this node would not start here:\n  - {}\n", path.display(), reasons.join("\n  - "))
}

/// Faults of a configuration that is valid but not safe.
pub mod unsafe_settings {
    use std::fmt::Display;

    /// Certificates that are not set.
    pub fn no_certificate(missing: &str, cluster: &str, node: u64) -> String {
        format!(
            "{missing} not set, and nodes talk to each other with TLS only. Set the certificate of your own CA, or make one: \
             `keyrack pki init --dir pki --cluster {cluster}`, then `keyrack pki issue --dir pki node {node} --host NAME`, and set \
             tls.certificate = \"pki/node-{node}.pem\", tls.key = \"pki/node-{node}.key\", tls.trust = \"pki/ca.pem\"."
        )
    }

    /// A listener of a development node that other machines could reach.
    pub fn reachable(name: &str, address: &str) -> String {
        format!(
            "listen.{name} = {address:?} with development = true: other machines could reach it. Use 127.0.0.1, or set \
             development = false."
        )
    }

    /// Static API keys outside development.
    pub const STATIC_KEYS: &str = "[keys] or KEYRACK_KEYS_... in the environment: static API keys are for development = true \
                                   only. Remove them, and make keys with `keyrack key create`.";

    /// A peer's address without TLS outside development.
    pub fn plain(node: u64, name: &str, url: impl Display) -> String {
        format!("peers, node {node}: {name} = \"{url}\" is not https://. Use https://, or set development = true.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_shown_with_its_line_and_without_rust_types() {
        let text = "a = 1\nb = \"two\"\n";
        let cause = toml::from_str::<std::collections::BTreeMap<String, u64>>(text).expect_err("a text");
        let shown = ConfigError::reader(text, &cause).to_string();
        assert_eq!(shown, "line 2, setting `b`: give a whole number of 0 or more, not the text \"two\".");
        let said = |text: &str| {
            let cause = toml::from_str::<std::collections::BTreeMap<String, u64>>(text).expect_err(text);
            ConfigError::reader(text, &cause).to_string()
        };
        assert_eq!(said("a = b"), "line 1, setting `a`: put the text in quotes.");
        let large = "line 1, setting `a`: give a whole number of 0 or more, not the number `18446744073709551616`.";
        assert_eq!(said("a = 18446744073709551616"), large);
        assert_eq!(said("[a"), "line 1: a bracket is not closed. Write the missing `]`.");
        for text in ["a = \"b", "a = ", "a", "a = 1 b = 2", "= 1", "a = [1", "a = {b = 1", "a = 1.5.5", "a = 'b"] {
            let said = said(text);
            assert!(!said.contains("expected") && said.ends_with('.'), "{text}: {said}");
        }
    }
}
