//! The credentials of a request. gRPC metadata are HTTP/2 headers, so both transports read them here.

use axum::extract::Request;
use axum::http::header;

use super::remote_address::RemoteAddress;
use crate::access::PresentedCredentials;
use crate::tls::ClientCertificate;

/// The credentials of a request and its remote address.
pub fn presented(request: &Request) -> PresentedCredentials<'_> {
    PresentedCredentials {
        authorization: authorization(request),
        certificate: request.extensions().get::<ClientCertificate>(),
        from: RemoteAddress::ip_of(request.extensions()),
    }
}

/// The value of the `Authorization` header. A repeated header gives an empty value, which is refused.
fn authorization(request: &Request) -> Option<&[u8]> {
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.as_bytes()),
        (Some(_), Some(_)) => Some(b""),
        (None, _) => None,
    }
}
