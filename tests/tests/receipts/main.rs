//! Receipts as callers see them: with every confirmation, at every node, checked by an independent verifier.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod attached;
mod cards;
mod erased;
mod fetched;
mod history;
mod retried;
mod scrubbed;
mod tampered;
mod tiles;
mod witnessed;

use std::time::Duration;

use jiff::civil::{Date, date};
use keyrack_tests::receipts::{LogView, Policy, Proved, Receipt};
use keyrack_tests::{Cluster, Hotel, HotelPlan, PATIENCE, until};
use serde_json::Value;

/// A confirmation waits for its receipt as long as a busy machine needs.
const PATIENT: (&str, &str) = ("KEYRACK_RECEIPTS_WAIT_MS", "5000");

const BOOK: u64 = 1;
const AMEND: u64 = 2;
const CANCEL: u64 = 3;
const CHECK_IN: u64 = 4;
const CHECK_OUT: u64 = 5;
const NO_SHOW: u64 = 6;
const ERASE: u64 = 7;

/// A cluster with one hotel, and the keys to trust.
struct Fixture {
    cluster: Cluster,
    hotel: Hotel,
    policy: Policy,
    /// The shard of the hotel.
    shard: u64,
}

impl Fixture {
    async fn set_up(hotel: &str, rooms: u32) -> Fixture {
        Fixture::set_with(HotelPlan::new(hotel, rooms), &[]).await
    }

    async fn set_with(plan: HotelPlan, env: &[(&str, &str)]) -> Fixture {
        let cluster = Cluster::start_with(&[&[PATIENT], env].concat());
        let hotel = plan.open(&cluster.operator()).await;
        let policy = LogView::policy(&cluster.operator(), 3).await;
        let shard = hotel.shard().await;
        Fixture { cluster, hotel, policy, shard }
    }

    /// The log of the hotel's shard through `node`.
    fn log(&self, node: usize) -> LogView {
        LogView::new(&self.cluster.api("auditor", node), self.shard)
    }

    /// The hotel through `node`, for a channel.
    fn at(&self, node: usize) -> Hotel {
        self.hotel.through(&self.cluster.api("channel", node))
    }

    /// Checks the receipt of an answer.
    async fn check(&self, answer: &Value, kind: u64) -> Proved {
        let proved = self.receipt_of(answer).await.verify(&self.policy).unwrap();
        assert_eq!(proved.leaf.kind, kind, "{proved:?}");
        assert!(proved.cosigners.len() >= 2, "a majority cosigned: {proved:?}");
        assert_eq!(proved.leaf.booking_id(), id_of(answer));
        proved
    }

    /// The receipt in an answer, or, on a busy machine, the one at its `receiptUrl`. Both are the same unless the
    /// booking has changed since.
    async fn receipt_of(&self, answer: &Value) -> Receipt {
        if !answer["receipt"].is_null() {
            assert!(answer["receiptUrl"].is_null(), "either a receipt or its URL: {answer}");
            return Receipt::of_json(&answer["receipt"]);
        }
        let url = answer["receiptUrl"].as_str().expect("a receipt or its URL");
        assert_eq!(url, format!("/v1/bookings/{}/receipt", id_of(answer)));
        until(&format!("there is a receipt at {url}"), PATIENCE, async || {
            for api in self.cluster.everywhere("channel") {
                let call = api.get(url).header("Accept", "application/json").timeout(Duration::from_secs(5));
                // A node that is down or has no leader yet is skipped.
                if let Some(found) = call.try_send().await.ok().filter(|answer| answer.status == 200) {
                    return Some(Receipt::of_json(&found.json()));
                }
            }
            None
        })
        .await
    }
}

fn id_of(booking: &Value) -> &str {
    booking["bookingId"].as_str().unwrap()
}

fn days(text: &str) -> u64 {
    let day: Date = text.parse().unwrap();
    date(1970, 1, 1).until(day).unwrap().get_days() as u64
}
