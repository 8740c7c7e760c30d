//! What a file has and what an import makes of it: the result of `--dry-run`, and a note after an import.

use std::fmt::Write;

use serde::Serialize;

use super::plan::Hotel;
use super::table::Table;
use crate::terminal::line;

/// A file and its hotels.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    file: String,
    encoding: String,
    separator: String,
    rows: usize,
    bad_rows: u64,
    hotel_named_after_file: bool,
    hotels: Vec<HotelOverview>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HotelOverview {
    name: String,
    property_id: String,
    rows: usize,
    without_night: usize,
    first_arrival: String,
    last_departure: String,
    room_types: Vec<RoomTypeOverview>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RoomTypeOverview {
    name: String,
    code: String,
    rooms: u32,
}

/// The facts of a file that remain after its rows became hotels.
pub struct Source {
    file: String,
    encoding: String,
    separator: String,
    rows: usize,
    bad_rows: u64,
    hotel_from_file: bool,
}

impl Source {
    /// The facts of a table.
    pub fn of(table: &Table) -> Source {
        Source {
            file: table.bad.path.to_string_lossy().into_owned(),
            encoding: table.encoding.to_string(),
            separator: table.separator.to_string(),
            rows: table.rows.len(),
            bad_rows: table.bad.rows,
            hotel_from_file: table.hotel_from_file,
        }
    }
}

impl Overview {
    /// Joins the facts of a file and the hotels that were planned from it.
    pub fn of(source: Source, hotels: &[Hotel]) -> Overview {
        let Source { file, encoding, separator, rows, bad_rows, hotel_from_file } = source;
        let hotels = hotels.iter().map(hotel).collect();
        Overview { file, encoding, separator, rows, bad_rows, hotel_named_after_file: hotel_from_file, hotels }
    }

    /// Lines for people.
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}, separated by {}\n", line(&self.file), self.encoding, self.separator);
        let _ = writeln!(text, "  {:>6} rows to import, {} bad rows", self.rows, self.bad_rows);
        if self.hotel_named_after_file {
            text += "  the table names no hotel, so the hotel has the name of the file; --hotel NAME changes it\n";
        }
        for hotel in &self.hotels {
            let _ = writeln!(text, "hotel \"{}\" becomes {}", line(&hotel.name), hotel.property_id);
            let _ = writeln!(
                text,
                "  {:>6} rows, {} of them without a night to book, {} to {}",
                hotel.rows, hotel.without_night, hotel.first_arrival, hotel.last_departure
            );
            for kind in &hotel.room_types {
                let _ = writeln!(text, "  room type \"{}\" becomes {}, {} rooms", line(&kind.name), kind.code, kind.rooms);
            }
        }
        text
    }
}

fn hotel(hotel: &Hotel) -> HotelOverview {
    let room_types = hotel.room_types.iter().map(|(name, code)| RoomTypeOverview {
        name: name.clone(),
        code: code.clone(),
        rooms: hotel.capacities.get(code).copied().unwrap_or(0),
    });
    HotelOverview {
        name: hotel.name.clone(),
        property_id: hotel.id.clone(),
        rows: hotel.rows.len(),
        without_night: hotel.rows.iter().filter(|row| row.nights == 0).count(),
        first_arrival: hotel.rows.iter().map(|row| row.arrival).min().unwrap_or_default().to_string(),
        last_departure: hotel.rows.iter().map(|row| row.departure()).max().unwrap_or_default().to_string(),
        room_types: room_types.collect(),
    }
}
