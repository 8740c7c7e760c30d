//! The hostile member: a connection to a victim, and what it knows about it.

use keyrack_tests::Cluster;
use keyrack_tests::peer::{CallAnswer, CallHead, Fields, PeerCalls, framed, messages, number};
use keyrack_tests::secure::{ClientCertificate, tls_client};

use super::case::Case;
use super::{HOSTILE, SHARD};

pub struct Member {
    pub victim: usize,
    calls: PeerCalls,
    head: CallHead,
}

/// What a member can learn about a victim.
#[derive(Clone, Debug)]
pub struct Facts {
    pub head: CallHead,
    pub victim: u64,
    /// The vote that the victim holds: term and node.
    pub held: (u64, u64),
    /// The index of the victim's last entry.
    pub last: u64,
}

impl Facts {
    /// The other honest node.
    pub fn honest(&self) -> u64 {
        if self.victim == 1 { 2 } else { 1 }
    }
}

impl Member {
    /// Connects to the victim with the certificate of the hostile node.
    pub async fn of(cluster: &Cluster, victim: usize) -> Member {
        let file = |end: &str| cluster.pki().join(format!("node-{HOSTILE}.{end}"));
        let own = ClientCertificate::read(&file("pem"), &file("key"));
        let client = tls_client(&cluster.pki().join("ca.pem"), Some(own), false);
        let mut calls = PeerCalls::open(&cluster.door(victim, 2), &client).await;
        let mut head = CallHead { cluster: "dev".into(), from: HOSTILE.to_string(), to: victim.to_string() };
        let hello = calls.call("Hello", &head, framed([])).await;
        let me = messages(&hello.messages[0], 1)[0];
        head.to = format!("{victim}/{}", number(me, 2));
        Member { victim, calls, head }
    }

    pub async fn facts(&mut self, cluster: &Cluster) -> Facts {
        let held = self.calls.call("HeldVote", &self.head, framed(Fields::new().number(1, SHARD))).await;
        let vote = messages(&held.messages[0], 1)[0];
        let metrics = cluster.metrics(self.victim).await.unwrap();
        let last = metrics.of_shard("keyrack_raft_last_index", SHARD).unwrap();
        Facts { head: self.head.clone(), victim: self.victim as u64, held: (number(vote, 1), number(vote, 2)), last }
    }

    pub async fn send(&mut self, case: &Case) -> CallAnswer {
        let head = case.head.as_ref().unwrap_or(&self.head);
        self.calls.call(&case.call, head, case.body.clone()).await
    }
}
