//! Ids: small, copyable, ordered like their bytes.

use alloc::string::String;
use core::fmt;

/// A property's number in the cluster. The directory gives it when the property is added. It is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PropertyNumber(pub u32);

/// A room type's place in its property's catalogue; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomTypeIx(pub u16);

/// A rate plan's place in its property's catalogue; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RatePlanIx(pub u16);

/// The text is not a valid id or code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError;

/// The code of a room type or rate plan ("DLX"): 1 to 20 of `A-Z a-z 0-9 - _ .`, stored inline without allocation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortCode {
    bytes: [u8; 20],
    len: u8,
}

impl ShortCode {
    /// Reads a code.
    pub fn new(text: &str) -> Result<ShortCode, IdError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if text.is_empty() || text.len() > 20 || !text.bytes().all(allowed) {
            return Err(IdError);
        }
        let mut bytes = [0; 20];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(ShortCode { bytes, len: text.len() as u8 })
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl fmt::Debug for ShortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ShortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// 16 bytes: property number (4), milliseconds since 1970 (6), random (6), all big-endian. So an id contains its route,
/// and the newest rows of one property are neighbours.
macro_rules! routed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// An id for `property`, drawn at `at_ms`, with the low 48 bits of `random`.
            pub fn new(property: PropertyNumber, at_ms: u64, random: u64) -> Self {
                let mut bytes = [0; 16];
                bytes[..4].copy_from_slice(&property.0.to_be_bytes());
                bytes[4..10].copy_from_slice(&at_ms.to_be_bytes()[2..]);
                bytes[10..].copy_from_slice(&random.to_be_bytes()[2..]);
                Self(bytes)
            }

            /// The property this id belongs to.
            pub fn property(&self) -> PropertyNumber {
                PropertyNumber(u32::from_be_bytes([self.0[0], self.0[1], self.0[2], self.0[3]]))
            }

            /// Reads the text that [`fmt::Display`] writes.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                text.strip_prefix($prefix).and_then(decode_base32).map(Self).ok_or(IdError)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, encode_base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

routed_id!(
    /// A booking's id. As text: `bk_` and 26 letters.
    BookingId,
    "bk_"
);
routed_id!(
    /// A hold's id. As text: `hd_` and 26 letters.
    HoldId,
    "hd_"
);

/// The number that a guest gives at the desk and signs in with: 50 random bits that nothing else reveals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfirmationNumber(pub u64);

impl ConfirmationNumber {
    /// The bits of a number: ten letters.
    const BITS: u32 = 50;

    /// The number in the low 50 bits of `random`.
    pub fn new(random: u64) -> ConfirmationNumber {
        ConfirmationNumber(random & ((1 << ConfirmationNumber::BITS) - 1))
    }

    /// Reads a number as guests write it: in upper or lower case, with or without hyphens and spaces; `O` for 0, `I` and `L` for 1.
    pub fn parse(text: &str) -> Result<ConfirmationNumber, IdError> {
        let mut number = 0;
        let mut letters = 0;
        for letter in text.bytes().filter(|letter| !matches!(letter, b'-' | b' ')) {
            let letter = match letter.to_ascii_lowercase() {
                b'o' => b'0',
                b'i' | b'l' => b'1',
                other => other,
            };
            let digit = ALPHABET.iter().position(|known| *known == letter).ok_or(IdError)?;
            letters += 1;
            if letters > ConfirmationNumber::BITS / 5 {
                return Err(IdError);
            }
            number = number << 5 | digit as u64;
        }
        if letters == ConfirmationNumber::BITS / 5 { Ok(ConfirmationNumber(number)) } else { Err(IdError) }
    }

    /// The number of a booking that was made before numbers were drawn: the last 50 bits of its id.
    pub fn of_older(booking: BookingId) -> ConfirmationNumber {
        ConfirmationNumber::new(u128::from_be_bytes(booking.0) as u64)
    }
}

impl fmt::Display for ConfirmationNumber {
    /// Ten letters in two groups, in upper case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = encode_base32(&u128::from(self.0).to_be_bytes()).to_ascii_uppercase();
        write!(f, "{}-{}", &text[16..21], &text[21..26])
    }
}

/// Crockford's alphabet in lower case: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode_base32(bytes: &[u8; 16]) -> String {
    let number = u128::from_be_bytes(*bytes);
    (0..26).rev().map(|place| char::from(ALPHABET[(number >> (place * 5) & 31) as usize])).collect()
}

fn decode_base32(text: &str) -> Option<[u8; 16]> {
    if text.len() != 26 {
        return None;
    }
    let mut number = 0u128;
    for (place, letter) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|a| *a == letter)?;
        if place == 0 && digit > 7 {
            return None; // 26 digits have 130 bits, so the top two must be zero
        }
        number = number << 5 | digit as u128;
    }
    Some(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn ids_round_trip_as_text_and_contain_their_property() {
        let id = BookingId::new(PropertyNumber(77), 1_700_000_000_123, u64::MAX);
        assert_eq!(BookingId::parse(&id.to_string()), Ok(id));
        assert_eq!(id.property(), PropertyNumber(77));
        let number = ConfirmationNumber::of_older(id);
        assert_eq!(number.to_string().len(), 11);
        for text in [number.to_string(), number.to_string().to_lowercase(), number.to_string().replace('-', "")] {
            assert_eq!(ConfirmationNumber::parse(&text), Ok(number));
        }
        for text in ["", "7K2M4-X9QR", "7K2M4-X9QRTT", "7K2M4-X9QR_", "7K2M4\u{2011}X9QRT"] {
            assert_eq!(ConfirmationNumber::parse(text), Err(IdError), "{text}");
        }
    }

    #[test]
    fn invalid_ids_are_refused() {
        for text in ["", "bk_", "hd_00000000000000000000000000", "bk_zzzzzzzzzzzzzzzzzzzzzzzzzz", "bk_0000000000000000000000000i"]
        {
            assert_eq!(BookingId::parse(text), Err(IdError), "{text}");
        }
    }

    #[test]
    fn codes_have_1_to_20_allowed_characters() {
        assert_eq!(ShortCode::new("DLX-2").map(|c| c.to_string()).as_deref(), Ok("DLX-2"));
        for text in ["", "a b", "ä", "123456789012345678901"] {
            assert_eq!(ShortCode::new(text), Err(IdError));
        }
    }
}
