//! Tests of the CA with independent verifiers, with the file system, and after interruptions.

#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure report")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tempfile::TempDir;
use webpki::{EndEntityCert, KeyUsage};

use super::*;

const DAY: u64 = 86_400;

fn temporary() -> (TempDir, Authority) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::init(&folder.path().join("pki"), "prod").unwrap();
    (folder, authority)
}

fn node(id: u64) -> Identity {
    Identity::Node(id)
}

fn anna() -> Identity {
    Identity::Operator("anna".into())
}

fn lisbon() -> Identity {
    Identity::Desk("lisbon".into())
}

fn certificate_of(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).unwrap()
}

/// Verifies a certificate with rustls-webpki, `in_days` days from now. Returns its URIs.
fn verify(file: &Path, trust: &Path, usage: KeyUsage, in_days: u64) -> Result<Vec<String>, webpki::Error> {
    let trusted: Vec<_> = CertificateDer::pem_file_iter(trust).unwrap().map(Result::unwrap).collect();
    let anchors: Vec<_> = trusted.iter().map(|der| webpki::anchor_from_trusted_cert(der).unwrap()).collect();
    let der = certificate_of(file);
    let end = EndEntityCert::try_from(&der)?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() + in_days * DAY));
    end.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &anchors, &[], at, usage, None, None)?;
    Ok(end.valid_uri_names().map(str::to_owned).collect())
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

/// The names and contents of all files in a folder.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = files.map(|file| (file.display().to_string(), fs::read(&file).unwrap())).collect();
    all.sort();
    all
}

#[test]
fn certificates_verify_against_their_ca_and_no_other() {
    let (_folder, authority) = temporary();
    let (_other_folder, other) = temporary();
    for (identity, uri) in
        [(node(1), "spiffe://prod/node/1"), (anna(), "spiffe://prod/operator/anna"), (lisbon(), "spiffe://prod/desk/lisbon")]
    {
        authority.issue(&identity, &[], 90).unwrap();
        let file = authority.certificate(&identity);
        assert_eq!(verify(&file, &authority.trust(), KeyUsage::client_auth(), 0).unwrap(), [uri]);
        assert_eq!(verify(&file, &other.trust(), KeyUsage::client_auth(), 0), Err(webpki::Error::UnknownIssuer));
        let serves = verify(&file, &authority.trust(), KeyUsage::server_auth(), 0).is_ok();
        assert_eq!(serves, identity == node(1), "only nodes are servers: {identity}");
        assert!(verify(&file, &authority.trust(), KeyUsage::client_auth(), 89).is_ok());
        assert!(verify(&file, &authority.trust(), KeyUsage::client_auth(), 91).is_err(), "it has expired by then");
    }
}

#[test]
fn a_member_certificate_is_not_a_ca() {
    let (_folder, authority) = temporary();
    authority.issue(&node(1), &[], 90).unwrap();
    authority.issue(&lisbon(), &[], 90).unwrap();
    let node_1 = authority.certificate(&node(1));
    assert!(verify(&authority.certificate(&lisbon()), &node_1, KeyUsage::client_auth(), 0).is_err());
    assert!(!read(&node_1).unwrap()[0].is_ca && read(&authority.trust()).unwrap()[0].is_ca);
}

#[test]
fn node_certificates_have_hosts_and_client_certificates_have_none() {
    let (_folder, authority) = temporary();
    let hosts = ["10.0.1.10".to_owned(), "Node-1.example".to_owned(), "2001:db8::1".to_owned()];
    authority.issue(&node(1), &hosts, 90).unwrap();
    authority.issue(&node(2), &[], 90).unwrap();
    let der = certificate_of(&authority.certificate(&node(1)));
    let end = EndEntityCert::try_from(&der).unwrap();
    let is_for = |host: &str| end.verify_is_valid_for_subject_name(&ServerName::try_from(host).unwrap()).is_ok();
    assert!(is_for("10.0.1.10") && is_for("node-1.example") && is_for("2001:db8::1"));
    assert!(!is_for("10.0.1.11") && !is_for("node-2.example") && !is_for("localhost"));
    assert_eq!(read(&authority.certificate(&node(2))).unwrap()[0].hosts, ["localhost", "127.0.0.1", "::1"]);
    assert!(matches!(authority.issue(&lisbon(), &hosts, 90), Err(PkiError::HostsOfClient)));
    for host in ["", "a b", "https://node-1", "node-1:7110", "a..b", "10.0.1.300", "a/b", "ä.example"] {
        assert!(matches!(authority.issue(&node(3), &[host.into()], 90), Err(PkiError::Host(_))), "{host}");
    }
    assert!(!authority.certificate(&node(3)).exists() && !authority.key(&node(3)).exists());
}

#[test]
fn only_its_owner_can_read_a_key() {
    let (_folder, authority) = temporary();
    authority.issue(&lisbon(), &[], 90).unwrap();
    let folder = authority.trust().parent().unwrap().to_owned();
    assert_eq!(mode(&folder), 0o700);
    assert_eq!((mode(&folder.join("ca.key")), mode(&authority.key(&lisbon()))), (0o600, 0o600));
    authority.rotate(&lisbon(), 90).unwrap();
    assert_eq!(mode(&authority.key(&lisbon())), 0o600);
    let names: Vec<_> = contents(&folder).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 4, "nothing temporary is left: {names:?}");

    fs::set_permissions(folder.join("ca.key"), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Authority::open(&folder), Err(PkiError::Exposed(_))));
}

#[test]
fn keys_are_pkcs8_and_match_their_certificates() {
    let (_folder, authority) = temporary();
    authority.issue(&node(1), &[], 90).unwrap();
    let key = PrivateKeyDer::from_pem_file(authority.key(&node(1))).unwrap();
    assert!(matches!(key, PrivateKeyDer::Pkcs8(_)));
    let chain = vec![certificate_of(&authority.certificate(&node(1)))];
    rustls::sign::CertifiedKey::from_der(chain, key, &rustls::crypto::aws_lc_rs::default_provider()).unwrap();
}

#[test]
fn no_file_is_overwritten() {
    let (_folder, authority) = temporary();
    authority.issue(&node(1), &[], 90).unwrap();
    let folder = authority.trust().parent().unwrap().to_owned();
    let before = contents(&folder);
    assert!(matches!(Authority::init(&folder, "other"), Err(PkiError::AuthorityExists(_))));
    assert!(matches!(authority.issue(&node(1), &[], 90), Err(PkiError::CertificateExists(_))));
    assert_eq!(contents(&folder), before);

    fs::remove_file(authority.certificate(&node(1))).unwrap();
    assert!(matches!(authority.issue(&node(1), &[], 90), Err(PkiError::KeyExists(_))));
    assert!(matches!(authority.rotate(&node(1), 90), Err(PkiError::NoCertificate(_))));
    fs::remove_file(authority.trust()).unwrap();
    assert!(matches!(Authority::init(&folder, "prod"), Err(PkiError::KeyExists(_))), "a CA's key is not overwritten");
    assert!(matches!(Authority::open(&folder), Err(PkiError::NoAuthority(_))));
}

#[test]
fn rotation_changes_only_key_serial_and_validity() {
    let (_folder, authority) = temporary();
    let hosts = ["10.0.1.10".to_owned(), "node-1.example".to_owned()];
    authority.issue(&node(1), &hosts, 90).unwrap();
    let (before, key) = (read(&authority.certificate(&node(1))).unwrap(), fs::read(authority.key(&node(1))).unwrap());
    let authority = Authority::open(authority.trust().parent().unwrap()).unwrap();
    assert_eq!(authority.cluster(), "prod");
    authority.rotate(&node(1), 30).unwrap();
    let after = read(&authority.certificate(&node(1))).unwrap();
    assert_eq!((&after[0].identity, &after[0].hosts), (&before[0].identity, &before[0].hosts));
    assert_eq!((&after[0].cluster, after[0].hosts.as_slice()), (&before[0].cluster, hosts.as_slice()));
    assert_ne!(after[0].serial, before[0].serial);
    assert_ne!(fs::read(authority.key(&node(1))).unwrap(), key);
    assert!(verify(&authority.certificate(&node(1)), &authority.trust(), KeyUsage::server_auth(), 29).is_ok());
    assert!(verify(&authority.certificate(&node(1)), &authority.trust(), KeyUsage::server_auth(), 31).is_err());

    fs::copy(authority.certificate(&node(1)), authority.certificate(&node(2))).unwrap();
    assert!(matches!(authority.rotate(&node(2), 90), Err(PkiError::OtherIdentity { .. })));
}

#[test]
fn a_new_ca_overlaps_with_the_old_one() {
    let (folder, mut authority) = temporary();
    authority.issue(&node(1), &[], 90).unwrap();
    authority.issue(&lisbon(), &[], 90).unwrap();
    let old_trust = folder.path().join("old.pem");
    fs::copy(authority.trust(), &old_trust).unwrap();

    authority.rotate_ca().unwrap();
    assert_eq!(read(&authority.trust()).unwrap().len(), 2);
    let node_1 = authority.certificate(&node(1));
    verify(&node_1, &authority.trust(), KeyUsage::server_auth(), 0).expect("the old certificate is still trusted");
    authority.rotate(&node(1), 90).unwrap();
    verify(&node_1, &authority.trust(), KeyUsage::server_auth(), 0).expect("the new certificate is trusted");
    assert!(
        verify(&node_1, &old_trust, KeyUsage::server_auth(), 0).is_err(),
        "the old trusted CAs must not accept the new certificate"
    );

    let refused = authority.drop_old_cas().unwrap_err();
    assert!(matches!(&refused, PkiError::InUse(files) if files.len() == 1 && files[0].ends_with("desk-lisbon.pem")), "{refused}");
    authority.rotate(&lisbon(), 90).unwrap();
    authority.drop_old_cas().unwrap();
    assert_eq!(read(&authority.trust()).unwrap().len(), 1);
    verify(&node_1, &authority.trust(), KeyUsage::server_auth(), 0).expect("the new CA is still trusted");
}

#[test]
fn an_interrupted_change_of_the_ca_leaves_a_working_ca() {
    let (_folder, mut authority) = temporary();
    let folder = authority.trust().parent().unwrap().to_owned();
    let old_key = fs::read(folder.join("ca.key")).unwrap();
    authority.rotate_ca().unwrap();
    // The state after a power failure before the key was replaced.
    fs::write(folder.join("ca.key"), old_key).unwrap();
    let mut authority = Authority::open(&folder).unwrap();
    authority.issue(&node(1), &[], 90).unwrap();
    verify(&authority.certificate(&node(1)), &authority.trust(), KeyUsage::server_auth(), 0).unwrap();
    authority.drop_old_cas().unwrap();
    verify(&authority.certificate(&node(1)), &authority.trust(), KeyUsage::server_auth(), 0).unwrap();

    let (_other_folder, other) = temporary();
    fs::copy(other.trust(), authority.trust()).unwrap();
    assert!(matches!(Authority::open(&folder), Err(PkiError::OtherAuthority(_))));
}

#[test]
fn invalid_names_and_days_create_no_files() {
    let folder = tempfile::tempdir().unwrap();
    for cluster in ["", "a b", "a/b", "ä", "a:1"] {
        let made = Authority::init(&folder.path().join("no"), cluster);
        assert!(matches!(made, Err(PkiError::Cluster(_))), "{cluster}");
    }
    assert!(!folder.path().join("no").exists());
    // The subject shortens a long name. The URI has all of it.
    let long = "a".repeat(255);
    let authority = Authority::init(&folder.path().join("pki"), &long).unwrap();
    assert_eq!(Authority::open(&folder.path().join("pki")).unwrap().cluster(), long);
    for (identity, days) in [
        (Identity::Operator("../../anna".into()), 90),
        (Identity::Desk("Lisbon".into()), 90),
        (Identity::Desk(String::new()), 90),
        (node(1), 0),
        (node(1), 3_651),
    ] {
        assert!(authority.issue(&identity, &[], days).is_err(), "{identity} {days}");
    }
    assert_eq!(contents(&folder.path().join("pki")).len(), 2);
}

#[test]
fn no_certificate_expires_later_than_its_ca() {
    let (_folder, authority) = temporary();
    authority.issue(&node(1), &[], 3_650).unwrap();
    let (own, ca) = (read(&authority.certificate(&node(1))).unwrap(), read(&authority.trust()).unwrap());
    assert!(own[0].not_after <= ca[0].not_after);
}

#[test]
fn openssl_accepts_the_certificates() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("NOT RUN: there is no openssl on this machine");
        return;
    }
    let (_folder, mut authority) = temporary();
    let (_other_folder, other) = temporary();
    authority.issue(&node(1), &[], 90).unwrap();
    authority.rotate_ca().unwrap();
    authority.issue(&anna(), &[], 90).unwrap();
    let agrees = |trust: &Path, purpose: &str, identity: &Identity| {
        let mut openssl = Command::new("openssl");
        openssl.args(["verify", "-x509_strict", "-purpose", purpose, "-CAfile"]).arg(trust);
        let said = openssl.arg(authority.certificate(identity)).output().unwrap();
        eprintln!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        said.status.success()
    };
    assert!(agrees(&authority.trust(), "sslserver", &node(1)) && agrees(&authority.trust(), "sslclient", &node(1)));
    assert!(agrees(&authority.trust(), "sslclient", &anna()) && !agrees(&authority.trust(), "sslserver", &anna()));
    assert!(!agrees(&other.trust(), "sslclient", &anna()));
}
