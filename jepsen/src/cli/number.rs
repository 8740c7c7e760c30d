//! Numbers of options. A wrong one is refused with its range.

use std::ops::RangeInclusive;

/// Reads a whole number of `range`, as the parser of an option.
pub fn whole_number<T: TryFrom<u64>>(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("write a whole number from {} to {}", range.start(), range.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_outside_the_range_names_the_range() {
        let parse = whole_number::<u8>(1..=200);
        assert_eq!((parse("1"), parse("200")), (Ok(1), Ok(200)));
        for wrong in ["0", "201", "-1", "", "many", "1.5"] {
            assert_eq!(parse(wrong).expect_err(wrong), "write a whole number from 1 to 200");
        }
    }
}
