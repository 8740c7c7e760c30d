//! The idempotency key of a command.

/// The key that was given, or a fresh one.
pub fn key_or_fresh(key: &Option<String>) -> String {
    key.clone().unwrap_or_else(keyrack_client::fresh_key)
}
