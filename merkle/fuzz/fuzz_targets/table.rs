//! A table of bookings to import. Every accepted row has valid dates.
#![no_main]

use keyrack_fuzz::table;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(table) = table::parse(std::path::Path::new("table.csv"), bytes, &table::Given::default()) {
        assert!(!table.rows.is_empty() || table.bad.rows > 0);
        for row in table.rows {
            assert!(row.departure() >= row.arrival && row.ended_on >= row.booked_on && row.line > 1);
        }
    }
});
