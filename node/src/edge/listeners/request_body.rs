//! A request's body: its bytes are counted while they wait, and a gRPC message must arrive in time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use keyrack_texts::Detail;
use tokio::time::{Instant, Sleep};

use super::messages::Messages;
use crate::budget::{Charge, RequestAccounts};
use crate::convert::Problem;
use crate::edge::grpc::status_of;
use crate::edge::refused_body::RefusedBody;

/// How a body must arrive.
#[derive(Clone, Copy, Debug)]
pub enum Arrival {
    /// The handler counts the time of the whole body.
    Http,
    /// One gRPC message and the end of the body, within this time.
    Unary(Duration),
    /// gRPC messages, each within this time from its first byte.
    Stream(Duration),
}

/// A body whose bytes are counted.
pub struct RequestBody {
    body: Incoming,
    accounts: Arc<RequestAccounts>,
    arrival: Arrival,
    messages: Messages,
    /// The bytes that the handler may have to keep: of the whole body, or of the newest message of a stream.
    charge: Option<Charge>,
    /// When the body, or the message that has begun, must be complete.
    late: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    /// A body that is counted in `accounts`.
    pub fn new(body: Incoming, accounts: Arc<RequestAccounts>, arrival: Arrival) -> RequestBody {
        let late = match arrival {
            Arrival::Unary(within) => Some(timer(within)),
            Arrival::Http | Arrival::Stream(_) => None,
        };
        accounts.connection().body_begins();
        RequestBody { body, accounts, arrival, messages: Messages::default(), charge: None, late }
    }

    fn count(&mut self, data: &[u8]) -> Result<(), Problem> {
        self.accounts.connection().is_read(data.len());
        if let Arrival::Stream(within) = self.arrival {
            if self.messages.read(data) {
                // The messages before it are with the handler, which counts them itself.
                self.charge = None;
                self.late = Some(timer(within));
            }
            if self.messages.is_between() {
                self.late = None;
            }
        }
        match &mut self.charge {
            Some(charge) => charge.add(data.len())?,
            none => *none = Some(Charge::take(&self.accounts, data.len())?),
        }
        Ok(())
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            let Some(late) = &mut self.late else { return Poll::Pending };
            ready!(late.as_mut().poll(context));
            let (Arrival::Unary(within) | Arrival::Stream(within)) = self.arrival else { return Poll::Pending };
            return Poll::Ready(Some(Err(refused(Problem::new(Detail::BodyLate { seconds: within.as_secs() })))));
        };
        let counted = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(Ok(()), |data| self.count(data)),
            Some(Err(_)) | None => Ok(()),
        };
        Poll::Ready(match counted {
            Ok(()) => frame.map(|frame| frame.map_err(axum::Error::new)),
            Err(problem) => Some(Err(refused(problem))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.accounts.connection().body_ends();
    }
}

fn refused(problem: Problem) -> axum::Error {
    axum::Error::new(RefusedBody { status: status_of(problem.clone()), problem })
}

fn timer(within: Duration) -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep_until(Instant::now() + within))
}
