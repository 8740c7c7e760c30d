//! Fields of messages, read as values of the domain.

use keyrack_inventory::{Code, Currency, Night, Stay};

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
pub(crate) fn required<T>(field: Option<T>, name: &'static str) -> Result<T, Malformed> {
    field.ok_or(Malformed(name))
}

/// Bytes of a known length.
///
/// # Errors
/// Another length; `name` says of what.
pub fn array<const N: usize>(bytes: &[u8], name: &'static str) -> Result<[u8; N], Malformed> {
    bytes.try_into().map_err(|_| Malformed(name))
}

pub(crate) fn code(text: &str) -> Result<Code, Malformed> {
    Code::new(text).map_err(|_| Malformed("code"))
}

pub(crate) fn currency(text: &str) -> Result<Currency, Malformed> {
    Currency::new(text).map_err(|_| Malformed("currency"))
}

pub(crate) fn stay(arrival: u32, departure: u32) -> Result<Stay, Malformed> {
    Stay::new(Night(arrival), Night(departure)).map_err(|_| Malformed("stay"))
}

pub(crate) fn narrow<T: TryFrom<u32>>(number: u32, name: &'static str) -> Result<T, Malformed> {
    T::try_from(number).map_err(|_| Malformed(name))
}
