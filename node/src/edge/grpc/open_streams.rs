//! Streams that anybody may open: the watch of the health service, and reflection. They last as long as the caller wants, so few of them
//! may be open.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use keyrack_texts::Detail;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::convert::Problem;
use crate::edge::addresses::{AddressSlot, Addresses};

/// The most open streams of all callers. One takes about 13 KiB.
const MOST: usize = 512;
/// The most open streams of one address.
const MOST_OF_AN_ADDRESS: usize = 32;

/// The open streams of a node. Cheap to clone.
#[derive(Clone)]
pub struct OpenStreams {
    all: Arc<Semaphore>,
    addresses: Addresses,
}

/// One open stream. Dropping it frees its place.
pub struct OpenStream {
    _place: OwnedSemaphorePermit,
    _of_address: AddressSlot,
}

impl OpenStreams {
    /// No open stream.
    pub fn new() -> OpenStreams {
        OpenStreams { all: Arc::new(Semaphore::new(MOST)), addresses: Addresses::new(MOST_OF_AN_ADDRESS) }
    }

    /// Whether the method at this path is such a stream. The check of the health service is answered at once, so it is none.
    pub fn has(path: &str) -> bool {
        path == "/grpc.health.v1.Health/Watch" || path.starts_with("/grpc.reflection.")
    }

    /// Opens a stream for a caller at `address`.
    ///
    /// # Errors
    /// The address or the node has as many streams as it may have.
    pub fn open(&self, address: IpAddr) -> Result<OpenStream, Problem> {
        let full = || Problem::new(Detail::TooManyOpenStreams);
        let of_address = self.addresses.take_slot(address).ok_or_else(full)?;
        let place = self.all.clone().try_acquire_owned().map_err(|_| full())?;
        Ok(OpenStream { _place: place, _of_address: of_address })
    }
}

/// An answer that keeps its stream's place until it ends.
struct Answer {
    body: Body,
    _open: OpenStream,
}

impl OpenStream {
    /// Keeps the place until the answer ends.
    pub fn during(self, answer: Body) -> Body {
        Body::new(Answer { body: answer, _open: self })
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn an_address_and_the_node_have_few_streams_and_an_end_frees_a_place() {
        let streams = OpenStreams::new();
        let at = |number: usize| IpAddr::V4(Ipv4Addr::from_bits(number as u32));
        let mut open: Vec<OpenStream> = (0..MOST_OF_AN_ADDRESS).map(|_| streams.open(at(1)).expect("a place")).collect();
        assert!(streams.open(at(1)).is_err());
        open.extend((MOST_OF_AN_ADDRESS..MOST).map(|number| streams.open(at(number)).expect("another address")));
        assert!(streams.open(at(MOST)).is_err());
        open.pop();
        streams.open(at(MOST)).expect("a place that became free");
    }

    #[test]
    fn only_methods_that_last_are_counted() {
        assert!(OpenStreams::has("/grpc.health.v1.Health/Watch"));
        assert!(OpenStreams::has("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"));
        assert!(!OpenStreams::has("/grpc.health.v1.Health/Check") && !OpenStreams::has("/keyrack.v1.Reservations/BookMany"));
    }
}
