//! Wrong addresses of nodes, and servers that are not nodes.

use crate::case::{Case, Row, Shape, keyrack, shaped};

/// Not an address. The command is wrong, and nothing is sent.
const MALFORMED: [&str; 14] = [
    "",
    "nowhere.invalid",
    "127.0.0.1:7110",
    "ftp://127.0.0.1:7110",
    "grpc://127.0.0.1:7110",
    "http://",
    "http://anna@127.0.0.1:7110",
    "http://127.0.0.1:7110/v1",
    "https://127.0.0.1:7110?x=1",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:port",
    "http://127.0.0.1:-1",
    "http://[::1:7110",
    "http://a b:7110",
];

/// An address, and a word of the cause.
const UNREACHABLE: [(&str, &str); 12] = [
    ("http://nowhere.invalid:7110", "nowhere.invalid:7110"),
    ("https://nowhere.invalid", "nowhere.invalid"),
    ("http://{closed}", "{closed}"),
    ("https://{closed}", "{closed}"),
    ("http://[::1]:1", "[::1]:1"),
    ("http://127.0.0.1:0", "127.0.0.1:0"),
    ("http://192.0.2.1:7110", "192.0.2.1:7110"),
    ("http://{silent}", "{silent}"),
    ("http://{closing}", "{closing}"),
    ("https://{closing}", "{closing}"),
    ("http://{website}", "{website}"),
    ("https://{website}", "{website}"),
];

/// Over gRPC, over HTTP, a change over gRPC, and a change over HTTP.
const COMMANDS: [&str; 4] = [
    "property list",
    "trail",
    "book alfama 2027-03-01 2027-03-02 DBL BAR --guest Ada --idempotency-key order-4711",
    "principal revoke anna",
];

/// The commands that ask more than one page, or that have files too.
const OTHERS: [Row; 8] = [
    ("receipt policy --endpoint http://{closed}", 1, &["{closed}"], "--endpoint"),
    ("receipt get bk_00000020d1z4498bcppn6xycc4 --endpoint http://{closed}", 1, &["{closed}"], "--endpoint"),
    ("node list --endpoint https://{closed}", 1, &["{closed}"], "--endpoint"),
    ("key create anna --endpoint https://{closed}", 1, &["{closed}"], "--endpoint"),
    ("trail --endpoint http://{closed},http://nowhere.invalid:7110", 1, &["{closed}", "nowhere.invalid:7110"], "--endpoint"),
    ("property list --endpoint http://{closed},https://{closed}", 1, &["{closed}"], "--endpoint"),
    ("property list --endpoint http://{closed},nowhere", 2, &["nowhere"], "http://HOST:PORT"),
    ("import bookings {f}/table.csv --endpoint http://{closed}", 1, &["{closed}"], "--endpoint"),
];

/// It says at the start what it waits for.
const BENCH: Row = ("bench --properties 1 --seconds 1 --endpoint http://{closed}", 1, &["{closed}"], "--endpoint");

pub fn cases() -> Vec<Case> {
    let mut cases = keyrack(&OTHERS);
    cases.extend(shaped(Shape::MessageAfterLog, keyrack(&[BENCH])));
    for (turn, address) in MALFORMED.iter().enumerate() {
        for command in [COMMANDS[turn % COMMANDS.len()], COMMANDS[(turn + 1) % COMMANDS.len()]] {
            cases.push(with_endpoint(command, address, 2, address, "http://HOST:PORT"));
        }
    }
    for (address, cause) in UNREACHABLE {
        for command in COMMANDS {
            cases.push(with_endpoint(command, address, 1, cause, hint(address, command)));
        }
    }
    // The environment gives the address as well as the option does.
    let from_environment = cases.iter().step_by(7).cloned().collect::<Vec<_>>();
    cases.extend(from_environment.into_iter().filter_map(|case| {
        let (before, endpoint) = case.line.split_once(" --endpoint ")?;
        let (line, endpoint) = (before.to_owned(), endpoint.trim_matches('\'').to_owned());
        Some(Case { line, ..case }.set("KEYRACK_ENDPOINT", endpoint))
    }));
    cases
}

fn hint(address: &str, command: &str) -> &'static str {
    match address {
        _ if command.starts_with("book ") && address.contains("silent") => "--idempotency-key order-4711",
        "https://{website}" => "http://",
        "http://{website}" => "Keyrack node",
        _ => "",
    }
}

fn with_endpoint(command: &str, address: &str, code: i32, cause: &str, hint: &'static str) -> Case {
    let mut case = keyrack(&[("", code, &[], hint)]).remove(0);
    case.line = format!("{command} --endpoint '{address}'");
    case.says = vec![cause.to_owned()];
    case
}
