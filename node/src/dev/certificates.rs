//! The development cluster's own certificate authority and its certificates.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use keyrack_pki::{Authority, Identity};

use crate::messages::dev::DevError;

/// How long a certificate is valid, in days. Each start makes new ones.
const DAYS: u32 = 90;
/// The operator's name in `operator-dev.pem`.
const OPERATOR: &str = "dev";

/// A folder with an authority and the certificates of all nodes and of one operator.
pub struct Certificates {
    authority: Authority,
}

impl Certificates {
    /// Makes the authority if there is none, and new certificates for nodes 1 to `nodes` and for the operator.
    pub fn prepare(folder: &Path, cluster: &str, nodes: u64) -> anyhow::Result<Certificates> {
        let exists = folder.join("ca.pem").exists();
        let authority = if exists { Authority::open(folder) } else { Authority::init(folder, cluster) };
        let authority = authority.with_context(|| DevError::Authority(folder.into()))?;
        let certificates = Certificates { authority };
        for identity in (1..=nodes).map(Identity::Node).chain([operator()]) {
            certificates.renew(&identity).with_context(|| DevError::Certificate(folder.into()))?;
        }
        Ok(certificates)
    }

    /// The file with the trusted authorities.
    pub fn trust(&self) -> PathBuf {
        self.authority.trust()
    }

    /// A node's certificate and key.
    pub fn of_node(&self, id: u64) -> (PathBuf, PathBuf) {
        self.of(&Identity::Node(id))
    }

    /// The operator's certificate and key.
    pub fn of_operator(&self) -> (PathBuf, PathBuf) {
        self.of(&operator())
    }

    fn of(&self, identity: &Identity) -> (PathBuf, PathBuf) {
        (self.authority.certificate(identity), self.authority.key(identity))
    }

    fn renew(&self, identity: &Identity) -> anyhow::Result<()> {
        let (certificate, key) = self.of(identity);
        if certificate.exists() {
            return Ok(self.authority.rotate(identity, DAYS)?);
        }
        // A crash can leave a key without its certificate. Such a key is not used.
        if key.exists() {
            fs::remove_file(&key)?;
        }
        // Without hosts a node's certificate is valid for this machine.
        Ok(self.authority.issue(identity, &[], DAYS)?)
    }
}

fn operator() -> Identity {
    Identity::Operator(OPERATOR.to_owned())
}
