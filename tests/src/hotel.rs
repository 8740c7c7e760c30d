//! A hotel to test with, and the requests that tests send about it.

use serde_json::{Value, json};

use crate::{Answer, Api, fresh_key, percent_encoded};

/// The hotel to create. All hotels have the business date 2027-01-01, sell in EUR and have rates for all of 2027, so no
/// test depends on the current date.
pub struct HotelPlan {
    pub id: String,
    pub name: String,
    pub room_types: Vec<RoomType>,
    pub house_limit: Option<u32>,
}

#[derive(Clone)]
pub struct RoomType {
    pub code: &'static str,
    pub capacity: u32,
    pub overbooking_basis_points: u32,
}

impl HotelPlan {
    /// One room type DLX with `rooms` rooms and no overbooking.
    pub fn new(id: &str, rooms: u32) -> HotelPlan {
        HotelPlan {
            id: id.to_string(),
            name: format!("Hotel {id}"),
            room_types: vec![RoomType { code: "DLX", capacity: rooms, overbooking_basis_points: 0 }],
            house_limit: None,
        }
    }

    /// Adds another room type.
    pub fn with(mut self, code: &'static str, capacity: u32) -> HotelPlan {
        self.room_types.push(RoomType { code, capacity, overbooking_basis_points: 0 });
        self
    }

    pub fn overbooked_by(mut self, basis_points: u32) -> HotelPlan {
        self.room_types[0].overbooking_basis_points = basis_points;
        self
    }

    pub fn house_limit(mut self, limit: u32) -> HotelPlan {
        self.house_limit = Some(limit);
        self
    }

    /// PUTs the property, its room types and the rate plan FLEX, and loads a rate of 100.00 a night for 2027.
    pub async fn open(self, api: &Api) -> Hotel {
        let hotel = Hotel::of(api, &self.id);
        let mut property = json!({
            "name": self.name,
            "timeZone": "Europe/Lisbon",
            "currency": "EUR",
            "businessDate": "2027-01-01",
        });
        if let Some(limit) = self.house_limit {
            property["houseLimit"] = json!(limit);
        }
        let here = format!("/v1/properties/{}", self.id);
        api.put(&here, &property).send().await.expect(201);
        for room_type in &self.room_types {
            let body = json!({
                "name": format!("Room {}", room_type.code),
                "capacity": room_type.capacity,
                "occupancy": 4,
                "overbookingBasisPoints": room_type.overbooking_basis_points,
            });
            let path = format!("{here}/room-types/{}", room_type.code);
            api.put(&path, &body).send().await.expect(201);
        }
        let plan = json!({"name": "Flexible", "currency": "EUR"});
        api.put(&format!("{here}/rate-plans/FLEX"), &plan).send().await.expect(201);
        let rates = self.room_types.iter().map(|room_type| {
            json!({
                "roomType": room_type.code,
                "ratePlan": "FLEX",
                "dateFrom": "2027-01-01",
                "dateTo": "2027-12-31",
                "rate": "100.00",
            })
        });
        hotel.ari(rates.collect()).await.expect_success();
        hotel
    }
}

/// A hotel in the cluster, and the caller that tests use for it.
#[derive(Clone)]
pub struct Hotel {
    pub id: String,
    pub api: Api,
}

impl Hotel {
    /// A hotel that already exists.
    pub fn of(api: &Api, id: &str) -> Hotel {
        Hotel { id: id.to_string(), api: api.clone() }
    }

    /// The same hotel through another node or with another key.
    pub fn through(&self, api: &Api) -> Hotel {
        Hotel::of(api, &self.id)
    }

    /// A booking request for one DLX room.
    pub fn request(&self, arrival: &str, departure: &str) -> Value {
        json!({
            "propertyId": self.id,
            "arrival": arrival,
            "departure": departure,
            "rooms": [
                {"roomType": "DLX", "ratePlan": "FLEX", "quantity": 1, "adults": 2, "childrenAges": []}
            ],
            "guest": {"name": "Ada Guest", "email": "ada@example.com", "phone": "+351210000000"},
            "payment": {"token": "tok_test"},
        })
    }

    /// The same with `count` rooms of another type.
    pub fn request_of(&self, code: &str, count: u32, arrival: &str, departure: &str) -> Value {
        let mut request = self.request(arrival, departure);
        request["rooms"][0]["roomType"] = json!(code);
        request["rooms"][0]["quantity"] = json!(count);
        request
    }

    /// POSTs a booking with a fresh key.
    pub async fn book(&self, request: &Value) -> Answer {
        self.api.post("/v1/bookings", &fresh_key()).json(request).send().await
    }

    /// Books one DLX room, which must be free, and returns the booking.
    pub async fn booked(&self, arrival: &str, departure: &str) -> Value {
        self.book(&self.request(arrival, departure)).await.expect(201).json()
    }

    /// POSTs to `/v1/bookings/{id}/{verb}` with a fresh key.
    pub async fn act(&self, booking: &Value, verb: &str, body: &Value) -> Answer {
        let id = booking["bookingId"].as_str().expect("a booking id");
        let path = format!("/v1/bookings/{id}/{verb}");
        self.api.post(&path, &fresh_key()).json(body).send().await
    }

    pub async fn get(&self, booking: &Value) -> Value {
        let id = booking["bookingId"].as_str().expect("a booking id");
        self.api.get(&format!("/v1/bookings/{id}")).send().await.expect(200).json()
    }

    pub async fn hold(&self, arrival: &str, departure: &str, ttl_seconds: u32) -> Answer {
        let mut request = self.request(arrival, departure);
        let hold = request.as_object_mut().expect("an object");
        hold.remove("guest");
        hold.remove("payment");
        hold.insert("rooms".into(), json!([{"roomType": "DLX", "ratePlan": "FLEX", "quantity": 1, "adults": 1}]));
        hold.insert("ttlSeconds".into(), json!(ttl_seconds));
        self.api.post("/v1/holds", &fresh_key()).json(&request).send().await
    }

    pub async fn ari(&self, updates: Vec<Value>) -> Answer {
        let path = format!("/v1/properties/{}/ari", self.id);
        self.api.post(&path, &fresh_key()).json(&json!({"updates": updates})).send().await
    }

    /// The whole availability answer (`from` inclusive, `to` exclusive).
    pub async fn availability(&self, from: &str, to: &str) -> Value {
        let path = format!("/v1/properties/{}/availability?from={from}&to={to}", self.id);
        self.api.get(&path).send().await.expect(200).json()
    }

    /// One night of one room type.
    pub async fn night(&self, room_type: &str, date: &str) -> Value {
        let next_day = date.parse::<jiff::civil::Date>().unwrap().tomorrow().unwrap();
        let answer = self.availability(date, &next_day.to_string()).await;
        let types = answer["roomTypes"].as_array().expect("room types");
        let found = types.iter().find(|entry| entry["roomType"] == room_type);
        let nights = found.expect("the room type is listed")["nights"].as_array().expect("nights");
        assert_eq!(nights.len(), 1, "expected one night: {answer}");
        assert_eq!(nights[0]["date"], date);
        nights[0].clone()
    }

    pub async fn sold(&self, date: &str) -> i64 {
        self.night("DLX", date).await["sold"].as_i64().expect("sold is a number")
    }

    /// Every booking of the hotel, page by page.
    pub async fn bookings(&self) -> Vec<Value> {
        self.pages(&format!("/v1/bookings?propertyId={}&limit=100", self.id)).await
    }

    /// All items of a list, following its cursors.
    pub async fn pages(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = path.to_string();
        loop {
            let page = self.api.get(&next).send().await.expect(200).json();
            items.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["nextCursor"].as_str() {
                Some(cursor) => next = format!("{path}&cursor={}", percent_encoded(cursor)),
                None => return items,
            }
        }
    }

    /// Everything that a refused request must not change: the property, the rooms sold and held on every night that a
    /// refusal test uses, and the bookings.
    pub async fn everything(&self) -> Value {
        let property = self.api.get(&format!("/v1/properties/{}", self.id)).send().await;
        let mut property = property.expect(200).json();
        // The log grows (ticks, other properties), but the hotel's state must not change.
        property.as_object_mut().expect("an object").remove("asOf");
        let availability = self.availability("2027-01-01", "2027-07-01").await;
        json!({
            "property": property,
            "roomTypes": availability["roomTypes"],
            "bookings": self.bookings().await,
        })
    }

    /// The shard that owns the hotel.
    pub async fn shard(&self) -> u64 {
        let answer = self.availability("2027-01-01", "2027-01-02").await;
        answer["asOf"]["shard"].as_u64().expect("asOf has the shard")
    }
}

/// A booking as a read returns it. Only the answer to a change also has a receipt.
pub fn without_receipt(booking: &Value) -> Value {
    let mut booking = booking.clone();
    for field in ["receipt", "receiptUrl"] {
        booking.as_object_mut().expect("a booking is an object").remove(field);
    }
    booking
}
