//! Bounds the memory of a message before it is decoded.
//!
//! Two bytes on the wire can be an element of a list that takes two hundred bytes in memory. So [`check`] walks over the encoded message
//! first, with the shapes that the build script wrote from the .proto files. Every gRPC service and client of Keyrack decodes with
//! [`BoundedCodec`].

use std::marker::PhantomData;

use bytes::{Buf, Bytes};
use prost::encoding::{WireType, decode_key, decode_varint};
use prost::{DecodeError, Message, Name};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder};
use tonic_prost::ProstEncoder;

include!(concat!(env!("OUT_DIR"), "/keyrack.shapes.rs"));

/// The most memory of the elements of a message's lists, in bytes, besides half of the message's own bytes.
const MOST_BYTES: usize = 8 << 20;
/// prost does not decode deeper messages.
const DEEPEST: usize = 100;

/// A field. `element` is the memory that each of its elements takes; 0 for a field that is no list.
#[derive(Clone, Copy)]
enum Field {
    Message { place: usize, element: usize },
    Bytes { element: usize },
    Number { element: usize },
}

/// Why a message is not decoded.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It would take too much memory.
    #[error("the message has too many elements in its lists: decoded they take more than {most} bytes. Send fewer at once.")]
    TooLarge {
        /// The most bytes.
        most: usize,
    },
    /// It is malformed.
    #[error("the message is malformed: {0}")]
    Malformed(String),
}

impl From<DecodeError> for Refused {
    fn from(cause: DecodeError) -> Refused {
        Refused::Malformed(cause.to_string())
    }
}

/// Checks how much memory an encoded `M` takes when it is decoded.
///
/// # Errors
/// Too much, or it is malformed.
pub fn check<M: Name>(message: &[u8]) -> Result<(), Refused> {
    check_within::<M>(message, MOST_BYTES + message.len() / 2)
}

/// The same for the elements' memory that the caller names, in bytes.
///
/// # Errors
/// Too much, or it is malformed.
pub fn check_within<M: Name>(message: &[u8], most: usize) -> Result<(), Refused> {
    Walk { most, memory: 0 }.message(message, place_of(&M::full_name()), 0)
}

/// Decodes a message of another node after [`check`].
///
/// # Errors
/// As for [`check`].
pub fn decode<M: Name + Default>(message: Bytes) -> Result<M, Refused> {
    check::<M>(&message)?;
    Ok(M::decode(message)?)
}

fn place_of(name: &str) -> usize {
    SHAPES.binary_search_by_key(&name, |(name, _)| name).expect("the shape of every message is in the table")
}

struct Walk {
    most: usize,
    memory: usize,
}

impl Walk {
    fn take(&mut self, memory: usize) -> Result<(), Refused> {
        self.memory = self.memory.saturating_add(memory);
        if self.memory > self.most { Err(Refused::TooLarge { most: self.most }) } else { Ok(()) }
    }

    fn message(&mut self, mut rest: &[u8], place: usize, depth: usize) -> Result<(), Refused> {
        let (_, fields) = SHAPES[place];
        while !rest.is_empty() {
            let (number, wire_type) = decode_key(&mut rest)?;
            let field = fields.iter().find(|(known, _)| *known == number).map(|(_, field)| *field);
            match wire_type {
                WireType::LengthDelimited => {
                    let length = decode_varint(&mut rest)?;
                    let length = usize::try_from(length).ok().filter(|length| *length <= rest.len()).ok_or_else(cut)?;
                    let (inner, after) = rest.split_at(length);
                    rest = after;
                    match field {
                        Some(Field::Message { place, element }) => {
                            self.take(element)?;
                            if depth < DEEPEST {
                                self.message(inner, place, depth + 1)?;
                            }
                        }
                        Some(Field::Bytes { element }) => self.take(element)?,
                        // Packed: at least one byte for each.
                        Some(Field::Number { element }) => self.take(element * length)?,
                        None => {}
                    }
                }
                other => {
                    skip(&mut rest, other)?;
                    if let Some(Field::Number { element }) = field {
                        self.take(element)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn cut() -> Refused {
    Refused::Malformed("it ends in the middle of a field".to_owned())
}

/// Skips a field that is no text, no bytes and no message.
fn skip(rest: &mut &[u8], wire_type: WireType) -> Result<(), Refused> {
    let bytes = match wire_type {
        WireType::Varint => return Ok(decode_varint(rest).map(drop)?),
        WireType::ThirtyTwoBit => 4,
        WireType::SixtyFourBit => 8,
        WireType::LengthDelimited | WireType::StartGroup | WireType::EndGroup => {
            return Err(Refused::Malformed("it has a group".to_owned()));
        }
    };
    *rest = rest.get(bytes..).ok_or_else(cut)?;
    Ok(())
}

/// Encodes as prost does, and decodes after [`check`].
#[derive(Clone, Debug)]
pub struct BoundedCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for BoundedCodec<T, U> {
    fn default() -> Self {
        BoundedCodec(PhantomData)
    }
}

impl<T, U> Codec for BoundedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Name + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = BoundedDecoder<U>;

    fn encoder(&mut self) -> ProstEncoder<T> {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> BoundedDecoder<U> {
        BoundedDecoder(PhantomData)
    }
}

/// Decodes messages after [`check`].
#[derive(Clone, Debug)]
pub struct BoundedDecoder<U>(PhantomData<U>);

impl<U: Name + Default> Decoder for BoundedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        // tonic gives a whole message in one piece: nothing is copied.
        let message = message.copy_to_bytes(message.remaining());
        decode(message).map(Some).map_err(|cause| match cause {
            Refused::TooLarge { .. } => Status::out_of_range(cause.to_string()),
            // As tonic's own decoder does.
            Refused::Malformed(_) => Status::internal(cause.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::internal as pb;

    fn size_of_append(entries: usize) -> Result<(), Refused> {
        let entries = vec![pb::LogEntry::default(); entries];
        check::<pb::AppendRequest>(&pb::AppendRequest { entries, ..Default::default() }.encode_to_vec())
    }

    #[test]
    fn every_message_has_a_shape_in_the_order_of_names() {
        assert!(SHAPES.is_sorted_by(|one, next| one.0 < next.0) && SHAPES.len() > 100);
        place_of(&pb::AppendRequest::full_name());
        place_of(&crate::v1::Booking::full_name());
    }

    #[test]
    fn a_message_is_refused_before_its_elements_take_the_memory() {
        size_of_append(10_000).expect("640 KB");
        let refused = size_of_append(1_000_000).expect_err("2 MB on the wire, and 130 MB in memory");
        assert!(matches!(refused, Refused::TooLarge { .. }), "{refused}");
        let voters = |count| {
            let configs = vec![pb::VoterSet { voters: vec![1; count] }];
            let membership = Some(pb::Membership { configs, nodes: Vec::new() });
            let entries = vec![pb::LogEntry { membership, ..Default::default() }];
            check::<pb::AppendRequest>(&pb::AppendRequest { entries, ..Default::default() }.encode_to_vec())
        };
        voters(1_000).expect("small");
        voters(3_000_000).expect_err("numbers of one byte each");
        let commands =
            |count| check::<pb::Batch>(&pb::Batch { commands: vec![Bytes::new(); count], ..Default::default() }.encode_to_vec());
        commands(100_000).expect("the largest batch that the configuration allows");
        commands(1_000_000).expect_err("empty commands");
    }

    /// The shapes estimate what prost's structs take.
    #[test]
    fn an_element_is_not_larger_than_its_shape_says() {
        let element = |of: &str, number: u32| {
            let (_, fields) = SHAPES[place_of(of)];
            match fields.iter().find(|(known, _)| *known == number).map(|(_, field)| *field) {
                Some(Field::Message { element, .. }) => element,
                other => panic!("{of} {number}: {}", other.is_some()),
            }
        };
        let lists = [
            ("AppendRequest", 5, size_of::<pb::LogEntry>()),
            ("Membership", 2, size_of::<pb::MemberInfo>()),
            ("SnapshotManifest", 4, size_of::<pb::SnapshotFile>()),
            ("Proposed", 1, size_of::<pb::Answer>()),
            ("UsageReport", 1, size_of::<pb::Usage>()),
            ("UpdateAri", 1, size_of::<pb::AriLine>()),
            ("Observe", 1, size_of::<pb::Observation>()),
        ];
        for (of, number, size) in lists {
            let shape = element(&format!("keyrack.internal.{of}"), number);
            assert!((size..=3 * size).contains(&shape), "{of}: an element takes {size} bytes, and its shape says {shape}");
        }
    }

    #[test]
    fn large_bytes_are_no_elements() {
        let batch = Some(Bytes::from(vec![7; 8 << 20]));
        let entries = vec![pb::LogEntry { batch, ..Default::default() }];
        let append = pb::AppendRequest { entries, ..Default::default() };
        let read: pb::AppendRequest = decode(append.encode_to_vec().into()).expect("a full append");
        assert_eq!(read, append);
    }

    #[test]
    fn malformed_messages_are_refused() {
        let cut_length = [0x2a, 0x05, 0x00];
        let group = [0x33, 0x34];
        let cut_varint = [0x08, 0x80];
        let cut_fixed = [0x0d, 0x01, 0x02];
        for wrong in [&cut_length[..], &group, &cut_varint, &cut_fixed] {
            assert!(
                matches!(decode::<pb::AppendRequest>(Bytes::copy_from_slice(wrong)), Err(Refused::Malformed(_))),
                "{wrong:?}"
            );
        }
    }
}
