//! The OpenAPI document, made from the handlers.

use utoipa::OpenApi;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, Content, Ref, RefOr, ResponseBuilder, Schema};

use super::problem::ProblemBody;
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
        principals::nodes, principals::fence, principals::admit, principals::lead, events::events,
        log::checkpoint, log::policy, log::tile, log::entries, health::healthz, health::readyz, health::metrics
    ),
    components(schemas(ProblemBody)),
    security(("bearer" = []))
)]
struct Document;

/// The document. Its handlers say what they answer when all is well; whatever else anybody may be answered is added here, so
/// that no handler forgets it.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    open_parts(components);
    let body = Content::new(Some(Ref::from_schema_name("ProblemBody")));
    let problem =
        ResponseBuilder::new().description("A refusal or a failure (RFC 9457)").content("application/problem+json", body);
    components.responses.insert("Problem".to_owned(), problem.build().into());
    document.paths.paths.values_mut().for_each(add_problems);
    document
}

fn add_problems(path: &mut PathItem) {
    let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
    for operation in operations.into_iter().flatten() {
        for statuses in ["4XX", "5XX"] {
            operation.responses.responses.insert(statuses.to_owned(), Ref::from_response_name("Problem").into());
        }
    }
}

/// A body that is a part of a larger one must not be told, with its own fields, that there are no others.
fn open_parts(components: &mut Components) {
    let wholes = components.schemas.values().filter_map(|schema| match schema {
        RefOr::T(Schema::AllOf(whole)) => Some(&whole.items),
        _ => None,
    });
    let parts = wholes.flatten().filter_map(|part| match part {
        RefOr::Ref(part) => part.ref_location.rsplit('/').next().map(str::to_owned),
        RefOr::T(_) => None,
    });
    for name in parts.collect::<Vec<_>>() {
        if let Some(RefOr::T(Schema::Object(part))) = components.schemas.get_mut(&name) {
            part.additional_properties = None;
        }
    }
}
