//! The hotels of a run. Each run creates new ones, so that it starts without bookings.

use futures::StreamExt;
use keyrack_client::{Client, ClientError, fresh_key, v1};
use keyrack_inventory::Night;

use super::options::Mix;

/// The first night of the year under test.
pub const FIRST: &str = "2027-01-01";
/// The number of nights.
pub const NIGHTS: u32 = 365;
/// The longest stay. Arrivals end early enough for it.
pub const LONGEST: u32 = 7;
const ROOM_TYPES: usize = 10;

/// The hotels of one run.
pub struct Hotels {
    /// Their ids.
    pub properties: Vec<String>,
    /// The address of each hotel's leader.
    pub leaders: Vec<String>,
    /// The codes of the room types.
    pub room_types: Vec<String>,
    /// The number of nights, from [`FIRST`].
    pub nights: u32,
    /// The sell limit of a room type.
    pub limit: u32,
    /// The cumulative weights of the properties.
    pub weights: Vec<f64>,
}

impl Hotels {
    /// Creates the hotels with their rates.
    pub async fn set_up(client: &Client, mix: Mix, properties: usize, zipf: bool) -> Result<Hotels, ClientError> {
        let hot = matches!(mix, Mix::Hot | Mix::HotRefused);
        let (count, types, nights) = if hot { (1, 1, 30) } else { (properties.max(1), ROOM_TYPES, NIGHTS) };
        let capacity = if mix == Mix::Hot { 90_000 } else { 20 };
        let name = &fresh_key()[..8];
        let ids: Vec<String> = (0..count).map(|number| format!("bench-{name}-{number}")).collect();
        let room_types: Vec<String> = (0..types).map(|number| format!("T{number}")).collect();
        let puts = ids.iter().map(|id| put(client, id, &room_types, capacity));
        let mut puts = futures::stream::iter(puts).buffer_unordered(16);
        while let Some(result) = puts.next().await {
            result?;
        }
        drop(puts);
        let leaders = leaders(client, &ids).await?;
        let weight = |rank: usize| if zipf { 1.0 / ((rank + 1) as f64).powf(0.99) } else { 1.0 };
        let mut sum = 0.0;
        let weights = (0..count).map(|rank| {
            sum += weight(rank);
            sum
        });
        Ok(Hotels { weights: weights.collect(), properties: ids, leaders, room_types, nights, limit: capacity + capacity / 10 })
    }
}

/// The date `offset` nights after the first.
pub fn date(offset: u32) -> String {
    Night::parse(FIRST).map(|first| Night(first.0 + offset).to_string()).unwrap_or_default()
}

async fn put(client: &Client, id: &str, room_types: &[String], capacity: u32) -> Result<(), ClientError> {
    let property = v1::PutPropertyRequest {
        property_id: id.into(),
        name: "Bench".into(),
        time_zone: "UTC".into(),
        currency: "EUR".into(),
        business_date: Some(FIRST.into()),
        idempotency_key: fresh_key(),
        ..Default::default()
    };
    client.put_property(property).await?;
    let plan =
        v1::PutRatePlanRequest { property_id: id.into(), code: "BAR".into(), idempotency_key: fresh_key(), ..Default::default() };
    client.put_rate_plan(plan).await?;
    for code in room_types {
        let room_type = v1::PutRoomTypeRequest {
            property_id: id.into(),
            code: code.clone(),
            capacity: Some(capacity),
            overbooking_basis_points: 1_000,
            idempotency_key: fresh_key(),
            ..Default::default()
        };
        client.put_room_type(room_type).await?;
    }
    let line = |code: &String| v1::AriUpdate {
        room_type: code.clone(),
        rate_plan: Some("BAR".into()),
        date_from: date(0),
        date_to: date(NIGHTS + LONGEST),
        rate: Some("100.00".into()),
        ..Default::default()
    };
    let updates = room_types.iter().map(line).collect();
    client.update_ari(v1::UpdateAriRequest { property_id: id.into(), updates, idempotency_key: fresh_key() }).await?;
    Ok(())
}

async fn leaders(client: &Client, ids: &[String]) -> Result<Vec<String>, ClientError> {
    let topology = client.topology().await?;
    let mut leaders = Vec::new();
    for id in ids {
        let property = client.get_property(v1::GetPropertyRequest { property_id: id.clone() }).await?;
        let shard = property.as_of.map_or(0, |as_of| as_of.shard);
        let leader = topology.shards.iter().find(|info| info.shard == shard).and_then(|info| info.leader);
        let node = topology.nodes.iter().find(|node| Some(node.id) == leader).or(topology.nodes.first());
        leaders.push(node.map(|node| node.grpc.clone()).unwrap_or_default());
    }
    Ok(leaders)
}
