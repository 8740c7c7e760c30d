//! Files of the options --ca, --cert, --cert-key, --policy, --dev, and the tables of `import`.

use std::path::Path;

use crate::case::{Case, Row, keyrack, without_root_rights};
use crate::places::SECRET;

/// A command with `FILE` in place of a file that it reads, and the option or the argument that the hint names.
const READERS: [(&str, &str); 9] = [
    ("property list --endpoint https://{closed} --ca FILE", "--ca"),
    ("property list --endpoint https://{closed} --cert FILE --cert-key {f}/pki/operator-anna.key", "--cert"),
    ("node list --endpoint https://{closed} --cert {f}/pki/operator-anna.pem --cert-key FILE", "--cert-key"),
    ("audit --policy FILE", "olicy"),
    ("receipt verify {f}/empty --policy FILE", "olicy"),
    ("receipt show FILE", ""),
    ("receipt disclose FILE --only price", ""),
    ("import bookings FILE", ""),
    ("bench --dev FILE", "dev"),
];

/// Files that cannot be used, whatever they should be.
const FILES: [&str; 5] = ["{f}/missing", "{f}/folder", "{f}/empty", "{f}/binary", "{f}/nothing/below"];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (command, hint) in READERS {
        for file in FILES {
            cases.push(reading(command, file, hint));
        }
        cases.extend(without_root_rights(vec![reading(command, "{f}/unreadable", hint)]));
    }
    cases.extend(keyrack(&CERTIFICATES));
    cases.extend(tables());
    cases
        .push(keyrack(&[("bench --dev dev.json", 1, &["dev.json"], "keyrackd dev --json")]).remove(0).file("dev.json", "{\"a\""));
    cases.push(keyrack(&[("audit --policy big", 1, &["big", "1048576"], "receipt policy")]).remove(0).prepared(sparse));
    cases.push(keyrack(&[("receipt show big", 1, &["4194304"], "")]).remove(0).prepared(sparse));
    cases
}

fn reading(command: &str, file: &str, hint: &'static str) -> Case {
    let mut case = keyrack(&[("", 1, &[], hint)]).remove(0);
    case.line = command.replace("FILE", file);
    case.says = vec![file.to_owned()];
    case
}

/// A file of 64 MiB.
fn sparse(own: &Path) {
    std::fs::File::create(own.join("big")).unwrap().set_len(64 << 20).unwrap();
}

const CERTIFICATES: [Row; 14] = [
    ("property list --cert {f}/pki/operator-anna.pem", 2, &["--cert"], "--cert-key"),
    ("property list --cert-key {f}/pki/operator-anna.key", 2, &["--cert-key"], "--cert FILE"),
    ("property list --ca {f}/garbage.pem", 1, &["{f}/garbage.pem"], "--ca"),
    ("property list --ca {f}/pki/operator-anna.key", 1, &["{f}/pki/operator-anna.key"], "--ca"),
    ("property list --ca {f}/table.csv", 1, &["{f}/table.csv"], "--ca"),
    ("property list --cert {f}/garbage.pem --cert-key {f}/pki/operator-anna.key", 1, &["{f}/garbage.pem"], "--cert"),
    (
        "property list --cert {f}/pki/operator-anna.key --cert-key {f}/pki/operator-anna.key",
        1,
        &["{f}/pki/operator-anna.key"],
        "--cert",
    ),
    (
        "property list --cert {f}/pki/operator-anna.pem --cert-key {f}/pki/operator-anna.pem",
        1,
        &["{f}/pki/operator-anna.pem"],
        "",
    ),
    ("property list --cert {f}/pki/operator-anna.pem --cert-key {f}/garbage.key", 1, &["{f}/garbage.key"], "--cert-key"),
    ("property list --cert {f}/pki/operator-anna.pem --cert-key {f}/exposed.key", 1, &["{f}/exposed.key"], "chmod 600"),
    (
        "node list --cert {f}/pki/operator-anna.pem --cert-key {f}/pki/node-1.key",
        1,
        &["{f}/pki/node-1.key", "{f}/pki/operator-anna.pem"],
        "issued with it",
    ),
    (
        "book alfama 2027-03-01 2027-03-02 DBL BAR --guest Ada --cert {f}/pki/operator-anna.pem --cert-key {f}/other/operator-anna.key",
        1,
        &["{f}/other/operator-anna.key"],
        "issued with it",
    ),
    ("receipt policy --ca {f}/missing", 1, &["{f}/missing"], "--ca"),
    ("pki show {f}/pki/node-1.pem {f}/missing", 1, &["{f}/missing"], ""),
];

const HEADER: &str = "hotel,is_canceled,lead_time,arrival_date_year,arrival_date_month,arrival_date_day_of_month,\
                      stays_in_weekend_nights,stays_in_week_nights,adults,children,babies,distribution_channel,reserved_room_type,\
                      adr,reservation_status,reservation_status_date";
const ROW: &str = "Hill Hotel,0,30,2026,March,5,0,3,2,0,0,Direct,A,130,Check-Out,2026-03-08";

/// A change of the table, and words of the cause.
const TABLES: [(&str, &str, &[&str]); 17] = [
    ("adr,", "price,", &["line 1", "adr"]),
    ("hotel,", "house,", &["hotel"]),
    ("reservation_status,", "status,", &["reservation_status"]),
    ("lead_time", "lead", &["lead_time"]),
    ("30,2026", "many,2026", &["line 2", "lead_time", "many"]),
    ("30,2026", "-1,2026", &["line 2", "lead_time", "-1"]),
    ("30,2026", "900000,2026", &["line 2", "lead_time"]),
    ("March", "Ventôse", &["line 2", "Ventôse"]),
    ("March,5", "February,30", &["line 2"]),
    ("2026,March", "0,March", &["line 2"]),
    ("130,", "dear,", &["line 2", "adr", "dear"]),
    ("Check-Out", "Asleep", &["line 2", "reservation_status", "Asleep"]),
    ("2026-03-08", "yesterday", &["line 2", "yesterday"]),
    ("0,3,2", "0,3,two", &["line 2", "adults", "two"]),
    (",2026-03-08", "", &["line 2", "has 15 values"]),
    (",2026-03-08", ",2026-03-08,more", &["line 2", "has 17 values"]),
    (ROW, "", &["no bookings"]),
];

/// A table of one booking that can be imported.
pub fn table() -> String {
    format!("{HEADER}\n{ROW}\n")
}

fn tables() -> Vec<Case> {
    let table = |(from, to, words): (&str, &str, &[&str])| {
        let text = self::table();
        assert!(text.contains(from), "the table has no {from}");
        let mut case = keyrack(&[("import bookings {own}/t.csv --endpoint http://{closed}", 1, &["t.csv"], "")]).remove(0);
        case.says.extend(words.iter().map(|word| (*word).to_owned()));
        case.file("t.csv", text.replacen(from, to, 1))
    };
    let mut cases: Vec<Case> = TABLES.into_iter().map(table).collect();
    let row = ("import bookings {own}/t.csv --capacity-percent=-1", 2, &["-1", "--capacity-percent"][..], "--help");
    cases.extend(keyrack(&[row]));
    // The message quotes the file's text, but no control characters of it.
    let line = ("import bookings {own}/t.csv", 1, &["t.csv", "line 2"][..], "");
    cases.push(keyrack(&[line]).remove(0).file("t.csv", format!("{HEADER}\n{}\n", ROW.replace("Check-Out", "\u{1b}[2J"))));
    // A key in the wrong place is not printed.
    let line = ("property list --ca {own}/secret", 1, &["secret"][..], "--ca");
    cases.push(keyrack(&[line]).remove(0).file("secret", format!("kr_desk_{SECRET}\n")));
    cases
}
