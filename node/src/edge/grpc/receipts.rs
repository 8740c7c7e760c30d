//! The gRPC service `keyrack.v1.Receipts`.

use base64ct::{Base64, Encoding};
use keyrack_cluster::Proof;
use keyrack_proto::v1::{self, receipts_server::Receipts};
use tonic::{Request, Response, Status};

use super::call::{caller, deadline};
use super::status::status_of;
use crate::service::{ReadOptions, Service};

/// The service.
pub struct ReceiptsService {
    service: Service,
}

impl ReceiptsService {
    /// A gRPC service that calls the operations of `service`.
    pub fn new(service: Service) -> ReceiptsService {
        ReceiptsService { service }
    }
}

#[tonic::async_trait]
impl Receipts for ReceiptsService {
    async fn get_receipt(&self, request: Request<v1::GetReceiptRequest>) -> Result<Response<v1::Receipt>, Status> {
        let caller = caller(&request)?;
        let options = ReadOptions::linearizable(deadline(&self.service, &request));
        let receipt = self.service.receipt(&caller, &request.get_ref().booking_id, options).await.map_err(status_of)?;
        Ok(Response::new(receipt))
    }

    async fn get_checkpoint(&self, request: Request<v1::GetCheckpointRequest>) -> Result<Response<v1::CheckpointReply>, Status> {
        let note = self.service.checkpoint(request.get_ref().shard).map_err(status_of)?;
        Ok(Response::new(v1::CheckpointReply { note }))
    }

    async fn prove_inclusion(&self, request: Request<v1::ProveInclusionRequest>) -> Result<Response<v1::ProofReply>, Status> {
        let asked = request.get_ref();
        let proof = self.service.prove_inclusion(asked.shard, asked.index, asked.size).map_err(status_of)?;
        Ok(Response::new(reply(&proof)))
    }

    async fn prove_consistency(&self, request: Request<v1::ProveConsistencyRequest>) -> Result<Response<v1::ProofReply>, Status> {
        let asked = request.get_ref();
        let proof = self.service.prove_consistency(asked.shard, asked.old_size, asked.new_size).map_err(status_of)?;
        Ok(Response::new(reply(&proof)))
    }
}

fn reply(proof: &Proof) -> v1::ProofReply {
    let base64 = |hash: &[u8; 32]| Base64::encode_string(hash);
    v1::ProofReply { size: proof.size, root: base64(&proof.root), hashes: proof.hashes.iter().map(base64).collect() }
}
