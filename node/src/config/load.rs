//! Reads the configuration file, applies the overrides from the environment, and checks the result.

use std::path::Path;

use anyhow::Context;
use keyrack_cluster::PeerConfig;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::settings::{Config, Listen, Tls, Witness};
use super::{comments, oidc, renamed, variables};
use crate::messages::config::{ConfigError, Reasons};
use crate::messages::files::{AccessError, hints};
use crate::outbound::Url;

impl Config {
    /// Reads the file and the environment, and checks the settings.
    pub fn load(path: &Path) -> anyhow::Result<Config> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|cause| AccessError::Read { path: path.into(), cause, hint: hints::CONFIG })?;
        let config = Config::parse(&text, |name| std::env::var(name).ok()).with_context(|| ConfigError::In(path.into()))?;
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        Ok(Config { unknown_variables: variables::unknown(names)?, ..config })
    }

    /// Reads a configuration's text, overridden by `environment`, and checks the settings. The error has all faults that the
    /// check found.
    pub fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<Config> {
        // First without the overrides, so that a mistake in the file is reported with its line.
        let written: Config = toml::from_str(text).map_err(|cause| ConfigError::reader(text, &cause))?;
        let mut table = toml::Table::try_from(&written)?;
        override_from(&mut table, "KEYRACK", &environment)?;
        let file: toml::Table = toml::from_str(text).map_err(|cause| ConfigError::reader(text, &cause))?;
        let mut config: Config = table.try_into().map_err(|cause| ConfigError::reader("", &cause))?;
        config.renamed = renamed::old_names(&file, &environment);
        let faults = config.faults();
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(Reasons(faults.iter().map(|fault| format!("{fault:#}")).collect()).into())
        }
    }

    /// The defaults as a file, with a comment above each setting.
    pub fn print_default() -> anyhow::Result<String> {
        let example = |id: u64| PeerConfig {
            id,
            peer: format!("10.0.{id}.10:7112"),
            http: format!("https://node-{id}.example:7110"),
            grpc: format!("https://node-{id}.example:7111"),
            region: format!("region-{id}"),
        };
        let (certificate, key, trust) = ("pki/node-1.pem".into(), "pki/node-1.key".into(), "pki/ca.pem".into());
        let tls = Tls { certificate, key, trust, ..Tls::default() };
        let config = Config { tls, peers: (1..=3).map(example).collect(), ..Config::default() };
        Ok(comments::commented(&toml::to_string(&config)?))
    }

    /// This node's own entry among the peers. A checked configuration has one.
    pub fn own_peer(&self) -> Option<&PeerConfig> {
        self.peers.iter().find(|peer| peer.id == self.node)
    }

    fn faults(&self) -> Vec<anyhow::Error> {
        let mut faults: Vec<anyhow::Error> = Vec::new();
        let mut refuse = |wrong: bool, fault: ConfigError| {
            if wrong {
                faults.push(fault.into());
            }
        };
        let is_name =
            !self.cluster.is_empty() && self.cluster.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        refuse(!is_name, ConfigError::ClusterName(self.cluster.clone()));
        refuse(self.own_peer().is_none(), ConfigError::NotAPeer(self.node));
        let mut ids: Vec<u64> = self.peers.iter().map(|peer| peer.id).collect();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            refuse(true, ConfigError::SameId(pair[0]));
        }
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
        let Listen { http, grpc, peer, operator } = &self.listen;
        let listeners = [("http", http), ("grpc", grpc), ("peer", peer), ("operator", operator)];
        for (place, (name, address)) in listeners.iter().enumerate() {
            refuse(!is_address(address), ConfigError::Listen { name, address: (*address).clone() });
            if let Some((other, _)) = listeners[..place].iter().find(|(_, other)| other == address && !address.ends_with(":0")) {
                refuse(true, ConfigError::SameListen { one: other, other: name, address: (*address).clone() });
            }
        }
        for peer in self.peers.iter().filter(|one| !is_address(&one.peer)) {
            refuse(true, ConfigError::PeerAddress { node: peer.id, address: peer.peer.clone() });
        }
        faults.extend(self.receipts.witnesses.iter().filter_map(|witness| witness.check().err()));
        faults.extend(oidc::check(&self.oidc).err());
        faults
    }
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

/// Replaces every setting `a.b` by `KEYRACK_A_B` if that variable is set. Lists of tables are not replaced.
fn override_from(
    table: &mut toml::Table,
    prefix: &str,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    for (key, value) in table.iter_mut() {
        let name = format!("{prefix}_{}", key.to_ascii_uppercase());
        if let toml::Value::Table(inner) = value {
            override_from(inner, &name, environment)?;
            continue;
        }
        let Some(text) = renamed::variable(&name, environment) else { continue };
        let wrong = |wanted| ConfigError::Environment { name: name.clone(), text: text.clone(), wanted };
        *value = match value {
            toml::Value::Integer(_) => {
                let number = text.parse().ok().filter(|number: &i64| *number >= 0);
                toml::Value::Integer(number.ok_or_else(|| wrong("a whole number of 0 or more"))?)
            }
            toml::Value::Boolean(_) => toml::Value::Boolean(text.parse().map_err(|_| wrong("true or false"))?),
            toml::Value::String(_) => toml::Value::String(text),
            _ => return Err(ConfigError::EnvironmentList { name }),
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;

    #[test]
    fn a_log_level_is_a_level_or_a_list_of_filters() {
        for valid in ["info", "WARN", "off", "trace", "", "info,openraft=off", "keyrack_cluster=debug,info", "a::b=trace"] {
            assert!(is_log_filter(valid), "{valid}");
        }
        for bad in ["loud", "a=b=c", "info,loud", "keyrack_cluster=loud", "info debug"] {
            assert!(!is_log_filter(bad), "{bad}");
            let text = format!("[log]\nlevel = \"{bad}\"\n{PEER}");
            let said = Config::parse(&text, |_| None).expect_err(bad).to_string();
            assert!(said.contains(&format!("log.level = \"{bad}\"")), "{said}");
        }
    }

    const PEER: &str = "[[peers]]\nid = 1\npeer = \"a:1\"\nhttp = \"http://a:2\"\ngrpc = \"http://a:3\"\nregion = \"eu\"\n";

    #[test]
    fn old_names_of_settings_still_work_and_are_reported() {
        let file = format!("[audit]\nseal_secs = 7\n{PEER}");
        let old = |name: &str| (name == "KEYRACK_LIMITS_FAILED_SIGN_INS_PER_MINUTE").then(|| "9".to_owned());
        let config = Config::parse(&file, old).expect("accepted");
        assert_eq!((config.audit.seal_after_secs, config.limits.failed_sign_ins_per_minute_per_address), (7, 9));
        let renamed: Vec<&str> = config.renamed.iter().map(|renamed| renamed.new).collect();
        assert_eq!(renamed, ["audit.seal_after_secs", "limits.failed_sign_ins_per_minute_per_address"]);
        assert!(Config::parse(PEER, |_| None).expect("accepted").renamed.is_empty());
    }

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
    fn the_printed_default_is_a_configuration() {
        let text = Config::print_default().expect("printed");
        let config = Config::parse(&text, |_| None).expect("accepted");
        assert_eq!(config.limits.queue_commands, Limits::default().queue_commands);
        let more = format!("{text}\n[[oidc]]\nissuer = \"https://id.example\"\naudience = \"keyrack\"\n");
        assert_eq!(Config::parse(&more, |_| None).expect("accepted").oidc[0].clock_skew_secs, 60);
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
    fn all_faults_are_reported_at_once() {
        let error = Config::parse(&format!("node = 2\ndata_shards = 0\n{PEER}"), |_| None).expect_err("refused").to_string();
        assert!(error.contains("this is node 2") && error.contains("data_shards = 0"), "{error}");
    }
}
