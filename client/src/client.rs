//! The client: which node is asked, and when a call is retried.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper_util::rt::TokioIo;
use keyrack_proto::v1::inventory_client::InventoryClient;
use keyrack_proto::{Code, v1};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::connection::{Address, Protocol};
use crate::error::{ClientError, ErrorCode};
use crate::nodes::Nodes;
use crate::tls::Tls;

/// The deadline of a call, and that of one attempt.
const CALL: Duration = Duration::from_secs(10);
const ATTEMPT: Duration = Duration::from_secs(5);
/// The deadline of the question who leads, which is asked before a call.
const TOPOLOGY: Duration = Duration::from_secs(1);
/// Pauses between attempts: each is twice the one before, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// A client of one cluster. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None` without an API key.
    authorization: Option<MetadataValue<Ascii>>,
    tls: Tls,
    state: Mutex<State>,
    timeout: Duration,
}

struct State {
    nodes: Nodes,
    /// Open channels by address.
    channels: HashMap<String, Channel>,
}

impl Client {
    /// A client that starts from these addresses (`https://host:port` or `http://host:port`, HTTP or gRPC port alike).
    /// Without an API key (empty) its certificate alone identifies it: [`Client::with_tls`].
    pub fn new<A: Into<String>>(addresses: impl IntoIterator<Item = A>, api_key: &str) -> Result<Client, ClientError> {
        let addresses: Vec<String> = addresses.into_iter().map(Into::into).collect();
        if addresses.is_empty() {
            return Err(ClientError::new(Code::InvalidField, "give the address of at least one node"));
        }
        let tls = Tls::public().map_err(|cause| ClientError::new(Code::InvalidField, cause.to_string()))?;
        let state = State { nodes: Nodes::new(addresses), channels: HashMap::new() };
        let inner = Inner { authorization: authorization(api_key)?, tls, state: Mutex::new(state), timeout: CALL };
        Ok(Client { inner: Arc::new(inner) })
    }

    /// The same client with other trusted CAs and another certificate of its own.
    pub fn with_tls(&self, tls: Tls) -> Client {
        self.changed(HashMap::new(), tls, self.inner.timeout)
    }

    /// The same client with another deadline for each call.
    pub fn with_timeout(&self, timeout: Duration) -> Client {
        let channels = self.state().channels.clone();
        self.changed(channels, self.inner.tls.clone(), timeout)
    }

    fn changed(&self, channels: HashMap<String, Channel>, tls: Tls, timeout: Duration) -> Client {
        let nodes = Nodes::new(self.state().nodes.addresses().to_vec());
        let authorization = self.inner.authorization.clone();
        Client { inner: Arc::new(Inner { authorization, tls, state: Mutex::new(State { nodes, channels }), timeout }) }
    }

    /// The nodes with their addresses, and the leader of each shard.
    pub async fn topology(&self) -> Result<v1::Topology, ClientError> {
        self.call(None, |channel, client| async move {
            let request = client.request(v1::TopologyRequest {});
            InventoryClient::new(channel).get_topology(request).await
        })
        .await
    }

    /// Runs `attempt` against the best node, then against the others while nodes fail, until the call's deadline.
    /// `property` selects the leader.
    pub(crate) async fn call<T, F>(
        &self,
        property: Option<&str>,
        attempt: impl Fn(Channel, Client) -> F,
    ) -> Result<T, ClientError>
    where
        F: Future<Output = Result<tonic::Response<T>, Status>>,
    {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        for round in 0.. {
            if round == 0 && property.is_some() {
                self.learn().await;
            }
            let error = match self.channel(property.filter(|_| round == 0)) {
                Ok((address, channel)) => match attempt(channel, self.clone()).await {
                    Ok(response) => return Ok(response.into_inner()),
                    Err(status) => {
                        let error = ClientError::from(status);
                        if error.is_passing() {
                            self.state().nodes.distrust(&address);
                        }
                        error
                    }
                },
                Err(error) => error,
            };
            let asked_all = round + 1 >= self.state().nodes.addresses().len();
            if !error.is_passing() || error.is_untrusted() && asked_all || began.elapsed() + pause >= self.inner.timeout {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(ClientError::new(ErrorCode::Unreachable, "no node answered"))
    }

    /// A message with the API key and the deadline of one attempt.
    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = self.stream(message);
        request.set_timeout(self.inner.timeout.min(ATTEMPT));
        request
    }

    /// The request of a stream: with the API key, without a deadline.
    pub(crate) fn stream<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(authorization) = &self.inner.authorization {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        request
    }

    /// Remembers which shard a property is on.
    pub(crate) fn note_shard(&self, property: &str, as_of: Option<&v1::AsOf>) {
        if let Some(as_of) = as_of {
            self.state().nodes.note_shard(property, as_of.shard);
        }
    }

    /// The channel to the node at this address. It connects when it is used first.
    pub fn channel_to(&self, address: &str) -> Result<Channel, ClientError> {
        let mut state = self.state();
        if let Some(channel) = state.channels.get(address) {
            return Ok(channel.clone());
        }
        let parsed = Address::parse(address).map_err(|error| ClientError::from(&error))?;
        let endpoint = Endpoint::from_shared(address.to_owned());
        let endpoint = endpoint.map_err(|cause| ClientError::new(Code::InvalidField, format!("{address:?}: {cause}")))?;
        let endpoint = endpoint
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_secs(2))
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5))
            .initial_stream_window_size(4 << 20)
            .initial_connection_window_size(16 << 20);
        let channel = if parsed.is_tls() {
            let tls = self.inner.tls.clone();
            endpoint.connect_with_connector_lazy(tower::service_fn(move |_| {
                let (address, tls) = (parsed.clone(), tls.clone());
                async move { address.connect(&tls, Protocol::Http2).await.map(TokioIo::new) }
            }))
        } else {
            endpoint.connect_lazy()
        };
        state.channels.insert(address.to_owned(), channel.clone());
        Ok(channel)
    }

    fn channel(&self, property: Option<&str>) -> Result<(String, Channel), ClientError> {
        let address = self.state().nodes.best(property).to_owned();
        let channel = self.channel_to(&address)?;
        Ok((address, channel))
    }

    /// Asks for nodes and leaders if the known ones are too old. The call goes on if this fails.
    async fn learn(&self) {
        let Some(address) = self.state().nodes.begin_learning() else { return };
        let Ok(channel) = self.channel_to(&address) else { return };
        let mut request = self.request(v1::TopologyRequest {});
        request.set_timeout(TOPOLOGY);
        match InventoryClient::new(channel).get_topology(request).await {
            Ok(topology) => self.state().nodes.learn(topology.into_inner()),
            Err(_) => self.state().nodes.distrust(&address),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No holder of the lock leaves the state half changed, so it is whole after any panic.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The header of an API key, marked sensitive so that nothing prints it; `None` for an empty key.
fn authorization(api_key: &str) -> Result<Option<MetadataValue<Ascii>>, ClientError> {
    if api_key.is_empty() {
        return Ok(None);
    }
    let header = format!("Bearer {api_key}").parse::<MetadataValue<Ascii>>();
    let mut header = header.map_err(|_| ClientError::new(Code::InvalidField, "the API key has characters that no key has"))?;
    header.set_sensitive(true);
    Ok(Some(header))
}
