//! Ranges of dates that are too long or reversed: the refusal speaks of what was asked.

use serde_json::json;

use super::{Fixture, refused};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_is_refused_in_its_own_words() {
    let fixture = Fixture::set_up("RANGES").await;
    let line = |from: &str, to: &str| vec![json!({"roomType": "DLX", "dateFrom": from, "dateTo": to, "capacity": 3})];
    let long = fixture.hotel.ari(line("2027-01-01", "2031-01-01")).await;
    refused("ARI over four years", &long, 400, "stay_too_long", "One line covers at most");
    let reversed = fixture.hotel.ari(line("2027-02-02", "2027-02-01")).await;
    refused("ARI from later to earlier", &reversed, 400, "invalid_stay", "dateTo must not be before dateFrom");
    let path = |from: &str, to: &str| format!("/v1/properties/{}/availability?from={from}&to={to}", fixture.hotel.id);
    let api = &fixture.hotel.api;
    let long = api.get(&path("2027-01-01", "2029-01-01")).send().await;
    refused("two years of availability", &long, 400, "stay_too_long", "from to to is more than");
    let reversed = api.get(&path("2027-01-02", "2027-01-01")).send().await;
    refused("reversed availability", &reversed, 400, "invalid_stay", "to must be after from");
    let stay = fixture.hotel.book(&fixture.hotel.request("2027-01-02", "2028-03-01")).await;
    refused("a stay of 14 months", &stay, 400, "stay_too_long", "A stay has at most 366 nights");
}
