//! Authorization. It runs before every decision, and also before a retry gets its stored answer.

use alloc::sync::Arc;

use super::shard::Shard;
use super::stop::{Decision, Stop};
use crate::access::RightQuery;
use crate::rows;
use crate::{Command, Fault, Grant, JournalEvent, Key, PropertyNumber, Read, Reject, Reply, Right, Role, Row, Rows, Scope, Who};

/// What a caller may see or change of a property. A refusal does not reveal whether the property exists.
///
/// # Errors
/// A [`Fault`] of the storage.
pub fn permits<R: Read + ?Sized>(rows: &mut R, asked: RightQuery<'_>) -> Result<Result<Scope, Reject>, Fault> {
    match scope_of(rows, asked) {
        Ok(scope) => Ok(Ok(scope)),
        Err(Stop::Reject(reject)) => Ok(Err(reject)),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

fn scope_of<R: Read + ?Sized>(rows: &mut R, asked: RightQuery<'_>) -> Decision<Scope> {
    let refused = Err(Reject::Forbidden.into());
    let (number, credential) = match asked.who {
        Who::Unauthenticated => return refused,
        Who::Trusted(role, _) => return if role.may(asked.right) { Ok(Scope::All) } else { refused },
        Who::Guest(booking) => {
            let there = asked.property == PropertyNumber(0) || asked.property == booking.property();
            return if there && Role::Guest.may(asked.right) { Ok(Scope::Booking(*booking)) } else { refused };
        }
        Who::Principal { number, credential } => (*number, *credential),
    };
    let Some(grant) = rows::grant(rows, number)?.cloned() else { return refused };
    if !grant.accepts(credential, asked.now_ms) || !grant.role.may(asked.right) {
        return refused;
    }
    // A principal that is limited to some properties must not change the scopes of principals.
    if asked.right == Right::ManageCluster && !grant.is_everywhere() {
        return refused;
    }
    if asked.property != PropertyNumber(0) && !covers(rows, &grant, asked.property)? {
        return refused;
    }
    Ok(if grant.own_only { Scope::Own(number) } else { Scope::All })
}

fn covers<R: Read + ?Sized>(rows: &mut R, grant: &Grant, property: PropertyNumber) -> Result<bool, Fault> {
    if grant.properties.is_empty() && grant.regions.is_empty() {
        return Ok(true);
    }
    let row = rows::property(rows, property)?;
    Ok(row.is_some_and(|row| grant.covers(&row.id, &row.details.home_region)))
}

impl<R: Rows + ?Sized> Shard<'_, R> {
    /// Checks the caller's right. The cluster's own commands need no right.
    pub(super) fn authorize(&mut self, command: &Command) -> Decision<()> {
        let Some(actor) = &command.by else { return Ok(()) };
        // No caller may send a command that only the cluster proposes.
        let Some(right) = command.op.kind().right() else { return Err(Reject::Forbidden.into()) };
        // A new property has no row yet. The check uses the id and region in the command.
        if let crate::Op::PutProperty { id, details, .. } = &command.op
            && rows::property(&mut self.rows, self.property)?.is_none()
            && let Who::Principal { number, credential } = actor.who
        {
            let now = self.meta.last_at_ms;
            let fits = |grant: &Arc<Grant>| {
                grant.accepts(credential, now) && grant.role.may(right) && grant.covers(id, &details.home_region)
            };
            return if rows::grant(&mut self.rows, number)?.is_some_and(fits) { Ok(()) } else { Err(Reject::Forbidden.into()) };
        }
        self.role = self.role_of(&actor.who)?;
        let asked = RightQuery { who: &actor.who, right, property: self.property, now_ms: self.meta.last_at_ms };
        self.scope = scope_of(&mut self.rows, asked)?;
        Ok(())
    }

    fn role_of(&mut self, who: &Who) -> Result<Option<Role>, Fault> {
        Ok(match who {
            Who::Unauthenticated => None,
            Who::Trusted(role, _) => Some(*role),
            Who::Guest(_) => Some(Role::Guest),
            Who::Principal { number, .. } => rows::grant(&mut self.rows, *number)?.map(|grant| grant.role),
        })
    }

    /// Stores the directory's newer grant of a principal.
    pub(super) fn put_grant(&mut self, number: u32, grant: &Grant) -> Decision<(JournalEvent, Reply)> {
        if rows::grant(&mut self.rows, number)?.is_none_or(|known| known.revision < grant.revision) {
            self.rows.put(Key::Grant(number), Row::Grant(Arc::new(grant.clone())));
        }
        Ok((JournalEvent::Nothing, Reply::Done))
    }
}
