//! The handler and the documentation of each operation that has an HTTP route.
//!
//! [`endpoint`] matches every operation, so an operation without a handler does not compile. Route and method come from the
//! table of operations, the rest of the documentation from the handler's `#[utoipa::path]`.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use utoipa::OpenApi;

use super::handlers::{
    audit, availability, bookings, docs, events, guest_access, guests, health, holds, log, nodes, principals, properties,
};
use crate::access::{Http, Method, Operation};
use crate::service::Service;

/// An operation's handler and documentation.
pub struct Endpoint {
    /// Routes the operation's method to its handler.
    pub router: MethodRouter<Service>,
    /// A document with only this operation; `None` for the operations that show the document itself.
    pub document: Option<fn() -> utoipa::openapi::OpenApi>,
}

/// All endpoints, with their entries in the table of operations.
pub fn endpoints() -> impl Iterator<Item = (Operation, Http, Endpoint)> {
    Operation::ALL.iter().filter_map(|operation| Some((*operation, operation.entry().http?, endpoint(*operation)?)))
}

macro_rules! documented {
    ($method:expr, $module:ident::$handler:ident) => {{
        #[derive(OpenApi)]
        #[openapi(paths($module::$handler))]
        struct Documentation;
        Endpoint { router: on(filter($method), $module::$handler), document: Some(Documentation::openapi) }
    }};
}

/// The endpoint of an operation; `None` if only gRPC has the operation.
fn endpoint(operation: Operation) -> Option<Endpoint> {
    let method = operation.entry().http?.method;
    Some(match operation {
        Operation::ListProperties => documented!(method, properties::list),
        Operation::GetProperty => documented!(method, properties::get),
        Operation::PutProperty => documented!(method, properties::put),
        Operation::PutRoomType => documented!(method, properties::put_room_type),
        Operation::PutRatePlan => documented!(method, properties::put_rate_plan),
        Operation::UpdateAri => documented!(method, properties::update_ari),
        Operation::CloseBusinessDate => documented!(method, properties::close_business_date),
        Operation::GetAvailability => documented!(method, availability::availability),
        Operation::GetRates => documented!(method, availability::rates),
        Operation::ListOffers => documented!(method, availability::offers),
        Operation::PlaceHold => documented!(method, holds::place),
        Operation::ConfirmHold => documented!(method, holds::confirm),
        Operation::GetHold => documented!(method, holds::get),
        Operation::ReleaseHold => documented!(method, holds::release),
        Operation::Book => documented!(method, bookings::book),
        Operation::ListBookings => documented!(method, bookings::list),
        Operation::GetBooking => documented!(method, bookings::get),
        Operation::Amend => documented!(method, bookings::amend),
        Operation::Cancel => documented!(method, bookings::cancel),
        Operation::CheckIn => documented!(method, bookings::check_in),
        Operation::CheckOut => documented!(method, bookings::check_out),
        Operation::NoShow => documented!(method, bookings::no_show),
        Operation::RevertCheckIn => documented!(method, bookings::revert_check_in),
        Operation::Reinstate => documented!(method, bookings::reinstate),
        Operation::GetReceipt => documented!(method, bookings::receipt),
        Operation::LinkGuest => documented!(method, guest_access::link),
        Operation::SignGuestIn => documented!(method, guest_access::sign_in),
        Operation::EraseGuest => documented!(method, guests::erase),
        Operation::ReadEvents => documented!(method, events::events),
        Operation::ReadAudit => documented!(method, audit::page),
        Operation::GetPolicy => documented!(method, log::policy),
        Operation::GetCheckpoint => documented!(method, log::checkpoint),
        Operation::GetTile => documented!(method, log::tile),
        Operation::GetEntries => documented!(method, log::entries),
        Operation::GetHealth => documented!(method, health::healthz),
        Operation::GetReadiness => documented!(method, health::readyz),
        Operation::GetMetrics => documented!(method, health::metrics),
        Operation::GetOpenApi => undocumented(method, docs::openapi),
        Operation::GetDocs => undocumented(method, docs::page),
        Operation::ListPrincipals => documented!(method, principals::list),
        Operation::GetPrincipal => documented!(method, principals::get),
        Operation::PutPrincipal => documented!(method, principals::put),
        Operation::RevokePrincipal => documented!(method, principals::revoke),
        Operation::CreateKey => documented!(method, principals::create_key),
        Operation::RevokeKey => documented!(method, principals::revoke_key),
        Operation::ListNodes => documented!(method, nodes::nodes),
        Operation::FenceNode => documented!(method, nodes::fence),
        Operation::AdmitNode => documented!(method, nodes::admit),
        Operation::LeadShard => documented!(method, nodes::lead),
        Operation::RemoveProperty => documented!(method, properties::remove),
        Operation::BookMany | Operation::GetTopology | Operation::ProveInclusion | Operation::ProveConsistency => return None,
    })
}

fn undocumented<T: 'static>(method: Method, handler: impl Handler<T, Service>) -> Endpoint {
    Endpoint { router: on(filter(method), handler), document: None }
}

fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Put => MethodFilter::PUT,
        Method::Post => MethodFilter::POST,
        Method::Delete => MethodFilter::DELETE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_with_a_route_has_an_endpoint() {
        for operation in Operation::ALL {
            assert_eq!(endpoint(*operation).is_some(), operation.entry().http.is_some(), "{operation:?}");
        }
    }
}
