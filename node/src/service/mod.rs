//! What the edge does, once, for HTTP and gRPC alike: check, draw ids, seal, propose, answer.

mod audit;
mod bookings;
mod cursor;
mod erase;
mod events;
mod guest_access;
mod holds;
mod inventory;
mod principals;
mod reads;
mod receipts;
mod requests_in_flight;

pub use audit::{AuditPage, audit_cursor};
pub use bookings::Step;
pub use events::{EventPage, EventQuery};
pub use guest_access::{GuestLink, GuestSession, LinkWish, SignIn};
pub use principals::{KeyWish, NewKeyAnswer, PrincipalAnswer, PrincipalList, PrincipalWish};
pub use reads::ReadOptions;
pub use receipts::receipt_text;

use std::sync::Arc;
use std::time::Duration;

use keyrack_cluster::{AsOf, Cluster, Consistency, Placement, View};
use keyrack_inventory::{Action, Asked, Command, Fault, Op, Outcome, Reply, RequestKey, Right, Scope, Verdict, permits};
use prost::Message;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use self::requests_in_flight::RequestsInFlight;
use crate::access::{Caller, Gate, forbidden};
use crate::config::Config;
use crate::guests::Vault;
use crate::metrics::Metrics;
use crate::oidc::Oidc;
use crate::problem::{Code, Problem};
use crate::rates::Rates;
use crate::rewrap::Progress;
use crate::trail::{Seen, Trail};

/// The edge of one node. Cheap to clone.
#[derive(Clone)]
pub struct Edge {
    inner: Arc<Inner>,
}

struct Inner {
    cluster: Cluster,
    vault: Arc<Vault>,
    gate: Gate,
    rates: Arc<Rates>,
    trail: Arc<Trail>,
    rewrapping: Arc<Progress>,
    development: bool,
    metrics: Metrics,
    in_flight: RequestsInFlight,
    request_timeout: Duration,
    receipt_wait: Duration,
}

/// An answer to a mutation.
#[derive(Clone, Debug)]
pub struct Done<T> {
    /// The thing as it now is.
    pub value: T,
    /// Whether it is new.
    pub created: bool,
    /// Whether this is the stored answer of an earlier request.
    pub replayed: bool,
    /// Where in the log it was decided.
    pub as_of: AsOf,
    /// The wrapped key of the guest in the answer, where the caller did not just send the guest.
    guest_key: Option<Vec<u8>>,
}

/// A mutation's caller, key and deadline.
#[derive(Clone, Debug)]
pub struct Mutation {
    /// Who.
    pub caller: Caller,
    /// The idempotency key; a fresh one is drawn where it may be left out.
    pub key: Option<String>,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// Whether the answer should wait for the receipt.
    pub wants_receipt: bool,
}

impl Edge {
    /// The edge of a node that takes part in `cluster`.
    pub fn new(config: &Config, cluster: Cluster, vault: Arc<Vault>, oidc: Oidc) -> Edge {
        let inner = Inner {
            gate: Gate::new(&config.keys, cluster.clone(), vault.clone(), oidc),
            cluster,
            vault,
            rates: Arc::new(Rates::new(&config.limits)),
            trail: Arc::default(),
            rewrapping: Arc::default(),
            development: config.development,
            metrics: Metrics::default(),
            in_flight: RequestsInFlight::default(),
            request_timeout: Duration::from_millis(config.limits.request_timeout_ms),
            receipt_wait: Duration::from_millis(config.receipts.wait_ms),
        };
        Edge { inner: Arc::new(inner) }
    }

    /// Who may come in.
    pub fn gate(&self) -> &Gate {
        &self.inner.gate
    }

    /// How often.
    pub fn rates(&self) -> &Arc<Rates> {
        &self.inner.rates
    }

    /// What the audit trail has to know.
    pub fn trail(&self) -> &Arc<Trail> {
        &self.inner.trail
    }

    /// How far wrapping guests' keys anew is.
    pub fn rewrapping(&self) -> &Arc<Progress> {
        &self.inner.rewrapping
    }

    /// Whether this is a cluster for trying things out, on loopback.
    pub fn is_development(&self) -> bool {
        self.inner.development
    }

    /// The node's part of the cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.inner.cluster
    }

    /// The node's numbers.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// When a request that names no deadline is given up.
    pub fn default_deadline(&self) -> Instant {
        Instant::now() + self.inner.request_timeout
    }

    /// Remembers a refusal of one of a stream's requests, unless the state machine wrote it down.
    pub fn note_refusal(&self, caller: &Caller, action: Action, problem: &Problem) {
        let noted = caller.noted();
        if !noted.decided {
            let verdict = Verdict(problem.code.status());
            let seen = Seen { actor: caller.actor(), action, property: noted.property, record: noted.record, verdict };
            // A refusal need not be kept when there is no room: it is counted.
            let _ = self.inner.trail.see(seen, false);
        }
    }

    /// The place of a property that must exist.
    async fn place(&self, caller: &Caller, property: &str, deadline: Instant) -> Result<Placement, Problem> {
        let property = crate::requests::property_id(property)?;
        caller.check_property(property)?;
        match self.inner.cluster.locate(property, deadline).await? {
            Some(place) => {
                caller.note(place.number, None);
                self.check_region(caller, &place, deadline).await?;
                Ok(place)
            }
            None if caller.is_limited() => Err(forbidden()),
            None => Err(Problem::new(Code::UnknownProperty, format!("there is no property {property:?}"))),
        }
    }

    /// The place of the property that the id of a booking or hold names; an id of no property names nothing.
    async fn place_of(&self, caller: &Caller, id: [u8; 16], deadline: Instant) -> Result<Placement, Problem> {
        let number = keyrack_inventory::BookingId(id).property();
        match self.inner.cluster.locate_number(number, deadline).await? {
            Some(place) => {
                caller.note(place.number, Some(id));
                caller.check_property(&place.id)?;
                self.check_region(caller, &place, deadline).await?;
                Ok(place)
            }
            None if caller.is_limited() => Err(forbidden()),
            None => Err(Problem::new(Code::NotFound, "there is no such booking or hold")),
        }
    }

    /// Refuses a property outside the caller's regions before anything else is said of the request: else what is said would tell
    /// that there is such a property.
    async fn check_region(&self, caller: &Caller, place: &Placement, deadline: Instant) -> Result<(), Problem> {
        if !caller.is_of_regions() {
            return Ok(());
        }
        let asked = Asked { who: caller.who(), right: Right::ReadInventory, property: place.number, now_ms: now_ms() };
        let read = self.inner.cluster.read(place.shard, Consistency::Local, deadline, |view| permits(view, asked));
        if read.await?.0.is_ok() { Ok(()) } else { Err(forbidden()) }
    }

    /// Calls `read` with a view of the property's shard and with what of it the caller may see, which is asked in that same
    /// view: what was withdrawn before the read began is withdrawn for it.
    async fn view<T>(
        &self,
        (caller, right): (&Caller, Right),
        place: &Placement,
        options: ReadOptions,
        read: impl FnOnce(&mut View<'_>, Scope) -> Result<T, Fault>,
    ) -> Result<(T, AsOf), Problem> {
        let asked = Asked { who: caller.who(), right, property: place.number, now_ms: now_ms() };
        let consistency = options.within_rights(caller, right);
        let permitted = self.inner.cluster.read(place.shard, consistency, options.deadline, |view| {
            permits(view, asked)?.ok().map(|scope| read(view, scope)).transpose()
        });
        let (found, as_of) = permitted.await?;
        found.map(|found| (found, as_of)).ok_or_else(forbidden)
    }

    /// The key of a request as the state machine sees it. Its scope is the caller and the property.
    fn request_key(
        &self,
        mutation: &Mutation,
        place: &Placement,
        action: &str,
        request: &impl Message,
    ) -> Result<RequestKey, Problem> {
        let mut digest = [0; 16];
        match &mutation.key {
            Some(key) => {
                let sum = Sha256::new_with_prefix(mutation.caller.who().to_string())
                    .chain_update([0])
                    .chain_update(place.number.0.to_be_bytes());
                digest.copy_from_slice(&sum.chain_update(key.as_bytes()).finalize()[..16]);
            }
            None => random(&mut digest)?,
        }
        Ok(RequestKey { digest, fingerprint: self.inner.vault.fingerprint(action, &request.encode_to_vec()) })
    }

    /// Proposes one operation and separates refusals from answers. Every problem with a known key carries
    /// the trace id that belongs to the key, so that a replayed refusal is the same byte for byte.
    async fn submit(&self, mutation: &Mutation, place: &Placement, request: RequestKey, op: Op) -> Result<Done<Reply>, Problem> {
        let traced = |problem: Problem| Problem { trace_id: Some(request.digest), ..problem };
        let _guard = self.inner.in_flight.enter(request.digest).map_err(traced)?;
        let caller = &mutation.caller;
        let drawn = matches!(op, Op::Book(_) | Op::PlaceHold { .. } | Op::ConfirmHold { .. });
        let request_record = Action::record(&op).filter(|_| !drawn);
        let command = Command { property: place.number, request: Some(request), by: Some(caller.actor()), op };
        let committed = self.inner.cluster.propose(place.shard, &command, mutation.deadline).await;
        let committed = committed.map_err(|error| traced(error.into()))?;
        caller.note_decided();
        let Outcome { reply, replayed, guest_key } = committed.outcome;
        if replayed {
            // The command's record is the first one's; that its answer was shown again is another.
            let (actor, property) = (caller.actor(), place.number);
            // The id that was drawn for this try is nobody's.
            let record = match &reply {
                Reply::Booking(booking) => Some(booking.id.0),
                Reply::Hold(hold) => Some(hold.id.0),
                _ => request_record,
            };
            let seen = Seen { actor, action: Action::REPLAY, property, record, verdict: Verdict::ALLOWED };
            self.inner.trail.see(seen, true).map_err(traced)?;
        }
        match reply {
            Reply::Rejected(reject) => {
                let problem = traced(reject.into());
                self.inner.metrics.refused(problem.code);
                // Of what a caller may not know about, nothing is told but that.
                let told = !matches!(problem.code, Code::NotFound | Code::Forbidden);
                let as_of = told.then(|| Box::new(committed.as_of));
                Err(Problem { replayed, as_of, ..problem })
            }
            reply => Ok(Done { value: reply, created: false, replayed, as_of: committed.as_of, guest_key }),
        }
    }
}

impl<T> Done<T> {
    fn with<U>(self, created: bool, value: U) -> Done<U> {
        Done { value, created, replayed: self.replayed, as_of: self.as_of, guest_key: None }
    }
}

impl Mutation {
    /// A mutation that must not be made without a key.
    pub fn keyed(caller: Caller, key: &str, deadline: Instant) -> Result<Mutation, Problem> {
        Ok(Mutation { caller, key: Some(check_key(key)?), deadline, wants_receipt: true })
    }
}

/// A key of 1 to 200 visible ASCII characters, quoted or bare.
pub fn check_key(key: &str) -> Result<String, Problem> {
    let bare = key.strip_prefix('"').and_then(|k| k.strip_suffix('"')).unwrap_or(key);
    if key.is_empty() {
        return Err(Problem::new(Code::IdempotencyKeyRequired, "send a fresh Idempotency-Key with every new request"));
    }
    if !(1..=200).contains(&bare.len()) || !bare.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Problem::new(Code::InvalidIdempotencyKey, "1 to 200 visible ASCII characters"));
    }
    Ok(bare.to_owned())
}

/// Fills `bytes` from the operating system.
fn random(bytes: &mut [u8]) -> Result<(), Problem> {
    getrandom::fill(bytes).map_err(|cause| {
        tracing::error!(%cause, "no randomness from the operating system");
        Problem::new(Code::Internal, "this node has no source of randomness")
    })
}

fn now_ms() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// 48 random bits and the time, for a new id.
fn draw() -> Result<(u64, u64), Problem> {
    let mut bytes = [0; 8];
    random(&mut bytes)?;
    Ok((now_ms(), u64::from_be_bytes(bytes)))
}

/// The state machine answered with something that does not belong to the question.
fn strange() -> Problem {
    tracing::error!("a reply of another kind than the command's");
    Problem::new(Code::Internal, "the answer was not understood")
}
