//! Questions: properties, availability, offers.

use std::time::Duration;

use keyrack_cluster::Consistency;
use keyrack_inventory::{OfferQuery, Right, availability, offers};
use keyrack_proto::v1;
use prost::Message;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::Edge;
use crate::access::Caller;
use crate::answers;
use crate::problem::{Code, Problem};
use crate::requests;

/// How fresh an answer has to be, and how long its caller waits.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// How fresh.
    pub consistency: Consistency,
    /// How long.
    pub deadline: Instant,
}

/// How old the rights may be by which a principal reads what is no guest's.
const RIGHTS_AGE: Duration = Duration::from_secs(5);

/// Properties looked at for one page of a search.
const MAX_LOOKED_AT: usize = 1_000;

impl ReadOptions {
    /// As fresh as can be.
    pub fn linearizable(deadline: Instant) -> ReadOptions {
        ReadOptions { consistency: Consistency::Linearizable, deadline }
    }

    /// By the words of the API: `linearizable`, or `bounded` with a staleness.
    pub fn parse(consistency: &str, max_staleness_ms: Option<u32>, deadline: Instant) -> Result<ReadOptions, Problem> {
        let consistency = match (consistency, max_staleness_ms) {
            ("" | "linearizable", None) => Consistency::Linearizable,
            ("bounded", Some(ms)) => Consistency::Bounded(Duration::from_millis(ms.into())),
            ("bounded", None) => return Err(Problem::field("maxStalenessMs", "needed with consistency=bounded")),
            _ => return Err(Problem::field("consistency", "linearizable, or bounded with maxStalenessMs")),
        };
        Ok(ReadOptions { consistency, deadline })
    }

    /// How fresh the answer to this caller has to be: at a node that is cut off a view is as old as the caller says it may be,
    /// and so are the rights in it. A revoked principal must not go on reading there, guests least of all.
    pub fn within_rights(&self, caller: &Caller, right: Right) -> Consistency {
        match (self.consistency, caller.principal()) {
            (Consistency::Bounded(_) | Consistency::Local, Some(_)) if right == Right::ReadBookings => Consistency::Linearizable,
            (Consistency::Bounded(age), Some(_)) => Consistency::Bounded(age.min(RIGHTS_AGE)),
            (asked, _) => asked,
        }
    }
}

impl Edge {
    /// A property with its catalogue.
    pub async fn property(&self, caller: &Caller, id: &str, options: ReadOptions) -> Result<v1::Property, Problem> {
        caller.check(Right::ReadInventory, Some(id))?;
        let gone = |problem: Problem| match problem.code {
            Code::UnknownProperty => Problem { code: Code::NotFound, ..problem },
            _ => problem,
        };
        let place = self.place(caller, id, options.deadline).await.map_err(gone)?;
        let (property, as_of) = self.property_row(caller, &place, options).await.map_err(gone)?;
        let mut answer = answers::property(&property);
        answer.as_of = Some(answers::as_of(as_of));
        Ok(answer)
    }

    /// A page of properties, by id, filtered by city or distance.
    pub async fn properties(
        &self,
        caller: &Caller,
        query: v1::ListPropertiesRequest,
        options: ReadOptions,
    ) -> Result<v1::PropertyList, Problem> {
        caller.check(Right::ReadInventory, None)?;
        if query.near.is_some() && !(query.radius_km > 0.0 && query.radius_km <= 20_000.0) {
            return Err(Problem::field("radiusKm", "more than 0, needed with near"));
        }
        let limit = if query.limit == 0 { 50 } else { (query.limit as usize).min(200) };
        let vault = &self.inner.vault;
        let after = match query.cursor.as_str() {
            "" => String::new(),
            hidden => vault.reveal(hidden).ok_or_else(super::cursor::invalid_cursor)?,
        };
        let (places, as_of) = self.inner.cluster.list_properties(&after, MAX_LOOKED_AT, options.deadline).await?;
        let looked_at = (places.len() == MAX_LOOKED_AT).then(|| places.last().map(|place| place.id.clone())).flatten();
        let mut items: Vec<v1::Property> = Vec::new();
        for place in places {
            // A place whose property is not put yet is no property.
            let (property, read_at) = match self.property_row(caller, &place, options).await {
                Ok(found) => found,
                // Whoever may see all properties and not this one, may see none any more.
                Err(problem) if problem.code == Code::Forbidden && !caller.is_limited() => return Err(problem),
                Err(_) => continue,
            };
            let mut answer = answers::property(&property);
            if !matches(&query, &answer) {
                continue;
            }
            if items.len() == limit {
                // There is another one that the caller may see; nothing else is told.
                let next_cursor = items.last().map(|last| vault.hide(&last.property_id));
                return Ok(v1::PropertyList { items, next_cursor, as_of: Some(answers::as_of(as_of)) });
            }
            answer.as_of = Some(answers::as_of(read_at));
            items.push(answer);
        }
        let next_cursor = looked_at.map(|id| vault.hide(&id));
        Ok(v1::PropertyList { items, next_cursor, as_of: Some(answers::as_of(as_of)) })
    }

    /// What is free, night by night.
    pub async fn availability(
        &self,
        caller: &Caller,
        query: v1::AvailabilityRequest,
        options: ReadOptions,
    ) -> Result<v1::AvailabilityReply, Problem> {
        caller.check(Right::ReadInventory, Some(&query.property_id))?;
        let span = requests::half_open(("from", &query.from), ("to", &query.to))?;
        let unknown = || Problem::new(Code::UnknownRoomType, format!("there is no room type {:?}", query.room_type));
        let room_type = match query.room_type.as_str() {
            "" => None,
            text => Some(keyrack_inventory::Code::new(text).map_err(|_| unknown())?),
        };
        let place = self.place(caller, &query.property_id, options.deadline).await?;
        let number = place.number;
        let read = self.view((caller, Right::ReadInventory), &place, options, |view, _| {
            let Some(property) = property_in(view, number)? else { return Ok(None) };
            availability(view, number, &property, span, room_type).map(Some)
        });
        let (counts, as_of) = read.await?;
        let counts = counts.ok_or_else(|| Problem::new(Code::UnknownProperty, format!("there is no property {:?}", place.id)))?;
        if counts.is_empty() && room_type.is_some() {
            return Err(unknown());
        }
        Ok(answers::availability(&counts, as_of))
    }

    /// What a guest could book.
    pub async fn offers(
        &self,
        caller: &Caller,
        query: v1::OffersRequest,
        options: ReadOptions,
    ) -> Result<v1::OfferList, Problem> {
        caller.check(Right::ReadInventory, Some(&query.property_id))?;
        let stay = requests::stay(&query.arrival, &query.departure)?;
        let guests = query.adults.saturating_add(query.children).max(1);
        let guests = u16::try_from(guests).map_err(|_| Problem::field("adults", "a number of guests"))?;
        let place = self.place(caller, &query.property_id, options.deadline).await?;
        let number = place.number;
        let read = self.view((caller, Right::ReadInventory), &place, options, |view, _| {
            let Some(property) = property_in(view, number)? else { return Ok(None) };
            offers(view, number, &property, OfferQuery { stay, guests }).map(Some)
        });
        let (found, as_of) = read.await?;
        let found = found.ok_or_else(|| Problem::new(Code::UnknownProperty, format!("there is no property {:?}", place.id)))?;
        let named = found.iter().map(|offer| {
            let mut answer = answers::offer(offer, stay.arrival(), String::new());
            answer.quote_id = quote_id(&query, &answer);
            answer
        });
        Ok(v1::OfferList { offers: named.collect(), as_of: Some(answers::as_of(as_of)) })
    }

    /// Who leads what, and where.
    pub fn topology(&self, caller: &Caller) -> Result<v1::Topology, Problem> {
        caller.check(Right::ReadTopology, None)?;
        let cluster = &self.inner.cluster;
        let node = |(id, member): (u64, keyrack_cluster::Member)| v1::NodeInfo {
            id,
            region: member.region,
            http: member.http,
            grpc: member.grpc,
        };
        let shard = |(shard, status): (usize, keyrack_cluster::Status)| v1::ShardInfo {
            shard: shard as u32,
            leader: status.leader,
            applied_index: status.applied_index,
        };
        Ok(v1::Topology {
            cluster: cluster.name().into(),
            node: cluster.node(),
            nodes: cluster.members().into_iter().map(node).collect(),
            shards: cluster.status().into_iter().enumerate().map(shard).collect(),
        })
    }
}

fn property_in(
    view: &mut keyrack_cluster::View<'_>,
    number: keyrack_inventory::PropertyNumber,
) -> Result<Option<std::sync::Arc<keyrack_inventory::Property>>, keyrack_inventory::Fault> {
    use keyrack_inventory::{Key, Read, Row};
    Ok(match view.get(&Key::Property(number))? {
        Some(Row::Property(property)) => Some(property.clone()),
        _ => None,
    })
}

/// The same offer always has the same name; another price or policy gives another.
fn quote_id(query: &v1::OffersRequest, offer: &v1::Offer) -> String {
    let unnamed = v1::Offer { sellable: 0, ..offer.clone() };
    let sum = Sha256::new_with_prefix(query.encode_to_vec()).chain_update(unnamed.encode_to_vec()).finalize();
    let hex: String = sum[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("qt_{hex}")
}

fn matches(query: &v1::ListPropertiesRequest, property: &v1::Property) -> bool {
    let city = property.address.as_ref().map_or("", |address| &address.city);
    let in_city = query.city.is_empty() || query.city.to_lowercase() == city.to_lowercase();
    let is_near =
        query.near.is_none_or(|here| property.location.is_some_and(|there| distance_km(here, there) <= query.radius_km));
    in_city && is_near
}

/// Great-circle distance by the haversine formula.
fn distance_km(a: v1::Location, b: v1::Location) -> f64 {
    let (lat_a, lat_b) = (a.latitude.to_radians(), b.latitude.to_radians());
    let half = |x: f64| (x / 2.0).sin().powi(2);
    let h = half(lat_b - lat_a) + lat_a.cos() * lat_b.cos() * half((b.longitude - a.longitude).to_radians());
    2.0 * 6_371.0 * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lisbon_is_about_274_km_from_porto() {
        let lisbon = v1::Location { latitude: 38.7223, longitude: -9.1393 };
        let porto = v1::Location { latitude: 41.1579, longitude: -8.6291 };
        assert!((distance_km(lisbon, porto) - 274.0).abs() < 3.0);
    }
}
