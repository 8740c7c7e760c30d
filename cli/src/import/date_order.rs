//! Reads the dates of a table. The order of day and month is never guessed.

use clap::ValueEnum;
use keyrack_inventory::Night as Day;

use crate::messages::row::ValueFault;

/// The order of day, month and year in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DateOrder {
    /// Day, month, year: 31/12/2026.
    Dmy,
    /// Month, day, year: 12/31/2026.
    Mdy,
    /// Year, month, day: 2026/12/31.
    Ymd,
}

/// Reads a date. A date with the year in front is always year, month, day. Without an order a date is read only if it has
/// one meaning: 31/12/2026 and 4/4/2026 have one, 03/04/2026 has two.
pub fn read(text: &str, order: Option<DateOrder>) -> Result<Day, ValueFault> {
    let no_date = || ValueFault::needs(text, "a date such as 2026-12-31");
    let parts: Vec<&str> = parts(without_midnight(text)).ok_or_else(no_date)?;
    let [first, second, third] = parts[..] else { return Err(no_date()) };
    let number = |part: &str| part.parse::<u32>().unwrap_or_default();
    let date = |year, month, day| Day::from_ymd(number(year) as i32, number(month), number(day)).ok();
    if first.len() == 4 {
        return date(first, second, third).ok_or_else(no_date);
    }
    if third.len() != 4 {
        return Err(ValueFault::ShortYear(text.to_owned()));
    }
    match order {
        Some(DateOrder::Dmy) => date(third, second, first).ok_or_else(|| ValueFault::needs(text, "a date as DAY/MONTH/YEAR")),
        Some(DateOrder::Mdy) => date(third, first, second).ok_or_else(|| ValueFault::needs(text, "a date as MONTH/DAY/YEAR")),
        Some(DateOrder::Ymd) => Err(ValueFault::needs(text, "a date as YEAR/MONTH/DAY")),
        None => match (date(third, second, first), date(third, first, second)) {
            (Some(dmy), Some(mdy)) if dmy != mdy => {
                Err(ValueFault::TwoDates { value: text.to_owned(), dmy: dmy.to_string(), mdy: mdy.to_string() })
            }
            (Some(day), _) | (None, Some(day)) => Ok(day),
            (None, None) => Err(no_date()),
        },
    }
}

/// The only order in which a text with the year at its end is a date, and none if it is a date in both.
pub fn only_order(text: &str) -> Option<DateOrder> {
    let year_is_last = parts(without_midnight(text)).is_some_and(|parts| parts[2].len() == 4);
    let [dmy, mdy] = [DateOrder::Dmy, DateOrder::Mdy].map(|order| read(text, Some(order)).is_ok());
    match (year_is_last, dmy, mdy) {
        (true, true, false) => Some(DateOrder::Dmy),
        (true, false, true) => Some(DateOrder::Mdy),
        _ => None,
    }
}

/// The three numbers of a date between two equal separators.
fn parts(text: &str) -> Option<Vec<&str>> {
    let separator = text.chars().find(|letter| matches!(letter, '/' | '-' | '.'))?;
    let parts: Vec<&str> = text.split(separator).map(str::trim).collect();
    let is_number = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = parts.len() == 3 && parts.iter().all(is_number);
    is_date.then_some(parts)
}

/// Spreadsheets and databases add midnight to a date.
fn without_midnight(text: &str) -> &str {
    let Some((date, time)) = text.split_once(['T', ' ']) else { return text };
    if matches!(time.trim_end_matches('Z'), "00:00" | "0:00" | "00:00:00" | "0:00:00" | "00:00:00.000") { date } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_with_two_meanings_needs_an_order() {
        use DateOrder::*;
        for (text, order, expected) in [
            ("2026-03-04", None, "2026-03-04"),
            ("2026/3/4", Some(Dmy), "2026-03-04"),
            ("2026-03-04 00:00:00", None, "2026-03-04"),
            ("31/12/2026", None, "2026-12-31"),
            ("12/31/2026", None, "2026-12-31"),
            ("31.12.2026", None, "2026-12-31"),
            ("4. 4. 2026", None, "2026-04-04"),
            ("03/04/2026", Some(Dmy), "2026-04-03"),
            ("03/04/2026", Some(Mdy), "2026-03-04"),
            ("3-4-2026", Some(Dmy), "2026-04-03"),
        ] {
            assert_eq!(read(text, order).map(|day| day.to_string()), Ok(expected.to_owned()), "{text} {order:?}");
        }
        for text in ["03/04/2026", "3.4.2026", "03-04-2026", "1/12/2026"] {
            assert!(matches!(read(text, None), Err(ValueFault::TwoDates { .. })), "{text}");
        }
    }

    #[test]
    fn some_dates_have_only_one_order() {
        for (text, order) in [
            ("31/12/2026", Some(DateOrder::Dmy)),
            ("12/31/2026", Some(DateOrder::Mdy)),
            ("03/04/2026", None),
            ("2026/12/31", None),
            ("31/31/2026", None),
            ("", None),
        ] {
            assert_eq!(only_order(text), order, "{text}");
        }
    }

    #[test]
    fn another_text_is_no_date() {
        use DateOrder::*;
        for (text, order) in [
            ("", None),
            ("yesterday", None),
            ("2026-02-30", None),
            ("03/04", None),
            ("3/4-2026", None),
            ("+3/4/2026", Some(Dmy)),
            ("31/12/2026", Some(Mdy)),
            ("31/12/2026", Some(Ymd)),
            ("32/13/2026", None),
            ("12/31/99999", None),
            ("1/1/1969", None),
            ("2026-03-04 12:00", None),
            ("é/é/2026", None),
        ] {
            assert!(matches!(read(text, order), Err(ValueFault::Value { .. })), "{text} {order:?}");
        }
        assert!(matches!(read("3/4/26", Some(Dmy)), Err(ValueFault::ShortYear(_))));
    }
}
