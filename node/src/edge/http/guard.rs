//! The HTTP guard. It runs before every handler.

use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderName, Method, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use keyrack_inventory::Verdict;
use keyrack_texts::Detail;

use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::charge_caller::charge_caller;
use crate::edge::credentials::presented;
use crate::service::Service;

/// Passes a request to its handler or refuses it, and records the result in the audit trail. The handler finds the operation
/// and, if the operation needs one, the caller in the request's extensions.
pub async fn guard(State(service): State<Service>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let operation = route.and_then(|route| Operation::of_http(request.method().as_str(), route.as_str()));
    // Without an operation there is no caller, so a handler that needs one refuses.
    let Some(operation) = operation else { return next.run(request).await };
    if let Err(problem) = check_unambiguous(&request) {
        return problem.into_response();
    }
    let guard = service.guard();
    let presented = presented(&request);
    let mut decision = guard.decide(operation, presented).await;
    // A stranger's request with a body can wait for it. Others, such as those for health, are answered at once.
    let waits = decision.caller.is_some() || !matches!(*request.method(), Method::GET | Method::HEAD);
    if decision.outcome.is_ok() && waits {
        decision.outcome = charge_caller(&request, decision.caller.as_ref());
    }
    let (mut response, verdict) = match &decision.outcome {
        Ok(()) => {
            request.extensions_mut().insert(operation);
            if let Some(caller) = &decision.caller {
                request.extensions_mut().insert(caller.clone());
            }
            let response = next.run(request).await;
            let verdict = response.extensions().get::<Problem>().map_or_else(|| status_verdict(&response), problem_verdict);
            (response, verdict)
        }
        Err(problem) => (problem.clone().into_response(), problem_verdict(problem)),
    };
    if let Some(quota) = decision.quota {
        response.extensions_mut().insert(quota);
    }
    if let Err(problem) = guard.record(operation, &decision, verdict) {
        // An answer that cannot be recorded is not sent.
        return problem.into_response();
    }
    response
}

/// Refuses a request that a proxy in front of this node could parse differently from this node.
fn check_unambiguous(request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let count = |name: &HeaderName| headers.get_all(name).iter().count();
    let key = HeaderName::from_static("idempotency-key");
    if count(&key) > 1 {
        return Err(Problem::new(Detail::IdempotencyKeyRepeated));
    }
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::IF_MATCH, HeaderName::from_static("last-event-id")] {
        if count(&name) > 1 {
            return Err(Problem::new(Detail::HeaderRepeated { header: name.as_str().to_owned() }));
        }
    }
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::new(Detail::ContentEncoding));
    }
    // RFC 9112 section 3.2; HTTP/2 has the authority in its pseudo-header.
    if request.version() == Version::HTTP_11 {
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let good = host.is_some_and(|host| host.is_empty() || host.parse::<Authority>().is_ok());
        if count(&header::HOST) != 1 || !good {
            return Err(Problem::new(Detail::HostHeader));
        }
    }
    Ok(())
}

fn problem_verdict(problem: &Problem) -> Verdict {
    Verdict(problem.code.status())
}

fn status_verdict(response: &Response) -> Verdict {
    match response.status().as_u16() {
        100..400 => Verdict::ALLOWED,
        status => Verdict(status),
    }
}
