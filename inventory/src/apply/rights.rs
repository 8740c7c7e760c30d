//! May they? Asked before anything is decided, also before a retry gets its stored answer.

use alloc::sync::Arc;

use super::shard::Shard;
use super::stop::{Decision, Stop};
use crate::access::Asked;
use crate::rows;
use crate::{Command, Fault, Grant, Happened, Key, PropertyNumber, Read, Reject, Reply, Right, Role, Row, Rows, Scope, Who};

/// What of a property somebody may see or change; refused without saying whether there is such a property.
///
/// # Errors
/// A [`Fault`] of the storage.
pub fn permits<R: Read + ?Sized>(rows: &mut R, asked: Asked<'_>) -> Result<Result<Scope, Reject>, Fault> {
    match scope_of(rows, asked) {
        Ok(scope) => Ok(Ok(scope)),
        Err(Stop::Reject(reject)) => Ok(Err(reject)),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

fn scope_of<R: Read + ?Sized>(rows: &mut R, asked: Asked<'_>) -> Decision<Scope> {
    let refused = Err(Reject::Forbidden.into());
    let (number, credential) = match asked.who {
        Who::Nobody => return refused,
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
    // Who sees some properties only does not decide about who sees which.
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
    /// Whether whoever asked may; what the cluster itself proposes is not asked.
    pub(super) fn authorize(&mut self, command: &Command) -> Decision<()> {
        let Some(actor) = &command.by else { return Ok(()) };
        // Nobody may ask for what only the cluster proposes.
        let Some(right) = command.op.kind().right() else { return Err(Reject::Forbidden.into()) };
        // A property that is being onboarded has no row that could be compared: its id and region are in the command.
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
        let asked = Asked { who: &actor.who, right, property: self.property, now_ms: self.meta.last_at_ms };
        self.scope = scope_of(&mut self.rows, asked)?;
        Ok(())
    }

    /// Takes up what the directory decided about a principal.
    pub(super) fn put_grant(&mut self, number: u32, grant: &Grant) -> Decision<(Happened, Reply)> {
        if rows::grant(&mut self.rows, number)?.is_none_or(|known| known.revision < grant.revision) {
            self.rows.put(Key::Grant(number), Row::Grant(Arc::new(grant.clone())));
        }
        Ok((Happened::Nothing, Reply::Done))
    }
}
