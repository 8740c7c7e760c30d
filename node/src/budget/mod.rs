//! Counts the bytes that wait in this node's memory for clients: connections, open requests, bodies that are not complete, and
//! answers that are not read.
//!
//! Every byte is counted in up to four accounts: the connection's, the address's, the principal's and the node's. A request that
//! does not fit into one of them is refused at once, so that no connection, address or principal can use the memory of the others.
//!
//! Start with `node_budget.rs`.

mod account;
mod charge;
mod connection;
mod node_budget;
mod request;
mod transport;

pub use account::Owner;
pub use charge::Charge;
pub use connection::ConnectionAccounts;
pub use node_budget::NodeBudget;
pub use request::RequestAccounts;
