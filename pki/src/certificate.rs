//! Builds the certificates that the CA signs (RFC 5280).

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType, SerialNumber,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use zeroize::Zeroizing;

use crate::error::PkiError;
use crate::identity::Identity;
use crate::validity::{self, CA_DAYS};

/// The longest common name (RFC 5280, ub-common-name).
const MAX_COMMON_NAME: usize = 64;

/// A private key. Wiped when dropped.
pub(crate) struct Key(Zeroizing<KeyPair>);

impl Key {
    /// Generates a key.
    pub(crate) fn generate() -> Result<Key, PkiError> {
        Ok(Key(Zeroizing::new(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)))
    }

    /// The key of a PKCS#8 structure.
    pub(crate) fn of(der: &PrivatePkcs8KeyDer<'_>) -> Result<Key, PkiError> {
        Ok(Key(Zeroizing::new(KeyPair::try_from(der)?)))
    }

    /// The PKCS#8 structure.
    pub(crate) fn der(&self) -> &[u8] {
        self.0.serialized_der()
    }

    /// The public part, as a certificate's subjectPublicKey has it.
    pub(crate) fn public(&self) -> &[u8] {
        self.0.public_key_raw()
    }
}

/// The self-signed certificate of a new CA.
pub(crate) fn authority(cluster: &str, key: &Key) -> Result<CertificateDer<'static>, PkiError> {
    let (mut params, serial) = blank(validity::ends(CA_DAYS, u64::MAX))?;
    // The number distinguishes the CAs of one cluster by name only.
    let number: String = serial[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    let shown = &cluster[..cluster.len().min(MAX_COMMON_NAME - " Keyrack CA ".len() - number.len())];
    params.distinguished_name = named(format!("{shown} Keyrack CA {number}"));
    // SPIFFE: a CA's URI is only the trust domain.
    params.subject_alt_names = vec![SanType::URI(ia5(format!("spiffe://{cluster}"))?)];
    // It signs members only: no intermediate CA.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(params.self_signed(&*key.0)?.der().clone())
}

/// A member's certificate. It expires no later than its CA (`ca_not_after`, seconds since 1970).
pub(crate) fn member(
    cluster: &str,
    identity: &Identity,
    hosts: &[String],
    days: u32,
    key: &Key,
    ca: (&CertificateDer<'_>, &Key, u64),
) -> Result<CertificateDer<'static>, PkiError> {
    let (ca, ca_key, ca_not_after) = ca;
    let (mut params, _) = blank(validity::ends(days, ca_not_after))?;
    params.distinguished_name = named(identity.file_stem());
    params.subject_alt_names = vec![SanType::URI(ia5(identity.uri(cluster))?)];
    for host in hosts {
        params.subject_alt_names.push(subject_host(host)?);
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = match identity {
        Identity::Node(_) => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        Identity::Operator(_) | Identity::Desk(_) => vec![ExtendedKeyUsagePurpose::ClientAuth],
    };
    let issuer = Issuer::from_ca_cert_der(ca, &*ca_key.0)?;
    Ok(params.signed_by(&*key.0, &issuer)?.der().clone())
}

/// Parameters with a random serial number, valid from now until `ends` (seconds since 1970).
fn blank(ends: u64) -> Result<(CertificateParams, [u8; 16]), PkiError> {
    let mut serial = [0; 16];
    getrandom::fill(&mut serial)?;
    // Positive, and always of the same length.
    serial[0] = serial[0] & 0x7f | 0x40;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    params.not_before = epoch + Duration::from_secs(validity::starts());
    params.not_after = epoch + Duration::from_secs(ends);
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok((params, serial))
}

/// The subject alternative name for a host.
fn subject_host(host: &str) -> Result<SanType, PkiError> {
    let bad = || PkiError::Host(host.to_owned());
    // The same parser that TLS clients use, so a client accepts every name that passes here.
    Ok(match ServerName::try_from(host).map_err(|_| bad())? {
        ServerName::IpAddress(ip) => SanType::IpAddress(std::net::IpAddr::from(ip)),
        ServerName::DnsName(name) => SanType::DnsName(ia5(name.as_ref().to_ascii_lowercase())?),
        _ => return Err(bad()),
    })
}

fn named(common_name: String) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn ia5(text: String) -> Result<rcgen::string::Ia5String, PkiError> {
    Ok(text.try_into()?)
}
