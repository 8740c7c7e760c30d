//! The feed of events, without gaps and in order per property.

use keyrack_cluster::{Cluster, Consistency, Placement};
use keyrack_inventory::{Entry, Happened, Reply};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::cursor::Positions;
use super::journal;
use super::state::Service;
use crate::access::{Caller, Operation, forbidden};
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

/// The shards and the property that a feed covers: found once, then read again and again.
pub struct Feed {
    cluster: Cluster,
    caller: Caller,
    shards: Vec<u32>,
    property: Option<Placement>,
    /// Where to go on.
    pub positions: Positions,
    limit: usize,
}

impl Service {
    /// One page of the feed.
    pub async fn events(&self, caller: &Caller, query: EventQuery, deadline: Instant) -> Result<EventPage, Problem> {
        let mut feed = self.feed(caller, query, deadline).await?;
        feed.page(Consistency::Linearizable, deadline).await
    }

    /// The feed itself, to be followed.
    pub async fn feed(&self, caller: &Caller, query: EventQuery, deadline: Instant) -> Result<Feed, Problem> {
        caller.check(Operation::ReadEvents, query.property_id.as_deref())?;
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
            let read = self.cluster.read(shard, consistency, deadline, |view| journal::events(view, from, only, room, caller));
            let (page, _) = read.await?;
            let (lines, next) = page.ok_or_else(forbidden)?;
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
        let Some(kind) = journal::event_kind(&entry.happened) else { return Ok(None) };
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
