//! The feed: what happened, read from the shards' journals, without gaps and in order per property.

use keyrack_cluster::{Cluster, Consistency, Placement};
use keyrack_inventory::{Asked, Entry, Fault, Happened, Key, PropertyNumber, Read, Reply, Right, Row, Scope, permits};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::cursor::Positions;
use super::{Edge, now_ms};
use crate::access::{Caller, forbidden};
use crate::answers;
use crate::problem::Problem;

/// Journal lines looked at in one shard for one page.
const MAX_LOOKED_AT: usize = 2_000;

/// What of the feed is wanted.
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

/// The shards and property a feed covers: settled once, then read again and again.
pub struct Feed {
    cluster: Cluster,
    caller: Caller,
    shards: Vec<u32>,
    property: Option<Placement>,
    /// Where to go on.
    pub positions: Positions,
    limit: usize,
}

impl Edge {
    /// One page of the feed.
    pub async fn events(&self, caller: &Caller, query: EventQuery, deadline: Instant) -> Result<EventPage, Problem> {
        let mut feed = self.feed(caller, query, deadline).await?;
        feed.page(Consistency::Linearizable, deadline).await
    }

    /// The feed itself, to be followed.
    pub async fn feed(&self, caller: &Caller, query: EventQuery, deadline: Instant) -> Result<Feed, Problem> {
        caller.check(Right::ReadInventory, query.property_id.as_deref())?;
        let property = match &query.property_id {
            Some(id) => Some(self.place(caller, id, deadline).await?),
            None => None,
        };
        let shards = match &property {
            Some(place) => vec![place.shard],
            None => (1..=self.inner.cluster.data_shards()).collect(),
        };
        let positions = Positions::read(&query.after, &shards)?;
        Ok(Feed {
            cluster: self.inner.cluster.clone(),
            caller: caller.clone(),
            shards,
            property,
            positions,
            limit: query.limit.clamp(1, 500),
        })
    }
}

impl Feed {
    /// The next events; moves on behind them.
    pub async fn page(&mut self, consistency: Consistency, deadline: Instant) -> Result<EventPage, Problem> {
        let mut items = Vec::new();
        for place in 0..self.shards.len() {
            let (shard, from) = self.positions.0[place];
            let only = self.property.as_ref().map(|p| p.number);
            let room = self.limit - items.len();
            let caller = &self.caller;
            let read = self.cluster.read(shard, consistency, deadline, |view| lines(view, from, only, room, caller));
            let (seen, _) = read.await?;
            let (lines, next) = seen.ok_or_else(forbidden)?;
            for (sequence, entry) in lines {
                self.positions.0[place].1 = sequence + 1;
                if let Some(event) = self.event(&entry, deadline).await? {
                    items.push(event);
                }
            }
            self.positions.0[place].1 = next;
        }
        Ok(EventPage { items, next_cursor: self.positions.cursor() })
    }

    /// Waits until any of the feed's shards has applied something more, or a while has passed.
    pub async fn changed(&self, at_most: std::time::Duration) {
        let watches = self.shards.iter().filter_map(|shard| self.cluster.watch_applied(*shard));
        let changes = watches.map(|mut watch| {
            Box::pin(async move {
                watch.mark_unchanged();
                let _ = watch.changed().await;
            })
        });
        let _ = tokio::time::timeout(at_most, futures::future::select_all(changes)).await;
    }

    async fn event(&self, entry: &Entry, deadline: Instant) -> Result<Option<Event>, Problem> {
        let Some(kind) = kind(&entry.happened) else { return Ok(None) };
        let property_id = match &self.property {
            Some(place) => place.id.clone(),
            None => self.cluster.locate_number(entry.property, deadline).await?.map(|place| place.id).unwrap_or_default(),
        };
        let mut event = Event {
            id: self.positions.cursor(),
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

type Lines = (Vec<(u64, Entry)>, u64);

/// Up to `room` events from sequence `from` on that the caller may see, and where to go on; `None` once it may see none
/// any more, also in the middle of a stream.
fn lines(
    view: &mut keyrack_cluster::View<'_>,
    from: u64,
    only: Option<PropertyNumber>,
    room: usize,
    caller: &Caller,
) -> Result<Option<Lines>, Fault> {
    let asked = |property| Asked { who: caller.who(), right: Right::ReadInventory, property, now_ms: now_ms() };
    if permits(view, asked(only.unwrap_or(PropertyNumber(0))))?.is_err() {
        return Ok(None);
    }
    let mut found = Vec::new();
    let mut next = from;
    for key in view.scan(&Key::Journal(from), &Key::Journal(u64::MAX), MAX_LOOKED_AT)? {
        let Key::Journal(sequence) = key else { continue };
        if found.len() >= room {
            break;
        }
        next = sequence + 1;
        let entry = match view.get(&key)? {
            Some(Row::Journal(entry)) if kind(&entry.happened).is_some() => entry.as_ref().clone(),
            _ => continue,
        };
        if only.is_none_or(|number| number == entry.property)
            && permits(view, asked(entry.property))?.is_ok_and(|scope| shows(scope, &entry))
        {
            found.push((sequence, entry));
        }
    }
    Ok(Some((found, next)))
}

/// Whether an event is of something that the caller sees: everybody sees rates and availability, not everybody others'
/// bookings.
fn shows(scope: Scope, entry: &Entry) -> bool {
    match &entry.reply {
        Reply::Booking(booking) => scope.sees(booking.seller, Some(booking.id)),
        Reply::Hold(hold) => scope.sees(hold.seller, None),
        _ => true,
    }
}

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
