//! Transfers leaderships again and again.

use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::json;

use super::catalog::Nemesis;
use super::context::FaultContext;

/// Asks for transfers of leaderships, many times a second.
pub(super) async fn storm(context: &mut FaultContext, lasts: Duration) -> anyhow::Result<()> {
    context.begins(Nemesis::TransferStorm, "leaderships are transferred many times a second", &[]);
    let end = Instant::now() + lasts;
    let (mut asked, mut done) = (0u32, 0u32);
    while Instant::now() < end {
        let (shard, to, through) = (context.rng.below(4), context.random_node(), context.random_node());
        let path = format!("/v1/nodes/{to}/lead");
        let body = json!({"shard": shard});
        let key = format!("storm-{}", context.rng.draw());
        let mut connection = context.cluster.operator(through).connection();
        asked += 1;
        let reply = connection.ask(Method::POST, &path, Some(&key), Some(&body), Duration::from_secs(1)).await;
        done += u32::from(reply.is_ok_and(|reply| reply.status.is_success()));
        tokio::time::sleep(Duration::from_millis(context.rng.within(20, 150))).await;
    }
    context.ends(Nemesis::TransferStorm, format!("{done} of {asked} transfers were accepted"), &[]);
    Ok(())
}
