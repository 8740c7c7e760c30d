//! Refuses configurations that would not be safe, with all reasons at once.

use std::net::SocketAddr;
use std::path::Path;

use keyrack_cluster::PeerConfig;

use crate::config::{Config, Keys};
use crate::messages::config::{Reasons, unsafe_settings};
use crate::messages::failure;
use crate::messages::start::RunError;
use crate::tls::check_private;

/// Refuses an unsafe configuration. Checks the modes of secret files too. The error has all reasons.
pub fn check(config: &Config) -> anyhow::Result<()> {
    let reasons = reasons(config);
    if reasons.is_empty() { Ok(()) } else { Err(RunError::Unsafe(Reasons(reasons)).into()) }
}

/// Why a node must not run with this configuration. Empty if it may.
pub fn reasons(config: &Config) -> Vec<String> {
    let mut reasons = without_certificate(config);
    if config.development {
        reasons.extend(reachable(config));
    } else {
        reasons.extend(development_only_settings(config));
    }
    reasons
}

fn without_certificate(config: &Config) -> Vec<String> {
    let Config { cluster, node, tls, .. } = config;
    let settings = [("tls.certificate", &tls.certificate), ("tls.key", &tls.key), ("tls.trust", &tls.trust)];
    let missing: Vec<&str> = settings.iter().filter(|(_, path)| path.as_os_str().is_empty()).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return readable_by_others(&tls.key).into_iter().collect();
    }
    vec![unsafe_settings::no_certificate(&missing.join(", "), cluster, *node)]
}

/// A development node must not be reachable from other machines.
fn reachable(config: &Config) -> Vec<String> {
    let listen = &config.listen;
    let listeners = [("http", &listen.http), ("grpc", &listen.grpc), ("peer", &listen.peer), ("operator", &listen.operator)];
    let is_local = |address: &str| match address.parse::<SocketAddr>() {
        Ok(address) => address.ip().is_loopback(),
        Err(_) => address.rsplit_once(':').is_some_and(|(host, _)| host == "localhost"),
    };
    let reachable = listeners.into_iter().filter(|(_, address)| !is_local(address));
    reachable.map(|(name, address)| unsafe_settings::reachable(name, address)).collect()
}

fn development_only_settings(config: &Config) -> Vec<String> {
    let mut reasons = Vec::new();
    let Keys { operator, manager, channel, desk, auditor } = &config.keys;
    if [operator, manager, channel, desk, auditor].iter().any(|key| !key.is_empty()) {
        reasons.push(unsafe_settings::STATIC_KEYS.to_owned());
    }
    reasons.extend(readable_by_others(&config.guests.keyring));
    let plain = |peer: &PeerConfig| {
        let urls = [("http", &peer.http), ("grpc", &peer.grpc)];
        let plain = urls.into_iter().filter(|(_, url)| !url.starts_with("https://"));
        plain.map(|(name, url)| unsafe_settings::plain(peer.id, name, url)).collect::<Vec<_>>()
    };
    reasons.extend(config.peers.iter().flat_map(plain));
    reasons
}

/// A secret file that other users may read. A missing file and a folder are reported where they are read.
fn readable_by_others(path: &Path) -> Option<String> {
    if path.exists() && !path.is_dir() { check_private(path).err().map(|cause| failure::text(&cause)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        let peer = "\n[[peers]]\nid = 1\npeer = \"a:1\"\nhttp = \"https://a:2\"\ngrpc = \"https://a:3\"\nregion = \"eu\"\n";
        Config::parse(&format!("{text}{peer}"), |_| None).expect("a configuration")
    }

    const TLS: &str = "[tls]\ncertificate = \"c\"\nkey = \"k\"\ntrust = \"t\"\n";

    #[test]
    fn all_reasons_are_reported_at_once() {
        let mut insecure = config("[keys]\noperator = \"kr_operator_1\"\n");
        insecure.peers[0].grpc = "http://a:3".into();
        let said = check(&insecure).expect_err("refused").to_string();
        for reason in ["tls.certificate, tls.key, tls.trust", "keyrack pki init", "[keys]", "http://a:3"] {
            assert!(said.contains(reason), "{reason}: {said}");
        }
        assert!(!said.contains("kr_operator_1"), "a key is not printed: {said}");
        assert!(!said.contains("https://a:2"), "{said}");
        check(&config(TLS)).expect("a safe configuration");
    }

    #[test]
    fn a_development_node_listens_on_loopback_only_and_needs_certificates() {
        let development = |listen: &str| config(&format!("development = true\n[listen]\n{listen}\n{TLS}"));
        check(&development("")).expect("the defaults are loopback");
        check(&development("http = \"localhost:1\"\ngrpc = \"[::1]:2\"")).expect("these are loopback too");
        for listen in ["http = \"0.0.0.0:1\"", "grpc = \"[::]:1\"", "peer = \"10.0.0.1:1\"", "operator = \"node-1:1\""] {
            let said = check(&development(listen)).expect_err(listen).to_string();
            assert!(said.contains(listen), "{listen}: {said}");
        }
        let mut keyed = development("");
        keyed.keys.desk = "d".into();
        keyed.peers[0].http = "http://a:2".into();
        check(&keyed).expect("development allows static keys and plain HTTP");
        assert!(check(&config("development = true\n")).is_err());
    }
}
