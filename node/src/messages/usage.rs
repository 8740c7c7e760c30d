//! Wrong values of options.

use std::ops::RangeInclusive;

/// A text that is not a whole number of the range.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a whole number from {first} to {last}")]
pub struct NotInRange {
    first: u64,
    last: u64,
}

/// Reads a whole number of `range`, as the parser of an option.
pub fn whole_number<T: TryFrom<u64>>(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<T, NotInRange> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        number.ok_or(NotInRange { first: *range.start(), last: *range.end() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_outside_the_range_names_the_range() {
        let parse = whole_number::<u16>(0..=65_535);
        assert_eq!((parse("0"), parse("65535")), (Ok(0), Ok(65_535)));
        for wrong in ["65536", "-1", "", "high", "1.5", " 1"] {
            assert_eq!(parse(wrong).expect_err(wrong).to_string(), "write a whole number from 0 to 65535");
        }
    }
}
