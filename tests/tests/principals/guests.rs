//! Guests: a link and a confirmation number open a session for one booking. All faulty credentials get the same answer,
//! and attempts are limited.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use keyrack_tests::{Answer, Api, Cluster, Hotel, HotelPlan, fresh_key, refusal, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{assert_same_401, bare, id_of, list_of, path_of};

/// Attempts from one address before the next is used: well below its quotas of 30 sign-ins and 600 refusals.
const TRIES_OF_AN_ADDRESS: u32 = 25;
/// Sign-in attempts in a row from one address, over all nodes.
const TRIES: u32 = 30;

/// Two hotels: a guest's booking, a neighbour's booking in the same hotel, and a booking in the other hotel.
struct Fixture {
    cluster: Cluster,
    hotel: Hotel,
    own: Value,
    neighbour: Value,
    elsewhere: Value,
}

impl Fixture {
    async fn set_up() -> Fixture {
        let cluster = Cluster::start();
        let hotel = HotelPlan::new("guests-here", 20).open(&cluster.operator()).await;
        let other = HotelPlan::new("guests-there", 20).open(&cluster.operator()).await;
        let own = hotel.booked("2027-03-01", "2027-03-04").await;
        let neighbour = hotel.booked("2027-03-01", "2027-03-04").await;
        let elsewhere = other.booked("2027-03-01", "2027-03-04").await;
        Fixture { cluster, hotel, own, neighbour, elsewhere }
    }

    /// A link to a booking, and when it expires.
    async fn link(&self, booking: &Value, wish: &Value) -> (String, Timestamp) {
        let path = format!("{}/guest-link", path_of(booking));
        let link = self.cluster.api("channel", 1).post(&path, &fresh_key()).json(wish).send().await.expect(201).json();
        assert_eq!(link["confirmationNumber"], booking["confirmationNumber"], "{link}");
        (link["link"].as_str().unwrap().to_string(), link["expiresAt"].as_str().unwrap().parse().unwrap())
    }

    /// Signs a guest in. Returns the session's token.
    async fn session(&self, booking: &Value) -> String {
        let (link, _) = self.link(booking, &json!({})).await;
        let session = sign_in(&self.stranger(0), number_of(booking), &link).await.expect(201).json();
        assert_eq!(session["bookingId"], booking["bookingId"]);
        session["accessToken"].as_str().unwrap().to_string()
    }

    /// An unauthenticated caller at one node after the other, from an address that has not used up its quota.
    fn stranger(&self, at: u32) -> Api {
        static SENT: AtomicU32 = AtomicU32::new(0);
        let address = SENT.fetch_add(1, Ordering::Relaxed) / TRIES_OF_AN_ADDRESS;
        let [_, _, high, low] = address.to_be_bytes();
        self.cluster.api("channel", at as usize % 3 + 1).unauthenticated().from_address(Ipv4Addr::new(127, 1, high, low + 1))
    }
}

/// A guest sees and may cancel the booking, and learns nothing about anything else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_sees_and_cancels_one_booking() {
    let fixture = Fixture::set_up().await;
    let Fixture { cluster, hotel, own, neighbour, elsewhere } = &fixture;
    let session = fixture.session(own).await;
    let guest = |node| cluster.api("channel", node).with_key(&session);
    for node in cluster.node_ids() {
        let seen = guest(node).get(&path_of(own)).send().await.expect(200).json();
        assert_eq!((&seen["bookingId"], &seen["guest"]["name"]), (&own["bookingId"], &json!("Ada Guest")), "{seen}");
        let listed = guest(node).get(&list_of(hotel)).send().await.expect(200).json();
        let ids: Vec<&str> = listed["items"].as_array().unwrap().iter().map(id_of).collect();
        assert_eq!(ids, [id_of(own)], "the hotel's list has only the guest's own booking");
    }
    let before = (hotel.everything().await, hotel.through(&cluster.operator()).get(elsewhere).await["revision"].clone());

    // Another guest's booking gets the answer of an unknown booking; another hotel's gets that of an unknown hotel.
    let guest = guest(2);
    let mut refused = 0;
    for (there, status, code) in [(neighbour, 404, "not_found"), (elsewhere, 403, "forbidden")] {
        let never = json!({"bookingId": if status == 404 { one_off(id_of(there)) } else { of_no_hotel(id_of(there)) }});
        for what in ["", "/receipt", "/cancel"] {
            let mut answers = Vec::new();
            for booking in [there, &never] {
                let path = format!("{}{what}", path_of(booking));
                let call = if what == "/cancel" { guest.post(&path, &fresh_key()).json(&json!({})) } else { guest.get(&path) };
                let answer = call.send().await;
                refusal(&answer, status, code);
                let (status, headers, text) = bare(&answer);
                // The detail may repeat the id that the caller sent.
                answers.push((status, headers, text.replace(id_of(booking), "ID")));
                refused += 1;
            }
            assert_eq!(answers[0], answers[1], "{what}: the answer shows whether the booking exists");
        }
    }
    // A guest may cancel their own booking but not change it, and may not use other operations.
    let (here, own_path) = (format!("/v1/properties/{}", hotel.id), path_of(own));
    let stay = hotel.request("2027-03-01", "2027-03-02");
    let posts = [
        (format!("{own_path}/amend"), json!({"departure": "2027-03-05"})),
        (format!("{own_path}/check-in"), json!({})),
        (format!("{own_path}/no-show"), json!({})),
        (format!("{own_path}/guest-link"), json!({})),
        (format!("/v1/guests/{}/erase", id_of(own)), json!({})),
        ("/v1/bookings".to_string(), stay),
        (format!("{here}/ari"), json!({"updates": []})),
    ];
    for (path, body) in &posts {
        refusal(&guest.post(path, &fresh_key()).json(body).send().await, 403, "forbidden");
    }
    let gets = [
        here.clone(),
        format!("{here}/availability?from=2027-03-01&to=2027-03-02"),
        "/v1/events".into(),
        "/v1/audit?shard=1".into(),
    ];
    for path in &gets {
        refusal(&guest.get(path).send().await, 403, "forbidden");
    }
    refused += posts.len() + gets.len();
    let after = (hotel.everything().await, hotel.through(&cluster.operator()).get(elsewhere).await["revision"].clone());
    assert_eq!(after, before, "refused requests change nothing");

    for _ in 0..2 {
        let cancelled = guest.post(&format!("{own_path}/cancel"), &fresh_key()).json(&json!({})).send().await.expect(200).json();
        assert_eq!(cancelled["state"], "cancelled");
    }
    assert_eq!(hotel.get(neighbour).await["state"], "confirmed");
    println!("{refused} requests of a guest were refused");
}

/// Wrong, another's, expired, changed in any bit, of another kind: the answer does not show which.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_faulty_link_gets_the_same_answer() {
    let fixture = Fixture::set_up().await;
    let (short, ends) = fixture.link(&fixture.own, &json!({"ttlSeconds": 60})).await;
    let (link, _) = fixture.link(&fixture.own, &json!({})).await;
    let (foreign, _) = fixture.link(&fixture.neighbour, &json!({})).await;
    let session = fixture.session(&fixture.own).await;
    let number = number_of(&fixture.own);
    let known = sign_in(&fixture.stranger(0), "no number", "no link").await;

    let other_kind = |token: &str, mark: &str| format!("{mark}{}", &token[4..]);
    let mut wrong: Vec<(String, String, String)> = [
        ("no number", "", link.as_str()),
        ("another's number", number_of(&fixture.neighbour), &link),
        ("another hotel's number", number_of(&fixture.elsewhere), &link),
        ("a very long number", &"7".repeat(3_000), &link),
        ("another's link", number, &foreign),
        ("no link", number, ""),
        ("a link's beginning", number, "krl_"),
        ("a session", number, &session),
        ("a session that says it is a link", number, &other_kind(&session, "krl_")),
        ("a link that says it is a session", number, &other_kind(&link, "krg_")),
        ("an API key", number, fixture.cluster.key("operator")),
        ("a link and more", number, &format!("{link}A")),
        ("a link with padding", number, &format!("{link}==")),
        ("a link with a blank", number, &format!(" {link}")),
        ("a link cut short", number, &link[..link.len() - 2]),
        ("a very long link", number, &link.repeat(30)),
        ("the link as the number", &link, number),
    ]
    .map(|(what, number, link)| (what.to_string(), number.to_string(), link.to_string()))
    .into();
    wrong.extend(spoilt(&link).map(|(what, link)| (what, number.to_string(), link)));
    wrong.extend((0..number.len()).map(|at| ("a digit of the number".to_string(), changed(number, at), link.clone())));
    for (at, (what, number, link)) in wrong.iter().enumerate() {
        let answer = sign_in(&fixture.stranger(at as u32), number, link).await;
        assert_same_401(what, &answer, &known);
    }
    // The link was valid and still is, also with the number in lower case and between blanks.
    sign_in(&fixture.stranger(0), &format!(" {} ", number.to_lowercase()), &link).await.expect(201);

    until("the short link has expired", Duration::from_secs(90), async || (Timestamp::now() > ends).then_some(())).await;
    for node in 0..3 {
        assert_same_401("an expired link", &sign_in(&fixture.stranger(node), number, &short).await, &known);
    }
    assert!(wrong.len() >= 600, "every bit was tried: {}", wrong.len());
    println!("{} links were refused", wrong.len() + 4);
}

/// A link alone opens nothing, and no bit of a session can be changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_forged_session_is_refused() {
    let fixture = Fixture::set_up().await;
    let (link, _) = fixture.link(&fixture.own, &json!({})).await;
    let session = fixture.session(&fixture.own).await;
    let before = fixture.hotel.everything().await;
    let path = path_of(&fixture.own);
    let refused = async |token: &str| {
        let stranger = fixture.stranger(0).with_key(token);
        [send(&stranger, &path, false).await, send(&stranger, &path, true).await]
    };
    // What looks like a session gets the words for a session that has ended.
    let (other, ended) = (refused("nonsense").await, refused("krg_nonsense").await);
    assert_eq!(ended[0].json()["detail"].as_str().map(|words| words.contains("This session has ended")), Some(true));
    let mut wrong = vec![
        ("a link".to_string(), link.clone()),
        ("a link that says it is a session".to_string(), format!("krg_{}", &link[4..])),
        ("a session's beginning".to_string(), "krg_".to_string()),
        ("a session and more".to_string(), format!("{session}A")),
        ("a session twice".to_string(), format!("{session}{session}")),
        ("a confirmation number".to_string(), number_of(&fixture.own).to_string()),
    ];
    wrong.extend(spoilt(&session));
    for (at, (what, token)) in wrong.iter().enumerate() {
        let cancels = at % 2 == 1;
        let answer = send(&fixture.stranger(at as u32).with_key(token), &path, cancels).await;
        let known = if token.starts_with("krg_") { &ended } else { &other };
        assert_same_401(what, &answer, &known[usize::from(cancels)]);
    }
    assert_eq!(fixture.hotel.everything().await, before, "nothing was cancelled");
    send(&fixture.stranger(0).with_key(&session), &path, false).await.expect(200);
    assert!(wrong.len() >= 600, "every bit was tried: {}", wrong.len());
    println!("{} sessions were refused", wrong.len());
}

/// Guessing a number takes years: 30 attempts, then one every two seconds, over all nodes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tries_to_sign_in_are_limited() {
    let fixture = Fixture::set_up().await;
    let (link, _) = fixture.link(&fixture.own, &json!({})).await;
    let from = Ipv4Addr::new(127, 2, 0, 1);
    let at = |node| fixture.cluster.api("channel", node).unauthenticated().from_address(from);
    let (first, begin) = (at(1), Instant::now());
    let mut tried = 0;
    let limited = loop {
        let answer = sign_in(&first, "no number", &link).await;
        if answer.status == 429 {
            break answer;
        }
        refusal(&answer, 401, "unauthenticated");
        tried += 1;
        assert!(tried <= TRIES + begin.elapsed().as_secs() as u32, "{tried} tries in {:?}", begin.elapsed());
    };
    assert!(tried >= TRIES, "only {tried} tries");
    refusal(&limited, 429, "quota_exceeded");
    let wait: u64 = limited.header("Retry-After").expect("a Retry-After header").parse().unwrap();
    assert!((1..=3).contains(&wait), "{wait} s");
    // A valid link is not checked either, so the limit reveals nothing.
    refusal(&sign_in(&first, number_of(&fixture.own), &link).await, 429, "quota_exceeded");
    for node in [2, 3] {
        // A node alone would allow 30, but the nodes share their counts quickly.
        let mut taken = 0;
        while sign_in(&at(node), "no number", &link).await.status != 429 {
            taken += 1;
            assert!(taken < TRIES / 2, "node {node} does not count the attempts at node 1");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let elsewhere = fixture.cluster.api("channel", 1).unauthenticated().from_address(Ipv4Addr::new(127, 2, 0, 2));
    sign_in(&elsewhere, number_of(&fixture.own), &link).await.expect(201);
}

/// The number is drawn, and the link shows nothing: neither of them can be computed from the booking's id or from the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_number_cannot_be_read_from_an_id_or_a_link() {
    let fixture = Fixture::set_up().await;
    let (id, number) = (id_of(&fixture.own), number_of(&fixture.own));
    let of_id = id[id.len() - 10..].to_uppercase();
    assert_ne!(number.replace('-', ""), of_id, "the letters of the id");
    let (link, _) = fixture.link(&fixture.own, &json!({})).await;
    let bytes = Base64UrlUnpadded::decode_vec(&link[4..]).unwrap();
    let (again, _) = fixture.link(&fixture.own, &json!({})).await;
    assert_ne!(link, again);
    let other = Base64UrlUnpadded::decode_vec(&again[4..]).unwrap();
    let same = bytes.iter().zip(&other).filter(|(one, other)| one == other).count();
    assert!(same < 12, "two links of a booking have {same} of {} bytes in common", bytes.len());
    let guess = format!("{}-{}", &of_id[..5], &of_id[5..]);
    refusal(&sign_in(&fixture.stranger(0), &guess, &link).await, 401, "unauthenticated");
}

/// A link and its sessions end with the rights of their issuer, with another guest, and with the erasure of the guest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_ends_with_its_issuer_its_guest_and_an_erasure() {
    let fixture = Fixture::set_up().await;
    let operators = fixture.cluster.operators().await;
    let wish = json!({"role": "channel", "ownOnly": false});
    let channel = operators.caller("linker", &wish, &fixture.cluster.api("channel", 2)).await;
    let link_by = async |api: &Api, booking: &Value| {
        let path = format!("{}/guest-link", path_of(booking));
        let link = api.post(&path, &fresh_key()).json(&json!({})).send().await.expect(201).json();
        link["link"].as_str().unwrap().to_owned()
    };
    let link = link_by(&channel, &fixture.own).await;
    let number = number_of(&fixture.own);
    let session_of = async |link: &str| {
        let session = sign_in(&fixture.stranger(0), number, link).await.expect(201).json();
        session["accessToken"].as_str().unwrap().to_owned()
    };
    let see = async |node, session: &str| {
        fixture.cluster.api("channel", node).with_key(session).get(&path_of(&fixture.own)).send().await
    };
    let session = session_of(&link).await;
    see(1, &session).await.expect(200);
    operators.revoke("linker").await;
    for node in fixture.cluster.node_ids() {
        refusal(&sign_in(&fixture.stranger(node as u32 - 1), number, &link).await, 401, "unauthenticated");
        refusal(&see(node, &session).await, 401, "unauthenticated");
    }

    let narrowed = operators.caller("narrowed", &wish, &fixture.cluster.api("channel", 2)).await;
    let link = link_by(&narrowed, &fixture.own).await;
    let session = session_of(&link).await;
    operators.put("narrowed", &json!({"role": "channel", "ownOnly": false, "properties": ["guests-there"]})).await;
    for node in fixture.cluster.node_ids() {
        refusal(&sign_in(&fixture.stranger(node as u32 - 1), number, &link).await, 401, "unauthenticated");
        refusal(&see(node, &session).await, 401, "unauthenticated");
    }

    let desk = fixture.cluster.api("desk", 1);
    let link = link_by(&desk, &fixture.own).await;
    let session = session_of(&link).await;
    let other = json!({"guest": {"name": "Grace Guest", "email": "grace@example.com"}});
    fixture.hotel.act(&fixture.own, "amend", &other).await.expect(200);
    refusal(&sign_in(&fixture.stranger(1), number, &link).await, 401, "unauthenticated");
    refusal(&see(2, &session).await, 401, "unauthenticated");
    let cancelled = send(&fixture.cluster.api("channel", 3).with_key(&session), &path_of(&fixture.own), true).await;
    refusal(&cancelled, 401, "unauthenticated");

    let link = link_by(&desk, &fixture.own).await;
    let session = session_of(&link).await;
    let erase = format!("/v1/guests/{}/erase", id_of(&fixture.own));
    fixture.cluster.api("manager", 1).post(&erase, &fresh_key()).send().await.expect(200);
    refusal(&sign_in(&fixture.stranger(1), number, &link).await, 401, "unauthenticated");
    refusal(&see(3, &session).await, 401, "unauthenticated");
    let path = format!("{}/guest-link", path_of(&fixture.own));
    refusal(&desk.post(&path, &fresh_key()).json(&json!({})).send().await, 409, "wrong_state");
}

/// Nobody may keep the answer with a guest's session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_not_stored_by_a_cache() {
    let fixture = Fixture::set_up().await;
    let (link, _) = fixture.link(&fixture.own, &json!({})).await;
    for (number, status) in [(number_of(&fixture.own), 201), ("no number", 401)] {
        let answer = sign_in(&fixture.stranger(0), number, &link).await.expect(status);
        assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{status}");
    }
}

async fn sign_in(stranger: &Api, number: &str, link: &str) -> Answer {
    let body = json!({"confirmationNumber": number, "link": link});
    stranger.call(Method::POST, "/v1/guest-sessions").json(&body).send().await
}

/// Reads a booking, or cancels it.
async fn send(api: &Api, path: &str, cancels: bool) -> Answer {
    let call = if cancels { api.post(&format!("{path}/cancel"), &fresh_key()).json(&json!({})) } else { api.get(path) };
    call.send().await
}

fn number_of(booking: &Value) -> &str {
    booking["confirmationNumber"].as_str().expect("a confirmation number")
}

/// The token with each letter changed, and with each bit of its decoded bytes flipped.
fn spoilt(token: &str) -> impl Iterator<Item = (String, String)> {
    let (mark, text) = token.split_at(4);
    let bytes = Base64UrlUnpadded::decode_vec(text).unwrap();
    assert_eq!(bytes.len(), 76, "a nonce, 48 bytes, a tag");
    let letters = (0..token.len()).map(|at| (format!("letter {at} changed"), changed(token, at))).collect::<Vec<_>>();
    let mark = mark.to_string();
    let bits = (0..bytes.len() * 8).map(move |bit| {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        (format!("bit {bit} flipped"), format!("{mark}{}", Base64UrlUnpadded::encode_string(&bytes)))
    });
    letters.into_iter().chain(bits)
}

/// The text with another letter or digit at a place.
fn changed(text: &str, at: usize) -> String {
    let next = |byte: u8| match byte {
        b'9' => b'8',
        b'z' | b'Z' => byte - 1,
        b'0'..=b'8' | b'a'..=b'y' | b'A'..=b'Y' => byte + 1,
        _ => b'A',
    };
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = next(bytes[at]);
    String::from_utf8(bytes).unwrap()
}

/// The id of an unknown booking of the same property.
fn one_off(id: &str) -> String {
    let last = if id.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &id[..id.len() - 1])
}

/// The id of a booking of an unknown property. The property's number comes first.
fn of_no_hotel(id: &str) -> String {
    format!("bk_1{}", &id["bk_1".len()..])
}
