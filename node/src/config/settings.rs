//! The settings of a node as its configuration file has them, with their defaults.

use std::path::PathBuf;

use keyrack_cluster::{GroupConfig, PeerConfig};
use serde::{Deserialize, Serialize};

use super::oidc::Oidc;

/// All settings of a node.
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
    /// How the Raft groups behave; also the cluster's own settings of them.
    pub raft: GroupConfig,
    /// What is too much.
    pub limits: Limits,
    /// Logging.
    pub log: Log,
    /// The cluster's first members, this node among them.
    pub peers: Vec<PeerConfig>,
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

/// One API key per role; an empty key is no key.
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
    /// A PEM file with certificate authorities that are trusted in addition to the public ones. Empty: none.
    pub trust: PathBuf,
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
    /// Requests a minute from one address with invalid credentials. 0 sets no limit.
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
            raft: GroupConfig::default(),
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
