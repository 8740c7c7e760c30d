//! The table of operations: route and method in HTTP and gRPC, the right that the caller needs, the audit action.
//!
//! A row declares an operation. The HTTP routers, the OpenAPI document (`edge/http/endpoints.rs` matches every [`Operation`]),
//! the guards of both transports and the checks in `service/` all use it. An operation that changes an inventory names its
//! [`CommandKind`](Kind), which has the right and the action. A request without a row gets no caller and no answer.

use std::collections::HashMap;
use std::sync::LazyLock;

use keyrack_inventory::Right::{LinkGuests, ManageCluster, ReadAudit, ReadBookings, ReadInventory, ReadLog, ReadTopology};
use keyrack_inventory::{Action, CommandKind as Kind, Right};

use self::Method::{Delete, Get, Post, Put};
use self::Recorded::{Always, Never};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its HTTP route.
    pub http: Option<Http>,
    /// Its gRPC method: `Service/Method` of the package `keyrack.v1`.
    pub grpc: Option<&'static str>,
    /// The right that its caller needs.
    pub needs: Needs,
    /// Its name in the audit trail.
    pub action: Action,
    /// Which of its calls the audit trail records.
    pub recorded: Recorded,
}

/// An operation's HTTP route.
#[derive(Clone, Copy, Debug)]
pub struct Http {
    /// The method.
    pub method: Method,
    /// The path, with parameters in braces.
    pub route: &'static str,
    /// The listeners that serve it.
    pub listeners: Listeners,
    /// The fields of its JSON body that are lists, at any depth. Nothing else in the body may be a list.
    pub lists: &'static [&'static str],
}

/// The HTTP methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Sets.
    Put,
    /// Acts.
    Post,
    /// Removes.
    Delete,
}

/// The listeners that serve a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listeners {
    /// All of them.
    All,
    /// The operators' listener, which requires an operator's certificate.
    Operators,
}

/// The right that a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// None: every caller may use it.
    Nothing,
    /// A role that has this right.
    Right(Right),
    /// A role that has this right. In development none is needed.
    RightOutsideDevelopment(Right),
}

/// Which calls the audit trail records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// None. The operation changes nothing and shows no guest data.
    Never,
    /// A command has its own record. The guard records a call that was refused before there was a command.
    ByCommand,
    /// All. The operation shows guest data, or is for operators.
    Always,
}

/// The first part of a row: the HTTP route and the gRPC method.
#[derive(Clone, Copy)]
struct Called {
    http: Option<Http>,
    grpc: Option<&'static str>,
}

const fn http(method: Method, route: &'static str) -> Called {
    Called { http: Some(Http { method, route, listeners: Listeners::All, lists: &[] }), grpc: None }
}

/// A route of the operators' listener only.
const fn operators(method: Method, route: &'static str) -> Called {
    Called { http: Some(Http { method, route, listeners: Listeners::Operators, lists: &[] }), grpc: None }
}

const fn grpc(path: &'static str) -> Called {
    Called { http: None, grpc: Some(path) }
}

impl Called {
    const fn grpc(self, path: &'static str) -> Called {
        Called { grpc: Some(path), ..self }
    }

    const fn lists(self, lists: &'static [&'static str]) -> Called {
        match self.http {
            Some(http) => Called { http: Some(Http { lists, ..http }), ..self },
            None => panic!("only an HTTP operation has a JSON body"),
        }
    }

    /// An operation that proposes this command, with the command's right and action.
    const fn command(self, kind: Kind) -> Entry {
        match (kind.right(), kind.action()) {
            (Some(right), Some(action)) => self.entry(Needs::Right(right), action, Recorded::ByCommand),
            _ => panic!("only the cluster itself proposes this command"),
        }
    }

    const fn needs(self, right: Right, action: Action, recorded: Recorded) -> Entry {
        self.entry(Needs::Right(right), action, recorded)
    }

    /// An operation that every caller may use.
    const fn open(self, action: Action) -> Entry {
        self.entry(Needs::Nothing, action, Recorded::Never)
    }

    const fn entry(self, needs: Needs, action: Action, recorded: Recorded) -> Entry {
        Entry { http: self.http, grpc: self.grpc, needs, action, recorded }
    }
}

macro_rules! operations {
    ($($name:ident => $entry:expr;)*) => {
        /// All operations of a node.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation { $(#[allow(missing_docs)] $name,)* }

        impl Operation {
            /// All operations, in the order of the table.
            pub const ALL: &'static [Operation] = &[$(Operation::$name),*];

            /// Its row.
            pub fn entry(self) -> &'static Entry {
                match self { $(Operation::$name => { static ENTRY: Entry = $entry; &ENTRY })* }
            }
        }
    };
}

operations! {
    // Properties, room types, rates and availability.
    ListProperties => http(Get, "/v1/properties")
        .grpc("Inventory/ListProperties").needs(ReadInventory, Action::READ_INVENTORY, Never);
    GetProperty => http(Get, "/v1/properties/{property}")
        .grpc("Inventory/GetProperty").needs(ReadInventory, Action::READ_INVENTORY, Never);
    PutProperty => http(Put, "/v1/properties/{property}").lists(&["languages", "images", "lines"])
        .grpc("Inventory/PutProperty").command(Kind::PutProperty);
    PutRoomType => http(Put, "/v1/properties/{property}/room-types/{code}")
        .grpc("Inventory/PutRoomType").command(Kind::PutRoomType);
    PutRatePlan => http(Put, "/v1/properties/{property}/rate-plans/{code}")
        .grpc("Inventory/PutRatePlan").command(Kind::PutRatePlan);
    UpdateAri => http(Post, "/v1/properties/{property}/ari").lists(&["updates", "days"])
        .grpc("Inventory/UpdateAri").command(Kind::UpdateAri);
    CloseBusinessDate => http(Post, "/v1/properties/{property}/close-business-date")
        .grpc("Inventory/CloseBusinessDate").command(Kind::CloseBusinessDate);
    GetAvailability => http(Get, "/v1/properties/{property}/availability")
        .grpc("Inventory/GetAvailability").needs(ReadInventory, Action::READ_INVENTORY, Never);
    GetRates => http(Get, "/v1/properties/{property}/rates")
        .grpc("Inventory/GetRates").needs(ReadInventory, Action::READ_INVENTORY, Never);
    ListOffers => http(Get, "/v1/offers")
        .grpc("Inventory/ListOffers").needs(ReadInventory, Action::READ_INVENTORY, Never);

    // Holds.
    PlaceHold => http(Post, "/v1/holds").lists(&["rooms", "childrenAges", "sellerNightly"])
        .grpc("Reservations/PlaceHold").command(Kind::PlaceHold);
    GetHold => http(Get, "/v1/holds/{hold}")
        .grpc("Reservations/GetHold").needs(ReadBookings, Action::READ_HOLD, Always);
    ConfirmHold => http(Post, "/v1/holds/{hold}/confirm").lists(&["rooms", "childrenAges", "notes"]).grpc("Reservations/ConfirmHold").command(Kind::ConfirmHold);
    ReleaseHold => http(Delete, "/v1/holds/{hold}").grpc("Reservations/ReleaseHold").command(Kind::ReleaseHold);

    // Bookings.
    Book => http(Post, "/v1/bookings").lists(&["rooms", "childrenAges", "sellerNightly", "notes"]).grpc("Reservations/Book").command(Kind::Book);
    BookMany => grpc("Reservations/BookMany").command(Kind::Book);
    ListBookings => http(Get, "/v1/bookings")
        .grpc("Reservations/ListBookings").needs(ReadBookings, Action::LIST_BOOKINGS, Always);
    GetBooking => http(Get, "/v1/bookings/{booking}")
        .grpc("Reservations/GetBooking").needs(ReadBookings, Action::READ_BOOKING, Always);
    Amend => http(Post, "/v1/bookings/{booking}/amend").lists(&["rooms", "childrenAges", "sellerNightly", "notes"])
        .grpc("Reservations/Amend").command(Kind::Amend);
    Cancel => http(Post, "/v1/bookings/{booking}/cancel").grpc("Reservations/Cancel").command(Kind::Cancel);
    CheckIn => http(Post, "/v1/bookings/{booking}/check-in").grpc("Reservations/CheckIn").command(Kind::CheckIn);
    CheckOut => http(Post, "/v1/bookings/{booking}/check-out").grpc("Reservations/CheckOut").command(Kind::CheckOut);
    NoShow => http(Post, "/v1/bookings/{booking}/no-show").grpc("Reservations/NoShow").command(Kind::NoShow);
    RevertCheckIn => http(Post, "/v1/bookings/{booking}/revert-check-in")
        .grpc("Reservations/RevertCheckIn").command(Kind::RevertCheckIn);
    Reinstate => http(Post, "/v1/bookings/{booking}/reinstate").grpc("Reservations/Reinstate").command(Kind::Reinstate);
    GetReceipt => http(Get, "/v1/bookings/{booking}/receipt")
        .grpc("Receipts/GetReceipt").needs(ReadBookings, Action::READ_RECEIPT, Always);

    // Guests.
    LinkGuest => http(Post, "/v1/bookings/{booking}/guest-link").needs(LinkGuests, Action::LINK_GUEST, Always);
    // Its handler records it, because only the handler has the session's booking.
    SignGuestIn => http(Post, "/v1/guest-sessions").open(Action::GUEST_SIGN_IN);
    EraseGuest => http(Post, "/v1/guests/{guest}/erase").grpc("Reservations/EraseGuest").command(Kind::EraseGuest);

    // Events and the audit trail.
    ReadEvents => http(Get, "/v1/events").needs(ReadInventory, Action::READ_EVENTS, Never);
    ReadAudit => http(Get, "/v1/audit").needs(ReadAudit, Action::READ_AUDIT, Always);

    // The receipts logs.
    GetPolicy => http(Get, "/log/policy").open(Action::READ_LOG);
    GetCheckpoint => http(Get, "/log/{shard}/checkpoint").grpc("Receipts/GetCheckpoint").open(Action::READ_LOG);
    GetTile => http(Get, "/log/{shard}/tile/{*tile}").open(Action::READ_LOG);
    GetEntries => http(Get, "/log/{shard}/tile/entries/{*tile}").needs(ReadLog, Action::READ_LOG, Always);
    ProveInclusion => grpc("Receipts/ProveInclusion").open(Action::READ_LOG);
    ProveConsistency => grpc("Receipts/ProveConsistency").open(Action::READ_LOG);

    // The node itself.
    GetHealth => http(Get, "/healthz").open(Action::OTHER);
    GetReadiness => http(Get, "/readyz").open(Action::OTHER);
    GetMetrics => http(Get, "/metrics").entry(Needs::RightOutsideDevelopment(ReadLog), Action::OTHER, Never);
    GetOpenApi => http(Get, "/openapi.json").open(Action::OTHER);
    GetDocs => http(Get, "/docs").open(Action::OTHER);
    GetTopology => grpc("Inventory/GetTopology").needs(ReadTopology, Action::READ_TOPOLOGY, Never);

    // For operators.
    ListPrincipals => operators(Get, "/v1/principals").needs(ManageCluster, Action::READ_PRINCIPALS, Always);
    GetPrincipal => operators(Get, "/v1/principals/{principal}").needs(ManageCluster, Action::READ_PRINCIPALS, Always);
    PutPrincipal => operators(Put, "/v1/principals/{principal}").lists(&["properties", "regions", "subjects"])
        .needs(ManageCluster, Action::PUT_PRINCIPAL, Always);
    RevokePrincipal => operators(Post, "/v1/principals/{principal}/revoke")
        .needs(ManageCluster, Action::REVOKE_PRINCIPAL, Always);
    CreateKey => operators(Post, "/v1/principals/{principal}/keys").needs(ManageCluster, Action::CREATE_KEY, Always);
    RevokeKey => operators(Post, "/v1/principals/{principal}/keys/{prefix}/revoke")
        .needs(ManageCluster, Action::REVOKE_KEY, Always);
    ListNodes => operators(Get, "/v1/nodes").needs(ManageCluster, Action::READ_TOPOLOGY, Always);
    FenceNode => operators(Post, "/v1/nodes/{node}/fence").needs(ManageCluster, Action::FENCE_NODE, Always);
    AdmitNode => operators(Post, "/v1/nodes/{node}/admit").needs(ManageCluster, Action::ADMIT_NODE, Always);
    LeadShard => operators(Post, "/v1/nodes/{node}/lead").needs(ManageCluster, Action::LEAD_SHARD, Always);
    RemoveProperty => operators(Post, "/v1/properties/{property}/remove")
        .needs(ManageCluster, Action::REMOVE_PROPERTY, Always);
}

impl Operation {
    /// The operation of an HTTP request, by its method and the route that it matched.
    pub fn of_http(method: &str, route: &str) -> Option<Operation> {
        let method = if method == "HEAD" { "GET" } else { method };
        BY_ROUTE.get(&(method, route)).copied()
    }

    /// The operation of a gRPC request, by its path: `/keyrack.v1.Service/Method`.
    pub fn of_grpc(path: &str) -> Option<Operation> {
        BY_GRPC_PATH.get(path.strip_prefix("/keyrack.v1.")?).copied()
    }

    /// The HTTP route. Empty for an operation without one.
    pub fn route(self) -> &'static str {
        self.entry().http.map_or("", |http| http.route)
    }

    /// The right that its caller needs.
    pub fn right(self) -> Option<Right> {
        match self.entry().needs {
            Needs::Nothing => None,
            Needs::Right(right) | Needs::RightOutsideDevelopment(right) => Some(right),
        }
    }
}

impl Method {
    /// The name in HTTP.
    pub const fn as_str(self) -> &'static str {
        match self {
            Get => "GET",
            Put => "PUT",
            Post => "POST",
            Delete => "DELETE",
        }
    }
}

static BY_ROUTE: LazyLock<HashMap<(&str, &str), Operation>> = LazyLock::new(|| {
    let with_route = |operation: &Operation| Some(((operation.entry().http?.method.as_str(), operation.route()), *operation));
    Operation::ALL.iter().filter_map(with_route).collect()
});

static BY_GRPC_PATH: LazyLock<HashMap<&str, Operation>> = LazyLock::new(|| {
    let with_path = |operation: &Operation| Some((operation.entry().grpc?, *operation));
    Operation::ALL.iter().filter_map(with_path).collect()
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message;

    use super::*;

    #[test]
    fn every_grpc_method_has_a_row_and_every_row_a_method() {
        let methods = described_methods(keyrack_proto::DESCRIPTORS);
        assert!(methods.len() > 20, "{methods:?}");
        let in_table = Operation::ALL.iter().filter_map(|operation| operation.entry().grpc);
        let in_table: BTreeSet<String> = in_table.map(|path| format!("/keyrack.v1.{path}")).collect();
        assert_eq!(in_table, methods);
        assert!(methods.iter().all(|path| Operation::of_grpc(path).is_some()));
    }

    #[test]
    fn no_route_and_no_grpc_method_is_in_two_rows() {
        let count = |called: fn(&Entry) -> bool| Operation::ALL.iter().filter(|operation| called(operation.entry())).count();
        assert_eq!(BY_ROUTE.len(), count(|entry| entry.http.is_some()));
        assert_eq!(BY_GRPC_PATH.len(), count(|entry| entry.grpc.is_some()));
        assert!(Operation::ALL.iter().all(|operation| operation.entry().http.is_some() || operation.entry().grpc.is_some()));
    }

    /// An open operation shows nothing that must be recorded, and an operator's operation is always recorded.
    #[test]
    fn operations_for_operators_are_always_recorded_and_need_their_right() {
        for operation in Operation::ALL {
            let Entry { http, needs, recorded, .. } = operation.entry();
            let is_operators = http.is_some_and(|http| http.listeners == Listeners::Operators);
            assert_eq!(is_operators, *needs == Needs::Right(Right::ManageCluster), "{operation:?}");
            assert!(!is_operators || *recorded == Recorded::Always, "{operation:?}");
        }
    }

    /// Guest data, the audit trail and the leaves of the receipts log.
    #[test]
    fn operations_that_show_confidential_data_are_always_recorded() {
        let in_confidence = [ReadBookings, LinkGuests, ReadAudit, ReadLog];
        let shows = |operation: &&Operation| operation.right().is_some_and(|right| in_confidence.contains(&right));
        let reads = Operation::ALL.iter().filter(|operation| operation.entry().recorded != Recorded::ByCommand);
        // Metrics have numbers only.
        let shown: Vec<_> = reads.filter(|operation| **operation != Operation::GetMetrics).filter(shows).collect();
        assert!(shown.len() >= 6, "{shown:?}");
        assert!(shown.iter().all(|operation| operation.entry().recorded == Always), "{shown:?}");
    }

    /// Reads the few fields of a FileDescriptorSet that name methods.
    fn described_methods(bytes: &[u8]) -> BTreeSet<String> {
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
