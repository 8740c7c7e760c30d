//! Decides whether a request may reach its handler, and records the result. The transports call it and translate to HTTP or
//! gRPC.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use keyrack_inventory::{Verdict, Who};
use keyrack_texts::Detail;
use tokio::time::Instant;

use super::caller::{Caller, SignInBy};
use super::gate::{Gate, PresentedCredentials};
use super::networks::actor;
use super::operations::{Needs, Operation, Recorded};
use super::quotas::Quotas;
use super::trail::{Trail, TrailEntry};
use crate::convert::{Problem, QuotaLeft};

/// How long a request waits until this node knows that the caller's rights are fresh.
const RIGHTS_WAIT: Duration = Duration::from_secs(2);

/// One node's guard.
pub struct Guard {
    gate: Gate,
    quotas: Arc<Quotas>,
    trail: Arc<Trail>,
    is_development: bool,
}

/// The guard's decision on one request.
pub struct Decision {
    /// Whether the request may reach its handler.
    pub outcome: Result<(), Problem>,
    /// The caller, if known. Also set if the request is refused.
    pub caller: Option<Caller>,
    /// The rest of the caller's quota, if it has one.
    pub quota: Option<QuotaLeft>,
    from: IpAddr,
}

impl Guard {
    /// A guard that signs callers in with `gate`. In development some operations need no right.
    pub fn new(gate: Gate, quotas: Quotas, is_development: bool) -> Guard {
        Guard { gate, quotas: Arc::new(quotas), trail: Arc::default(), is_development }
    }

    /// The ways to sign in.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The quotas.
    pub fn quotas(&self) -> &Arc<Quotas> {
        &self.quotas
    }

    /// The audit trail of requests that are not commands.
    pub fn trail(&self) -> &Arc<Trail> {
        &self.trail
    }

    /// Decides whether a request for `operation` may reach its handler.
    pub async fn decide(&self, operation: Operation, presented: PresentedCredentials<'_>) -> Decision {
        let mut decision = Decision { outcome: Ok(()), caller: None, quota: None, from: presented.from };
        match self.check(operation, presented, &mut decision.caller).await {
            Ok(quota) => decision.quota = quota,
            Err(problem) => decision.outcome = Err(problem),
        }
        decision
    }

    async fn check(
        &self,
        operation: Operation,
        presented: PresentedCredentials<'_>,
        caller: &mut Option<Caller>,
    ) -> Result<Option<QuotaLeft>, Problem> {
        self.quotas.take_address(presented.from)?;
        match operation.entry().needs {
            Needs::Right(_) => {}
            Needs::RightOutsideDevelopment(_) if !self.is_development => {}
            Needs::Nothing | Needs::RightOutsideDevelopment(_) => return Ok(None),
        }
        let known = match self.gate.caller(presented).await {
            Ok(known) => caller.insert(known),
            Err(problem) => return Err(self.quotas.take_failure(presented.from).err().unwrap_or(problem)),
        };
        known.check(operation, None)?;
        let left = self.quotas.take(known)?;
        // A shard knows only which booking is the guest's, not whether it has another guest since the sign-in.
        if let SignInBy::GuestSession(session) = &known.sign_in().by
            && self.gate.booking_of(session, Instant::now() + RIGHTS_WAIT).await?.is_none()
        {
            return Err(Problem::new(Detail::GuestSessionEnded));
        }
        // The shard checks the rights of a command. A read may see no shard, or one that is behind.
        if known.principal().is_some() && operation.entry().recorded != Recorded::ByCommand {
            self.gate.knows_revocations(Instant::now() + RIGHTS_WAIT).await?;
            // The sign-in was checked before that.
            if !self.gate.holds(known) {
                return Err(Problem::new(Detail::CredentialsRefused));
            }
        }
        Ok(left)
    }

    /// Checks a caller again, for the next part of an answer that lasts.
    ///
    /// # Errors
    /// Its sign-in does not hold any more, or this node cannot tell because it is cut off.
    pub async fn check_again(&self, caller: &Caller) -> Result<(), Problem> {
        if caller.principal().is_some() {
            self.gate.knows_revocations(Instant::now() + RIGHTS_WAIT).await?;
        }
        self.check_sign_in(caller)
    }

    /// The same, as far as this node knows. This is enough for a command, whose rights the shard checks.
    ///
    /// # Errors
    /// The caller's sign-in does not hold any more.
    pub fn check_sign_in(&self, caller: &Caller) -> Result<(), Problem> {
        if self.gate.holds(caller) { Ok(()) } else { Err(Problem::new(Detail::CredentialsRefused)) }
    }

    /// Records the result of a request, if the audit trail must have it.
    ///
    /// # Errors
    /// The request was allowed and cannot be recorded. Its answer must not be sent.
    pub fn record(&self, operation: Operation, decision: &Decision, verdict: Verdict) -> Result<(), Problem> {
        let entry = operation.entry();
        let caller = decision.caller.as_ref();
        let noted = caller.map(Caller::noted).unwrap_or_default();
        match entry.recorded {
            Recorded::Never => return Ok(()),
            // The command has its own record.
            Recorded::ByCommand if noted.decided => return Ok(()),
            Recorded::ByCommand | Recorded::Always => {}
        }
        let nobody = || actor(Who::Unauthenticated, decision.from);
        let actor = caller.map_or_else(nobody, Caller::actor);
        let must_keep = verdict == Verdict::ALLOWED;
        let entry = TrailEntry { actor, action: entry.action, property: noted.property, record: noted.record, verdict };
        self.trail.add(entry, must_keep)
    }
}
