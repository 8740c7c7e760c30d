//! Money: integers in the currency's minor unit; decimal strings only at the edge.

use alloc::string::{String, ToString};
use core::fmt;

/// An amount in the currency's minor unit (cents for EUR, yen for JPY).
pub type Minor = u64;

/// The largest valid amount, so that 366 nights of 50 rooms cannot overflow.
pub const MAX_MINOR: Minor = 1_000_000_000_000;

/// The number of basis points in a whole.
pub(crate) const WHOLE: u128 = 10_000;

/// Rounds an amount of ten-thousandths of a minor unit to whole minor units; a half is rounded up. This is the only place where an
/// amount is rounded.
pub(crate) fn rounded(ten_thousandths: u128) -> u128 {
    (ten_thousandths + WHOLE / 2) / WHOLE
}

/// The most zeros after the digits that a currency has.
const MAX_FRACTION: usize = 8;

/// An ISO 4217 code: three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Currency(pub [u8; 3]);

/// The text is not a currency, or not an amount in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoneyError;

impl Currency {
    /// Reads three capital letters.
    pub fn new(code: &str) -> Result<Currency, MoneyError> {
        match code.as_bytes() {
            [a, b, c] if code.bytes().all(|x| x.is_ascii_uppercase()) => Ok(Currency([*a, *b, *c])),
            _ => Err(MoneyError),
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Digits after the decimal point, by ISO 4217.
    pub fn decimals(&self) -> usize {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX" | b"UYI"
            | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }

    /// Reads a decimal string ("120", "120.5", "120.50"). Digits after those that the currency has must be zeros, and at most
    /// 8 of them.
    pub fn parse_amount(&self, text: &str) -> Result<Minor, MoneyError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let (fraction, rest) = fraction.split_at_checked(self.decimals()).unwrap_or((fraction, ""));
        if rest.len() > MAX_FRACTION || rest.bytes().any(|byte| byte != b'0') {
            return Err(MoneyError);
        }
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let dangling = text.ends_with('.');
        // `MAX_MINOR` has 13 digits, so more cannot be valid, and the sum below cannot overflow.
        if whole.is_empty() || whole.len() > 13 || dangling {
            return Err(MoneyError);
        }
        if !digits(whole) || !digits(fraction) {
            return Err(MoneyError);
        }
        let padding = self.decimals() - fraction.len();
        let all = whole.bytes().chain(fraction.bytes()).chain(core::iter::repeat_n(b'0', padding));
        let minor = all.fold(0u64, |n, b| n * 10 + u64::from(b - b'0'));
        if minor > MAX_MINOR { Err(MoneyError) } else { Ok(minor) }
    }

    /// Writes an amount as a decimal string with all the currency's digits.
    pub fn format_amount(&self, minor: Minor) -> String {
        let decimals = self.decimals();
        if decimals == 0 {
            return minor.to_string();
        }
        let unit = 10u64.pow(decimals as u32);
        alloc::format!("{}.{:0width$}", minor / unit, minor % unit, width = decimals)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_round_trip_in_every_width() {
        for (code, text, minor, shown) in [
            ("EUR", "120", 12_000, "120.00"),
            ("EUR", "0.5", 50, "0.50"),
            ("JPY", "9800", 9800, "9800"),
            ("JPY", "9800.00", 9800, "9800"),
            ("EUR", "230.870", 23_087, "230.87"),
            ("KWD", "1.234", 1234, "1.234"),
        ] {
            let currency = Currency::new(code).expect("a currency");
            assert_eq!(currency.parse_amount(text), Ok(minor));
            assert_eq!(currency.format_amount(minor), shown);
        }
    }

    #[test]
    fn invalid_amounts_are_refused() {
        let eur = Currency::new("EUR").expect("a currency");
        for text in ["", ".", "1.", ".5", "-1", "1e3", "1.234", "NaN", "1,5", " 1", "99999999999999", "1.00é", "1.000000000000"]
        {
            assert_eq!(eur.parse_amount(text), Err(MoneyError), "{text}");
        }
        assert!(Currency::new("eur").is_err());
    }
}
