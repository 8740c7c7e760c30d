//! Reading the configuration file, overriding it from the environment, and checking the result.

use std::path::Path;

use anyhow::{Context, bail};
use keyrack_cluster::PeerConfig;

use super::oidc;
use super::settings::{Config, Tls, Witness};
use crate::outbound::Url;

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
        let example = |id: u64| PeerConfig {
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
    pub fn me(&self) -> Option<&PeerConfig> {
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
