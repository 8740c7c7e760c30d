//! The idempotency key of a change.

use std::future::Future;

use clap::Args;
use keyrack_client::{ClientError, fresh_key};

use crate::messages::connection::ChangeError;

/// The option of every command that changes something.
#[derive(Args)]
pub struct Idempotency {
    /// The name of this request, 1 to 200 visible characters. Repeat a request with the same key to learn its outcome.
    /// Without it a random key is used.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl Idempotency {
    /// Sends a change with the given key or a new one. An error has the key, so that the user can repeat the request.
    pub async fn send<T, F>(&self, change: impl FnOnce(String) -> F) -> anyhow::Result<T>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        let key = self.idempotency_key.clone().unwrap_or_else(fresh_key);
        change(key.clone()).await.map_err(|cause| ChangeError { key, cause }.into())
    }
}
