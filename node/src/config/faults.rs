//! The faults of a configuration, whatever the machine has. All of them are found in one pass.

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::oidc;
use super::settings::{Config, Listen, Witness};
use crate::messages::config::ConfigError;
use crate::outbound::Url;

const HOUR_MS: u64 = 3_600_000;
const YEAR_SECS: u64 = 365 * 24 * 3_600;

impl Config {
    /// All faults. A configuration without faults can be used.
    pub(super) fn faults(&self) -> Vec<anyhow::Error> {
        let mut faults: Vec<anyhow::Error> = Vec::new();
        let mut refuse = |wrong: bool, fault: ConfigError| {
            if wrong {
                faults.push(fault.into());
            }
        };
        refuse(!is_cluster_name(&self.cluster), ConfigError::ClusterName(self.cluster.clone()));
        refuse(self.data.as_os_str().is_empty(), ConfigError::EmptyPath { name: "data", what: "folder" });
        refuse(self.guests.keyring.as_os_str().is_empty(), ConfigError::EmptyPath { name: "guests.keyring", what: "file" });
        refuse(!(1..=64).contains(&self.data_shards), ConfigError::DataShards(self.data_shards));
        let (heartbeat_ms, election_timeout_ms) = (self.raft.heartbeat_ms, self.raft.election_timeout_ms);
        let is_slow = heartbeat_ms == 0 || heartbeat_ms.saturating_mul(3) > election_timeout_ms;
        refuse(is_slow, ConfigError::Heartbeat { heartbeat_ms, election_timeout_ms });
        let min_version = &self.tls.min_version;
        refuse(!matches!(min_version.as_str(), "1.3" | "1.2"), ConfigError::MinVersion(min_version.clone()));
        let format = &self.log.format;
        refuse(!matches!(format.as_str(), "json" | "text"), ConfigError::LogFormat(format.clone()));
        let level = &self.log.level;
        refuse(!is_log_filter(level), ConfigError::LogLevel(level.clone()));
        for Range { name, value, least, most } in self.ranges() {
            refuse(!(least..=most).contains(&value), ConfigError::OutOfRange { name, value, least, most });
        }
        self.address_faults(&mut refuse);
        self.peer_faults(&mut refuse);
        faults.extend(self.receipts.witnesses.iter().filter_map(|witness| witness.check().err()));
        faults.extend(oidc::faults(&self.oidc));
        faults
    }

    /// The settings that have a smallest and a largest useful value. With a value outside them a node would refuse every
    /// request, count past the end of its clock, or have a queue without a bound.
    fn ranges(&self) -> Vec<Range> {
        let mut ranges = Vec::new();
        let mut range = |name, value, least, most| ranges.push(Range { name, value, least, most });
        let limits = &self.limits;
        range("limits.queue_commands", limits.queue_commands, 1, 1_000_000);
        range("limits.batch_commands", limits.batch_commands, 1, 100_000);
        range("limits.batches_in_flight", limits.batches_in_flight, 1, 1_000);
        range("limits.body_bytes", limits.body_bytes, 1 << 10, 64 << 20);
        range("limits.header_bytes", limits.header_bytes, 1 << 10, 1 << 20);
        range("limits.connections", limits.connections, 1, 1_000_000);
        range("limits.request_timeout_ms", limits.request_timeout_ms, 1, HOUR_MS);
        range("limits.read_timeout_ms", limits.read_timeout_ms, 1, HOUR_MS);
        range("limits.write_timeout_ms", limits.write_timeout_ms, 1, HOUR_MS);
        range("limits.idle_timeout_ms", limits.idle_timeout_ms, 1, HOUR_MS);
        range("limits.connection_age_ms", limits.connection_age_ms, 1_000, 365 * 24 * HOUR_MS);
        range("limits.waiting_bytes", limits.waiting_bytes, 16 << 20, 1 << 40);
        range("limits.waiting_bytes_per_connection", limits.waiting_bytes_per_connection, 4 << 20, 1 << 40);
        range("receipts.wait_ms", self.receipts.wait_ms, 0, HOUR_MS);
        range("receipts.witness_interval_ms", self.receipts.witness_interval_ms, 10, 24 * HOUR_MS);
        range("audit.seal_after_secs", self.audit.seal_after_secs, 0, YEAR_SECS);
        range("guests.scrub_after_secs", self.guests.scrub_after_secs, 0, YEAR_SECS);
        range("raft.election_timeout_ms", self.raft.election_timeout_ms, 1, HOUR_MS);
        range("raft.snapshot_log_entries", self.raft.snapshot_log_entries, 1, u64::MAX);
        range("raft.snapshot_log_bytes", self.raft.snapshot_log_bytes, 1, u64::MAX);
        range("raft.snapshot_interval_secs", self.raft.snapshot_interval_secs, 1, YEAR_SECS);
        ranges
    }

    fn address_faults(&self, refuse: &mut impl FnMut(bool, ConfigError)) {
        let Listen { http, grpc, peer, operator } = &self.listen;
        let listeners = [("http", http), ("grpc", grpc), ("peer", peer), ("operator", operator)];
        for (place, (name, address)) in listeners.iter().enumerate() {
            refuse(!is_address(address), ConfigError::Listen { name, address: (*address).clone() });
            if let Some((other, _)) = listeners[..place].iter().find(|(_, other)| other == address && !address.ends_with(":0")) {
                refuse(true, ConfigError::SameListen { one: other, other: name, address: (*address).clone() });
            }
        }
    }

    fn peer_faults(&self, refuse: &mut impl FnMut(bool, ConfigError)) {
        refuse(self.own_peer().is_none(), ConfigError::NotAPeer(self.node));
        for id in self.admit_fenced.iter().filter(|id| !self.peers.iter().any(|peer| peer.id == **id)) {
            refuse(true, ConfigError::AdmitsStranger(*id));
        }
        for (place, peer) in self.peers.iter().enumerate() {
            refuse(!is_address(&peer.peer), ConfigError::PeerAddress { node: peer.id, address: peer.peer.clone() });
            let earlier = &self.peers[..place];
            // Each id is reported once, however many entries have it.
            refuse(earlier.iter().filter(|other| other.id == peer.id).count() == 1, ConfigError::SameId(peer.id));
            if let Some(other) = earlier.iter().find(|other| other.id != peer.id && other.peer == peer.peer) {
                let (one, other, address) = (other.id, peer.id, peer.peer.clone());
                refuse(true, ConfigError::SamePeer { one, other, address });
            }
        }
    }
}

/// The smallest and the largest value of a setting.
struct Range {
    name: &'static str,
    value: u64,
    least: u64,
    most: u64,
}

impl Witness {
    fn check(&self) -> anyhow::Result<()> {
        let key = keyrack_merkle::VerifierKey::parse(&self.key).with_context(|| ConfigError::WitnessKey(self.key.clone()))?;
        if key.kind() != keyrack_merkle::KeyKind::Cosigner {
            return Err(ConfigError::WitnessKeyKind(self.key.clone()).into());
        }
        let url = Url::parse(&self.url).context(ConfigError::WitnessUrl)?;
        if url.has_query() {
            return Err(ConfigError::WitnessQuery(self.url.clone()).into());
        }
        Ok(())
    }
}

fn is_cluster_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

/// Whether a text is `HOST:PORT`.
fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok())
}

/// Whether a text is a filter of the log. A single word must be a level: the filter would read another word as a target, with
/// all its events.
fn is_log_filter(text: &str) -> bool {
    let is_level = |word: &str| word.parse::<LevelFilter>().is_ok();
    let is_known = |part: &str| part.contains(['=', '[']) || is_level(part);
    text.split(',').all(is_known) && EnvFilter::try_new(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "[[peers]]\nid = 1\npeer = \"a:1\"\nhttp = \"http://a:2\"\ngrpc = \"http://a:3\"\nregion = \"eu\"\n";

    fn refused(text: &str) -> String {
        Config::parse(text, |_| None).expect_err(text).to_string()
    }

    #[test]
    fn a_log_level_is_a_level_or_a_list_of_filters() {
        for valid in ["info", "WARN", "off", "trace", "", "info,openraft=off", "keyrack_cluster=debug,info", "a::b=trace"] {
            assert!(is_log_filter(valid), "{valid}");
        }
        for bad in ["loud", "a=b=c", "info,loud", "keyrack_cluster=loud", "info debug"] {
            assert!(!is_log_filter(bad), "{bad}");
            let said = refused(&format!("[log]\nlevel = \"{bad}\"\n{PEER}"));
            assert!(said.contains(&format!("log.level = \"{bad}\"")), "{said}");
        }
    }

    #[test]
    fn a_witness_may_have_an_https_or_an_http_url() {
        let key = "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
        let parse = |url: &str| Config::parse(&format!("[[receipts.witnesses]]\nurl = {url:?}\nkey = {key:?}\n{PEER}"), |_| None);
        for valid in ["https://w.example/prefix", "http://w.example", "https://10.0.0.1:8443/"] {
            assert!(parse(valid).is_ok(), "{valid}");
        }
        for bad in ["ftp://w.example", "w.example", "https://w.example?a=b", "https://anna:secret@w.example", ""] {
            let error = format!("{:#}", parse(bad).expect_err("refused"));
            assert!(error.contains("receipts.witnesses"), "{bad}: {error}");
        }
    }

    #[test]
    fn addresses_have_a_host_and_a_possible_port_and_differ() {
        let parse = |listen: &str, peer: &str| {
            let peers = PEER.replace("a:1", peer);
            Config::parse(&format!("[listen]\n{listen}\n{peers}"), |_| None).map_err(|cause| cause.to_string())
        };
        assert!(parse("http = \"[::1]:7110\"\ngrpc = \"localhost:7111\"", "10.0.0.1:65535").is_ok());
        for bad in ["127.0.0.1:99999", "127.0.0.1", ":7110", "http://127.0.0.1:7110", "127.0.0.1:http", ""] {
            let said = parse(&format!("http = {bad:?}"), "a:1").expect_err(bad);
            assert!(said.contains("listen.http"), "{said}");
            let said = parse("", bad).expect_err(bad);
            assert!(said.contains("node 1"), "{said}");
        }
        let said = parse("http = \"127.0.0.1:7000\"\noperator = \"127.0.0.1:7000\"", "a:1").expect_err("equal");
        assert!(said.contains("listen.http and listen.operator"), "{said}");
    }

    #[test]
    fn peers_have_their_own_ids_and_addresses() {
        let peer = |id: u64, address: &str| PEER.replace("id = 1", &format!("id = {id}")).replace("a:1", address);
        let said = refused(&[peer(1, "a:1"), peer(2, "b:1"), peer(3, "a:1")].concat());
        assert!(said.contains("nodes 1 and 3") && said.contains("\"a:1\"") && !said.contains("\n  -"), "{said}");
        let all = [peer(1, "a:1"), peer(2, "b:1"), peer(2, "c:1"), peer(2, "d:1"), peer(3, "e:1"), peer(3, "f:1")].concat();
        let said = refused(&all);
        for (id, times) in [(1, 0), (2, 1), (3, 1)] {
            assert_eq!(said.matches(&format!("have the id {id}.")).count(), times, "{said}");
        }
    }

    #[test]
    fn only_nodes_of_the_cluster_are_admitted_despite_a_fence() {
        Config::parse(&format!("admit_fenced = [1]\n{PEER}"), |_| None).expect("a peer");
        let said = Config::parse(&format!("admit_fenced = [1, 4]\n{PEER}"), |_| None).expect_err("no peer").to_string();
        assert!(said.contains("admit_fenced: no [[peers]] entry has the id 4"), "{said}");
    }

    #[test]
    fn a_number_outside_its_range_is_refused_by_name() {
        for Range { name, least, most, .. } in Config::default().ranges() {
            let (table, setting) = name.split_once('.').expect("a table");
            let parse = |value: u64| Config::parse(&format!("[{table}]\n{setting} = {value}\n{PEER}"), |_| None);
            // TOML has no larger number.
            let largest = u64::try_from(i64::MAX).expect("positive");
            let outside = [least.checked_sub(1), most.checked_add(1).filter(|value| *value <= largest)];
            for value in outside.into_iter().flatten() {
                let said = parse(value).expect_err(name).to_string();
                assert!(said.contains(&format!("{name} = {value}")), "{said}");
            }
            // The heartbeat bounds the election timeout too.
            if name != "raft.election_timeout_ms" {
                parse(least).unwrap_or_else(|cause| panic!("{name} = {least}: {cause:#}"));
            }
            parse(most.min(largest)).unwrap_or_else(|cause| panic!("{name} = {most}: {cause:#}"));
        }
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let issuers =
            "[[oidc]]\nissuer = \"http://id.example\"\naudience = \"a\"\n[[oidc]]\nissuer = \"https://b\"\naudience = \"\"\n";
        let text = format!("node = 2\ndata = \"\"\ndata_shards = 0\n[guests]\nkeyring = \"\"\n{PEER}{issuers}");
        let said = refused(&text);
        let wanted =
            ["this is node 2", "data = \"\"", "data_shards = 0", "guests.keyring = \"\"", "http://id.example", "oidc.audience"];
        for wanted in wanted {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
    }
}
