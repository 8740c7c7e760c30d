//! `keyrack-jepsen`: wrong usage, and folders that are not those of a run. Its exit code 1 is for a broken promise only.

use crate::case::{Case, Row, jepsen};

pub fn cases() -> Vec<Case> {
    jepsen(&ROWS)
}

const ROWS: [Row; 11] = [
    ("minibar", 2, &["minibar"], "--help"),
    ("run --minibar", 2, &["--minibar"], "--help"),
    ("run --seconds many", 2, &["many", "--seconds"], "from 1 to 604800"),
    ("run --seed=-1", 2, &["-1", "--seed"], "from 0 to 18446744073709551615"),
    ("failover --port-base ''", 2, &["--port-base"], "from 1024 to 60000"),
    ("run --workload minibar", 2, &["minibar"], ""),
    ("run --nemesis minibar", 2, &["minibar"], ""),
    ("check", 2, &["<FOLDER>"], "--help"),
    ("check {f}/missing", 2, &["{f}/missing"], ""),
    ("check {f}/empty", 2, &["{f}/empty"], ""),
    ("report {f}/missing", 2, &["{f}/missing"], ""),
];
