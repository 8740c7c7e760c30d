//! The address at the other end of a connection.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use hyper::http::Extensions;

/// Where a request comes from, as an extension of it.
#[derive(Clone, Copy, Debug)]
pub struct RemoteAddress(pub SocketAddr);

impl RemoteAddress {
    /// The address in a request's extensions; `0.0.0.0` for a request that no listener took.
    pub fn ip_of(extensions: &Extensions) -> IpAddr {
        extensions.get::<RemoteAddress>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.0.ip())
    }
}
