//! Addresses of others, as they are configured or as others name them.

use std::net::IpAddr;

use anyhow::{Context, bail};

/// An `http://` or `https://` address of another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub(super) secure: bool,
    /// Without the brackets of an IPv6 address.
    pub(super) host: String,
    pub(super) port: u16,
    /// `host` or `host:port` as it was written: the Host header.
    pub(super) authority: String,
    /// Path and query.
    pub(super) target: String,
}

impl Url {
    /// Reads an absolute address. Names and passwords in it are refused: they would end up in logs.
    pub fn parse(text: &str) -> anyhow::Result<Url> {
        let uri: http::Uri = text.parse().with_context(|| format!("{text:?} is not a URL"))?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => bail!("{text:?} begins neither with https:// nor with http://"),
        };
        let authority = uri.authority().with_context(|| format!("{text:?} has no host"))?;
        if authority.as_str().contains('@') {
            bail!("a name or password in a URL is not accepted");
        }
        if text.contains('#') {
            bail!("{text:?}: a fragment has no meaning here");
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_string();
        if host.is_empty() {
            bail!("{text:?} has no host");
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
            None => bail!("{text:?}: what follows the colon is no port"),
        };
        let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_string();
        Ok(Url { secure, host, port, authority: authority.to_string(), target })
    }

    /// The address with more path at its end: a `/` between the two, whether or not it was there.
    pub fn join(&self, path: &str) -> Url {
        Url { target: format!("{}/{path}", self.target.trim_end_matches('/')), ..self.clone() }
    }

    /// Whether it is `https://`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether its host is a loopback address: digits, since a name may mean anything.
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
