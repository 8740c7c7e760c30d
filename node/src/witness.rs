//! Outside witnesses (c2sp.org/tlog-witness). A witness keeps the newest checkpoint that it saw of each log and cosigns the next
//! one only if it is consistent. The leader of a shard sends them checkpoints in the background, so a witness that is down
//! delays only its own signature.

use std::time::Duration;

use anyhow::Context;
use base64ct::{Base64, Encoding};
use keyrack_cluster::{CheckpointNote, ClusterNode, ReceiptLog, Tasks};
use keyrack_merkle::{Note, Signature, VerifierKey, verify_signature};

use crate::config::{self, Receipts};
use crate::messages::config::ConfigError;
use crate::messages::outbound::WitnessError;
use crate::outbound::{Outbound, Url};

/// The largest answer, in bytes.
const ANSWER_BYTES: usize = 64 << 10;
/// The longest pause between two requests to a witness that fails.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Starts a task for each witness and shard.
pub fn start(config: &Receipts, cluster: &ClusterNode, outbound: &Outbound, tasks: &Tasks) -> anyhow::Result<()> {
    for witness in &config.witnesses {
        for shard in 1..=cluster.data_shards() {
            let Some(log) = cluster.receipts(shard) else { continue };
            let task = WitnessTask {
                cluster: cluster.clone(),
                shard,
                log: log.clone(),
                witness: Witness::new(witness, outbound.clone())?,
                every: Duration::from_millis(config.witness_interval_ms.max(10)),
            };
            tasks.spawn_restarting("witness", move || task.clone().run());
        }
    }
    Ok(())
}

/// Sends the checkpoints of one shard to one witness.
#[derive(Clone)]
struct WitnessTask {
    cluster: ClusterNode,
    shard: u32,
    log: ReceiptLog,
    witness: Witness,
    every: Duration,
}

#[derive(Clone)]
struct Witness {
    outbound: Outbound,
    add_checkpoint: Url,
    key: VerifierKey,
}

/// A witness's answer.
enum Answer {
    /// Its signatures.
    Signed(Vec<Signature>),
    /// The size of the log that it has, which is not the one in the request.
    KnowsSize(u64),
}

impl WitnessTask {
    /// Sends each new checkpoint while this node leads the shard. Runs until dropped.
    async fn run(self) {
        let mut known = 0;
        let mut signed = 0;
        let mut pause = self.every;
        let mut complaint: Option<String> = None;
        loop {
            tokio::time::sleep(pause).await;
            let newest = self.log.checkpoint().ok().flatten();
            let newest = newest.filter(|newest| newest.size > signed && self.cluster.leads(self.shard));
            let Some(newest) = newest else { continue };
            match self.ask(&newest, known).await {
                Ok(Answer::Signed(signatures)) => {
                    self.log.add_witnesses(newest.size, &signatures);
                    (known, signed, pause) = (newest.size, newest.size, self.every);
                    if complaint.take().is_some() {
                        tracing::info!(
                            event = "witness_back",
                            shard = self.shard,
                            witness = self.witness.key.name(),
                            "the witness signs again"
                        );
                    }
                }
                Ok(Answer::KnowsSize(size)) if size <= newest.size => known = size,
                Ok(Answer::KnowsSize(size)) => {
                    tracing::error!(
                        event = "witness_ahead",
                        shard = self.shard,
                        witness = self.witness.key.name(),
                        witness_leaves = size,
                        leaves = newest.size,
                        "a witness has signed a longer log than this node has"
                    );
                    pause = LONGEST_PAUSE;
                }
                Err(cause) => {
                    let cause = format!("{cause:#}");
                    if complaint.as_ref() != Some(&cause) {
                        let witness = self.witness.key.name();
                        tracing::warn!(event = "witness_failed", shard = self.shard, witness, cause, "a witness did not sign");
                    }
                    complaint = Some(cause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn ask(&self, newest: &CheckpointNote, known: u64) -> anyhow::Result<Answer> {
        let proof =
            self.log.prove_consistency(known, newest.size)?.context(WitnessError::NoProof { from: known, to: newest.size })?;
        let mut body = format!("old {known}\n");
        for hash in &proof.hashes {
            body.push_str(&Base64::encode_string(hash));
            body.push('\n');
        }
        body.push('\n');
        body.push_str(&newest.note);
        let answer = self.witness.add_checkpoint(body).await?;
        if let Answer::Signed(signatures) = &answer {
            let text = Note::parse(&newest.note)?.text;
            let is_valid = |signature: &Signature| verify_signature(&text, signature, &self.witness.key).is_ok();
            if signatures.is_empty() || !signatures.iter().all(is_valid) {
                return Err(WitnessError::Signature.into());
            }
        }
        Ok(answer)
    }
}

impl Witness {
    fn new(config: &config::Witness, outbound: Outbound) -> anyhow::Result<Witness> {
        let prefix = Url::parse(&config.url).context(ConfigError::WitnessUrl)?;
        Ok(Witness { outbound, add_checkpoint: prefix.join("add-checkpoint"), key: VerifierKey::parse(&config.key)? })
    }

    /// The signatures of the configured key. Other lines are ignored, because they may be of unknown kinds.
    fn own_signatures(&self, text: &str) -> Vec<Signature> {
        let own = |signature: &Signature| signature.name == self.key.name() && signature.key_id == self.key.id();
        text.lines().filter_map(|line| Signature::parse_line(line).ok()).filter(own).collect()
    }

    async fn add_checkpoint(&self, body: String) -> anyhow::Result<Answer> {
        let answer = self.outbound.post(&self.add_checkpoint, body, ANSWER_BYTES).await?;
        let text = std::str::from_utf8(&answer.body).context(WitnessError::NotText)?;
        match answer.status {
            200 => Ok(Answer::Signed(self.own_signatures(text))),
            409 => Ok(Answer::KnowsSize(text.trim().parse().context(WitnessError::NoSize)?)),
            status => Err(WitnessError::Status(status).into()),
        }
    }
}
