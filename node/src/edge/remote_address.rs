//! The address at the other end of a connection.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use hyper::http::Extensions;

/// The remote address of a request. The listener puts it into the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct RemoteAddress(pub SocketAddr);

impl RemoteAddress {
    /// The address in a request's extensions; `0.0.0.0` if the request came through no listener.
    pub fn ip_of(extensions: &Extensions) -> IpAddr {
        extensions.get::<RemoteAddress>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.0.ip())
    }
}
