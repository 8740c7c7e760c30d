//! Ids that are not ids, ids that do not exist, and stays that no hotel sells. Needs the development cluster.

use crate::case::{Case, Row, at, keyrack};

pub fn cases() -> Vec<Case> {
    let mut cases = at("{http}", "{operator}", keyrack(&ROWS));
    cases.extend(at("{http}", "{operator}", each_command()));
    cases.extend(at("{http}", "{operator}", keyrack(&STAYS)));
    let reused: Row = (
        "book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --idempotency-key used-once",
        1,
        &["idempotency_key_reused"],
        "new key",
    );
    cases.extend(at("{http}", "{desk}", keyrack(&[reused])));
    let own = |mut case: Case| {
        case.line += " --ca {ca} --cert {pki}/operator-dev.pem --cert-key {pki}/operator-dev.key";
        case
    };
    cases.extend(at("{operators}", "", keyrack(&OPERATORS).into_iter().map(own).collect()));
    cases
}

/// A wrong id for each command that takes a booking or a hold.
fn each_command() -> Vec<Case> {
    let bookings = [
        "booking get ID",
        "booking amend ID --departure {later}",
        "booking check-in ID",
        "booking check-out ID",
        "booking no-show ID",
        "cancel ID",
        "receipt get ID",
    ];
    let holds = ["hold confirm ID --guest Ada", "hold release ID"];
    let mut cases = Vec::new();
    for (commands, ids) in [
        (&bookings[..], ["bk_00000020d1z4498bcppn6xycc4", "bk_1", "hd_00000020d1z4498bcppn6xycc4", "''", "4711"]),
        (&holds[..], ["hd_00000020d1z4498bcppn6xycc4", "hd_1", "bk_00000020d1z4498bcppn6xycc4", "''", "4711"]),
    ] {
        for (turn, command) in commands.iter().enumerate() {
            for id in ids {
                let is_local = command.starts_with("receipt get") && !["bk_00000020d1z4498bcppn6xycc4"].contains(&id);
                let (code, says, hint): (i32, &[&str], _) =
                    if is_local { (2, &["id of a booking"], "bk_") } else { (1, &["not_found"], "") };
                if turn > 2 && id == "4711" && !is_local {
                    continue;
                }
                let mut case = keyrack(&[("", code, &[], hint)]).remove(0);
                case.line = command.replace("ID", id);
                case.says = says.iter().map(|word| (*word).to_owned()).collect();
                if !is_local {
                    case.says.push(format!("the id {}", if id == "''" { "\"\"".to_owned() } else { format!("{id:?}") }));
                }
                cases.push(case);
            }
        }
    }
    cases
}

const ROWS: [Row; 25] = [
    ("booking get 00000-00000", 1, &["not_found", "00000-00000"], ""),
    ("property get minibar", 1, &["not_found", "minibar"], ""),
    ("property get ''", 1, &["PROPERTY"], ""),
    ("property put nowhere --name A --currency EUR", 2, &["nowhere", "--time-zone"], "check the id"),
    ("property room-type lisbon-alfama NEW", 2, &["NEW", "--capacity"], "check the id"),
    ("property get 'two words'", 1, &["PROPERTY"], "letters"),
    ("property put 'two words' --name A --time-zone Europe/Lisbon --currency EUR", 1, &["PROPERTY"], "letters"),
    ("property put atlantis --name A --time-zone Atlantis --currency EUR", 1, &["--time-zone"], "Europe/Lisbon"),
    ("property put atlantis --name A --time-zone Europe/Lisbon --currency euro", 1, &["currency"], "EUR"),
    ("property put atlantis --name '5500 0000 0000 0004' --time-zone Europe/Lisbon --currency EUR", 1, &["card number"], ""),
    ("property room-type minibar DBL --capacity 1", 1, &["unknown_property", "minibar"], ""),
    ("property room-type lisbon-alfama 'D B L' --capacity 1", 1, &["code"], "letters"),
    ("property room-type lisbon-alfama DBL --capacity 4294967295", 1, &["capacity_too_large"], "rooms"),
    ("property rate-plan lisbon-alfama ''", 1, &["code"], "letters"),
    ("property rate-plan lisbon-alfama BAR --currency X", 1, &["currency"], "EUR"),
    ("property close-day minibar {arrival}", 1, &["unknown_property", "minibar"], ""),
    ("property list --cursor minibar", 1, &["cursor"], "answer"),
    ("availability minibar {arrival} {departure}", 1, &["minibar"], ""),
    ("offers minibar {arrival} {departure}", 1, &["minibar"], ""),
    ("booking list minibar", 1, &["minibar"], ""),
    ("booking list lisbon-alfama --state asleep", 1, &["state"], "confirmed"),
    ("booking list lisbon-alfama --cursor minibar", 1, &["cursor"], "answer"),
    ("trail --shard 99", 1, &["shard"], ""),
    ("trail --shard 0", 1, &["shard"], ""),
    ("audit --policy {f}/policy --shard 99", 1, &["shard 99"], "--shard"),
];

const STAYS: [Row; 27] = [
    ("availability lisbon-alfama {departure} {arrival}", 1, &["must be after"], ""),
    ("availability lisbon-alfama {arrival} {arrival}", 1, &["must be after"], ""),
    ("availability lisbon-alfama 2027-01-01 2099-01-01", 1, &["stay_too_long"], "more than 366 days"),
    ("availability lisbon-alfama {arrival} {departure} --room-type XXL", 1, &["XXL"], ""),
    ("offers lisbon-alfama {departure} {arrival}", 1, &["must be after"], ""),
    ("offers lisbon-alfama {arrival} {departure} --adults 4294967295", 1, &["guests"], ""),
    ("book lisbon-alfama {departure} {arrival} DBL BAR --guest Ada", 1, &["must be after"], ""),
    ("book lisbon-alfama {arrival} {arrival} DBL BAR --guest Ada", 1, &["must be after"], ""),
    ("book lisbon-alfama 2000-01-01 2000-01-02 DBL BAR --guest Ada", 1, &["arrival_in_past"], "business date"),
    ("book lisbon-alfama 2027-01-01 2099-01-01 DBL BAR --guest Ada", 1, &["stay_too_long"], "nights"),
    ("book lisbon-alfama 2300-01-01 2300-01-02 DBL BAR --guest Ada", 2, &["2300-01-01"], "2199-12-31"),
    ("book lisbon-alfama {arrival} {departure} XXL BAR --guest Ada", 1, &["unknown_room_type", "XXL"], ""),
    ("book lisbon-alfama {arrival} {departure} DBL XXL --guest Ada", 1, &["unknown_rate_plan", "XXL"], ""),
    ("book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --quantity 0", 1, &["quantity"], "at least"),
    ("book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --quantity 99", 1, &["rooms"], ""),
    ("book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --quantity 19", 1, &["sold_out", "{arrival}"], ""),
    (
        "book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --adults 3",
        1,
        &["occupancy_exceeded", "DBL"],
        "another type",
    ),
    ("book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --children 300", 1, &["children"], "0 to 17"),
    ("book lisbon-alfama {arrival} {departure} DBL BAR --guest 5500000000000004", 1, &["card number"], "token"),
    (
        "book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --payment-token 5500000000000004",
        1,
        &["card number"],
        "token",
    ),
    ("book lisbon-alfama {arrival} {departure} DBL BAR --guest Ada --idempotency-key ''", 1, &["--idempotency-key"], ""),
    ("hold place lisbon-alfama {arrival} {departure} DBL BAR --ttl-seconds 0", 1, &["--ttl-seconds"], "600"),
    ("hold place lisbon-alfama {arrival} {departure} DBL BAR --ttl-seconds 601", 1, &["--ttl-seconds"], "600"),
    ("ari lisbon-alfama DBL {departure} {arrival} --capacity 1", 1, &["DATE_TO"], "DATE_FROM"),
    ("ari lisbon-alfama DBL {arrival} {arrival} --rate dear --rate-plan BAR", 1, &["rate"], "120.00"),
    ("ari lisbon-alfama DBL {arrival} {arrival} --rate 120.00", 1, &["--rate-plan"], "rate"),
    ("ari lisbon-alfama DBL {arrival} {arrival} --capacity 1 --days funday", 1, &["days"], "mon"),
];

const OPERATORS: [Row; 20] = [
    ("principal show nobody-here", 1, &["not_found", "nobody-here"], ""),
    ("principal show 'a/b'", 2, &["a/b"], "letters"),
    ("principal show ''", 2, &["not an id"], "letters"),
    ("principal show Anna", 1, &["principal"], ""),
    ("principal put nobody-here", 2, &["nobody-here"], "--role"),
    ("principal put anna --role king", 1, &["role"], "auditor"),
    ("principal put Anna --role desk", 1, &["principal"], "lower-case"),
    ("principal put anna --role desk --subject =", 1, &["subject"], ""),
    ("principal revoke nobody-here", 1, &["not_found", "nobody-here"], ""),
    ("principal revoke '../nodes'", 2, &["../nodes"], "letters"),
    ("key create nobody-here", 1, &["not_found", "nobody-here"], ""),
    ("key create booking-com --expires-in-seconds 0", 1, &["--expires-in-seconds"], "at least 1"),
    ("key create booking-com --replaces minibar", 1, &["key", "minibar", "booking-com"], ""),
    ("key revoke booking-com minibar", 1, &["key", "minibar", "booking-com"], ""),
    ("key revoke booking-com 'a b'", 2, &["a b"], "letters"),
    ("node fence 99", 1, &["the id 99"], ""),
    ("node admit 99", 1, &["node"], ""),
    ("node lead 99 --shard 1", 1, &["the id 99"], ""),
    ("node lead 2 --shard 99", 1, &["shard 99"], ""),
    ("node fence 18446744073709551615", 1, &["the id 18446744073709551615"], ""),
];
