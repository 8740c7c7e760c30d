//! `keyrack.v1.Receipts`.

use base64ct::{Base64, Encoding};
use keyrack_cluster::Proof;
use keyrack_proto::v1::{self, receipts_server::Receipts};
use tonic::{Request, Response, Status};

use super::status::status_of;
use super::{caller, deadline};
use crate::problem::{Code, Problem};
use crate::service::{Edge, ReadOptions};

/// The service.
pub struct Service {
    edge: Edge,
}

impl Service {
    /// Answers from `edge`.
    pub fn new(edge: Edge) -> Service {
        Service { edge }
    }

    /// The size that was asked for, or the newest checkpoint's.
    fn size(&self, shard: u32, asked: u64) -> Result<u64, Problem> {
        let newest = self.edge.log(shard)?.checkpoint()?;
        let newest = newest.ok_or_else(|| Problem::new(Code::NotCosigned, "ask again in a second"))?;
        Ok(if asked == 0 { newest.size } else { asked })
    }

    fn inclusion(&self, asked: &v1::ProveInclusionRequest) -> Result<Proof, Problem> {
        let size = self.size(asked.shard, asked.size)?;
        self.edge.log(asked.shard)?.prove_inclusion(asked.index, size)?.ok_or_else(not_covered)
    }

    fn consistency(&self, asked: &v1::ProveConsistencyRequest) -> Result<Proof, Problem> {
        let size = self.size(asked.shard, asked.new_size)?;
        self.edge.log(asked.shard)?.prove_consistency(asked.old_size, size)?.ok_or_else(not_covered)
    }
}

#[tonic::async_trait]
impl Receipts for Service {
    async fn get_receipt(&self, request: Request<v1::GetReceiptRequest>) -> Result<Response<v1::Receipt>, Status> {
        let caller = caller(&request)?;
        let options = ReadOptions::linearizable(deadline(&self.edge, &request));
        let receipt = self.edge.receipt(&caller, &request.get_ref().booking_id, options).await.map_err(status_of)?;
        Ok(Response::new(receipt))
    }

    async fn get_checkpoint(&self, request: Request<v1::GetCheckpointRequest>) -> Result<Response<v1::CheckpointReply>, Status> {
        let note = self.edge.checkpoint(request.get_ref().shard).map_err(status_of)?;
        Ok(Response::new(v1::CheckpointReply { note }))
    }

    async fn prove_inclusion(&self, request: Request<v1::ProveInclusionRequest>) -> Result<Response<v1::ProofReply>, Status> {
        self.inclusion(request.get_ref()).map(|proof| Response::new(reply(&proof))).map_err(status_of)
    }

    async fn prove_consistency(&self, request: Request<v1::ProveConsistencyRequest>) -> Result<Response<v1::ProofReply>, Status> {
        self.consistency(request.get_ref()).map(|proof| Response::new(reply(&proof))).map_err(status_of)
    }
}

fn not_covered() -> Problem {
    Problem::new(Code::NotFound, "no checkpoint covers such a tree")
}

fn reply(proof: &Proof) -> v1::ProofReply {
    let base64 = |hash: &[u8; 32]| Base64::encode_string(hash);
    v1::ProofReply { size: proof.size, root: base64(&proof.root), hashes: proof.hashes.iter().map(base64).collect() }
}
