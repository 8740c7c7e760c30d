//! The keys of a node's keyring, as nodes compare them: names and fingerprints, never a key.

use std::sync::Arc;

use keyrack_proto::internal as pb;
use parking_lot::RwLock;

/// The keys that the node uses now. Clones share them, because a keyring changes while the node runs. Empty if there is no keyring.
#[derive(Clone, Debug, Default)]
pub struct KeyPrints(Arc<RwLock<Vec<pb::KeyPrint>>>);

impl KeyPrints {
    /// Replaces all keys.
    pub fn set(&self, keys: Vec<pb::KeyPrint>) {
        *self.0.write() = keys;
    }

    /// The keys.
    pub fn get(&self) -> Vec<pb::KeyPrint> {
        self.0.read().clone()
    }
}
