//! Fetches the receipt of a booking from a node.

use std::time::{Duration, Instant};

use keyrack_inventory::BookingId;

use super::file::read_json;
use super::input_output::write;
use super::options::Get;
use crate::context::Context;
use crate::messages::receipt::{FetchError, WAITING};
use crate::messages::usage::Usage;
use crate::output::{note, to_json};

/// The time limit for a receipt that is not cosigned yet.
const PATIENCE: Duration = Duration::from_secs(8);

/// Runs `keyrack receipt get`.
pub async fn fetch(context: &Context, get: &Get) -> anyhow::Result<()> {
    BookingId::parse(&get.booking).map_err(|_| Usage::BookingId(get.booking.clone()))?;
    let path = format!("/v1/bookings/{}/receipt", get.booking);
    let accept = if get.text { "text/plain" } else { "application/json" };
    let began = Instant::now();
    let mut announced = false;
    for node in 0.. {
        let page = context.web.ask_any(node, &path, accept).await?;
        if page.status == 200 {
            let body = String::from_utf8(page.body.to_vec()).map_err(|_| FetchError::NotText)?;
            let text = if get.text { body } else { pretty(&body)? };
            return write(get.out.as_deref(), &text, "receipt");
        }
        let pause = page.retry_after.unwrap_or(Duration::from_secs(1)).clamp(Duration::from_millis(100), Duration::from_secs(2));
        let is_transient = page.status == 202 || page.status == 429;
        if !is_transient || began.elapsed() + pause > PATIENCE {
            return Err(match page.status {
                202 => FetchError::NotSigned(PATIENCE.as_secs()).into(),
                _ => page.problem(),
            });
        }
        if page.status == 202 && !announced {
            note(WAITING);
            announced = true;
        }
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

fn pretty(body: &str) -> anyhow::Result<String> {
    let (receipt, _) = read_json(body).map_err(FetchError::Unreadable)?;
    to_json(&receipt)
}
