//! The routers that answer requests, before and after the node has started.

use std::sync::{Arc, OnceLock};

use axum::Router;

/// All APIs. Every listener serves HTTP and gRPC, so a client needs only one address.
pub struct Routers {
    /// The HTTP API.
    pub http: Router,
    /// The gRPC services.
    pub grpc: Router,
    /// The HTTP API of the operators' listener.
    pub operator: Router,
}

/// The APIs of a node that may still be starting. Clones share them.
#[derive(Clone)]
pub struct Apis {
    starting: Arc<Routers>,
    started: Arc<OnceLock<Routers>>,
}

impl Apis {
    /// These routers answer until the node has started.
    pub fn starting(routers: Routers) -> Apis {
        Apis { starting: Arc::new(routers), started: Arc::default() }
    }

    /// From now on these routers answer, also on connections that are open already.
    pub fn start(&self, routers: Routers) {
        let is_first = self.started.set(routers).is_ok();
        assert!(is_first, "a node starts once");
    }

    /// The routers of now.
    pub fn routers(&self) -> &Routers {
        self.started.get().unwrap_or(&self.starting)
    }
}
