//! The hotel for all refusals of the table.

use keyrack_tests::{Api, Cluster, Hotel, HotelPlan, PATIENCE, fresh_key, until};
use serde_json::{Value, json};

pub struct Fixture {
    pub hotel: Hotel,
    pub auditor: Api,
    pub channel: Api,
    pub desk: Api,
    /// Takes the only DLX room on 2027-03-10 and 2027-03-11.
    pub booked: Value,
    /// The key and the request that made `booked`.
    pub used_key: String,
    pub used_request: Value,
    pub cancelled: Value,
    pub expired_hold: String,
    pub released_hold: String,
}

impl Fixture {
    pub async fn set_up(cluster: &Cluster) -> Fixture {
        let operator = cluster.operator();
        let hotel = HotelPlan::new("REFUSALS", 1).with("SGL", 60).open(&operator).await;
        let used_key = fresh_key();
        let used_request = hotel.request("2027-03-10", "2027-03-12");
        let post = operator.post("/v1/bookings", &used_key).json(&used_request);
        let booked = post.send().await.expect(201).json();
        let cancelled = hotel.booked("2027-05-01", "2027-05-02").await;
        hotel.act(&cancelled, "cancel", &json!({})).await.expect(200);
        let stop_sell = json!({
            "roomType": "SGL", "ratePlan": "FLEX",
            "dateFrom": "2027-04-10", "dateTo": "2027-04-10", "stopSell": true,
        });
        hotel.ari(vec![stop_sell]).await.expect_success();

        let released_hold = hold_id(&hotel, "2027-05-03", "2027-05-04", 600).await;
        let path = format!("/v1/holds/{released_hold}");
        operator.delete(&path, &fresh_key()).send().await.expect(204);
        let expired_hold = hold_id(&hotel, "2027-05-05", "2027-05-06", 1).await;
        until("the hold has expired", PATIENCE, async || (hotel.night("DLX", "2027-05-05").await["held"] == 0).then_some(()))
            .await;
        Fixture {
            auditor: cluster.api("auditor", 1),
            channel: cluster.api("channel", 1),
            desk: cluster.api("desk", 1),
            hotel,
            booked,
            used_key,
            used_request,
            cancelled,
            expired_hold,
            released_hold,
        }
    }
}

async fn hold_id(hotel: &Hotel, arrival: &str, departure: &str, ttl_seconds: u32) -> String {
    let hold = hotel.hold(arrival, departure, ttl_seconds).await.expect(201).json();
    hold["holdId"].as_str().unwrap().to_string()
}
