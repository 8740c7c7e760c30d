//! Checks every call by the contract (`peers/contract.rs`) before a byte of its message is read: who calls, for which node, and how
//! many of its calls are open. Bounds each message, and records every call that an honest node does not make.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::{Code, Status};

use super::caller::{Caller, field, identified};
use super::messages::{Answer, Message};
use crate::node::Node;
use crate::peers::tls::Refusals;
use crate::peers::{Call, Rule, Sender};

/// A service behind the checks. Cheap to clone.
#[derive(Clone)]
pub struct Checked<S> {
    service: S,
    checks: Arc<Checks>,
}

/// The checks of one node.
pub struct Checks {
    node: Arc<Node>,
    /// `keyrack-to` of calls for this incarnation.
    me: String,
    /// The open calls of each node.
    open: Mutex<HashMap<(u64, Call), Arc<Semaphore>>>,
    /// Limits the log lines about refused calls of each node.
    refusals: Mutex<BTreeMap<u64, Refusals>>,
}

/// A call that passed the checks.
struct Admitted {
    caller: u64,
    rule: Rule,
    open: OwnedSemaphorePermit,
}

impl<S> Checked<S> {
    /// Puts `service` behind the checks.
    pub fn new(service: S, checks: Arc<Checks>) -> Checked<S> {
        Checked { service, checks }
    }
}

impl<S> Service<http::Request<Body>> for Checked<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let checks = self.checks.clone();
        // The other clone is not ready yet.
        let next = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, next);
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let Admitted { caller, rule, open } = match checks.admit(&head).await {
                Ok(admitted) => admitted,
                Err(refused) => return Ok(refused.into_http()),
            };
            head.extensions.insert(Caller(caller));
            let body = Body::new(Message::new(body, rule.message_bytes));
            let answer = service.call(http::Request::from_parts(head, body)).await?;
            if let Some(status) = Status::from_header_map(answer.headers()) {
                checks.record(caller, rule.name, &status);
            }
            let ended = move |status: &Status| checks.record(caller, rule.name, status);
            Ok(answer.map(|body| Body::new(Answer::new(body, ended, open))))
        })
    }
}

impl Checks {
    /// The checks of `node`.
    pub fn new(node: Arc<Node>) -> Arc<Checks> {
        let me = format!("{}/{}", node.config.node, node.incarnation);
        Arc::new(Checks { node, me, open: Mutex::default(), refusals: Mutex::default() })
    }

    async fn admit(&self, head: &http::request::Parts) -> Result<Admitted, Status> {
        let identified = identified(&self.node.config.cluster, &head.extensions, &head.headers);
        let caller = identified.inspect_err(|refused| self.record_impersonation(refused))?;
        let Some(call) = Call::of_path(head.uri.path()) else {
            let unknown = Status::unimplemented(format!("there is no call {}", head.uri.path()));
            self.record(caller, "unknown call", &unknown);
            return Err(unknown);
        };
        let rule = call.rule();
        self.may_call(caller, rule, field(&head.headers, "keyrack-to"))
            .inspect_err(|refused| self.record(caller, rule.name, refused))?;
        if rule.for_incarnation {
            self.node.links.note_call_from(caller);
        }
        let places = self.places(caller, call, rule.at_once * self.node.shards.len());
        let open = places.acquire_owned().await.map_err(|_| Status::unavailable("this node stops"))?;
        Ok(Admitted { caller, rule, open })
    }

    /// Checks that the caller may make a call now, and that it is for this incarnation of this node.
    fn may_call(&self, caller: u64, rule: Rule, to: &str) -> Result<(), Status> {
        let admission = &self.node.admission;
        let is_admitted = match rule.sender {
            Sender::Member => admission.admits(caller),
            Sender::FirstMember => admission.may_return(caller),
        };
        if !is_admitted {
            let cause = format!("node {caller} is fenced, or it is no member now: it may be rejoining");
            return Err(Status::permission_denied(cause));
        }
        if rule.for_incarnation && to != self.me {
            return Err(Status::permission_denied(
                "this call is for another node, or for this node before it got a new data folder",
            ));
        }
        Ok(())
    }

    /// The places for open calls of one node. Only members and first members get here, so they are few.
    fn places(&self, caller: u64, call: Call, most: usize) -> Arc<Semaphore> {
        self.open.lock().entry((caller, call)).or_insert_with(|| Arc::new(Semaphore::new(most))).clone()
    }

    /// Records a call in another node's name, or for another cluster.
    fn record_impersonation(&self, refused: &Status) {
        self.node.peer_refusals.fetch_add(1, Ordering::Relaxed);
        let cause = refused.message();
        if self.is_new(0, cause) {
            tracing::warn!(
                event = "peer_impersonates",
                cause,
                "a node sent a call in the name of another node or to another cluster"
            );
        }
    }

    /// Whether this line about a node was not logged in the last ten minutes. Each node has its own lines; 0 is for calls in a wrong name.
    fn is_new(&self, caller: u64, line: &str) -> bool {
        self.refusals.lock().entry(caller).or_default().is_new(line)
    }

    /// Records a refused call. A call that an honest node never makes is counted too.
    fn record(&self, caller: u64, call: &str, status: &Status) {
        let refused = match status.code() {
            Code::InvalidArgument | Code::OutOfRange | Code::Internal | Code::Unimplemented => Refused::Dishonest,
            // A fenced node does not know it, and a node that was replaced is called by its old name for a moment.
            Code::PermissionDenied => Refused::NotNow,
            Code::FailedPrecondition => Refused::Unconfirmed,
            _ => return,
        };
        if refused == Refused::Dishonest {
            self.node.peer_refusals.fetch_add(1, Ordering::Relaxed);
        }
        let cause = status.message();
        if !self.is_new(caller, &format!("{call} {cause}")) {
            return;
        }
        match refused {
            Refused::Dishonest => {
                tracing::warn!(
                    event = "peer_message_refused",
                    peer = caller,
                    call,
                    cause,
                    "refused a message that an honest node does not send"
                );
            }
            Refused::Unconfirmed => {
                tracing::warn!(
                    event = "leader_unconfirmed",
                    peer = caller,
                    call,
                    cause,
                    "this node does not take what a leader sends: too few other nodes confirm it yet"
                );
            }
            Refused::NotNow => {
                tracing::info!(event = "peer_call_refused", peer = caller, call, cause, "refused a call of another node");
            }
        }
    }
}

/// How a call was refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// An honest node does not make it.
    Dishonest,
    /// A majority could not confirm the caller as the leader.
    Unconfirmed,
    /// The caller may not make it now.
    NotNow,
}
