//! Changes properties, their room types and rate plans, ARI and the business date.

use jiff::Zoned;
use jiff::tz::TimeZone;
use keyrack_inventory::{Night, Op, PropertyDetails, Reply};
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::mutation::{Done, Mutation};
use super::preconditions::Revised;
use super::state::Service;
use super::submit::unexpected_reply;
use super::views::ReadOptions;
use crate::access::Operation;
use crate::convert::answers::{self, Presentation};
use crate::convert::{Problem, fields, requests};

impl Service {
    /// Creates or changes a property.
    pub async fn put_property(
        &self,
        mutation: Mutation,
        mut request: v1::PutPropertyRequest,
    ) -> Result<Done<v1::Property>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::PutProperty, Some(&request.property_id))?;
        let id = requests::property_id(&request.property_id)?.to_owned();
        let details = details(&request)?;
        mutation.caller.check_onboarding(&id, &details.home_region)?;
        let zone = TimeZone::get(&request.time_zone).map_err(|_| Problem::new(Detail::TimeZone))?;
        let business_date = match &request.business_date {
            Some(text) => requests::date("businessDate", text)?,
            None => today(zone)?,
        };
        if mutation.preconditions.needs_record() && self.inner.cluster.locate(&id, mutation.deadline).await?.is_none() {
            return Err(Problem::new(Detail::RecordMissing));
        }
        let place = self.inner.cluster.register(&id, &details.home_region, mutation.deadline).await?;
        mutation.caller.note(place.number, None);
        let key = self.request_key(&mutation, &place, "put-property", &request)?;
        let expected_revision = self.expected(&mutation, &place, Revised::Property, request.expected_revision).await?;
        let op = Op::PutProperty { id, details, business_date, expected_revision };
        let done = self.submit(&mutation, &place, key, op).await?;
        let Reply::Property { property, created } = &done.value else { return Err(unexpected_reply()) };
        let (created, answer) = (*created, answers::property(property));
        Ok(done.with(created, answer))
    }

    /// Creates or changes a room type.
    pub async fn put_room_type(
        &self,
        mutation: Mutation,
        mut request: v1::PutRoomTypeRequest,
    ) -> Result<Done<v1::RoomType>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::PutRoomType, Some(&request.property_id))?;
        requests::room_type(&request, false)?;
        let place = self.place(&mutation.caller, &request.property_id, mutation.deadline).await?;
        let property = self.find_property(&mutation.caller, &place, ReadOptions::linearizable(mutation.deadline)).await?.0;
        let known = property.room_types.iter().find(|kind| kind.code.as_str() == request.code);
        let room_type = requests::room_type(&request, known.is_some_and(|kind| kind.retired))?;
        let key = self.request_key(&mutation, &place, "put-room-type", &request)?;
        let revised = Revised::RoomType(room_type.code);
        let expected_revision = self.expected(&mutation, &place, revised, request.expected_revision).await?;
        let op = Op::PutRoomType { room_type, expected_revision };
        let done = self.submit(&mutation, &place, key, op).await?;
        let Reply::RoomType { room_type, created } = &done.value else { return Err(unexpected_reply()) };
        let (created, answer) = (*created, answers::room_type(&place.id, room_type));
        Ok(done.with(created, answer))
    }

    /// Creates or changes a rate plan.
    pub async fn put_rate_plan(
        &self,
        mutation: Mutation,
        mut request: v1::PutRatePlanRequest,
    ) -> Result<Done<v1::RatePlan>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::PutRatePlan, Some(&request.property_id))?;
        let place = self.place(&mutation.caller, &request.property_id, mutation.deadline).await?;
        let property = self.find_property(&mutation.caller, &place, ReadOptions::linearizable(mutation.deadline)).await?.0;
        let known = property.rate_plans.iter().find(|plan| plan.code.as_str() == request.code);
        let rate_plan = requests::rate_plan(&request, property.details.currency, known.is_some_and(|plan| plan.retired))?;
        let key = self.request_key(&mutation, &place, "put-rate-plan", &request)?;
        let revised = Revised::RatePlan(rate_plan.code);
        let expected_revision = self.expected(&mutation, &place, revised, request.expected_revision).await?;
        let op = Op::PutRatePlan { rate_plan, expected_revision };
        let done = self.submit(&mutation, &place, key, op).await?;
        let Reply::RatePlan { rate_plan, created } = &done.value else { return Err(unexpected_reply()) };
        let (created, answer) = (*created, answers::rate_plan(&place.id, rate_plan));
        Ok(done.with(created, answer))
    }

    /// Changes availability, rates and inventory.
    pub async fn update_ari(
        &self,
        mutation: Mutation,
        mut request: v1::UpdateAriRequest,
    ) -> Result<Done<v1::AriResult>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::UpdateAri, Some(&request.property_id))?;
        let place = self.place(&mutation.caller, &request.property_id, mutation.deadline).await?;
        // A plan's currency never changes once it has rates, so it is still the same when the command is applied.
        let property = self.find_property(&mutation.caller, &place, ReadOptions::linearizable(mutation.deadline)).await?.0;
        let updates = requests::ari(&request.updates, |plan| property.rate_plan(plan).map(|(_, plan)| plan.currency))?;
        let key = self.request_key(&mutation, &place, "ari", &request)?;
        let done = self.submit(&mutation, &place, key, Op::UpdateAri(updates)).await?;
        let Reply::AriUpdated { updates, nights, past } = done.value else { return Err(unexpected_reply()) };
        Ok(done.with(false, v1::AriResult { updates, nights, past_nights: past }))
    }

    /// Closes a property's business date.
    pub async fn close_business_date(
        &self,
        mutation: Mutation,
        mut request: v1::CloseBusinessDateRequest,
    ) -> Result<Done<v1::BusinessDate>, Problem> {
        request.idempotency_key.clear();
        mutation.caller.check(Operation::CloseBusinessDate, Some(&request.property_id))?;
        let expected_from = requests::date("expectedFrom", &request.expected_from)?;
        let place = self.place(&mutation.caller, &request.property_id, mutation.deadline).await?;
        let key = self.request_key(&mutation, &place, "close-business-date", &request)?;
        let done = self.submit(&mutation, &place, key, Op::CloseBusinessDate { expected_from }).await?;
        let Reply::BusinessDate(date) = done.value else { return Err(unexpected_reply()) };
        let answer = v1::BusinessDate { property_id: place.id, business_date: date.to_string() };
        Ok(done.with(false, answer))
    }
}

fn details(request: &v1::PutPropertyRequest) -> Result<PropertyDetails, Problem> {
    if let Some(location) = &request.location
        && !((-90.0..=90.0).contains(&location.latitude) && (-180.0..=180.0).contains(&location.longitude))
    {
        return Err(Problem::new(Detail::Location));
    }
    fields::check_presentation(request.address.as_ref(), &request.languages, &request.images)?;
    let presentation = Presentation {
        address: request.address.clone(),
        location: request.location,
        languages: request.languages.clone(),
        images: request.images.clone(),
    };
    let presentation = serde_json::to_string(&presentation).map_err(|_| Problem::new(Detail::AddressUnreadable))?;
    Ok(PropertyDetails {
        name: fields::shown_name("name", &request.name)?,
        time_zone: request.time_zone.clone(),
        currency: fields::currency(&request.currency)?,
        home_region: fields::text("homeRegion", &request.home_region)?,
        house_limit: request.house_limit,
        no_show_on_close: request.no_show_on_close,
        presentation,
    })
}

/// Today's date in the property's time zone. It is resolved here once, then stored.
fn today(zone: TimeZone) -> Result<Night, Problem> {
    let date = Zoned::now().with_time_zone(zone).date();
    Night::from_ymd(date.year().into(), date.month() as u32, date.day() as u32).map_err(|_| Problem::new(Detail::ClockWrong))
}
