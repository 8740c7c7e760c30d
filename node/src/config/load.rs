//! Reads the configuration file, applies the overrides from the environment, and checks the result.

use std::path::Path;

use anyhow::Context;
use keyrack_cluster::PeerConfig;

use super::settings::{Config, Tls};
use super::{comments, renamed, variables};
use crate::messages::config::{ConfigError, Reasons};
use crate::messages::files::{AccessError, hints};

impl Config {
    /// Reads the file and the environment, and checks the settings. The error has all faults that the check found.
    pub fn load(path: &Path) -> anyhow::Result<Config> {
        let (config, faults) = Config::examine(path)?;
        if faults.is_empty() { Ok(config) } else { Err(Reasons(faults)).with_context(|| ConfigError::In(path.into())) }
    }

    /// Reads the file and the environment. Returns the settings and all their faults.
    ///
    /// # Errors
    /// The file cannot be read, or is no configuration.
    pub fn examine(path: &Path) -> anyhow::Result<(Config, Vec<String>)> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|cause| AccessError::Read { path: path.into(), cause, hint: hints::CONFIG })?;
        let read = Config::read(&text, |name| std::env::var(name).ok());
        let (config, faults) = read.with_context(|| ConfigError::In(path.into()))?;
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        Ok((Config { unknown_variables: variables::unknown(names)?, ..config }, faults))
    }

    /// Reads a configuration's text, overridden by `environment`, and checks the settings.
    #[cfg(test)]
    pub fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<Config> {
        let (config, faults) = Config::read(text, environment)?;
        if faults.is_empty() { Ok(config) } else { Err(Reasons(faults).into()) }
    }

    /// Reads a configuration's text, overridden by `environment`. Returns the settings and all their faults.
    ///
    /// # Errors
    /// The text is no configuration.
    pub fn read(text: &str, environment: impl Fn(&str) -> Option<String>) -> anyhow::Result<(Config, Vec<String>)> {
        // First without the overrides, so that a mistake in the file is reported with its line.
        let written: Config = toml::from_str(text).map_err(|cause| ConfigError::reader(text, &cause))?;
        let mut table = toml::Table::try_from(&written)?;
        let mut mistyped = Vec::new();
        override_from(&mut table, "KEYRACK", &environment, &mut mistyped);
        let file: toml::Table = toml::from_str(text).map_err(|cause| ConfigError::reader(text, &cause))?;
        let mut faults: Vec<String> = mistyped.iter().map(ConfigError::to_string).collect();
        let mut config: Config = match table.try_into() {
            Ok(config) => config,
            Err(cause) => {
                faults.push(ConfigError::reader("", &cause).to_string());
                return Err(Reasons(faults).into());
            }
        };
        config.renamed = renamed::old_names(&file, &environment);
        faults.extend(config.faults().iter().map(|fault| format!("{fault:#}")));
        Ok((config, faults))
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
}

/// Replaces every setting `a.b` by `KEYRACK_A_B` if that variable is set. Lists of tables are not replaced. A value that does
/// not parse is added to `mistyped`, and its setting stays.
fn override_from(
    table: &mut toml::Table,
    prefix: &str,
    environment: &impl Fn(&str) -> Option<String>,
    mistyped: &mut Vec<ConfigError>,
) {
    for (key, value) in table.iter_mut() {
        let name = format!("{prefix}_{}", key.to_ascii_uppercase());
        if let toml::Value::Table(inner) = value {
            override_from(inner, &name, environment, mistyped);
            continue;
        }
        let Some(text) = renamed::variable(&name, environment) else { continue };
        match parsed(value, &name, text) {
            Ok(new) => *value = new,
            Err(fault) => mistyped.push(fault),
        }
    }
}

/// The value of a variable, of the same kind as the setting's value now.
fn parsed(now: &toml::Value, name: &str, text: String) -> Result<toml::Value, ConfigError> {
    let name = name.to_owned();
    match now {
        toml::Value::Integer(_) => match text.parse() {
            Ok(number @ 0..=i64::MAX) => Ok(toml::Value::Integer(number)),
            _ => Err(ConfigError::Environment { name, text, wanted: "a whole number of 0 or more" }),
        },
        toml::Value::Boolean(_) => match text.parse() {
            Ok(answer) => Ok(toml::Value::Boolean(answer)),
            Err(_) => Err(ConfigError::Environment { name, text, wanted: "true or false" }),
        },
        toml::Value::String(_) => Ok(toml::Value::String(text)),
        _ => Err(ConfigError::EnvironmentList { name }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;

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
        let none = |name: &str| (name == "KEYRACK_DATA_SHARDS").then(|| "0".to_string());
        assert!(Config::parse(PEER, none).expect_err("refused").to_string().contains("data_shards = 0"));
        let three = |name: &str| (name == "KEYRACK_DATA_SHARDS").then(|| "3".to_string());
        assert_eq!(Config::parse(&format!("data_shards = 0\n{PEER}"), three).expect("corrected").data_shards, 3);
        let wrong = |name: &str| (name == "KEYRACK_NODE").then(|| "one".to_string());
        assert!(Config::parse(PEER, wrong).expect_err("refused").to_string().contains("KEYRACK_NODE"));
        let two = |name: &str| matches!(name, "KEYRACK_NODE" | "KEYRACK_DEVELOPMENT").then(|| "one".to_string());
        let said = Config::parse(&format!("data_shards = 0\n{PEER}"), two).expect_err("refused").to_string();
        let all = ["KEYRACK_NODE", "KEYRACK_DEVELOPMENT", "data_shards = 0"];
        assert!(all.iter().all(|name| said.contains(name)), "{said}");
    }

    #[test]
    fn the_printed_default_is_a_configuration() {
        let text = Config::print_default().expect("printed");
        let config = Config::parse(&text, |_| None).expect("accepted");
        assert_eq!(config.limits.queue_commands, Limits::default().queue_commands);
        let more = format!("{text}\n[[oidc]]\nissuer = \"https://id.example\"\naudience = \"keyrack\"\n");
        assert_eq!(Config::parse(&more, |_| None).expect("accepted").oidc[0].clock_skew_secs, 60);
    }
}
