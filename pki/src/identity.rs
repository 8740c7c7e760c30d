//! The identity in a certificate.

use std::fmt;

use crate::error::PkiError;

/// The holder of a certificate, as its SAN names it: `spiffe://<cluster>/node/1`.
///
/// A [SPIFFE-ID](https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md) with the cluster's name as the
/// trust domain. Unlike SPIFFE, a cluster's name may contain capitals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// A node, by its id.
    Node(u64),
    /// A person who runs the cluster. 1 to 64 of a-z, 0-9 and `-`.
    Operator(String),
    /// A front desk. Same rules for its name.
    Desk(String),
}

impl Identity {
    /// `spiffe://<cluster>/node/<id>`, `spiffe://<cluster>/operator/<name>` or `spiffe://<cluster>/desk/<name>`.
    pub fn uri(&self, cluster: &str) -> String {
        format!("spiffe://{cluster}/{self}")
    }

    /// Parses a URI into cluster and identity. Each identity has exactly one spelling.
    ///
    /// # Errors
    /// [`PkiError::Uri`] for every other text.
    pub fn parse(uri: &str) -> Result<(String, Identity), PkiError> {
        let parts = uri.strip_prefix("spiffe://").and_then(|rest| rest.split_once('/'));
        let identity = parts.and_then(|(cluster, path)| {
            let (kind, name) = path.split_once('/')?;
            Some((cluster.to_owned(), Identity::of(kind, name)?)).filter(|_| is_cluster_name(cluster))
        });
        identity.ok_or_else(|| PkiError::Uri(uri.to_owned()))
    }

    /// The file name without extension: `node-1`, `operator-anna`, `desk-lisbon`.
    pub fn file_stem(&self) -> String {
        self.to_string().replacen('/', "-", 1)
    }

    /// The identity of a file stem; `None` for other files.
    pub(crate) fn of_file_stem(stem: &str) -> Option<Identity> {
        let (kind, name) = stem.split_once('-')?;
        Identity::of(kind, name)
    }

    /// Refuses names that [`Identity::parse`] would refuse.
    pub(crate) fn check(&self) -> Result<(), PkiError> {
        match self {
            Identity::Operator(name) | Identity::Desk(name) if !is_name(name) => Err(PkiError::Name(name.clone())),
            _ => Ok(()),
        }
    }

    fn of(kind: &str, name: &str) -> Option<Identity> {
        match kind {
            // The comparison refuses other spellings of the number, such as "+1" and "01".
            "node" => name.parse().ok().filter(|id: &u64| id.to_string() == name).map(Identity::Node),
            "operator" => is_name(name).then(|| Identity::Operator(name.to_owned())),
            "desk" => is_name(name).then(|| Identity::Desk(name.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::Node(id) => write!(f, "node/{id}"),
            Identity::Operator(name) => write!(f, "operator/{name}"),
            Identity::Desk(name) => write!(f, "desk/{name}"),
        }
    }
}

/// Whether this is a valid cluster name: 1 to 255 letters, digits, `-` and `.`.
pub fn is_cluster_name(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_round_trip() {
        for identity in [
            Identity::Node(0),
            Identity::Node(u64::MAX),
            Identity::Operator("anna".into()),
            Identity::Desk("lisbon-alfama-2".into()),
            Identity::Desk("-".into()),
        ] {
            let (cluster, read) = Identity::parse(&identity.uri("Hotels.eu-1")).expect("an identity");
            assert_eq!((cluster.as_str(), &read), ("Hotels.eu-1", &identity));
            assert_eq!(Identity::of_file_stem(&identity.file_stem()).as_ref(), Some(&identity));
        }
        assert_eq!(Identity::Node(7).uri("prod"), "spiffe://prod/node/7");
        assert_eq!(Identity::Operator("anna".into()).file_stem(), "operator-anna");
    }

    #[test]
    fn other_texts_are_not_identities() {
        let long = format!("spiffe://prod/desk/{}", "a".repeat(65));
        for text in [
            "",
            "spiffe://prod",
            "spiffe://prod/",
            "spiffe://prod/node",
            "spiffe://prod/node/",
            "spiffe://prod/node/01",
            "spiffe://prod/node/+1",
            "spiffe://prod/node/-1",
            "spiffe://prod/node/1/",
            "spiffe://prod/node/1?",
            "spiffe://prod/node/1 ",
            "spiffe://prod/node/18446744073709551616",
            "spiffe:///node/1",
            "spiffe://pr od/node/1",
            "spiffe://prod:1/node/1",
            "spiffe://a@prod/node/1",
            "SPIFFE://prod/node/1",
            "https://prod/node/1",
            "spiffe://prod/Node/1",
            "spiffe://prod/guest/ada",
            "spiffe://prod/operator/Anna",
            "spiffe://prod/operator/an%6ea",
            "spiffe://prod/desk/../node/1",
            "spiffe://prod/desk/lisbon/2",
            &long,
        ] {
            assert!(matches!(Identity::parse(text), Err(PkiError::Uri(_))), "{text}");
        }
    }
}
