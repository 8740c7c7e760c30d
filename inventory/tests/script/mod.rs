//! The language of the golden scripts.

mod log;
mod shown;
mod who;

use std::collections::BTreeSet;

use keyrack_inventory::*;

use crate::fixture::*;

/// The key inn (DLX with two rooms, STD with three, the unpriced plan FLEX) and its clock.
pub struct Inn {
    rows: MemRows,
    at_ms: u64,
    /// All guests named so far.
    guests: BTreeSet<String>,
    /// The number of leaves that were shown.
    told: u64,
    /// The number of journal lines that were searched for audit records.
    read: u64,
}

impl Inn {
    pub fn new() -> Inn {
        let mut inn = Inn { rows: key_inn(), at_ms: morning_ms(), guests: BTreeSet::new(), told: 0, read: 0 };
        inn.read = inn.next_line();
        inn
    }

    /// Runs one line and returns its output.
    pub fn say(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[0] {
            "wait" => {
                self.at_ms += duration_ms(words[1]);
                "ok".to_owned()
            }
            "log" => self.log(),
            "trail" => self.trail(),
            "show" => self.show(words[1], stay_of(words[2])),
            _ => self.apply(line, &words),
        }
    }

    fn apply(&mut self, line: &str, words: &[&str]) -> String {
        // The key is the last word. The text before it is the payload.
        let (payload, request) = match line.split_once(" key=") {
            Some((payload, name)) => (payload, Some(key(number(name), fingerprint(payload)))),
            None => (line, None),
        };
        let (what, by) = match payload.split_once(" by ") {
            Some((what, who)) => (what, Some(who::actor(who))),
            None => (payload, None),
        };
        let words = &words[..what.split_whitespace().count()];
        let command = Command { property: HOTEL, request, by, op: op(words) };
        self.guests.extend(value(words, "guest").map(str::to_owned));
        let first_line = self.next_line();
        let outcome = apply(&mut self.rows, &command, self.at_ms).unwrap();
        let mut came = shown::outcome(&outcome, self.at_ms);
        for sequence in first_line..self.next_line() {
            if let Some(Row::Journal(entry)) = self.rows.get(&Key::Journal(sequence)).unwrap()
                && entry.reply != outcome.reply
            {
                came += &format!("\n  also {:?}: {}", entry.happened, shown::reply(&entry.reply, self.at_ms));
            }
        }
        came
    }

    fn next_line(&mut self) -> u64 {
        match self.rows.get(&Key::Meta).unwrap() {
            Some(Row::Meta(meta)) => meta.next_sequence,
            _ => 0,
        }
    }

    /// Shows the new leaves.
    fn log(&mut self) -> String {
        let mut lines = Vec::new();
        while let Some(Row::Leaf(bytes)) = self.rows.get(&Key::Leaf(self.told)).unwrap() {
            lines.push(log::shown_leaf(self.told, bytes, &self.guests));
            self.told += 1;
        }
        if lines.is_empty() { "no new leaf".to_owned() } else { lines.join("\n") }
    }

    /// Shows the new records of the audit trail.
    fn trail(&mut self) -> String {
        let mut lines = Vec::new();
        while self.read < self.next_line() {
            if let Some(Row::Journal(entry)) = self.rows.get(&Key::Journal(self.read)).unwrap() {
                lines.extend(who::shown_record(entry));
            }
            self.read += 1;
        }
        if lines.is_empty() { "no new record".to_owned() } else { lines.join("\n") }
    }

    fn show(&mut self, room_type: &str, span: Stay) -> String {
        let show = |night: Night| {
            let n = count(&mut self.rows, room_type, &night.to_string());
            format!("{night} limit {} sold {} held {} available {} deficit {}", n.limit, n.sold, n.held, n.available, n.deficit())
        };
        span.nights().map(show).collect::<Vec<String>>().join("\n")
    }
}

pub fn number(name: &str) -> u64 {
    name.trim_start_matches(|c: char| c.is_alphabetic()).parse().unwrap()
}

fn fingerprint(payload: &str) -> u64 {
    payload.bytes().fold(7, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

pub fn duration_ms(text: &str) -> u64 {
    let (digits, unit) = text.split_at(text.find(char::is_alphabetic).unwrap());
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => HOUR_MS,
        _ => panic!("not a duration: {text}"),
    };
    digits.parse::<u64>().unwrap() * unit_ms
}

fn stay_of(text: &str) -> Stay {
    let (arrival, departure) = text.split_once('>').unwrap();
    stay(arrival, departure)
}

/// `2026-12-01>2026-12-03`, or only one of the two dates.
fn dates_of(text: &str) -> (Option<Night>, Option<Night>) {
    let (arrival, departure) = text.split_once('>').unwrap();
    let date = |text: &str| (!text.is_empty()).then(|| night(text));
    (date(arrival), date(departure))
}

/// `DLX:FLEX` or `DLX:FLEX:2`, with one adult.
fn room_of(text: &str) -> RoomRequest {
    let parts: Vec<&str> = text.split(':').collect();
    room(parts[0], parts[1], parts.get(2).map_or(1, |n| n.parse().unwrap()))
}

fn rooms_of(words: &[&str]) -> Vec<RoomRequest> {
    words.iter().filter(|word| word.contains(':')).map(|word| room_of(word)).collect()
}

/// The value of `name=value` among the words.
pub fn value<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

pub fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(words: &[&str], name: &str) -> Option<T> {
    value(words, name).map(|text| text.parse().unwrap())
}

fn op(words: &[&str]) -> Op {
    let target = || number(words[1]);
    let revision = || parsed(words, "revision");
    let stay_in = || words.iter().find(|word| word.contains('>')).map(|word| stay_of(word));
    match words[0] {
        "tick" => Op::Tick,
        "property" => {
            let (house_limit, no_show_on_close) = (parsed(words, "house"), words.contains(&"no-show-on-close"));
            put_property(PropertyDetails { house_limit, no_show_on_close, ..details() })
        }
        "type" => put_room_type(RoomType {
            retired: words.contains(&"retired"),
            overbooking_basis_points: parsed(words, "overbooking").unwrap_or(0),
            ..room_type(words[1], parsed(words, "capacity").unwrap())
        }),
        "plan" => {
            let fee = match value(words, "fee") {
                None => Fee::None,
                Some("first-night") => Fee::FirstNight,
                Some(points) => Fee::BasisPoints(points.parse().unwrap()),
            };
            let policy = CancellationPolicy { free_until_days: parsed(words, "free-until-days").unwrap_or(0), fee };
            put_rate_plan(RatePlan { policy, ..rate_plan(words[1]) })
        }
        "ari" => ari(words),
        "book" => with_guest(book(target(), stay_in().unwrap(), rooms_of(words)), words),
        "hold" => place_hold(target(), stay_in().unwrap(), rooms_of(words), duration_ms(value(words, "ttl").unwrap_or("600s"))),
        "confirm" => with_guest(confirm_hold(target(), number(words[2])), words),
        "release" => Op::ReleaseHold(hold_id(target())),
        "amend" => {
            let rooms = rooms_of(words);
            let rooms = if rooms.is_empty() { None } else { Some(rooms) };
            let (arrival, departure) = words.iter().find(|word| word.contains('>')).map_or((None, None), |word| dates_of(word));
            let (booking, seeds, expected_revision) = (booking_id(target()), LeafSeeds::default(), revision());
            let override_reason = value(words, "override").map(str::to_owned);
            let guest = None;
            let op = Op::Amend {
                booking,
                arrival,
                departure,
                rooms,
                guest,
                guest_of: None,
                seeds,
                expected_revision,
                override_reason,
            };
            with_guest(op, words)
        }
        "cancel" => Op::Cancel { booking: booking_id(target()), expected_revision: revision() },
        "check-in" => Op::CheckIn { booking: booking_id(target()), expected_revision: revision() },
        "check-out" => Op::CheckOut { booking: booking_id(target()), expected_revision: revision() },
        "no-show" => Op::NoShow { booking: booking_id(target()), expected_revision: revision() },
        "revert" => Op::RevertCheckIn { booking: booking_id(target()), expected_revision: revision() },
        "reinstate" => Op::Reinstate { booking: booking_id(target()), expected_revision: revision() },
        "erase" => erase(target()),
        "keys" => Op::PutReplicaKeys(replica_keys(target(), number(words[2]) as u8)),
        "grant" => who::grant(words),
        "seal" => Op::SealAudit,
        "close" => Op::CloseBusinessDate { expected_from: night(words[1]) },
        unknown => panic!("unknown command: {unknown}"),
    }
}

/// Adds the guest of `guest=name`.
fn with_guest(mut op: Op, words: &[&str]) -> Op {
    let (named, drawn) = log::guest(value(words, "guest"));
    match &mut op {
        Op::Book(BookRequest { guest, seeds, .. }) | Op::ConfirmHold { guest, seeds, .. } => {
            (*guest, *seeds) = (named.unwrap_or_default(), drawn);
        }
        Op::Amend { guest, seeds, .. } => (*guest, *seeds) = (named, drawn),
        _ => unreachable!("only book, confirm and amend take a guest"),
    }
    op
}

/// `ari DLX [FLEX] from..to name=value ...`; `+stopSell` sets a flag, `-stopSell` clears it.
fn ari(words: &[&str]) -> Op {
    let (plan, dates) = if words[2].contains("..") { (None, words[2]) } else { (Some(words[2]), words[3]) };
    let (from, to) = dates.split_once("..").unwrap();
    let flag = |name: &str| {
        let is = |sign| words.contains(&format!("{sign}{name}").as_str());
        if is('+') { Some(true) } else { is('-').then_some(false) }
    };
    Op::UpdateAri(vec![AriUpdate {
        capacity: parsed(words, "capacity"),
        out_of_order: parsed(words, "outOfOrder"),
        rate: parsed(words, "rate"),
        stop_sell: flag("stopSell"),
        closed_to_arrival: flag("closedToArrival"),
        closed_to_departure: flag("closedToDeparture"),
        min_stay_arrival: parsed(words, "minStayArrival"),
        min_stay_through: parsed(words, "minStayThrough"),
        max_stay: parsed(words, "maxStay"),
        ..update(words[1], plan, from, to)
    }])
}
