//! Every call of the API as a method.

use keyrack_proto::v1;
use keyrack_proto::v1::inventory_client::InventoryClient;
use keyrack_proto::v1::receipts_client::ReceiptsClient;
use keyrack_proto::v1::reservations_client::ReservationsClient;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::client::{Client, Kind};
use crate::error::ClientError;

macro_rules! calls {
    ($($(#[$doc:meta])* $kind:ident $name:ident($request:ident) -> $reply:ident by $service:ident for |$message:ident| $property:expr;)*) => {
        impl Client {
            $($(#[$doc])*
            pub async fn $name(&self, $message: v1::$request) -> Result<v1::$reply, ClientError> {
                let property: Option<String> = $property;
                self.call(Kind::$kind, property.as_deref(), |channel, client| {
                    let request = client.request($message.clone());
                    async move { $service::new(channel).$name(request).await }
                })
                .await
            })*
        }
    };
}

calls! {
    /// Creates a booking.
    Change book(BookRequest) -> Booking by ReservationsClient for |message| Some(message.property_id.clone());
    /// A booking.
    Read get_booking(GetBookingRequest) -> Booking by ReservationsClient for |message| None;
    /// A page of a property's bookings.
    Read list_bookings(ListBookingsRequest) -> BookingList by ReservationsClient for |message| Some(message.property_id.clone());
    /// Changes a booking.
    Change amend(AmendRequest) -> Booking by ReservationsClient for |message| None;
    /// Cancels a booking.
    Change cancel(BookingStepRequest) -> Booking by ReservationsClient for |message| None;
    /// Records that the guest arrived.
    Change check_in(BookingStepRequest) -> Booking by ReservationsClient for |message| None;
    /// Records that the guest left.
    Change check_out(BookingStepRequest) -> Booking by ReservationsClient for |message| None;
    /// Records that the guest did not come.
    Change no_show(BookingStepRequest) -> Booking by ReservationsClient for |message| None;
    /// Undoes a check-in of the same business date.
    Change revert_check_in(BookingStepRequest) -> Booking by ReservationsClient for |message| None;
    /// Confirms a cancelled booking or a no-show again.
    Change reinstate(BookingStepRequest) -> Booking by ReservationsClient for |message| None;
    /// Keeps rooms for a limited time.
    Change place_hold(PlaceHoldRequest) -> Hold by ReservationsClient for |message| Some(message.property_id.clone());
    /// A hold.
    Read get_hold(GetHoldRequest) -> Hold by ReservationsClient for |message| None;
    /// Turns a hold into a booking.
    Change confirm_hold(ConfirmHoldRequest) -> Booking by ReservationsClient for |message| None;
    /// Releases a hold.
    Change release_hold(ReleaseHoldRequest) -> Hold by ReservationsClient for |message| None;
    /// Creates or changes a property.
    Change put_property(PutPropertyRequest) -> Property by InventoryClient for |message| None;
    /// A page of properties.
    Read list_properties(ListPropertiesRequest) -> PropertyList by InventoryClient for |message| None;
    /// Adds or changes a room type.
    Change put_room_type(PutRoomTypeRequest) -> RoomType by InventoryClient for |message| Some(message.property_id.clone());
    /// Adds or changes a rate plan.
    Change put_rate_plan(PutRatePlanRequest) -> RatePlan by InventoryClient for |message| Some(message.property_id.clone());
    /// Changes availability, rates and inventory.
    Change update_ari(UpdateAriRequest) -> AriResult by InventoryClient for |message| Some(message.property_id.clone());
    /// Closes a property's business date.
    Change close_business_date(CloseBusinessDateRequest) -> BusinessDate by InventoryClient for |message| Some(message.property_id.clone());
    /// What was set for the nights of a property.
    Read get_rates(RatesRequest) -> RatesReply by InventoryClient for |message| Some(message.property_id.clone());
    /// The offers for a guest's stay.
    Read list_offers(OffersRequest) -> OfferList by InventoryClient for |message| Some(message.property_id.clone());
    /// The receipt of a booking's newest event.
    Read get_receipt(GetReceiptRequest) -> Receipt by ReceiptsClient for |message| None;
    /// A shard's newest checkpoint.
    Read get_checkpoint(GetCheckpointRequest) -> CheckpointReply by ReceiptsClient for |message| None;
    /// Proves that a leaf is in a shard's tree.
    Read prove_inclusion(ProveInclusionRequest) -> ProofReply by ReceiptsClient for |message| None;
    /// Proves that a shard's tree at one size begins with the tree at a smaller size.
    Read prove_consistency(ProveConsistencyRequest) -> ProofReply by ReceiptsClient for |message| None;
}

impl Client {
    /// A property with its catalogue. Remembers the shard of the property.
    pub async fn get_property(&self, message: v1::GetPropertyRequest) -> Result<v1::Property, ClientError> {
        let property = self
            .call(Kind::Read, Some(&message.property_id), |channel, client| {
                let request = client.request(message.clone());
                async move { InventoryClient::new(channel).get_property(request).await }
            })
            .await?;
        self.note_shard(&message.property_id, property.as_of.as_ref());
        Ok(property)
    }

    /// The available rooms by night. Remembers the shard of the property.
    pub async fn get_availability(&self, message: v1::AvailabilityRequest) -> Result<v1::AvailabilityReply, ClientError> {
        let reply = self
            .call(Kind::Read, Some(&message.property_id), |channel, client| {
                let request = client.request(message.clone());
                async move { InventoryClient::new(channel).get_availability(request).await }
            })
            .await?;
        self.note_shard(&message.property_id, reply.as_of.as_ref());
        Ok(reply)
    }

    /// Opens a stream of bookings to the node at `address`. Answers arrive in any order. The stream ends when its node
    /// fails: repeat the requests without an answer, with the same idempotency keys.
    pub async fn book_many(
        &self,
        address: &str,
        window: usize,
    ) -> Result<(mpsc::Sender<v1::BookManyRequest>, tonic::Streaming<v1::BookManyReply>), ClientError> {
        let (requests, outgoing) = mpsc::channel(window.max(1));
        let mut client = ReservationsClient::new(self.channel_to(address)?);
        let replies = client.book_many(self.stream(ReceiverStream::new(outgoing))).await.map_err(ClientError::from)?;
        Ok((requests, replies.into_inner()))
    }
}
