//! The hotels of a run. They are small, so that callers compete for the same rooms.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use super::Workload;
use super::request::{RATE_PLAN, date, day};
use crate::cluster::{Cluster, until};
use crate::history::Hotel;

const WITHIN: Duration = Duration::from_secs(30);
/// Near the end of a month, so that stays span two calendar pages.
const FIRST_NIGHT: &str = "2027-02-19";

/// The size of a run's inventory.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Hotels for each workload.
    pub hotels: u32,
    /// The number of nights that callers request.
    pub nights: u32,
}

/// Plans the hotels of a run, without creating them in the cluster.
pub fn plan_hotels(workloads: &[Workload], scale: Scale) -> Vec<Hotel> {
    let hotel = |workload: Workload, number: u32| {
        let (types, house_limit): (&[(&str, u32)], _) = match workload {
            Workload::Baskets => (&[("DBL", 4), ("SGL", 3), ("STE", 1)], Some(6)),
            Workload::Reads => (&[("DBL", 3)], None),
            _ => (&[("DBL", 2), ("SGL", 1)], None),
        };
        let room_types: BTreeMap<String, u32> = types.iter().map(|(code, limit)| ((*code).to_owned(), *limit)).collect();
        let property = format!("{}-{number}", workload.name());
        Hotel { property, shard: 0, house_limit, room_types, first: day(FIRST_NIGHT), nights: scale.nights }
    };
    // This workload uses keys at several hotels. Of four hotels on three shards, two are in the same shard.
    let hotels = |workload: Workload| if workload == Workload::Retry { 2 * scale.hotels } else { scale.hotels };
    workloads.iter().flat_map(|workload| (1..=hotels(*workload)).map(move |number| hotel(*workload, number))).collect()
}

/// Creates the hotels in the cluster and finds the shard of each.
pub async fn open_hotels(cluster: &Cluster, mut hotels: Vec<Hotel>) -> anyhow::Result<Vec<Hotel>> {
    for hotel in &mut hotels {
        let here = format!("/v1/properties/{}", hotel.property);
        let mut property = json!({
            "name": hotel.property, "timeZone": "Europe/Lisbon", "currency": "EUR", "businessDate": "2027-01-01",
        });
        if let Some(limit) = hotel.house_limit {
            property["houseLimit"] = json!(limit);
        }
        put(cluster, &here, &property).await?;
        for (code, capacity) in &hotel.room_types {
            let body = json!({"name": code, "capacity": capacity, "occupancy": 4});
            put(cluster, &format!("{here}/room-types/{code}"), &body).await?;
        }
        put(cluster, &format!("{here}/rate-plans/{RATE_PLAN}"), &json!({"name": "Flexible", "currency": "EUR"})).await?;
        let (from, to) = (date(hotel.first), date(hotel.first + 1));
        let room_type = hotel.room_types.keys().next().map(String::as_str).unwrap_or_default();
        let path = format!("{here}/availability?from={from}&to={to}&roomType={room_type}");
        let shard = until(format!("{} answers", hotel.property), WITHIN, async || {
            let reply = cluster.client(1).ask(Method::GET, &path, None, WITHIN).await.ok()?;
            reply.json()["asOf"]["shard"].as_u64()
        });
        hotel.shard = shard.await? as u32;
    }
    Ok(hotels)
}

async fn put(cluster: &Cluster, path: &str, body: &Value) -> anyhow::Result<()> {
    let done = until(format!("PUT {path}"), WITHIN, async || {
        let reply = cluster.client(1).ask(Method::PUT, path, Some(body), WITHIN).await.ok()?;
        if reply.status.is_client_error() {
            return Some(Err(anyhow::anyhow!("PUT {path}: {}", String::from_utf8_lossy(&reply.body))));
        }
        reply.status.is_success().then_some(Ok(()))
    });
    done.await?
}
