//! Authorised callers: sellers, desks, guests, operators, and their mistakes.

use keyrack_tests::secure::{ClientCertificate, SecureConnection, tls_client};
use keyrack_tests::{Api, Cluster, Hotel, command, fresh_key, refusal};
use serde_json::{Value, json};

use crate::AT_REST;
use crate::planted::Planted;

/// Bookings, retries, refusals, holds, amendments, cancellations.
pub async fn sales(hotel: &Hotel, planted: &mut Planted) {
    let api = &hotel.api;
    let key = planted.plant("an idempotency key");
    let request = request(hotel, planted);
    let booking = api.post("/v1/bookings", &key).json(&request).send().await.expect(201).json();
    assert!(api.post("/v1/bookings", &key).json(&request).send().await.expect(201).is_replayed());
    let other = self::request(hotel, planted);
    refusal(&api.post("/v1/bookings", &key).json(&other).send().await, 422, "idempotency_key_reused");

    for (change, value, code) in [
        ("/rooms/0/quantity", json!(50), "sold_out"),
        ("/rooms/0/roomType", json!(planted.plant_at_rest(AT_REST[2].0, AT_REST[2].1)), "unknown_room_type"),
        ("/arrival", json!("2026-12-20"), "arrival_in_past"),
        ("/departure", json!(planted.plant("a date")), "invalid_date"),
        ("/propertyId", json!(planted.plant("a property")), "unknown_property"),
        ("/guest/name", json!(format!("{} 4111 1111 1111 1111", planted.plant("beside a card number"))), "card_number"),
    ] {
        let mut request = self::request(hotel, planted);
        *request.pointer_mut(change).unwrap() = value;
        let refused = hotel.book(&request).await;
        assert!(refused.text().contains(code), "{code}: {refused:?}");
    }

    let amended = json!({"departure": "2027-03-05", "guest": guest(planted)});
    hotel.act(&booking, "amend", &amended).await.expect(200);
    let refused = json!({"arrival": "2027-03-08", "departure": "2027-03-05", "guest": guest(planted)});
    refusal(&hotel.act(&booking, "amend", &refused).await, 400, "invalid_stay");
    let hold = hotel.hold("2027-03-01", "2027-03-03", 600).await.expect(201).json();
    let confirm = format!("/v1/holds/{}/confirm", hold["holdId"].as_str().unwrap());
    let reference = planted.plant_at_rest(AT_REST[0].0, AT_REST[0].1);
    let order = json!({"guest": guest(planted), "channelRef": reference, "payment": payment(planted)});
    let confirmed = api.post(&confirm, &fresh_key()).json(&order).send().await.expect(201).json();
    let again = json!({"guest": guest(planted)});
    refusal(&api.post(&confirm, &fresh_key()).json(&again).send().await, 409, "wrong_state");
    let found = api.get(&format!("/v1/bookings?propertyId={}&channelRef={reference}", hotel.id)).send().await.expect(200);
    assert!(found.text().contains(confirmed["bookingId"].as_str().unwrap()));
    hotel.act(&confirmed, "cancel", &json!({})).await.expect(200);
}

/// Guests' links and sessions, receipts with claims, and an erasure.
pub async fn guests(cluster: &Cluster, hotel: &Hotel, planted: &mut Planted) {
    let manager = &hotel.api;
    let booking = hotel.book(&request(hotel, planted)).await.expect(201).json();
    let path = format!("/v1/bookings/{}", booking["bookingId"].as_str().unwrap());
    let given = manager.post(&format!("{path}/guest-link"), &fresh_key()).send().await.expect(201).json();
    let link = given["link"].as_str().unwrap();
    planted.secret("a guest's link", link);
    let sign_in = |number: &str, link: &str| {
        let body = json!({"confirmationNumber": number, "link": link});
        manager.with_key("no-such-key").post("/v1/guest-sessions", &fresh_key()).json(&body).send()
    };
    let number = given["confirmationNumber"].as_str().unwrap();
    let session = sign_in(number, link).await.expect(201).json();
    let token = session["accessToken"].as_str().unwrap();
    planted.secret("a guest's session", token);
    for (number, link) in [
        (planted.plant("a confirmation number").as_str(), link),
        (number, planted.plant("a guest's forged link").as_str()),
        (number, &format!("{link}{}", planted.plant("after a guest's link"))),
    ] {
        refusal(&sign_in(number, link).await, 401, "unauthenticated");
    }
    let guest = manager.with_key(token);
    guest.get(&path).send().await.expect(200);
    refusal(&guest.with_key(link).get(&path).send().await, 401, "unauthenticated");
    let forged = format!("{token}{}", planted.plant("after a session's token"));
    refusal(&guest.with_key(&forged).get(&path).send().await, 401, "unauthenticated");

    for accept in ["application/json", "text/plain"] {
        manager.get(&format!("{path}/receipt")).header("Accept", accept).send().await.expect_success();
    }
    manager.get(&format!("/v1/events?propertyId={}", hotel.id)).send().await.expect(200);
    cluster.api("auditor", 3).get("/v1/audit?shard=1").send().await.expect(200);
    let erase = format!("/v1/guests/{}/erase", booking["guestId"].as_str().unwrap());
    manager.post(&erase, &fresh_key()).send().await.expect(200);
    // The session ended with the guest.
    refusal(&guest.post(&format!("{path}/cancel"), &fresh_key()).send().await, 401, "unauthenticated");
    manager.post(&format!("{path}/cancel"), &fresh_key()).send().await.expect(200);
}

/// Bodies that do not parse, each with guest data in it.
pub async fn malformed(hotel: &Hotel, planted: &mut Planted) {
    let mut bodies: Vec<(&str, Vec<u8>)> = Vec::new();
    let whole = |planted: &mut Planted| request(hotel, planted).to_string();
    let cut = whole(planted);
    bodies.push(("application/json", cut[..cut.len() - 3].into()));
    bodies.push(("application/json", format!("{}x", whole(planted)).into()));
    bodies.push(("text/plain", whole(planted).into()));
    bodies.push(("application/json", [whole(planted).as_bytes(), b"\xff"].concat()));
    let padding = " ".repeat(2 << 20);
    bodies.push(("application/json", format!("{padding}{}", whole(planted)).into()));
    let wrong = |planted: &mut Planted, what: &str, make: &dyn Fn(&str) -> Value| {
        ("application/json", make(&planted.plant(what)).to_string().into_bytes())
    };
    bodies.push(wrong(planted, "a guest that is a text", &|text| json!({"guest": text})));
    bodies.push(wrong(planted, "a number that is a text", &|text| json!({"rooms": [{"quantity": text}]})));
    bodies.push(wrong(planted, "an unknown field's name", &|text| json!({"guest": {text: "Ada"}})));
    bodies.push(wrong(planted, "an unknown field's value", &|text| json!({"guest": {"surname": text}})));
    bodies.push(wrong(planted, "a list's text", &|text| json!([text])));
    bodies.push(wrong(planted, "a date", &|text| json!({"arrival": text, "departure": text})));
    bodies.push(wrong(planted, "a name that is too long", &|text| json!({"guest": {"name": text.repeat(20)}})));
    for (content_type, body) in bodies {
        let answer = hotel.api.post("/v1/bookings", &fresh_key()).body(content_type, body).send().await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
}

/// The same over gRPC, as the command line does it: a booking, a refusal, a wrong key.
pub fn command_line(cluster: &Cluster, node: usize, property: &str, planted: &mut Planted) {
    let wrong = planted.plant("a key over gRPC");
    let right = cluster.key("channel").to_string();
    for (key, room_type, succeeds) in [(&right, "DLX", true), (&right, "NONE", false), (&wrong, "DLX", false)] {
        let mut book = command("keyrack");
        book.args(["book", property, "2027-03-01", "2027-03-03", room_type, "FLEX"]);
        for field in ["guest", "email", "phone"] {
            let canary = planted.plant(&format!("a guest's {field} over gRPC"));
            let given = if field == "email" { format!("{canary}@example.com") } else { canary };
            book.args([format!("--{field}"), given]);
        }
        book.args(["--idempotency-key", &planted.plant("an idempotency key over gRPC")]);
        book.args(["--payment-token", &planted.plant_at_rest(AT_REST[1].0, AT_REST[1].1)]);
        book.args(["--endpoint", &cluster.node(node).grpc, "--key", key]);
        let output = book.output().unwrap();
        assert_eq!(output.status.success(), succeeds, "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Principals and their keys, which the operators' listener shows once.
pub async fn principals(cluster: &Cluster, planted: &mut Planted) {
    let pki = cluster.pki();
    let own = ClientCertificate::read(&pki.join("operator-dev.pem"), &pki.join("operator-dev.key"));
    let client = tls_client(&pki.join("ca.pem"), Some(own), false);
    let mut operator = SecureConnection::open(&cluster.door(1, 3), &client).await.unwrap();
    let mut call = async |line: &str, body: &Value| {
        let headers = format!("Content-Type: application/json\r\nIdempotency-Key: {}\r\n", fresh_key());
        let (status, answer) = operator.request(line, &headers, &body.to_string()).await.unwrap();
        assert!((200..300).contains(&status), "{line}: {status} {answer}");
        serde_json::from_str::<Value>(&answer).unwrap()
    };
    call("PUT /v1/principals/booker", &json!({"role": "channel", "properties": []})).await;
    let given = call("POST /v1/principals/booker/keys", &json!({"label": "first"})).await;
    let key = given["key"].as_str().unwrap();
    planted.secret("a principal's key", key);
    let booker = |node: usize| cluster.api("channel", node).with_key(key);
    let sees = async |api: Api, status: u16| {
        keyrack_tests::until("the key is known everywhere", keyrack_tests::PATIENCE, async || {
            (api.get("/v1/properties").send().await.status == status).then_some(())
        })
        .await;
    };
    sees(booker(3), 200).await;
    let forged = format!("{}{}", &key[..key.len() / 2], planted.plant("after half a key"));
    refusal(&booker(2).with_key(&forged).get("/v1/properties").send().await, 401, "unauthenticated");
    let prefix = given["prefix"].as_str().unwrap();
    call(&format!("POST /v1/principals/booker/keys/{prefix}/revoke"), &json!({})).await;
    sees(booker(3), 401).await;
}

/// A booking with random texts in all guest fields, in the seller's reference and in the payment token.
fn request(hotel: &Hotel, planted: &mut Planted) -> Value {
    let mut request = hotel.request("2027-03-01", "2027-03-03");
    request["guest"] = guest(planted);
    request["channelRef"] = json!(planted.plant_at_rest(AT_REST[0].0, AT_REST[0].1));
    request["payment"] = payment(planted);
    request
}

fn guest(planted: &mut Planted) -> Value {
    let (name, email) = (planted.plant("a guest's name"), planted.plant("a guest's email"));
    json!({"name": name, "email": format!("{email}@example.com"), "phone": planted.plant("a guest's phone")})
}

fn payment(planted: &mut Planted) -> Value {
    json!({"token": planted.plant_at_rest(AT_REST[1].0, AT_REST[1].1)})
}
