//! Every route, and who may: written by hand, so that it does not agree with a mistake in the code.

use serde_json::{Value, json};

use crate::cast::{Cast, Is, Sees, property};

/// A way in.
pub struct Route {
    pub method: &'static str,
    /// As the OpenAPI document has it.
    pub path: &'static str,
    query: &'static str,
    /// The first letters of the roles that may.
    roles: &'static str,
    pub about: About,
    body: fn(&Cast) -> Value,
}

/// What a request to a route is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Open to everybody.
    Nothing,
    /// A sign-in that is no good.
    SignIn,
    /// Not one hotel: what the caller may not see is left out.
    AllHotels,
    /// All hotels at once, and nothing can be left out.
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

/// What a request must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    Refused(u16, &'static str),
}

const UNAUTHENTICATED: Verdict = Verdict::Refused(401, "unauthenticated");
const FORBIDDEN: Verdict = Verdict::Refused(403, "forbidden");
const NOT_FOUND: Verdict = Verdict::Refused(404, "not_found");

impl Route {
    /// The verdict on a caller at the listener for everybody.
    pub fn verdict(&self, caller: Is) -> Verdict {
        match (self.about, caller) {
            (About::Nothing, _) => Verdict::Allowed,
            (About::SignIn, _) => UNAUTHENTICATED,
            // There is no such path here, and that is all that anybody learns.
            (About::Operators, _) => NOT_FOUND,
            (_, Is::Unknown) => UNAUTHENTICATED,
            (_, Is::Known(role, _)) if !self.roles.contains(role) => FORBIDDEN,
            (About::AllHotels, _) => Verdict::Allowed,
            (About::WholeCluster, Is::Known(_, sees)) => {
                if sees == Sees::Everything {
                    Verdict::Allowed
                } else {
                    FORBIDDEN
                }
            }
            (_, Is::Known(_, Sees::Elsewhere)) => FORBIDDEN,
            (About::Record | About::Hold, Is::Known(_, Sees::OthersInA)) => NOT_FOUND,
            (About::Hold, Is::Known(_, Sees::Booking)) => NOT_FOUND,
            (About::HotelA | About::Record | About::Hold, _) => Verdict::Allowed,
        }
    }

    /// The verdict at the operators' listener on who shows an operator's certificate and, beside it, this.
    pub fn verdict_beside_a_certificate(&self, caller: Is) -> Verdict {
        match caller {
            Is::Unknown => UNAUTHENTICATED,
            Is::Known('o', Sees::Everything) => Verdict::Allowed,
            Is::Known(..) => FORBIDDEN,
        }
    }

    /// The path with what the cast has. Nobody may do anything to node 2; to node 99 it would not matter.
    pub fn request(&self, cast: &Cast, verdict: Verdict) -> (String, Value) {
        let hold = &cast.holds[usize::from(self.method == "DELETE")];
        let parts = [
            ("{property}", "HOTEL-A"),
            ("{code}", if self.path.contains("rate-plans") { "FLEX" } else { "DLX" }),
            ("{booking}", &cast.booking),
            ("{guest}", &cast.booking),
            ("{hold}", hold),
            ("{principal}", cast.victim.0),
            ("{prefix}", &cast.victim.1),
            ("{node}", if verdict == Verdict::Allowed { "99" } else { "2" }),
            ("{shard}", "1"),
            ("{tile}", if self.path.contains("entries") { "000.p/1" } else { "0/000.p/1" }),
        ];
        let path = parts.iter().fold(format!("{}{}", self.path, self.query), |path, (name, value)| path.replace(name, value));
        (path, (self.body)(cast))
    }
}

fn none(_: &Cast) -> Value {
    Value::Null
}

fn empty(_: &Cast) -> Value {
    json!({})
}

fn shard(_: &Cast) -> Value {
    json!({"shard": 1})
}

fn one_room(cast: &Cast) -> Value {
    cast.a.request("2027-03-01", "2027-03-03")
}

fn hold(_: &Cast) -> Value {
    let rooms = json!([{"roomType": "DLX", "ratePlan": "FLEX", "quantity": 1}]);
    json!({"propertyId": "HOTEL-A", "arrival": "2027-03-01", "departure": "2027-03-03", "rooms": rooms})
}

fn confirmation(cast: &Cast) -> Value {
    json!({"guest": one_room(cast)["guest"]})
}

fn amendment(_: &Cast) -> Value {
    json!({"departure": "2027-03-04"})
}

fn hotel(_: &Cast) -> Value {
    property("eu-west")
}

fn room_type(_: &Cast) -> Value {
    json!({"name": "Deluxe", "capacity": 201, "occupancy": 4})
}

fn rate_plan(_: &Cast) -> Value {
    json!({"name": "Flexible", "currency": "EUR"})
}

fn rates(_: &Cast) -> Value {
    let line = json!({"roomType": "DLX", "ratePlan": "FLEX", "dateFrom": "2027-06-01", "dateTo": "2027-06-02", "rate": "1.00"});
    json!({"updates": [line]})
}

fn day(_: &Cast) -> Value {
    json!({"expectedFrom": "2027-01-01"})
}

fn sign_in(_: &Cast) -> Value {
    json!({"confirmationNumber": "AAAAA-AAAAA", "link": "krl_nothing"})
}

fn principal(_: &Cast) -> Value {
    json!({"role": "operator"})
}

macro_rules! routes {
    ($($method:ident $path:literal $query:literal $roles:literal $about:ident $body:ident;)*) => {
        /// In an order in which those who may can: what ends a thing comes last.
        pub const ROUTES: &[Route] = &[$(Route {
            method: stringify!($method), path: $path, query: $query, roles: $roles, about: About::$about, body: $body,
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
    POST "/v1/holds/{hold}/confirm" "" "omcd" Hold confirmation;
    DELETE "/v1/holds/{hold}" "" "omcdg" Hold none;
    POST "/v1/bookings/{booking}/guest-link" "" "omcd" Record empty;
    POST "/v1/guest-sessions" "" "" SignIn sign_in;
    POST "/v1/bookings/{booking}/amend" "" "omcd" Record amendment;
    POST "/v1/bookings/{booking}/check-in" "" "omd" Record empty;
    POST "/v1/bookings/{booking}/check-out" "" "omd" Record empty;
    POST "/v1/bookings/{booking}/no-show" "" "omd" Record empty;
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
}
