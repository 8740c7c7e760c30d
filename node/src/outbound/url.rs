//! Addresses of other servers, from the configuration or from another server.

use std::net::IpAddr;

use anyhow::Context;

use crate::messages::outbound::UrlError;

/// An `http://` or `https://` address of another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub(super) secure: bool,
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    /// `host` or `host:port` as it was written, for the Host header.
    pub(super) authority: String,
    /// Path and query.
    pub(super) target: String,
}

impl Url {
    /// Reads an absolute address. User names and passwords are refused, because they would end up in logs.
    pub fn parse(text: &str) -> anyhow::Result<Url> {
        let uri: http::Uri = text.parse().with_context(|| UrlError::Malformed(text.into()))?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(UrlError::Scheme(text.into()).into()),
        };
        let authority = uri.authority().with_context(|| UrlError::NoHost(text.into()))?;
        if authority.as_str().contains('@') {
            return Err(UrlError::Credentials.into());
        }
        if text.contains('#') {
            return Err(UrlError::Fragment(text.into()).into());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_string();
        if host.is_empty() {
            return Err(UrlError::NoHost(text.into()).into());
        }
        let port = match authority.port_u16() {
            Some(port) => port,
            None if authority.as_str() == authority.host() => {
                if secure {
                    443
                } else {
                    80
                }
            }
            None => return Err(UrlError::Port(text.into()).into()),
        };
        let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_string();
        Ok(Url { secure, host, port, authority: authority.to_string(), target })
    }

    /// The address with `path` appended, with exactly one `/` between them.
    pub fn join(&self, path: &str) -> Url {
        Url { target: format!("{}/{path}", self.target.trim_end_matches('/')), ..self.clone() }
    }

    /// Whether it is `https://`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether its host is a loopback address. A name never is, because it may resolve to any address.
    pub fn is_loopback(&self) -> bool {
        self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether it has a query.
    pub fn has_query(&self) -> bool {
        self.target.contains('?')
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", if self.secure { "https" } else { "http" }, self.authority, self.target)
    }
}
