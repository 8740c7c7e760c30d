//! Replays the bookings of one hotel, day by day.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use futures::StreamExt;
use indicatif::ProgressBar;
use keyrack_client::{Client, ClientError, Code, ErrorCode, v1};

use super::plan::{Day, Hotel, Step};
use super::set_up::set_up;
use super::summary::{Counts, Summary};

/// Creates the hotel and replays its bookings with so many requests in flight.
pub async fn replay(client: &Client, hotel: &Hotel, concurrency: usize, bar: &ProgressBar) -> anyhow::Result<Summary> {
    set_up(client, hotel).await.with_context(|| format!("cannot set {} up", hotel.id))?;
    let counts = Counts::default();
    let ids = BookingIds::default();
    let mut today = hotel.first_day;
    for day in &hotel.days {
        while today < day.date {
            close(client, hotel, today).await?;
            today = today.next();
        }
        // First what frees rooms, then what takes them, then what happens to today's own bookings.
        for steps in [&day.before, &day.bookings, &day.after] {
            let work = futures::stream::iter(steps.iter().map(|step| perform(client, hotel, step, &ids, &counts)));
            let mut done = work.buffer_unordered(concurrency.max(1));
            while let Some(result) = done.next().await {
                result?;
                bar.inc(1);
            }
        }
    }
    Ok(Summary::of(hotel, &counts))
}

/// The ids of the bookings that were taken, by row.
#[derive(Default)]
struct BookingIds(Mutex<HashMap<usize, String>>);

impl BookingIds {
    fn put(&self, row: usize, id: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(row, id);
    }

    fn get(&self, row: usize) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&row).cloned()
    }
}

async fn perform(client: &Client, hotel: &Hotel, step: &Step, ids: &BookingIds, counts: &Counts) -> anyhow::Result<()> {
    let (row, name) = match step {
        Step::Book(row) => return book(client, hotel, *row, ids, counts).await,
        Step::Cancel(row) => (*row, "cancel"),
        Step::NoShow(row) => (*row, "no-show"),
        Step::CheckIn(row) => (*row, "check-in"),
        Step::CheckOut(row) => (*row, "check-out"),
    };
    // A row that was refused has nothing to cancel.
    let Some(booking_id) = ids.get(row) else { return Ok(()) };
    let idempotency_key = format!("import-{name}-{row}");
    let request = v1::BookingStepRequest { booking_id, expected_revision: None, idempotency_key };
    let done = match step {
        Step::Cancel(_) => client.cancel(request).await,
        Step::NoShow(_) => client.no_show(request).await,
        Step::CheckIn(_) => client.check_in(request).await,
        _ => client.check_out(request).await,
    };
    done.with_context(|| format!("cannot {name} row {}", row + 2))?;
    let counter = match step {
        Step::Cancel(_) => &counts.cancelled,
        Step::NoShow(_) => &counts.no_shows,
        Step::CheckOut(_) => &counts.stayed,
        _ => return Ok(()),
    };
    counter.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

async fn book(client: &Client, hotel: &Hotel, row: usize, ids: &BookingIds, counts: &Counts) -> anyhow::Result<()> {
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
            counts.booked.fetch_add(1, Ordering::Relaxed);
            if !stay.is_given_up() {
                counts.room_nights.fetch_add(stay.nights.into(), Ordering::Relaxed);
                let cents = booking.total.and_then(|total| total.amount.replace('.', "").parse().ok()).unwrap_or(0);
                counts.revenue_cents.fetch_add(cents, Ordering::Relaxed);
            }
            ids.put(row, booking.booking_id);
        }
        Err(ClientError { code: ErrorCode::Service(Code::SoldOut), .. }) => {
            counts.sold_out.fetch_add(1, Ordering::Relaxed);
        }
        Err(error) if !error.retryable => {
            counts.otherwise_refused.fetch_add(1, Ordering::Relaxed);
            eprintln!("line {}: {error}", stay.line);
        }
        // The outcome may be unknown. A second import asks with the same keys.
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
