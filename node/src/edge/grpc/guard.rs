//! The gRPC guard. It runs before every method.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use keyrack_inventory::Verdict;

use super::open_streams::OpenStreams;
use super::status::status_of;
use crate::access::Operation;
use crate::edge::charge_caller::charge_caller;
use crate::edge::credentials::presented;
use crate::edge::remote_address::RemoteAddress;
use crate::service::Service;

/// Passes a request to its service or refuses it, and records the result in the audit trail. The service finds the caller in
/// the request's extensions.
pub async fn guard(State((service, open_streams)): State<(Service, OpenStreams)>, mut request: Request, next: Next) -> Response {
    let Some(operation) = Operation::of_grpc(request.uri().path()) else {
        return open_to_all(&open_streams, request, next).await;
    };
    let guard = service.guard();
    let presented = presented(&request);
    let mut decision = guard.decide(operation, presented).await;
    if decision.outcome.is_ok() {
        decision.outcome = charge_caller(&request, decision.caller.as_ref());
    }
    let response = match &decision.outcome {
        Ok(()) => {
            if let Some(caller) = &decision.caller {
                request.extensions_mut().insert(caller.clone());
            }
            next.run(request).await
        }
        Err(problem) => status_of(problem.clone()).into_http(),
    };
    let verdict = verdict(&response);
    if let Err(problem) = guard.record(operation, &decision, verdict) {
        // An answer that cannot be recorded is not sent.
        return status_of(problem).into_http();
    }
    response
}

/// Health and reflection are not in the table of operations. They need no caller.
async fn open_to_all(streams: &OpenStreams, request: Request, next: Next) -> Response {
    if !OpenStreams::has(request.uri().path()) {
        return next.run(request).await;
    }
    match streams.open(RemoteAddress::ip_of(request.extensions())) {
        Ok(stream) => next.run(request).await.map(|answer| stream.during(answer)),
        Err(problem) => status_of(problem).into_http(),
    }
}

/// The verdict of an answer. A refusal has only trailers, which arrive as headers. The service of a stream records the stream's
/// later answers.
fn verdict(response: &Response) -> Verdict {
    let code = response.headers().get("grpc-status").and_then(|value| value.to_str().ok());
    match code.and_then(|text| text.parse::<u16>().ok()) {
        None | Some(0) => Verdict::ALLOWED,
        Some(3 | 11) => Verdict(400),
        Some(5) => Verdict(404),
        Some(6 | 9 | 10) => Verdict(409),
        Some(7) => Verdict(403),
        Some(8) => Verdict(429),
        Some(12) => Verdict(405),
        Some(14) => Verdict(503),
        Some(4) => Verdict(504),
        Some(16) => Verdict(401),
        Some(_) => Verdict(500),
    }
}
