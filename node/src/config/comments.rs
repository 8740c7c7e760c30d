//! The comments of `keyrackd config print-default`.

use std::collections::BTreeSet;

const HEAD: &str = "# The configuration of one node. A setting that is left out has the value shown here, except in [tls] and [[peers]].
# The environment overrides the file: KEYRACK_LIMITS_QUEUE_COMMANDS overrides queue_commands in [limits]. Lists cannot be overridden.
# Check the result: keyrackd config check --config FILE

";

const TAIL: &str = "
# Issuers of staff tokens (OpenID Connect), one entry each. There are none by default. clock_skew_secs: by how many seconds its
# clock may differ, at most 600.
# [[oidc]]
# issuer = \"https://id.example\"
# audience = \"keyrack\"
# clock_skew_secs = 60
";

/// A comment for each setting and table, by its path.
const COMMENTS: &[(&str, &str)] = &[
    ("cluster", "The cluster's name: letters, digits, '-' and '.'. The same on every node and in every certificate."),
    (
        "development",
        "true allows plain HTTP and static [keys], on loopback addresses only. false, because both are unsafe elsewhere.",
    ),
    ("node", "The number of this node. Never give the number of a removed node to a new one."),
    ("data", "The data folder of this node. A relative path starts at the working directory."),
    (
        "data_shards",
        "The number of parts that hotels are divided into, 1 to 64; fixed after the first start. 3, so that 3 nodes can lead one each.",
    ),
    (
        "admit_fenced",
        "Nodes that this node admits although they are fenced. Only after a hostile node has fenced honest ones; see operations.md.",
    ),
    (
        "trust_leader",
        "true takes members and snapshots from a leader without asking another node. Only while all other nodes are lost; see operations.md.",
    ),
    (
        "listen",
        "The addresses this node listens on, each as host:port. Loopback, so that nothing is reachable before you decide it.",
    ),
    ("listen.http", "The HTTP API; answers gRPC too."),
    ("listen.grpc", "The gRPC API; answers HTTP too."),
    ("listen.peer", "Calls from the other nodes."),
    ("listen.operator", "The operators' API. A caller needs an operator's certificate."),
    ("tls", "The node's certificate: files in PEM. A changed file is used within 1 second, without a restart."),
    (
        "tls.certificate",
        "The certificate of this node, then the intermediate ones. Its only URI is spiffe://<cluster>/node/<node>.",
    ),
    ("tls.key", "The certificate's private key. Only its owner may read the file (mode 600)."),
    ("tls.trust", "The certificates of the authorities that nodes and clients must have a certificate from."),
    (
        "tls.revoked",
        "The revoked certificates of nodes, operators and desks: a SHA-256 fingerprint on each line. Empty for none.",
    ),
    (
        "tls.min_version",
        "The oldest TLS version for HTTP and gRPC clients, 1.3 or 1.2. 1.3, because 1.2 is for old clients only.",
    ),
    ("keys", "Static API keys, one for each role, for development = true only. An empty text is no key."),
    ("keys.operator", "The operator's key."),
    ("keys.manager", "The manager's key."),
    ("keys.channel", "The channel's key."),
    ("keys.desk", "The desk's key."),
    ("keys.auditor", "The auditor's key."),
    ("guests", "Encryption of guest data."),
    ("guests.keyring", "The file with the keys, from `keyrackd keyring init`. The same file on every node, mode 600."),
    (
        "guests.scrub_after_secs",
        "Seconds after an erasure until this node removes its traces from disk. 1 hour, because each removal rewrites files.",
    ),
    ("receipts", "Receipts of bookings, and the outside witnesses that sign the log."),
    ("receipts.wait_ms", "How long a confirmation waits for its receipt, in ms. The caller fetches a later receipt."),
    ("receipts.witness_interval_ms", "How often new checkpoints are sent to the witnesses, in ms; 10 or more."),
    ("receipts.witnesses", "No witnesses. For some, replace this line by [[receipts.witnesses]] entries with url and key."),
    ("audit", "The audit trail."),
    ("audit.seal_after_secs", "Seconds until a new record of the audit trail is sealed in the receipts log."),
    ("outbound", "Requests of this node to witnesses and to issuers of staff tokens."),
    ("outbound.trust", "A PEM file with authorities to trust besides the public ones. Empty for none."),
    ("raft", "Replication. The same on every node."),
    (
        "raft.election_timeout_ms",
        "How long a node waits for its leader, in ms; 3 heartbeats or more. 300 for a LAN; between regions 10 to 20 round trips.",
    ),
    ("raft.heartbeat_ms", "How often an idle leader sends a heartbeat, in ms."),
    ("raft.keep_log_entries", "Log entries kept after a snapshot, so that a follower that was away needs no snapshot."),
    ("raft.snapshot_log_entries", "Take a snapshot after this number of log entries."),
    ("raft.snapshot_log_bytes", "Take a snapshot after this number of bytes of log (256 MiB)."),
    ("raft.snapshot_interval_secs", "Take a snapshot at least this often while anything is written, in seconds."),
    ("limits", "Limits, so that one caller cannot use up the node."),
    ("limits.queue_commands", "Commands that may wait per shard. More are answered with 503 overloaded."),
    ("limits.batch_commands", "The most commands in one log entry."),
    ("limits.batches_in_flight", "The most log entries that a leader replicates at once, per shard."),
    (
        "limits.requests_per_second",
        "Requests per second of one principal, over all nodes. 0 for no limit. A principal's own limit replaces it.",
    ),
    (
        "limits.requests_per_second_per_address",
        "Requests per second of one address, over all nodes. 0 for no limit, because requests through a proxy have one address.",
    ),
    (
        "limits.failed_sign_ins_per_minute_per_address",
        "Requests per minute of one address with wrong credentials. 0 for no limit.",
    ),
    ("limits.body_bytes", "The largest request body, in bytes (1 MiB)."),
    ("limits.header_bytes", "The largest request head, in bytes (16 KiB)."),
    ("limits.connections", "The most open connections of each listener."),
    (
        "limits.connections_per_address",
        "The most open connections of one address, over all listeners of this node. 0 for no limit.",
    ),
    ("limits.request_timeout_ms", "How long a request may take if the caller sets no deadline, in ms."),
    (
        "limits.read_timeout_ms",
        "How long a client may take to send a request, in ms. With HTTP/1 also the pause before the next one.",
    ),
    (
        "limits.write_timeout_ms",
        "How long a client may leave an answer unread, in ms. Then its stream is reset or its connection closed.",
    ),
    (
        "limits.idle_timeout_ms",
        "How long a connection may be open without a request, in ms. 75 s, above the 60 s of common load balancers.",
    ),
    ("limits.connection_age_ms", "How old a connection may become, in ms (a day). Then the client opens another one."),
    (
        "limits.waiting_bytes",
        "The most bytes in memory for clients: connections, open requests, bodies, unread answers (256 MiB).",
    ),
    ("limits.waiting_bytes_per_connection", "The most of these bytes for one connection (32 MiB)."),
    ("log", "The log, on standard error."),
    ("log.format", "json, one object a line for log collectors, or text."),
    ("log.level", "error, warn, info or debug, or a filter such as keyrack_cluster=debug,info."),
    ("peers", "The first members of the cluster, this node included. The same list on every node."),
    ("peers.id", "The number of the node."),
    ("peers.peer", "The address of its peer listener, host:port, as the other nodes reach it."),
    ("peers.http", "The URL of its HTTP API, as clients reach it."),
    ("peers.grpc", "The URL of its gRPC API, as clients reach it."),
    ("peers.region", "The place where it runs. A property has a home region."),
];

/// Puts the comment of each setting above it. A setting in a list of tables has its comment in the first table only.
pub fn commented(printed: &str) -> String {
    let (mut text, mut table, mut done) = (HEAD.to_owned(), String::new(), BTreeSet::new());
    for line in printed.lines() {
        let path = match line.strip_prefix('[') {
            Some(header) => {
                table = header.trim_matches(['[', ']']).to_owned();
                Some(table.clone())
            }
            None => {
                line.split_once(" = ").map(|(name, _)| if table.is_empty() { name.into() } else { format!("{table}.{name}") })
            }
        };
        if let Some(path) = path
            && let Some((_, comment)) = COMMENTS.iter().find(|(known, _)| *known == path)
            && done.insert(path)
        {
            text += &format!("# {comment}\n");
        }
        text += line;
        text.push('\n');
    }
    text + TAIL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn every_setting_of_the_default_has_a_comment_above_it() {
        let text = Config::print_default().expect("printed");
        let (mut above, mut commented) = ("", 0);
        // The second and third peer have no comments.
        for line in text.lines().take_while(|line| *line != "id = 2") {
            let is_setting = !line.starts_with('#') && !line.is_empty();
            assert!(!is_setting || above.starts_with("# ") || line == "[[peers]]", "{line}");
            commented += usize::from(is_setting && above.starts_with("# "));
            above = line;
        }
        assert_eq!(commented, COMMENTS.len(), "no comment is left over");
    }
}
