//! The public "hotel booking demand" table, imported into a cluster by the command line.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use keyrack_tests::{Cluster, Hotel, assert_counters_equal_bookings, run_until_exit};

const IMPORT_WITHIN: Duration = Duration::from_secs(900);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sample_is_replayed_and_its_books_balance() {
    replay(&checkout().join("cli/samples/hotel-bookings-sample.csv"), &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_bookings_are_replayed_and_their_books_balance() {
    let file = checkout().join("../shared/data/hotel-bookings.csv");
    if !file.is_file() {
        println!("skipped: ../shared/data/hotel-bookings.csv does not exist");
        return;
    }
    // Its dates have the month first, which an import does not guess.
    replay(&file, &["--date-order", "mdy"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_become_codes_and_bad_rows_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bookings.csv");
    let text = "hotel;lead_time;arrival_date_year;arrival_date_month;arrival_date_day_of_month;stays_in_weekend_nights;\
                stays_in_week_nights;adults;children;babies;distribution_channel;reserved_room_type;adr;reservation_status;\
                reservation_status_date\n\
                Hôtel Étoile;3;2026;May;1;0;2;2;0;0;Direct;Deluxe Room with sea view;98,50;Check-Out;2026-05-03\n\
                Hôtel Étoile;3;2026;May;1;0;2;2;0;0;Direct;Deluxe Room with sea view;inf;Check-Out;2026-05-03\n";
    std::fs::write(&file, text).unwrap();
    let cluster = Cluster::start();
    let before = properties(&cluster).await;
    let args =
        ["import", "bookings", file.to_str().unwrap(), "--endpoint", &cluster.node(1).http, "--key", cluster.key("operator")];
    let report = run_until_exit("keyrack", &args, IMPORT_WITHIN);
    assert!(report.code == Some(1) && report.stderr.contains("line 3: column 13 (adr)"), "{}", report.stderr);
    assert_eq!(properties(&cluster).await, before, "nothing is imported");
    let report = run_until_exit("keyrack", &[&args[..], &["--skip-bad-rows"]].concat(), IMPORT_WITHIN);
    assert_eq!(report.code, Some(0), "{}", report.stderr);
    assert!(report.stderr.contains("\"Deluxe Room with sea view\" becomes DELUXE-ROOM-"), "{}", report.stderr);
    assert!(report.stdout.contains("1 booked, 0 sold out, 0 otherwise refused"), "{}", report.stdout);
    assert!(report.stdout.contains("average rate 98.50"), "{}", report.stdout);
    assert!(properties(&cluster).await.contains("hotel-etoile-b182a4"));
}

async fn replay(file: &Path, dates: &[&str]) {
    let table = Table::read(file);
    let cluster = Cluster::start();
    let before = properties(&cluster).await;
    let endpoint = cluster.node(1).http.clone();
    let args = ["import", "bookings", file.to_str().unwrap()];
    let options = ["--endpoint", &endpoint, "--key", cluster.key("operator")];
    let report = run_until_exit("keyrack", &[&args[..], &options[..], dates].concat(), IMPORT_WITHIN);
    println!("{}", report.stdout);
    assert_eq!(report.code, Some(0), "the import succeeds: {}", report.stderr);
    assert!(!report.stdout.trim().is_empty(), "it prints a report");

    let after = properties(&cluster).await;
    let imported: Vec<&String> = after.difference(&before).collect();
    assert_eq!(imported.len(), table.hotels.len(), "one property per hotel: {imported:?}");
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for property in imported {
        // Through another node than the one that received the import.
        let hotel = Hotel::of(&cluster.api("auditor", 2), property);
        let bookings = hotel.bookings().await;
        for booking in &bookings {
            *states.entry(booking["state"].as_str().unwrap().to_string()).or_default() += 1;
        }
        let nights = assert_counters_equal_bookings(&hotel).await;
        println!("{property}: {} bookings, {nights} nights agree", bookings.len());
        assert!(nights > 0, "{property} has nights to compare");
    }
    println!("{states:?} of {} rows", table.stays);
    let listed: usize = states.values().sum();
    // The hotels are sized for the table, so hardly any stay is refused.
    assert!(listed <= table.rows && listed * 10 >= table.stays * 9, "{listed} of {}", table.stays);
    for (state, rows) in [("cancelled", table.cancelled), ("no_show", table.no_shows)] {
        let found = states.get(state).copied().unwrap_or(0);
        assert!(found <= rows, "{found} {state}, but the table has {rows}");
        assert!(found * 10 >= rows * 8, "{found} {state} of {rows} in the table");
    }
}

async fn properties(cluster: &Cluster) -> BTreeSet<String> {
    // The list covers all properties; the hotel that asks makes no difference.
    let list = Hotel::of(&cluster.operator(), "").pages("/v1/properties?limit=100").await;
    list.iter().map(|property| property["propertyId"].as_str().unwrap().to_string()).collect()
}

/// The table's totals, counted without Keyrack.
struct Table {
    rows: usize,
    /// Rows with at least one night; the others are visits, not stays.
    stays: usize,
    cancelled: usize,
    no_shows: usize,
    hotels: BTreeSet<String>,
}

impl Table {
    fn read(file: &Path) -> Table {
        let mut reader = csv::Reader::from_path(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let headers = reader.headers().unwrap().clone();
        let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let (hotel, status) = (column("hotel"), column("reservation_status"));
        let nights = [column("stays_in_weekend_nights"), column("stays_in_week_nights")];
        let mut table = Table { rows: 0, stays: 0, cancelled: 0, no_shows: 0, hotels: BTreeSet::new() };
        for row in reader.records().map(Result::unwrap) {
            table.rows += 1;
            if nights.iter().all(|night| row[*night].trim() == "0") {
                continue;
            }
            table.stays += 1;
            table.cancelled += usize::from(&row[status] == "Canceled");
            table.no_shows += usize::from(&row[status] == "No-Show");
            table.hotels.insert(row[hotel].to_string());
        }
        assert!(table.stays > 0, "{} has stays", file.display());
        table
    }
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}
