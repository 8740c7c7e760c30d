//! Bookings are found by what people know of them.

use keyrack_tests::{Answer, fresh_key, percent_encoded};
use serde_json::{Value, json};

use super::{Fixture, refused};

fn ids(answer: Answer) -> Vec<String> {
    let list = answer.expect(200).json();
    list["items"].as_array().unwrap().iter().map(|item| item["bookingId"].as_str().unwrap().to_owned()).collect()
}

fn id(booking: &Value) -> String {
    booking["bookingId"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_the_confirmation_number() {
    let fixture = Fixture::set_up("NUMBERS").await;
    let api = &fixture.hotel.api;
    let booking = fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    fixture.hotel.booked("2027-03-01", "2027-03-03").await;
    let number = booking["confirmationNumber"].as_str().unwrap();
    let forms = [number.to_owned(), number.to_lowercase(), number.replace('-', ""), number.replace('-', " ")];
    for form in forms {
        for scope in ["", "&propertyId=NUMBERS"] {
            let path = format!("/v1/bookings?confirmationNumber={}{scope}", percent_encoded(&form));
            assert_eq!(ids(api.get(&path).send().await), [id(&booking)], "{path}");
        }
    }
    // A guest signs in with any of these forms.
    let path = format!("/v1/bookings/{}/guest-link", id(&booking));
    let link = api.post(&path, &fresh_key()).json(&json!({})).send().await.expect(201).json();
    let guest = api.unauthenticated().from_address(std::net::Ipv4Addr::new(127, 44, 55, 67));
    let sign_in = async |number: &str| {
        let body = json!({"confirmationNumber": number, "link": link["link"]});
        guest.post("/v1/guest-sessions", &fresh_key()).json(&body).send().await
    };
    sign_in(&number.to_lowercase()).await.expect(201);
    sign_in(&number.replace('-', "")).await.expect(201);
    let session = sign_in(&number.replace('-', " ")).await.expect(201).json();
    // Notes and telephone numbers are the same guest's; another name is another guest.
    let guest = guest.with_key(session["accessToken"].as_str().unwrap());
    let own = format!("/v1/bookings/{}", id(&booking));
    let note = json!({"notes": [{"kind": "internal", "text": "VIP"}], "guest": {"phone": "+351210000001"}});
    fixture.hotel.act(&booking, "amend", &note).await.expect(200);
    guest.get(&own).send().await.expect(200);
    fixture.hotel.act(&booking, "amend", &json!({"guest": {"name": "Bob"}})).await.expect(200);
    guest.get(&own).send().await.expect(401);
    assert!(ids(api.get("/v1/bookings?confirmationNumber=00000-00000").send().await).is_empty());
    // Other conditions count beside the number, with and without a property.
    for (condition, is_found) in
        [("state=confirmed", true), ("state=cancelled", false), ("guest=nobody", false), ("arrivalFrom=2027-03-02", false)]
    {
        for scope in ["", "&propertyId=NUMBERS"] {
            let found = ids(api.get(&format!("/v1/bookings?confirmationNumber={number}&{condition}{scope}")).send().await);
            assert_eq!(!found.is_empty(), is_found, "{condition}{scope}");
        }
    }
    for wrong in ["7K2M4", "7K2M4-X9QR%C3%A9", "7K2M4-X9QRTT"] {
        let answer = api.get(&format!("/v1/bookings?confirmationNumber={wrong}")).send().await;
        refused(wrong, &answer, 400, "invalid_field", "confirmation number");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_the_guest() {
    let fixture = Fixture::set_up("PEOPLE").await;
    let hotel = &fixture.hotel;
    let named = async |name: &str, email: &str| {
        let mut request = hotel.request("2027-03-01", "2027-03-02");
        request["guest"] = json!({"name": name, "email": email});
        hotel.book(&request).await.expect(201).json()
    };
    let maria = named("María-José MÜLLER", "m.mueller@example.org").await;
    let anna = named("Anna Muller", "anna@example.org").await;
    let find = async |guest: &str| {
        let path = format!("/v1/bookings?propertyId=PEOPLE&guest={}", percent_encoded(guest));
        let mut found = ids(hotel.api.get(&path).send().await);
        found.sort();
        found
    };
    let both = {
        let mut both = vec![id(&maria), id(&anna)];
        both.sort();
        both
    };
    for (guest, found) in [
        ("muller", both),
        ("jose maria", vec![id(&maria)]),
        ("M.MUELLER@example.org", vec![id(&maria)]),
        ("anna", vec![id(&anna)]),
        ("example.org", vec![]),
        ("mull", vec![]),
        ("maria anna", vec![]),
    ] {
        assert_eq!(find(guest).await, found, "{guest}");
    }
    for wordless in ["!!!", " ", "%", "\u{301}"] {
        let path = format!("/v1/bookings?propertyId=PEOPLE&guest={}", percent_encoded(wordless));
        refused(wordless, &hotel.api.get(&path).send().await, 400, "invalid_field", "guest");
        fixture.cluster.api("auditor", 1).get(&path).send().await.expect(403);
    }
    // After a change the new name counts; after an erasure none does.
    hotel.act(&anna, "amend", &json!({"guest": {"name": "Anna Schmidt"}})).await.expect(200);
    assert_eq!(
        (find("anna").await, find("anna@example.org").await),
        (vec![id(&anna)], vec![id(&anna)]),
        "what stays is still found"
    );
    assert_eq!((find("muller").await, find("schmidt").await), (vec![id(&maria)], vec![id(&anna)]));
    let erase = format!("/v1/guests/{}/erase", anna["guestId"].as_str().unwrap());
    hotel.api.post(&erase, &fresh_key()).json(&json!({})).send().await.expect(200);
    assert!(find("schmidt").await.is_empty());
    let auditor = fixture.cluster.api("auditor", 1).get("/v1/bookings?propertyId=PEOPLE&guest=muller").send().await;
    refused("an auditor", &auditor, 403, "forbidden", "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_departure_and_by_change() {
    let fixture = Fixture::set_up("DATES").await;
    let hotel = &fixture.hotel;
    let early = hotel.booked("2027-03-01", "2027-03-05").await;
    let late = hotel.booked("2027-03-02", "2027-03-09").await;
    let list = async |query: &str| ids(hotel.api.get(&format!("/v1/bookings?propertyId=DATES&{query}")).send().await);
    assert_eq!(list("departureFrom=2027-03-05&departureTo=2027-03-05").await, [id(&early)]);
    assert_eq!(list("departureFrom=2027-03-06").await, [id(&late)]);
    assert_eq!(list("departureTo=2027-03-04").await, Vec::<String>::new());
    let both = [id(&early), id(&late)];
    assert_eq!(list("departureTo=2027-03-09&arrivalFrom=2027-03-01").await, both);
    let changed = hotel.act(&early, "amend", &json!({"departure": "2027-03-06"})).await.expect(200).json();
    let since = percent_encoded(changed["updatedAt"].as_str().unwrap());
    assert_eq!(list(&format!("updatedSince={since}")).await, [id(&early)]);
    assert_eq!(list("updatedSince=2000-01-01T00:00:00Z").await, both);
    for (query, code, words) in [
        ("updatedSince=yesterday", "invalid_field", "updatedSince"),
        ("departureFrom=2027-02-30", "invalid_date", "departureFrom"),
    ] {
        refused(query, &hotel.api.get(&format!("/v1/bookings?propertyId=DATES&{query}")).send().await, 400, code, words);
    }
}

/// A page is read while bookings come, go and move. What was there all the time is listed, and what did not move is listed once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_misses_nothing_that_was_there_all_the_time() {
    let fixture = Fixture::set_up("PAGES").await;
    let hotel = &fixture.hotel;
    let mut there = Vec::new();
    for day in 10..16 {
        there.push(hotel.booked(&format!("2027-03-{day}"), &format!("2027-03-{}", day + 1)).await);
    }
    let page = async |cursor: &str| {
        let path = format!("/v1/bookings?propertyId=PAGES&arrivalFrom=2027-03-01&limit=2&cursor={cursor}");
        let answer = hotel.api.get(&path).send().await.expect(200).json();
        let cursor = answer["nextCursor"].as_str().map(str::to_owned);
        (answer["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(), cursor)
    };
    let (mut seen, mut next) = page("").await;
    assert_eq!(seen, [id(&there[0]), id(&there[1])]);
    let mut step = 0;
    while let Some(cursor) = next {
        match step {
            // The last one moves behind the cursor, and a new one comes there.
            0 => {
                let earlier = json!({"arrival": "2027-03-02", "departure": "2027-03-03"});
                hotel.act(&there[5], "amend", &earlier).await.expect(200);
                hotel.booked("2027-03-05", "2027-03-06").await;
                hotel.act(&there[0], "cancel", &json!({})).await.expect(200);
            }
            // It moves again while the list looks for what moved, and so does another one.
            1 => {
                for (booking, day) in [(5, 4), (4, 3)] {
                    let arrival = json!({"arrival": format!("2027-03-0{day}"), "departure": format!("2027-03-0{}", day + 1)});
                    hotel.act(&there[booking], "amend", &arrival).await.expect(200);
                }
            }
            _ => {}
        }
        let (items, after) = page(&cursor).await;
        seen.extend(items);
        next = after;
        step += 1;
        assert!(step < 9, "the list ends: {seen:?}");
    }
    for booking in &there {
        assert!(seen.contains(&id(booking)), "{} is missing in {seen:?}", id(booking));
    }
    for booking in &there[..4] {
        assert_eq!(seen.iter().filter(|other| **other == id(booking)).count(), 1, "{seen:?}");
    }
}

/// The same reference of one seller at one property is one booking.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_belongs_to_one_booking() {
    let fixture = Fixture::set_up("REFERENCES").await;
    let request = fixture.request("/channelRef", Some(json!("4711")));
    let channel = fixture.hotel_of("channel");
    let first = channel.book(&request).await.expect(201).json();
    let twice = channel.book(&request).await;
    refused("another key", &twice, 409, "duplicate_reference", &id(&first));
    assert_eq!(twice.json()["bookingId"], first["bookingId"]);
    channel.act(&first, "cancel", &json!({})).await.expect(200);
    refused("cancelled", &channel.book(&request).await, 409, "duplicate_reference", &id(&first));
    let hold = fixture.hold(&request).await.expect(201).json();
    let confirm = format!("/v1/holds/{}/confirm", hold["holdId"].as_str().unwrap());
    let body = json!({"guest": {"name": "Ada"}, "channelRef": "4711"});
    let confirmed = fixture.hotel.api.post(&confirm, &fresh_key()).json(&body).send().await;
    refused("confirm", &confirmed, 409, "duplicate_reference", &id(&first));
    channel.book(&fixture.request("/channelRef", Some(json!("4712")))).await.expect(201);
    // Without a reference nothing is compared.
    channel.book(&fixture.request("/channelRef", Some(json!("")))).await.expect(201);
    channel.book(&fixture.request("/channelRef", Some(json!("")))).await.expect(201);
}

/// Order numbers look like anything: UUIDs, and 16 digits. One in ten of those passes Luhn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_of_all_looks_are_booked() {
    let fixture = Fixture::set_up("LOOKS").await;
    let channel = fixture.hotel_of("channel");
    for number in 0..300u64 {
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let digits = format!("{:016}", 3_000_000_000_000_000 + mixed % 6_000_000_000_000_000);
        let uuid = format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            mixed >> 32,
            mixed >> 16 & 0xffff,
            mixed & 0xfff,
            number,
            mixed >> 16
        );
        for reference in [digits, uuid] {
            let mut request = fixture.request("/channelRef", Some(json!(reference)));
            let day = |days: u64| (jiff::civil::date(2027, 2, 1) + jiff::Span::new().days(days as i64)).to_string();
            (request["arrival"], request["departure"]) = (json!(day(number)), json!(day(number + 1)));
            request["guest"]["phone"] = json!(reference.chars().filter(char::is_ascii_digit).take(13).collect::<String>());
            channel.book(&request).await.expect(201);
        }
    }
}
