//! Dates that do not exist or are not written as dates. Nothing is asked of a node.

use crate::case::{Case, keyrack};

/// Texts that are not dates.
const WRONG: [&str; 10] = [
    "2027-02-30",
    "2027-13-01",
    "2027-00-10",
    "2027-3-1",
    "01/03/2027",
    "20270301",
    "2027-03-01T00:00",
    "tomorrow",
    "99999-01-01",
    "''",
];

/// Commands with a date, and the name of its argument.
const COMMANDS: [(&str, &str); 12] = [
    ("availability alfama DATE 2027-03-02", "<FROM>"),
    ("availability alfama 2027-03-01 DATE", "<TO>"),
    ("offers alfama DATE 2027-03-02", "<ARRIVAL>"),
    ("book alfama 2027-03-01 DATE DBL BAR --guest Ada", "<DEPARTURE>"),
    ("hold place alfama DATE 2027-03-02 DBL BAR", "<ARRIVAL>"),
    ("ari alfama DBL DATE 2027-03-02 --capacity 1", "<DATE_FROM>"),
    ("ari alfama DBL 2027-03-01 DATE --capacity 1", "<DATE_TO>"),
    ("property close-day alfama DATE", "<EXPECTED_FROM>"),
    ("property put alfama --name A --time-zone Europe/Lisbon --currency EUR --business-date DATE", "--business-date"),
    ("booking list alfama --arrival-from DATE", "--arrival-from"),
    ("booking list alfama --arrival-to DATE", "--arrival-to"),
    ("booking amend bk_00000020d1z4498bcppn6xycc4 --departure DATE", "--departure"),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (place, (command, argument)) in COMMANDS.iter().enumerate() {
        // Each command with three texts, and each text with at least three commands.
        for text in (0..3).map(|turn| WRONG[(place * 3 + turn) % WRONG.len()]) {
            let mut case = keyrack(&[("", 2, &[], "2026-12-24")]).remove(0);
            case.line = command.replace("DATE", text);
            case.says = vec![(*argument).to_owned(), text.trim_matches('\'').to_owned()];
            cases.push(case);
        }
    }
    cases
}
