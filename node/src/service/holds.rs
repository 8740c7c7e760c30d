//! Places, reads, confirms and releases holds.

use std::sync::Arc;

use keyrack_cluster::Placement;
use keyrack_inventory::{BookingId, Hold, HoldId, HoldState, Key, MAX_HOLD_MS, Op, Read, Reply, Right, Row};
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::draw;
use super::mutation::{Done, Mutation};
use super::state::Service;
use super::submit::unexpected_reply;
use super::views::ReadOptions;
use crate::access::{Caller, Operation};
use crate::convert::requests::Adults;
use crate::convert::{Problem, answers, fields, requests};
use crate::guests::SealedGuest;

/// The longest hold, in seconds.
const MAX_HOLD_SECONDS: u32 = (MAX_HOLD_MS / 1_000) as u32;

impl Service {
    /// Places a hold.
    pub async fn place_hold(&self, mutation: Mutation, mut request: v1::PlaceHoldRequest) -> Result<Done<v1::Hold>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::PlaceHold, Some(&request.property_id))?;
        let stay = requests::stay(&request.arrival, &request.departure)?;
        let ttl_seconds = request.ttl_seconds.unwrap_or(MAX_HOLD_SECONDS);
        if !(1..=MAX_HOLD_SECONDS).contains(&ttl_seconds) {
            return Err(Problem::new(Detail::HoldTtl { limit: MAX_HOLD_SECONDS.into() }));
        }
        let place = self.place(&mutation.caller, &request.property_id, mutation.deadline).await?;
        let key = self.request_key(&mutation, &place, "hold", &request)?;
        let currencies = self.plan_currencies(&mutation, &place, &request.rooms).await?;
        let rooms = requests::rooms(request.rooms, Adults::Later, |plan| currencies.of(plan))?;
        let (now, random) = draw::for_new_id()?;
        let id = HoldId::new(place.number, now, random);
        let op = Op::PlaceHold { id, stay, rooms, ttl_ms: u64::from(ttl_seconds) * 1_000 };
        let done = self.submit(&mutation, &place, key, op).await?;
        let Reply::Hold(hold) = &done.value else { return Err(unexpected_reply()) };
        let answer = answers::hold(&place.id, hold);
        Ok(done.with(true, answer))
    }

    /// Reads a hold.
    pub async fn hold(&self, caller: &Caller, id: &str, options: ReadOptions) -> Result<v1::Hold, Problem> {
        caller.check(Operation::GetHold, None)?;
        let id = requests::hold_id(id)?;
        let place = self.place_of(caller, id, options.deadline).await?;
        let hold = self.find_hold(caller, id, &place, options).await?.ok_or_else(|| no_such_hold(id))?;
        Ok(answers::hold(&place.id, &hold))
    }

    async fn find_hold(
        &self,
        caller: &Caller,
        id: HoldId,
        place: &Placement,
        options: ReadOptions,
    ) -> Result<Option<Arc<Hold>>, Problem> {
        let read = self.view((caller, Right::ReadBookings), place, options, |view, scope| {
            Ok(match view.get(&Key::Hold(id))? {
                Some(Row::Hold(hold)) if scope.sees(hold.seller, None) => Some(hold.clone()),
                _ => None,
            })
        });
        Ok(read.await?.0)
    }

    /// A refused confirmation. A caller that lost the answer to the first one finds its booking in the refusal.
    async fn confirm_refused(&self, mutation: &Mutation, id: HoldId, place: &Placement, problem: Problem) -> Problem {
        if !matches!(*problem.detail, Detail::HoldClosed) {
            return problem;
        }
        let options = ReadOptions::linearizable(mutation.deadline);
        match self.find_hold(&mutation.caller, id, place, options).await {
            Ok(Some(hold)) if let HoldState::Confirmed(booking) = hold.state => {
                let detail = Box::new(Detail::HoldConfirmed { booking: booking.to_string() });
                Problem { detail, booking: Some(Box::new(booking)), ..problem }
            }
            _ => problem,
        }
    }

    /// Turns a hold into a booking.
    pub async fn confirm_hold(
        &self,
        mutation: Mutation,
        mut request: v1::ConfirmHoldRequest,
    ) -> Result<Done<v1::Booking>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::ConfirmHold, None)?;
        let hold = requests::hold_id(&request.hold_id)?;
        let place = self.place_of(&mutation.caller, hold, mutation.deadline).await?;
        let key = self.request_key(&mutation, &place, "confirm", &request)?;
        let guest = fields::guest(request.guest, std::mem::take(&mut request.notes), mutation.caller.note_writer())?;
        let guests = requests::room_guests(&request.rooms)?;
        let expected_total = request.expected_total.as_ref().map(|total| fields::price("expectedTotal", total)).transpose()?;
        let (now, random) = draw::for_new_id()?;
        let booking = BookingId::new(place.number, now, random);
        let SealedGuest { sealed, seeds, claims } = self.seal(booking, Some(&guest))?;
        let op = Op::ConfirmHold {
            hold,
            booking,
            guest: sealed,
            channel_ref: fields::reference("channelRef", &request.channel_ref)?,
            payment_token: fields::payment_token(&request.payment.unwrap_or_default().token)?,
            seeds: seeds.clone(),
            number: Some(draw::confirmation_number()?),
            expected_total,
            guests,
        };
        let done = match self.submit(&mutation, &place, key, op).await {
            Ok(done) => done,
            Err(problem) => return Err(self.confirm_refused(&mutation, hold, &place, problem).await),
        };
        self.booking_answer(&mutation, &place, done, Some((Some(guest), seeds, claims))).await
    }

    /// Releases a hold.
    pub async fn release_hold(&self, mutation: Mutation, mut request: v1::ReleaseHoldRequest) -> Result<Done<v1::Hold>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::ReleaseHold, None)?;
        let hold = requests::hold_id(&request.hold_id)?;
        let place = self.place_of(&mutation.caller, hold, mutation.deadline).await?;
        let key = self.request_key(&mutation, &place, "release", &request)?;
        let done = self.submit(&mutation, &place, key, Op::ReleaseHold(hold)).await?;
        let Reply::Hold(hold) = &done.value else { return Err(unexpected_reply()) };
        let answer = answers::hold(&place.id, hold);
        Ok(done.with(false, answer))
    }
}

/// The hold does not exist, or the caller may not see it.
fn no_such_hold(id: HoldId) -> Problem {
    Problem::new(Detail::UnknownHold { hold: requests::quoted(&id.to_string()) })
}
