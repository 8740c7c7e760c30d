//! An outside witness of the receipts logs (c2sp.org/tlog-witness), and the ways in which a witness can be useless.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::receipts::merkle::{Hash, verify_consistency};
use crate::receipts::{Key, KeyKind, Note, Policy, Signer};

/// A witness that listens on loopback until it is dropped.
pub struct Witness {
    pub name: String,
    url: String,
    key: Key,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
}

/// What a witness does with a checkpoint that it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// As the specification requires.
    Honest,
    /// Like `Honest`, but it also sends a line of an unknown key.
    HonestWithAnotherKey,
    /// Closes the connection at once.
    HangsUp,
    /// Never answers.
    Hangs,
    /// Answers 500.
    Fails,
    /// Answers 200 with something that is not a signature.
    TalksGarbage,
    /// Answers 200 with an endless body.
    NeverStops,
    /// Sends a line of its key that signs something else.
    SignsAnotherTree,
    /// Sends a line of an unknown key, and none of its own.
    SignsAsAnother,
    /// Answers 409 with a size that the log does not have.
    ClaimsMore,
    /// Answers 409 without a size.
    ConflictsForNoReason,
}

struct State {
    behaviour: Behaviour,
    signer: Signer,
    stranger: Signer,
    /// By origin: the trusted keys, and the newest tree it cosigned.
    logs: BTreeMap<String, Log>,
    requests: u64,
    /// Requests by origin. A witness that hangs up does not read the origin.
    asked: BTreeMap<String, u64>,
    conflicts: u64,
    /// Requests that a log must never send.
    faults: Vec<String>,
}

#[derive(Default)]
struct Log {
    keys: Vec<Key>,
    size: u64,
    root: Hash,
}

/// A status and a body.
type Reply = (u16, String);

impl Witness {
    /// `number` determines the name and the key.
    pub async fn start(number: u8, behaviour: Behaviour) -> Witness {
        let name = format!("witness.example/w{number}");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/witness", listener.local_addr().unwrap());
        let signer = Signer::new(&name, KeyKind::Cosigner, number);
        let key = signer.key.clone();
        let state = Arc::new(Mutex::new(State {
            behaviour,
            signer,
            stranger: Signer::new("stranger.example/w", KeyKind::Cosigner, 200),
            logs: BTreeMap::new(),
            requests: 0,
            asked: BTreeMap::new(),
            conflicts: 0,
            faults: Vec::new(),
        }));
        let listening = tokio::spawn(listen(listener, state.clone()));
        Witness { name, url, key, state, listening }
    }

    /// Stops listening.
    pub fn stop_listening(&self) {
        self.listening.abort();
    }

    /// Its submission prefix.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Trusts the logs of a policy.
    pub fn trust(&self, policy: &Policy) {
        let mut state = self.state.lock().unwrap();
        for key in &policy.logs {
            state.logs.entry(key.name.clone()).or_default().keys.push(key.clone());
        }
    }

    pub fn requests(&self) -> u64 {
        self.state.lock().unwrap().requests
    }

    /// Requests about one log.
    pub fn asked(&self, origin: &str) -> u64 {
        self.state.lock().unwrap().asked.get(origin).copied().unwrap_or(0)
    }

    /// How often a request had another old size than the witness knew.
    pub fn conflicts(&self) -> u64 {
        self.state.lock().unwrap().conflicts
    }

    pub fn faults(&self) -> Vec<String> {
        self.state.lock().unwrap().faults.clone()
    }

    /// The size of the newest tree of a log that it cosigned.
    pub fn size_of(&self, origin: &str) -> u64 {
        self.state.lock().unwrap().logs.get(origin).map_or(0, |log| log.size)
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl State {
    fn count(&mut self, body: &str) {
        self.requests += 1;
        let origin = body.split_once("\n\n").and_then(|(_, note)| note.lines().next()).unwrap_or_default();
        *self.asked.entry(origin.to_string()).or_default() += 1;
    }

    fn add_checkpoint(&mut self, body: &str) -> Reply {
        let reply = match self.check(body) {
            Ok((note, origin, size, root)) => {
                let log = self.logs.entry(origin).or_default();
                (log.size, log.root) = (size, root);
                (200, self.signer.line(&note.text, now()))
            }
            Err(reply) => reply,
        };
        match reply.0 {
            200 => {}
            409 => self.conflicts += 1,
            status => self.faults.push(format!("{status} {}: {body}", reply.1)),
        }
        reply
    }

    fn check(&self, body: &str) -> Result<(Note, String, u64, Hash), Reply> {
        let bad = |status: u16| move |why: String| (status, why);
        let (head, note) = body.split_once("\n\n").ok_or((400, "no empty line".to_string()))?;
        let mut lines = head.lines();
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).ok_or((400, "no old size".to_string()))?;
        let old = crate::receipts::text::decimal(old).map_err(bad(400))?;
        let proof = lines.map(crate::receipts::text::hash).collect::<Result<Vec<_>, _>>().map_err(bad(400))?;
        let note = Note::parse(note).map_err(bad(400))?;
        let checkpoint = note.checkpoint().map_err(bad(400))?;
        let log = self.logs.get(&checkpoint.origin).ok_or((404, format!("unknown log {}", checkpoint.origin)))?;
        let mut signed = false;
        for key in &log.keys {
            signed |= note.is_signed_by(key).map_err(bad(403))?;
        }
        if !signed {
            return Err((403, "not signed by the log".into()));
        }
        if old > checkpoint.size || proof.len() > 63 {
            return Err((400, "the old size is above the new one, or the proof is too long".into()));
        }
        if old != log.size {
            return Err((409, format!("{}\n", log.size)));
        }
        let consistent = match old {
            0 if proof.is_empty() => Ok(()),
            0 => Err("a proof for the empty tree".into()),
            _ => verify_consistency(old, checkpoint.size, log.root, checkpoint.root, &proof),
        };
        consistent.map_err(bad(422))?;
        Ok((note, checkpoint.origin, checkpoint.size, checkpoint.root))
    }
}

async fn listen(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, state.clone()));
    }
}

/// Serves one request of a connection. Socket errors are ignored: the node will ask again.
async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let behaviour = state.lock().unwrap().behaviour;
    if behaviour == Behaviour::HangsUp {
        state.lock().unwrap().requests += 1;
        return;
    }
    let Some(body) = read_request(&mut stream).await else { return };
    state.lock().unwrap().count(&body);
    if behaviour == Behaviour::Hangs {
        // Until the node stops waiting.
        let _ = stream.read(&mut [0]).await;
        return;
    }
    if behaviour == Behaviour::NeverStops {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4_096]).await.is_ok() {}
        return;
    }
    let (status, body) = reply(&mut state.lock().unwrap(), &body);
    let kind = if status == 409 { "text/x.tlog.size" } else { "text/plain" };
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

fn reply(state: &mut State, body: &str) -> Reply {
    // A useless witness answers without any state.
    let note = || body.split_once("\n\n").and_then(|(_, note)| Note::parse(note).ok());
    let text = || note().map(|note| note.text).unwrap_or_default();
    match state.behaviour {
        Behaviour::HonestWithAnotherKey => match state.add_checkpoint(body) {
            (200, line) => (200, format!("{}{line}", state.stranger.line(&text(), now()))),
            other => other,
        },
        Behaviour::Fails => (500, "out of order\n".into()),
        Behaviour::TalksGarbage => (200, "— I sign everything\n\u{1}\n".into()),
        Behaviour::SignsAnotherTree => (200, state.signer.line(&text().replace("/shard-", "/other-"), now())),
        Behaviour::SignsAsAnother => (200, state.stranger.line(&text(), now())),
        Behaviour::ClaimsMore => (409, "1000000\n".into()),
        Behaviour::ConflictsForNoReason => (409, "no\n".into()),
        _ => state.add_checkpoint(body),
    }
}

/// The body of `POST <prefix>/add-checkpoint`, or None if it is incomplete.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            assert!(head.starts_with("POST /witness/add-checkpoint HTTP/1.1\r\n"), "unexpected request to a witness: {head}");
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
            })?;
            if body.len() >= length {
                return Some(body[..length].to_string());
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}
