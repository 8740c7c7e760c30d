//! The receipts logs: checkpoints, tiles, proofs and keys for any caller, leaves for auditors.

use std::collections::BTreeMap;

use keyrack_cluster::{Proof, ReceiptLog};
use keyrack_merkle::Resource;
use keyrack_texts::Detail;

use super::state::Service;
use crate::access::{Caller, Operation};
use crate::convert::Problem;

impl Service {
    /// The receipts log of a shard.
    pub fn log(&self, shard: u32) -> Result<&ReceiptLog, Problem> {
        self.inner.cluster.receipts(shard).ok_or_else(|| Problem::new(Detail::UnknownLog))
    }

    /// The newest checkpoint of a shard, with the signatures of outside witnesses if they have signed it already.
    pub fn checkpoint(&self, shard: u32) -> Result<String, Problem> {
        let log = self.log(shard)?;
        let newest = log.checkpoint()?.ok_or_else(|| Problem::new(Detail::NoCheckpoint))?;
        let witnessed = log.witnessed_checkpoint().filter(|witnessed| witnessed.size == newest.size);
        Ok(witnessed.unwrap_or(newest).note.to_string())
    }

    /// A tile, for any caller, or a bundle of leaves, for auditors.
    pub fn log_resource(&self, caller: Option<&Caller>, shard: u32, resource: Resource) -> Result<Vec<u8>, Problem> {
        if matches!(resource, Resource::Entries { .. }) {
            let caller = caller.ok_or_else(|| Problem::new(Detail::LogEntriesNeedAuditor))?;
            caller.check(Operation::GetEntries, None)?;
        }
        let bytes = self.log(shard)?.resource(resource)?;
        bytes.ok_or_else(|| Problem::new(Detail::TileNotCovered))
    }

    /// A c2sp.org/tlog-policy of all logs of this cluster. A client that pins it need not trust this node again.
    pub fn policy(&self) -> Result<String, Problem> {
        let mut text =
            String::from("# Keys of this cluster's receipts. Compare them with what its operator publishes elsewhere.\n");
        let mut witnesses = BTreeMap::new();
        for shard in 1..=self.inner.cluster.data_shards() {
            for (node, [log, cosigner]) in self.log(shard)?.keys()? {
                text.push_str(&format!("log {log}\n"));
                witnesses.insert(node, cosigner);
            }
        }
        for (node, cosigner) in &witnesses {
            text.push_str(&format!("witness node-{node} {cosigner}\n"));
        }
        if witnesses.is_empty() {
            return Err(Problem::new(Detail::NoReplicaKeys));
        }
        let names: Vec<String> = witnesses.keys().map(|node| format!("node-{node}")).collect();
        text.push_str(&format!("group majority {} {}\nquorum majority\n", witnesses.len() / 2 + 1, names.join(" ")));
        Ok(text)
    }

    /// The proof that a leaf is in the tree of a size; 0 for the newest checkpoint's size.
    pub fn prove_inclusion(&self, shard: u32, index: u64, size: u64) -> Result<Proof, Problem> {
        let size = self.size_or_newest(shard, size)?;
        self.log(shard)?.prove_inclusion(index, size)?.ok_or_else(not_covered)
    }

    /// The proof that a smaller tree is a prefix of a larger one; `new_size` is 0 for the newest checkpoint's size.
    pub fn prove_consistency(&self, shard: u32, old_size: u64, new_size: u64) -> Result<Proof, Problem> {
        let new_size = self.size_or_newest(shard, new_size)?;
        self.log(shard)?.prove_consistency(old_size, new_size)?.ok_or_else(not_covered)
    }

    fn size_or_newest(&self, shard: u32, size: u64) -> Result<u64, Problem> {
        let newest = self.log(shard)?.checkpoint()?;
        let newest = newest.ok_or_else(|| Problem::new(Detail::NoCheckpoint))?;
        Ok(if size == 0 { newest.size } else { size })
    }
}

fn not_covered() -> Problem {
    Problem::new(Detail::TreeNotCovered)
}
