//! Every route and the roles that may use it, written by hand so that it does not repeat a mistake of the code.

use serde_json::{Value, json};

use crate::callers::{CallerKind, Fixture, Visibility, property};

/// One operation of the API.
pub struct Route {
    pub method: &'static str,
    /// As in the OpenAPI document.
    pub path: &'static str,
    query: &'static str,
    /// The first letters of the roles that may use it.
    roles: &'static str,
    pub about: Subject,
    body: fn(&Fixture) -> Value,
}

/// What a request to a route is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Open to all callers.
    Nothing,
    /// A sign-in with wrong credentials.
    SignIn,
    /// No single hotel: the answer leaves out what the caller may not see.
    AllHotels,
    /// All hotels at once: the answer cannot leave anything out.
    WholeCluster,
    /// Hotel A.
    HotelA,
    /// A booking of hotel A.
    Record,
    /// A hold of hotel A; guests have none.
    Hold,
    /// Principals and nodes: on the operators' listener only.
    Operators,
}

/// The required outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    Refused(u16, &'static str),
}

const UNAUTHENTICATED: Verdict = Verdict::Refused(401, "unauthenticated");
const FORBIDDEN: Verdict = Verdict::Refused(403, "forbidden");
const NOT_FOUND: Verdict = Verdict::Refused(404, "not_found");

impl Route {
    /// The verdict on a caller at the public listener.
    pub fn verdict(&self, caller: CallerKind) -> Verdict {
        match (self.about, caller) {
            (Subject::Nothing, _) => Verdict::Allowed,
            (Subject::SignIn, _) => UNAUTHENTICATED,
            // This listener does not have the path, and the answer shows nothing else.
            (Subject::Operators, _) => NOT_FOUND,
            (_, CallerKind::Unknown) => UNAUTHENTICATED,
            (_, CallerKind::Known(role, _)) if !self.roles.contains(role) => FORBIDDEN,
            (Subject::AllHotels, _) => Verdict::Allowed,
            (Subject::WholeCluster, CallerKind::Known(_, sees)) => {
                if sees == Visibility::Everything {
                    Verdict::Allowed
                } else {
                    FORBIDDEN
                }
            }
            (_, CallerKind::Known(_, Visibility::Elsewhere)) => FORBIDDEN,
            (Subject::Record | Subject::Hold, CallerKind::Known(_, Visibility::OthersInA)) => NOT_FOUND,
            (Subject::Hold, CallerKind::Known(_, Visibility::Booking)) => NOT_FOUND,
            (Subject::HotelA | Subject::Record | Subject::Hold, _) => Verdict::Allowed,
        }
    }

    /// The verdict on a caller at the operators' listener who shows an operator's certificate and these credentials.
    pub fn verdict_beside_a_certificate(&self, caller: CallerKind) -> Verdict {
        match caller {
            CallerKind::Unknown => UNAUTHENTICATED,
            CallerKind::Known('o', Visibility::Everything) => Verdict::Allowed,
            CallerKind::Known(..) => FORBIDDEN,
        }
    }

    /// The path with the fixture's ids. Allowed requests use node 99, which does not exist, so that they change no
    /// node.
    pub fn request(&self, fixture: &Fixture, verdict: Verdict) -> (String, Value) {
        let hold = &fixture.holds[usize::from(self.method == "DELETE")];
        let parts = [
            ("{property}", "HOTEL-A"),
            ("{code}", if self.path.contains("rate-plans") { "FLEX" } else { "DLX" }),
            ("{booking}", &fixture.booking),
            ("{guest}", &fixture.booking),
            ("{hold}", hold),
            ("{principal}", fixture.victim.0),
            ("{prefix}", &fixture.victim.1),
            ("{node}", if verdict == Verdict::Allowed { "99" } else { "2" }),
            ("{shard}", "1"),
            ("{tile}", if self.path.contains("entries") { "000.p/1" } else { "0/000.p/1" }),
        ];
        let path = parts.iter().fold(format!("{}{}", self.path, self.query), |path, (name, value)| path.replace(name, value));
        (path, (self.body)(fixture))
    }
}

fn none(_: &Fixture) -> Value {
    Value::Null
}

fn empty(_: &Fixture) -> Value {
    json!({})
}

fn shard(_: &Fixture) -> Value {
    json!({"shard": 1})
}

fn one_room(fixture: &Fixture) -> Value {
    fixture.a.request("2027-03-01", "2027-03-03")
}

fn hold(_: &Fixture) -> Value {
    let rooms = json!([{"roomType": "DLX", "ratePlan": "FLEX", "quantity": 1, "adults": 1}]);
    json!({"propertyId": "HOTEL-A", "arrival": "2027-03-01", "departure": "2027-03-03", "rooms": rooms})
}

fn confirmation(fixture: &Fixture) -> Value {
    json!({"guest": one_room(fixture)["guest"]})
}

fn amendment(_: &Fixture) -> Value {
    json!({"departure": "2027-03-04"})
}

fn hotel(_: &Fixture) -> Value {
    property("eu-west")
}

fn room_type(_: &Fixture) -> Value {
    json!({"name": "Deluxe", "capacity": 201, "occupancy": 4})
}

fn rate_plan(_: &Fixture) -> Value {
    json!({"name": "Flexible", "currency": "EUR"})
}

fn rates(_: &Fixture) -> Value {
    let line = json!({"roomType": "DLX", "ratePlan": "FLEX", "dateFrom": "2027-06-01", "dateTo": "2027-06-02", "rate": "1.00"});
    json!({"updates": [line]})
}

fn day(_: &Fixture) -> Value {
    json!({"expectedFrom": "2027-01-01"})
}

fn sign_in(_: &Fixture) -> Value {
    json!({"confirmationNumber": "AAAAA-AAAAA", "link": "krl_nothing"})
}

fn principal(_: &Fixture) -> Value {
    json!({"role": "operator"})
}

macro_rules! routes {
    ($($method:ident $path:literal $query:literal $roles:literal $about:ident $body:ident;)*) => {
        /// Ordered so that allowed requests can succeed: an operation that ends a booking or a hold comes last.
        pub const ROUTES: &[Route] = &[$(Route {
            method: stringify!($method), path: $path, query: $query, roles: $roles, about: Subject::$about, body: $body,
        }),*];
    };
}

routes! {
    GET "/healthz" "" "" Nothing none;
    GET "/readyz" "" "" Nothing none;
    GET "/metrics" "" "" Nothing none;
    GET "/log/policy" "" "" Nothing none;
    GET "/log/{shard}/checkpoint" "" "" Nothing none;
    GET "/log/{shard}/tile/{tile}" "" "" Nothing none;
    GET "/log/{shard}/tile/entries/{tile}" "" "oa" WholeCluster none;
    GET "/v1/audit" "?shard=1" "oa" AllHotels none;
    GET "/v1/properties" "" "omcda" AllHotels none;
    GET "/v1/properties/{property}" "" "omcda" HotelA none;
    GET "/v1/properties/{property}/availability" "?from=2027-03-01&to=2027-03-02" "omcda" HotelA none;
    GET "/v1/properties/{property}/rates" "?from=2027-03-01&to=2027-03-02" "omcda" HotelA none;
    GET "/v1/offers" "?propertyId={property}&arrival=2027-03-01&departure=2027-03-02&adults=1" "omcda" HotelA none;
    GET "/v1/events" "?propertyId={property}" "omcda" HotelA none;
    GET "/v1/bookings" "?propertyId={property}" "omcdag" HotelA none;
    GET "/v1/bookings/{booking}" "" "omcdag" Record none;
    GET "/v1/bookings/{booking}/receipt" "" "omcdag" Record none;
    PUT "/v1/properties/{property}" "" "om" HotelA hotel;
    PUT "/v1/properties/{property}/room-types/{code}" "" "om" HotelA room_type;
    PUT "/v1/properties/{property}/rate-plans/{code}" "" "om" HotelA rate_plan;
    POST "/v1/properties/{property}/ari" "" "om" HotelA rates;
    POST "/v1/bookings" "" "omcd" HotelA one_room;
    POST "/v1/holds" "" "omcd" HotelA hold;
    GET "/v1/holds/{hold}" "" "omcdag" Hold none;
    POST "/v1/holds/{hold}/confirm" "" "omcd" Hold confirmation;
    DELETE "/v1/holds/{hold}" "" "omcdg" Hold none;
    POST "/v1/bookings/{booking}/guest-link" "" "omcd" Record empty;
    POST "/v1/guest-sessions" "" "" SignIn sign_in;
    POST "/v1/bookings/{booking}/amend" "" "omcd" Record amendment;
    POST "/v1/bookings/{booking}/check-in" "" "omd" Record empty;
    POST "/v1/bookings/{booking}/check-out" "" "omd" Record empty;
    POST "/v1/bookings/{booking}/no-show" "" "omd" Record empty;
    POST "/v1/bookings/{booking}/revert-check-in" "" "omd" Record empty;
    POST "/v1/bookings/{booking}/reinstate" "" "omd" Record empty;
    POST "/v1/bookings/{booking}/cancel" "" "omcdg" Record empty;
    POST "/v1/guests/{guest}/erase" "" "om" Record empty;
    POST "/v1/properties/{property}/close-business-date" "" "om" HotelA day;
    GET "/v1/principals" "" "" Operators none;
    GET "/v1/principals/{principal}" "" "" Operators none;
    PUT "/v1/principals/{principal}" "" "" Operators principal;
    POST "/v1/principals/{principal}/keys" "" "" Operators empty;
    POST "/v1/principals/{principal}/keys/{prefix}/revoke" "" "" Operators empty;
    POST "/v1/principals/{principal}/revoke" "" "" Operators empty;
    GET "/v1/nodes" "" "" Operators none;
    POST "/v1/nodes/{node}/fence" "" "" Operators empty;
    POST "/v1/nodes/{node}/admit" "" "" Operators empty;
    POST "/v1/nodes/{node}/lead" "" "" Operators shard;
    POST "/v1/properties/{property}/remove" "" "" Operators empty;
}
