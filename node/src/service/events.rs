//! The feed of events, without gaps and in order per property.

use std::sync::Arc;
use std::time::Duration;

use keyrack_cluster::{ClusterNode, Consistency, Feed, Filter, PageRead, Placement, Position, View};
use keyrack_inventory::{Entry, Fault, JournalEvent, Key, PropertyNumber, Read, Reply, Right, RightQuery, Row, Scope, permits};
use keyrack_texts::Detail;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::cursor::{invalid_cursor, positions_cursor, read_positions};
use super::state::Service;
use crate::access::{Caller, Operation, forbidden};
use crate::clock::now_ms;
use crate::convert::{Problem, answers};
use crate::guests::Vault;

/// The position, filter and size of a page.
#[derive(Clone, Debug)]
pub struct EventQuery {
    /// The cursor of the previous page or event; empty for the beginning.
    pub after: String,
    /// Only events of this property.
    pub property_id: Option<String>,
    /// The most events.
    pub limit: usize,
}

/// A page of the feed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventPage {
    /// The events, in order for each property.
    pub items: Vec<Event>,
    /// The cursor of the next page; present even if there are no events yet.
    pub next_cursor: String,
}

/// An event. It has no guest data.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The cursor after this event.
    pub id: String,
    /// The type of the event, such as `booking.created`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The property.
    pub property_id: String,
    /// The log time of the event, RFC 3339 in UTC.
    pub at: String,
    /// The booking as it was after the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking: Option<keyrack_proto::v1::Booking>,
    /// The hold as it was after the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<keyrack_proto::v1::Hold>,
    /// The room types that an ARI update changed, or the room type of `room_type.changed`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub room_types: Vec<String>,
    /// The new business date, for `business_date.closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_date: Option<String>,
}

/// A feed of the events that a caller may see, read from the shards' journals.
pub struct EventFeed {
    cluster: ClusterNode,
    vault: Arc<Vault>,
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

    /// A feed that the caller can follow.
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
        // A cursor is encrypted, because positions show how much happens in the cluster. Cursors of older versions are plain: who does
        // not see everything could find the positions of its own events with them.
        let after = match self.inner.vault.reveal(&query.after) {
            Some(after) => after,
            None if query.after.is_empty() || caller.sees_everything() => query.after,
            None => return Err(invalid_cursor()),
        };
        let positions = read_positions(&after, &shards)?;
        let only = property.as_ref().map(|place| place.number);
        Ok(EventFeed {
            cluster: self.cluster().clone(),
            vault: self.inner.vault.clone(),
            caller: caller.clone(),
            feed: self.cluster().feed(positions, Filter { property: only, wanted: is_event }),
            property,
            limit: query.limit.clamp(1, 500),
        })
    }
}

impl EventFeed {
    /// The next page. Refuses as soon as the caller has lost its right, also in the middle of a stream.
    pub async fn page(&mut self, consistency: Consistency, deadline: Instant) -> Result<EventPage, Problem> {
        let mut positions = self.feed.positions().to_vec();
        let who = self.caller.who();
        let asked = |property| RightQuery { who, right: Right::ReadInventory, property, now_ms: now_ms() };
        let only = self.property.as_ref().map_or(PropertyNumber(0), |place| place.number);
        let read = PageRead { limit: self.limit, consistency, deadline };
        let parts = self.feed.next(
            read,
            |view| if permits(view, asked(only))?.is_ok() { next_line(view).map(Some) } else { Ok(None) },
            |view, _, entry| {
                let is_seen = permits(view, asked(entry.property))?.is_ok_and(|scope| is_visible(scope, entry));
                Ok(usize::from(is_seen))
            },
        );
        let parts = parts.await?.ok_or_else(forbidden)?;
        // A replica that is behind may not have the lines before the cursor yet.
        if consistency == Consistency::Linearizable && parts.iter().zip(&positions).any(|(part, from)| from.next > part.begun) {
            return Err(Problem::new(Detail::CursorAhead));
        }
        let mut items = Vec::new();
        for (place, part) in parts.into_iter().enumerate() {
            for line in part.lines {
                positions[place].next = line.sequence + 1;
                if let Some(event) = self.event(self.cursor(&positions), &line.entry, deadline).await? {
                    items.push(event);
                }
            }
            positions[place].next = part.next;
        }
        Ok(EventPage { items, next_cursor: self.cursor(&positions) })
    }

    fn cursor(&self, positions: &[Position]) -> String {
        self.vault.hide(&positions_cursor(positions))
    }

    /// Checks that the feed begins at a line that exists, or at the next one.
    ///
    /// # Errors
    /// It begins later: the cursor is of a time that this cluster does not know.
    pub async fn check_begins(&self, deadline: Instant) -> Result<(), Problem> {
        for from in self.feed.positions().iter().filter(|from| from.next > 0) {
            let (next, _) = self.cluster.read(from.shard, Consistency::Linearizable, deadline, next_line).await?;
            if from.next > next {
                return Err(Problem::new(Detail::CursorAhead));
            }
        }
        Ok(())
    }

    /// Waits until there may be new events, or until `at_most` has passed.
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
        if let JournalEvent::AriUpdated(codes) = &entry.happened {
            event.room_types = codes.iter().map(ToString::to_string).collect();
        }
        Ok(Some(event))
    }
}

/// The number of the next line of a shard's journal.
fn next_line(view: &mut View<'_>) -> Result<u64, Fault> {
    Ok(match view.get(&Key::Meta)? {
        Some(Row::Meta(meta)) => meta.next_sequence,
        _ => 0,
    })
}

/// Whether the caller may see an event. All callers see rates and availability. The scope decides about other sellers'
/// bookings and holds.
fn is_visible(scope: Scope, entry: &Entry) -> bool {
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

/// The event type of a journal line; `None` if the line is not an event.
fn kind(happened: &JournalEvent) -> Option<&'static str> {
    Some(match happened {
        JournalEvent::Nothing | JournalEvent::Observed(_) => return None,
        JournalEvent::PropertyChanged => "property.changed",
        JournalEvent::RoomTypeChanged => "room_type.changed",
        JournalEvent::RatePlanChanged => "rate_plan.changed",
        JournalEvent::AriUpdated(_) => "ari.updated",
        JournalEvent::HoldPlaced => "hold.placed",
        JournalEvent::HoldConfirmed => "hold.confirmed",
        JournalEvent::HoldReleased => "hold.released",
        JournalEvent::HoldExpired => "hold.expired",
        JournalEvent::Booked => "booking.created",
        JournalEvent::Amended => "booking.amended",
        JournalEvent::Cancelled => "booking.cancelled",
        JournalEvent::CheckedIn => "booking.checked_in",
        JournalEvent::CheckedOut => "booking.checked_out",
        JournalEvent::NoShow => "booking.no_show",
        JournalEvent::CheckInReverted => "booking.check_in_reverted",
        JournalEvent::Reinstated => "booking.reinstated",
        JournalEvent::GuestErased => "guest.erased",
        JournalEvent::BusinessDateClosed => "business_date.closed",
    })
}
