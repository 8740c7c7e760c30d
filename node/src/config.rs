//! The one configuration file, and its overrides from the environment.

mod oidc;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

pub use self::oidc::Oidc;
use crate::outbound::Url;

/// Everything a node is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The cluster's name; nodes of other clusters are refused.
    pub cluster: String,
    /// Whether this is a cluster to try things with, on this machine alone: plain HTTP and static keys are allowed, and all
    /// listeners must be on loopback.
    pub development: bool,
    /// This node's id. Never give an id that was used before to another node.
    pub node: u64,
    /// The data folder.
    pub data: PathBuf,
    /// Data shards of the cluster; fixed once the cluster has begun.
    pub data_shards: u32,
    /// Where the node listens.
    pub listen: Listen,
    /// Certificates.
    pub tls: Tls,
    /// Static API keys, one per role; for development only.
    pub keys: Keys,
    /// Guest data.
    pub guests: Guests,
    /// Receipts.
    pub receipts: Receipts,
    /// The audit trail.
    pub audit: Audit,
    /// Whom the node believes when it asks others.
    pub outbound: Outbound,
    /// Those whose tokens sign staff in. None is not printed, so that `[[oidc]]` can be added to what is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub oidc: Vec<Oidc>,
    /// How the Raft groups behave.
    pub raft: Raft,
    /// What is too much.
    pub limits: Limits,
    /// Logging.
    pub log: Log,
    /// The cluster's first members, this node among them.
    pub peers: Vec<Peer>,
}

/// Where the node listens: `host:port` each.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// For the HTTP API (which answers gRPC too).
    pub http: String,
    /// For gRPC (which answers HTTP too).
    pub grpc: String,
    /// For the other nodes.
    pub peer: String,
    /// For operators, who need a certificate there.
    pub operator: String,
}

/// The node's certificate; files in PEM, looked at once a second and at SIGHUP.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// The node's certificate, and what leads from it to an authority. Its one URI is `spiffe://<cluster>/node/<node>`.
    pub certificate: PathBuf,
    /// Its key; readable by its owner only.
    pub key: PathBuf,
    /// Certificates of the authorities to trust, for nodes and clients alike.
    pub trust: PathBuf,
    /// `1.3`, or `1.2` to let older clients in at the HTTP and gRPC listeners.
    pub min_version: String,
}

/// One key per role; an empty one lets nobody in.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    pub operator: String,
    pub manager: String,
    pub channel: String,
    pub desk: String,
    pub auditor: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(redacted)")
    }
}

/// How guest data is protected.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guests {
    /// A file with 64 hexadecimal digits: the key that wraps guests' keys. The same on every node.
    pub keyring: PathBuf,
    /// How long after a guest was erased the traces are removed from this node's log, rows and snapshots: a
    /// rewrite of the shard's files, so not after every single one.
    pub scrub_after_secs: u64,
}

/// The audit trail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// How long after a record a leaf of the receipts' log seals it.
    pub seal_secs: u64,
}

/// Receipts and their witnesses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Receipts {
    /// How long a confirmation waits for its receipt; after that it says where the receipt will be.
    pub wait_ms: u64,
    /// How often new checkpoints are sent to the witnesses.
    pub witness_interval_ms: u64,
    /// Outside witnesses (c2sp.org/tlog-witness) that are asked to cosign checkpoints.
    pub witnesses: Vec<Witness>,
}

/// An outside witness.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Its submission prefix: `add-checkpoint` follows it.
    pub url: String,
    /// Its verifier key (c2sp.org/signed-note), of the cosignature/v1 kind.
    pub key: String,
}

/// Whom the node believes when it asks others.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outbound {
    /// A PEM file with certificate authorities that are trusted beside the public ones. Empty: none.
    pub trust: PathBuf,
}

/// Raft's times and sizes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Raft {
    /// A dead leader has a successor after 2.3 to 2.7 times this. In a LAN 300; between regions 10 to 20 round trips.
    pub election_timeout_ms: u64,
    /// How often an idle leader calls.
    pub heartbeat_ms: u64,
    /// Log entries kept behind a snapshot.
    pub keep_log_entries: u64,
    /// A snapshot after so many log entries,
    pub snapshot_log_entries: u64,
    /// after so many bytes of log,
    pub snapshot_log_bytes: u64,
    /// and at least this often while anything is written.
    pub snapshot_interval_secs: u64,
}

/// What is too much.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Commands that may wait per shard; beyond that 503 `overloaded`.
    pub queue_commands: u64,
    /// The most commands in one Raft entry.
    pub batch_commands: u64,
    /// Raft entries a leader may have under way per shard.
    pub batches_in_flight: u64,
    /// Requests per second of one principal, all nodes together; beyond that 429 `quota_exceeded`. 0 sets no limit;
    /// a principal's own limit goes before.
    pub requests_per_second: u64,
    /// Requests per second from one address, all nodes together. 0 sets no limit.
    pub requests_per_second_per_address: u64,
    /// Requests a minute from one address with credentials that are no good. 0 sets no limit.
    pub failed_sign_ins_per_minute: u64,
    /// The largest request body.
    pub body_bytes: u64,
    /// The largest request head.
    pub header_bytes: u64,
    /// Connections at once, per listener.
    pub connections: u64,
    /// Connections of one address at once, all listeners together; 0 sets no limit.
    pub connections_per_address: u64,
    /// How long a request may take when its caller names no deadline.
    pub request_timeout_ms: u64,
    /// How long a client may take to send a request; over HTTP/1 also until it begins the next.
    pub read_timeout_ms: u64,
    /// How long a connection may have no request.
    pub idle_timeout_ms: u64,
}

/// Logging.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `json` or `text`.
    pub format: String,
    /// `error`, `warn`, `info`, `debug`, or a filter such as `keyrack_cluster=debug,info`.
    pub level: String,
}

/// A first member of the cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Its id.
    pub id: u64,
    /// `host:port` of its peer listener.
    pub peer: String,
    /// The URL of its HTTP listener, as clients reach it.
    pub http: String,
    /// The URL of its gRPC listener, as clients reach it.
    pub grpc: String,
    /// Its region.
    pub region: String,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            cluster: "keyrack".into(),
            node: 1,
            data: "data".into(),
            data_shards: 3,
            development: false,
            listen: Listen::default(),
            tls: Tls::default(),
            keys: Keys::default(),
            guests: Guests::default(),
            receipts: Receipts::default(),
            audit: Audit::default(),
            outbound: Outbound::default(),
            oidc: Vec::new(),
            raft: Raft::default(),
            limits: Limits::default(),
            log: Log::default(),
            peers: Vec::new(),
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        let at = |port: u16| format!("127.0.0.1:{port}");
        Listen { http: at(7110), grpc: at(7111), peer: at(7112), operator: at(7113) }
    }
}

impl Default for Tls {
    fn default() -> Self {
        let none = PathBuf::new;
        Tls { certificate: none(), key: none(), trust: none(), min_version: "1.3".into() }
    }
}

impl Default for Guests {
    fn default() -> Self {
        Guests { keyring: "keyring".into(), scrub_after_secs: 3_600 }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Audit { seal_secs: 60 }
    }
}

impl Default for Receipts {
    fn default() -> Self {
        Receipts { wait_ms: 250, witness_interval_ms: 2_000, witnesses: Vec::new() }
    }
}

impl Default for Raft {
    fn default() -> Self {
        Raft {
            election_timeout_ms: 300,
            heartbeat_ms: 60,
            keep_log_entries: 1_000_000,
            snapshot_log_entries: 500_000,
            snapshot_log_bytes: 256 << 20,
            snapshot_interval_secs: 600,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            queue_commands: 8_192,
            batch_commands: 256,
            batches_in_flight: 2,
            requests_per_second: 0,
            requests_per_second_per_address: 0,
            failed_sign_ins_per_minute: 600,
            body_bytes: 1 << 20,
            header_bytes: 16 << 10,
            connections: 8_192,
            connections_per_address: 4_096,
            request_timeout_ms: 5_000,
            read_timeout_ms: 15_000,
            idle_timeout_ms: 75_000,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Log { format: "json".into(), level: "info,openraft=error".into() }
    }
}

impl Config {
    /// Reads the file and the environment, and checks what it says.
    pub fn load(path: &Path) -> anyhow::Result<Config> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
        Config::parse(&text, |name| std::env::var(name).ok()).with_context(|| format!("in the configuration {}", path.display()))
    }

    /// Reads a configuration's text, overridden by `environment`.
    pub fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<Config> {
        // First as it is written, so that a mistake is reported with its line.
        let written: Config = toml::from_str(text)?;
        let mut table = toml::Table::try_from(&written)?;
        override_from(&mut table, "KEYRACK", &environment)?;
        let config: Config = table.try_into()?;
        config.check()?;
        Ok(config)
    }

    /// The defaults as a file.
    pub fn print_default() -> anyhow::Result<String> {
        let example = |id: u64| Peer {
            id,
            peer: format!("10.0.{id}.10:7112"),
            http: format!("https://node-{id}.example:7110"),
            grpc: format!("https://node-{id}.example:7111"),
            region: format!("region-{id}"),
        };
        let (certificate, key, trust) = ("pki/node-1.pem".into(), "pki/node-1.key".into(), "pki/ca.pem".into());
        let tls = Tls { certificate, key, trust, ..Tls::default() };
        Ok(toml::to_string(&Config { tls, peers: (1..=3).map(example).collect(), ..Config::default() })?)
    }

    /// This node's own entry among the peers; a configuration that was checked has one.
    pub fn me(&self) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.id == self.node)
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.cluster.is_empty() || !self.cluster.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
            bail!("cluster: a name of letters, digits, '-' and '.' is needed");
        }
        if self.me().is_none() {
            bail!("peers: node {} is not among them", self.node);
        }
        let mut ids: Vec<u64> = self.peers.iter().map(|peer| peer.id).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            bail!("peers: two have the same id");
        }
        if !(1..=64).contains(&self.data_shards) {
            bail!("data_shards: 1 to 64");
        }
        if self.raft.heartbeat_ms == 0 || self.raft.heartbeat_ms * 3 > self.raft.election_timeout_ms {
            bail!("raft: election_timeout_ms must be at least three times heartbeat_ms");
        }
        if !matches!(self.tls.min_version.as_str(), "1.3" | "1.2") {
            bail!("tls.min_version: 1.3 or 1.2");
        }
        for witness in &self.receipts.witnesses {
            witness.check()?;
        }
        oidc::check(&self.oidc)?;
        if !matches!(self.log.format.as_str(), "json" | "text") {
            bail!("log.format: json or text");
        }
        Ok(())
    }
}

impl Witness {
    fn check(&self) -> anyhow::Result<()> {
        let key =
            keyrack_merkle::VerifierKey::parse(&self.key).with_context(|| format!("receipts.witnesses: key {:?}", self.key))?;
        if key.kind() != keyrack_merkle::KeyKind::Cosigner {
            bail!("receipts.witnesses: {:?} is not a cosigner's key", self.key);
        }
        let url = Url::parse(&self.url).context("receipts.witnesses")?;
        if url.has_query() {
            bail!("receipts.witnesses: {:?}: a prefix has no query", self.url);
        }
        Ok(())
    }
}

/// Replaces every leaf `a.b` by `KEYRACK_A_B` where that is set; lists of tables are left alone.
fn override_from(table: &mut toml::Table, prefix: &str, environment: &impl Fn(&str) -> Option<String>) -> anyhow::Result<()> {
    for (key, value) in table.iter_mut() {
        let name = format!("{prefix}_{}", key.to_ascii_uppercase());
        if let toml::Value::Table(inner) = value {
            override_from(inner, &name, environment)?;
            continue;
        }
        let Some(text) = environment(&name) else { continue };
        let wrong = || format!("environment {name}: {text:?} is not what is needed there");
        *value = match value {
            toml::Value::String(_) => toml::Value::String(text),
            toml::Value::Integer(_) => toml::Value::Integer(text.parse().with_context(wrong)?),
            toml::Value::Boolean(_) => toml::Value::Boolean(text.parse().with_context(wrong)?),
            _ => bail!("environment {name}: this setting can only be made in the file"),
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "[[peers]]\nid = 1\npeer = \"a:1\"\nhttp = \"http://a:2\"\ngrpc = \"http://a:3\"\nregion = \"eu\"\n";

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = Config::parse(&format!("node = 1\nnodes = 2\n{PEER}"), |_| None).expect_err("refused").to_string();
        assert!(error.contains("line 2") && error.contains("nodes"), "{error}");
    }

    #[test]
    fn the_environment_wins() {
        let set = |name: &str| (name == "KEYRACK_LIMITS_QUEUE_COMMANDS").then(|| "4".to_string());
        assert_eq!(Config::parse(PEER, set).expect("parsed").limits.queue_commands, 4);
        let wrong = |name: &str| (name == "KEYRACK_NODE").then(|| "one".to_string());
        assert!(Config::parse(PEER, wrong).expect_err("refused").to_string().contains("KEYRACK_NODE"));
    }

    #[test]
    fn witnesses_are_asked_over_tls_or_without() {
        let key = "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
        let parse = |url: &str| Config::parse(&format!("[[receipts.witnesses]]\nurl = {url:?}\nkey = {key:?}\n{PEER}"), |_| None);
        for good in ["https://w.example/prefix", "http://w.example", "https://10.0.0.1:8443/"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in ["ftp://w.example", "w.example", "https://w.example?a=b", "https://anna:secret@w.example", ""] {
            let error = format!("{:#}", parse(bad).expect_err("refused"));
            assert!(error.contains("receipts.witnesses"), "{bad}: {error}");
        }
    }

    #[test]
    fn the_printed_default_is_a_configuration() {
        let text = Config::print_default().expect("printed");
        Config::parse(&text, |_| None).expect("accepted");
        let more = format!("{text}\n[[oidc]]\nissuer = \"https://id.example\"\naudience = \"keyrack\"\n");
        assert_eq!(Config::parse(&more, |_| None).expect("accepted").oidc[0].clock_skew_secs, 60);
    }
}
