//! Guest data: encrypted before a command is proposed, and readable only on a node, with its keyring.
//!
//! Invariants:
//! - Plain guest data are never in a command, a row, a leaf, a log line or a trace. [`Vault::seal`] encrypts them first.
//! - Each guest has its own data key, wrapped (encrypted) by the keyring's active key. Deleting the wrapped key erases the data.
//! - The salts of a receipt's guest claims are derived from the same data key, so they are erased with it.
//! - A payment card's number is never stored, not even encrypted. [`has_card_number`] finds it, and the request is refused.
//!
//! Start with `vault.rs`. `keyring.rs` reads the keys, `keyring_file.rs` is the command `keyrackd keyring`, and the task in
//! `rewrap.rs` wraps the data keys again after a rotation.

mod cards;
mod keyring;
pub mod keyring_file;
mod leaf_secrets;
mod rewrap;
mod vault;
mod words;

pub use cards::{has_card_number, is_card_number};
pub use keyrack_proto::internal::{GuestData, GuestNote};
pub use rewrap::run as rewrap;
pub use vault::{SealedGuest, SealedTokens, Vault};
pub use words::{folded, is_ignorable, is_visible, words_in};
