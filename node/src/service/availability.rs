//! Availability and offers.

use keyrack_inventory::{OfferQuery, Price, Right, ShortCode, availability, offers};
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::quotes::Quoted;
use super::rows::{property, unknown_property};
use super::state::Service;
use super::views::ReadOptions;
use crate::access::{Caller, Operation};
use crate::convert::{Problem, answers, requests};

impl Service {
    /// The availability of a property, night by night.
    pub async fn availability(
        &self,
        caller: &Caller,
        query: v1::AvailabilityRequest,
        options: ReadOptions,
    ) -> Result<v1::AvailabilityReply, Problem> {
        caller.check(Operation::GetAvailability, Some(&query.property_id))?;
        let span = requests::half_open(("from", &query.from), ("to", &query.to))?;
        let unknown = || Problem::new(Detail::UnknownRoomType { room_type: requests::quoted(&query.room_type) });
        let room_type = match query.room_type.as_str() {
            "" => None,
            text => Some(ShortCode::new(text).map_err(|_| unknown())?),
        };
        let place = self.place(caller, &query.property_id, options.deadline).await?;
        let number = place.number;
        let read = self.view((caller, Right::ReadInventory), &place, options, |view, _| {
            let Some(property) = property(view, number)? else { return Ok(None) };
            availability(view, number, &property, span, room_type).map(Some)
        });
        let (counts, as_of) = read.await?;
        let counts = counts.ok_or_else(|| unknown_property(&place))?;
        if counts.is_empty() && room_type.is_some() {
            return Err(unknown());
        }
        Ok(answers::availability(&counts, as_of))
    }

    /// The offers for a stay.
    pub async fn offers(
        &self,
        caller: &Caller,
        query: v1::OffersRequest,
        options: ReadOptions,
    ) -> Result<v1::OfferList, Problem> {
        caller.check(Operation::ListOffers, Some(&query.property_id))?;
        let stay = requests::stay(&query.arrival, &query.departure)?;
        let guests = query.adults.saturating_add(query.children).max(1);
        let guests = u16::try_from(guests).map_err(|_| Problem::new(Detail::GuestCount))?;
        let place = self.place(caller, &query.property_id, options.deadline).await?;
        let number = place.number;
        let read = self.view((caller, Right::ReadInventory), &place, options, |view, _| {
            let Some(property) = property(view, number)? else { return Ok(None) };
            offers(view, number, &property, OfferQuery { stay, guests }).map(Some)
        });
        let (found, as_of) = read.await?;
        let found = found.ok_or_else(|| unknown_property(&place))?;
        let named = found.iter().map(|offer| {
            let mut answer = answers::offer(offer, stay.arrival(), String::new());
            let (nights, property) = ((query.arrival.as_str(), query.departure.as_str()), query.property_id.as_str());
            let quoted = Quoted { property, nights, room_type: &answer.room_type, rate_plan: &answer.rate_plan };
            answer.quote_id = quoted.id(Price { amount: offer.total(), currency: offer.currency });
            answer
        });
        Ok(v1::OfferList { offers: named.collect(), as_of: Some(answers::as_of(as_of)) })
    }
}
