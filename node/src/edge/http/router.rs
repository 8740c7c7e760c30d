//! The HTTP routers, built from the table of operations, and the steps that complete every answer.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::{Extension, Router};
use keyrack_texts::Detail;

use super::endpoints::endpoints;
use super::guard::guard;
use super::handlers::docs::Rendered;
use super::openapi::document;
use super::{problem, response_headers};
use crate::access::Listeners;
use crate::convert::Problem;
use crate::service::Service;
use crate::tls::ClientCertificate;

/// The API of the clients' listeners.
pub fn router(service: Service) -> Router {
    guarded(service, routes(|listeners| listeners == Listeners::All))
}

/// The API of the operators' listener: all operations.
pub fn operator_router(service: Service) -> Router {
    guarded(service, routes(|_| true))
}

fn routes(serves: fn(Listeners) -> bool) -> Router<Service> {
    let (mut api, mut pages) = (Router::new(), Router::new());
    for (_, http, endpoint) in endpoints().filter(|(_, http, _)| serves(http.listeners)) {
        match endpoint.document {
            Some(_) => api = api.route(http.route, endpoint.router),
            None => pages = pages.route(http.route, endpoint.router),
        }
    }
    // These pages show the OpenAPI document, so they get it rendered.
    api.merge(pages.layer(Extension(Arc::new(Rendered::new(&document())))))
}

fn guarded(service: Service, routes: Router<Service>) -> Router {
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(service.clone(), guard))
        .layer(from_fn_with_state(service.clone(), finish))
        .with_state(service)
}

async fn not_found() -> Problem {
    Problem::new(Detail::NoSuchPath)
}

async fn method_not_allowed() -> Problem {
    Problem::new(Detail::MethodNotAllowed)
}

/// Completes every answer: a problem's body in the caller's language, the common headers, the metrics and a log event.
async fn finish(State(service): State<Service>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = method_name(request.method());
    // The metrics count by route. A path has ids in it, and each id would be a new time series.
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let languages = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
    let is_public = matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.headers().contains_key(header::AUTHORIZATION)
        && request.extensions().get::<ClientCertificate>().is_none();
    let mut response = next.run(request).await;
    problem::finish(&mut response, languages.as_ref());
    response_headers::finish(&mut response, is_public);
    let status = response.status().as_u16();
    service.metrics().answered(method, &route, status, began.elapsed());
    let trace = response.headers().get("keyrack-trace-id").and_then(|value| value.to_str().ok());
    let took_us = began.elapsed().as_micros() as u64;
    match status {
        500 => tracing::warn!(event = "request_failed", method, route, status, trace, took_us, "a request failed"),
        // 503 and 504 are answers to a lost majority or overload, which have their own events. The metrics count them.
        _ => tracing::debug!(method, route, status, trace, took_us, "answered"),
    }
    response
}

/// A method's name in the metrics. A client can send any method, so unused methods share one name.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
