//! Authentication: finds the caller of a request from its credentials.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use keyrack_cluster::{ClusterNode, Consistency, IdentityKind, Placement, Principal};
use keyrack_inventory::{Booking, Key, Read, Right, Role, Row, Who};
use keyrack_texts::Detail;
use tokio::time::Instant;

use super::api_key;
use super::caller::{Caller, SignIn, SignInBy};
use super::guest_links::{GuestLinks, GuestToken, SESSION};
use super::oidc::Oidc;
use crate::clock::now_ms;
use crate::config::Keys;
use crate::convert::Problem;
use crate::guests::Vault;
use crate::tls::ClientCertificate;

/// The credentials of a request.
#[derive(Clone, Copy, Debug)]
pub struct PresentedCredentials<'r> {
    /// The value of its `Authorization` header.
    pub authorization: Option<&'r [u8]>,
    /// Its connection's certificate, which is accepted now.
    pub certificate: Option<&'r ClientCertificate>,
    /// The caller's address.
    pub from: IpAddr,
}

/// The maximum age of what a node knows of a principal's rights when it lets the principal read.
pub const RIGHTS_AGE: Duration = Duration::from_secs(5);

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
        let token = presented.authorization.and_then(bearer);
        // A session that never was gets the same words.
        if let Some(session) = token.filter(|token| token.starts_with(SESSION)) {
            return self.by_token(session, presented.from).await.ok_or_else(|| Problem::new(Detail::GuestSessionEnded));
        }
        let caller = match (presented.authorization, presented.certificate) {
            // The header has precedence: behind a proxy the connection's certificate may be the proxy's.
            (Some(_), _) => self.by_token(token.ok_or_else(refused)?, presented.from).await,
            (None, Some(certificate)) => self.by_certificate(certificate, presented.from),
            (None, None) => None,
        };
        caller.ok_or_else(refused)
    }

    /// Whether a caller's sign-in still holds, as far as this node knows.
    pub fn holds(&self, caller: &Caller) -> bool {
        let SignIn { until_ms, by, certificate } = caller.sign_in();
        if *until_ms <= now_ms() || certificate.as_ref().is_some_and(|certificate| !certificate.is_accepted()) {
            return false;
        }
        let Some(signed_in) = caller.principal() else { return true };
        let principals = self.cluster.principals();
        let present = match by {
            SignInBy::Nothing | SignInBy::GuestSession(_) => return true,
            SignInBy::Key(prefix) => {
                principals.find_prefix(prefix).filter(|(_, key)| key.revoked_at_ms == 0).map(|(principal, _)| principal)
            }
            SignInBy::Subject(issuer, subject) => principals.find_subject(issuer, subject),
            SignInBy::Certificate => principals.find(&signed_in.id).filter(|principal| principal.certificate),
        };
        present.is_some_and(|present| present.number == signed_in.number && !present.revoked)
    }

    /// Whether the caller that made a guest's link may still make links, as far as this node knows.
    fn issuer_holds(&self, token: &GuestToken) -> bool {
        let (number, credential) = token.issuer;
        if number == 0 {
            return true;
        }
        let principals = self.cluster.principals();
        let Some(issuer) = principals.find_number(number) else { return false };
        // Credential 0 is a certificate or a staff token.
        let can_sign_in = credential != 0 || issuer.certificate || !issuer.subjects.is_empty();
        can_sign_in && issuer.role.may(Right::LinkGuests) && issuer.grant().accepts(credential, now_ms())
    }

    /// Whether the grant of a link's issuer still covers the hotel.
    fn issuer_covers(&self, token: &GuestToken, place: &Placement) -> bool {
        let principals = self.cluster.principals();
        principals.find_number(token.issuer.0).is_none_or(|issuer| issuer.grant().covers(&place.id, &place.home_region))
    }

    /// The booking of a guest's link or session. `None` if the link does not hold any more: its issuer may not make links for this
    /// hotel, or the booking has another guest or none.
    ///
    /// # Errors
    /// The node is cut off from the others.
    pub async fn booking_of(&self, token: &GuestToken, deadline: Instant) -> Result<Option<Arc<Booking>>, Problem> {
        self.knows_revocations(deadline).await?;
        if !self.issuer_holds(token) {
            return Ok(None);
        }
        let Some(place) = self.cluster.locate_number(token.booking.property(), deadline).await? else { return Ok(None) };
        if !self.issuer_covers(token, &place) {
            return Ok(None);
        }
        let read = self.cluster.read(place.shard, Consistency::Linearizable, deadline, |view| {
            let Some(Row::Booking(booking)) = view.get(&Key::Booking(token.booking))? else { return Ok(None) };
            let booking = booking.clone();
            let key = match view.get(&Key::Guest(token.booking))? {
                Some(Row::Guest(secrets)) => Some(secrets.wrapped_key.as_slice()),
                _ => None,
            };
            Ok(self.links.is_for(token, &booking, key).then_some(booking))
        });
        Ok(read.await?.0)
    }

    /// Waits until this node's copy of the directory is at most [`RIGHTS_AGE`] old, so that it knows of every revocation before that.
    ///
    /// # Errors
    /// The node is cut off from the others.
    pub async fn knows_revocations(&self, deadline: Instant) -> Result<(), Problem> {
        Ok(self.cluster.refresh_directory(RIGHTS_AGE, deadline).await?)
    }

    async fn by_token(&self, token: &str, from: IpAddr) -> Option<Caller> {
        if let Some(prefix) = api_key::prefix_of(token) {
            return self.by_key(token, prefix, from);
        }
        if token.starts_with(SESSION) {
            let session = self.links.read_session(token, now_ms())?;
            if !self.issuer_holds(&session) {
                return None;
            }
            let (who, until_ms) = (Who::Guest(session.booking), session.expires_at_ms);
            return Some(Caller::new(
                who,
                Role::Guest,
                None,
                from,
                SignIn { until_ms, by: SignInBy::GuestSession(session), certificate: None },
            ));
        }
        if !self.development.is_empty() {
            let digest = api_key::digest(token.as_bytes());
            // All keys are compared, also after a match, so that the time reveals nothing.
            let found =
                self.development.iter().filter(|(known, _)| api_key::same(known, &digest)).fold(None, |_, one| Some(one.1));
            if let Some(role) = found {
                let sign_in = SignIn { until_ms: u64::MAX, by: SignInBy::Nothing, certificate: None };
                return Some(Caller::new(Who::Trusted(role, role.name().into()), role, None, from, sign_in));
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
                let until_ms = self.oidc.valid_until_ms(&subject);
                let sign_in = SignIn { until_ms, by: SignInBy::Subject(subject.issuer, subject.subject), certificate: None };
                as_principal(principal, 0, from, sign_in)
            }
            Err(refused) => {
                tracing::debug!(%refused, "a staff token was refused");
                None
            }
        }
    }

    fn by_key(&self, key: &str, prefix: &str, from: IpAddr) -> Option<Caller> {
        let digest = api_key::digest(key.as_bytes());
        let (principal, credential, until_ms) = {
            let principals = self.cluster.principals();
            let (principal, known) = principals.find_prefix(prefix)?;
            let expired = known.expires_at_ms != 0 && known.expires_at_ms <= now_ms();
            if !api_key::same(&known.hash, &digest) || known.revoked_at_ms != 0 || expired {
                return None;
            }
            let until_ms = if known.expires_at_ms == 0 { u64::MAX } else { known.expires_at_ms };
            (principal.clone(), known.credential, until_ms)
        };
        as_principal(principal, credential, from, SignIn { until_ms, by: SignInBy::Key(prefix.to_owned()), certificate: None })
    }

    fn by_certificate(&self, certificate: &ClientCertificate, from: IpAddr) -> Option<Caller> {
        let (identity, until_ms) = (&certificate.identity, certificate.not_after_ms);
        if identity.cluster != self.cluster.name() {
            return None;
        }
        match identity.kind {
            IdentityKind::Operator => {
                let name = format!("operator/{}", identity.name);
                let sign_in = SignIn { until_ms, by: SignInBy::Nothing, certificate: Some(certificate.clone()) };
                Some(Caller::new(Who::Trusted(Role::Operator, name), Role::Operator, None, from, sign_in))
            }
            IdentityKind::Desk => {
                let principal = self.cluster.principals().find(&identity.name).cloned()?;
                let sign_in = SignIn { until_ms, by: SignInBy::Certificate, certificate: Some(certificate.clone()) };
                if principal.certificate { as_principal(principal, 0, from, sign_in) } else { None }
            }
            IdentityKind::Node => None,
        }
    }
}

fn as_principal(principal: Arc<Principal>, credential: u32, from: IpAddr, sign_in: SignIn) -> Option<Caller> {
    if principal.revoked {
        return None;
    }
    let who = Who::Principal { number: principal.number, credential };
    Some(Caller::new(who, principal.role, Some(principal), from, sign_in))
}

/// The token of `Authorization: Bearer`.
fn bearer(value: &[u8]) -> Option<&str> {
    let (scheme, token) = value.split_at_checked(7)?;
    let token = std::str::from_utf8(token).ok()?;
    let good = scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    good.then_some(token)
}
