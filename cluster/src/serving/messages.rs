//! The bodies of a call: its messages, bounded, and its answer, which keeps the call's place until it ends.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tonic::{Code, Status};

/// Before each message: a byte for its compression, and its length in four bytes (big-endian).
const PREFIX: usize = 5;

/// A caller's messages. It ends with an error at the head of a message that has more than `most` bytes.
pub struct Message<B> {
    body: B,
    most: usize,
    prefix: [u8; PREFIX],
    /// How many bytes of the prefix have arrived.
    seen: usize,
    /// How many bytes of the message are missing.
    missing: usize,
    /// Whether the body has any byte.
    has_begun: bool,
}

impl<B> Message<B> {
    /// Bounds the messages of a body.
    pub fn new(body: B, most: usize) -> Message<B> {
        Message { body, most, prefix: [0; PREFIX], seen: 0, missing: 0, has_begun: false }
    }

    /// Whether the body may end here. A caller that gives a call up ends it anywhere.
    fn is_whole(&self) -> bool {
        self.has_begun && self.seen == 0 && self.missing == 0
    }

    /// Reads the lengths in the next bytes of the body.
    fn follow(&mut self, mut data: &[u8]) -> Result<(), Status> {
        self.has_begun |= !data.is_empty();
        while !data.is_empty() {
            if self.missing > 0 {
                let skipped = self.missing.min(data.len());
                self.missing -= skipped;
                data.advance(skipped);
                continue;
            }
            self.prefix[self.seen] = data.get_u8();
            self.seen += 1;
            if self.seen == PREFIX {
                let [_, length @ ..] = self.prefix;
                (self.seen, self.missing) = (0, u32::from_be_bytes(length) as usize);
                if self.missing > self.most {
                    let (bytes, most) = (self.missing, self.most);
                    return Err(Status::out_of_range(format!("a message has {bytes} bytes, and this call takes at most {most}")));
                }
            }
        }
        Ok(())
    }
}

fn given_up() -> Status {
    Status::aborted("the caller gave the call up")
}

impl<B: Body<Data = Bytes, Error = Status> + Unpin> Body for Message<B> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(match frame {
            Some(Ok(frame)) => Some(frame.data_ref().map_or(Ok(()), |data| self.follow(data)).map(|()| frame)),
            // tonic would take `CANCELLED` as the end, and a missing message as malformed.
            Some(Err(cause)) if cause.code() == Code::Cancelled => Some(Err(given_up())),
            None if !self.is_whole() => Some(Err(given_up())),
            other => other,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_whole() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer. The call's place is free again when it ends.
pub struct Answer<B, F> {
    body: B,
    /// Gets the status at the end of the answer.
    ended: F,
    _open: OwnedSemaphorePermit,
}

impl<B, F> Answer<B, F> {
    /// Keeps `open` until the body ends or the caller gives it up.
    pub fn new(body: B, ended: F, open: OwnedSemaphorePermit) -> Answer<B, F> {
        Answer { body, ended, _open: open }
    }
}

impl<B: Body<Data = Bytes, Error = Status> + Unpin, F: FnMut(&Status) + Unpin> Body for Answer<B, F> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(status) = trailers_of(&frame).and_then(Status::from_header_map) {
            (self.ended)(&status);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn trailers_of(frame: &Option<Result<Frame<Bytes>, Status>>) -> Option<&tonic::codegen::http::HeaderMap> {
    frame.as_ref()?.as_ref().ok()?.trailers_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: u32) -> Vec<u8> {
        [&[0][..], &length.to_be_bytes(), &vec![7; length as usize]].concat()
    }

    #[test]
    fn a_message_is_bounded_wherever_the_network_cuts_it() {
        let body = [message(0), message(3), message(8)].concat();
        for cut in 0..=body.len() {
            let mut bounded = Message::new((), 8);
            let (one, two) = body.split_at(cut);
            assert!(bounded.follow(one).and_then(|()| bounded.follow(two)).is_ok(), "cut at {cut}");
            assert!(bounded.is_whole());
            let mut refused = Message::new((), 7);
            let said = refused.follow(one).and_then(|()| refused.follow(two)).expect_err("too large");
            assert_eq!(said.code(), tonic::Code::OutOfRange);
        }
    }

    /// HTTP/2 shows the end of a call that was given up as the end of its body.
    #[test]
    fn a_call_without_a_whole_message_was_given_up() {
        for sent in [&[][..], &message(3)[..4], &message(3)[..PREFIX], &message(3)[..7]] {
            let mut cut = Message::new((), 8);
            assert!(cut.follow(sent).is_ok() && !cut.is_whole(), "{} bytes", sent.len());
        }
    }

    /// It is refused at its head: none of its bytes wait in memory.
    #[test]
    fn the_length_alone_refuses_a_message() {
        assert!(Message::new((), 8).follow(&message(9)[..PREFIX]).is_err());
        assert!(Message::new((), 8).follow(&[0, 0xff, 0xff, 0xff, 0xff]).is_err());
    }
}
