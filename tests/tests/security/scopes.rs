//! Borders between properties and between sellers: a caller cannot distinguish foreign data from data that does not
//! exist.

use keyrack_tests::{Answer, Api, Cluster, Hotel, fresh_key, refusal};
use reqwest::Method;
use serde_json::{Value, json};

use crate::callers::{booked, hotel_in, property};
use crate::words;

/// Hotel A in eu-west, hotel B in us-east, and a booking that the operator made at B.
struct Border {
    cluster: Cluster,
    a: Hotel,
    b: Hotel,
    beyond: String,
}

impl Border {
    async fn draw() -> Border {
        let cluster = Cluster::start();
        let operator = cluster.operator();
        let a = hotel_in(&operator, "HOTEL-A", "eu-west").await;
        let b = hotel_in(&operator, "HOTEL-B", "us-east").await;
        let beyond = booked(&b, &operator).await;
        Border { cluster, a, b, beyond }
    }

    async fn caller(&self, id: &str, wish: &Value) -> Api {
        self.cluster.operators().await.caller(id, wish, &self.cluster.operator()).await
    }

    /// Every question about a foreign property or booking must get the same words as about one that does not exist.
    async fn assert_reveals_nothing(&self, caller: &Api) {
        let before = self.b.everything().await;
        let mut told = Vec::new();
        for (what, method, path, body) in questions() {
            let of = |id: &str| (path.replace("{property}", id), body.to_string().replace("{property}", id));
            let (there, nowhere) = (ask(caller, &method, of("HOTEL-B")).await, ask(caller, &method, of("HOTEL-X")).await);
            told.extend(differ(&format!("{what}: {path} {body}"), &there, &nowhere));
        }
        let nowhere = of_no_property(&self.beyond);
        for (what, method, path, body) in questions_about_a_booking() {
            let of = |id: &str| (path.replace("{booking}", id), body.to_string());
            let (there, nowhere) = (ask(caller, &method, of(&self.beyond)).await, ask(caller, &method, of(&nowhere)).await);
            told.extend(differ(&format!("{what}: {path} {body}"), &there, &nowhere));
        }
        assert!(told.is_empty(), "{}", told.join("\n"));
        assert_eq!(self.b.everything().await, before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_principal_of_properties_learns_nothing_of_others() {
    let border = Border::draw().await;
    border.assert_reveals_nothing(&border.caller("manager", &json!({"role": "manager", "properties": ["HOTEL-A"]})).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_principal_of_regions_learns_nothing_of_other_properties() {
    let border = Border::draw().await;
    border.assert_reveals_nothing(&border.caller("manager", &json!({"role": "manager", "regions": ["eu-west"]})).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manager_of_a_region_cannot_move_hotels_over_its_border() {
    let border = Border::draw().await;
    let manager = border.caller("manager", &json!({"role": "manager", "regions": ["eu-west"]})).await;
    let before = [border.a.everything().await, border.b.everything().await];
    for (id, region) in [("HOTEL-B", "eu-west"), ("HOTEL-A", "us-east"), ("HOTEL-A", ""), ("HOTEL-N", "us-east")] {
        let answer = manager.put(&format!("/v1/properties/{id}"), &property(region)).send().await;
        refusal(&answer, 403, "forbidden");
    }
    assert_eq!([border.a.everything().await, border.b.everything().await], before);
    let unknown = border.cluster.operator().get("/v1/properties/HOTEL-N").send().await;
    refusal(&unknown, 404, "not_found");
    manager.put("/v1/properties/HOTEL-N", &property("eu-west")).send().await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_sellers_booking_answers_as_an_unknown_one() {
    let border = Border::draw().await;
    let channel = border.caller("channel", &json!({"role": "channel", "properties": ["HOTEL-A"]})).await;
    let foreign = booked(&border.a, &border.cluster.operator()).await;
    let before = border.a.everything().await;
    let unknown = of_no_booking(&foreign);
    let mut told = Vec::new();
    for (what, method, path, body) in questions_about_a_booking() {
        let of = |id: &str| (path.replace("{booking}", id), body.to_string());
        let (there, nowhere) = (ask(&channel, &method, of(&foreign)).await, ask(&channel, &method, of(&unknown)).await);
        told.extend(differ(&format!("{what}: {path} {body}"), &there, &nowhere));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
    refusal(&channel.get(&format!("/v1/bookings/{foreign}")).send().await, 404, "not_found");
    assert_eq!(border.a.everything().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_leave_out_foreign_entries() {
    let border = Border::draw().await;
    let channel = border.caller("channel", &json!({"role": "channel", "properties": ["HOTEL-A"]})).await;
    let own = [booked(&border.a, &channel).await, booked(&border.a, &channel).await];
    booked(&border.a, &border.cluster.operator()).await;
    let seen = border.a.through(&channel).bookings().await;
    let seen: Vec<_> = seen.iter().map(|booking| booking["bookingId"].as_str().unwrap()).collect();
    assert_eq!(seen, own);
    let page = channel.get("/v1/properties?limit=1").send().await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    assert_eq!(page["items"][0]["propertyId"], "HOTEL-A");
    assert_eq!(page["nextCursor"], Value::Null, "a cursor says that there is another property");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_contains_nothing_foreign() {
    let border = Border::draw().await;
    let operator = border.cluster.operator();
    let channel = border.caller("channel", &json!({"role": "channel", "properties": ["HOTEL-A"]})).await;
    // Alternating, so that a page of the channel's bookings ends before a foreign one.
    let mut foreign = Vec::new();
    for _ in 0..3 {
        booked(&border.a, &channel).await;
        foreign.push(booked(&border.a, &operator).await);
    }
    // The operator sees all bookings, so its cursors contain what the channel's must not.
    let path = "/v1/bookings?propertyId=HOTEL-A&limit=1";
    let (all, own) = (cursors(&operator, path).await, cursors(&channel, path).await);
    assert!(all.len() >= 5, "{all:?}");
    for (which, cursor) in own.iter().enumerate() {
        let bytes = hex(cursor).unwrap_or_else(|| cursor.clone().into_bytes());
        for id in &foreign {
            let number = crockford(id.trim_start_matches("bk_"));
            assert!(!contains(&bytes, &number), "cursor {which} of the channel has the foreign {id}: {cursor}");
        }
    }
    assert_eq!(border.a.through(&channel).pages(path).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_of_one_property_gets_no_bundles() {
    let border = Border::draw().await;
    let auditor = border.caller("auditor", &json!({"role": "auditor", "properties": ["HOTEL-A"]})).await;
    let shard = border.b.shard().await;
    let path = format!("/log/{shard}/tile/entries/000.p/1");
    keyrack_tests::until("an auditor of all properties gets the bundle", keyrack_tests::PATIENCE, async || {
        (border.cluster.api("auditor", 1).get(&path).send().await.status == 200).then_some(())
    })
    .await;
    refusal(&auditor.get(&path).send().await, 403, "forbidden");
}

type Question = (&'static str, Method, &'static str, Value);

/// Valid and invalid requests: an answer must not show a request's fault before the caller's right to the property is
/// checked.
fn questions() -> Vec<Question> {
    let stay = json!({"propertyId": "{property}", "arrival": "2027-03-01", "departure": "2027-03-02"});
    let with = |member: &str, value: Value| {
        let mut body = stay.clone();
        body[member] = value;
        body
    };
    let rooms = json!([{"roomType": "DLX", "ratePlan": "FLEX", "quantity": 1, "adults": 1}]);
    let line = json!({"roomType": "DLX", "dateFrom": "2027-03-01", "dateTo": "2027-03-01", "capacity": 1});
    let none = || Value::Null;
    vec![
        ("view", Method::GET, "/v1/properties/{property}", none()),
        ("nights", Method::GET, "/v1/properties/{property}/availability?from=2027-03-01&to=2027-03-02", none()),
        (
            "an unknown type",
            Method::GET,
            "/v1/properties/{property}/availability?from=2027-03-01&to=2027-03-02&roomType=X",
            none(),
        ),
        ("offers", Method::GET, "/v1/offers?propertyId={property}&arrival=2027-03-01&departure=2027-03-02&adults=1", none()),
        ("bookings", Method::GET, "/v1/bookings?propertyId={property}", none()),
        ("a bad date", Method::GET, "/v1/bookings?propertyId={property}&arrivalFrom=x", none()),
        ("a bad state", Method::GET, "/v1/bookings?propertyId={property}&state=x", none()),
        ("a bad cursor", Method::GET, "/v1/bookings?propertyId={property}&cursor=x", none()),
        ("events", Method::GET, "/v1/events?propertyId={property}", none()),
        ("a bad position", Method::GET, "/v1/events?propertyId={property}&after=x", none()),
        ("a room", Method::POST, "/v1/bookings", with("rooms", rooms.clone())),
        ("no room", Method::POST, "/v1/bookings", with("rooms", json!([]))),
        (
            "an unknown plan",
            Method::POST,
            "/v1/bookings",
            with("rooms", json!([{"roomType": "DLX", "ratePlan": "NO", "adults": 1}])),
        ),
        ("a hold", Method::POST, "/v1/holds", with("rooms", rooms)),
        ("a hold of nothing", Method::POST, "/v1/holds", with("rooms", json!([]))),
        ("ARI", Method::POST, "/v1/properties/{property}/ari", json!({"updates": [line]})),
        ("ARI of nothing", Method::POST, "/v1/properties/{property}/ari", json!({"updates": []})),
        (
            "a room type",
            Method::PUT,
            "/v1/properties/{property}/room-types/DLX",
            json!({"name": "x", "capacity": 1, "occupancy": 1}),
        ),
        ("a plan", Method::PUT, "/v1/properties/{property}/rate-plans/FLEX", json!({"name": "x", "currency": "EUR"})),
        ("a bad plan", Method::PUT, "/v1/properties/{property}/rate-plans/FLEX", json!({"name": "x", "currency": "?"})),
        ("the day", Method::POST, "/v1/properties/{property}/close-business-date", json!({"expectedFrom": "2027-01-01"})),
    ]
}

fn questions_about_a_booking() -> Vec<Question> {
    let step = |what, path| (what, Method::POST, path, json!({}));
    vec![
        ("view", Method::GET, "/v1/bookings/{booking}", Value::Null),
        ("receipt", Method::GET, "/v1/bookings/{booking}/receipt", Value::Null),
        step("cancel", "/v1/bookings/{booking}/cancel"),
        step("check in", "/v1/bookings/{booking}/check-in"),
        step("check out", "/v1/bookings/{booking}/check-out"),
        step("no show", "/v1/bookings/{booking}/no-show"),
        step("revert check-in", "/v1/bookings/{booking}/revert-check-in"),
        step("reinstate", "/v1/bookings/{booking}/reinstate"),
        step("a link", "/v1/bookings/{booking}/guest-link"),
        step("erase", "/v1/guests/{booking}/erase"),
        step("amend nothing", "/v1/bookings/{booking}/amend"),
        ("amend", Method::POST, "/v1/bookings/{booking}/amend", json!({"departure": "2027-03-09"})),
        ("amend badly", Method::POST, "/v1/bookings/{booking}/amend", json!({"departure": "soon"})),
        ("amend to no room", Method::POST, "/v1/bookings/{booking}/amend", json!({"rooms": [{"quantity": 0}]})),
        ("a bad link", Method::POST, "/v1/bookings/{booking}/guest-link", json!({"ttlSeconds": 1})),
    ]
}

async fn ask(caller: &Api, method: &Method, (path, body): (String, String)) -> Answer {
    let call = caller.call(method.clone(), &path).header("Idempotency-Key", &fresh_key());
    let call = if body == "null" { call } else { call.body("application/json", body) };
    call.send().await
}

/// The difference between two answers that must be equal. Both must be refusals.
fn differ(what: &str, there: &Answer, nowhere: &Answer) -> Option<String> {
    let refused = [there, nowhere].iter().all(|answer| (400..500).contains(&answer.status));
    let names = |answer: &Answer| {
        let mut names: Vec<_> = answer.headers.keys().map(|name| name.to_string()).collect();
        names.sort();
        names
    };
    let same = refused && words(there) == words(nowhere) && names(there) == names(nowhere);
    (!same).then(|| format!("{what}\n   there: {there:?}\n nowhere: {nowhere:?}"))
}

/// The same booking's id with an unknown property number, which comes first, before the time and the random part.
fn of_no_property(id: &str) -> String {
    let (mark, digits) = id.split_at(3);
    format!("{mark}0zzzzz{}", &digits[6..])
}

/// Another booking of the same property.
fn of_no_booking(id: &str) -> String {
    let last = if id.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &id[..id.len() - 1])
}

/// All cursors of a list of single entries.
async fn cursors(api: &Api, path: &str) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), path.to_string());
    loop {
        let page = api.get(&next).send().await.expect(200).json();
        let Some(cursor) = page["nextCursor"].as_str() else { return found };
        next = format!("{path}&cursor={}", keyrack_tests::percent_encoded(cursor));
        found.push(cursor.to_string());
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|digit| digit.to_digit(16)).collect::<Option<Vec<_>>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
}

/// The low bytes of a booking's number: its random part.
fn crockford(text: &str) -> Vec<u8> {
    let digit = |c: char| "0123456789abcdefghjkmnpqrstvwxyz".find(c).unwrap() as u128;
    let number = text.chars().fold(0u128, |number, c| (number << 5) | digit(c));
    number.to_be_bytes()[10..].to_vec()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
