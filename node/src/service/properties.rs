//! Reads properties, and searches them by city or distance.

use keyrack_inventory::PropertyNumber;
use keyrack_proto::{Code, v1};
use keyrack_texts::Detail;
use serde::Serialize;
use utoipa::ToSchema;

use super::cursor::invalid_cursor;
use super::mutation::Mutation;
use super::state::Service;
use super::views::ReadOptions;
use crate::access::{Caller, Operation};
use crate::convert::fields::folded;
use crate::convert::{Problem, answers, requests};

/// The most properties that one page of a search reads.
const MAX_SCANNED: usize = 1_000;

/// A property that was removed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovedProperty {
    /// Its id. It may be used again.
    pub property_id: String,
}

impl Service {
    /// A property with its catalogue.
    pub async fn property(&self, caller: &Caller, id: &str, options: ReadOptions) -> Result<v1::Property, Problem> {
        caller.check(Operation::GetProperty, Some(id))?;
        let not_found = |problem: Problem| match problem.code {
            Code::UnknownProperty => Problem { code: Code::NotFound, ..problem },
            _ => problem,
        };
        let place = self.place(caller, id, options.deadline).await.map_err(not_found)?;
        let (property, as_of) = self.find_property(caller, &place, options).await.map_err(not_found)?;
        let mut answer = answers::property(&property);
        answer.as_of = Some(answers::as_of(as_of));
        Ok(answer)
    }

    /// Removes a property from the directory. Its shard must not exist.
    pub async fn remove_property(&self, mutation: &Mutation, id: &str) -> Result<RemovedProperty, Problem> {
        mutation.caller.check(Operation::RemoveProperty, None)?;
        let id = requests::property_id(id)?;
        let unknown = || Problem::new(Detail::UnknownProperty { property: requests::quoted(id) });
        let place = self.inner.cluster.locate(id, mutation.deadline).await?.ok_or_else(unknown)?;
        // Not as the property of the record: the trail keeps a record in its property's shard, and this one does not exist.
        mutation.caller.note(PropertyNumber(0), Some(u128::from(place.number.0).to_be_bytes()));
        if place.shard <= self.inner.cluster.data_shards() {
            return Err(Problem::new(Detail::PropertyHasShard { property: place.id, shard: place.shard.into() }));
        }
        self.inner.cluster.remove_property(id, mutation.deadline).await?;
        Ok(RemovedProperty { property_id: place.id })
    }

    /// A page of properties, by id, filtered by city or distance.
    pub async fn properties(
        &self,
        caller: &Caller,
        query: v1::ListPropertiesRequest,
        options: ReadOptions,
    ) -> Result<v1::PropertyList, Problem> {
        caller.check(Operation::ListProperties, None)?;
        if query.near.is_some() && !(query.radius_km > 0.0 && query.radius_km <= 20_000.0) {
            return Err(Problem::new(Detail::Radius));
        }
        let limit = if query.limit == 0 { 50 } else { (query.limit as usize).min(200) };
        let vault = &self.inner.vault;
        let after = match query.cursor.as_str() {
            "" => String::new(),
            hidden => vault.reveal(hidden).ok_or_else(invalid_cursor)?,
        };
        let (places, as_of) = self.inner.cluster.list_properties(&after, MAX_SCANNED, options.deadline).await?;
        let looked_at = (places.len() == MAX_SCANNED).then(|| places.last().map(|place| place.id.clone())).flatten();
        let mut items: Vec<v1::Property> = Vec::new();
        for place in places {
            // The directory has the property before its first command is applied. It does not count until then.
            let (property, read_at) = match self.find_property(caller, &place, options).await {
                Ok(found) => found,
                // This caller could see all properties, so it has lost the right.
                Err(problem) if problem.code == Code::Forbidden && !caller.is_limited() => return Err(problem),
                Err(_) => continue,
            };
            let mut answer = answers::property(&property);
            if !matches(&query, &answer) {
                continue;
            }
            if items.len() == limit {
                // The caller may see at least one more property. The cursor shows nothing else.
                let next_cursor = items.last().map(|last| vault.hide(&last.property_id));
                return Ok(v1::PropertyList { items, next_cursor, as_of: Some(answers::as_of(as_of)) });
            }
            answer.as_of = Some(answers::as_of(read_at));
            items.push(answer);
        }
        let next_cursor = looked_at.map(|id| vault.hide(&id));
        Ok(v1::PropertyList { items, next_cursor, as_of: Some(answers::as_of(as_of)) })
    }
}

fn matches(query: &v1::ListPropertiesRequest, property: &v1::Property) -> bool {
    let city = property.address.as_ref().map_or("", |address| &address.city);
    let in_city = query.city.is_empty() || folded(&query.city) == folded(city);
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
