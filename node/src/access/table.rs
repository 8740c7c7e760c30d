//! The one table of what every path and every method needs. What is not in it gets no caller, and so gets nothing; a test
//! walks the OpenAPI document and the gRPC services and fails on what is missing.

use std::collections::HashMap;
use std::sync::LazyLock;

use keyrack_inventory::{Action, Right};

/// What a way in needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: everybody may.
    Nothing,
    /// A role that has this right.
    Right(Right),
    /// The same, but nothing in development.
    RightOutsideDevelopment(Right),
}

/// What the audit trail has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trail {
    /// Nothing: neither a change nor guest data.
    Quiet,
    /// The command's own record; what was refused before there was a command is recorded here.
    Command,
    /// Every call: it shows guest data, or is an operator's.
    Every,
}

/// One way in.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// HTTP method and path pattern, or `gRPC` and `Service/Method`.
    pub way: (&'static str, &'static str),
    /// What it needs.
    pub needs: Needs,
    /// What the audit trail calls it.
    pub action: Action,
    /// What the audit trail has of it.
    pub trail: Trail,
}

/// The entry of an HTTP route.
pub fn http(method: &str, pattern: &str) -> Option<&'static Entry> {
    let method = if method == "HEAD" { "GET" } else { method };
    BY_WAY.get(&(method, pattern)).copied()
}

/// The entry of a gRPC method by its path, `/keyrack.v1.Service/Method`.
pub fn grpc(path: &str) -> Option<&'static Entry> {
    let name = path.strip_prefix("/keyrack.v1.")?;
    BY_WAY.get(&("gRPC", name)).copied()
}

static BY_WAY: LazyLock<HashMap<(&str, &str), &Entry>> =
    LazyLock::new(|| ENTRIES.iter().map(|entry| (entry.way, entry)).collect());

macro_rules! table {
    ($($method:ident $path:literal $needs:ident $action:ident $trail:ident;)*) => {
        /// All ways in.
        pub const ENTRIES: &[Entry] = &[$(Entry {
            way: (stringify!($method), $path),
            needs: table!(@needs $needs),
            action: Action::$action,
            trail: Trail::$trail,
        }),*];
    };
    (@needs Metrics) => { Needs::RightOutsideDevelopment(Right::ReadTopology) };
    (@needs Nothing) => { Needs::Nothing };
    (@needs $right:ident) => { Needs::Right(Right::$right) };
}

table! {
    GET "/v1/properties" ReadInventory READ_INVENTORY Quiet;
    GET "/v1/properties/{property}" ReadInventory READ_INVENTORY Quiet;
    PUT "/v1/properties/{property}" ManageInventory PUT_PROPERTY Command;
    PUT "/v1/properties/{property}/room-types/{code}" ManageInventory PUT_ROOM_TYPE Command;
    PUT "/v1/properties/{property}/rate-plans/{code}" ManageInventory PUT_RATE_PLAN Command;
    POST "/v1/properties/{property}/ari" ManageInventory UPDATE_ARI Command;
    POST "/v1/properties/{property}/close-business-date" ManageInventory CLOSE_DAY Command;
    GET "/v1/properties/{property}/availability" ReadInventory READ_INVENTORY Quiet;
    GET "/v1/offers" ReadInventory READ_INVENTORY Quiet;
    POST "/v1/holds" Sell PLACE_HOLD Command;
    POST "/v1/holds/{hold}/confirm" Sell CONFIRM_HOLD Command;
    DELETE "/v1/holds/{hold}" Cancel RELEASE_HOLD Command;
    POST "/v1/bookings" Sell BOOK Command;
    GET "/v1/bookings" ReadBookings LIST_BOOKINGS Every;
    GET "/v1/bookings/{booking}" ReadBookings READ_BOOKING Every;
    POST "/v1/bookings/{booking}/amend" Sell AMEND Command;
    POST "/v1/bookings/{booking}/cancel" Cancel CANCEL Command;
    POST "/v1/bookings/{booking}/check-in" RunDesk CHECK_IN Command;
    POST "/v1/bookings/{booking}/check-out" RunDesk CHECK_OUT Command;
    POST "/v1/bookings/{booking}/no-show" RunDesk NO_SHOW Command;
    GET "/v1/bookings/{booking}/receipt" ReadBookings READ_RECEIPT Every;
    POST "/v1/bookings/{booking}/guest-link" LinkGuests LINK_GUEST Every;
    POST "/v1/guest-sessions" Nothing GUEST_SIGN_IN Quiet;
    POST "/v1/guests/{guest}/erase" EraseGuests ERASE_GUEST Command;
    GET "/v1/events" ReadInventory READ_EVENTS Quiet;
    GET "/v1/audit" ReadAudit READ_AUDIT Every;
    GET "/log/policy" Nothing READ_LOG Quiet;
    GET "/log/{shard}/checkpoint" Nothing READ_LOG Quiet;
    GET "/log/{shard}/tile/{*tile}" Nothing READ_LOG Quiet;
    GET "/log/{shard}/tile/entries/{*tile}" ReadLog READ_LOG Every;
    GET "/healthz" Nothing OTHER Quiet;
    GET "/readyz" Nothing OTHER Quiet;
    GET "/metrics" Metrics OTHER Quiet;
    GET "/openapi.json" Nothing OTHER Quiet;
    GET "/docs" Nothing OTHER Quiet;

    GET "/v1/principals" ManageCluster READ_PRINCIPALS Every;
    GET "/v1/principals/{principal}" ManageCluster READ_PRINCIPALS Every;
    PUT "/v1/principals/{principal}" ManageCluster PUT_PRINCIPAL Every;
    POST "/v1/principals/{principal}/revoke" ManageCluster REVOKE_PRINCIPAL Every;
    POST "/v1/principals/{principal}/keys" ManageCluster CREATE_KEY Every;
    POST "/v1/principals/{principal}/keys/{prefix}/revoke" ManageCluster REVOKE_KEY Every;
    GET "/v1/nodes" ManageCluster READ_TOPOLOGY Every;
    POST "/v1/nodes/{node}/fence" ManageCluster FENCE_NODE Every;
    POST "/v1/nodes/{node}/admit" ManageCluster ADMIT_NODE Every;
    POST "/v1/nodes/{node}/lead" ManageCluster LEAD_SHARD Every;

    gRPC "Reservations/Book" Sell BOOK Command;
    gRPC "Reservations/BookMany" Sell BOOK Command;
    gRPC "Reservations/GetBooking" ReadBookings READ_BOOKING Every;
    gRPC "Reservations/ListBookings" ReadBookings LIST_BOOKINGS Every;
    gRPC "Reservations/Amend" Sell AMEND Command;
    gRPC "Reservations/Cancel" Cancel CANCEL Command;
    gRPC "Reservations/CheckIn" RunDesk CHECK_IN Command;
    gRPC "Reservations/CheckOut" RunDesk CHECK_OUT Command;
    gRPC "Reservations/NoShow" RunDesk NO_SHOW Command;
    gRPC "Reservations/PlaceHold" Sell PLACE_HOLD Command;
    gRPC "Reservations/ConfirmHold" Sell CONFIRM_HOLD Command;
    gRPC "Reservations/ReleaseHold" Cancel RELEASE_HOLD Command;
    gRPC "Reservations/EraseGuest" EraseGuests ERASE_GUEST Command;
    gRPC "Inventory/PutProperty" ManageInventory PUT_PROPERTY Command;
    gRPC "Inventory/GetProperty" ReadInventory READ_INVENTORY Quiet;
    gRPC "Inventory/ListProperties" ReadInventory READ_INVENTORY Quiet;
    gRPC "Inventory/PutRoomType" ManageInventory PUT_ROOM_TYPE Command;
    gRPC "Inventory/PutRatePlan" ManageInventory PUT_RATE_PLAN Command;
    gRPC "Inventory/UpdateAri" ManageInventory UPDATE_ARI Command;
    gRPC "Inventory/CloseBusinessDate" ManageInventory CLOSE_DAY Command;
    gRPC "Inventory/GetAvailability" ReadInventory READ_INVENTORY Quiet;
    gRPC "Inventory/ListOffers" ReadInventory READ_INVENTORY Quiet;
    gRPC "Inventory/GetTopology" ReadTopology READ_TOPOLOGY Quiet;
    gRPC "Receipts/GetReceipt" ReadBookings READ_RECEIPT Every;
    gRPC "Receipts/GetCheckpoint" Nothing READ_LOG Quiet;
    gRPC "Receipts/ProveInclusion" Nothing READ_LOG Quiet;
    gRPC "Receipts/ProveConsistency" Nothing READ_LOG Quiet;
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;

    #[test]
    fn every_route_of_the_openapi_document_has_an_entry() {
        let document = serde_json::to_value(crate::http::document()).expect("a document");
        let mut missing = Vec::new();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            // The document cannot say that a parameter is the rest of the path.
            let pattern = path.replace("{tile}", "{*tile}");
            for method in methods.as_object().expect("methods").keys() {
                if http(&method.to_uppercase(), &pattern).is_none() {
                    missing.push(format!("{method} {path}"));
                }
            }
        }
        assert!(missing.is_empty(), "without an entry: {missing:?}");
        let documented = |entry: &&Entry| {
            let item = &document["paths"][entry.way.1.replace("{*tile}", "{tile}")];
            !item[entry.way.0.to_lowercase()].is_null()
        };
        let undocumented = |entry: &&Entry| entry.way.0 != "gRPC" && !matches!(entry.way.1, "/openapi.json" | "/docs");
        let unknown: Vec<_> = ENTRIES.iter().filter(undocumented).filter(|entry| !documented(entry)).map(|e| e.way).collect();
        assert!(unknown.is_empty(), "in the table and nowhere else: {unknown:?}");
    }

    #[test]
    fn every_grpc_method_has_an_entry() {
        let set = prost_types_of(keyrack_proto::DESCRIPTORS);
        assert!(set.len() > 20, "{set:?}");
        let missing: Vec<&String> = set.iter().filter(|path| grpc(path).is_none()).collect();
        assert!(missing.is_empty(), "without an entry: {missing:?}");
        let known = |entry: &&Entry| set.contains(&format!("/keyrack.v1.{}", entry.way.1));
        assert!(ENTRIES.iter().filter(|entry| entry.way.0 == "gRPC").all(|entry| known(&entry)));
    }

    #[test]
    fn no_way_in_stands_twice() {
        let mut ways: Vec<_> = ENTRIES.iter().map(|entry| entry.way).collect();
        ways.sort_unstable();
        assert!(ways.windows(2).all(|pair| pair[0] != pair[1]));
    }

    /// The few fields of a FileDescriptorSet that name methods.
    fn prost_types_of(bytes: &[u8]) -> Vec<String> {
        #[derive(Clone, PartialEq, Message)]
        struct Set {
            #[prost(message, repeated, tag = "1")]
            files: Vec<File>,
        }
        #[derive(Clone, PartialEq, Message)]
        struct File {
            #[prost(string, tag = "2")]
            package: String,
            #[prost(message, repeated, tag = "6")]
            services: Vec<Service>,
        }
        #[derive(Clone, PartialEq, Message)]
        struct Service {
            #[prost(string, tag = "1")]
            name: String,
            #[prost(message, repeated, tag = "2")]
            methods: Vec<Method>,
        }
        #[derive(Clone, PartialEq, Message)]
        struct Method {
            #[prost(string, tag = "1")]
            name: String,
        }
        let set = Set::decode(bytes).expect("descriptors");
        let ours = set.files.iter().filter(|file| file.package == "keyrack.v1");
        ours.flat_map(|file| &file.services)
            .flat_map(|service| service.methods.iter().map(move |method| format!("/keyrack.v1.{}/{}", service.name, method.name)))
            .collect()
    }
}
