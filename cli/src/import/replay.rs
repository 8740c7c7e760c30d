//! Replays the bookings of one hotel, day by day.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use futures::StreamExt;
use indicatif::ProgressBar;
use keyrack_client::{Client, ClientError, Code, ErrorCode, v1};

use super::plan::{Day, Hotel, Step};
use super::set_up::set_up;
use super::summary::{Counts, Summary};
use crate::messages::import::{ImportError, refused};
use crate::output::note;

/// Creates the hotel and replays its bookings with `concurrency` requests in flight.
pub async fn replay(client: &Client, hotel: &Hotel, concurrency: usize, bar: &ProgressBar) -> anyhow::Result<Summary> {
    set_up(client, hotel).await.map_err(|cause| ImportError::SetUp { property: hotel.id.clone(), cause })?;
    let counts = Counts::default();
    let ids = BookingIds::default();
    let mut today = hotel.first_day;
    for day in &hotel.days {
        while today < day.date {
            close(client, hotel, today).await?;
            today = today.next();
        }
        // First the steps that free rooms, then the bookings, then the later steps of today's bookings.
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

/// The ids of the confirmed bookings, by row.
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
        // The names are parts of the idempotency keys too.
        Step::Cancel(row) => (*row, "cancel"),
        Step::NoShow(row) => (*row, "no-show"),
        Step::CheckIn(row) => (*row, "check-in"),
        Step::CheckOut(row) => (*row, "check-out"),
    };
    // A row whose booking was refused has no further steps.
    let Some(booking_id) = ids.get(row) else { return Ok(()) };
    let idempotency_key = format!("import-{name}-{}", hotel.rows[row].line);
    let request = v1::BookingStepRequest { booking_id, expected_revision: None, idempotency_key };
    let done = match step {
        Step::Cancel(_) => client.cancel(request).await,
        Step::NoShow(_) => client.no_show(request).await,
        Step::CheckIn(_) => client.check_in(request).await,
        _ => client.check_out(request).await,
    };
    done.map_err(|cause| ImportError::Step { line: hotel.rows[row].line, step: name, cause })?;
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
            // Some rows have no adult.
            adults: Some(stay.adults.max(1)),
            children_ages: vec![0; stay.children as usize],
            seller_nightly: Vec::new(),
        }],
        // The table has no names.
        guest: Some(v1::Guest { name: format!("Guest of line {}", stay.line), ..Default::default() }),
        channel_ref: format!("{}-{}", stay.channel, stay.line),
        // The line stays the same when another row of the file is corrected or left out.
        idempotency_key: format!("import-book-{}", stay.line),
        ..Default::default()
    };
    match client.book(request).await {
        Ok(booking) => {
            counts.booked.fetch_add(1, Ordering::Relaxed);
            if !stay.did_not_stay() {
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
            note(refused(stay.line, &error));
        }
        // The outcome may be unknown. A second import uses the same keys.
        Err(cause) => return Err(ImportError::Step { line: stay.line, step: "booking", cause }.into()),
    }
    Ok(())
}

async fn close(client: &Client, hotel: &Hotel, today: Day) -> anyhow::Result<()> {
    let request = v1::CloseBusinessDateRequest {
        property_id: hotel.id.clone(),
        expected_from: today.to_string(),
        idempotency_key: format!("import-close-{today}"),
    };
    let closed = client.close_business_date(request).await;
    let failed = |cause| ImportError::Close { date: today.to_string(), property: hotel.id.clone(), cause };
    closed.map(drop).map_err(|cause| failed(cause).into())
}
