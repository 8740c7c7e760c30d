//! The identity in a certificate: one SPIFFE URI in its subject alternative names, see
//! <https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md>.

use std::fmt;

use rustls::pki_types::CertificateDer;

/// An identity: `spiffe://<cluster>/<kind>/<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The cluster it belongs to.
    pub cluster: String,
    /// Its kind.
    pub kind: IdentityKind,
    /// Its name in the cluster; for a node its id in decimal.
    pub name: String,
}

/// The kind of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentityKind {
    /// A node of the cluster.
    Node,
    /// A person or program that runs the cluster.
    Operator,
    /// A front desk.
    Desk,
}

/// Why a certificate has no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// It cannot be read.
    #[error("the certificate cannot be read as X.509")]
    Unreadable,
    /// It does not have exactly one URI. With two, the identity would be ambiguous.
    #[error("the certificate has {0} URIs among its names; it must have exactly one, its identity")]
    NotOne(usize),
    /// The URI is not an identity.
    #[error("the certificate's URI {0:?} is not spiffe://<cluster>/node/<id>, .../operator/<name> or .../desk/<name>")]
    Malformed(String),
}

impl Identity {
    /// The identity in a certificate. This does not check whether the certificate is trusted.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Identity, IdentityError> {
        let parsed = webpki::EndEntityCert::try_from(certificate);
        let parsed = parsed.map_err(|_| IdentityError::Unreadable)?;
        let uris: Vec<&str> = parsed.valid_uri_names().collect();
        let [uri] = uris.as_slice() else { return Err(IdentityError::NotOne(uris.len())) };
        Identity::parse(uri).ok_or_else(|| IdentityError::Malformed((*uri).to_owned()))
    }

    /// Reads a URI; `None` if it is not exactly as [`Identity`] writes it.
    pub fn parse(uri: &str) -> Option<Identity> {
        let mut parts = uri.strip_prefix("spiffe://")?.split('/');
        let (cluster, kind, name, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
        let kind = [IdentityKind::Node, IdentityKind::Operator, IdentityKind::Desk].into_iter().find(|k| k.as_str() == kind)?;
        let plain = |text: &str, also: &[u8]| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || also.contains(&byte))
        };
        let identity = Identity { cluster: cluster.into(), kind, name: name.into() };
        let named = match kind {
            IdentityKind::Node => identity.node().is_some(),
            IdentityKind::Operator | IdentityKind::Desk => name.len() <= 64 && plain(name, b"-"),
        };
        (plain(cluster, b".-") && named).then_some(identity)
    }

    /// A node's id; `None` for other kinds, and for an id in another notation such as `01`.
    pub fn node(&self) -> Option<u64> {
        let id: u64 = self.name.parse().ok()?;
        (self.kind == IdentityKind::Node && id.to_string() == self.name).then_some(id)
    }
}

impl IdentityKind {
    /// The kind as the URI writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            IdentityKind::Node => "node",
            IdentityKind::Operator => "operator",
            IdentityKind::Desk => "desk",
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}/{}/{}", self.cluster, self.kind.as_str(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_written_form_of_an_identity_is_read() {
        for uri in ["spiffe://hotels.eu/node/17", "spiffe://dev/operator/anna", "spiffe://A-b/desk/lisbon-2"] {
            assert_eq!(Identity::parse(uri).expect("an identity").to_string(), uri);
        }
        let wrong = [
            "https://dev/node/1",
            "spiffe://dev/node/01",
            "spiffe://dev/node/+1",
            "spiffe://dev/node/-1",
            "spiffe://dev/node/one",
            "spiffe://dev/node/18446744073709551616",
            "spiffe://dev/node/1/",
            "spiffe://dev/node/1/2",
            "spiffe://dev//node/1",
            "spiffe:///node/1",
            "spiffe://dev/node/",
            "spiffe://dev/Node/1",
            "spiffe://dev/guest/ada",
            "spiffe://dev/desk/a b",
            "spiffe://dev@evil/desk/a",
            "spiffe://dev:1/desk/a",
            "spiffe://dev/desk/a?b",
            "spiffe://dev/desk/%61",
        ];
        for uri in wrong {
            assert_eq!(Identity::parse(uri), None, "{uri}");
        }
        assert_eq!(Identity::parse(&format!("spiffe://dev/desk/{}", "a".repeat(65))), None);
    }
}
