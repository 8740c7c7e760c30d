//! Tables in other forms, read by `keyrack import bookings --dry-run`. No cluster is needed.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use keyrack_tests::{ExitReport, run_until_exit};

const WITHIN: Duration = Duration::from_secs(60);
const HEADER: &str = "hotel,lead_time,arrival_date_year,arrival_date_month,arrival_date_day_of_month,stays_in_weekend_nights,\
                      stays_in_week_nights,adults,children,babies,distribution_channel,reserved_room_type,adr,reservation_status,\
                      reservation_status_date";
const ROW: &str = "Hill Hotel,3,2026,May,1,0,2,2,0,0,Direct,A,98.50,Check-Out,2026-05-03";

/// A dry run for a file with this name and this content.
fn dry_run(name: &str, content: &[u8], options: &[&str]) -> ExitReport {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, content).unwrap();
    let args = ["import", "bookings", file.to_str().unwrap(), "--dry-run"];
    run_until_exit("keyrack", &[&args[..], options].concat(), WITHIN)
}

fn accepted(name: &str, content: &[u8], options: &[&str]) -> String {
    let report = dry_run(name, content, options);
    assert_eq!(report.code, Some(0), "{name} {options:?}: {}", report.stderr);
    report.stdout
}

/// Standard error of a refused file. A panic has another exit code.
fn refused(content: &[u8], options: &[&str]) -> String {
    let report = dry_run("t.csv", content, options);
    assert_eq!((report.code, report.stdout.as_str()), (Some(1), ""), "{}", report.stderr);
    report.stderr
}

fn table(rows: &[&str]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

#[test]
fn every_separator_encoding_and_header_gives_the_same_hotel() {
    let text = table(&[&ROW.replace("Hill Hotel", "Hôtel Étoile")]);
    let expected =
        |shown: &str| shown.contains("hotel \"Hôtel Étoile\" becomes hotel-etoile-b182a4") && shown.contains("1 rows to import");
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let wide = |order: fn(u16) -> [u8; 2]| format!("\u{feff}{text}").encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let with_header = |header: String| text.replacen(HEADER, &header, 1).into_bytes();
    for (form, content) in [
        ("UTF-8, separated by commas", text.clone().into_bytes()),
        ("UTF-8, separated by commas", format!("\u{feff}{text}").into_bytes()),
        ("Windows-1252, separated by commas", latin),
        ("UTF-16LE, separated by commas", wide(u16::to_le_bytes)),
        ("UTF-16BE, separated by commas", wide(u16::to_be_bytes)),
        ("UTF-8, separated by tabs", text.replace(',', "\t").into_bytes()),
        ("UTF-8, separated by semicolons", text.replace(',', ";").replace("98.50", "98,50").replace('\n', "\r\n").into_bytes()),
        ("UTF-8, separated by commas", with_header(HEADER.to_uppercase().replace('_', " "))),
        ("UTF-8, separated by commas", with_header(HEADER.replace('_', "-"))),
        ("UTF-8, separated by commas", with_header(HEADER.replace('_', ""))),
    ] {
        let shown = accepted("t.csv", &content, &[]);
        assert!(shown.contains(form) && expected(&shown), "{form}: {shown}");
    }
}

#[test]
fn an_original_file_has_its_hotel_from_its_name_or_an_option() {
    let header = "IsCanceled,LeadTime,ArrivalDateYear,ArrivalDateMonth,ArrivalDateWeekNumber,ArrivalDateDayOfMonth,\
                  StaysInWeekendNights,StaysInWeekNights,Adults,Children,Babies,DistributionChannel,ReservedRoomType,ADR,\
                  ReservationStatus,ReservationStatusDate";
    let row = "0,3,2015,July,27,1,0,2,2,0,0,TA/TO,C               ,75.00,Check-Out,2015-07-03";
    let content = format!("{header}\n{row}\n");
    let shown = accepted("H1.csv", content.as_bytes(), &[]);
    assert!(shown.contains("hotel \"H1\" becomes h1") && shown.contains("the hotel has the name of the file"), "{shown}");
    let shown = accepted("H1.csv", content.as_bytes(), &["--hotel", "Resort Hotel", "--prefix", "p-"]);
    assert!(shown.contains("hotel \"Resort Hotel\" becomes p-resort-hotel") && !shown.contains("name of the file"), "{shown}");
    assert!(refused(table(&[ROW]).as_bytes(), &["--hotel", "Other"]).contains("the table has a column hotel"), "two names");
}

#[test]
fn every_bad_row_is_listed_and_left_out_only_if_asked_for() {
    let quoted = ROW.replace("Direct", "\"Di\nrect\"");
    let bad: Vec<String> = ["inf", "NaN", "1e300", "-5"].iter().map(|rate| ROW.replace("98.50", rate)).collect();
    let rows = [&[quoted.as_str()], &bad.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat();
    let err = refused(table(&rows).as_bytes(), &[]);
    assert!(err.contains("has 4 bad rows, so nothing was imported"), "{err}");
    for (line, value) in [(4, "inf"), (5, "NaN"), (6, "1e300"), (7, "-5")] {
        assert!(err.contains(&format!("t.csv, line {line}: column 13 (adr): \"{value}\" is")), "{err}");
    }
    let report = dry_run("t.csv", table(&rows).as_bytes(), &["--skip-bad-rows"]);
    assert!(report.code == Some(0) && report.stdout.contains("1 rows to import, 4 bad rows"), "{}", report.stdout);
    assert!(report.stderr.contains("has 4 bad rows, which the import leaves out"), "{}", report.stderr);
    let only_bad = table(&[&bad[0]]);
    assert!(refused(only_bad.as_bytes(), &["--skip-bad-rows"]).contains("no row that can be imported"), "nothing is left");
}

#[test]
fn a_date_with_two_meanings_needs_its_order() {
    let content = table(&[&ROW.replace("2026-05-03", "03/04/2026")]);
    let err = refused(content.as_bytes(), &[]);
    assert!(err.contains("line 2: column 15 (reservation_status_date): \"03/04/2026\" can be 2026-04-03 or 2026-03-04"), "{err}");
    for order in ["dmy", "mdy"] {
        accepted("t.csv", content.as_bytes(), &["--date-order", order]);
    }
    assert!(refused(content.as_bytes(), &["--date-order", "ymd"]).contains("is not a date as YEAR/MONTH/DAY"), "another order");
}

#[test]
fn a_number_that_cannot_be_meant_is_wrong_usage() {
    for value in ["4294967295", "1001", "-1", "NaN", "1e3"] {
        let report = dry_run("t.csv", table(&[ROW]).as_bytes(), &[&format!("--capacity-percent={value}")]);
        assert!(report.code == Some(2) && report.stderr.contains("a whole number from 0 to 1000"), "{value}: {}", report.stderr);
    }
}

#[test]
fn two_names_never_have_one_code() {
    let rooms = ["Deluxe Room with sea view", "Deluxe Room with garden view", "DLX", "dlx", "海景房"];
    let rows: Vec<String> = rooms.iter().map(|room| ROW.replace("Direct,A", &format!("Direct,{room}"))).collect();
    let shown = accepted("t.csv", table(&rows.iter().map(String::as_str).collect::<Vec<_>>()).as_bytes(), &["--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let kinds = shown["hotels"][0]["roomTypes"].as_array().unwrap();
    let codes: std::collections::BTreeSet<&str> = kinds.iter().map(|kind| kind["code"].as_str().unwrap()).collect();
    assert_eq!(codes.len(), rooms.len(), "{codes:?}");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    assert!(codes.iter().all(|code| (1..=20).contains(&code.len()) && code.bytes().all(allowed)), "{codes:?}");
}

#[test]
fn a_value_or_a_file_name_cannot_steer_the_terminal_or_add_a_line() {
    let row = ROW.replace("Check-Out", "\"\u{1b}[2J\0\nkeyrack: all is well\u{202e}\"").replace('\0', "\u{9b}");
    let report = dry_run("a\u{1b}[31m\nkeyrack: b.csv", table(&[&row]).as_bytes(), &["--encoding", "utf-8"]);
    let steers = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
    assert!(report.code == Some(1) && !report.stderr.contains(steers), "{:?}", report.stderr);
    assert_eq!(report.stderr.lines().filter(|line| line.starts_with("keyrack")).count(), 1, "{}", report.stderr);
}

#[test]
fn the_published_table_is_read_with_its_date_order() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|folder| folder.join("../shared/data/hotel-bookings.csv"));
    let file: PathBuf = file.unwrap();
    if !file.is_file() {
        println!("skipped: ../shared/data/hotel-bookings.csv does not exist");
        return;
    }
    let args = ["import", "bookings", file.to_str().unwrap(), "--dry-run"];
    let report = run_until_exit("keyrack", &args, WITHIN);
    assert!(report.code == Some(1) && report.stderr.contains("the order may be --date-order mdy"), "{}", report.stderr);
    assert!(report.stderr.lines().count() <= 102, "the list is bounded");
    let report = run_until_exit("keyrack", &[&args[..], &["--date-order", "mdy"]].concat(), WITHIN);
    assert!(report.code == Some(0) && report.stdout.contains("0 bad rows"), "{}", report.stderr);
}
