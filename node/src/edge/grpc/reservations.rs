//! The gRPC service `keyrack.v1.Reservations`.

use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use keyrack_proto::v1::{self, reservations_server::Reservations};
use prost::Message;
use tonic::{Request, Response, Status, Streaming};

use super::call::{caller, deadline, mutation};
use super::status::{refusal_of, status_of};
use crate::access::Operation;
use crate::budget::{Charge, RequestAccounts};
use crate::service::{Mutation, ReadOptions, Service, Step};

/// The most bookings of one stream that run at the same time. Further requests wait in the stream.
const STREAM_IN_FLIGHT: usize = 2_048;

/// What a booking of a stream costs besides its message.
const ITEM_BYTES: usize = 4 << 10;

/// The service.
pub struct ReservationsService {
    service: Service,
}

impl ReservationsService {
    /// A gRPC service that calls the operations of `service`.
    pub fn new(service: Service) -> ReservationsService {
        ReservationsService { service }
    }

    async fn step(&self, request: Request<v1::BookingStepRequest>, step: Step) -> Result<Response<v1::Booking>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.step(mutation, step, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }
}

#[tonic::async_trait]
impl Reservations for ReservationsService {
    async fn book(&self, request: Request<v1::BookRequest>) -> Result<Response<v1::Booking>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.book(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }

    type BookManyStream = Pin<Box<dyn Stream<Item = Result<v1::BookManyReply, Status>> + Send>>;

    async fn book_many(
        &self,
        request: Request<Streaming<v1::BookManyRequest>>,
    ) -> Result<Response<Self::BookManyStream>, Status> {
        let caller = caller(&request)?;
        let service = self.service.clone();
        let accounts = request.extensions().get::<Arc<RequestAccounts>>().cloned();
        let replies = request.into_inner().map(move |item| {
            let (service, accounts) = (service.clone(), accounts.clone());
            // Quotas, budget and audit trail count each booking of the stream as a separate request.
            let caller = caller.for_next_request();
            async move {
                let v1::BookManyRequest { tag, book, with_receipt } = item?;
                let book = book.unwrap_or_default();
                let begun = || {
                    service.guard().check_sign_in(&caller)?;
                    let bytes = ITEM_BYTES + book.encoded_len();
                    let waiting = accounts.map(|accounts| Charge::take(&accounts, bytes)).transpose()?;
                    service.guard().quotas().take_request(&caller)?;
                    Ok((waiting, Mutation::keyed(caller.clone(), &book.idempotency_key, service.default_deadline())?))
                };
                let booked = match begun() {
                    Ok((_waiting, mutation)) => service.book(Mutation { wants_receipt: with_receipt, ..mutation }, book).await,
                    Err(problem) => Err(problem),
                };
                Ok(match booked {
                    Ok(done) => v1::BookManyReply { tag, booking: Some(done.value), refusal: None },
                    Err(problem) => {
                        service.record_refusal(&caller, Operation::BookMany, &problem);
                        v1::BookManyReply { tag, booking: None, refusal: Some(refusal_of(problem)) }
                    }
                })
            }
        });
        Ok(Response::new(Box::pin(replies.buffer_unordered(STREAM_IN_FLIGHT))))
    }

    async fn get_booking(&self, request: Request<v1::GetBookingRequest>) -> Result<Response<v1::Booking>, Status> {
        let caller = caller(&request)?;
        let options = ReadOptions::linearizable(deadline(&self.service, &request));
        let booking = self.service.booking(&caller, &request.get_ref().booking_id, options).await.map_err(status_of)?;
        Ok(Response::new(booking))
    }

    async fn list_bookings(&self, request: Request<v1::ListBookingsRequest>) -> Result<Response<v1::BookingList>, Status> {
        let caller = caller(&request)?;
        let options = ReadOptions::linearizable(deadline(&self.service, &request));
        let list = self.service.bookings(&caller, request.into_inner(), options).await.map_err(status_of)?;
        Ok(Response::new(list))
    }

    async fn amend(&self, request: Request<v1::AmendRequest>) -> Result<Response<v1::Booking>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.amend(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }

    async fn cancel(&self, request: Request<v1::BookingStepRequest>) -> Result<Response<v1::Booking>, Status> {
        self.step(request, Step::Cancel).await
    }

    async fn check_in(&self, request: Request<v1::BookingStepRequest>) -> Result<Response<v1::Booking>, Status> {
        self.step(request, Step::CheckIn).await
    }

    async fn check_out(&self, request: Request<v1::BookingStepRequest>) -> Result<Response<v1::Booking>, Status> {
        self.step(request, Step::CheckOut).await
    }

    async fn no_show(&self, request: Request<v1::BookingStepRequest>) -> Result<Response<v1::Booking>, Status> {
        self.step(request, Step::NoShow).await
    }

    async fn revert_check_in(&self, request: Request<v1::BookingStepRequest>) -> Result<Response<v1::Booking>, Status> {
        self.step(request, Step::RevertCheckIn).await
    }

    async fn reinstate(&self, request: Request<v1::BookingStepRequest>) -> Result<Response<v1::Booking>, Status> {
        self.step(request, Step::Reinstate).await
    }

    async fn place_hold(&self, request: Request<v1::PlaceHoldRequest>) -> Result<Response<v1::Hold>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.place_hold(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }

    async fn get_hold(&self, request: Request<v1::GetHoldRequest>) -> Result<Response<v1::Hold>, Status> {
        let caller = caller(&request)?;
        let options = ReadOptions::linearizable(deadline(&self.service, &request));
        let hold = self.service.hold(&caller, &request.get_ref().hold_id, options).await.map_err(status_of)?;
        Ok(Response::new(hold))
    }

    async fn confirm_hold(&self, request: Request<v1::ConfirmHoldRequest>) -> Result<Response<v1::Booking>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.confirm_hold(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }

    async fn erase_guest(&self, request: Request<v1::EraseGuestRequest>) -> Result<Response<v1::ErasedGuest>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.erase_guest(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }

    async fn release_hold(&self, request: Request<v1::ReleaseHoldRequest>) -> Result<Response<v1::Hold>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.release_hold(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }
}
