//! `/v1/events`: polled, or streamed as Server-Sent Events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use keyrack_cluster::Consistency;
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::IntoParams;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::http::answer::found;
use crate::edge::http::call::Ask;
use crate::service::{EventPage, EventQuery, Service};

/// Where to go on, and whose events.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// From the answer before; empty for the beginning.
    after: String,
    /// Only this property.
    property_id: Option<String>,
    /// At most 500; 100 when absent.
    limit: Option<usize>,
}

/// How long a stream waits before it looks again by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long one page of a stream may take.
const PAGE: Duration = Duration::from_secs(5);

/// What happened, without gaps, in order per property. With `Accept: text/event-stream` it goes on as it happens.
#[utoipa::path(get, path = Operation::ReadEvents.route(), tag = "Events", params(Query, ("Last-Event-ID" = Option<String>, Header)),
    responses((status = 200, body = EventPage)))]
pub async fn events(State(service): State<Service>, headers: HeaderMap, ask: Ask<Query>) -> Result<Response, Problem> {
    let query = ask.query;
    let last_id = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = last_id.filter(|id| !id.is_empty()).map_or(query.after, str::to_owned);
    let query = EventQuery { after, property_id: query.property_id, limit: query.limit.unwrap_or(100) };
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepted.contains("text/event-stream") {
        return found(&service.events(&ask.caller, query, ask.deadline).await?, None);
    }
    let mut feed = service.feed(&ask.caller, query, ask.deadline).await?;
    let stream = async_stream::stream! {
        loop {
            // What this replica has applied is committed: good enough for a feed that goes on.
            match feed.page(Consistency::Local, Instant::now() + PAGE).await {
                Ok(page) if page.items.is_empty() => feed.changed(LOOK_AGAIN).await,
                Ok(page) => {
                    for event in page.items {
                        let data = serde_json::to_string(&event).unwrap_or_default();
                        yield Ok::<_, Infallible>(SseEvent::default().id(event.id).event(event.kind).data(data));
                    }
                }
                // The caller comes back with Last-Event-ID.
                Err(_) => return,
            }
        }
    };
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}
