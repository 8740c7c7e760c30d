//! Authentication: finds the caller of a request from its credentials.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use keyrack_cluster::{ClusterNode, IdentityKind, Principal};
use keyrack_inventory::{Role, Who};
use keyrack_texts::Detail;

use super::api_key;
use super::caller::Caller;
use super::guest_links::{GuestLinks, SESSION};
use super::oidc::Oidc;
use crate::clock::now_ms;
use crate::config::Keys;
use crate::convert::Problem;
use crate::guests::Vault;
use crate::tls::ClientIdentity;

/// The credentials of a request.
#[derive(Clone, Copy, Debug)]
pub struct PresentedCredentials<'r> {
    /// The value of its `Authorization` header.
    pub authorization: Option<&'r [u8]>,
    /// The identity in its connection's certificate.
    pub certificate: Option<&'r ClientIdentity>,
    /// The caller's address.
    pub from: IpAddr,
}

/// All ways to sign in.
pub struct Gate {
    cluster: ClusterNode,
    /// Digests of the development keys.
    development: Vec<([u8; 32], Role)>,
    links: GuestLinks,
    oidc: Oidc,
}

impl Gate {
    /// Signs in the directory's principals, guests, and the holders of the configured development keys. An empty key is no
    /// key.
    pub fn new(keys: &Keys, cluster: ClusterNode, vault: Arc<Vault>, oidc: Oidc) -> Gate {
        let all = [
            (&keys.operator, Role::Operator),
            (&keys.manager, Role::Manager),
            (&keys.channel, Role::Channel),
            (&keys.desk, Role::Desk),
            (&keys.auditor, Role::Auditor),
        ];
        let set = all.iter().filter(|(key, _)| !key.is_empty());
        let development = set.map(|(key, role)| (api_key::digest(key.as_bytes()), *role)).collect();
        Gate { cluster, development, links: GuestLinks::new(vault), oidc }
    }

    /// Guests' links.
    pub fn links(&self) -> &GuestLinks {
        &self.links
    }

    /// The caller. The refusal does not depend on what is wrong with the credentials.
    pub async fn caller(&self, presented: PresentedCredentials<'_>) -> Result<Caller, Problem> {
        let refused = || Problem::new(Detail::CredentialsRefused);
        let caller = match (presented.authorization, presented.certificate) {
            // The header has precedence: behind a proxy the connection's certificate may be the proxy's.
            (Some(value), _) => self.by_token(bearer(value).ok_or_else(refused)?, presented.from).await,
            (None, Some(certificate)) => self.by_certificate(certificate, presented.from),
            (None, None) => None,
        };
        caller.ok_or_else(refused)
    }

    async fn by_token(&self, token: &str, from: IpAddr) -> Option<Caller> {
        if let Some(prefix) = api_key::prefix_of(token) {
            return self.by_key(token, prefix, from);
        }
        if token.starts_with(SESSION) {
            let booking = self.links.session(token, now_ms())?;
            return Some(Caller::new(Who::Guest(booking), Role::Guest, None, from));
        }
        if !self.development.is_empty() {
            let digest = api_key::digest(token.as_bytes());
            // All keys are compared, also after a match, so that the time reveals nothing.
            let found =
                self.development.iter().filter(|(known, _)| api_key::same(known, &digest)).fold(None, |_, one| Some(one.1));
            if let Some(role) = found {
                return Some(Caller::new(Who::Trusted(role, role.name().into()), role, None, from));
            }
        }
        if !Oidc::is_token(token) {
            return None;
        }
        match self.oidc.verify(token, SystemTime::now()).await {
            Ok(subject) => {
                let principals = self.cluster.principals();
                let principal = principals.find_subject(&subject.issuer, &subject.subject)?.clone();
                drop(principals);
                as_principal(principal, 0, from)
            }
            Err(refused) => {
                tracing::debug!(%refused, "a staff token was refused");
                None
            }
        }
    }

    fn by_key(&self, key: &str, prefix: &str, from: IpAddr) -> Option<Caller> {
        let digest = api_key::digest(key.as_bytes());
        let (principal, credential) = {
            let principals = self.cluster.principals();
            let (principal, known) = principals.find_prefix(prefix)?;
            let expired = known.expires_at_ms != 0 && known.expires_at_ms <= now_ms();
            if !api_key::same(&known.hash, &digest) || known.revoked_at_ms != 0 || expired {
                return None;
            }
            (principal.clone(), known.credential)
        };
        as_principal(principal, credential, from)
    }

    fn by_certificate(&self, certificate: &ClientIdentity, from: IpAddr) -> Option<Caller> {
        if certificate.cluster != self.cluster.name() {
            return None;
        }
        match certificate.kind {
            IdentityKind::Operator => {
                let name = format!("operator/{}", certificate.name);
                Some(Caller::new(Who::Trusted(Role::Operator, name), Role::Operator, None, from))
            }
            IdentityKind::Desk => {
                let principal = self.cluster.principals().find(&certificate.name).cloned()?;
                if principal.certificate { as_principal(principal, 0, from) } else { None }
            }
            IdentityKind::Node => None,
        }
    }
}

fn as_principal(principal: Arc<Principal>, credential: u32, from: IpAddr) -> Option<Caller> {
    if principal.revoked {
        return None;
    }
    let who = Who::Principal { number: principal.number, credential };
    Some(Caller::new(who, principal.role, Some(principal), from))
}

/// The token of `Authorization: Bearer`.
fn bearer(value: &[u8]) -> Option<&str> {
    let (scheme, token) = value.split_at_checked(7)?;
    let token = std::str::from_utf8(token).ok()?;
    let good = scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    good.then_some(token)
}
