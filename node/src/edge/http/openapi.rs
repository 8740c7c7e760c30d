//! Builds the OpenAPI document from the table of operations and the documentation of the handlers.

use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, Operation as Described, PathItem, Paths};
use utoipa::openapi::security::{Http as HttpSecurity, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, Content, Ref, RefOr, ResponseBuilder, Schema};

use super::endpoints::endpoints;
use super::problem::ProblemBody;
use crate::access::{Http, Method};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keyrack",
        description = "Hotel inventory and reservations: linearizable, durable, idempotent. Dates are `2026-12-24`, times are \
                       RFC 3339 in UTC, amounts are decimal strings such as `120.00`. A refusal is a problem document with a \
                       stable `code`."
    ),
    components(schemas(ProblemBody)),
    security(("bearer" = []))
)]
struct Document;

/// The document. The handlers declare their successful answers. This function adds the problems, which all operations share.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    for (_, http, endpoint) in endpoints() {
        if let Some(described) = endpoint.document {
            add(&mut document, http, described());
        }
    }
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(HttpSecurity::new(HttpAuthScheme::Bearer)));
    open_parts(components);
    let body = Content::new(Some(Ref::from_schema_name("ProblemBody")));
    let problem = ResponseBuilder::new()
        .description("A refusal or a failure, as a problem document (RFC 9457)")
        .content("application/problem+json", body);
    components.responses.insert("Problem".to_owned(), problem.build().into());
    document.paths.paths.values_mut().for_each(add_problems);
    document
}

/// Adds the one operation that `described` has, at its route and method, with the schemas that it refers to.
fn add(document: &mut utoipa::openapi::OpenApi, http: Http, mut described: utoipa::openapi::OpenApi) {
    let items = std::mem::replace(&mut described.paths, Paths::new()).paths;
    let operation = items.into_values().flat_map(operations_of).next();
    if let Some(operation) = operation {
        let method = match http.method {
            Method::Get => HttpMethod::Get,
            Method::Put => HttpMethod::Put,
            Method::Post => HttpMethod::Post,
            Method::Delete => HttpMethod::Delete,
        };
        let item = document.paths.paths.entry(documented_path(http.route)).or_default();
        item.merge_operations(PathItem::new(method, operation));
    }
    document.merge(described);
}

fn operations_of(item: PathItem) -> impl Iterator<Item = Described> {
    [item.get, item.put, item.post, item.delete].into_iter().flatten()
}

/// OpenAPI has no syntax for a parameter that is the rest of the path.
fn documented_path(route: &str) -> String {
    route.replace("{*", "{")
}

fn add_problems(path: &mut PathItem) {
    let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
    for operation in operations.into_iter().flatten() {
        for statuses in ["4XX", "5XX"] {
            operation.responses.responses.insert(statuses.to_owned(), Ref::from_response_name("Problem").into());
        }
    }
}

/// A schema that is a part of a larger one must allow the fields of the other parts.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// utoipa requires a method and a path at every handler. They must be those of its operation.
    #[test]
    fn every_handler_declares_the_route_and_method_of_its_operation() {
        for (operation, http, endpoint) in endpoints() {
            let Some(described) = endpoint.document else { continue };
            let described = serde_json::to_value(described()).expect("the document serializes");
            let methods = &described["paths"][http.route];
            assert!(!methods[http.method.as_str().to_lowercase()].is_null(), "{operation:?} has another method in {methods}");
            assert_eq!(methods.as_object().map(|methods| methods.len()), Some(1), "{operation:?}");
        }
    }

    #[test]
    fn the_document_has_every_operation_but_those_that_show_it() {
        let document = serde_json::to_value(document()).expect("the document serializes");
        let paths = document["paths"].as_object().expect("the document has paths");
        let in_document: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, item)| {
                item.as_object().expect("a path has methods").keys().map(|method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        let in_table = endpoints().filter(|(_, _, endpoint)| endpoint.document.is_some());
        let in_table: BTreeSet<(String, String)> =
            in_table.map(|(_, http, _)| (http.method.as_str().to_owned(), documented_path(http.route))).collect();
        assert_eq!(in_document, in_table);
        let hidden = endpoints().filter(|(_, _, endpoint)| endpoint.document.is_none());
        assert_eq!(hidden.map(|(_, http, _)| http.route).collect::<Vec<_>>(), ["/openapi.json", "/docs"]);
    }

    #[test]
    fn the_table_names_exactly_the_lists_of_each_body() {
        let document = serde_json::to_value(document()).expect("the document serializes");
        for (operation, http, _) in endpoints() {
            let method = http.method.as_str().to_lowercase();
            let described = &document["paths"][documented_path(http.route)][method];
            let mut lists = BTreeSet::new();
            collect_lists(&described["requestBody"], &document, &mut lists);
            let in_table: BTreeSet<String> = http.lists.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(in_table, lists, "{operation:?}");
        }
    }

    /// The names of all properties that are lists, in a schema and the schemas that it refers to.
    fn collect_lists(schema: &Value, document: &Value, lists: &mut BTreeSet<String>) {
        if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            collect_lists(&document["components"]["schemas"][name], document, lists);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let kind = &property["type"];
            if kind == "array" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "array")) {
                lists.insert(name.clone());
            }
        }
        let parts = schema.as_object().into_iter().flat_map(|object| object.values());
        let parts = parts.chain(schema.as_array().into_iter().flatten());
        parts.for_each(|part| collect_lists(part, document, lists));
    }
}
