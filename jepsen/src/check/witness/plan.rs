//! One hotel's changes in log order, and the observations to check between them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::realtime::Bounds;
use crate::check::findings::Findings;
use crate::check::logical_ops::LogicalOp;
use crate::history::{Answer, Booking, Call, FeedEvent, Hotel, Outcome};
use crate::model::{MAX_HOLD_MS, same_rooms};

/// A change of the hotel's state.
#[derive(Clone, Debug)]
pub(super) struct Effect<'h> {
    pub what: EffectKind<'h>,
    /// The lowest index it can have. Never decreases along a plan.
    pub lowest_index: u64,
    /// The highest index it can have. Never decreases along a plan.
    pub highest_index: u64,
    /// Its log time, if the feed has it.
    pub at_ms: Option<u64>,
}

impl Effect<'_> {
    /// The id of the operation, if an operation caused it.
    pub(super) fn id(&self) -> Option<u64> {
        if let EffectKind::Op(logical, _) = &self.what { Some(logical.op.id) } else { None }
    }
}

#[derive(Clone, Debug)]
pub(super) enum EffectKind<'h> {
    /// An operation with its recorded outcome or, if it got no answer, with the outcome in the feed.
    Op(LogicalOp<'h>, Cow<'h, Outcome>),
    /// The expiry of a hold.
    Expiry(&'h str),
    /// A booking in the feed that no known operation caused.
    FromFeed(&'h Booking),
}

/// An operation that changes nothing. It must agree at some point of its window. All reads of one index see one state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation<'h> {
    pub op: LogicalOp<'h>,
    pub lowest_index: u64,
    pub highest_index: u64,
}

#[derive(Default)]
pub(super) struct Plan<'h> {
    pub effects: Vec<Effect<'h>>,
    pub observations: Vec<Observation<'h>>,
    /// Whether the feed lacks some effects, so that the order within a batch is unknown.
    pub incomplete: bool,
}

/// The events of each property.
pub(super) fn by_property(feed: &[FeedEvent]) -> HashMap<&str, Vec<&FeedEvent>> {
    let mut properties: HashMap<&str, Vec<&FeedEvent>> = HashMap::new();
    for event in feed {
        properties.entry(&event.property).or_default().push(event);
    }
    properties
}

/// Puts a hotel's operations in log order.
pub(super) fn of<'h>(
    hotel: &'h Hotel,
    ops: &[LogicalOp<'h>],
    feed: &[&'h FeedEvent],
    bounds: &Bounds,
    found: &mut Findings,
) -> Plan<'h> {
    let mut builder = PlanBuilder { shard: hotel.shard, bounds, plan: Plan::default(), waiting: Unplaced::default() };
    for logical in ops {
        builder.wait(*logical);
    }
    for event in feed {
        builder.place(event);
    }
    let in_feed = std::mem::take(&mut builder.plan.effects);
    builder.place_unseen();
    let unseen = std::mem::take(&mut builder.plan.effects);
    let mut plan = builder.plan;
    plan.incomplete = !unseen.is_empty();
    plan.effects = merge_in_order(&hotel.property, in_feed, unseen, found);
    plan
}

/// Operations whose event in the feed has not been reached yet.
#[derive(Default)]
struct Unplaced<'h> {
    /// Operations that create a booking, by key.
    makers: HashMap<&'h str, LogicalOp<'h>>,
    /// Operations that place a hold, by its id.
    holds: HashMap<&'h str, LogicalOp<'h>>,
    /// Amendments and reinstatements, by the booking and the revision that they were answered with.
    revisions: HashMap<(&'h str, u32), LogicalOp<'h>>,
    /// Cancels and releases, by the booking or hold that they close.
    closers: HashMap<&'h str, Vec<LogicalOp<'h>>>,
    unknown_holds: Vec<LogicalOp<'h>>,
    unknown_amends: HashMap<&'h str, Vec<LogicalOp<'h>>>,
    unknown_reinstatements: HashMap<&'h str, Vec<LogicalOp<'h>>>,
}

struct PlanBuilder<'h, 'b> {
    shard: u32,
    bounds: &'b Bounds,
    plan: Plan<'h>,
    waiting: Unplaced<'h>,
}

impl<'h> PlanBuilder<'h, '_> {
    fn wait(&mut self, logical: LogicalOp<'h>) {
        let waiting = &mut self.waiting;
        let op = logical.op;
        if matches!(op.outcome, Outcome::Refused { .. }) || op.call.is_read() {
            self.point(logical);
            return;
        }
        match (&op.call, &op.outcome) {
            (Call::Reserve { key, .. } | Call::Confirm { key, .. }, _) => {
                waiting.makers.insert(key, logical);
            }
            (Call::Hold { .. }, Outcome::Ok { answer: Answer::Hold { hold, .. }, .. }) => {
                waiting.holds.insert(hold, logical);
            }
            (Call::Hold { .. }, _) => waiting.unknown_holds.push(logical),
            (Call::Amend { .. } | Call::Reinstate { .. }, Outcome::Ok { answer: Answer::Booking(booking), .. }) => {
                waiting.revisions.insert((&booking.booking, booking.revision), logical);
            }
            (Call::Amend { booking, .. }, _) => waiting.unknown_amends.entry(booking).or_default().push(logical),
            (Call::Reinstate { booking, .. }, _) => waiting.unknown_reinstatements.entry(booking).or_default().push(logical),
            (Call::Cancel { booking: id, .. } | Call::Release { hold: id, .. }, _) => {
                waiting.closers.entry(id).or_default().push(logical);
            }
            (Call::Availability { .. } | Call::Lookup { .. }, _) => {}
        }
    }

    fn place(&mut self, event: &'h FeedEvent) {
        let booking = event.booking.as_ref();
        match (event.kind.as_str(), booking, event.hold.as_deref()) {
            ("booking.created", Some(booking), _) => {
                let maker = self.waiting.makers.remove(event.reference.as_str());
                self.place_or_take_from_feed(maker, booking, event);
            }
            ("booking.amended", Some(booking), _) => {
                let answered = self.waiting.revisions.remove(&(booking.booking.as_str(), booking.revision));
                let amend = answered.or_else(|| self.waiting.unknown_amend(booking));
                self.place_or_take_from_feed(amend, booking, event);
            }
            ("booking.reinstated", Some(booking), _) => {
                let answered = self.waiting.revisions.remove(&(booking.booking.as_str(), booking.revision));
                let reinstatement = answered.or_else(|| self.waiting.unknown_reinstatement(booking));
                self.place_or_take_from_feed(reinstatement, booking, event);
            }
            ("booking.cancelled", Some(booking), _) => {
                let closers = self.waiting.cancels_of(booking);
                let closer = self.first_of(&closers);
                self.place_or_take_from_feed(closer, booking, event);
            }
            ("hold.placed", _, Some(hold)) => {
                let known = self.waiting.holds.remove(hold);
                let unknown = || (!self.waiting.unknown_holds.is_empty()).then(|| self.waiting.unknown_holds.remove(0));
                if let Some(logical) = known.or_else(unknown) {
                    let ttl_ms = if let Call::Hold { ttl_ms, .. } = logical.op.call { ttl_ms.clamp(1, MAX_HOLD_MS) } else { 0 };
                    let answer = Answer::Hold { hold: hold.to_owned(), expires_at_ms: event.at_ms.saturating_add(ttl_ms) };
                    self.effect(logical, Some(answer), Some(event.at_ms));
                }
            }
            ("hold.released", _, Some(hold)) => {
                let closers = self.waiting.closers.remove(hold);
                if let Some(closer) = self.first_of(&closers.unwrap_or_default()) {
                    self.effect(closer, Some(Answer::Released), Some(event.at_ms));
                }
            }
            ("hold.expired", _, Some(hold)) => {
                // A release after the expiry succeeds and changes nothing.
                let releases = self.waiting.closers.remove(hold).unwrap_or_default();
                for release in releases.into_iter().filter(|release| release.op.outcome.is_known()) {
                    self.point(release);
                }
                let what = EffectKind::Expiry(hold);
                self.plan.effects.push(Effect { what, lowest_index: 0, highest_index: u64::MAX, at_ms: Some(event.at_ms) });
            }
            // The next event is the booking made from the hold. It covers both.
            ("hold.confirmed", ..) => {}
            (kind, Some(booking), _) if kind.starts_with("booking.") => self.take_from_feed(booking, event),
            _ => {}
        }
    }

    fn place_or_take_from_feed(&mut self, logical: Option<LogicalOp<'h>>, booking: &'h Booking, event: &'h FeedEvent) {
        match logical {
            Some(logical) => self.effect(logical, Some(Answer::Booking(booking.clone())), Some(event.at_ms)),
            None => self.take_from_feed(booking, event),
        }
    }

    fn take_from_feed(&mut self, booking: &'h Booking, event: &'h FeedEvent) {
        let what = EffectKind::FromFeed(booking);
        self.plan.effects.push(Effect { what, lowest_index: 0, highest_index: u64::MAX, at_ms: Some(event.at_ms) });
    }

    /// Places the operations that were answered but have no event in the feed.
    fn place_unseen(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let single = waiting.makers.into_values().chain(waiting.holds.into_values()).chain(waiting.revisions.into_values());
        for logical in single.filter(|logical| logical.op.outcome.is_known()) {
            self.effect(logical, None, None);
        }
        for (_, closers) in waiting.closers {
            // A booking that was reinstated has a cancellation of each of several revisions.
            let mut by_revision: BTreeMap<Option<u32>, Vec<LogicalOp<'h>>> = BTreeMap::new();
            for closer in closers.into_iter().filter(|logical| logical.op.outcome.is_known()) {
                by_revision.entry(answered_revision(&closer)).or_default().push(closer);
            }
            for closers in by_revision.values() {
                if let Some(first) = self.first_of(closers) {
                    self.effect(first, None, None);
                }
            }
        }
        self.plan.effects.sort_by_key(|effect| (effect.highest_index, effect.lowest_index));
    }

    /// Picks the operation that closed a booking or hold. The others got the same answer and changed nothing.
    fn first_of(&mut self, closers: &[LogicalOp<'h>]) -> Option<LogicalOp<'h>> {
        let first = (0..closers.len()).min_by_key(|at| {
            let (lowest_index, highest_index) = self.window(&closers[*at]);
            // An operation without an exact index may have come before those with one.
            (lowest_index, highest_index == lowest_index, highest_index)
        })?;
        for (at, closer) in closers.iter().enumerate() {
            if at != first && closer.op.outcome.is_known() {
                self.point(*closer);
            }
        }
        Some(closers[first])
    }

    fn effect(&mut self, logical: LogicalOp<'h>, seen: Option<Answer>, at_ms: Option<u64>) {
        let (lowest_index, highest_index) = self.window(&logical);
        let outcome = match (&logical.op.outcome, seen) {
            (Outcome::Unknown { .. }, Some(answer)) => {
                Cow::Owned(Outcome::Ok { answer, as_of: None, replayed: false, digest: String::new() })
            }
            (outcome, _) => Cow::Borrowed(outcome),
        };
        self.plan.effects.push(Effect { what: EffectKind::Op(logical, outcome), lowest_index, highest_index, at_ms });
    }

    fn point(&mut self, op: LogicalOp<'h>) {
        let (lowest_index, highest_index) = self.window(&op);
        self.plan.observations.push(Observation { op, lowest_index, highest_index });
    }

    /// The lowest and the highest index at which it can have taken effect.
    fn window(&self, logical: &LogicalOp<'_>) -> (u64, u64) {
        let outcome = &logical.op.outcome;
        let index = outcome.as_of().filter(|at| at.shard == self.shard).map(|at| at.index);
        if let (Some(index), false) = (index, outcome.is_replayed()) {
            return (index, index);
        }
        let (lowest_index, _) = self.bounds.before(self.shard, logical.invoked_ns);
        let after = logical.returned_ns.map_or(u64::MAX, |ns| self.bounds.after(self.shard, ns));
        (lowest_index, after.min(index.unwrap_or(u64::MAX)).max(lowest_index))
    }
}

impl<'h> Unplaced<'h> {
    /// The cancels that can have made this revision: those that were answered with it, and those without an answer. A booking can be cancelled,
    /// reinstated and cancelled again, so a cancel without an answer stays for a later event if another one can have caused this.
    fn cancels_of(&mut self, booking: &Booking) -> Vec<LogicalOp<'h>> {
        let Some(cancels) = self.closers.get_mut(booking.booking.as_str()) else { return Vec::new() };
        let caused: Vec<LogicalOp<'h>> = cancels
            .iter()
            .filter(|one| answered_revision(one).is_none_or(|revision| revision == booking.revision))
            .copied()
            .collect();
        if caused.iter().any(|one| answered_revision(one).is_some()) {
            cancels.retain(|one| answered_revision(one) != Some(booking.revision));
        } else if let Some(first) = caused.first() {
            cancels.retain(|one| one.op.id != first.op.id);
            return vec![*first];
        }
        caused
    }

    fn unknown_reinstatement(&mut self, booking: &Booking) -> Option<LogicalOp<'h>> {
        let reinstatements = self.unknown_reinstatements.get_mut(booking.booking.as_str())?;
        (!reinstatements.is_empty()).then(|| reinstatements.remove(0))
    }

    fn unknown_amend(&mut self, booking: &Booking) -> Option<LogicalOp<'h>> {
        let amends = self.unknown_amends.get_mut(booking.booking.as_str())?;
        let asked = |logical: &LogicalOp<'_>| match &logical.op.call {
            Call::Amend { stay, rooms, .. } => *stay == booking.stay && same_rooms(rooms, &booking.rooms),
            _ => false,
        };
        amends.iter().position(asked).map(|at| amends.remove(at))
    }
}

/// The revision of the booking in the answer.
fn answered_revision(logical: &LogicalOp<'_>) -> Option<u32> {
    match &logical.op.outcome {
        Outcome::Ok { answer: Answer::Booking(booking), .. } => Some(booking.revision),
        _ => None,
    }
}

/// Merges the effects in feed order with those that the feed lacks, and makes the bounds monotonic.
fn merge_in_order<'h>(
    property: &str,
    in_feed: Vec<Effect<'h>>,
    unseen: Vec<Effect<'h>>,
    found: &mut Findings,
) -> Vec<Effect<'h>> {
    let mut in_feed = in_feed;
    let mut reached = 0;
    for effect in &in_feed {
        reached = reached.max(effect.lowest_index);
        if effect.highest_index < reached {
            let text = format!("the feed of {property} has an effect of index {} after one of {reached}", effect.highest_index);
            found.add("feed-order", effect.id(), text);
            sort(&mut in_feed);
            break;
        }
    }
    let mut merged = Vec::with_capacity(in_feed.len() + unseen.len());
    let mut unseen = unseen.into_iter().peekable();
    let mut reached = 0;
    for effect in in_feed {
        reached = reached.max(effect.lowest_index);
        while let Some(next) = unseen.next_if(|next| next.highest_index < reached) {
            merged.push(next);
        }
        merged.push(effect);
    }
    merged.extend(unseen);
    for at in 1..merged.len() {
        merged[at].lowest_index = merged[at].lowest_index.max(merged[at - 1].lowest_index);
    }
    for at in (1..merged.len()).rev() {
        merged[at - 1].highest_index =
            merged[at - 1].highest_index.min(merged[at].highest_index).max(merged[at - 1].lowest_index);
    }
    merged
}

/// Sorts by index. An effect without an exact index stays behind its predecessor.
fn sort(effects: &mut Vec<Effect<'_>>) {
    let mut reached = 0;
    let mut keyed: Vec<(u64, Effect<'_>)> = Vec::with_capacity(effects.len());
    for effect in effects.drain(..) {
        let key =
            if effect.lowest_index == effect.highest_index { effect.lowest_index } else { reached.max(effect.lowest_index) };
        reached = key;
        keyed.push((key, effect));
    }
    keyed.sort_by_key(|(key, _)| *key);
    effects.extend(keyed.into_iter().map(|(_, effect)| effect));
}
