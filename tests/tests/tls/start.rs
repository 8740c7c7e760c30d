//! A node with an unsafe configuration does not start, and names all faults at once.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use keyrack_tests::secure::TestAuthority;
use keyrack_tests::{Cluster, run_until_exit};

/// Changes the configuration of node 1, which must then refuse to start. Returns its stderr.
fn refused(cluster: &Cluster, change: impl FnOnce(&mut toml::Table)) -> String {
    let text = std::fs::read_to_string(cluster.config_file(1)).unwrap();
    let mut config: toml::Table = text.parse().unwrap();
    change(&mut config);
    let file = cluster.folder().join("changed.toml");
    std::fs::write(&file, config.to_string()).unwrap();
    let report = run_until_exit("keyrackd", &["run", "--config", file.to_str().unwrap()], Duration::from_secs(60));
    assert_eq!(report.code, Some(1), "{}", report.stderr);
    assert!(!report.stderr.contains("panicked at"), "{}", report.stderr);
    report.stderr
}

fn set(config: &mut toml::Table, section: &str, key: &str, value: &str) {
    config[section].as_table_mut().unwrap().insert(key.into(), value.into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_unsafe_setting_is_named() {
    let mut cluster = Cluster::start();
    cluster.stop();
    let pki = cluster.pki();
    let path = |name: &str| pki.join(name).to_str().unwrap().to_owned();
    let development = |config: &mut toml::Table, on: bool| config.insert("development".into(), on.into());

    // The configuration from `dev`, but not for development: static keys and plain HTTP, both in one answer.
    let said = refused(&cluster, |config| drop(development(config, false)));
    assert!(said.contains("[keys]") && said.contains("is not https://") && said.contains("http://127.0.0.1"), "{said}");
    assert!(!said.contains(cluster.key("operator")), "no key is printed: {said}");

    for (setting, name) in [("certificate", "tls.certificate"), ("key", "tls.key"), ("trust", "tls.trust")] {
        let said = refused(&cluster, |config| set(config, "tls", setting, ""));
        assert!(said.contains(name) && said.contains("keyrack pki init"), "{said}");
    }
    for listener in ["http", "grpc", "peer", "operator"] {
        let said = refused(&cluster, |config| set(config, "listen", listener, "0.0.0.0:0"));
        assert!(said.contains(&format!("listen.{listener}")) && said.contains("development"), "{said}");
    }

    let keyring = cluster.data().join("keyring");
    for (file, in_development) in [(pki.join("node-1.key"), true), (keyring, false)] {
        set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        let said = refused(&cluster, |config| drop(development(config, in_development)));
        assert!(said.contains("chmod 600") && said.contains(file.to_str().unwrap()), "{said}");
        set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    }

    let said = refused(&cluster, |config| set(config, "tls", "certificate", &path("node-2.pem")));
    assert!(said.contains("spiffe://dev/node/2") && said.contains("this is node 1"), "{said}");
    let said = refused(&cluster, |config| set(config, "tls", "key", &path("node-2.key")));
    assert!(said.contains("the key does not match the certificate"), "{said}");
    let said = refused(&cluster, |config| set(config, "tls", "certificate", "/nowhere/node.pem"));
    assert!(said.contains("/nowhere/node.pem"), "{said}");
    let said = refused(&cluster, |config| set(config, "tls", "min_version", "1.1"));
    assert!(said.contains("tls.min_version"), "{said}");

    let forged = |config: &mut toml::Table| {
        set(config, "tls", "certificate", cluster.folder().join("forged.pem").to_str().unwrap());
        set(config, "tls", "key", cluster.folder().join("forged.key").to_str().unwrap());
    };
    TestAuthority::of(&pki).issue_until(&["spiffe://dev/node/1"], 2021).write(cluster.folder());
    let said = refused(&cluster, forged);
    assert!(said.contains("expired at"), "{said}");
    TestAuthority::of(&pki).issue(&["spiffe://prod/node/1"]).write(cluster.folder());
    let said = refused(&cluster, forged);
    assert!(said.contains("spiffe://prod/node/1"), "{said}");
    TestAuthority::stranger().issue(&["spiffe://dev/node/1"]).write(cluster.folder());
    let said = refused(&cluster, forged);
    assert!(said.contains("the trust bundle does not accept the certificate"), "{said}");
    // With the original configuration it starts.
    cluster.start_again();
}
