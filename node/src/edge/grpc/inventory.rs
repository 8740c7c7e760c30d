//! The gRPC service `keyrack.v1.Inventory`.

use keyrack_proto::v1::{self, inventory_server::Inventory};
use tonic::{Request, Response, Status};

use super::call::{caller, deadline, mutation};
use super::status::status_of;
use crate::service::{ReadOptions, Service};

/// The service.
pub struct InventoryService {
    service: Service,
}

impl InventoryService {
    /// A gRPC service that calls the operations of `service`.
    pub fn new(service: Service) -> InventoryService {
        InventoryService { service }
    }
}

#[tonic::async_trait]
impl Inventory for InventoryService {
    async fn put_property(&self, request: Request<v1::PutPropertyRequest>) -> Result<Response<v1::Property>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.put_property(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }

    async fn get_property(&self, request: Request<v1::GetPropertyRequest>) -> Result<Response<v1::Property>, Status> {
        let caller = caller(&request)?;
        let options = ReadOptions::linearizable(deadline(&self.service, &request));
        let property = self.service.property(&caller, &request.get_ref().property_id, options).await.map_err(status_of)?;
        Ok(Response::new(property))
    }

    async fn list_properties(&self, request: Request<v1::ListPropertiesRequest>) -> Result<Response<v1::PropertyList>, Status> {
        let caller = caller(&request)?;
        let options = ReadOptions::linearizable(deadline(&self.service, &request));
        let list = self.service.properties(&caller, request.into_inner(), options).await.map_err(status_of)?;
        Ok(Response::new(list))
    }

    async fn put_room_type(&self, request: Request<v1::PutRoomTypeRequest>) -> Result<Response<v1::RoomType>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.put_room_type(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }

    async fn put_rate_plan(&self, request: Request<v1::PutRatePlanRequest>) -> Result<Response<v1::RatePlan>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.put_rate_plan(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }

    async fn update_ari(&self, request: Request<v1::UpdateAriRequest>) -> Result<Response<v1::AriResult>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.update_ari(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }

    async fn close_business_date(
        &self,
        request: Request<v1::CloseBusinessDateRequest>,
    ) -> Result<Response<v1::BusinessDate>, Status> {
        let mutation = mutation(&self.service, &request, &request.get_ref().idempotency_key)?;
        let done = self.service.close_business_date(mutation, request.into_inner()).await.map_err(status_of)?;
        Ok(Response::new(done.value))
    }

    async fn get_availability(
        &self,
        request: Request<v1::AvailabilityRequest>,
    ) -> Result<Response<v1::AvailabilityReply>, Status> {
        let caller = caller(&request)?;
        let asked = request.get_ref();
        let staleness = Some(asked.max_staleness_ms).filter(|ms| *ms > 0);
        let options = ReadOptions::parse(&asked.consistency, staleness, deadline(&self.service, &request)).map_err(status_of)?;
        let reply = self.service.availability(&caller, request.into_inner(), options).await.map_err(status_of)?;
        Ok(Response::new(reply))
    }

    async fn get_rates(&self, request: Request<v1::RatesRequest>) -> Result<Response<v1::RatesReply>, Status> {
        let caller = caller(&request)?;
        let options = ReadOptions::linearizable(deadline(&self.service, &request));
        let reply = self.service.rates(&caller, request.into_inner(), options).await.map_err(status_of)?;
        Ok(Response::new(reply))
    }

    async fn list_offers(&self, request: Request<v1::OffersRequest>) -> Result<Response<v1::OfferList>, Status> {
        let caller = caller(&request)?;
        let options = ReadOptions::linearizable(deadline(&self.service, &request));
        let offers = self.service.offers(&caller, request.into_inner(), options).await.map_err(status_of)?;
        Ok(Response::new(offers))
    }

    async fn get_topology(&self, request: Request<v1::TopologyRequest>) -> Result<Response<v1::Topology>, Status> {
        let caller = caller(&request)?;
        Ok(Response::new(self.service.topology(&caller).map_err(status_of)?))
    }
}
