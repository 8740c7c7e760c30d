//! Dates of the command line.

use keyrack_inventory::Night;

use crate::messages::usage::needs;

/// Checks that a text is a date, before a node is asked.
pub fn date(text: &str) -> Result<String, &'static str> {
    match Night::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) if is_too_late(text) => Err(needs::EARLIER_DATE),
        Err(_) => Err(needs::DATE),
    }
}

/// Whether a text is a date after [`Night::LAST`].
fn is_too_late(text: &str) -> bool {
    let Some((year, day)) = text.split_at_checked(4) else { return false };
    let Ok(year) = year.parse::<u32>() else { return false };
    // The calendar repeats after 400 years, and only leap years differ.
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let alike = if is_leap { "2000" } else { "2001" };
    year > 2199 && Night::parse(&format!("{alike}{day}")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_is_too_late_differs_from_no_date() {
        assert_eq!(date("2199-12-31").as_deref(), Ok("2199-12-31"));
        assert_eq!((date("2200-01-01"), date("2400-02-29")), (Err(needs::EARLIER_DATE), Err(needs::EARLIER_DATE)));
        for text in ["2300-02-29", "99999-01-01", "2300", "tomorrow", "1969-12-31", "+300-01-01", ""] {
            assert_eq!(date(text), Err(needs::DATE), "{text}");
        }
    }
}
