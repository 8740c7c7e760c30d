//! The wire and storage formats of Keyrack, and their conversions from and to the domain.
//!
//! [`v1`] is public: the gRPC services, whose messages are also the JSON bodies of the HTTP edge.
//! [`internal`] is what nodes say to each other and what they store; [`rows`] and [`commands`] turn it
//! into the types of `keyrack-inventory` and back. Whatever is encoded here decodes to the same value;
//! whatever cannot be a value is [`Malformed`], never a panic.

/// The public API, `keyrack.v1`.
#[allow(missing_docs, clippy::all)]
pub mod v1 {
    tonic::include_proto!("keyrack.v1");
}

/// Rows, commands and the nodes' own RPCs.
#[allow(missing_docs, clippy::all)]
pub mod internal {
    tonic::include_proto!("keyrack.internal");
}

/// The descriptors of all services, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/keyrack.descriptors.bin"));

pub mod access;
mod booking;
mod catalog;
pub mod codes;
mod guest;
mod pages;
mod rejection;
mod reply;

pub mod commands;
pub mod rows;

pub use codes::Code;

/// Bytes that are no value of the domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed {0}")]
pub struct Malformed(pub &'static str);

impl From<prost::DecodeError> for Malformed {
    fn from(_: prost::DecodeError) -> Self {
        Malformed("protobuf")
    }
}

/// A field that must be there.
fn need<T>(field: Option<T>, name: &'static str) -> Result<T, Malformed> {
    field.ok_or(Malformed(name))
}

/// Bytes of a known length.
///
/// # Errors
/// Another length; `name` says of what.
pub fn array<const N: usize>(bytes: &[u8], name: &'static str) -> Result<[u8; N], Malformed> {
    bytes.try_into().map_err(|_| Malformed(name))
}

fn code(text: &str) -> Result<keyrack_inventory::Code, Malformed> {
    keyrack_inventory::Code::new(text).map_err(|_| Malformed("code"))
}

fn currency(text: &str) -> Result<keyrack_inventory::Currency, Malformed> {
    keyrack_inventory::Currency::new(text).map_err(|_| Malformed("currency"))
}

fn stay(arrival: u32, departure: u32) -> Result<keyrack_inventory::Stay, Malformed> {
    use keyrack_inventory::{Night, Stay};
    Stay::new(Night(arrival), Night(departure)).map_err(|_| Malformed("stay"))
}

fn small<T: TryFrom<u32>>(number: u32, name: &'static str) -> Result<T, Malformed> {
    T::try_from(number).map_err(|_| Malformed(name))
}
