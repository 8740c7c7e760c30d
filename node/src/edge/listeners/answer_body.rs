//! An answer's body: its bytes are counted until the client has taken them, and it leaves in small pieces, so that a client that does
//! not read holds little more than its window.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::{Buf, Bytes};
use hyper::HeaderMap;
use hyper::body::{Frame, SizeHint};
use hyper::header::HeaderValue;

use super::activity::OpenRequest;
use super::reading::Reading;
use crate::budget::{Charge, RequestAccounts};
use crate::convert::Problem;
use crate::edge::grpc::status_of;
use crate::edge::refused_body::RefusedBody;

/// The most bytes of a piece.
const PIECE_BYTES: usize = 16 << 10;

/// A body that keeps its request open until it ends: a feed can last for hours.
pub struct AnswerBody {
    body: Body,
    /// `None` for a refusal without room for anything. Its few bytes are not counted.
    counted: Option<Counted>,
    reading: Arc<Reading>,
    has_ended: bool,
    _open: OpenRequest,
}

/// How the bytes of a body are counted.
pub struct Counted {
    accounts: Arc<RequestAccounts>,
    is_change: bool,
    is_grpc: bool,
    /// Counts the whole body before it is sent, if its length is known.
    reserved: Option<Charge>,
    /// The rest of a frame that is larger than a piece.
    rest: Option<(Bytes, Charge)>,
}

impl AnswerBody {
    /// A body whose bytes are counted.
    pub fn counted(body: Body, counted: Counted, reading: Arc<Reading>, open: OpenRequest) -> AnswerBody {
        reading.taken();
        AnswerBody { body, counted: Some(counted), reading, has_ended: false, _open: open }
    }

    /// A body whose bytes are not counted.
    pub fn uncounted(body: Body, reading: Arc<Reading>, open: OpenRequest) -> AnswerBody {
        reading.taken();
        AnswerBody { body, counted: None, reading, has_ended: false, _open: open }
    }

    fn rest(&self) -> Option<&Bytes> {
        self.counted.as_ref()?.rest.as_ref().map(|(data, _)| data)
    }

    fn finish(&mut self, piece: Result<Bytes, Problem>) -> Result<Frame<Bytes>, axum::Error> {
        piece.map(Frame::data).or_else(|problem| {
            self.has_ended = true;
            self.counted.as_ref().map_or(Ok(Frame::data(Bytes::new())), |counted| counted.refusal(problem))
        })
    }
}

impl Counted {
    /// Counts the body of an answer. The answer to a change is counted even if there is no room.
    ///
    /// # Errors
    /// There is no room for the body.
    pub fn new(body: &Body, accounts: Arc<RequestAccounts>, is_change: bool, is_grpc: bool) -> Result<Counted, Problem> {
        let mut counted = Counted { accounts, is_change, is_grpc, reserved: None, rest: None };
        let length = hyper::body::Body::size_hint(body).exact().unwrap_or(0);
        if length > 0 {
            counted.reserved = Some(counted.charge(length as usize)?);
        }
        Ok(counted)
    }

    fn charge(&self, bytes: usize) -> Result<Charge, Problem> {
        if self.is_change { Ok(Charge::force(&self.accounts, bytes)) } else { Ok(Charge::take(&self.accounts, bytes)?) }
    }

    /// The first piece of a frame. The rest of the frame waits in `rest`.
    fn first_piece(&mut self, frame: Bytes) -> Result<Bytes, Problem> {
        let charge = match self.reserved.take() {
            Some(reserved) => reserved,
            None => self.charge(frame.len())?,
        };
        self.piece(frame, charge)
    }

    fn piece(&mut self, mut data: Bytes, charge: Charge) -> Result<Bytes, Problem> {
        if data.len() <= PIECE_BYTES {
            return Ok(Bytes::from_owner(Waiting::new(data, charge, &self.accounts)));
        }
        // A slice would keep the whole frame in memory until the client has read the slice.
        let copy = Bytes::copy_from_slice(&data[..PIECE_BYTES]);
        let copied = self.charge(PIECE_BYTES)?;
        data.advance(PIECE_BYTES);
        self.rest = Some((data, charge));
        Ok(Bytes::from_owner(Waiting::new(copy, copied, &self.accounts)))
    }

    /// The end of a body that has no room. A gRPC client gets the reason. Another client sees a body that is cut.
    fn refusal(&self, problem: Problem) -> Result<Frame<Bytes>, axum::Error> {
        let status = status_of(problem.clone());
        if !self.is_grpc {
            return Err(axum::Error::new(RefusedBody { problem, status }));
        }
        let mut trailers = HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            trailers.insert("grpc-status", HeaderValue::from_static("8"));
        }
        Ok(Frame::trailers(trailers))
    }
}

impl hyper::body::Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        if let Some(counted) = &mut this.counted
            && let Some((data, charge)) = counted.rest.take()
        {
            this.reading.taken();
            let piece = counted.piece(data, charge);
            return Poll::Ready(Some(this.finish(piece)));
        }
        let frame = match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Pending => {
                // The client has taken everything.
                this.reading.all_taken();
                return Poll::Pending;
            }
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(other) => return Poll::Ready(other),
        };
        this.reading.taken();
        match (frame.into_data(), &mut this.counted) {
            (Ok(data), Some(counted)) if !data.is_empty() => {
                let piece = counted.first_piece(data);
                Poll::Ready(Some(this.finish(piece)))
            }
            (Ok(data), _) => Poll::Ready(Some(Ok(Frame::data(data)))),
            (Err(trailers), _) => Poll::Ready(Some(Ok(trailers))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended || (self.rest().is_none() && self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest().map_or(0, Bytes::len) as u64;
        let mut hint = self.body.size_hint();
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

/// A piece that the client has not taken yet.
struct Waiting {
    data: Bytes,
    accounts: Arc<RequestAccounts>,
    _charge: Charge,
}

impl Waiting {
    fn new(data: Bytes, charge: Charge, accounts: &Arc<RequestAccounts>) -> Waiting {
        accounts.connection().answer_waits();
        Waiting { data, accounts: accounts.clone(), _charge: charge }
    }
}

impl AsRef<[u8]> for Waiting {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.accounts.connection().answer_left();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::budget::{ConnectionAccounts, NodeBudget};

    /// The pieces of an answer of 100,000 bytes while the client has left everything else unread.
    fn pieces(is_change: bool) -> Result<usize, Problem> {
        let node = Arc::new(NodeBudget::new(1 << 20, 1 << 20, false));
        let connection = ConnectionAccounts::open(&node, IpAddr::V4(Ipv4Addr::LOCALHOST), false).expect("room");
        let accounts = Arc::new(RequestAccounts::open(Arc::new(connection), 0).expect("room"));
        let _unread = Charge::take(&accounts, 9 << 16).expect("room");
        let frame = Bytes::from(vec![7; 100_000]);
        let mut counted = Counted::new(&Body::from(frame.clone()), accounts.clone(), is_change, true)?;
        let _more = Charge::force(&accounts, 1 << 20);
        let mut sent = vec![counted.first_piece(frame)?];
        while let Some((data, charge)) = counted.rest.take() {
            sent.push(counted.piece(data, charge)?);
        }
        Ok(sent.iter().map(Bytes::len).sum())
    }

    #[test]
    fn the_answer_to_a_change_is_never_cut() {
        assert_eq!(pieces(true).expect("whole"), 100_000, "the change was made");
        assert!(pieces(false).is_err(), "any other answer waits for room");
    }
}
