//! Repeated PUTs of properties, room types and rate plans: each field is kept, and an absent one gets its default. No property that
//! can be served can be removed.

use keyrack_tests::{Cluster, Hotel, HotelPlan, refusal};
use serde_json::{Value, json};

/// The fields of the hotel that a PUT sets, as the property's answer shows them.
async fn shown(hotel: &Hotel, list: Option<&str>) -> Value {
    let property = hotel.api.get(&format!("/v1/properties/{}", hotel.id)).send().await.expect(200).json();
    let mut shown = match list {
        None => property,
        Some(list) => property[list].as_array().unwrap().iter().find(|item| item["code"] == "TWN").unwrap().clone(),
    };
    for volatile in ["revision", "asOf", "roomTypes", "ratePlans", "businessDate", "propertyId", "code"] {
        shown.as_object_mut().unwrap().remove(volatile);
    }
    shown
}

/// PUTs a whole body twice, then once without each optional field, and compares what is shown. `required` also names what an absent field
/// leaves as it is.
async fn repeated(hotel: &Hotel, path: &str, list: Option<&str>, whole: &Value, required: &[&str]) {
    for _ in 0..2 {
        hotel.api.put(path, whole).send().await.expect_success();
        assert_eq!(shown(hotel, list).await, *whole, "{path}: a field was lost or changed");
    }
    let fields: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
    for field in fields.iter().filter(|field| !required.contains(&field.as_str())) {
        let mut part = whole.clone();
        part.as_object_mut().unwrap().remove(field);
        hotel.api.put(path, &part).send().await.expect_success();
        let mut now = shown(hotel, list).await;
        let default = now.as_object_mut().unwrap().remove(field);
        assert_eq!(now, part, "{path}: without {field}, another field changed");
        assert_ne!(default, Some(whole[field].clone()), "{path}: {field} has no default");
        hotel.api.put(path, whole).send().await.expect_success();
        assert_eq!(shown(hotel, list).await, *whole, "{path}: {field} was not set again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_put_keeps_each_field_and_an_absent_field_gets_its_default() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("CATALOG", 5).open(&cluster.operator()).await;
    let here = format!("/v1/properties/{}", hotel.id);
    let property = json!({
        "name": "Alfama House", "timeZone": "Europe/Lisbon", "currency": "EUR", "homeRegion": "eu-west", "houseLimit": 0, "noShowOnClose": true,
        "address": { "lines": ["Rua 1", "2.º"], "city": "Lisboa", "postalCode": "1100-001", "region": "11", "country": "PT" },
        "location": { "latitude": 0.0, "longitude": -9.13 },
        "languages": ["pt", "en"],
        "images": [{ "url": "https://example.org/1.jpg", "caption": "Front" }, { "url": "https://example.org/2.jpg", "caption": "Bar" }],
    });
    repeated(&hotel, &here, None, &property, &["name", "timeZone", "currency"]).await;
    let room_type = json!({
        "name": "Twin", "capacity": 0, "occupancy": 3, "overbookingBasisPoints": 1500, "accessible": true, "retired": true,
    });
    repeated(&hotel, &format!("{here}/room-types/TWN"), Some("roomTypes"), &room_type, &["capacity", "retired"]).await;
    let rate_plan = json!({
        "name": "Saver", "currency": "EUR", "cancellationPolicy": { "freeUntilDays": 7, "fee": "percent", "percent": 50 },
        "retired": true,
    });
    repeated(&hotel, &format!("{here}/rate-plans/TWN"), Some("ratePlans"), &rate_plan, &["currency", "retired"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_property_whose_shard_exists_is_not_removed() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("KEPT", 5).open(&cluster.operator()).await;
    let operators = cluster.operators().await;
    let refused = operators.post("/v1/properties/KEPT/remove", &json!({})).await;
    refusal(&refused, 409, "wrong_state");
    assert!(refused.text().contains("which exists"), "{}", refused.text());
    refusal(&operators.post("/v1/properties/UNKNOWN/remove", &json!({})).await, 404, "unknown_property");
    // Only at the operators' listener.
    let elsewhere = cluster.operator().post("/v1/properties/KEPT/remove", "remove-kept").json(&json!({})).send().await;
    refusal(&elsewhere, 404, "not_found");
    hotel.booked("2027-03-01", "2027-03-03").await;
}
