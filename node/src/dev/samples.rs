//! Sample hotels, so that there are rooms to book after the first start.

use std::time::Duration;

use anyhow::Context;
use jiff::civil::Weekday;
use jiff::{ToSpan, Zoned};
use keyrack_proto::v1;
use keyrack_proto::v1::inventory_client::InventoryClient;
use tokio::time::Instant;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::setup::Setup;
use crate::messages::dev::DevError;

struct Hotel {
    id: &'static str,
    name: &'static str,
    city: &'static str,
    country: &'static str,
    time_zone: &'static str,
    at: (f64, f64),
    rooms: &'static [Room],
}

/// Code, name, number of rooms, guests per room, price per night.
type Room = (&'static str, &'static str, u32, u32, &'static str);

const HOTELS: [Hotel; 3] = [
    Hotel {
        id: "lisbon-alfama",
        name: "Alfama House",
        city: "Lisbon",
        country: "PT",
        time_zone: "Europe/Lisbon",
        at: (38.7118, -9.1300),
        rooms: &[("SGL", "Single", 6, 1, "79.00"), ("DBL", "Double", 18, 2, "119.00"), ("FAM", "Family room", 4, 4, "189.00")],
    },
    Hotel {
        id: "porto-ribeira",
        name: "Ribeira Rooms",
        city: "Porto",
        country: "PT",
        time_zone: "Europe/Lisbon",
        at: (41.1403, -8.6130),
        rooms: &[("DBL", "Double", 12, 2, "99.00"), ("STE", "River suite", 2, 3, "240.00")],
    },
    Hotel {
        id: "berlin-mitte",
        name: "Hotel Spreeinsel",
        city: "Berlin",
        country: "DE",
        time_zone: "Europe/Berlin",
        at: (52.5170, 13.4010),
        rooms: &[("SGL", "Single", 20, 1, "89.00"), ("DBL", "Double", 40, 2, "129.00"), ("DLX", "Deluxe", 10, 3, "199.00")],
    },
];

/// How long a hotel may take to load.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many nights get a rate.
const DAYS_LOADED: i64 = 400;

/// Loads the sample hotels that are missing.
pub async fn load(setup: &Setup) -> anyhow::Result<()> {
    let Some(first) = setup.configs.first() else { return Ok(()) };
    let channel = setup.dial(&first.listen.grpc).channel().await.context(DevError::Unreachable)?;
    let mut client = Client { inner: InventoryClient::new(channel), key: format!("Bearer {}", setup.keys.manager).parse()? };
    for hotel in &HOTELS {
        let deadline = Instant::now() + PATIENCE;
        if client.is_loaded(hotel).await {
            continue;
        }
        // Each step is idempotent and repeated alone. If all steps were repeated, a small quota would never reach the last one.
        let mut step = 0;
        while step < hotel.rooms.len() + 3 {
            let Err(status) = client.put(hotel, step).await else {
                step += 1;
                continue;
            };
            let passing = matches!(status.code(), Code::ResourceExhausted | Code::Unavailable | Code::DeadlineExceeded);
            if !passing || Instant::now() > deadline {
                return Err(DevError::Sample { hotel: hotel.id, cause: status.message().to_owned() }.into());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    Ok(())
}

/// Friday and Sunday of the next weekend, for the examples.
pub fn next_weekend() -> (String, String) {
    let today = Zoned::now().date();
    let friday = today.nth_weekday(1, Weekday::Friday).unwrap_or(today);
    let sunday = friday.checked_add(2.days()).unwrap_or(friday);
    (friday.to_string(), sunday.to_string())
}

struct Client {
    inner: InventoryClient<Channel>,
    key: MetadataValue<Ascii>,
}

impl Client {
    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.key.clone());
        request.set_timeout(Duration::from_secs(10));
        request
    }

    /// Whether the hotel has an offer. Rates are loaded last.
    async fn is_loaded(&mut self, hotel: &Hotel) -> bool {
        let (arrival, departure) = next_weekend();
        let query = v1::OffersRequest { property_id: hotel.id.into(), arrival, departure, adults: 1, children: 0 };
        self.inner.list_offers(self.request(query)).await.is_ok_and(|reply| !reply.get_ref().offers.is_empty())
    }

    /// Step 0 is the property, 1 its rate plan, then each room type, and the last step the rates.
    async fn put(&mut self, hotel: &Hotel, step: usize) -> Result<(), Status> {
        match step {
            0 => self.put_property(hotel).await,
            1 => self.put_plan(hotel).await,
            _ => match hotel.rooms.get(step - 2) {
                Some(room) => self.put_room_type(hotel, room).await,
                None => self.load_rates(hotel).await,
            },
        }
    }

    async fn put_property(&mut self, hotel: &Hotel) -> Result<(), Status> {
        let put = v1::PutPropertyRequest {
            property_id: hotel.id.into(),
            name: hotel.name.into(),
            time_zone: hotel.time_zone.into(),
            currency: "EUR".into(),
            home_region: "eu-west".into(),
            address: Some(v1::Address { city: hotel.city.into(), country: hotel.country.into(), ..Default::default() }),
            location: Some(v1::Location { latitude: hotel.at.0, longitude: hotel.at.1 }),
            languages: vec!["en".into(), "pt".into()],
            idempotency_key: "sample-property".into(),
            ..Default::default()
        };
        self.inner.put_property(self.request(put)).await.map(drop)
    }

    async fn put_plan(&mut self, hotel: &Hotel) -> Result<(), Status> {
        let plan = v1::PutRatePlanRequest {
            property_id: hotel.id.into(),
            code: "BAR".into(),
            name: "Best available rate".into(),
            cancellation_policy: Some(v1::CancellationPolicy { free_until_days: 1, fee: "first_night".into(), percent: 0 }),
            idempotency_key: "sample-plan".into(),
            ..Default::default()
        };
        self.inner.put_rate_plan(self.request(plan)).await.map(drop)
    }

    async fn put_room_type(&mut self, hotel: &Hotel, (code, name, capacity, occupancy, _): &Room) -> Result<(), Status> {
        let room_type = v1::PutRoomTypeRequest {
            property_id: hotel.id.into(),
            code: (*code).into(),
            name: (*name).into(),
            capacity: Some(*capacity),
            occupancy: *occupancy,
            idempotency_key: format!("sample-{code}"),
            ..Default::default()
        };
        self.inner.put_room_type(self.request(room_type)).await.map(drop)
    }

    async fn load_rates(&mut self, hotel: &Hotel) -> Result<(), Status> {
        let today = Zoned::now().date();
        let last = today.checked_add(DAYS_LOADED.days()).unwrap_or(today);
        let line = |(code, _, _, _, rate): &Room| v1::AriUpdate {
            room_type: (*code).into(),
            rate_plan: Some("BAR".into()),
            date_from: today.to_string(),
            date_to: last.to_string(),
            rate: Some((*rate).into()),
            ..Default::default()
        };
        let ari = v1::UpdateAriRequest {
            property_id: hotel.id.into(),
            updates: hotel.rooms.iter().map(line).collect(),
            idempotency_key: format!("sample-rates-{today}"),
        };
        self.inner.update_ari(self.request(ari)).await?;
        Ok(())
    }
}
