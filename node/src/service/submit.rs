//! Proposes a command with its idempotency key.

use keyrack_cluster::{ClusterError, Committed, Consistency, Placement};
use keyrack_inventory::{Action, Command, Key, Op, Outcome, Read, Reject, Reply, RequestKey, Row, Verdict};
use keyrack_proto::Code;
use keyrack_texts::Detail;
use prost::Message;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::draw;
use super::mutation::{Done, Mutation};
use super::state::Service;
use crate::access::trail::TrailEntry;
use crate::access::{Caller, Operation};
use crate::convert::{Problem, requests};

/// A command that touches more cells counts as several requests in its caller's quota, one for each of these.
const CELLS_OF_A_REQUEST: u64 = 1_000;

/// The idempotency key of a request as the state machine stores it, and the fingerprints that a first request under an older key of
/// the keyring may have.
#[derive(Clone)]
pub(super) struct KeyedRequest {
    pub key: RequestKey,
    older: Vec<[u8; 16]>,
}

impl Service {
    /// The idempotency key of a request. Its scope is the caller and the property.
    pub(super) fn request_key(
        &self,
        mutation: &Mutation,
        place: &Placement,
        action: &str,
        request: &impl Message,
    ) -> Result<KeyedRequest, Problem> {
        let mut digest = [0; 16];
        match &mutation.key {
            Some(key) => {
                let sum = Sha256::new_with_prefix(mutation.caller.who().to_string())
                    .chain_update([0])
                    .chain_update(place.number.0.to_be_bytes());
                digest.copy_from_slice(&sum.chain_update(key.as_bytes()).finalize()[..16]);
            }
            None => draw::fill(&mut digest)?,
        }
        let conditions = mutation.preconditions.raw().map(|raw| [b"\n", raw].concat()).unwrap_or_default();
        let request = [request.encode_to_vec(), conditions].concat();
        let mut fingerprints = self.inner.vault.fingerprints(action, &request).into_iter();
        let fingerprint = fingerprints.next().expect("a keyring has an active key");
        Ok(KeyedRequest { key: RequestKey { digest, fingerprint }, older: fingerprints.collect() })
    }

    /// Proposes one command. A refusal becomes a problem. The trace id of a problem is the digest of its key, so that a replayed
    /// refusal has the same bytes.
    pub(super) async fn submit(
        &self,
        mutation: &Mutation,
        place: &Placement,
        keyed: KeyedRequest,
        op: Op,
    ) -> Result<Done<Reply>, Problem> {
        let request = keyed.key;
        let traced = |problem: Problem| Problem { trace_id: Some(request.digest), ..problem };
        let _guard = self.inner.in_flight.enter(request.digest).map_err(traced)?;
        let caller = &mutation.caller;
        let requests = (op.cells() / CELLS_OF_A_REQUEST) as u32;
        self.guard().quotas().add(caller, requests);
        // The id of a new booking or hold is random, so a retry has another id than the stored answer.
        let is_drawn = matches!(op, Op::Book(_) | Op::PlaceHold { .. } | Op::ConfirmHold { .. });
        let request_record = op.record().filter(|_| !is_drawn);
        let unknown = unknown_record(&op);
        let command = Command { property: place.number, request: Some(request), by: Some(caller.actor()), op };
        let committed = self.propose(command, place, &keyed.older, mutation.deadline).await;
        let committed = committed.map_err(|error| traced(error.into()))?;
        caller.note_decided();
        let Outcome { reply, replayed, guest_key } = committed.outcome;
        // An amendment or a release says only now how much it touched.
        self.guard().quotas().add(caller, ((reply.cells() / CELLS_OF_A_REQUEST) as u32).saturating_sub(requests));
        if replayed {
            // The first request recorded the command. Showing its answer again gets a separate record.
            let record = match &reply {
                Reply::Booking(booking) => Some(booking.id.0),
                Reply::Hold(hold) => Some(hold.id.0),
                _ => request_record,
            };
            let (actor, property) = (caller.actor(), place.number);
            let entry = TrailEntry { actor, action: Action::REPLAY, property, record, verdict: Verdict::ALLOWED };
            self.guard().trail().add(entry, true).map_err(traced)?;
        }
        match reply {
            Reply::Rejected(reject) => {
                let named = unknown.filter(|_| reject == Reject::NotFound).map(Problem::new);
                let problem = traced(named.unwrap_or_else(|| reject.into()));
                self.inner.metrics.refused(problem.code);
                // A position would show that the property exists.
                let shows_position = !matches!(problem.code, Code::NotFound | Code::Forbidden);
                let as_of = shows_position.then(|| Box::new(committed.as_of));
                Err(Problem { replayed, as_of, ..problem })
            }
            reply => Ok(Done { value: reply, created: false, replayed, as_of: committed.as_of, guest_key }),
        }
    }

    /// Proposes a command. If its key was used before, with a fingerprint in `older`, the command gets that fingerprint: it is the same
    /// request, and the keyring has another active key now.
    async fn propose(
        &self,
        mut command: Command,
        place: &Placement,
        older: &[[u8; 16]],
        deadline: Instant,
    ) -> Result<Committed, ClusterError> {
        let cluster = &self.inner.cluster;
        if let Some(stored) = self.stored(&command, place, older, Consistency::Local, deadline).await {
            command.request = Some(stored);
        }
        let committed = cluster.propose(place.shard, &command, deadline).await?;
        if committed.outcome.reply != Reply::Rejected(Reject::KeyReused) {
            return Ok(committed);
        }
        // This node may have been behind when it read.
        match self.stored(&command, place, older, Consistency::Linearizable, deadline).await {
            Some(stored) if command.request != Some(stored) => {
                command.request = Some(stored);
                cluster.propose(place.shard, &command, deadline).await
            }
            _ => Ok(committed),
        }
    }

    /// The command's idempotency key with the fingerprint that is stored for it, if that is in `older`.
    async fn stored(
        &self,
        command: &Command,
        place: &Placement,
        older: &[[u8; 16]],
        consistency: Consistency,
        deadline: Instant,
    ) -> Option<RequestKey> {
        let RequestKey { digest, .. } = command.request.filter(|_| !older.is_empty())?;
        let read = self.inner.cluster.read(place.shard, consistency, deadline, |view| match view.get(&Key::Request(digest))? {
            Some(Row::Request(record)) => Ok(Some(record.fingerprint)),
            _ => Ok(None),
        });
        // Without an answer the state machine decides.
        let fingerprint = read.await.ok()?.0?;
        older.contains(&fingerprint).then_some(RequestKey { digest, fingerprint })
    }

    /// Records the refusal of one request of a stream, unless the state machine has recorded it.
    pub fn record_refusal(&self, caller: &Caller, operation: Operation, problem: &Problem) {
        let noted = caller.noted();
        if !noted.decided {
            let (action, verdict) = (operation.entry().action, Verdict(problem.code.status()));
            let entry = TrailEntry { actor: caller.actor(), action, property: noted.property, record: noted.record, verdict };
            // If the trail is full, a refusal is only counted.
            let _ = self.guard().trail().add(entry, false);
        }
    }
}

/// The detail of a command whose booking or hold does not exist, or that the caller may not see. `None` if the request names
/// none: the id of a new one must not be shown.
fn unknown_record(op: &Op) -> Option<Detail> {
    let record = match op {
        Op::ConfirmHold { hold, .. } | Op::ReleaseHold(hold) => hold.to_string(),
        Op::Amend { booking, .. }
        | Op::Cancel { booking, .. }
        | Op::CheckIn { booking, .. }
        | Op::CheckOut { booking, .. }
        | Op::NoShow { booking, .. }
        | Op::RevertCheckIn { booking, .. }
        | Op::Reinstate { booking, .. }
        | Op::EraseGuest { booking } => booking.to_string(),
        _ => return None,
    };
    Some(Detail::UnknownBookingOrHold { record: requests::quoted(&record) })
}

/// The state machine's reply does not belong to the command: a bug.
pub(super) fn unexpected_reply() -> Problem {
    tracing::warn!(event = "reply_mismatch", "the state machine gave a reply of another kind than the command's");
    Problem::new(Detail::AnswerUnreadable)
}

#[cfg(test)]
mod tests {
    use keyrack_inventory::{HoldId, PropertyNumber};

    use super::*;

    #[test]
    fn only_an_id_of_the_request_is_named() {
        let id = HoldId::new(PropertyNumber(7), 1, 2);
        let named = Detail::UnknownBookingOrHold { record: format!("\"{id}\"") };
        assert_eq!(unknown_record(&Op::ReleaseHold(id)), Some(named));
        let stay = requests::stay("2027-03-01", "2027-03-02").expect("a stay");
        assert_eq!(unknown_record(&Op::PlaceHold { id, stay, rooms: Vec::new(), ttl_ms: 1 }), None, "a new hold's id");
    }
}
