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

use crate::access::{Operation, RIGHTS_AGE};
use crate::convert::Problem;
use crate::edge::http::answer::found;
use crate::edge::http::call::ReadCall;
use crate::service::{EventPage, EventQuery, Service};

/// The position and the filter of a page.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// nextCursor of the previous page, or the id of an event; empty for the beginning. Keep propertyId the same.
    after: String,
    /// Only events of this property.
    property_id: Option<String>,
    /// The most events of the page: at most 500; 100 when absent.
    limit: Option<usize>,
}

/// The longest time that a stream waits for a change before it reads again.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// The deadline of one page of a stream.
const PAGE_TIMEOUT: Duration = Duration::from_secs(5);

/// Read the events.
///
/// Returns the changes of properties, bookings and holds without gaps, in order for each property, without guest data. A page
/// always has a `nextCursor`, also if it has no events yet. With `Accept: text/event-stream` the answer is a stream of
/// Server-Sent Events that continues as events happen. Errors: 400 `invalid_cursor`, and
/// `cursor_ahead` if the cursor is after the newest event, as after a restored backup: then read everything again.
#[utoipa::path(get, path = Operation::ReadEvents.route(), tag = "Events",
    params(Query,
        ("Last-Event-ID" = Option<String>, Header, description = "The id of an event. Replaces after.")),
    responses((status = 200, body = EventPage)))]
pub async fn events(State(service): State<Service>, headers: HeaderMap, ask: ReadCall<Query>) -> Result<Response, Problem> {
    let query = ask.query;
    let last_id = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = last_id.filter(|id| !id.is_empty()).map_or(query.after, str::to_owned);
    let query = EventQuery { after, property_id: query.property_id, limit: query.limit.unwrap_or(100) };
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepted.contains("text/event-stream") {
        return found(&service.events(&ask.caller, query, ask.deadline).await?, None);
    }
    let mut feed = service.feed(&ask.caller, query, ask.deadline).await?;
    feed.check_begins(ask.deadline).await?;
    let stream = async_stream::stream! {
        loop {
            if service.guard().check_again(&ask.caller).await.is_err() {
                return;
            }
            // Entries that this replica has applied are committed. A replica that is cut off must not show them to a caller whose
            // rights may have been revoked.
            match feed.page(Consistency::Bounded(RIGHTS_AGE), Instant::now() + PAGE_TIMEOUT).await {
                Ok(page) if page.items.is_empty() => feed.changed(POLL_INTERVAL).await,
                Ok(page) => {
                    for event in page.items {
                        let data = serde_json::to_string(&event).unwrap_or_default();
                        yield Ok::<_, Infallible>(SseEvent::default().id(event.id).event(event.kind).data(data));
                    }
                }
                // The caller reconnects with Last-Event-ID.
                Err(_) => return,
            }
        }
    };
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}
