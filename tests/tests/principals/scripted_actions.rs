//! The actions for the test of the audit trail: every kind of change, every read of guest data, operators' actions, and
//! refusals of each. Each action is noted as the trail should have it.

use keyrack_tests::{Api, Call, Cluster, Hotel, Operators, fresh_key};
use reqwest::Method;
use serde_json::{Value, json};

use crate::audit_trail::{ExpectedRecords, FROM, GUEST, bare_id};
use crate::{id_of, list_of, path_of};

const OPERATOR: (&str, u64) = ("operator/dev", 0);
const NOBODY: (&str, u64) = ("nobody", 0);
/// The state machine's refusals, by their numbers.
const UNKNOWN_ROOM_TYPE: u16 = 2;
const NOT_FOUND: u16 = 4;
const SOLD_OUT: u16 = 13;
const WRONG_STATE: u16 = 14;
const REVISION: u16 = 19;
const KEY_REUSED: u16 = 20;

pub struct ScriptedActions<'c> {
    pub cluster: &'c Cluster,
    pub hotel: &'c Hotel,
    pub operators: &'c Operators,
    pub expected: ExpectedRecords,
    /// Keys, links and sessions that were issued.
    pub secrets: Vec<String>,
}

/// A principal of the test.
pub struct Actor {
    id: String,
    number: u64,
    /// The prefix of its first key.
    prefix: String,
    hotel: Hotel,
}

impl Actor {
    fn api(&self) -> &Api {
        &self.hotel.api
    }

    /// With its first key.
    fn who(&self) -> (&str, u64) {
        (&self.id, 1)
    }

    fn record(&self) -> String {
        format!("principal/{}", self.number)
    }
}

impl ScriptedActions<'_> {
    /// Creates a principal for the hotel, with one key.
    pub async fn principal(&mut self, id: &str, role: &str) -> Actor {
        let principal = self.operators.put(id, &self.wish(role)).await;
        let number = principal["number"].as_u64().expect("a number");
        self.changed("principal.put", number);
        let key = self.operators.give_key(id).await;
        self.changed("key.create", number);
        let api = self.cluster.api("desk", number as usize % 3 + 1).with_key(&key.secret).from_address(FROM);
        self.secrets.push(key.secret);
        Actor { id: id.into(), number, prefix: key.prefix, hotel: self.hotel.through(&api) }
    }

    fn wish(&self, role: &str) -> Value {
        let everywhere = role == "auditor";
        json!({"role": role, "properties": if everywhere { vec![] } else { vec![&self.hotel.id] }})
    }

    /// An operator changed a principal. The trail has the operator's action, and a record in every shard that applied
    /// it.
    fn changed(&mut self, action: &str, number: u64) {
        self.expected.note(OPERATOR, action, None, Some(&format!("principal/{number}")), 0);
        (0..3).for_each(|_| self.expected.note(OPERATOR, "grant.put", None, None, 0));
    }

    /// An action on the hotel, or on one of its bookings or holds.
    fn note(&mut self, who: (&str, u64), action: &str, record: Option<&str>, verdict: u16) {
        self.expected.note(who, action, Some(&self.hotel.id), record, verdict);
    }

    /// An action that was refused before its property was known.
    fn refused(&mut self, who: (&str, u64), action: &str, verdict: u16) {
        self.expected.note(who, action, None, None, verdict);
    }

    /// A stored answer about a booking or hold was sent again.
    fn replayed(&mut self, who: (&str, u64), id: &str) {
        self.note(who, "answer.replay", Some(&bare_id(id)), 0);
    }

    /// A request with guest data that must not be in the trail.
    fn request(&self, arrival: &str, departure: &str) -> Value {
        let mut request = self.hotel.request(arrival, departure);
        let [name, email, phone, reference, token] = GUEST;
        request["guest"] = json!({"name": name, "email": email, "phone": phone});
        // A reference is used once.
        request["channelRef"] = json!(format!("{reference} {}", fresh_key()));
        request["payment"] = json!({"token": token});
        request
    }

    async fn book(&mut self, by: &Actor, arrival: &str, departure: &str) -> Value {
        let booking = by.hotel.book(&self.request(arrival, departure)).await.expect(201).json();
        self.note(by.who(), "booking.take", Some(id_of(&booking)), 0);
        booking
    }

    /// A channel books, holds, reads and amends; gives its booking.
    pub async fn sold(&mut self, by: &Actor) -> Value {
        let (api, who) = (by.api(), by.who());
        let (request, key) = (self.request("2027-03-01", "2027-03-03"), fresh_key());
        let send = async |request: &Value| api.post("/v1/bookings", &key).json(request).send().await;
        let booking = send(&request).await.expect(201).json();
        let id = id_of(&booking).to_string();
        self.note(who, "booking.take", Some(&id), 0);
        assert!(send(&request).await.expect(201).is_replayed());
        self.replayed(who, &id);
        send(&self.request("2027-03-01", "2027-03-05")).await.expect(422);
        self.note(who, "booking.take", None, KEY_REUSED);

        let path = path_of(&booking);
        api.get(&path).send().await.expect(200);
        self.note(who, "booking.read", Some(&id), 0);
        for _ in 0..3 {
            api.get(&list_of(self.hotel)).send().await.expect(200);
            self.note(who, "booking.list", None, 0);
        }
        api.get(&format!("{path}/receipt")).send().await.expect_success();
        self.note(who, "receipt.read", Some(&id), 0);
        let amendment = json!({"departure": "2027-03-04"});
        let amend = |etag: &str| api.post(&format!("{path}/amend"), &fresh_key()).header("If-Match", etag).json(&amendment);
        amend("\"1\"").send().await.expect(200);
        self.note(who, "booking.amend", Some(&id), 0);
        amend("\"1\"").send().await.expect(412);
        self.note(who, "booking.amend", Some(&id), REVISION);

        api.post("/v1/bookings", &fresh_key()).body("application/json", "{").send().await.expect(400);
        self.refused(who, "booking.take", 400);
        by.hotel.book(&self.hotel.request_of("DLX", 50, "2027-03-01", "2027-03-03")).await.expect(409);
        self.note(who, "booking.take", None, SOLD_OUT);
        by.hotel.book(&self.hotel.request_of("NONE", 1, "2027-03-01", "2027-03-03")).await.expect(422);
        self.note(who, "booking.take", None, UNKNOWN_ROOM_TYPE);
        by.hotel.act(&booking, "check-in", &json!({})).await.expect(403);
        self.refused(who, "booking.check-in", 403);
        api.put(&format!("/v1/properties/{}", self.hotel.id), &json!({})).send().await.expect(403);
        self.refused(who, "property.put", 403);
        api.get("/v1/audit?shard=1").send().await.expect(403);
        self.refused(who, "audit.read", 403);
        self.held(by).await;
        booking
    }

    async fn held(&mut self, by: &Actor) {
        let (api, who) = (by.api(), by.who());
        let mut held = Vec::new();
        for _ in 0..2 {
            let hold = by.hotel.hold("2027-03-10", "2027-03-12", 600).await.expect(201).json();
            held.push(hold["holdId"].as_str().unwrap().to_string());
            self.note(who, "hold.place", held.last().map(String::as_str), 0);
        }
        api.delete(&format!("/v1/holds/{}", held[0]), &fresh_key()).send().await.expect(204);
        self.note(who, "hold.release", Some(&held[0]), 0);
        let request = self.request("2027-03-10", "2027-03-12");
        let body = json!({"guest": request["guest"], "payment": request["payment"], "channelRef": request["channelRef"]});
        let key = fresh_key();
        let confirm = async || api.post(&format!("/v1/holds/{}/confirm", held[1]), &key).json(&body).send().await.expect(201);
        let booking = confirm().await.json();
        self.note(who, "hold.confirm", Some(id_of(&booking)), 0);
        assert!(confirm().await.is_replayed());
        self.replayed(who, id_of(&booking));
        let mut request = self.hotel.request("2027-03-10", "2027-03-12");
        request["rooms"] = json!([{"roomType": "DLX", "ratePlan": "FLEX", "quantity": 1, "adults": 1}]);
        request["ttlSeconds"] = json!(600);
        ["guest", "payment"].iter().for_each(|name| drop(request.as_object_mut().unwrap().remove(*name)));
        let key = fresh_key();
        let place = async || api.post("/v1/holds", &key).json(&request).send().await.expect(201);
        let hold = place().await.json()["holdId"].as_str().unwrap().to_string();
        self.note(who, "hold.place", Some(&hold), 0);
        assert!(place().await.is_replayed());
        self.replayed(who, &hold);
    }

    /// A channel tries to use a desk's booking and another hotel's booking.
    pub async fn kept_apart(&mut self, by: &Actor, desk: &Actor, foreign: &Value) {
        let (api, who) = (by.api(), by.who());
        let booking = self.book(desk, "2027-03-15", "2027-03-16").await;
        api.get(&path_of(&booking)).send().await.expect(404);
        self.note(who, "booking.read", Some(id_of(&booking)), 404);
        by.hotel.act(&booking, "cancel", &json!({})).await.expect(404);
        self.note(who, "booking.cancel", Some(id_of(&booking)), NOT_FOUND);
        let theirs = foreign["propertyId"].as_str().unwrap();
        api.get(&path_of(foreign)).send().await.expect(403);
        self.expected.note(who, "booking.read", Some(theirs), Some(id_of(foreign)), 403);
        by.hotel.act(foreign, "cancel", &json!({})).await.expect(403);
        self.expected.note(who, "booking.cancel", Some(theirs), Some(id_of(foreign)), 403);
        let there = Hotel::of(api, theirs);
        api.get(&list_of(&there)).send().await.expect(403);
        self.refused(who, "booking.list", 403);
        there.book(&there.request("2027-03-01", "2027-03-02")).await.expect(403);
        self.refused(who, "booking.take", 403);
    }

    pub async fn at_the_desk(&mut self, by: &Actor) {
        let who = by.who();
        let nothing = json!({});
        let today = self.book(by, "2027-01-01", "2027-01-02").await;
        let steps = [
            ("check-in", "booking.check-in", 200, 0),
            ("check-in", "booking.check-in", 409, WRONG_STATE),
            ("no-show", "booking.no-show", 409, WRONG_STATE),
            ("check-out", "booking.check-out", 200, 0),
        ];
        for (step, action, status, verdict) in steps {
            by.hotel.act(&today, step, &nothing).await.expect(status);
            self.note(who, action, Some(id_of(&today)), verdict);
        }
        let late = self.book(by, "2027-01-01", "2027-01-02").await;
        by.hotel.act(&late, "no-show", &nothing).await.expect(200);
        self.note(who, "booking.no-show", Some(id_of(&late)), 0);
        let never = "bk_0000000000000000000000000z";
        by.api().get(&format!("/v1/bookings/{never}")).send().await.expect(403);
        self.refused(who, "booking.read", 403);
    }

    /// A guest with a link to a channel's booking reads and cancels it.
    pub async fn by_a_guest(&mut self, channel: &Actor, booking: &Value) {
        let (path, id) = (path_of(booking), id_of(booking).to_string());
        let link =
            channel.api().post(&format!("{path}/guest-link"), &fresh_key()).json(&json!({})).send().await.expect(201).json();
        self.note(channel.who(), "guest.link", Some(&id), 0);
        let stranger = channel.api().unauthenticated();
        let sign_in = |number: &Value| {
            let body = json!({"confirmationNumber": number, "link": link["link"]});
            stranger.call(Method::POST, "/v1/guest-sessions").json(&body)
        };
        sign_in(&json!("AAAAA-AAAAA")).send().await.expect(401);
        self.refused(NOBODY, "guest.sign-in", 401);
        let session = sign_in(&booking["confirmationNumber"]).send().await.expect(201).json();
        let who = format!("guest/{id}");
        self.note((&who, 0), "guest.sign-in", Some(&id), 0);
        let guest = stranger.with_key(session["accessToken"].as_str().unwrap());
        guest.get(&path).send().await.expect(200);
        self.note((&who, 0), "booking.read", Some(&id), 0);
        guest.post(&format!("{path}/amend"), &fresh_key()).json(&json!({})).send().await.expect(403);
        self.refused((&who, 0), "booking.amend", 403);
        guest.post(&format!("{path}/cancel"), &fresh_key()).json(&json!({})).send().await.expect(200);
        self.note((&who, 0), "booking.cancel", Some(&id), 0);
        for secret in [&link["link"], &session["accessToken"]] {
            self.secrets.push(secret.as_str().unwrap().to_string());
        }
    }

    /// Requests without credentials, or with invalid ones.
    pub async fn by_nobody(&mut self, booking: &Value) {
        let stranger = self.cluster.api("desk", 1).unauthenticated().from_address(FROM);
        for key in [None, Some("nonsense"), Some("kr_0123456789ab_0123456789012345678901234567890123456789012")] {
            let api = key.map_or_else(|| stranger.clone(), |key| stranger.with_key(key));
            api.get(&path_of(booking)).send().await.expect(401);
            self.refused(NOBODY, "booking.read", 401);
            api.post("/v1/bookings", &fresh_key()).json(&self.request("2027-03-01", "2027-03-02")).send().await.expect(401);
            self.refused(NOBODY, "booking.take", 401);
        }
    }

    pub async fn managed(&mut self) {
        let by = self.principal("trail-manager", "manager").await;
        let (api, who) = (by.api(), by.who());
        let here = format!("/v1/properties/{}", self.hotel.id);
        let property = json!({"name": "Renamed", "timeZone": "Europe/Lisbon", "currency": "EUR"});
        let room_type = json!({"name": "Renamed", "capacity": 5, "occupancy": 4});
        let puts = [
            ("property.put", here.clone(), property),
            ("room-type.put", format!("{here}/room-types/DLX"), room_type),
            ("rate-plan.put", format!("{here}/rate-plans/FLEX"), json!({"name": "Renamed", "currency": "EUR"})),
        ];
        for (action, path, body) in puts {
            api.put(&path, &body).send().await.expect_success();
            self.note(who, action, None, 0);
        }
        let update =
            json!({"roomType": "DLX", "ratePlan": "FLEX", "dateFrom": "2027-08-01", "dateTo": "2027-08-02", "rate": "90.00"});
        by.hotel.ari(vec![update]).await.expect_success();
        self.note(who, "ari.update", None, 0);
        let close = json!({"expectedFrom": "2027-01-01"});
        api.post(&format!("{here}/close-business-date"), &fresh_key()).json(&close).send().await.expect_success();
        self.note(who, "business-date.close", None, 0);
        let booking = self.book(&by, "2027-03-20", "2027-03-21").await;
        api.post(&format!("/v1/guests/{}/erase", id_of(&booking)), &fresh_key()).json(&json!({})).send().await.expect(200);
        self.note(who, "guest.erase", Some(id_of(&booking)), 0);
    }

    pub async fn audited(&mut self, booking: &Value) {
        let by = self.principal("trail-auditor", "auditor").await;
        let (api, who) = (by.api(), by.who());
        api.get("/v1/audit?shard=1").send().await.expect(200);
        self.expected.note(who, "audit.read", None, None, 0);
        let seen = api.get(&path_of(booking)).send().await.expect(200).text();
        assert!(!GUEST.iter().take(3).any(|what| seen.contains(what)), "an auditor does not see the guest: {seen}");
        self.note(who, "booking.read", Some(id_of(booking)), 0);
        // A short log has no such bundle.
        let bundle = api.get("/log/1/tile/entries/000.p/1").send().await;
        self.expected.note(who, "log.read", None, None, if bundle.status == 200 { 0 } else { bundle.status });
        api.post(&format!("{}/cancel", path_of(booking)), &fresh_key()).json(&json!({})).send().await.expect(403);
        self.refused(who, "booking.cancel", 403);
    }

    /// Operators' actions on principals and nodes, and refusals of them.
    pub async fn operated(&mut self, channel: &Actor, booking: &Value) {
        let (own, unknown) = (format!("/v1/principals/{}", channel.id), "/v1/principals/no-such-principal");
        let get = |path: &str| self.operators.api.get(path);
        let post = |path: String| self.operators.api.post(&path, &fresh_key()).json(&json!({}));
        let (role, channels) = (json!({"role": "king"}), self.wish("channel"));
        let calls: Vec<(Call, u16, &str, Option<String>)> = vec![
            (get(&own), 200, "principal.read", Some(channel.record())),
            (get("/v1/principals"), 200, "principal.read", None),
            (get(unknown), 404, "principal.read", None),
            (self.operators.api.put(&own, &role), 400, "principal.put", None),
            (self.operators.api.put(&own, &channels).header("If-Match", "\"77\""), 412, "principal.put", None),
            (post(format!("{unknown}/keys")), 404, "key.create", None),
            (post(format!("{own}/keys/nosuchprefix/revoke")), 404, "key.revoke", None),
            (post(format!("{unknown}/revoke")), 404, "principal.revoke", None),
            (get("/v1/nodes"), 200, "topology.read", None),
            (post("/v1/nodes/9/fence".into()), 404, "node.fence", Some("node/9".into())),
            (post("/v1/nodes/3/admit".into()), 200, "node.admit", Some("node/3".into())),
            (post("/v1/nodes/9/lead".into()), 400, "node.lead", None),
        ];
        for (call, status, action, record) in calls {
            call.send().await.expect(status);
            let verdict = if status == 200 { 0 } else { status };
            self.expected.note(OPERATOR, action, None, record.as_deref(), verdict);
        }
        self.withdrawn(channel, booking).await;
    }

    /// A second key replaces the first. Then the first key is revoked, then the principal with the second.
    async fn withdrawn(&mut self, channel: &Actor, booking: &Value) {
        let second = self.operators.give_key_as(&channel.id, &json!({"replaces": channel.prefix})).await;
        self.changed("key.create", channel.number);
        self.operators.revoke_key(&channel.id, &channel.prefix).await;
        self.changed("key.revoke", channel.number);
        let (path, id) = (path_of(booking), id_of(booking));
        let newer = channel.api().with_key(&second.secret);
        newer.get(&path).send().await.expect(200);
        self.note((&channel.id, 2), "booking.read", Some(id), 0);
        channel.api().get(&path).send().await.expect(401);
        self.refused(NOBODY, "booking.read", 401);
        self.operators.revoke(&channel.id).await;
        self.changed("principal.revoke", channel.number);
        newer.get(&path).send().await.expect(401);
        self.refused(NOBODY, "booking.read", 401);
        self.secrets.push(second.secret);
    }
}
