//! Fields of messages, decoded as values of the domain.

use keyrack_inventory::{Currency, Night, ShortCode, Stay};

/// The bytes are not a valid value of the domain. The text names the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed {0}")]
pub struct Malformed(pub &'static str);

impl From<prost::DecodeError> for Malformed {
    fn from(_: prost::DecodeError) -> Self {
        Malformed("protobuf")
    }
}

/// A required field.
pub(crate) fn required<T>(field: Option<T>, name: &'static str) -> Result<T, Malformed> {
    field.ok_or(Malformed(name))
}

/// Bytes as an array of N.
///
/// # Errors
/// The length is not N. `name` is the field's name.
pub fn array<const N: usize>(bytes: &[u8], name: &'static str) -> Result<[u8; N], Malformed> {
    bytes.try_into().map_err(|_| Malformed(name))
}

pub(crate) fn code(text: &str) -> Result<ShortCode, Malformed> {
    ShortCode::new(text).map_err(|_| Malformed("code"))
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
