//! Reads the numbers of a table, exactly and within bounds.

use crate::messages::row::ValueFault;

/// The largest rate, in whole units of the currency.
const MAX_RATE: u64 = 1_000_000;

/// Reads a whole number from `least` to `most`. `2.0` is whole too: statistics programs write it.
pub fn whole(text: &str, least: u32, most: u32) -> Result<u32, ValueFault> {
    let digits = text.split_once('.').map_or(text, |(whole, rest)| {
        let is_whole = !rest.is_empty() && rest.bytes().all(|byte| byte == b'0');
        if is_whole { whole } else { text }
    });
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten();
    let number = number.filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| ValueFault::Number { value: text.to_owned(), least, most })
}

/// Reads a rate in cents, such as `98.5` or `98,50`. A comma before three digits is refused: it can be a thousands
/// separator.
pub fn cents(text: &str) -> Result<u64, ValueFault> {
    let no_rate = || ValueFault::needs(text, "a rate from 0 to 1000000, such as 98.50");
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(number) = text.strip_prefix('-') {
        let is_number = number.split(['.', ',']).all(is_digits);
        return Err(if is_number { ValueFault::Negative(text.to_owned()) } else { no_rate() });
    }
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(no_rate());
    }
    if text.contains(',') && fraction.len() == 3 {
        return Err(ValueFault::Thousands(text.to_owned()));
    }
    let digit = |place: usize| fraction.as_bytes().get(place).map_or(0, |byte| u64::from(byte - b'0'));
    let rounded = digit(0) * 10 + digit(1) + u64::from(digit(2) >= 5);
    let whole = whole.parse::<u64>().ok().filter(|whole| *whole <= MAX_RATE).ok_or_else(no_rate)?;
    let cents = whole * 100 + rounded;
    if cents <= MAX_RATE * 100 { Ok(cents) } else { Err(no_rate()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_to_the_cent() {
        for (text, expected) in [
            ("0", 0),
            ("98", 9_800),
            ("98.5", 9_850),
            ("98,50", 9_850),
            ("75.345", 7_535),
            ("0.999", 100),
            ("126,4166667", 12_642),
            ("0098.00000", 9_800),
            ("1000000", 100_000_000),
        ] {
            assert_eq!(cents(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_rate_that_is_no_plain_number_is_refused() {
        let texts = [
            "inf",
            "-inf",
            "Infinity",
            "NaN",
            "nan",
            "1e300",
            "1e2",
            "1E5",
            "0x10",
            "dear",
            "+5",
            "--5",
            "1000000.01",
            "1000001",
            "99999999999999999999999",
            "5.",
            ".5",
            "1.2.3",
            "1.234,50",
            "1 234",
            "€ 5",
            "٣",
            "-",
            "",
        ];
        for text in texts {
            assert!(matches!(cents(text), Err(ValueFault::Value { .. })), "{text}: {:?}", cents(text));
        }
        assert!(matches!(cents("-6.38"), Err(ValueFault::Negative(_))));
        assert!(matches!(cents("1,234"), Err(ValueFault::Thousands(_))));
    }

    #[test]
    fn a_count_is_whole_and_in_its_range() {
        assert_eq!((whole("2", 0, 100), whole("2.0", 0, 100), whole("007", 0, 100)), (Ok(2), Ok(2), Ok(7)));
        for text in ["-1", "101", "1.5", "2.", "two", "1e2", "inf", "NaN", "4294967296", "", ".0", "+1", "2,0"] {
            assert_eq!(whole(text, 0, 100), Err(ValueFault::Number { value: text.into(), least: 0, most: 100 }), "{text}");
        }
    }
}
