//! Places, confirms and releases holds.

use keyrack_inventory::{BookingId, HoldId, MAX_HOLD_MS, Op, Reply};
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::draw;
use super::mutation::{Done, Mutation};
use super::state::Service;
use super::submit::unexpected_reply;
use crate::access::Operation;
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
        let rooms = requests::rooms(request.rooms)?;
        let (now, random) = draw::for_new_id()?;
        let id = HoldId::new(place.number, now, random);
        let op = Op::PlaceHold { id, stay, rooms, ttl_ms: u64::from(ttl_seconds) * 1_000 };
        let done = self.submit(&mutation, &place, key, op).await?;
        let Reply::Hold(hold) = &done.value else { return Err(unexpected_reply()) };
        let answer = answers::hold(&place.id, hold);
        Ok(done.with(true, answer))
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
        let guest = fields::guest(request.guest)?;
        let (now, random) = draw::for_new_id()?;
        let booking = BookingId::new(place.number, now, random);
        let SealedGuest { sealed, seeds, claims } = self.seal(booking, Some(&guest))?;
        let op = Op::ConfirmHold {
            hold,
            booking,
            guest: sealed,
            channel_ref: fields::identifier("channelRef", &request.channel_ref)?,
            payment_token: fields::payment_token(&request.payment.unwrap_or_default().token)?,
            seeds: seeds.clone(),
            number: Some(draw::confirmation_number()?),
        };
        let done = self.submit(&mutation, &place, key, op).await?;
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
