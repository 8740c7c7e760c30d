//! The six restrictions, each with a stay that it stops and a stay that it allows.

use keyrack_tests::{Cluster, HotelPlan, refusal};
use serde_json::{Value, json};

struct Restriction {
    field: &'static str,
    value: Value,
    /// The only date on which it is set.
    date: &'static str,
    /// The [arrival, departure) of a stay that it stops because of `date`.
    stopped: (&'static str, &'static str),
    /// The nearest stay that it does not affect.
    allowed: (&'static str, &'static str),
}

/// Each uses its own month, so that none affects another's stays.
fn restrictions() -> [Restriction; 6] {
    let restriction = |field, value, date, stopped, allowed| Restriction { field, value, date, stopped, allowed };
    [
        restriction("stopSell", json!(true), "2027-02-10", ("2027-02-09", "2027-02-12"), ("2027-02-11", "2027-02-12")),
        restriction("closedToArrival", json!(true), "2027-03-10", ("2027-03-10", "2027-03-12"), ("2027-03-09", "2027-03-12")),
        // Checked on the departure date, which is not a night.
        restriction("closedToDeparture", json!(true), "2027-04-10", ("2027-04-08", "2027-04-10"), ("2027-04-08", "2027-04-11")),
        restriction("minStayArrival", json!(3), "2027-05-10", ("2027-05-10", "2027-05-12"), ("2027-05-09", "2027-05-11")),
        restriction("minStayThrough", json!(3), "2027-06-10", ("2027-06-09", "2027-06-11"), ("2027-06-09", "2027-06-12")),
        restriction("maxStay", json!(2), "2027-07-10", ("2027-07-10", "2027-07-13"), ("2027-07-10", "2027-07-12")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_restriction_stops_its_stay_and_no_other() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("RESTRICTIONS", 5).open(&cluster.operator()).await;
    for case in restrictions() {
        let field = case.field;
        let mut update = json!({
            "roomType": "DLX", "ratePlan": "FLEX", "dateFrom": case.date, "dateTo": case.date,
        });
        let stopped = hotel.request(case.stopped.0, case.stopped.1);
        let unrestricted = hotel.book(&stopped).await.expect(201).json();
        hotel.act(&unrestricted, "cancel", &json!({})).await.expect(200);

        update[field] = case.value;
        hotel.ari(vec![update.clone()]).await.expect_success();
        let refused = refusal(&hotel.book(&stopped).await, 409, "restricted");
        assert_eq!(refused.dates(), [case.date], "{field}");
        assert_eq!(refused.reasons(), [field]);
        assert_eq!(refused.nights[0]["roomType"], "DLX");
        assert_eq!(hotel.sold(case.stopped.0).await, 0, "{field}: nothing was taken");

        let allowed = hotel.request(case.allowed.0, case.allowed.1);
        let booking = hotel.book(&allowed).await;
        assert_eq!(booking.status, 201, "{field} must not stop {allowed}: {booking:?}");

        if update[field].is_boolean() {
            update[field] = json!(false);
            hotel.ari(vec![update]).await.expect_success();
            hotel.book(&stopped).await.expect(201);
        }
    }
}

/// A rate plan that has some rates must have one for every night it sells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_night_without_a_rate_is_not_sold_on_a_plan_with_rates() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("NO-RATE", 5).open(&cluster.operator()).await;
    // The rates of every hotel here end with 2027.
    let refused = hotel.book(&hotel.request("2027-12-31", "2028-01-02")).await;
    let refused = refusal(&refused, 409, "restricted");
    assert_eq!(refused.dates(), ["2028-01-01"]);
    assert_eq!(refused.reasons(), ["noRate"]);

    let plan = json!({"name": "To be agreed", "currency": "EUR"});
    let path = format!("/v1/properties/{}/rate-plans/AGREED", hotel.id);
    hotel.api.put(&path, &plan).send().await.expect(201);
    let mut request = hotel.request("2027-12-31", "2028-01-02");
    request["rooms"][0]["ratePlan"] = json!("AGREED");
    let booking = hotel.book(&request).await.expect(201).json();
    assert_eq!(booking["total"], Value::Null, "a plan without any rate sells without a price");
}
