//! Which node to ask: the leader where it is known, another where it is gone.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper_util::rt::TokioIo;
use keyrack_proto::v1;
use keyrack_proto::v1::inventory_client::InventoryClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::connection::{Address, Protocol};
use crate::{ClientError, Tls};

/// How long a call may take in all, and one attempt of it.
const CALL: Duration = Duration::from_secs(10);
const ATTEMPT: Duration = Duration::from_secs(5);
/// How long what is known about leaders is believed.
const TOPOLOGY: Duration = Duration::from_secs(5);
/// Pauses between attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// A client of one cluster. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    /// None without an API key.
    authorization: Option<MetadataValue<Ascii>>,
    tls: Tls,
    state: Mutex<State>,
    timeout: Duration,
}

#[derive(Default)]
struct State {
    /// Addresses in the order they are tried; those given first, those found after.
    addresses: Vec<String>,
    channels: HashMap<String, Channel>,
    /// Addresses by node, leaders by shard, and when that was learnt.
    nodes: HashMap<u64, String>,
    leaders: HashMap<u32, u64>,
    learnt: Option<Instant>,
    /// Properties whose shard was seen.
    shards: HashMap<String, u32>,
}

impl Client {
    /// A client that starts from these addresses (`https://host:port` or `http://host:port`, HTTP or gRPC port alike).
    /// Without an API key (empty) it is known by its certificate alone: [`Client::with_tls`].
    pub fn new<A: Into<String>>(addresses: impl IntoIterator<Item = A>, api_key: &str) -> Result<Client, ClientError> {
        let addresses: Vec<String> = addresses.into_iter().map(Into::into).collect();
        if addresses.is_empty() {
            return Err(ClientError::new("invalid_field", "give the address of at least one node"));
        }
        let tls = Tls::public().map_err(|cause| ClientError::new("invalid_field", cause.to_string()))?;
        let state = State { addresses, ..State::default() };
        let inner = Inner { authorization: authorization(api_key)?, tls, state: Mutex::new(state), timeout: CALL };
        Ok(Client { inner: Arc::new(inner) })
    }

    /// The same client with other trust and another certificate of its own.
    pub fn with_tls(&self, tls: Tls) -> Client {
        let state = State { addresses: self.state().addresses.clone(), ..State::default() };
        self.like(state, tls, self.inner.timeout)
    }

    /// The same client with another time limit for each call.
    pub fn with_timeout(&self, timeout: Duration) -> Client {
        let known = self.state();
        let state = State { addresses: known.addresses.clone(), channels: known.channels.clone(), ..State::default() };
        drop(known);
        self.like(state, self.inner.tls.clone(), timeout)
    }

    fn like(&self, state: State, tls: Tls, timeout: Duration) -> Client {
        let authorization = self.inner.authorization.clone();
        Client { inner: Arc::new(Inner { authorization, tls, state: Mutex::new(state), timeout }) }
    }

    /// Who leads what, and where the nodes listen.
    pub async fn topology(&self) -> Result<v1::Topology, ClientError> {
        self.call(None, |channel, client| async move {
            let request = client.request(v1::TopologyRequest {});
            InventoryClient::new(channel).get_topology(request).await
        })
        .await
    }

    /// Does `attempt` against the best node, and against others while nodes are gone, until the call's time
    /// is over. `property` helps to find the leader.
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
                            self.distrust(&address);
                        }
                        error
                    }
                },
                Err(error) => error,
            };
            let asked_all = round + 1 >= self.state().addresses.len();
            if !error.is_passing() || error.is_untrusted() && asked_all || began.elapsed() + pause >= self.inner.timeout {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(ClientError::new("unreachable", "no node answered"))
    }

    /// A message with the key and the time limit of one attempt.
    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = self.stream(message);
        request.set_timeout(self.inner.timeout.min(ATTEMPT));
        request
    }

    /// A stream's request: no time limit, since it goes on.
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
            self.state().shards.insert(property.to_owned(), as_of.shard);
        }
    }

    /// The channel of a node by its address.
    pub fn channel_to(&self, address: &str) -> Result<Channel, ClientError> {
        let mut state = self.state();
        if let Some(channel) = state.channels.get(address) {
            return Ok(channel.clone());
        }
        let parsed = Address::parse(address).map_err(|error| ClientError::from(&error))?;
        let endpoint = Endpoint::from_shared(address.to_owned());
        let endpoint = endpoint.map_err(|cause| ClientError::new("invalid_field", format!("{address:?}: {cause}")))?;
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

    /// To the leader of a property if it is known, else to the node that is trusted most.
    fn channel(&self, property: Option<&str>) -> Result<(String, Channel), ClientError> {
        let address = {
            let state = self.state();
            let leader = property.and_then(|id| state.shards.get(id)).and_then(|shard| state.leaders.get(shard));
            let leader = leader.and_then(|node| state.nodes.get(node));
            leader.unwrap_or(&state.addresses[0]).clone()
        };
        let channel = self.channel_to(&address)?;
        Ok((address, channel))
    }

    /// Asks for nodes and leaders when that was long ago; failing to learn is no failure of the call.
    async fn learn(&self) {
        let address = {
            let mut state = self.state();
            if state.learnt.is_some_and(|at| at.elapsed() < TOPOLOGY) {
                return;
            }
            // Now, so that callers beside this one do not ask too.
            state.learnt = Some(Instant::now());
            state.addresses[0].clone()
        };
        let Ok(channel) = self.channel_to(&address) else { return };
        let mut request = self.request(v1::TopologyRequest {});
        request.set_timeout(Duration::from_secs(1));
        let Ok(topology) = InventoryClient::new(channel).get_topology(request).await else {
            self.distrust(&address);
            return;
        };
        let topology = topology.into_inner();
        let mut state = self.state();
        for node in topology.nodes {
            if !state.addresses.contains(&node.grpc) {
                state.addresses.push(node.grpc.clone());
            }
            state.nodes.insert(node.id, node.grpc);
        }
        state.leaders = topology.shards.iter().filter_map(|shard| shard.leader.map(|leader| (shard.shard, leader))).collect();
    }

    /// A node did not answer: try others first, and ask anew who leads.
    fn distrust(&self, address: &str) {
        let mut state = self.state();
        state.learnt = None;
        state.leaders.clear();
        // To the end: so a call that goes on asks every other node before it asks this one again.
        if let Some(place) = state.addresses.iter().position(|known| known == address) {
            state.addresses[place..].rotate_left(1);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole after any panic.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The header of an API key, which is printed nowhere; none for an empty one.
fn authorization(api_key: &str) -> Result<Option<MetadataValue<Ascii>>, ClientError> {
    if api_key.is_empty() {
        return Ok(None);
    }
    let header = format!("Bearer {api_key}").parse::<MetadataValue<Ascii>>();
    let mut header = header.map_err(|_| ClientError::new("invalid_field", "the API key has characters that no key has"))?;
    header.set_sensitive(true);
    Ok(Some(header))
}
