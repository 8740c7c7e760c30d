//! Calls and streams over the simulated network. A message is one datagram, so that it can be late, lost and overtaken;
//! a stream puts its messages in order again and breaks where one is missing.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use turmoil::net::UdpSocket;

use crate::rng::hash;
use crate::world::World;

const PORT: u16 = 9000;
const LARGEST: usize = 16 << 20;
/// A message that is missing for so long is lost.
const GAP: Duration = Duration::from_millis(500);
/// So many gaps' length without a word ends a stream on which one is owed: a connection's keep-alive takes as long. Until
/// then what was held up arrives, however old it is.
const OWED_GAPS: u32 = 8;
/// So many end one on which nothing is.
const SILENT_GAPS: u32 = 20;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Method {
    AppendOne,
    Vote,
    PreVote,
    Transfer,
    Snapshot,
    Propose,
    ReadIndex,
    HeldVote,
    Write,
    Read,
    Append,
}

const METHODS: [Method; 11] = [
    Method::AppendOne,
    Method::Vote,
    Method::PreVote,
    Method::Transfer,
    Method::Snapshot,
    Method::Propose,
    Method::ReadIndex,
    Method::HeldVote,
    Method::Write,
    Method::Read,
    Method::Append,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Call,
    Reply,
    /// Meant for another incarnation, or the node cannot answer.
    Refused,
    Item,
    ItemReply,
}

const KINDS: [Kind; 5] = [Kind::Call, Kind::Reply, Kind::Refused, Kind::Item, Kind::ItemReply];

/// Who is meant; incarnation 0 is any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peer {
    pub id: u64,
    pub incarnation: u64,
}

struct Frame {
    kind: Kind,
    method: Method,
    from: Peer,
    to: Peer,
    call: u64,
    sequence: u32,
    last: bool,
    body: Bytes,
}

/// A call that arrived.
pub struct Asked {
    pub from: Peer,
    pub method: Method,
    pub body: Bytes,
    call: u64,
}

/// A stream that another node opened.
pub struct Opened {
    pub from: Peer,
    pub items: Ordered,
    call: u64,
}

/// What a node has to answer.
pub enum Incoming {
    Call(Asked),
    Stream(Opened),
}

type Item = (u32, Option<Bytes>);

/// A process's end of the network.
pub struct Net {
    world: Arc<World>,
    me: Peer,
    socket: UdpSocket,
    next: AtomicU64,
    calls: Mutex<BTreeMap<u64, oneshot::Sender<Option<Bytes>>>>,
    opened: Mutex<BTreeMap<u64, mpsc::UnboundedSender<Item>>>,
    served: Mutex<BTreeMap<(Peer, u64), mpsc::UnboundedSender<Item>>>,
}

/// Messages of a stream, in order.
pub struct Ordered {
    arrived: mpsc::UnboundedReceiver<Item>,
    early: BTreeMap<u32, Option<Bytes>>,
    next: u32,
    /// Whether the other end said that this is all.
    pub ended: bool,
}

impl Ordered {
    fn new(arrived: mpsc::UnboundedReceiver<Item>) -> Ordered {
        Ordered { arrived, early: BTreeMap::new(), next: 0, ended: false }
    }

    /// The next message; `None` at the end, after a gap, and when `owed` says that one should long have come.
    pub async fn next(&mut self, owed: impl Fn(u32) -> bool) -> Option<Bytes> {
        let mut silent = 0;
        loop {
            if let Some(item) = self.early.remove(&self.next) {
                self.next += 1;
                self.ended = item.is_none();
                return item;
            }
            match tokio::time::timeout(GAP, self.arrived.recv()).await {
                Ok(Some((sequence, item))) => drop(self.early.insert(sequence, item)),
                Ok(None) => return None,
                Err(_) if !self.early.is_empty() || silent == SILENT_GAPS => return None,
                Err(_) if silent >= OWED_GAPS && owed(self.next) => return None,
                Err(_) => silent += 1,
            }
        }
    }
}

impl Net {
    pub async fn open(world: Arc<World>, me: Peer, first_call: u64) -> io::Result<Arc<Net>> {
        let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
        Ok(Arc::new(Net {
            world,
            me,
            socket,
            next: AtomicU64::new(first_call),
            calls: Mutex::default(),
            opened: Mutex::default(),
            served: Mutex::default(),
        }))
    }

    /// Asks a node; `None` when no answer comes in time or the node refuses.
    pub async fn call(&self, to: Peer, method: Method, body: Bytes, patience: Duration) -> Option<Bytes> {
        let call = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, wait) = oneshot::channel();
        self.calls.lock().insert(call, answer);
        self.send(Frame { kind: Kind::Call, method, from: self.me, to, call, sequence: 0, last: true, body });
        let answered = tokio::time::timeout(patience, wait).await;
        self.calls.lock().remove(&call);
        answered.ok()?.ok()?
    }

    /// Opens a stream: returns its number and the replies.
    pub fn open_stream(&self) -> (u64, Ordered) {
        let call = self.next.fetch_add(1, Ordering::Relaxed);
        let (items, arrived) = mpsc::unbounded_channel();
        self.opened.lock().insert(call, items);
        (call, Ordered::new(arrived))
    }

    pub fn close_stream(&self, call: u64) {
        self.opened.lock().remove(&call);
    }

    /// Sends a message of a stream this end opened; none ends it.
    pub fn send_item(&self, to: Peer, call: u64, sequence: u32, item: Option<Bytes>) {
        let (last, body) = (item.is_none(), item.unwrap_or_default());
        self.send(Frame { kind: Kind::Item, method: Method::Append, from: self.me, to, call, sequence, last, body });
    }

    /// Sends a message back on a stream the other end opened; none ends it.
    pub fn reply_item(&self, (to, call): (Peer, u64), sequence: u32, item: Option<Bytes>) {
        let (last, body) = (item.is_none(), item.unwrap_or_default());
        self.send(Frame { kind: Kind::ItemReply, method: Method::Append, from: self.me, to, call, sequence, last, body });
        if last {
            self.served.lock().remove(&(to, call));
        }
    }

    /// Answers a call; `None` refuses.
    pub fn reply(&self, asked: &Asked, answer: Option<Bytes>) {
        let kind = if answer.is_some() { Kind::Reply } else { Kind::Refused };
        let (to, call, body) = (asked.from, asked.call, answer.unwrap_or_default());
        self.send(Frame { kind, method: asked.method, from: self.me, to, call, sequence: 0, last: true, body });
    }

    /// Takes what arrives, until there is something to answer.
    pub async fn accept(self: &Arc<Self>, buffer: &mut [u8]) -> io::Result<Incoming> {
        loop {
            let (length, _) = self.socket.recv_from(buffer).await?;
            let Some(frame) = Frame::read(Bytes::copy_from_slice(&buffer[..length])) else {
                return Err(io::Error::other("a message that is none"));
            };
            self.trace("got", &frame);
            let meant = frame.to.incarnation == 0 || frame.to.incarnation == self.me.incarnation;
            let Frame { kind, method, from, call, sequence, last, body, .. } = frame;
            let item = (sequence, if last { None } else { Some(body.clone()) });
            match kind {
                Kind::Reply | Kind::Refused if meant => {
                    if let Some(answer) = self.calls.lock().remove(&call) {
                        // Whoever asked may be gone.
                        let _ = answer.send((kind == Kind::Reply).then_some(body));
                    }
                }
                Kind::ItemReply if meant => {
                    if let Some(stream) = self.opened.lock().get(&call) {
                        let _ = stream.send(item);
                    }
                }
                Kind::Call if meant => return Ok(Incoming::Call(Asked { from, method, body, call })),
                Kind::Call => self.reply(&Asked { from, method, body, call }, None),
                Kind::Item if meant => {
                    let mut served = self.served.lock();
                    if let Some(stream) = served.get(&(from, call)) {
                        let _ = stream.send(item);
                        continue;
                    }
                    let (items, arrived) = mpsc::unbounded_channel();
                    let _ = items.send(item);
                    served.insert((from, call), items);
                    return Ok(Incoming::Stream(Opened { from, items: Ordered::new(arrived), call }));
                }
                Kind::Reply | Kind::Refused | Kind::ItemReply | Kind::Item => {}
            }
        }
    }

    fn send(&self, frame: Frame) {
        if self.world.loses_message() {
            return self.trace("lost", &frame);
        }
        self.trace("sent", &frame);
        let to = World::host(frame.to.id);
        // A host that is down is like one that is far.
        let _ = self.socket.try_send_to(&frame.bytes(), (to.as_str(), PORT));
    }

    fn trace(&self, what: &str, frame: &Frame) {
        let Frame { kind, method, from, to, call, sequence, body, .. } = frame;
        self.world.trace(
            self.me.id,
            format_args!(
                "{what} {kind:?} {method:?} {}/{} -> {}/{} {call:x}.{sequence} {} bytes {:016x}",
                from.id,
                from.incarnation,
                to.id,
                to.incarnation,
                body.len(),
                hash(body)
            ),
        );
    }
}

impl Opened {
    /// Where replies go.
    pub fn back(&self) -> (Peer, u64) {
        (self.from, self.call)
    }
}

impl Frame {
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.body.len());
        out.put_u8(self.kind as u8);
        out.put_u8(self.method as u8);
        for peer in [self.from, self.to] {
            out.put_u64(peer.id);
            out.put_u64(peer.incarnation);
        }
        out.put_u64(self.call);
        out.put_u32(self.sequence);
        out.put_u8(u8::from(self.last));
        out.extend_from_slice(&self.body);
        out
    }

    fn read(mut bytes: Bytes) -> Option<Frame> {
        let kind = *KINDS.get(usize::from(bytes.try_get_u8().ok()?))?;
        let method = *METHODS.get(usize::from(bytes.try_get_u8().ok()?))?;
        let mut peer = || Some(Peer { id: bytes.try_get_u64().ok()?, incarnation: bytes.try_get_u64().ok()? });
        let (from, to) = (peer()?, peer()?);
        let (call, sequence) = (bytes.try_get_u64().ok()?, bytes.try_get_u32().ok()?);
        let last = bytes.try_get_u8().ok()? == 1;
        Some(Frame { kind, method, from, to, call, sequence, last, body: bytes })
    }
}

/// Room for the largest message.
pub fn buffer() -> Vec<u8> {
    vec![0; LARGEST]
}
