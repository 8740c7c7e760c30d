//! Recognises the header of a table.
//!
//! A column has the name of the published table (`lead_time`), of the original two files (`LeadTime`), or the same words
//! in any case with blanks, hyphens or nothing between them (`Lead Time`, `LEAD-TIME`).

use crate::messages::table::HeaderFault;

/// A column that an import reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Hotel,
    LeadTime,
    ArrivalYear,
    ArrivalMonth,
    ArrivalDay,
    WeekendNights,
    WeekNights,
    Adults,
    Children,
    Babies,
    Channel,
    RoomType,
    Rate,
    Status,
    StatusDate,
}

use Column::*;

/// All columns with their names in the published table, in the order of the enum.
const COLUMNS: [(Column, &str); 15] = [
    (Hotel, "hotel"),
    (LeadTime, "lead_time"),
    (ArrivalYear, "arrival_date_year"),
    (ArrivalMonth, "arrival_date_month"),
    (ArrivalDay, "arrival_date_day_of_month"),
    (WeekendNights, "stays_in_weekend_nights"),
    (WeekNights, "stays_in_week_nights"),
    (Adults, "adults"),
    (Children, "children"),
    (Babies, "babies"),
    (Channel, "distribution_channel"),
    (RoomType, "reserved_room_type"),
    (Rate, "adr"),
    (Status, "reservation_status"),
    (StatusDate, "reservation_status_date"),
];

/// The places of the columns in a table.
#[derive(Debug)]
pub struct Columns {
    headers: Vec<String>,
    places: [Option<usize>; COLUMNS.len()],
}

/// How many columns of an import these headers name.
pub fn recognised<'a>(headers: impl Iterator<Item = &'a str>) -> usize {
    headers.filter(|header| column(header).is_some()).count()
}

impl Columns {
    /// Finds the columns. `hotel_is_given` is for a table whose hotel is named by an option.
    pub fn find<'a>(headers: impl Iterator<Item = &'a str>, hotel_is_given: bool) -> Result<Columns, HeaderFault> {
        let headers: Vec<String> = headers.map(|header| header.trim().to_owned()).collect();
        let mut places = [None; COLUMNS.len()];
        for (place, header) in headers.iter().enumerate() {
            let Some(column) = column(header) else { continue };
            if let Some(first) = places[column as usize].replace(place) {
                return Err(HeaderFault::Twice { name: header.clone(), first: first + 1, second: place + 1 });
            }
        }
        let found = Columns { headers, places };
        if hotel_is_given && found.has_hotel() {
            return Err(HeaderFault::HotelGiven);
        }
        let may_lack_hotel = hotel_is_given || found.is_original();
        let missing: Vec<&'static str> = COLUMNS
            .iter()
            .filter(|(column, _)| found.places[*column as usize].is_none() && !(*column == Hotel && may_lack_hotel))
            .map(|(_, name)| *name)
            .collect();
        match missing[..] {
            [] => Ok(found),
            ["hotel"] => Err(HeaderFault::NoHotel),
            _ => Err(HeaderFault::Missing(missing)),
        }
    }

    /// Whether the table names the hotel of each booking.
    pub fn has_hotel(&self) -> bool {
        self.places[Hotel as usize].is_some()
    }

    /// The number of columns.
    pub fn count(&self) -> usize {
        self.headers.len()
    }

    /// The place of a column, counted from 0.
    pub fn place(&self, column: Column) -> Option<usize> {
        self.places[column as usize]
    }

    /// The place of a column, counted from 1, and its name in the file.
    pub fn shown(&self, column: Column) -> (usize, &str) {
        let place = self.place(column).unwrap_or_default();
        (place + 1, self.headers.get(place).map_or("", String::as_str))
    }

    /// Whether the header is that of the original two files (H1.csv and H2.csv), which have a hotel each and no column for it.
    fn is_original(&self) -> bool {
        let names = [LeadTime, ArrivalYear, Status].map(|column| self.places[column as usize].map(|place| &self.headers[place]));
        names.iter().all(|name| name.is_some_and(|name| name.chars().all(char::is_alphanumeric)))
    }
}

fn column(header: &str) -> Option<Column> {
    let letters = |text: &str| -> String {
        let kept =
            text.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-' | '\u{2010}' | '\u{2011}'));
        kept.flat_map(char::to_lowercase).collect()
    };
    let wanted = letters(header);
    COLUMNS.iter().find(|(_, name)| letters(name) == wanted).map(|(column, _)| *column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<&'static str> {
        COLUMNS.iter().map(|(_, name)| *name).collect()
    }

    #[test]
    fn a_column_is_known_in_any_case_and_with_any_break_between_words() {
        for header in ["lead_time", "LeadTime", "LEADTIME", " Lead Time ", "lead-time", "Lead\u{a0}time", "Lead\u{2011}Time"] {
            assert_eq!(column(header), Some(LeadTime), "{header}");
        }
        assert_eq!((column("ADR"), column("ad.r"), column("")), (Some(Rate), None, None));
        assert!(COLUMNS.iter().enumerate().all(|(place, (column, _))| *column as usize == place));
    }

    #[test]
    fn a_header_has_each_column_once() {
        let found = Columns::find(names().into_iter(), false).expect("a header");
        assert_eq!((found.has_hotel(), found.shown(Rate)), (true, (13, "adr")));
        let fault = |headers: Vec<&str>, given| Columns::find(headers.into_iter(), given).expect_err("no header");
        let twice = [names(), vec!["ADR"]].concat();
        assert_eq!(fault(twice, false), HeaderFault::Twice { name: "ADR".into(), first: 13, second: 16 });
        assert_eq!(fault(names(), true), HeaderFault::HotelGiven);
        assert_eq!(fault(names()[1..].to_vec(), false), HeaderFault::NoHotel);
        assert_eq!(
            fault(names()[..13].to_vec(), false),
            HeaderFault::Missing(vec!["reservation_status", "reservation_status_date"])
        );
    }

    #[test]
    fn the_original_files_need_no_column_for_the_hotel() {
        let original: Vec<String> = names()[1..].iter().map(|name| name.replace('_', "")).collect();
        let headers = || original.iter().map(String::as_str);
        assert!(!Columns::find(headers(), false).expect("an original file").has_hotel());
        assert!(!Columns::find(names().into_iter().skip(1), true).expect("a hotel is given").has_hotel());
    }
}
