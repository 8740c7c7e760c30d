//! The settings of a node and their defaults, in the form of the configuration file.

use std::path::PathBuf;

use keyrack_cluster::{GroupConfig, PeerConfig};
use serde::{Deserialize, Serialize};

use super::oidc::Oidc;
use super::renamed::Renamed;

/// All settings of a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The cluster's name. Nodes of other clusters are refused.
    pub cluster: String,
    /// Whether this cluster is for development on one machine: plain HTTP and static keys are allowed, and all listeners must
    /// be on loopback.
    pub development: bool,
    /// This node's id. Never give the id of a removed node to a new one.
    pub node: u64,
    /// The data folder.
    pub data: PathBuf,
    /// How many data shards the cluster has. It cannot change after the first start.
    pub data_shards: u32,
    /// The nodes that this node admits although they are fenced.
    pub admit_fenced: Vec<u64>,
    /// Whether this node takes the leaders' memberships and snapshots without asking another node.
    pub trust_leader: bool,
    /// The addresses that the node listens on.
    pub listen: Listen,
    /// Certificates.
    pub tls: Tls,
    /// Static API keys, one for each role, for development only.
    pub keys: Keys,
    /// Guest data.
    pub guests: Guests,
    /// Receipts.
    pub receipts: Receipts,
    /// The audit trail.
    pub audit: Audit,
    /// Requests to other servers.
    pub outbound: Outbound,
    /// Issuers of staff tokens. An empty list is not printed, so that `[[oidc]]` entries can be added to a printed file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub oidc: Vec<Oidc>,
    /// The Raft groups.
    pub raft: GroupConfig,
    /// Limits of requests, connections and queues.
    pub limits: Limits,
    /// Logging.
    pub log: Log,
    /// The cluster's first members, this node included.
    pub peers: Vec<PeerConfig>,
    /// The old names of settings that the file or the environment uses.
    #[serde(skip)]
    pub renamed: Vec<Renamed>,
    /// Variables of the environment that begin with `KEYRACK_` and set nothing.
    #[serde(skip)]
    pub unknown_variables: Vec<String>,
}

/// The addresses that the node listens on, each as `host:port`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// The HTTP API; answers gRPC too.
    pub http: String,
    /// The gRPC API; answers HTTP too.
    pub grpc: String,
    /// Calls from other nodes.
    pub peer: String,
    /// The operators' API, which requires an operator's certificate.
    pub operator: String,
}

/// The node's certificate: files in PEM, checked for changes once a second and at SIGHUP.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// The node's certificate, then the intermediate ones. Its only URI is `spiffe://<cluster>/node/<node>`.
    pub certificate: PathBuf,
    /// Its private key. Only its owner may read the file.
    pub key: PathBuf,
    /// The trusted authorities' certificates, for nodes and clients.
    pub trust: PathBuf,
    /// The revoked certificates of nodes, operators and desks: a SHA-256 fingerprint on each line. Empty for none.
    pub revoked: PathBuf,
    /// `1.3`, or `1.2` to accept older clients at the HTTP and gRPC listeners.
    pub min_version: String,
}

/// One API key for each role. An empty text is no key.
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

/// Encryption of guest data.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guests {
    /// The keyring: the file with the keys that wrap guests' keys. The same on every node.
    pub keyring: PathBuf,
    /// How long after an erasure this node removes its traces from log, rows and snapshots, in seconds. Each removal rewrites
    /// the shard's files, so one removal serves several erasures.
    pub scrub_after_secs: u64,
}

/// The audit trail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// How long after a record a leaf of the receipts log seals it, in seconds.
    #[serde(alias = "seal_secs")]
    pub seal_after_secs: u64,
}

/// Receipts and their witnesses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Receipts {
    /// How long a confirmation waits for its receipt, in ms. Without a receipt it names the address of the receipt.
    pub wait_ms: u64,
    /// How often new checkpoints are sent to the witnesses, in ms.
    pub witness_interval_ms: u64,
    /// Outside witnesses (c2sp.org/tlog-witness) that cosign checkpoints.
    pub witnesses: Vec<Witness>,
}

/// An outside witness.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Its submission prefix. `add-checkpoint` is appended to it.
    pub url: String,
    /// Its verifier key (c2sp.org/signed-note), of the cosignature/v1 kind.
    pub key: String,
}

/// Requests to other servers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outbound {
    /// A PEM file with authorities that are trusted besides the public ones. Empty for none.
    pub trust: PathBuf,
}

/// Limits of requests, connections and queues.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Commands that may wait per shard. More are answered with 503 `overloaded`.
    pub queue_commands: u64,
    /// The most commands in one Raft entry.
    pub batch_commands: u64,
    /// The most Raft entries that a leader replicates at once, per shard.
    pub batches_in_flight: u64,
    /// Requests per second of one principal, over all nodes. More are answered with 429 `quota_exceeded`. 0 sets no limit. A
    /// principal's own limit replaces this one.
    pub requests_per_second: u64,
    /// Requests per second from one address, over all nodes. 0 sets no limit.
    pub requests_per_second_per_address: u64,
    /// Requests per minute from one address with invalid credentials. 0 sets no limit.
    #[serde(alias = "failed_sign_ins_per_minute")]
    pub failed_sign_ins_per_minute_per_address: u64,
    /// The largest request body, in bytes.
    pub body_bytes: u64,
    /// The largest request head, in bytes.
    pub header_bytes: u64,
    /// The most open connections of each listener.
    pub connections: u64,
    /// The most open connections of one address, over all listeners. 0 sets no limit.
    pub connections_per_address: u64,
    /// How long a request may take if its caller sets no deadline, in ms.
    pub request_timeout_ms: u64,
    /// How long a client may take to send a request, in ms. With HTTP/1 also the pause before the next one.
    pub read_timeout_ms: u64,
    /// How long a client may leave an answer unread, in ms. Then the stream or the connection is closed.
    pub write_timeout_ms: u64,
    /// How long a connection may be open without a request, in ms.
    pub idle_timeout_ms: u64,
    /// How old a connection may become, in ms. Then the client is asked to open another one. A connection with a client's
    /// certificate also ends when the certificate does.
    pub connection_age_ms: u64,
    /// The most bytes that may wait in memory for all clients: connections, open requests, bodies and unread answers. One address
    /// may use half of them, unless `connections_per_address` is 0, and one principal a quarter. More is answered with 503
    /// `overloaded`.
    pub waiting_bytes: u64,
    /// The most bytes that may wait for one connection.
    pub waiting_bytes_per_connection: u64,
}

/// The log.
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
            admit_fenced: Vec::new(),
            trust_leader: false,
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
            renamed: Vec::new(),
            unknown_variables: Vec::new(),
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
        Tls { certificate: none(), key: none(), trust: none(), revoked: none(), min_version: "1.3".into() }
    }
}

impl Default for Guests {
    fn default() -> Self {
        Guests { keyring: "keyring".into(), scrub_after_secs: 3_600 }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Audit { seal_after_secs: 60 }
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
            failed_sign_ins_per_minute_per_address: 600,
            body_bytes: 1 << 20,
            header_bytes: 16 << 10,
            connections: 8_192,
            connections_per_address: 4_096,
            request_timeout_ms: 5_000,
            read_timeout_ms: 15_000,
            write_timeout_ms: 15_000,
            idle_timeout_ms: 75_000,
            connection_age_ms: 24 * 3_600_000,
            waiting_bytes: 256 << 20,
            waiting_bytes_per_connection: 32 << 20,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Log { format: "json".into(), level: "info,openraft=off".into() }
    }
}
