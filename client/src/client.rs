//! The client: which node is asked, and when a call is retried.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper_util::rt::TokioIo;
use keyrack_proto::v1::inventory_client::InventoryClient;
use keyrack_proto::{Code, v1};
use tokio::time::timeout;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::connection::{Address, ConnectError, Fault, Protocol};
use crate::error::{Attempt, ClientError, ErrorCode, SignIn};
use crate::nodes::Nodes;
use crate::tls::Tls;

/// The deadline of a call, and that of one attempt.
const CALL: Duration = Duration::from_secs(10);
const ATTEMPT: Duration = Duration::from_secs(5);
/// The deadline of the request for the topology, which precedes a call.
const TOPOLOGY: Duration = Duration::from_secs(1);
/// The deadline of a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// Pauses between attempts: each is twice as long as the previous one, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// Whether a call changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only reads.
    Read,
    /// It changes something.
    Change,
}

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
    channels: HashMap<String, OpenChannel>,
}

/// A channel, and why its connection failed last.
#[derive(Clone)]
struct OpenChannel {
    channel: Channel,
    fault: Fault,
}

impl Client {
    /// A client that starts from these addresses (`https://host:port` or `http://host:port`, HTTP or gRPC port alike).
    /// Without an API key (empty) its certificate alone identifies it: [`Client::with_tls`].
    pub fn new<A: Into<String>>(addresses: impl IntoIterator<Item = A>, api_key: &str) -> Result<Client, ClientError> {
        let addresses: Vec<String> = addresses.into_iter().map(Into::into).collect();
        if addresses.is_empty() {
            return Err(ClientError::new(Code::InvalidField, "no address was given. Give the address of at least one node."));
        }
        let tls = Tls::public().map_err(|cause| ClientError::new(Code::InvalidField, cause.to_string()))?;
        let state = State { nodes: Nodes::new(addresses), channels: HashMap::new() };
        let inner = Inner { authorization: authorization(api_key)?, tls, state: Mutex::new(state), timeout: CALL };
        Ok(Client { inner: Arc::new(inner) })
    }

    /// The same client with other trusted CAs and another client certificate.
    pub fn with_tls(&self, tls: Tls) -> Client {
        self.changed(HashMap::new(), tls, self.inner.timeout)
    }

    /// The same client with another deadline for each call.
    pub fn with_timeout(&self, timeout: Duration) -> Client {
        let channels = self.state().channels.clone();
        self.changed(channels, self.inner.tls.clone(), timeout)
    }

    fn changed(&self, channels: HashMap<String, OpenChannel>, tls: Tls, timeout: Duration) -> Client {
        let nodes = Nodes::new(self.state().nodes.addresses().to_vec());
        let authorization = self.inner.authorization.clone();
        Client { inner: Arc::new(Inner { authorization, tls, state: Mutex::new(State { nodes, channels }), timeout }) }
    }

    /// The nodes with their addresses, and the leader of each shard.
    pub async fn topology(&self) -> Result<v1::Topology, ClientError> {
        self.call(Kind::Read, None, |channel, client| async move {
            let request = client.request(v1::TopologyRequest {});
            InventoryClient::new(channel).get_topology(request).await
        })
        .await
    }

    /// Runs `attempt` against the best node, and against the others while nodes fail, until the call's deadline.
    /// `property` selects the leader.
    /// `kind` says whether the outcome can be unknown.
    pub(crate) async fn call<T, F>(
        &self,
        kind: Kind,
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
                self.refresh_topology().await;
            }
            let error = match self.channel(property.filter(|_| round == 0)) {
                Ok((address, OpenChannel { channel, fault })) => match attempt(channel, self.clone()).await {
                    Ok(response) => return Ok(response.into_inner()),
                    Err(status) => {
                        let error = ClientError::of_attempt(&status, &address, &fault, self.attempt(kind, &address));
                        if error.is_transient() {
                            self.state().nodes.move_to_end(&address);
                        }
                        error
                    }
                },
                Err(error) => error,
            };
            let asked_all = round + 1 >= self.state().nodes.addresses().len();
            if !error.is_transient() || error.is_untrusted() && asked_all || began.elapsed() + pause >= self.inner.timeout {
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
        request.set_timeout(self.attempt_timeout());
        request
    }

    fn attempt(&self, kind: Kind, address: &str) -> Attempt {
        let sign_in = SignIn::of(self.inner.authorization.is_some(), &self.inner.tls, address);
        Attempt { timeout: self.attempt_timeout(), sign_in, is_read: kind == Kind::Read }
    }

    fn attempt_timeout(&self) -> Duration {
        self.inner.timeout.min(ATTEMPT)
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

    /// The channel to the node at this address. It connects at its first use.
    pub fn channel_to(&self, address: &str) -> Result<Channel, ClientError> {
        self.open_channel(address).map(|open| open.channel)
    }

    fn open_channel(&self, address: &str) -> Result<OpenChannel, ClientError> {
        let mut state = self.state();
        if let Some(open) = state.channels.get(address) {
            return Ok(open.clone());
        }
        let parsed = Address::parse(address).map_err(|error| ClientError::from(&error))?;
        let endpoint = Endpoint::from_shared(address.to_owned());
        let endpoint = endpoint.map_err(|_| ClientError::from(&ConnectError::Address(address.to_owned())))?;
        let endpoint = endpoint
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5))
            .initial_stream_window_size(4 << 20)
            .initial_connection_window_size(16 << 20);
        let (tls, fault) = (self.inner.tls.clone(), Fault::default());
        let kept = fault.clone();
        // The connector of tonic hides the cause of a failure, so this one is used without TLS too.
        let channel = endpoint.connect_with_connector_lazy(tower::service_fn(move |_| {
            let (address, tls, fault) = (parsed.clone(), tls.clone(), kept.clone());
            async move {
                let connection = timeout(CONNECT, address.connect_with(&tls, Protocol::Http2, fault)).await;
                let host = || address.authority().to_owned();
                let late = |_| ConnectError::TimedOut { host: host(), seconds: CONNECT.as_secs() };
                connection.map_err(late).flatten().map(TokioIo::new)
            }
        }));
        let open = OpenChannel { channel, fault };
        state.channels.insert(address.to_owned(), open.clone());
        Ok(open)
    }

    fn channel(&self, property: Option<&str>) -> Result<(String, OpenChannel), ClientError> {
        let address = self.state().nodes.best(property).to_owned();
        let open = self.open_channel(&address)?;
        Ok((address, open))
    }

    /// Requests nodes and leaders if the known ones are too old. A failure does not end the call.
    async fn refresh_topology(&self) {
        let Some(address) = self.state().nodes.begin_refresh() else { return };
        let Ok(channel) = self.channel_to(&address) else { return };
        let mut request = self.request(v1::TopologyRequest {});
        request.set_timeout(TOPOLOGY);
        match InventoryClient::new(channel).get_topology(request).await {
            Ok(topology) => self.state().nodes.refresh_topology(topology.into_inner()),
            Err(_) => self.state().nodes.move_to_end(&address),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No holder of the lock leaves the state half changed, so it is valid after any panic.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The header of an API key, marked sensitive so that nothing prints it; `None` for an empty key.
fn authorization(api_key: &str) -> Result<Option<MetadataValue<Ascii>>, ClientError> {
    if api_key.is_empty() {
        return Ok(None);
    }
    let header = format!("Bearer {api_key}").parse::<MetadataValue<Ascii>>();
    let mut header = header.map_err(|_| {
        ClientError::new(Code::InvalidField, "the API key has characters that no key has. Check --key or KEYRACK_API_KEY.")
    })?;
    header.set_sensitive(true);
    Ok(Some(header))
}
