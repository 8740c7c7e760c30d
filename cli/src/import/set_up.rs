//! Creates a hotel before its bookings are replayed.

use keyrack_client::{Client, ClientError, v1};

use super::plan::Hotel;

/// Creates the property, its rate plan, its room types and its rates. The keys are fixed, so a second import changes nothing.
pub async fn set_up(client: &Client, hotel: &Hotel) -> Result<(), ClientError> {
    let property_id = hotel.id.clone();
    let put = v1::PutPropertyRequest {
        property_id: property_id.clone(),
        name: hotel.name.clone(),
        time_zone: "Europe/Lisbon".into(),
        currency: "EUR".into(),
        business_date: Some(hotel.first_day.to_string()),
        idempotency_key: "import-property".into(),
        ..Default::default()
    };
    client.put_property(put).await?;
    let plan = v1::PutRatePlanRequest {
        property_id: property_id.clone(),
        code: "BAR".into(),
        name: "Average rate of the month".into(),
        idempotency_key: "import-plan".into(),
        ..Default::default()
    };
    client.put_rate_plan(plan).await?;
    for (name, code) in &hotel.room_types {
        // A type of stays without a night has no rooms.
        let Some(capacity) = hotel.capacities.get(code) else { continue };
        let room_type = v1::PutRoomTypeRequest {
            property_id: property_id.clone(),
            code: code.clone(),
            name: if name == code { format!("Room type {code}") } else { name.clone() },
            capacity: Some(*capacity),
            idempotency_key: format!("import-room-type-{code}"),
            ..Default::default()
        };
        client.put_room_type(room_type).await?;
    }
    for (number, updates) in hotel.rates.chunks(500).enumerate() {
        let idempotency_key = format!("import-rates-{number}");
        let ari = v1::UpdateAriRequest { property_id: property_id.clone(), updates: updates.to_vec(), idempotency_key };
        client.update_ari(ari).await?;
    }
    // The client learns the shard of the property, so it sends the bookings directly to the leader.
    client.get_property(v1::GetPropertyRequest { property_id }).await.map(drop)
}
