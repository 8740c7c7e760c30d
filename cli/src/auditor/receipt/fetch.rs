//! Fetches the receipt of a booking from a node.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use keyrack_inventory::BookingId;

use super::file::read_json;
use super::input_output::write;
use super::options::Get;
use crate::context::Context;

/// How long to wait for a receipt that is not cosigned yet.
const PATIENCE: Duration = Duration::from_secs(8);

/// Runs `keyrack receipt get`.
pub async fn fetch(context: &Context, get: &Get) -> anyhow::Result<()> {
    BookingId::parse(&get.booking)
        .map_err(|_| anyhow::anyhow!("{:?} is not a booking's id: those begin with bk_", get.booking))?;
    let path = format!("/v1/bookings/{}/receipt", get.booking);
    let accept = if get.text { "text/plain" } else { "application/json" };
    let began = Instant::now();
    let mut announced = false;
    for node in 0.. {
        let page = context.web.ask_any(node, &path, accept).await?;
        if page.status == 200 {
            let body = String::from_utf8(page.body.to_vec()).context("the receipt is not text")?;
            let text = if get.text { body } else { pretty(&body)? };
            return write(get.out.as_deref(), &text, "receipt");
        }
        let pause = page.retry_after.unwrap_or(Duration::from_secs(1)).clamp(Duration::from_millis(100), Duration::from_secs(2));
        let passing = page.status == 202 || page.status == 429;
        if !passing || began.elapsed() + pause > PATIENCE {
            anyhow::ensure!(
                page.status != 202,
                "no majority of the replicas has signed yet; the booking stands, ask again later"
            );
            anyhow::bail!("{}", page.problem());
        }
        if !announced {
            eprintln!("the booking is there, its receipt is not signed by a majority yet; waiting");
            announced = true;
        }
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

fn pretty(body: &str) -> anyhow::Result<String> {
    let (receipt, _) = read_json(body).context("the node's receipt cannot be read")?;
    Ok(serde_json::to_string_pretty(&receipt)? + "\n")
}
