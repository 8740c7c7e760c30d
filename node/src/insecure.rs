//! Configurations that a node refuses to start with; all reasons are given at once.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::ensure;
use keyrack_cluster::PeerConfig;

use crate::config::{Config, Keys};
use crate::tls::check_private;

/// Whether a node may run like this; looks at the modes of the files too. The error is all reasons.
pub fn check(config: &Config) -> anyhow::Result<()> {
    let mut reasons = without_certificate(config);
    if config.development {
        reasons.extend(reachable(config));
    } else {
        reasons.extend(made_for_development(config));
    }
    ensure!(reasons.is_empty(), "this would not be safe:\n  - {}", reasons.join("\n  - "));
    Ok(())
}

fn without_certificate(config: &Config) -> Vec<String> {
    let Config { cluster, node, tls, .. } = config;
    let settings = [("tls.certificate", &tls.certificate), ("tls.key", &tls.key), ("tls.trust", &tls.trust)];
    let missing: Vec<&str> = settings.iter().filter(|(_, path)| path.as_os_str().is_empty()).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return exposed(&tls.key).into_iter().collect();
    }
    vec![format!(
        "{} not set: nodes talk to each other by TLS only. Without an authority of your own: `keyrack pki init --dir pki \
         --cluster {cluster}`, then `keyrack pki issue --dir pki node {node} --host NAME`, and set tls.certificate = \
         \"pki/node-{node}.pem\", tls.key = \"pki/node-{node}.key\", tls.trust = \"pki/ca.pem\"",
        missing.join(", ")
    )]
}

/// Development is for this machine only: its listeners must not be reachable from elsewhere.
fn reachable(config: &Config) -> Vec<String> {
    let listen = &config.listen;
    let listeners = [("http", &listen.http), ("grpc", &listen.grpc), ("peer", &listen.peer), ("operator", &listen.operator)];
    let is_local = |address: &str| match address.parse::<SocketAddr>() {
        Ok(address) => address.ip().is_loopback(),
        Err(_) => address.rsplit_once(':').is_some_and(|(host, _)| host == "localhost"),
    };
    let reason = |(name, address): (&str, &String)| {
        format!(
            "listen.{name} = {address:?} with development = true: others could reach it. Use 127.0.0.1, or set development = false"
        )
    };
    listeners.into_iter().filter(|(_, address)| !is_local(address)).map(reason).collect()
}

fn made_for_development(config: &Config) -> Vec<String> {
    let mut reasons = Vec::new();
    let Keys { operator, manager, channel, desk, auditor } = &config.keys;
    if [operator, manager, channel, desk, auditor].iter().any(|key| !key.is_empty()) {
        reasons.push(
            "[keys] (or KEYRACK_KEYS_... in the environment): static API keys are for development = true only; remove them"
                .to_owned(),
        );
    }
    reasons.extend(exposed(&config.guests.keyring));
    let plain = |peer: &PeerConfig| {
        let urls = [("http", &peer.http), ("grpc", &peer.grpc)];
        let plain = urls.into_iter().filter(|(_, url)| !url.starts_with("https://"));
        plain.map(|(name, url)| format!("peers, node {}: {name} = {url:?} is not https://", peer.id)).collect::<Vec<_>>()
    };
    reasons.extend(config.peers.iter().flat_map(plain));
    reasons
}

/// A secret file that others may read. A file that is missing is reported where it is read.
fn exposed(path: &Path) -> Option<String> {
    if path.exists() { check_private(path).err().map(|cause| format!("{cause:#}")) } else { None }
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
    fn all_reasons_are_told_at_once() {
        let mut insecure = config("[keys]\noperator = \"kr_operator_1\"\n");
        insecure.peers[0].grpc = "http://a:3".into();
        let said = check(&insecure).expect_err("refused").to_string();
        for reason in ["tls.certificate, tls.key, tls.trust", "keyrack pki init", "[keys]", "http://a:3"] {
            assert!(said.contains(reason), "{reason}: {said}");
        }
        assert!(!said.contains("kr_operator_1"), "a key is not printed: {said}");
        assert!(!said.contains("https://a:2"), "{said}");
        check(&config(TLS)).expect("nothing against this one");
    }

    #[test]
    fn development_is_for_loopback_only_and_needs_certificates_too() {
        let development = |listen: &str| config(&format!("development = true\n[listen]\n{listen}\n{TLS}"));
        check(&development("")).expect("the defaults are loopback");
        check(&development("http = \"localhost:1\"\ngrpc = \"[::1]:2\"")).expect("so are these");
        for listen in ["http = \"0.0.0.0:1\"", "grpc = \"[::]:1\"", "peer = \"10.0.0.1:1\"", "operator = \"node-1:1\""] {
            let said = check(&development(listen)).expect_err(listen).to_string();
            assert!(said.contains(listen), "{listen}: {said}");
        }
        let mut keyed = development("");
        keyed.keys.desk = "d".into();
        keyed.peers[0].http = "http://a:2".into();
        check(&keyed).expect("keys and plain HTTP are for development");
        assert!(check(&config("development = true\n")).is_err());
    }
}
