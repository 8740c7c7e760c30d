//! Two hotels and every kind of caller: with valid, with insufficient and without credentials.

use keyrack_tests::{Api, Call, Cluster, Hotel, HotelPlan, Operators, PATIENCE, fresh_key, until};
use reqwest::Method;
use serde_json::{Value, json};

/// A caller.
pub struct Caller {
    pub name: &'static str,
    /// The value of its `Authorization` header.
    authorization: Option<String>,
    pub is: CallerKind,
}

/// The kind of a caller, for the table of verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// No valid credentials.
    Unknown,
    /// The first letter of a role, and what the caller sees of hotel A.
    Known(char, Visibility),
}

/// What a caller sees of hotel A, of the booking and of the holds there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// All hotels.
    Everything,
    /// Hotel A, with the booking and the holds.
    HotelA,
    /// Hotel A, but neither the booking nor the holds. They are another seller's, or the caller is another booking's
    /// guest.
    OthersInA,
    /// Only the booking: its guest.
    Booking,
    /// Nothing of hotel A.
    Elsewhere,
}

pub struct Fixture {
    pub cluster: Cluster,
    pub operators: Operators,
    /// The listener for all callers.
    pub edge: Api,
    pub a: Hotel,
    pub b: Hotel,
    pub callers: Vec<Caller>,
    /// Of hotel A, made by its channel.
    pub booking: String,
    /// Of hotel A, held by its channel.
    pub holds: [String; 2],
    /// A principal for tests that change one, and one of its keys.
    pub victim: (&'static str, String),
}

impl Caller {
    fn new(name: &'static str, authorization: impl Into<String>, is: CallerKind) -> Caller {
        Caller { name, authorization: Some(authorization.into()), is }
    }

    /// Whether the caller shows no credentials.
    pub fn is_nobody(&self) -> bool {
        self.authorization.is_none()
    }

    /// A request of this caller to the node and listener of `at`.
    pub fn call(&self, at: &Api, method: Method, path: &str) -> Call {
        let call = at.unauthenticated().call(method, path);
        match &self.authorization {
            Some(value) => call.header("Authorization", value),
            None => call,
        }
    }
}

impl Fixture {
    pub async fn gather() -> Fixture {
        // This test checks who is refused, not how often, so the limit is off.
        let cluster = Cluster::start_with(&[("KEYRACK_LIMITS_FAILED_SIGN_INS_PER_MINUTE", "0")]);
        let operator = cluster.operator();
        let operators = cluster.operators().await;
        let a = hotel_in(&operator, "HOTEL-A", "eu-west").await;
        let b = hotel_in(&operator, "HOTEL-B", "us-east").await;

        let in_a = |role: &str| json!({"role": role, "properties": ["HOTEL-A"]});
        let in_b = |role: &str| json!({"role": role, "properties": ["HOTEL-B"]});
        let in_region = |region: &str| json!({"role": "manager", "regions": [region]});
        let seller = operators.caller("channel-a", &in_a("channel"), &operator).await;
        let (booking, other) = (booked(&a, &seller).await, booked(&a, &seller).await);
        let elsewhere = booked(&b, &operator).await;
        let holds = [held(&a, &seller).await, held(&a, &seller).await];

        let mut callers = known(&cluster);
        callers.push(Caller::new(
            "the channel that sold it",
            bearer(seller.api_key()),
            CallerKind::Known('c', Visibility::HotelA),
        ));
        for (name, id, wish, letter, sees) in [
            ("another channel of A", "channel-a2", in_a("channel"), 'c', Visibility::OthersInA),
            ("a channel of B", "channel-b", in_b("channel"), 'c', Visibility::Elsewhere),
            ("a desk of A", "desk-a", in_a("desk"), 'd', Visibility::HotelA),
            ("a desk of B", "desk-b", in_b("desk"), 'd', Visibility::Elsewhere),
            ("a manager of A's region", "manager-eu", in_region("eu-west"), 'm', Visibility::HotelA),
            ("a manager of B's region", "manager-us", in_region("us-east"), 'm', Visibility::Elsewhere),
            ("an auditor of A", "auditor-a", in_a("auditor"), 'a', Visibility::HotelA),
            ("an operator of A", "operator-a", in_a("operator"), 'o', Visibility::HotelA),
            ("an operator with a key", "operator-key", json!({"role": "operator"}), 'o', Visibility::Everything),
        ] {
            let api = operators.caller(id, &wish, &operator).await;
            callers.push(Caller::new(name, bearer(api.api_key()), CallerKind::Known(letter, sees)));
        }
        let (link, session) = guest(&operator, &booking).await;
        callers.push(Caller::new("the booking's guest", bearer(&session), CallerKind::Known('g', Visibility::Booking)));
        let (_, neighbour) = guest(&operator, &other).await;
        callers.push(Caller::new("another guest of A", bearer(&neighbour), CallerKind::Known('g', Visibility::OthersInA)));
        let (_, stranger) = guest(&operator, &elsewhere).await;
        callers.push(Caller::new("a guest of B", bearer(&stranger), CallerKind::Known('g', Visibility::Elsewhere)));
        callers.extend(unknown(&operators, &operator, &seller, &link, &session).await);

        operators.put("victim", &json!({"role": "desk"})).await;
        let victim = ("victim", operators.give_key("victim").await.prefix);
        Fixture { cluster, operators, edge: operator, a, b, callers, booking, holds, victim }
    }

    /// Everything that a refused request must not change: both hotels, the principals, the nodes.
    pub async fn everything(&self) -> Value {
        let of = async |path: &str| self.operators.api.get(path).send().await.expect(200).json();
        json!([self.a.everything().await, self.b.everything().await, of("/v1/principals").await, of("/v1/nodes").await])
    }
}

/// A hotel with enough rooms and a home region.
pub async fn hotel_in(operator: &Api, id: &str, region: &str) -> Hotel {
    let hotel = HotelPlan::new(id, 200).open(operator).await;
    operator.put(&format!("/v1/properties/{id}"), &property(region)).send().await.expect(200);
    hotel
}

/// The body of a PUT of a hotel.
pub fn property(region: &str) -> Value {
    json!({"name": "Hotel", "timeZone": "Europe/Lisbon", "currency": "EUR", "businessDate": "2027-01-01", "homeRegion": region})
}

/// The id of a new booking of `seller`.
pub async fn booked(hotel: &Hotel, seller: &Api) -> String {
    let booking = hotel.through(seller).booked("2027-03-01", "2027-03-03").await;
    booking["bookingId"].as_str().unwrap().to_string()
}

async fn held(hotel: &Hotel, seller: &Api) -> String {
    let hold = hotel.through(seller).hold("2027-03-01", "2027-03-03", 600).await.expect(201).json();
    hold["holdId"].as_str().unwrap().to_string()
}

/// A guest's link and session.
async fn guest(operator: &Api, booking: &str) -> (String, String) {
    let path = format!("/v1/bookings/{booking}/guest-link");
    let link = operator.post(&path, &fresh_key()).json(&json!({})).send().await.expect(201).json();
    let sign_in = json!({"confirmationNumber": link["confirmationNumber"], "link": link["link"]});
    let session = operator.unauthenticated().post("/v1/guest-sessions", &fresh_key()).json(&sign_in).send().await;
    let session = session.expect(201).json()["accessToken"].as_str().unwrap().to_string();
    (link["link"].as_str().unwrap().to_string(), session)
}

/// The development keys: each role, for all properties.
fn known(cluster: &Cluster) -> Vec<Caller> {
    let role = |name: &'static str, letter| {
        Caller::new(name, bearer(cluster.key(name)), CallerKind::Known(letter, Visibility::Everything))
    };
    vec![role("operator", 'o'), role("manager", 'm'), role("channel", 'c'), role("desk", 'd'), role("auditor", 'a')]
}

/// Credentials that are expired, revoked, changed or invented.
async fn unknown(operators: &Operators, operator: &Api, seller: &Api, link: &str, session: &str) -> Vec<Caller> {
    let wish = json!({"role": "operator"});
    let revoked = operators.caller("revoked", &wish, operator).await;
    operators.revoke("revoked").await;
    operators.put("careless", &wish).await;
    let withdrawn = operators.give_key("careless").await;
    operators.revoke_key("careless", &withdrawn.prefix).await;
    let brief = operators.give_key_as("careless", &json!({"expiresInSeconds": 1})).await;
    let late = operator.with_key(&brief.secret);
    until("the key has expired", PATIENCE, async || (late.get("/v1/properties").send().await.status == 401).then_some(())).await;
    // A valid prefix before another key's secret.
    let (prefix, secret) = (seller.api_key(), withdrawn.secret.as_str());
    let mixed = format!("{}{}", &prefix[..16], &secret[16..]);
    let unsigned = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJyb290In0.";
    let of = |name, authorization: String| Caller::new(name, authorization, CallerKind::Unknown);
    vec![
        Caller { name: "no credentials", authorization: None, is: CallerKind::Unknown },
        of("an empty token", "Bearer ".into()),
        of("garbage", bearer("let-me-in")),
        of("a password", format!("Basic {}", "b3BlcmF0b3I6b3BlcmF0b3I=")),
        of("a key without a scheme", operator.api_key().into()),
        of("a key with more behind it", format!("{} {}", bearer(operator.api_key()), operator.api_key())),
        of("a key with another last letter", bearer(&last_changed(operator.api_key()))),
        of("a key that was never issued", bearer("kr_0123456789ab_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")),
        of("one key's prefix, another's secret", bearer(&mixed)),
        of("a revoked principal", bearer(revoked.api_key())),
        of("a revoked key", bearer(&withdrawn.secret)),
        of("an expired key", bearer(&brief.secret)),
        of("a guest's link", bearer(link)),
        of("a link with a session's prefix", bearer(&link.replace("krl_", "krg_"))),
        of("a changed session", bearer(&first_changed(session))),
        of("an unsigned staff token", bearer(unsigned)),
    ]
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn last_changed(token: &str) -> String {
    let (rest, last) = token.split_at(token.len() - 1);
    format!("{rest}{}", if last == "0" { '1' } else { '0' })
}

/// A signed session with another booking's number.
fn first_changed(session: &str) -> String {
    let (mark, rest) = session.split_at(10);
    let (first, rest) = rest.split_at(1);
    format!("{mark}{}{rest}", if first == "A" { 'B' } else { 'A' })
}
