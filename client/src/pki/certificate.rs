//! What is in the certificates that the CA makes (RFC 5280).

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType, SerialNumber,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use zeroize::Zeroizing;

use super::{Identity, PkiError};

/// How many days a certificate may be valid.
pub const DAYS: RangeInclusive<u32> = 1..=3_650;

/// A CA is valid for ten years.
const CA_DAYS: u32 = 3_652;
/// Certificates are valid from a little before they are made, since clocks differ.
const SKEW_SECONDS: u64 = 5 * 60;
/// The last moment that a certificate can name.
const YEAR_9999: u64 = 253_402_300_799;
/// The longest common name that there may be (ub-common-name).
const MAX_COMMON_NAME: usize = 64;

/// A private key. Wiped when dropped.
pub(super) struct Key(Zeroizing<KeyPair>);

impl Key {
    /// A new one.
    pub(super) fn generate() -> Result<Key, PkiError> {
        Ok(Key(Zeroizing::new(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)))
    }

    /// The key of a PKCS#8 structure.
    pub(super) fn of(der: &PrivatePkcs8KeyDer<'_>) -> Result<Key, PkiError> {
        Ok(Key(Zeroizing::new(KeyPair::try_from(der)?)))
    }

    /// The PKCS#8 structure.
    pub(super) fn der(&self) -> &[u8] {
        self.0.serialized_der()
    }

    /// The public part, as a certificate's subjectPublicKey has it.
    pub(super) fn public(&self) -> &[u8] {
        self.0.public_key_raw()
    }
}

/// A new CA's certificate, which it signs itself.
pub(super) fn authority(cluster: &str, key: &Key) -> Result<CertificateDer<'static>, PkiError> {
    let (mut params, serial) = blank(in_days(CA_DAYS))?;
    // The number tells CAs of one cluster apart, also for those who look only at names.
    let number: String = serial[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    let shown = &cluster[..cluster.len().min(MAX_COMMON_NAME - " Keyrack CA ".len() - number.len())];
    params.distinguished_name = named(format!("{shown} Keyrack CA {number}"));
    // The trust domain, as SPIFFE wants it of a CA.
    params.subject_alt_names = vec![SanType::URI(ia5(format!("spiffe://{cluster}"))?)];
    // It signs members; there are no CAs below it.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(params.self_signed(&*key.0)?.der().clone())
}

/// A member's certificate. It ends with its CA at the latest (`ca_not_after`, seconds since 1970).
pub(super) fn member(
    cluster: &str,
    identity: &Identity,
    hosts: &[String],
    days: u32,
    key: &Key,
    ca: (&CertificateDer<'_>, &Key, u64),
) -> Result<CertificateDer<'static>, PkiError> {
    let (ca, ca_key, ca_not_after) = ca;
    let (mut params, _) = blank(in_days(days).min(ca_not_after))?;
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

/// Valid from now on until `ends` (seconds since 1970), with a random serial number.
fn blank(ends: u64) -> Result<(CertificateParams, [u8; 16]), PkiError> {
    let mut serial = [0; 16];
    getrandom::fill(&mut serial)?;
    // Positive, and always of the same length.
    serial[0] = serial[0] & 0x7f | 0x40;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    params.not_before = epoch + Duration::from_secs(now().saturating_sub(SKEW_SECONDS));
    params.not_after = epoch + Duration::from_secs(ends.min(YEAR_9999));
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok((params, serial))
}

/// So many days from now, in seconds since 1970.
fn in_days(days: u32) -> u64 {
    now() + u64::from(days) * 86_400
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A host's entry among the names of a certificate.
fn subject_host(host: &str) -> Result<SanType, PkiError> {
    let bad = || PkiError::Host(host.to_owned());
    // As strict as those who will compare it.
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
