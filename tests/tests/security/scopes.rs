//! Some properties, some regions, own bookings only: what lies outside is as if it were not there.

use keyrack_tests::{Answer, Cluster, HotelPlan, fresh_key, refusal};
use serde_json::{Value, json};

/// An answer without what is another in every one.
fn bare(answer: &Answer) -> (u16, String) {
    let mut body: Value = answer.json();
    body.as_object_mut().unwrap().remove("traceId");
    (answer.status, body.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_property_is_refused_without_saying_whether_there_is_one() {
    let cluster = Cluster::start();
    let near = HotelPlan::new("NEAR", 9).open(&cluster.operator()).await;
    let far = HotelPlan::new("FAR", 9).open(&cluster.operator()).await;
    let theirs = far.booked("2027-03-01", "2027-03-02").await;
    let operators = cluster.operators().await;
    let before = far.everything().await;
    for (id, role) in
        [("desk-near", "desk"), ("manager-near", "manager"), ("channel-near", "channel"), ("auditor-near", "auditor")]
    {
        let wish = json!({"role": role, "properties": ["NEAR"], "ownOnly": false});
        let api = operators.caller(id, &wish, &cluster.api("desk", 2)).await;
        near.through(&api).availability("2027-03-01", "2027-03-02").await;
        let booking = theirs["bookingId"].as_str().unwrap();
        // What the other hotel has, and what nobody has: the same answer.
        for (there, nowhere) in [
            ("/v1/properties/FAR".to_string(), "/v1/properties/NOWHERE".to_string()),
            (
                "/v1/properties/FAR/availability?from=2027-03-01&to=2027-03-02".into(),
                "/v1/properties/NOWHERE/availability?from=2027-03-01&to=2027-03-02".into(),
            ),
            ("/v1/bookings?propertyId=FAR".into(), "/v1/bookings?propertyId=NOWHERE".into()),
            (format!("/v1/bookings/{booking}"), "/v1/bookings/bk_7zzzzzzzzzzzzzzzzzzzzzzzzz".into()),
            (format!("/v1/bookings/{booking}/receipt"), "/v1/bookings/bk_7zzzzzzzzzzzzzzzzzzzzzzzzz/receipt".into()),
            ("/v1/events?propertyId=FAR".into(), "/v1/events?propertyId=NOWHERE".into()),
        ] {
            let [there, nowhere] = [api.get(&there).send().await, api.get(&nowhere).send().await];
            refusal(&there, 403, "forbidden");
            assert_eq!(bare(&there), bare(&nowhere), "{role}");
        }
        if role != "auditor" {
            let taken = api.post("/v1/bookings", &fresh_key()).json(&far.request("2027-03-01", "2027-03-02")).send().await;
            refusal(&taken, 403, "forbidden");
            refusal(&far.through(&api).act(&theirs, "cancel", &json!({})).await, 403, "forbidden");
        }
        let listed = api.get("/v1/properties").send().await.expect(200).json();
        let ids: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|one| one["propertyId"].as_str().unwrap()).collect();
        assert_eq!(ids, ["NEAR"], "{role} sees its own property only");
    }
    assert_eq!(far.everything().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_sees_and_changes_its_own_bookings_only() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("SHARED", 9).open(&cluster.operator()).await;
    let operators = cluster.operators().await;
    let wish = json!({"role": "channel"});
    let mine = operators.caller("mine", &wish, &cluster.api("channel", 1)).await;
    let other = operators.caller("other", &wish, &cluster.api("channel", 3)).await;
    let booking = hotel.through(&mine).booked("2027-03-01", "2027-03-02").await;
    let hold = hotel.through(&mine).hold("2027-03-05", "2027-03-06", 300).await.expect(201).json();
    let (path, unknown) = (format!("/v1/bookings/{}", booking["bookingId"].as_str().unwrap()), unknown_beside(&booking));
    mine.get(&path).send().await.expect(200);
    for (verb, body) in
        [("", None), ("/receipt", None), ("/cancel", Some(json!({}))), ("/amend", Some(json!({"departure": "2027-03-03"})))]
    {
        let ask = async |path: &str| match &body {
            None => other.get(path).send().await,
            Some(body) => other.post(path, &fresh_key()).json(body).send().await,
        };
        let [foreign, unknown] = [ask(&format!("{path}{verb}")).await, ask(&format!("{unknown}{verb}")).await];
        refusal(&foreign, 404, "not_found");
        assert_eq!(bare(&foreign), bare(&unknown), "{verb}");
    }
    let hold_path = format!("/v1/holds/{}", hold["holdId"].as_str().unwrap());
    refusal(&other.delete(&hold_path, &fresh_key()).send().await, 404, "not_found");
    refusal(&other.post(&format!("{hold_path}/confirm"), &fresh_key()).json(&json!({})).send().await, 404, "not_found");
    assert_eq!(hotel.through(&other).bookings().await, Vec::<Value>::new());
    let events = other.get("/v1/events?propertyId=SHARED").send().await.expect(200).json();
    let foreign = |event: &&Value| !event["booking"].is_null() || !event["hold"].is_null();
    assert_eq!(events["items"].as_array().unwrap().iter().filter(foreign).count(), 0, "{events}");
    // Its key does not answer another's request either.
    let (key, request) = (fresh_key(), hotel.request("2027-04-01", "2027-04-02"));
    let first = mine.post("/v1/bookings", &key).json(&request).send().await.expect(201).json();
    let second = other.post("/v1/bookings", &key).json(&request).send().await.expect(201);
    assert!(!second.is_replayed());
    assert_ne!(first["bookingId"], second.json()["bookingId"]);
    assert_eq!(hotel.through(&mine).bookings().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_holds_take_no_more_than_the_quota() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("HOARD", 50).open(&cluster.operator()).await;
    let operators = cluster.operators().await;
    let hoarder =
        operators.caller("hoarder", &json!({"role": "channel", "holdRoomMinutes": 20}), &cluster.api("channel", 1)).await;
    let hotel = hotel.through(&hoarder);
    // Five minutes for a room each: four of them are twenty.
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(hotel.hold("2027-03-01", "2027-03-02", 300).await.expect(201).json());
    }
    refusal(&hotel.hold("2027-03-01", "2027-03-02", 300).await, 429, "quota_exceeded");
    refusal(&hotel.hold("2027-03-09", "2027-03-10", 60).await, 429, "quota_exceeded");
    let path = format!("/v1/holds/{}", open[0]["holdId"].as_str().unwrap());
    hoarder.delete(&path, &fresh_key()).send().await.expect(204);
    hotel.hold("2027-03-01", "2027-03-02", 300).await.expect(201);
    // Another is not held to it.
    hotel.through(&cluster.api("channel", 1)).hold("2027-03-01", "2027-03-02", 600).await.expect(201);
}

/// A booking of the same property that there is not.
fn unknown_beside(booking: &Value) -> String {
    let id = booking["bookingId"].as_str().unwrap();
    let mut letters: Vec<char> = id.chars().collect();
    let last = letters.len() - 1;
    letters[last] = if letters[last] == '0' { '1' } else { '0' };
    format!("/v1/bookings/{}", letters.into_iter().collect::<String>())
}
