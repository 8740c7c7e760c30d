//! `keyrack import bookings`: real bookings, replayed in the order they were made.

mod plan;
mod table;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use clap::Args;
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use keyrack_client::{Client, ClientError, Code, ErrorCode, v1};
use serde::Serialize;

use self::plan::{Act, Day, Hotel};
use crate::cli::Context;

/// What `keyrack import bookings` takes.
#[derive(Args)]
pub struct Options {
    /// The table, as CSV.
    file: PathBuf,
    /// Put before the hotels' property ids, to import the same file again beside itself.
    #[arg(long, default_value = "")]
    prefix: String,
    /// Scale the hotels' sizes, in percent: below 100 some bookings will be refused.
    #[arg(long, default_value_t = 100)]
    capacity_percent: u32,
    /// Requests under way at once.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
}

/// What came of it, per hotel.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    property_id: String,
    rows: u64,
    without_night: u64,
    booked: u64,
    sold_out: u64,
    otherwise_refused: u64,
    cancelled: u64,
    no_shows: u64,
    stayed: u64,
    rooms: u32,
    room_nights_sold: u64,
    occupancy_percent: f64,
    average_rate: f64,
}

/// Counters while the replay runs.
#[derive(Default)]
struct Counts {
    booked: AtomicU64,
    sold_out: AtomicU64,
    otherwise_refused: AtomicU64,
    cancelled: AtomicU64,
    no_shows: AtomicU64,
    stayed: AtomicU64,
    room_nights: AtomicU64,
    revenue_cents: AtomicU64,
}

/// Replays the file.
pub async fn bookings(context: &Context, options: Options) -> anyhow::Result<()> {
    let rows = table::read(&options.file)?;
    let hotels = plan::plan(rows, &options.prefix, options.capacity_percent);
    let total: u64 = hotels.iter().map(|hotel| hotel.days.iter().map(|day| day.acts() as u64).sum::<u64>()).sum();
    let bar =
        ProgressBar::new(total).with_style(ProgressStyle::with_template("{msg:<12} [{bar:40}] {pos}/{len} {per_sec} eta {eta}")?);
    bar.set_message("replaying");
    let runs = hotels.iter().map(|hotel| replay(&context.client, hotel, options.concurrency, &bar));
    let summaries = futures::future::join_all(runs).await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    bar.finish_and_clear();
    context.show(&summaries, |summaries| summaries.iter().map(text).collect::<Vec<_>>().join("\n"))
}

fn text(s: &Summary) -> String {
    format!(
        "{}: {} rooms\n  {:>6} rows, {} of them without a night to book\n  {:>6} booked, {} sold out, {} otherwise refused\n  \
         {:>6} cancelled, {} no-shows, {} stayed\n  {:>6} room nights sold, occupancy {:.1} %, average rate {:.2}",
        s.property_id,
        s.rooms,
        s.rows,
        s.without_night,
        s.booked,
        s.sold_out,
        s.otherwise_refused,
        s.cancelled,
        s.no_shows,
        s.stayed,
        s.room_nights_sold,
        s.occupancy_percent,
        s.average_rate
    )
}

async fn replay(client: &Client, hotel: &Hotel, concurrency: usize, bar: &ProgressBar) -> anyhow::Result<Summary> {
    set_up(client, hotel).await.with_context(|| format!("cannot set {} up", hotel.id))?;
    let counts = Counts::default();
    let ids = std::sync::Mutex::new(std::collections::HashMap::new());
    let booked = Booked { ids: &ids, counts: &counts };
    let mut today = hotel.first_day;
    for day in &hotel.days {
        while today < day.date {
            close(client, hotel, today).await?;
            today = today.next();
        }
        // First what frees rooms, then what takes them, then what happens to today's own bookings.
        for acts in [&day.before, &day.bookings, &day.after] {
            let work = futures::stream::iter(acts.iter().map(|act| perform(client, hotel, act, &booked)));
            let mut done = work.buffer_unordered(concurrency.max(1));
            while let Some(result) = done.next().await {
                result?;
                bar.inc(1);
            }
        }
    }
    Ok(summary(hotel, &counts))
}

struct Booked<'a> {
    /// Booking ids by row.
    ids: &'a std::sync::Mutex<std::collections::HashMap<usize, String>>,
    counts: &'a Counts,
}

impl Booked<'_> {
    fn put(&self, row: usize, id: String) {
        self.ids.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(row, id);
    }

    fn get(&self, row: usize) -> Option<String> {
        self.ids.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&row).cloned()
    }
}

async fn perform(client: &Client, hotel: &Hotel, act: &Act, booked: &Booked<'_>) -> anyhow::Result<()> {
    let counts = booked.counts;
    let (row, step) = match act {
        Act::Book(row) => return book(client, hotel, *row, booked).await,
        Act::Cancel(row) => (*row, "cancel"),
        Act::NoShow(row) => (*row, "no-show"),
        Act::CheckIn(row) => (*row, "check-in"),
        Act::CheckOut(row) => (*row, "check-out"),
    };
    // A row that was refused has nothing to cancel.
    let Some(booking_id) = booked.get(row) else { return Ok(()) };
    let idempotency_key = format!("import-{step}-{row}");
    let request = v1::BookingStepRequest { booking_id, expected_revision: None, idempotency_key };
    let done = match act {
        Act::Cancel(_) => client.cancel(request).await,
        Act::NoShow(_) => client.no_show(request).await,
        Act::CheckIn(_) => client.check_in(request).await,
        _ => client.check_out(request).await,
    };
    done.with_context(|| format!("cannot {step} row {}", row + 2))?;
    let counter = match act {
        Act::Cancel(_) => &counts.cancelled,
        Act::NoShow(_) => &counts.no_shows,
        Act::CheckOut(_) => &counts.stayed,
        _ => return Ok(()),
    };
    counter.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

async fn book(client: &Client, hotel: &Hotel, row: usize, booked: &Booked<'_>) -> anyhow::Result<()> {
    let stay = &hotel.rows[row];
    let request = v1::BookRequest {
        property_id: hotel.id.clone(),
        arrival: stay.arrival.to_string(),
        departure: stay.departure().to_string(),
        rooms: vec![v1::RoomRequest {
            room_type: stay.room_type.clone(),
            rate_plan: "BAR".into(),
            quantity: Some(1),
            adults: stay.adults,
            children_ages: vec![0; stay.children as usize],
        }],
        channel_ref: format!("{}-{}", stay.channel, stay.line),
        idempotency_key: format!("import-book-{row}"),
        ..Default::default()
    };
    match client.book(request).await {
        Ok(booking) => {
            booked.counts.booked.fetch_add(1, Ordering::Relaxed);
            if !stay.is_given_up() {
                booked.counts.room_nights.fetch_add(stay.nights.into(), Ordering::Relaxed);
                let cents = booking.total.and_then(|total| total.amount.replace('.', "").parse().ok()).unwrap_or(0);
                booked.counts.revenue_cents.fetch_add(cents, Ordering::Relaxed);
            }
            booked.put(row, booking.booking_id);
        }
        Err(ClientError { code: ErrorCode::Service(Code::SoldOut), .. }) => {
            booked.counts.sold_out.fetch_add(1, Ordering::Relaxed);
        }
        Err(error) if !error.retryable => {
            booked.counts.otherwise_refused.fetch_add(1, Ordering::Relaxed);
            eprintln!("line {}: {error}", stay.line);
        }
        // Whether it was booked is unknown: run again, the same keys find out.
        Err(error) => return Err(error).with_context(|| format!("line {}: run the import again to go on", stay.line)),
    }
    Ok(())
}

async fn close(client: &Client, hotel: &Hotel, today: Day) -> anyhow::Result<()> {
    let request = v1::CloseBusinessDateRequest {
        property_id: hotel.id.clone(),
        expected_from: today.to_string(),
        idempotency_key: format!("import-close-{today}"),
    };
    client.close_business_date(request).await.with_context(|| {
        format!("cannot close {today} at {}; was the file imported before? Use --prefix to import it beside", hotel.id)
    })?;
    Ok(())
}

async fn set_up(client: &Client, hotel: &Hotel) -> Result<(), ClientError> {
    let property_id = hotel.id.clone();
    let put = v1::PutPropertyRequest {
        property_id: property_id.clone(),
        name: hotel.name.clone(),
        time_zone: "Europe/Lisbon".into(),
        currency: "EUR".into(),
        business_date: Some(hotel.first_day.to_string()),
        idempotency_key: "import-property".into(),
        ..Default::default()
    };
    client.put_property(put).await?;
    let plan = v1::PutRatePlanRequest {
        property_id: property_id.clone(),
        code: "BAR".into(),
        name: "Average rate of the month".into(),
        idempotency_key: "import-plan".into(),
        ..Default::default()
    };
    client.put_rate_plan(plan).await?;
    for (code, capacity) in &hotel.capacities {
        let room_type = v1::PutRoomTypeRequest {
            property_id: property_id.clone(),
            code: code.clone(),
            name: format!("Room type {code}"),
            capacity: Some(*capacity),
            idempotency_key: format!("import-room-type-{code}"),
            ..Default::default()
        };
        client.put_room_type(room_type).await?;
    }
    for (number, updates) in hotel.rates.chunks(500).enumerate() {
        let idempotency_key = format!("import-rates-{number}");
        let ari = v1::UpdateAriRequest { property_id: property_id.clone(), updates: updates.to_vec(), idempotency_key };
        client.update_ari(ari).await?;
    }
    // Learns where the property lives, so that the bookings go straight to its leader.
    client.get_property(v1::GetPropertyRequest { property_id }).await.map(drop)
}

fn summary(hotel: &Hotel, counts: &Counts) -> Summary {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let rooms: u32 = hotel.capacities.values().sum();
    let nights = read(&counts.room_nights);
    let sellable = u64::from(rooms) * u64::from(hotel.nights_open());
    Summary {
        property_id: hotel.id.clone(),
        rows: hotel.rows.len() as u64,
        without_night: hotel.rows.iter().filter(|row| row.nights == 0).count() as u64,
        booked: read(&counts.booked),
        sold_out: read(&counts.sold_out),
        otherwise_refused: read(&counts.otherwise_refused),
        cancelled: read(&counts.cancelled),
        no_shows: read(&counts.no_shows),
        stayed: read(&counts.stayed),
        rooms,
        room_nights_sold: nights,
        occupancy_percent: if sellable == 0 { 0.0 } else { 100.0 * nights as f64 / sellable as f64 },
        average_rate: if nights == 0 { 0.0 } else { read(&counts.revenue_cents) as f64 / 100.0 / nights as f64 },
    }
}
