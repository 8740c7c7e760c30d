//! The OpenAPI document, made from the handlers.

use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

use super::{audit, bookings, events, guest_access, guests, health, holds, log, principals, properties, stays};

#[derive(OpenApi)]
#[openapi(
    info(title = "Keyrack", description = "Room-date inventory and reservations: linearizable, durable, idempotent."),
    paths(
        properties::put, properties::get, properties::list, properties::put_room_type, properties::put_rate_plan,
        properties::update_ari, properties::close_business_date, stays::availability, stays::offers, holds::place,
        holds::confirm, holds::release, bookings::book, bookings::get, bookings::list, bookings::amend, bookings::cancel,
        bookings::check_in, bookings::check_out, bookings::no_show, bookings::receipt, guests::erase, guest_access::link, guest_access::sign_in, audit::page, principals::list,
        principals::get, principals::put, principals::revoke, principals::create_key, principals::revoke_key,
        principals::nodes, principals::fence, principals::admit, events::events,
        log::checkpoint, log::policy, log::tile, log::entries, health::healthz, health::readyz, health::metrics
    ),
    security(("bearer" = []))
)]
struct Document;

/// The document.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    document
}
