//! Currencies, amounts, countries and languages.

use keyrack_tests::HotelPlan;
use serde_json::{Value, json};

use super::{Fixture, refused};

fn property(member: &str, value: Value) -> Value {
    let mut property = json!({"name": "Hotel", "timeZone": "Europe/Lisbon", "currency": "EUR", "businessDate": "2027-01-01"});
    property[member] = value;
    property
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn currencies_countries_and_languages_exist() {
    let fixture = Fixture::set_up("WORLD").await;
    let operator = fixture.cluster.operator();
    for (member, value, words) in [
        ("currency", json!("XYZ"), "ISO 4217"),
        ("currency", json!("eur"), "ISO 4217"),
        ("currency", json!("XXX"), "ISO 4217"),
        ("currency", json!("EURO"), "ISO 4217"),
        ("address", json!({"country": "ZZZ"}), "ISO 3166-1"),
        ("address", json!({"country": "XX"}), "ISO 3166-1"),
        ("address", json!({"country": "pt"}), "ISO 3166-1"),
        ("address", json!({"city": "Lis\u{7}bon"}), "address.city has a control character"),
        ("languages", json!(["pt", "klingon"]), "BCP 47"),
        ("languages", json!(["xx"]), "BCP 47"),
        ("name", json!(" "), "name is missing"),
    ] {
        let answer = operator.put("/v1/properties/NEW", &property(member, value)).send().await;
        refused(member, &answer, 400, "invalid_field", words);
    }
    for (member, value) in
        [("currency", json!("CLF")), ("address", json!({"country": "PT"})), ("languages", json!(["pt-BR", "gsw", "es-419"]))]
    {
        operator.put("/v1/properties/NEW", &property(member, value)).send().await.expect_success();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_amount_may_have_zeros_after_the_currencys_digits() {
    let fixture = Fixture::set_up("YEN").await;
    let operator = fixture.cluster.operator();
    for (currency, rate, shown) in [
        ("JPY", "9800.00", Some("9800")),
        ("JPY", "9800", Some("9800")),
        ("JPY", "9800.50", None),
        ("KWD", "12.5", Some("12.500")),
        ("KWD", "12.50000", Some("12.500")),
        ("EUR", "230.870", Some("230.87")),
        ("EUR", "230.875", None),
    ] {
        let plan = json!({"name": currency, "currency": currency});
        let path = format!("/v1/properties/{}/rate-plans/{currency}", fixture.hotel.id);
        operator.put(&path, &plan).send().await.expect_success();
        let line =
            json!({"roomType": "DLX", "ratePlan": currency, "dateFrom": "2027-03-01", "dateTo": "2027-03-01", "rate": rate});
        let answer = fixture.hotel.ari(vec![line]).await;
        let Some(shown) = shown else {
            refused(rate, &answer, 400, "invalid_field", "rate");
            continue;
        };
        answer.expect_success();
        let mut request = fixture.hotel.request("2027-03-01", "2027-03-02");
        request["rooms"][0]["ratePlan"] = json!(currency);
        let booking = fixture.hotel.book(&request).await.expect(201).json();
        assert_eq!(booking["total"], json!({"amount": shown, "currency": currency}), "{rate}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_is_found_in_any_case_and_with_or_without_accents() {
    let fixture = Fixture::set_up("CITIES").await;
    let operator = fixture.cluster.operator();
    for (id, city) in [("IST", "\u{130}stanbul"), ("CGN", "Ko\u{308}ln"), ("GRU", "São Paulo")] {
        HotelPlan::new(id, 1).open(&operator).await;
        operator.put(&format!("/v1/properties/{id}"), &property("address", json!({"city": city}))).send().await.expect_success();
    }
    for (asked, found) in
        [("istanbul", "IST"), ("ISTANBUL", "IST"), ("K%C3%96LN", "CGN"), ("koln", "CGN"), ("sao%20paulo", "GRU")]
    {
        let list = operator.get(&format!("/v1/properties?city={asked}")).send().await.expect(200).json();
        let ids: Vec<&str> = list["items"].as_array().unwrap().iter().map(|one| one["propertyId"].as_str().unwrap()).collect();
        assert_eq!(ids, [found], "{asked}");
    }
}
