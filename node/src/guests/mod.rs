//! Guest data: encrypted before anything is proposed, and readable on a node only, with its keyring.
//!
//! Invariants:
//! - Guest data in clear never enters a command, a row, a leaf, a log line or a trace: [`Vault::seal`] is the only way in.
//! - Each guest has a data key of its own, wrapped by the keyring's active key. Destroying the wrapped key destroys the data.
//! - What a receipt may disclose of a guest is salted from the same data key, so it is destroyed with it.
//! - A payment card's number is kept nowhere, not even encrypted: [`has_card_number`] finds it, and the request is refused.
//!
//! Start with `vault.rs`. `keyring.rs` reads the keys, `keyring_file.rs` is the command `keyrackd keyring`, `rewrap.rs` is
//! the task that wraps again after a rotation.

mod cards;
mod keyring;
pub mod keyring_file;
mod leaf_secrets;
mod rewrap;
mod vault;

pub use cards::has_card_number;
pub use keyring::{DerivedKeys, KEY_BYTES, mac};
pub use rewrap::run as rewrap;
pub use vault::{SealedGuest, Vault};
