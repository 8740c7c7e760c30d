//! What every request passes before a handler sees it: who calls, may they, how often; and behind it the audit trail.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderName, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use keyrack_inventory::{Actor, Verdict, Who};

use super::caller::{Caller, octets};
use super::gate::Shown;
use super::table::{self, Entry, Needs, Trail};
use crate::grpc::status_of;
use crate::http::RemoteAddress;
use crate::problem::{Code, Problem};
use crate::rates::Left;
use crate::service::Edge;
use crate::tls::ClientIdentity;
use crate::trail::Seen;

/// Before the handlers of the HTTP API.
pub async fn guard_http(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let pattern = request.extensions().get::<MatchedPath>();
    let entry = pattern.and_then(|pattern| table::http(request.method().as_str(), pattern.as_str()));
    // Without an entry there is no caller either, and a handler that needs one refuses.
    let Some(entry) = entry else { return next.run(request).await };
    if let Err(problem) = unambiguous(&request) {
        return problem.into_response();
    }
    let passed = pass(&edge, entry, request).await;
    let (caller, left, from) = (passed.caller, passed.left, passed.from);
    let (mut response, verdict) = match passed.request {
        Ok(request) => {
            let response = next.run(request).await;
            let verdict = response.extensions().get::<Problem>().map_or_else(|| status(&response), |p| Verdict(p.code.status()));
            (response, verdict)
        }
        Err(problem) => {
            let verdict = Verdict(problem.code.status());
            (problem.into_response(), verdict)
        }
    };
    if let Some(left) = left {
        response.extensions_mut().insert(left);
    }
    if let Err(problem) = record(&edge, entry, caller.as_ref(), from, verdict) {
        // A read that cannot be recorded is not answered.
        return problem.into_response();
    }
    response
}

/// Before the gRPC services.
pub async fn guard_grpc(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let Some(entry) = table::grpc(&path) else { return next.run(request).await };
    let passed = pass(&edge, entry, request).await;
    let (caller, from) = (passed.caller, passed.from);
    let response = match passed.request {
        Ok(request) => next.run(request).await,
        Err(problem) => status_of(problem).into_http(),
    };
    let verdict = grpc_verdict(&response);
    if let Err(problem) = record(&edge, entry, caller.as_ref(), from, verdict) {
        return status_of(problem).into_http();
    }
    response
}

struct Passed {
    request: Result<Request, Problem>,
    caller: Option<Caller>,
    left: Option<Left>,
    from: IpAddr,
}

async fn pass(edge: &Edge, entry: &Entry, mut request: Request) -> Passed {
    let extensions = request.extensions();
    let from = extensions.get::<RemoteAddress>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.0.ip());
    let mut passed = Passed { request: Err(Problem::new(Code::Internal, "")), caller: None, left: None, from };
    if let Err(problem) = edge.rates().take_address(from) {
        passed.request = Err(problem);
        return passed;
    }
    let right = match entry.needs {
        Needs::Right(right) => right,
        Needs::RightOutsideDevelopment(right) if !edge.is_development() => right,
        Needs::Nothing | Needs::RightOutsideDevelopment(_) => {
            passed.request = Ok(request);
            return passed;
        }
    };
    let shown = Shown { authorization: single(&request), certificate: extensions.get::<ClientIdentity>(), from };
    let known = edge.gate().caller(shown).await;
    let caller = match known {
        Ok(caller) => caller,
        Err(problem) => {
            passed.request = Err(edge.rates().take_failure(from).err().unwrap_or(problem));
            return passed;
        }
    };
    passed.caller = Some(caller.clone());
    let allowed = caller.check(right, None).and_then(|()| edge.rates().take(&caller));
    passed.request = match allowed {
        Ok(left) => {
            passed.left = left;
            request.extensions_mut().insert(caller);
            Ok(request)
        }
        Err(problem) => Err(problem),
    };
    passed
}

/// Refuses what somebody between the caller and this node may read in another way than this node does.
fn unambiguous(request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let often = |name: &HeaderName| headers.get_all(name).iter().count();
    let key = HeaderName::from_static("idempotency-key");
    if often(&key) > 1 {
        return Err(Problem::new(Code::InvalidIdempotencyKey, "the header stands there twice"));
    }
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::IF_MATCH, HeaderName::from_static("last-event-id")] {
        if often(&name) > 1 {
            return Err(Problem::field(name.as_str(), "the header stands there twice"));
        }
    }
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::new(Code::UnsupportedMediaType, "send the body as it is, without a Content-Encoding"));
    }
    // RFC 9112 section 3.2; HTTP/2 has the authority in its pseudo-header.
    if request.version() == Version::HTTP_11 {
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let good = host.is_some_and(|host| host.is_empty() || host.parse::<Authority>().is_ok());
        if often(&header::HOST) != 1 || !good {
            return Err(Problem::field("host", "needed once, and to be a host"));
        }
    }
    Ok(())
}

/// The header's value; one that stands twice is none.
fn single(request: &Request) -> Option<&[u8]> {
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        // Something is shown, and it is no good.
        (Some(_), Some(_)) => Some(b""),
        (None, _) => None,
    }
}

fn record(edge: &Edge, entry: &Entry, caller: Option<&Caller>, from: IpAddr, verdict: Verdict) -> Result<(), Problem> {
    let noted = caller.map(Caller::noted).unwrap_or_default();
    let action = match entry.trail {
        Trail::Quiet => return Ok(()),
        // Its record is the command's.
        Trail::Command if noted.decided => return Ok(()),
        Trail::Command | Trail::Every => entry.action,
    };
    let actor = caller.map_or_else(|| Actor { who: Who::Nobody, from: octets(from) }, Caller::actor);
    let must = verdict == Verdict::ALLOWED;
    edge.trail().see(Seen { actor, action, property: noted.property, record: noted.record, verdict }, must)
}

fn status(response: &Response) -> Verdict {
    match response.status().as_u16() {
        100..400 => Verdict::ALLOWED,
        status => Verdict(status),
    }
}

/// A refusal comes as trailers only, and so as headers; what a stream says later is recorded by its handler.
fn grpc_verdict(response: &Response) -> Verdict {
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
