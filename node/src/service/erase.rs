//! Erases a guest: destroys the key of the guest's data. The booking stays.

use keyrack_inventory::{Op, Reply};
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::mutation::{Done, Mutation};
use super::receipts::Claims;
use super::state::Service;
use super::submit::unexpected_reply;
use crate::access::Operation;
use crate::convert::{Problem, answers, requests};

impl Service {
    /// Permanently destroys the key of a guest's data. Erasing again changes nothing and succeeds.
    pub async fn erase_guest(
        &self,
        mutation: Mutation,
        mut request: v1::EraseGuestRequest,
    ) -> Result<Done<v1::ErasedGuest>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::EraseGuest, None)?;
        // A guest belongs to one booking and has its id.
        let booking = requests::booking_id(&request.guest_id);
        let booking = booking.map_err(|_| Problem::new(Detail::UnknownGuest { guest: requests::quoted(&request.guest_id) }))?;
        let place = self.place_of(&mutation.caller, booking, mutation.deadline).await?;
        let key = self.request_key(&mutation, &place, "erase", &request)?;
        let done = self.submit(&mutation, &place, key, Op::EraseGuest { booking }).await?;
        let Reply::Booking(erased) = &done.value else { return Err(unexpected_reply()) };
        let attached = self.attach(&place, erased, mutation.deadline, Claims::Known(Vec::new())).await;
        let answer = v1::ErasedGuest {
            guest_id: erased.id.to_string(),
            booking_id: erased.id.to_string(),
            erased_at: answers::time(erased.updated_at_ms),
            receipt: attached.receipt,
            receipt_url: attached.url,
        };
        Ok(done.with(false, answer))
    }
}
