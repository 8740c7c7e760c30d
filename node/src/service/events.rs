//! The feed of events, without gaps and in order per property.

use std::time::Duration;

use keyrack_cluster::{Cluster, Consistency, Feed, Filter, PageRead, Placement};
use keyrack_inventory::{Asked, Entry, Happened, PropertyNumber, Reply, Right, Scope, permits};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::cursor::{positions_cursor, read_positions};
use super::state::Service;
use crate::access::{Caller, Operation, forbidden};
use crate::clock::now_ms;
use crate::convert::{Problem, answers};

/// Which part of the feed.
#[derive(Clone, Debug)]
pub struct EventQuery {
    /// Where to go on; empty for the beginning.
    pub after: String,
    /// Only this property.
    pub property_id: Option<String>,
    /// The most events.
    pub limit: usize,
}

/// A page of the feed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventPage {
    /// In order per property.
    pub items: Vec<Event>,
    /// Where to go on; also when there is nothing yet.
    pub next_cursor: String,
}

/// Something that happened. Guests are not named.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The cursor behind this event.
    pub id: String,
    /// `booking.created` and so on.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Whose.
    pub property_id: String,
    /// When, in log time.
    pub at: String,
    /// The booking as it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking: Option<keyrack_proto::v1::Booking>,
    /// The hold as it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<keyrack_proto::v1::Hold>,
    /// The room types an ARI update touched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub room_types: Vec<String>,
    /// The new business date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_date: Option<String>,
}

/// The events that a caller may see, followed in the shards' journals.
pub struct EventFeed {
    cluster: Cluster,
    caller: Caller,
    property: Option<Placement>,
    feed: Feed,
    /// The most events of a page.
    limit: usize,
}

impl Service {
    /// One page of the feed.
    pub async fn events(&self, caller: &Caller, query: EventQuery, deadline: Instant) -> Result<EventPage, Problem> {
        let mut feed = self.feed(caller, query, deadline).await?;
        feed.page(Consistency::Linearizable, deadline).await
    }

    /// The feed itself, to be followed.
    pub async fn feed(&self, caller: &Caller, query: EventQuery, deadline: Instant) -> Result<EventFeed, Problem> {
        caller.check(Operation::ReadEvents, query.property_id.as_deref())?;
        let property = match &query.property_id {
            Some(id) => Some(self.place(caller, id, deadline).await?),
            None => None,
        };
        let shards = match &property {
            Some(place) => vec![place.shard],
            None => (1..=self.cluster().data_shards()).collect(),
        };
        let positions = read_positions(&query.after, &shards)?;
        let only = property.as_ref().map(|place| place.number);
        Ok(EventFeed {
            cluster: self.cluster().clone(),
            caller: caller.clone(),
            feed: self.cluster().feed(positions, Filter { property: only, wanted: is_event }),
            property,
            limit: query.limit.clamp(1, 500),
        })
    }
}

impl EventFeed {
    /// The next events; moves on behind them. A refusal once the caller may see none, also in the middle of a stream.
    pub async fn page(&mut self, consistency: Consistency, deadline: Instant) -> Result<EventPage, Problem> {
        let mut positions = self.feed.positions().to_vec();
        let who = self.caller.who();
        let asked = |property| Asked { who, right: Right::ReadInventory, property, now_ms: now_ms() };
        let only = self.property.as_ref().map_or(PropertyNumber(0), |place| place.number);
        let read = PageRead { limit: self.limit, consistency, deadline };
        let parts = self.feed.next(
            read,
            |view| Ok(permits(view, asked(only))?.is_ok().then_some(())),
            |view, _, entry| {
                let is_seen = permits(view, asked(entry.property))?.is_ok_and(|scope| shows(scope, entry));
                Ok(usize::from(is_seen))
            },
        );
        let parts = parts.await?.ok_or_else(forbidden)?;
        let mut items = Vec::new();
        for (place, part) in parts.into_iter().enumerate() {
            for line in part.lines {
                positions[place].next = line.sequence + 1;
                if let Some(event) = self.event(positions_cursor(&positions), &line.entry, deadline).await? {
                    items.push(event);
                }
            }
            positions[place].next = part.next;
        }
        Ok(EventPage { items, next_cursor: positions_cursor(&positions) })
    }

    /// Waits until there may be more, or a while has passed.
    pub async fn changed(&self, at_most: Duration) {
        self.feed.changed(at_most).await;
    }

    async fn event(&self, id: String, entry: &Entry, deadline: Instant) -> Result<Option<Event>, Problem> {
        let Some(kind) = kind(&entry.happened) else { return Ok(None) };
        let property_id = match &self.property {
            Some(place) => place.id.clone(),
            None => self.cluster.locate_number(entry.property, deadline).await?.map(|place| place.id).unwrap_or_default(),
        };
        let mut event = Event {
            id,
            kind,
            at: answers::time(entry.at_ms),
            booking: None,
            hold: None,
            room_types: Vec::new(),
            business_date: None,
            property_id,
        };
        match &entry.reply {
            Reply::Booking(booking) => event.booking = Some(answers::booking(&event.property_id, booking, None)),
            Reply::Hold(hold) => event.hold = Some(answers::hold(&event.property_id, hold)),
            Reply::BusinessDate(date) => event.business_date = Some(date.to_string()),
            Reply::RoomType { room_type, .. } => event.room_types.push(room_type.code.to_string()),
            _ => {}
        }
        if let Happened::AriUpdated(codes) = &entry.happened {
            event.room_types = codes.iter().map(ToString::to_string).collect();
        }
        Ok(Some(event))
    }
}

/// Whether the caller sees what an event is about: everybody sees rates and availability, not everybody sees other sellers'
/// bookings.
fn shows(scope: Scope, entry: &Entry) -> bool {
    match &entry.reply {
        Reply::Booking(booking) => scope.sees(booking.seller, Some(booking.id)),
        Reply::Hold(hold) => scope.sees(hold.seller, None),
        _ => true,
    }
}

/// Whether a line of the journal is an event.
fn is_event(entry: &Entry) -> bool {
    kind(&entry.happened).is_some()
}

/// The type of the event that a line tells of; `None` for a line that is no event.
fn kind(happened: &Happened) -> Option<&'static str> {
    Some(match happened {
        Happened::Nothing | Happened::Observed(_) => return None,
        Happened::PropertyChanged => "property.changed",
        Happened::RoomTypeChanged => "room_type.changed",
        Happened::RatePlanChanged => "rate_plan.changed",
        Happened::AriUpdated(_) => "ari.updated",
        Happened::HoldPlaced => "hold.placed",
        Happened::HoldConfirmed => "hold.confirmed",
        Happened::HoldReleased => "hold.released",
        Happened::HoldExpired => "hold.expired",
        Happened::Booked => "booking.created",
        Happened::Amended => "booking.amended",
        Happened::Cancelled => "booking.cancelled",
        Happened::CheckedIn => "booking.checked_in",
        Happened::CheckedOut => "booking.checked_out",
        Happened::NoShow => "booking.no_show",
        Happened::GuestErased => "guest.erased",
        Happened::BusinessDateClosed => "business_date.closed",
    })
}
