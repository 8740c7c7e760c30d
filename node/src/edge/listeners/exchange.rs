//! One request and its answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response};
use keyrack_texts::Detail;
use tower::ServiceExt;

use super::activity::OpenRequest;
use super::answer_body::{AnswerBody, Counted};
use super::reading::Reading;
use super::request_body::{Arrival, RequestBody};
use crate::access::{Operation, Recorded};
use crate::budget::{Owner, RequestAccounts};
use crate::convert::Problem;
use crate::edge::grpc::status_of;
use crate::edge::http::finish_problem;
use crate::edge::remote_address::RemoteAddress;

/// The most bytes of a path with its query.
const URI_BYTES: usize = 8 << 10;

/// One request and its answer.
pub struct Exchange {
    /// Counts the request as open.
    pub open: OpenRequest,
    /// Follows how the client reads the answer.
    pub reading: Arc<Reading>,
    /// The time within which the request must arrive.
    pub read_timeout: Duration,
}

/// Whether a request is for the gRPC services.
pub fn is_grpc<B>(request: &Request<B>) -> bool {
    let media_type = request.headers().get(header::CONTENT_TYPE);
    media_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

impl Exchange {
    /// The answer of `router`, or a refusal if there is no room for the request or its answer.
    pub async fn answer(
        self,
        router: Router,
        request: Request<Incoming>,
        accounts: Result<Arc<RequestAccounts>, Owner>,
    ) -> Response<AnswerBody> {
        let Exchange { open, reading, read_timeout } = self;
        let kind = Kind::of(&request);
        let languages = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
        let refusal = |problem: Problem| kind.refusal(problem, languages.as_ref());
        let accounts = match accounts {
            Ok(accounts) => accounts,
            Err(owner) => return refusal(owner.into()).map(|body| AnswerBody::uncounted(body, reading, open)),
        };
        let (mut parts, body) = request.into_parts();
        let length = parts.uri.path_and_query().map_or(0, |path| path.as_str().len());
        let response = if length > URI_BYTES {
            let address = parts.extensions.get::<RemoteAddress>().map(|remote| remote.0);
            tracing::debug!(?address, length, "a path that is too long");
            refusal(Problem::new(Detail::UriTooLong { limit_bytes: URI_BYTES as u64 }))
        } else {
            parts.extensions.insert(accounts.clone());
            // A request that only reads has no body. One that a client sends anyway is not kept.
            let body = match parts.method {
                Method::GET | Method::HEAD => Body::empty(),
                _ => Body::new(RequestBody::new(body, accounts.clone(), kind.arrival(read_timeout))),
            };
            let Ok(response) = router.oneshot(Request::from_parts(parts, body)).await;
            response
        };
        let (head, body) = response.into_parts();
        match Counted::new(&body, accounts, kind.is_change, kind.is_grpc) {
            Ok(counted) => Response::from_parts(head, AnswerBody::counted(body, counted, reading, open)),
            Err(problem) => refusal(problem).map(|body| AnswerBody::uncounted(body, reading, open)),
        }
    }
}

/// What a request's head says about the request.
#[derive(Clone, Copy)]
struct Kind {
    is_grpc: bool,
    /// Whether it may change something. Then its answer is always sent: a refusal would say that nothing has changed.
    is_change: bool,
    /// Whether its body is a stream of messages that may last.
    is_stream: bool,
}

impl Kind {
    fn of(request: &Request<Incoming>) -> Kind {
        let is_grpc = is_grpc(request);
        let operation = if is_grpc { Operation::of_grpc(request.uri().path()) } else { None };
        let is_change = match (is_grpc, operation) {
            (true, operation) => operation.is_some_and(|one| one.entry().recorded == Recorded::ByCommand),
            (false, _) => !matches!(*request.method(), Method::GET | Method::HEAD),
        };
        Kind { is_grpc, is_change, is_stream: operation == Some(Operation::BookMany) }
    }

    fn arrival(self, within: Duration) -> Arrival {
        match (self.is_grpc, self.is_stream) {
            (false, _) => Arrival::Http,
            (true, false) => Arrival::Unary(within),
            (true, true) => Arrival::Stream(within),
        }
    }

    fn refusal(self, problem: Problem, languages: Option<&HeaderValue>) -> Response<Body> {
        if self.is_grpc {
            return status_of(problem).into_http();
        }
        let mut response = problem.into_response();
        finish_problem(&mut response, languages);
        response
    }
}
