//! Calls and streams over the simulated network. Each message is a datagram, so it can be delayed, lost and overtaken. A stream
//! restores the order of its messages, and breaks if one is missing.

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
/// A message that is missing for this time counts as lost.
const GAP: Duration = Duration::from_millis(500);
/// A stream with an outstanding reply breaks after this many gaps of silence, the time of a connection's keep-alive. Until then
/// delayed messages arrive, however old they are.
const OUTSTANDING_GAPS: u32 = 8;
/// A stream without an outstanding reply breaks after this many gaps of silence.
const SILENT_GAPS: u32 = 20;

/// The operation that a message asks for.
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
    Hello,
    HandOver,
}

const METHODS: [Method; 13] = [
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
    Method::Hello,
    Method::HandOver,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Call,
    Reply,
    /// The call was for another incarnation, or the node cannot answer it.
    Refused,
    Item,
    ItemReply,
}

const KINDS: [Kind; 5] = [Kind::Call, Kind::Reply, Kind::Refused, Kind::Item, Kind::ItemReply];

/// A sender or receiver. Incarnation 0 means any incarnation.
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

/// A call or a stream that a node has to answer.
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

/// The messages of a stream, in order.
pub struct Ordered {
    arrived: mpsc::UnboundedReceiver<Item>,
    early: BTreeMap<u32, Option<Bytes>>,
    next: u32,
    /// Whether the other end closed the stream.
    pub ended: bool,
}

impl Ordered {
    fn new(arrived: mpsc::UnboundedReceiver<Item>) -> Ordered {
        Ordered { arrived, early: BTreeMap::new(), next: 0, ended: false }
    }

    /// The next message; `None` at the end, after a gap, and after a long silence. `owed` tells whether the message with this
    /// number is outstanding, so that a shorter silence is enough.
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
                Err(_) if silent >= OUTSTANDING_GAPS && owed(self.next) => return None,
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

    /// The node at this end.
    pub fn id(&self) -> u64 {
        self.me.id
    }

    /// Calls a node; `None` if there is no answer in time or the node refuses.
    pub async fn call(&self, to: Peer, method: Method, body: Bytes, patience: Duration) -> Option<Bytes> {
        let call = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, wait) = oneshot::channel();
        self.calls.lock().insert(call, answer);
        self.send(Frame { kind: Kind::Call, method, from: self.me, to, call, sequence: 0, last: true, body });
        let answered = tokio::time::timeout(patience, wait).await;
        self.calls.lock().remove(&call);
        answered.ok()?.ok()?
    }

    /// Opens a stream. Returns its number and its replies.
    pub fn open_stream(&self) -> (u64, Ordered) {
        let call = self.next.fetch_add(1, Ordering::Relaxed);
        let (items, arrived) = mpsc::unbounded_channel();
        self.opened.lock().insert(call, items);
        (call, Ordered::new(arrived))
    }

    pub fn close_stream(&self, call: u64) {
        self.opened.lock().remove(&call);
    }

    /// Sends a message on a stream that this end opened. `None` ends the stream.
    pub fn send_item(&self, to: Peer, call: u64, sequence: u32, item: Option<Bytes>) {
        let (last, body) = (item.is_none(), item.unwrap_or_default());
        self.send(Frame { kind: Kind::Item, method: Method::Append, from: self.me, to, call, sequence, last, body });
    }

    /// Sends a reply on a stream that the other end opened. `None` ends the stream.
    pub fn reply_item(&self, (to, call): (Peer, u64), sequence: u32, item: Option<Bytes>) {
        let (last, body) = (item.is_none(), item.unwrap_or_default());
        self.send(Frame { kind: Kind::ItemReply, method: Method::Append, from: self.me, to, call, sequence, last, body });
        if last {
            self.served.lock().remove(&(to, call));
        }
    }

    /// Answers a call. `None` refuses it.
    pub fn reply(&self, asked: &Asked, answer: Option<Bytes>) {
        let kind = if answer.is_some() { Kind::Reply } else { Kind::Refused };
        let (to, call, body) = (asked.from, asked.call, answer.unwrap_or_default());
        self.send(Frame { kind, method: asked.method, from: self.me, to, call, sequence: 0, last: true, body });
    }

    /// Receives messages until one has to be answered.
    pub async fn accept(self: &Arc<Self>, buffer: &mut [u8]) -> io::Result<Incoming> {
        loop {
            let (length, _) = self.socket.recv_from(buffer).await?;
            let Some(frame) = Frame::read(Bytes::copy_from_slice(&buffer[..length])) else {
                return Err(io::Error::other("a message is malformed"));
            };
            self.trace("got", &frame);
            let meant = frame.to.incarnation == 0 || frame.to.incarnation == self.me.incarnation;
            let Frame { kind, method, from, call, sequence, last, body, .. } = frame;
            let item = (sequence, if last { None } else { Some(body.clone()) });
            match kind {
                Kind::Reply | Kind::Refused if meant => {
                    if let Some(answer) = self.calls.lock().remove(&call) {
                        // Sending fails if the caller has stopped waiting, which is no error here.
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
        // Sending to a stopped host may fail. The caller then gets no answer, as with a lost message.
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
    /// The address for replies: the other end and its stream.
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

/// A buffer for the largest message.
pub fn buffer() -> Vec<u8> {
    vec![0; LARGEST]
}
