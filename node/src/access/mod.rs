//! Who is calling, and what they may do: found out once, before any handler sees the request.

mod api_key;
mod caller;
mod gate;
mod guard;
mod guest_links;
mod table;

pub use api_key::NewKey;
pub use caller::{Caller, forbidden, octets as address_octets};
pub use gate::Gate;
pub use guard::{guard_grpc, guard_http};
pub use guest_links::MAX_LINK_MS;
