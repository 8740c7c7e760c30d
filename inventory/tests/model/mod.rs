//! A second implementation of the domain, written from its rules and built differently on purpose.
//!
//! It keeps the inputs: bookings, holds, accepted ARI updates, answers. It counts nothing in advance. How many rooms
//! are taken on a night, what a night costs, whether a plan has rates: it finds each by going through those lists
//! again, night by night. It is slow, and has no pages and no counters that could be wrong.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod amend;
mod fees;
mod leaves;
mod life;
mod rights;
mod said;
mod sell;
mod setup;

use std::collections::BTreeMap;
use std::sync::Arc;

use keyrack_inventory::*;
use rights::Sight;
use sell::Buyer;

use crate::trail;

/// A shard as the list of its inputs.
#[derive(Default)]
pub struct Model {
    pub now_ms: u64,
    /// The log position of the current command.
    at: At,
    pub hotels: Vec<Hotel>,
    pub bookings: Vec<Booking>,
    pub holds: Vec<Hold>,
    pub answers: Vec<Answer>,
    /// All journal lines, including refusals and lines that have expired.
    pub lines: Vec<Entry>,
    /// The receipts log.
    pub leaves: Vec<Leaf>,
    /// The secrets of each guest who was not erased.
    pub secrets: BTreeMap<BookingId, GuestSecrets>,
    /// The guest in the newest leaf of each booking.
    pub told_guests: BTreeMap<BookingId, Sealed>,
    /// All keys that were ever put, oldest first.
    pub replica_keys: Vec<ReplicaKeys>,
    /// The number of lines that are older than 48 hours and have been expired.
    pub forgotten: usize,
    /// The newest grant of each principal.
    pub grants: BTreeMap<u32, Grant>,
    /// The day of the last refusal of each caller, and how many it had on that day. Scripts stay far below the number from which
    /// refusals are only counted.
    pub refusals: BTreeMap<u32, RefusalCount>,
    /// The number of audit records, the newest link of their chain, and the time of the first record.
    pub audited: (u64, [u8; 32], u64),
    /// What the caller of the current command finds.
    sight: Sight,
    /// The owner of what the caller makes; 0 for the cluster.
    seller: u32,
    /// Whether the caller works for the hotel.
    staff: bool,
    /// The exact fees of each booking, and the part for giving it up, in ten-thousandths of a minor unit.
    owed: BTreeMap<BookingId, (i128, i128)>,
}

/// A property and every update it accepted, oldest first.
pub struct Hotel {
    pub number: PropertyNumber,
    /// The business date at the beginning.
    pub opened: Night,
    pub property: Property,
    pub updates: Vec<AriUpdate>,
}

/// The stored answer of an idempotency key.
pub struct Answer {
    pub key: RequestKey,
    pub reply: Reply,
}

/// The result of an accepted command, or the refusal.
type Decided = Result<(JournalEvent, Reply), Reject>;

impl Model {
    /// The expected result of [`keyrack_inventory::apply`].
    pub fn apply(&mut self, command: &Command, at: At) -> Outcome {
        self.now_ms = self.now_ms.max(at.ms);
        self.at = at;
        self.expire_holds();
        self.forget();
        self.seller = match command.by {
            Some(Actor { who: Who::Principal { number, .. }, .. }) => number,
            _ => 0,
        };
        let Some(sight) = self.sight_of(command) else { return self.refuse(command, Reject::Forbidden) };
        self.sight = sight;
        self.staff = self.is_staff(command);
        if let Some(answer) = command.request.and_then(|key| self.answers.iter().find(|a| a.key.digest == key.digest)) {
            if Some(answer.key) != command.request {
                return self.refuse(command, Reject::KeyReused);
            }
            let found = match &answer.reply {
                Reply::Booking(booking) => sight.finds_booking(booking),
                Reply::Hold(hold) => sight.finds_hold(hold),
                _ => true,
            };
            if !found {
                return self.refuse(command, Reject::NotFound);
            }
            let reply = answer.reply.clone();
            return Outcome { guest_key: self.guest_key(&reply), reply, replayed: true };
        }
        let (happened, reply) = match self.decide(command) {
            Ok(decided) => decided,
            // This is about the caller or the moment, so the key stays unused.
            Err(reject @ (Reject::HoldQuota { .. } | Reject::Forbidden | Reject::GuestChanged)) => {
                return self.refuse(command, reject);
            }
            Err(reject) => {
                self.count_refusal(command);
                (JournalEvent::Nothing, Reply::Rejected(reject))
            }
        };
        if let Some(key) = command.request {
            self.answers.push(Answer { key, reply: reply.clone() });
        }
        let digest = command.request.map(|key| key.digest);
        if happened != JournalEvent::Nothing || digest.is_some() || command.by.is_some() {
            self.line(command.property, digest, happened.clone(), reply.clone());
            self.sign(command);
        }
        // The caller that makes a booking has the guest's key already.
        let guest_key = if happened == JournalEvent::Booked { None } else { self.guest_key(&reply) };
        Outcome { reply, replayed: false, guest_key }
    }

    /// A refusal that is not kept for retries. Only the audit trail has it.
    fn refuse(&mut self, command: &Command, reject: Reject) -> Outcome {
        self.count_refusal(command);
        let reply = Reply::Rejected(reject);
        if command.by.is_some() {
            self.line(command.property, None, JournalEvent::Nothing, reply.clone());
            self.sign(command);
        }
        Outcome { reply, replayed: false, guest_key: None }
    }

    fn count_refusal(&mut self, command: &Command) {
        let Some(actor) = &command.by else { return };
        let number = match &actor.who {
            Who::Principal { number, .. } => *number,
            Who::Guest(_) => u32::MAX,
            _ => 0,
        };
        let day = (self.now_ms / 86_400_000) as u32;
        let today = self.refusals.get(&number).filter(|known| known.day == day).map_or(0, |known| known.count);
        self.refusals.insert(number, RefusalCount { day, count: today + 1 });
    }

    /// Adds the caller's audit record to the newest line.
    fn sign(&mut self, command: &Command) {
        let Some(actor) = command.by.clone() else { return };
        let (count, before, since_ms) = self.audited;
        let place = self.lines.len() - 1;
        let (action, record) = trail::action_of(&command.op);
        let line = &mut self.lines[place];
        let reason = match &command.op {
            _ if matches!(line.reply, Reply::Rejected(_)) => None,
            Op::Book(request) => request.override_reason.clone(),
            Op::Amend { override_reason, .. } => override_reason.clone(),
            _ => None,
        };
        line.mark = Some(Mark { actor, action: Action(action), record, reason, link: [0; 32] });
        let link = trail::link(before, &trail::records_of(place as u64, line)[0]);
        line.mark.as_mut().unwrap().link = link;
        self.audited = (count + 1, link, if count == 0 { self.now_ms } else { since_ms });
    }

    /// Rule 5: lines older than 48 hours expire, oldest first, at most [`EXPIRY_STEPS`] in one command. This deletes
    /// the stored answer, and a hold that ended.
    fn forget(&mut self) {
        let old = |line: &&Entry| self.now_ms - line.at_ms >= 48 * 3_600_000;
        let lines: Vec<Entry> = self.lines[self.forgotten..].iter().take_while(old).take(EXPIRY_STEPS).cloned().collect();
        self.forgotten += lines.len();
        for line in lines {
            self.answers.retain(|a| Some(a.key.digest) != line.request);
            if let Reply::Hold(ended) = line.reply
                && ended.state != HoldState::Open
            {
                self.holds.retain(|h| h.id != ended.id);
            }
        }
    }

    /// Rule 6: holds expire by deadline, then id, before the command is decided.
    fn expire_holds(&mut self) {
        let now_ms = self.now_ms;
        let due = |h: &&mut Hold| h.state == HoldState::Open && h.expires_at_ms <= now_ms;
        let mut ended: Vec<&mut Hold> = self.holds.iter_mut().filter(due).collect();
        ended.sort_by_key(|h| (h.expires_at_ms, h.id));
        let ended: Vec<Hold> = ended
            .into_iter()
            .map(|hold| {
                hold.state = HoldState::Expired;
                hold.clone()
            })
            .collect();
        for hold in ended {
            self.line(hold.id.property(), None, JournalEvent::HoldExpired, Reply::Hold(Arc::new(hold)));
        }
    }

    fn line(&mut self, property: PropertyNumber, request: Option<[u8; 16]>, happened: JournalEvent, reply: Reply) {
        self.lines.push(Entry { at_ms: self.now_ms, property, request, happened, reply, mark: None });
    }

    fn decide(&mut self, command: &Command) -> Decided {
        match &command.op {
            Op::Tick => Ok((JournalEvent::Nothing, Reply::Done)),
            Op::PutReplicaKeys(keys) | Op::PutProvenKeys(ProvenKeys { keys, .. }) => {
                self.put_replica_keys(keys);
                Ok((JournalEvent::Nothing, Reply::Done))
            }
            Op::PutGrant { number, grant } => {
                self.put_grant(*number, grant);
                Ok((JournalEvent::Nothing, Reply::Done))
            }
            Op::PutProperty { id, details, business_date, expected_revision } => {
                self.put_property(command.property, id, details, *business_date, *expected_revision)
            }
            op => {
                let place = self.hotels.iter().position(|h| h.number == command.property).ok_or(Reject::UnknownProperty)?;
                self.decide_in(place, op)
            }
        }
    }

    fn decide_in(&mut self, place: usize, op: &Op) -> Decided {
        match op {
            Op::RewrapGuest { .. } | Op::Observe(_) | Op::SealAudit => {
                unreachable!("no test sends these to the model: keys and the audit trail have their own tests")
            }
            Op::Tick
            | Op::PutGrant { .. }
            | Op::PutReplicaKeys(_)
            | Op::PutProvenKeys(_)
            | Op::PutCheckpoint { .. }
            | Op::PutProperty { .. } => {
                unreachable!("decided without a property")
            }
            Op::PutRoomType { room_type, expected_revision } => self.hotels[place].put_room_type(room_type, *expected_revision),
            Op::PutRatePlan { rate_plan, expected_revision } => self.hotels[place].put_rate_plan(rate_plan, *expected_revision),
            Op::UpdateAri(updates) => self.hotels[place].update_ari(updates),
            Op::PlaceHold { id, stay, rooms, ttl_ms } => self.place_hold(place, *id, *stay, rooms, *ttl_ms),
            Op::ConfirmHold { hold, booking, guest, channel_ref, payment_token, seeds, number, expected_total, guests } => {
                let buyer = Buyer { guest, channel_ref, payment_token, seeds, number: *number };
                self.confirm_hold(place, (*hold, *booking), buyer, (*expected_total, guests))
            }
            Op::ReleaseHold(id) => self.release_hold(place, *id),
            Op::Book(request) => self.book(place, request),
            Op::Amend { booking, arrival, departure, rooms, guest, guest_of, seeds, expected_revision, override_reason } => {
                if override_reason.is_some() && !self.staff {
                    return Err(Reject::Forbidden);
                }
                let wish = amend::Wish {
                    dates: [*arrival, *departure],
                    rooms: rooms.as_deref(),
                    guest: guest.as_ref(),
                    guest_of: *guest_of,
                    seeds,
                    overrides: override_reason.is_some(),
                };
                self.amend(place, *booking, &wish, *expected_revision)
            }
            Op::Cancel { booking, expected_revision } => self.cancel(place, *booking, *expected_revision),
            Op::CheckIn { booking, expected_revision } => self.check_in(place, *booking, *expected_revision),
            Op::CheckOut { booking, expected_revision } => self.check_out(place, *booking, *expected_revision),
            Op::RevertCheckIn { booking, expected_revision } => self.revert_check_in(place, *booking, *expected_revision),
            Op::Reinstate { booking, expected_revision } => self.reinstate(place, *booking, *expected_revision),
            Op::NoShow { booking, expected_revision } => self.no_show(place, *booking, *expected_revision),
            Op::EraseGuest { booking } => self.erase(place, *booking),
            Op::CloseBusinessDate { expected_from } => self.close_business_date(place, *expected_from),
        }
    }
}
