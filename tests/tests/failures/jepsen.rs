//! `keyrack-jepsen`: wrong usage, and folders that are not those of a run. Its exit code 1 is for a broken promise only.

use crate::case::{Case, Row, jepsen};

pub fn cases() -> Vec<Case> {
    jepsen(&ROWS)
}

const ROWS: [Row; 9] = [
    ("minibar", 2, &["minibar"], "--help"),
    ("run --minibar", 2, &["--minibar"], "--help"),
    ("run --seconds many", 2, &["many", "--seconds"], "--help"),
    ("run --workload minibar", 2, &["minibar"], ""),
    ("run --nemesis minibar", 2, &["minibar"], ""),
    ("check", 2, &["<FOLDER>"], "--help"),
    ("check {f}/missing", 2, &["{f}/missing"], ""),
    ("check {f}/empty", 2, &["{f}/empty"], ""),
    ("report {f}/missing", 2, &["{f}/missing"], ""),
];
