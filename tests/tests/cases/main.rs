//! Cases from public bug reports of hotel systems, channel managers and stores: what Keyrack does with each, and with others of its kind.

// In a test a failed unwrap is the failure report.
#![allow(clippy::unwrap_used)]

mod amendments;
mod catalogue;
mod finding;
mod guests;
mod life_cycle;
mod lists;
mod money;
mod ranges;
mod where_it_is_wrong;

use keyrack_tests::{Answer, Cluster, Hotel, HotelPlan, fresh_key};
use serde_json::{Value, json};

/// A cluster with an empty hotel.
struct Fixture {
    cluster: Cluster,
    hotel: Hotel,
}

impl Fixture {
    async fn set_up(id: &str) -> Fixture {
        let cluster = Cluster::start();
        let hotel = HotelPlan::new(id, 50).open(&cluster.operator()).await;
        Fixture { cluster, hotel }
    }

    /// The same with another room type SUI.
    async fn with_suites(id: &str, suites: u32) -> Fixture {
        let cluster = Cluster::start();
        let hotel = HotelPlan::new(id, 50).with("SUI", suites).open(&cluster.operator()).await;
        Fixture { cluster, hotel }
    }

    /// The hotel as a role sees it.
    fn hotel_of(&self, role: &str) -> Hotel {
        self.hotel.through(&self.cluster.api(role, 1))
    }

    /// Closes a business date.
    async fn close(&self, date: &str) {
        let path = format!("/v1/properties/{}/close-business-date", self.hotel.id);
        self.hotel.api.post(&path, &fresh_key()).json(&json!({"expectedFrom": date})).send().await.expect(200);
    }

    /// A booking request for two nights, changed at `pointer`: `None` removes the field.
    fn request(&self, pointer: &str, value: Option<Value>) -> Value {
        let mut request = self.hotel.request("2027-03-01", "2027-03-03");
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let parent = request.pointer_mut(parent).unwrap();
        match value {
            Some(value) => parent[member] = value,
            None => _ = parent.as_object_mut().unwrap().remove(member),
        }
        request
    }

    /// Holds the rooms of a request, or tries to.
    async fn hold(&self, request: &Value) -> Answer {
        let mut hold = request.clone();
        for other in ["guest", "payment", "channelRef"] {
            hold.as_object_mut().unwrap().remove(other);
        }
        self.hotel.api.post("/v1/holds", &fresh_key()).json(&hold).send().await
    }
}

/// Checks that an answer refuses with this code, and that its sentence has these words.
#[track_caller]
fn refused(what: &str, answer: &Answer, status: u16, code: &str, words: &str) {
    println!("{what}: {answer:?}");
    let problem = answer.json();
    assert_eq!((answer.status, problem["code"].as_str()), (status, Some(code)), "{what}: {answer:?}");
    assert!(problem["detail"].as_str().unwrap().contains(words), "{what}: {answer:?}");
}
