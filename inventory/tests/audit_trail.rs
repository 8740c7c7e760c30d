//! The audit trail: one record for every caller's command, chained, sealed in the receipts log, never lost.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod auditor;
mod callers;
mod fixture;
mod guests;
mod steps;
mod trail;

use auditor::{AUDIT_SEAL, Auditor};
use callers::*;
use fixture::*;
use guests::*;
use keyrack_inventory::*;
use proptest::collection::vec;
use proptest::prelude::*;
use steps::Script;
use trail::*;

/// The caller of a step in a random history, or a command of the cluster before it.
#[derive(Clone, Copy, Debug)]
enum Caller {
    Cluster,
    Trusted,
    Manager,
    /// Channel 4, which sees only its own bookings, and only in the first property.
    Channel,
    GuestOfTheBooking,
    Nobody,
    /// Revokes the manager's grant or gives it back.
    Regrant,
    Observe(usize),
    Seal,
}

fn caller() -> impl Strategy<Value = Caller> {
    prop_oneof![
        4 => Just(Caller::Cluster),
        2 => Just(Caller::Trusted),
        8 => Just(Caller::Manager),
        4 => Just(Caller::Channel),
        1 => Just(Caller::GuestOfTheBooking),
        1 => Just(Caller::Nobody),
        1 => Just(Caller::Regrant),
        1 => (0usize..4).prop_map(Caller::Observe),
        2 => Just(Caller::Seal),
    ]
}

impl Caller {
    fn who(self, op: &Op) -> Option<Who> {
        let guest = || Who::Guest(BookingId(action_of(op).1.unwrap_or([7; 16])));
        match self {
            Caller::Trusted => Some(trusted(Role::Operator)),
            Caller::Manager => Some(Who::Principal { number: SELF, credential: 300 }),
            Caller::Channel => Some(principal(OTHER)),
            Caller::GuestOfTheBooking => Some(guest()),
            Caller::Nobody => Some(Who::Unauthenticated),
            Caller::Cluster | Caller::Regrant | Caller::Observe(_) | Caller::Seal => None,
        }
    }

    /// The command of the cluster before the step, if any.
    fn before(self, revision: u64) -> Option<Op> {
        Some(match self {
            Caller::Regrant => {
                let credentials = vec![Credential { number: 300, expires_at_ms: 0 }];
                let revoked = revision.is_multiple_of(2);
                Op::PutGrant { number: SELF, grant: Grant { revision, revoked, credentials, ..grant(Role::Manager) } }
            }
            Caller::Observe(count) => Op::Observe((0..count as u64).map(observation).collect()),
            Caller::Seal => Op::SealAudit,
            _ => return None,
        })
    }
}

fn observation(place: u64) -> Observation {
    let who =
        [Who::Unauthenticated, principal(70_000), trusted(Role::Auditor), Who::Guest(booking_id(5))][place as usize].clone();
    let verdict = [Verdict::ALLOWED, Verdict(401), Verdict(24), Verdict(65_535)][place as usize];
    let (property, record) = if place == 0 { (PropertyNumber(0), None) } else { (FAR, Some([9; 16])) };
    let at_ms = [0, 23, 24, u64::MAX][place as usize];
    Observation { at_ms, actor: actor(who), action: Action::READ_BOOKING, property, record, verdict, times: 1 << (place * 8) }
}

/// A history that is checked after every command.
struct Followed {
    rows: MemRows,
    /// The expected number of records, from the commands alone.
    count: u64,
    sealed: u64,
    auditor: Auditor,
    kinds: [usize; 4],
}

impl Followed {
    fn new() -> Followed {
        let mut rows = MemRows::new();
        let credentials = vec![Credential { number: 300, expires_at_ms: 0 }];
        know(&mut rows, SELF, Grant { credentials, ..grant(Role::Manager) });
        know(&mut rows, OTHER, Grant { own_only: true, properties: vec!["inn-1".to_owned()], ..grant(Role::Channel) });
        Followed { rows, count: 0, sealed: 0, auditor: Auditor::default(), kinds: [0; 4] }
    }

    fn say(&mut self, command: &Command, at: At) -> Result<Outcome, String> {
        let before = clock(&mut self.rows);
        let outcome = apply(&mut self.rows, command, at).unwrap();
        let after = clock(&mut self.rows);
        let refused = matches!(outcome.reply, Reply::Rejected(_));
        let added = match (&command.op, &command.by) {
            (_, Some(_)) if outcome.replayed => 0,
            (_, Some(_)) => 1,
            (Op::Observe(seen), None) => seen.len() as u64,
            (_, None) => 0,
        };
        self.kinds[usize::from(command.by.is_some()) * 2 + usize::from(refused)] += 1;
        self.count += added;
        if after.audit_count != self.count {
            return Err(format!("{} records instead of {} after {command:?}", after.audit_count, self.count));
        }
        if added == 0 && after.audit_link != before.audit_link {
            return Err(format!("the chain grew without a record: {command:?}"));
        }
        if added == 1 && command.by.is_some() {
            self.check_mark(command, &outcome)?;
        }
        self.check_seal(command, &outcome)?;
        Ok(outcome)
    }

    fn check_mark(&mut self, command: &Command, outcome: &Outcome) -> Result<(), String> {
        let line = newest_line(&mut self.rows);
        let mark = line.mark.ok_or_else(|| format!("no mark for {command:?}"))?;
        let said = (Some(mark.actor), (mark.action.0, mark.record), line.reply, line.property);
        let expected = (command.by.clone(), action_of(&command.op), outcome.reply.clone(), command.property);
        if said == expected { Ok(()) } else { Err(format!("{said:?} instead of {expected:?}")) }
    }

    /// A seal of a grown trail appends one leaf. Nothing else appends such a leaf.
    fn check_seal(&mut self, command: &Command, outcome: &Outcome) -> Result<(), String> {
        let due = command.op == Op::SealAudit && command.by.is_none() && self.count > self.sealed;
        let meta = clock(&mut self.rows);
        let before = self.auditor.kinds.get(&AUDIT_SEAL).copied().unwrap_or(0);
        while self.auditor.heard < meta.next_leaf {
            let Some(Row::Leaf(bytes)) = self.rows.get(&Key::Leaf(self.auditor.heard)).unwrap().cloned() else {
                panic!("a leaf is missing")
            };
            self.auditor.hear(&bytes)?;
        }
        let seals = self.auditor.kinds.get(&AUDIT_SEAL).copied().unwrap_or(0) - before;
        if seals > 0 && self.auditor.seal != Some((self.count.into(), head_of(&records(&self.rows)?))) {
            return Err(format!("a seal has {:?}", self.auditor.seal));
        }
        if due {
            self.sealed = self.count;
        }
        let since = meta.audit_unsealed_since_ms;
        if (seals == 1) != due || meta.audit_sealed != self.sealed || (since == 0) != (self.count == self.sealed) {
            return Err(format!("{seals} seals, {meta:?} after {command:?}, {outcome:?}"));
        }
        Ok(())
    }
}

/// Applies the commands of all steps, each with its caller.
fn follow(steps: &steps::drawn::Steps, callers: &[Caller]) -> Result<Followed, String> {
    let mut followed = Followed::new();
    let mut script = Script::new(steps.first_date);
    for (command, at) in script.prelude() {
        followed.say(&command, at)?;
    }
    for ((place, step), caller) in (0u64..).zip(&steps.list).zip(callers) {
        let (command, at) = script.command(step);
        if let Some(op) = caller.before(100 + place) {
            followed.say(&Command { property: command.property, request: None, by: None, op }, at)?;
        }
        let by = caller.who(&command.op).map(actor);
        let command = Command { by, ..command };
        let outcome = followed.say(&command, at)?;
        script.heard(&command, &outcome);
    }
    Ok(followed)
}

/// Recomputes the chain from the journal, from its first record to its newest link.
fn check_chain(followed: &Followed) -> Result<Vec<Record>, String> {
    let records = records(&followed.rows)?;
    let meta = clock(&mut followed.rows.clone());
    let told = (records.len() as u64, head_of(&records));
    if told == (meta.audit_count, meta.audit_link) { Ok(records) } else { Err(format!("{} records: {meta:?}", told.0)) }
}

/// Applies ticks two days later, until everything that can expire has expired.
fn grow_old(rows: &mut MemRows) {
    let at_ms = clock(rows).last_at_ms + MAX_HOLD_MS + RECORD_TTL_MS;
    let mut left = u64::MAX;
    while left > 0 {
        run(rows, Op::Tick, at_ms);
        let meta = clock(rows);
        let now_left = meta.next_sequence - meta.expiry_cursor;
        // A hold that has just expired is kept for two more days.
        if now_left == left {
            return;
        }
        left = now_left;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_journal_contains_the_whole_trail((steps, callers) in (steps::steps(150), vec(caller(), 150))) {
        let followed = follow(&steps, &callers);
        prop_assert!(followed.is_ok(), "{}", followed.err().unwrap());
        let mut followed = followed.unwrap();
        let records = check_chain(&followed);
        prop_assert!(records.is_ok(), "{}", records.unwrap_err());

        // After two days, keys and unmarked refusals are deleted, but no record is.
        grow_old(&mut followed.rows);
        prop_assert_eq!(check_chain(&followed), records);
        let forgotten = clock(&mut followed.rows).expiry_cursor;
        for (key, row) in followed.rows.iter() {
            let (Key::Journal(line), Row::Journal(entry)) = (key, row) else { continue };
            let kept = entry.happened != JournalEvent::Nothing || entry.mark.is_some() || *line >= forgotten;
            prop_assert!(kept, "{entry:?}");
        }
    }
}

/// The property test is only useful if random histories contain all kinds of steps.
#[test]
fn random_histories_contain_all_kinds_of_steps() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut kinds, mut sealed, mut marked_refusals) = ([0; 4], 0, 0);
    for _ in 0..50 {
        let (steps, callers) = (steps::steps(150), vec(caller(), 150)).new_tree(&mut runner).unwrap().current();
        let followed = follow(&steps, &callers).unwrap();
        followed.kinds.iter().zip(&mut kinds).for_each(|(times, sum)| *sum += times);
        sealed += followed.sealed;
        let refused = |row: &Row| matches!(row, Row::Journal(e) if e.mark.is_some() && matches!(e.reply, Reply::Rejected(_)));
        marked_refusals += followed.rows.iter().filter(|(_, row)| refused(row)).count();
    }
    assert!(kinds.iter().all(|times| *times > 200), "{kinds:?}");
    assert!(sealed > 1_000 && marked_refusals > 500, "{sealed} {marked_refusals}");
}

/// A short trail with guests, refusals and observations.
fn short_trail() -> MemRows {
    let mut rows = two_properties();
    let nights = stay("2026-11-26", "2026-11-28");
    let rooms = || vec![room("STD", "FLEX", 1)];
    let mut confirm = confirm_hold(1, 12);
    if let Op::ConfirmHold { guest, channel_ref, payment_token, seeds: drawn, .. } = &mut confirm {
        (*guest, *drawn) = (sealed(3), seeds(3));
        (*channel_ref, *payment_token) = ("ref-3".to_owned(), "token-of-a-card".to_owned());
    }
    let mut said = vec![
        asked(principal(SELF), book_for(10, nights, rooms(), 1)),
        keyed(1, asked(principal(SELF), amend_to(10, 2))),
        keyed(1, asked(principal(SELF), amend_to(10, 2))),
        Command { request: Some(key(1, 2)), ..asked(principal(SELF), amend_to(10, 4)) },
        asked(principal(77), book_for(11, nights, rooms(), 1)),
        asked(Who::Unauthenticated, amend_to(10, 5)),
        asked(Who::Guest(booking_id(10)), cancel(10)),
        asked(principal(SELF), confirm),
        asked(principal(SELF), erase(12)),
        asked(trusted(Role::Operator), Op::SealAudit),
    ];
    said.push(command(Op::RewrapGuest {
        booking: booking_id(10),
        from: wrapped_key(2),
        to: wrapped_key(6),
        lookups: Vec::new(),
    }));
    said.push(command(Op::Observe((0..4).map(observation).collect())));
    for command in said {
        apply(&mut rows, &command, morning_ms()).unwrap();
    }
    rows
}

/// 8 records of the setup, 9 of the other commands and 4 observations. The retry has no record.
#[test]
fn a_short_trail_is_complete() {
    let mut rows = short_trail();
    let records = records(&rows).unwrap();
    let meta = clock(&mut rows);
    assert_eq!((records.len(), meta.audit_count, head_of(&records)), (21, 21, meta.audit_link));
}

#[test]
fn no_record_contains_guest_data() {
    let rows = short_trail();
    let mut secrets: Vec<Vec<u8>> = vec![b"ref-".to_vec(), b"token".to_vec(), b"Ada".to_vec()];
    for seed in 1..=6 {
        secrets.extend([sealed(seed).ciphertext[..4].to_vec(), wrapped_key(seed)[..4].to_vec()]);
        secrets.extend(seeds(seed).guest.iter().map(|digest| digest[..4].to_vec()));
        secrets.extend([salts(seed).price, salts(seed).channel_ref, salts(seed).unit].map(|salt| salt[..4].to_vec()));
    }
    let all = records(&rows).unwrap();
    for secret in &secrets {
        assert!(!all.iter().any(|record| record.windows(secret.len()).any(|part| part == secret)), "{secret:02x?}");
    }
    assert!(all.iter().any(|record| record.windows(16).any(|part| part == booking_id(10).0)), "the search finds a booking id");
}

/// The newest link depends on every byte of every record, and on their order.
#[test]
fn every_change_of_the_trail_changes_the_newest_link() {
    let all = records(&short_trail()).unwrap();
    let newest = head_of(&all);
    for place in 0..all.len() {
        for byte in 0..all[place].len() {
            let mut changed = all.clone();
            changed[place][byte] ^= 1;
            assert_ne!(head_of(&changed), newest, "byte {byte} of record {place}");
        }
        let mut fewer = all.clone();
        let gone = fewer.remove(place);
        assert_ne!(head_of(&fewer), newest);
        fewer.insert((place + 1) % all.len(), gone);
        assert_ne!(head_of(&fewer), newest, "record {place} moved");
    }
}

/// The journal line is changed, but the link is not.
#[test]
fn a_changed_line_does_not_match_its_link() {
    let rows = short_trail();
    let lines: Vec<(Key, Entry)> = rows
        .iter()
        .filter_map(|(key, row)| if let Row::Journal(entry) = row { Some((*key, Entry::clone(entry))) } else { None })
        .filter(|(_, entry)| entry.mark.is_some())
        .collect();
    assert_eq!(lines.len(), 17);
    for (key, entry) in lines {
        let mark = |change: fn(&mut Mark)| {
            let mut changed = entry.clone();
            change(changed.mark.as_mut().unwrap());
            changed
        };
        for changed in [
            mark(|mark| mark.actor.who = principal(5)),
            mark(|mark| mark.actor.who = Who::Principal { number: SELF, credential: 9 }),
            mark(|mark| mark.actor.from[15] ^= 1),
            mark(|mark| mark.action.0 ^= 1),
            mark(|mark| mark.record = Some([1; 16])),
            mark(|mark| mark.link[0] ^= 1),
            Entry { at_ms: entry.at_ms + 1, ..entry.clone() },
            Entry { property: PropertyNumber(1), ..entry.clone() },
            Entry { reply: Reply::Rejected(Reject::NoRooms), ..entry.clone() },
            Entry { mark: None, ..entry.clone() },
        ] {
            let mut spoilt = rows.clone();
            spoilt.put(key, Row::Journal(Box::new(changed.clone())));
            let meta = clock(&mut spoilt);
            let fits = |all: Vec<Record>| (all.len() as u64, head_of(&all)) == (meta.audit_count, meta.audit_link);
            assert!(!records(&spoilt).is_ok_and(fits), "{changed:?}");
        }
    }
}

/// The encoding is hashed and must never change. Expected bytes are from RFC 8949 by hand.
#[test]
fn records_are_stable() {
    let actor = Actor { who: Who::Principal { number: 3, credential: 2 }, ..actor(Who::Unauthenticated) };
    let seen = Observation {
        at_ms: 1_764_154_200_123,
        actor,
        action: Action::CANCEL,
        property: HOTEL,
        record: Some(BookingId::new(HOTEL, 0x019a_bcde_f012, 0x0a0b_0c0d_0e0f).0),
        verdict: Verdict(24),
        times: 1,
    };
    let record = AuditRecord { line: 70_000, place: 2, seen, reason: None };
    let by_hand = "8b 1a 00011170 02 1b 0000019abfc8d03b 6b 7072696e636970616c2f33 02 50 00000000000000000000ffffc0000201 \
                   0a 07 50 00000007 019abcdef012 0a0b0c0d0e0f 1818 01";
    assert_eq!(record.encode(), hex(by_hand));
    let nobody = Observation {
        actor: callers::actor(Who::Unauthenticated),
        property: PropertyNumber(0),
        record: None,
        ..record.seen.clone()
    };
    let by_hand = "8b 1a 00011170 00 1b 0000019abfc8d03b 66 6e6f626f6479 00 50 00000000000000000000ffffc0000201 0a 00 f6 1818 01";
    let next = AuditRecord { line: 70_000, place: 0, seen: nobody, reason: None };
    assert_eq!(next.encode(), hex(by_hand));
    let first = record.link(&[0; 32]);
    assert_eq!((first, next.link(&first)), (link([0; 32], &record.encode()), link(first, &next.encode())));
    // Computed with another program.
    assert_eq!(first, *hex("37b49d52b109dd9c422a60eec7ec5bf31430fff13bad481a406c05effbc86571"));
    let numbers: Vec<u8> = Action::ALL.iter().map(|action| action.0).collect();
    assert_eq!(
        numbers,
        [&(1..=18).collect::<Vec<u8>>()[..], &(32..=40).collect::<Vec<u8>>(), &(48..=59).collect::<Vec<u8>>(), &[63]].concat()
    );
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    base16ct::lower::decode_vec(digits).unwrap()
}
