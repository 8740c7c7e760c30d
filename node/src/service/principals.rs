//! Principals and their API keys: for operators.

use std::sync::Arc;

use keyrack_cluster::{ApiKey, Change, ChangeRefused, Principal};
use keyrack_inventory::PropertyNumber;
use keyrack_texts::Detail;

use super::draw;
use super::mutation::Mutation;
use super::principal_messages::{
    KeyRequest, NewKeyAnswer, PrincipalAnswer, PrincipalList, PrincipalSettings, answer, check_text, key_answer, principal_of,
};
use super::state::Service;
use crate::access::{Caller, NewKey, Operation};
use crate::clock::now_ms;
use crate::convert::{Demand, Problem, requests};

/// The longest time that a replaced key stays valid: a week.
const MAX_OVERLAP_SECONDS: u64 = 7 * 86_400;

impl Service {
    /// A page of principals, by id.
    pub fn principals(&self, caller: &Caller, after: &str, limit: usize) -> Result<PrincipalList, Problem> {
        caller.check(Operation::ListPrincipals, None)?;
        let limit = limit.clamp(1, 500);
        let found = self.cluster().principals().list(after, limit + 1);
        let next_cursor = found.get(limit).and_then(|_| found.get(limit - 1)).map(|last| last.id.clone());
        Ok(PrincipalList { items: found.iter().take(limit).map(|one| answer(one)).collect(), next_cursor })
    }

    /// One principal.
    pub fn principal(&self, caller: &Caller, id: &str) -> Result<PrincipalAnswer, Problem> {
        caller.check(Operation::GetPrincipal, None)?;
        let found = self.cluster().principals().find(id).cloned().ok_or_else(|| unknown(requests::quoted(id)))?;
        caller.note(PropertyNumber(0), Some(record(found.number)));
        Ok(answer(&found))
    }

    /// Creates or changes a principal.
    pub async fn put_principal(
        &self,
        mutation: &Mutation,
        id: &str,
        settings: PrincipalSettings,
    ) -> Result<PrincipalAnswer, Problem> {
        mutation.caller.check(Operation::PutPrincipal, None)?;
        let may_widen = settings.all_properties;
        let principal = principal_of(id, settings)?;
        let known = self.cluster().principals().find(id).map(|known| known.grant().is_everywhere());
        // The last property was removed from its scope. All properties would be more rights, not fewer.
        if principal.grant().is_everywhere() && known == Some(false) && !may_widen {
            return Err(Problem::new(Detail::ScopeWidens));
        }
        let present =
            self.cluster().principals().find(id).map_or(0, |known| u32::try_from(known.revision).unwrap_or(u32::MAX - 1));
        let expected_revision = match mutation.preconditions.demand() {
            Demand::Exactly(revision) => revision,
            Demand::DependsOnPresent => mutation.preconditions.given(present),
        };
        let change = Change::Put { principal, expected_revision: expected_revision.map(u64::from) };
        self.change(mutation, change).await.map(|changed| answer(&changed))
    }

    /// Permanently revokes a principal with all its credentials, on all nodes.
    pub async fn revoke_principal(&self, mutation: &Mutation, id: &str) -> Result<PrincipalAnswer, Problem> {
        mutation.caller.check(Operation::RevokePrincipal, None)?;
        self.change(mutation, Change::Revoke { id: id.to_owned() }).await.map(|changed| answer(&changed))
    }

    /// Creates an API key. Only this answer has its secret.
    pub async fn create_key(&self, mutation: &Mutation, id: &str, request: KeyRequest) -> Result<NewKeyAnswer, Problem> {
        mutation.caller.check(Operation::CreateKey, None)?;
        check_text("label", &request.label)?;
        let seconds = request.expires_in_seconds.unwrap_or(0);
        if request.expires_in_seconds == Some(0) || seconds > 100 * 366 * 86_400 {
            return Err(Problem::new(Detail::KeyLifetime));
        }
        let overlap_seconds = request.overlap_seconds.unwrap_or(86_400);
        if overlap_seconds > MAX_OVERLAP_SECONDS {
            return Err(Problem::new(Detail::KeyOverlap { limit: MAX_OVERLAP_SECONDS }));
        }
        let drawn = NewKey::draw().map_err(draw::no_randomness)?;
        let key = ApiKey {
            credential: 0,
            prefix: drawn.prefix.clone(),
            hash: drawn.hash,
            label: request.label,
            created_at_ms: 0,
            expires_at_ms: if seconds == 0 { 0 } else { now_ms() + seconds * 1_000 },
            revoked_at_ms: 0,
        };
        let replaces = request.replaces.map(|prefix| (prefix, overlap_seconds * 1_000));
        let changed = self.change(mutation, Change::AddKey { principal: id.to_owned(), key, replaces }).await?;
        let known = changed.keys.iter().find(|key| key.prefix == drawn.prefix).map(key_answer);
        let known = known.ok_or_else(|| Problem::new(Detail::KeyNotStored))?;
        Ok(NewKeyAnswer { key: drawn.secret, known })
    }

    /// Revokes one API key on all nodes.
    pub async fn revoke_key(&self, mutation: &Mutation, id: &str, prefix: &str) -> Result<PrincipalAnswer, Problem> {
        mutation.caller.check(Operation::RevokeKey, None)?;
        let change = Change::RevokeKey { principal: id.to_owned(), prefix: prefix.to_owned() };
        self.change(mutation, change).await.map(|changed| answer(&changed))
    }

    async fn change(&self, mutation: &Mutation, change: Change) -> Result<Arc<Principal>, Problem> {
        let named = Named::of(&change);
        let changed = self.cluster().change(change, &mutation.caller.actor(), mutation.deadline).await?;
        let changed = changed.map_err(|why| refused(why, named))?;
        mutation.caller.note(PropertyNumber(0), Some(record(changed.number)));
        Ok(changed)
    }
}

/// A principal's number as a record id of the audit trail.
fn record(number: u32) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

/// The principal and the key's prefix that a change names, quoted for a message.
struct Named {
    principal: String,
    prefix: String,
}

impl Named {
    fn of(change: &Change) -> Named {
        let (principal, prefix) = match change {
            Change::Put { principal, .. } => (principal.id.as_str(), ""),
            Change::Revoke { id } => (id.as_str(), ""),
            Change::AddKey { principal, replaces, .. } => {
                (principal.as_str(), replaces.as_ref().map_or("", |(prefix, _)| prefix.as_str()))
            }
            Change::RevokeKey { principal, prefix } => (principal.as_str(), prefix.as_str()),
        };
        Named { principal: requests::quoted(principal), prefix: requests::quoted_prefix(prefix) }
    }
}

fn unknown(principal: String) -> Problem {
    Problem::new(Detail::UnknownPrincipal { principal })
}

fn refused(refused: ChangeRefused, Named { principal, prefix }: Named) -> Problem {
    match refused {
        ChangeRefused::UnknownPrincipal => unknown(principal),
        ChangeRefused::UnknownKey => Problem::new(Detail::UnknownKey { principal, prefix }),
        ChangeRefused::Revoked => Problem::new(Detail::PrincipalRevoked),
        ChangeRefused::Revision => Problem::new(Detail::PrincipalRevision),
        ChangeRefused::SubjectTaken => Problem::new(Detail::SubjectTaken),
        ChangeRefused::TooManyKeys => Problem::new(Detail::TooManyKeys { limit: 16 }),
        ChangeRefused::TooManyPrincipals => Problem::new(Detail::TooManyPrincipals),
    }
}
