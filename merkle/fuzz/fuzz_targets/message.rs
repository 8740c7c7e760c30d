//! A message of the gRPC API or between nodes: a byte for its kind, then its bytes. An accepted message round-trips.
#![no_main]

use keyrack_proto::{internal, v1};
use libfuzzer_sys::{Corpus, fuzz_target};
use prost::Message;

/// The messages that arrive from outside the node. Rows and commands have their own targets.
const READERS: &[fn(&[u8])] = &[
    again::<v1::BookRequest>,
    again::<v1::BookManyRequest>,
    again::<v1::AmendRequest>,
    again::<v1::BookingStepRequest>,
    again::<v1::PlaceHoldRequest>,
    again::<v1::ConfirmHoldRequest>,
    again::<v1::ListBookingsRequest>,
    again::<v1::PutPropertyRequest>,
    again::<v1::PutRatePlanRequest>,
    again::<v1::UpdateAriRequest>,
    again::<v1::ProveInclusionRequest>,
    again::<v1::Booking>,
    again::<v1::Receipt>,
    again::<internal::AppendRequest>,
    again::<internal::AppendReply>,
    again::<internal::VoteRequest>,
    again::<internal::VoteReply>,
    again::<internal::Membership>,
];

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((kind, bytes)) = bytes.split_first() else { return Corpus::Reject };
    let Some(reader) = READERS.get(usize::from(*kind)) else { return Corpus::Reject };
    reader(bytes);
    Corpus::Keep
});

/// Compares the bytes, because a location that is NaN is not equal to itself.
fn again<T: Message + Default>(bytes: &[u8]) {
    if let Ok(message) = T::decode(bytes) {
        let written = message.encode_to_vec();
        assert_eq!(T::decode(written.as_slice()).expect("the written bytes parse").encode_to_vec(), written);
    }
}
