//! Nights, stays and date ranges: days since 1970-01-01 in the proleptic Gregorian calendar, no time zone.

use core::fmt;

/// The maximum number of nights of a stay.
pub const MAX_STAY_NIGHTS: u32 = 366;

/// The calendar date on which a guest sleeps, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Night(pub u32);

/// Why a date or a stay is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateError {
    /// Not `YYYY-MM-DD`, or not a day of the calendar, or outside 1970..=2199.
    Invalid,
    /// The departure is not after the arrival.
    Empty,
    /// More than [`MAX_STAY_NIGHTS`] nights.
    TooLong,
}

impl Night {
    /// The last valid date: 2199-12-31.
    pub const LAST: Night = Night(84_005);

    /// The night of a calendar date; `month` and `day` count from 1.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Result<Night, DateError> {
        if !(1970..=2199).contains(&year) || !(1..=12).contains(&month) {
            return Err(DateError::Invalid);
        }
        if day == 0 || day > days_in_month(year, month) {
            return Err(DateError::Invalid);
        }
        // Days from civil: http://howardhinnant.github.io/date_algorithms.html#days_from_civil
        let y = i64::from(if month <= 2 { year - 1 } else { year });
        let era = y / 400;
        let year_of_era = y - era * 400;
        let shifted_month = i64::from((month + 9) % 12);
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        u32::try_from(days).map(Night).map_err(|_| DateError::Invalid)
    }

    /// Year, month and day; month and day count from 1.
    pub fn to_ymd(self) -> (i32, u32, u32) {
        // Civil from days, the inverse of `from_ymd`.
        let z = i64::from(self.0) + 719_468;
        let era = z / 146_097;
        let day_of_era = z - era * 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year as i32, month as u32, day as u32)
    }

    /// Reads exactly `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Night, DateError> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(DateError::Invalid);
        }
        let number = |range: core::ops::Range<usize>| {
            bytes[range]
                .iter()
                .try_fold(0u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')).ok_or(DateError::Invalid))
        };
        Night::from_ymd(number(0..4)? as i32, number(5..7)?, number(8..10)?)
    }

    /// The night's month, and its place in that month's page (0..=30).
    pub fn in_month(self) -> (Month, usize) {
        let (year, month, day) = self.to_ymd();
        (Month((year * 12 + month as i32 - 1) as u16), day as usize - 1)
    }

    /// The weekday, from 0 for Monday to 6 for Sunday.
    pub fn weekday(self) -> u32 {
        (self.0 + 3) % 7 // 1970-01-01 was a Thursday
    }

    /// The night after this one.
    pub fn next(self) -> Night {
        Night(self.0 + 1)
    }
}

impl fmt::Display for Night {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.to_ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A month of a year: `year * 12 + (month - 1)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub u16);

impl Month {
    /// The number of days of this month.
    pub fn days(self) -> usize {
        days_in_month(i32::from(self.0 / 12), u32::from(self.0 % 12) + 1) as usize
    }

    /// The month after this one.
    pub fn next(self) -> Month {
        Month(self.0 + 1)
    }
}

fn days_in_month(year: i32, month: u32) -> u32 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The nights of a stay: half-open, `[arrival, departure)`, 1 to [`MAX_STAY_NIGHTS`] of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stay {
    arrival: Night,
    departure: Night,
}

impl Stay {
    /// Refuses an empty, backward or overlong stay.
    pub fn new(arrival: Night, departure: Night) -> Result<Stay, DateError> {
        if departure <= arrival {
            return Err(DateError::Empty);
        }
        if departure.0 - arrival.0 > MAX_STAY_NIGHTS {
            return Err(DateError::TooLong);
        }
        if departure > Night::LAST {
            return Err(DateError::Invalid);
        }
        Ok(Stay { arrival, departure })
    }

    /// The first night.
    pub fn arrival(self) -> Night {
        self.arrival
    }

    /// The day of departure. It is not a night of the stay.
    pub fn departure(self) -> Night {
        self.departure
    }

    /// The number of nights.
    pub fn len(self) -> u32 {
        self.departure.0 - self.arrival.0
    }

    /// Always false: a stay has at least one night.
    pub fn is_empty(self) -> bool {
        false
    }

    /// Whether the night is one of its nights.
    pub fn contains(self, night: Night) -> bool {
        night >= self.arrival && night < self.departure
    }

    /// Both stays as one, if no night lies between them.
    pub(crate) fn joined(self, other: Stay) -> Option<Stay> {
        let touches = self.arrival() <= other.departure() && other.arrival() <= self.departure();
        let all = Stay::new(self.arrival().min(other.arrival()), self.departure().max(other.departure()));
        all.ok().filter(|_| touches)
    }

    /// The nights that two stays have in common; `None` if there are none.
    pub fn common(self, other: Stay) -> Option<Stay> {
        let (arrival, departure) = (self.arrival.max(other.arrival), self.departure.min(other.departure));
        (arrival < departure).then_some(Stay { arrival, departure })
    }

    /// Every night, ascending.
    pub fn nights(self) -> impl Iterator<Item = Night> + Clone {
        (self.arrival.0..self.departure.0).map(Night)
    }

    /// The stay cut at month ends: each month, with the page places `[from, to)` that the stay covers in it.
    pub fn months(self) -> impl Iterator<Item = (Month, core::ops::Range<usize>)> + Clone {
        spans(self.arrival, self.departure)
    }
}

/// The dates of an ARI update: inclusive at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateRange {
    from: Night,
    to: Night,
}

impl DateRange {
    /// The maximum number of days of one ARI update (three years).
    pub const MAX_DAYS: u32 = 1_096;

    /// Refuses a backward or overlong range.
    pub fn new(from: Night, to: Night) -> Result<DateRange, DateError> {
        if to < from {
            return Err(DateError::Empty);
        }
        if to.0 - from.0 >= Self::MAX_DAYS {
            return Err(DateError::TooLong);
        }
        if to >= Night::LAST {
            return Err(DateError::Invalid);
        }
        Ok(DateRange { from, to })
    }

    /// The first date.
    pub fn from(self) -> Night {
        self.from
    }

    /// The last date, included.
    pub fn to(self) -> Night {
        self.to
    }

    /// Every date, ascending.
    pub fn dates(self) -> impl Iterator<Item = Night> + Clone {
        (self.from.0..=self.to.0).map(Night)
    }

    /// The range cut at month ends, like [`Stay::months`].
    pub fn months(self) -> impl Iterator<Item = (Month, core::ops::Range<usize>)> + Clone {
        spans(self.from, self.to.next())
    }
}

fn spans(from: Night, to: Night) -> impl Iterator<Item = (Month, core::ops::Range<usize>)> + Clone {
    let mut at = from;
    core::iter::from_fn(move || {
        if at >= to {
            return None;
        }
        let (month, start) = at.in_month();
        let left_in_month = month.days() - start;
        let taken = left_in_month.min((to.0 - at.0) as usize);
        assert!(taken > 0, "every month of a stay has a night of it");
        at = Night(at.0 + taken as u32);
        Some((month, start..start + taken))
    })
}

/// Days of the week, one bit each. The lowest bit is Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekdays(pub u8);

impl Weekdays {
    /// All seven days.
    pub const ALL: Weekdays = Weekdays(0b111_1111);

    /// Whether a night falls on one of these days.
    pub fn contains(self, night: Night) -> bool {
        self.0 >> night.weekday() & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn every_valid_date_round_trips() {
        for day in 0..=Night::LAST.0 {
            let night = Night(day);
            let (y, m, d) = night.to_ymd();
            assert_eq!(Night::from_ymd(y, m, d), Ok(night));
            assert_eq!(Night::parse(&night.to_string()), Ok(night));
        }
        assert_eq!(Night::LAST.to_string(), "2199-12-31");
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in
            ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-4-01", "1969-12-31", "2200-01-01", "", "2026-12-2x"]
        {
            assert_eq!(Night::parse(text), Err(DateError::Invalid), "{text}");
        }
        assert!(Night::parse("2028-02-29").is_ok());
    }

    #[test]
    fn a_stay_is_cut_at_month_ends() {
        let night = |text| Night::parse(text).expect("a date");
        let stay = Stay::new(night("2026-01-30"), night("2026-03-02")).expect("a stay");
        let spans: alloc::vec::Vec<_> = stay.months().map(|(_, span)| span).collect();
        assert_eq!(spans, [29..31, 0..28, 0..1]);
        assert_eq!(spans.iter().map(|s| s.len()).sum::<usize>(), stay.len() as usize);
    }

    #[test]
    fn weekdays_start_on_monday() {
        assert_eq!(Night::parse("2026-11-20").expect("a date").weekday(), 4);
    }
}
