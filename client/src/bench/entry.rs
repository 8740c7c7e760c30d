//! The three ways in: HTTP/1.1, gRPC unary, the BookMany stream.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use indicatif::{ProgressBar, ProgressStyle};
use keyrack_client::connection::{Address, Protocol};
use keyrack_client::{Client, Code, ErrorCode, Tls, v1};

use super::report::Usage;
use super::scene::{Scene, date};
use super::workload::{Answer, Ask, Tally, Worker};
use super::{Entry, Mix, Options, Target};

/// What a run measured.
pub struct Measured {
    pub tally: Tally,
    pub seconds: f64,
    pub usage: Usage,
}

/// When a run warms up, counts and ends.
#[derive(Clone, Copy)]
struct Clock {
    counts_from: Instant,
    ends: Instant,
}

impl Clock {
    fn counts(&self, at: Instant) -> bool {
        at >= self.counts_from && at < self.ends
    }
}

/// Runs the workload with so many requests in flight.
pub async fn run(
    target: &Target,
    client: &Client,
    scene: &Scene,
    mix: Mix,
    entry: Entry,
    concurrency: usize,
    options: &Options,
) -> anyhow::Result<Measured> {
    let counts_from = Instant::now() + Duration::from_secs(options.warmup);
    let clock = Clock { counts_from, ends: counts_from + Duration::from_secs(options.seconds) };
    let bar = progress(mix, entry, concurrency, options);
    let usage = tokio::spawn(watch(target.clone(), clock, bar));
    let tally = match entry {
        Entry::Http => http(target, scene, mix, concurrency, clock).await?,
        Entry::Grpc => grpc(client, scene, mix, concurrency, clock).await,
        Entry::Stream => stream(client, scene, mix, concurrency, clock).await?,
    };
    Ok(Measured { tally, seconds: options.seconds as f64, usage: usage.await? })
}

fn progress(mix: Mix, entry: Entry, concurrency: usize, options: &Options) -> ProgressBar {
    let bar = ProgressBar::new(options.warmup + options.seconds);
    if let Ok(style) = ProgressStyle::with_template("{msg:<24} [{bar:40}] {pos}/{len} s") {
        bar.set_style(style);
    }
    bar.set_message(format!("{mix:?} {entry:?} {concurrency}"));
    bar
}

/// Reads what the nodes' processes use while the run counts.
async fn watch(target: Target, clock: Clock, bar: ProgressBar) -> Usage {
    let mut before = None;
    while Instant::now() < clock.ends {
        if before.is_none() && Instant::now() >= clock.counts_from {
            before = Some(usage(&target).await);
        }
        tokio::time::sleep(Duration::from_millis(100).min(clock.ends - Instant::now().min(clock.ends))).await;
        let left = (clock.ends - Instant::now().min(clock.ends)).as_secs();
        bar.set_position(bar.length().unwrap_or(0).saturating_sub(left));
    }
    bar.finish_and_clear();
    match before {
        Some(before) => usage(&target).await.since(&before),
        None => Usage::default(),
    }
}

async fn usage(target: &Target) -> Usage {
    let mut pages = Vec::new();
    for endpoint in &target.endpoints {
        // A node that does not answer counts nothing.
        if let Ok(page) = metrics(endpoint, &target.tls).await {
            pages.push(page);
        }
    }
    Usage::read(&target.pids).with_syncs(&pages)
}

async fn metrics(endpoint: &str, tls: &Tls) -> anyhow::Result<String> {
    let address = Address::parse(endpoint)?;
    let mut connection = connect(&address, tls).await?;
    let request = hyper::Request::builder().uri("/metrics").header("host", address.authority()).body(Full::default())?;
    let body = connection.send_request(request).await?.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// A connection per worker; workers are spread over the nodes and do not look for leaders, as channels don't.
async fn http(target: &Target, scene: &Scene, mix: Mix, concurrency: usize, clock: Clock) -> anyhow::Result<Tally> {
    let workers = (0..concurrency).map(|number| async move {
        let address = Address::parse(&target.endpoints[number % target.endpoints.len()])?;
        let mut connection = connect(&address, &target.tls).await?;
        let mut worker = Worker::new(number);
        let mut tally = Tally::new();
        while Instant::now() < clock.ends {
            let ask = worker.next(scene, mix, None);
            let began = Instant::now();
            let answer = http_ask(&mut connection, address.authority(), &target.key, scene, &ask).await;
            tally.count(&ask, &answer, began.elapsed(), clock.counts(began));
            match (ask, answer) {
                (Ask::Reserve(of), Answer::Booked(id)) => worker.remember(id, of),
                (_, Answer::Failed(_)) => connection = connect(&address, &target.tls).await?,
                _ => {}
            }
        }
        anyhow::Ok(tally)
    });
    let mut all = Tally::new();
    for tally in futures::future::join_all(workers).await {
        all.add(tally?);
    }
    Ok(all)
}

async fn connect(address: &Address, tls: &Tls) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = address.connect(tls, Protocol::Http1).await?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn http_ask(connection: &mut SendRequest<Full<Bytes>>, host: &str, key: &str, scene: &Scene, ask: &Ask) -> Answer {
    let exchange = async {
        connection.ready().await?;
        let response = connection.send_request(http_request(host, key, scene, ask)?).await?;
        let status = response.status().as_u16();
        anyhow::Ok((status, response.into_body().collect().await?.to_bytes()))
    };
    match exchange.await {
        Ok((201, body)) => match serde_json::from_slice::<v1::Booking>(&body) {
            Ok(booking) => Answer::Booked(booking.booking_id),
            Err(cause) => Answer::Failed(cause.to_string()),
        },
        Ok((200, _)) => {
            if matches!(ask, Ask::Cancel { .. }) {
                Answer::Cancelled
            } else {
                Answer::Seen
            }
        }
        Ok((409, _)) => Answer::Refused,
        Ok((status, body)) => Answer::Failed(format!("{status} {}", String::from_utf8_lossy(&body))),
        Err(cause) => Answer::Failed(cause.to_string()),
    }
}

fn http_request(host: &str, key: &str, scene: &Scene, ask: &Ask) -> anyhow::Result<hyper::Request<Full<Bytes>>> {
    let mut builder = hyper::Request::builder().header("host", host);
    if !key.is_empty() {
        builder = builder.header("authorization", format!("Bearer {key}"));
    }
    let json = "application/json";
    Ok(match ask {
        Ask::Reserve(of) => {
            let body = serde_json::to_vec(&of.request(scene))?;
            builder
                .method("POST")
                .uri("/v1/bookings")
                .header("content-type", json)
                .header("idempotency-key", &of.key)
                .body(Full::from(body))?
        }
        Ask::Cancel { booking_id, key, .. } => {
            let builder = builder.method("POST").uri(format!("/v1/bookings/{booking_id}/cancel"));
            builder.header("content-type", json).header("idempotency-key", key).body(Full::from("{}"))?
        }
        Ask::Availability { property, from, room_type } => {
            let (property, room_type) = (&scene.properties[*property], &scene.room_types[*room_type]);
            let (from, to) = (date(*from), date(from + 14));
            let uri = format!("/v1/properties/{property}/availability?from={from}&to={to}&roomType={room_type}");
            builder.method("GET").uri(uri).body(Full::default())?
        }
    })
}

async fn grpc(client: &Client, scene: &Scene, mix: Mix, concurrency: usize, clock: Clock) -> Tally {
    let workers = (0..concurrency).map(|number| async move {
        let mut worker = Worker::new(number);
        let mut tally = Tally::new();
        while Instant::now() < clock.ends {
            let ask = worker.next(scene, mix, None);
            let began = Instant::now();
            let answer = grpc_ask(client, scene, &ask).await;
            tally.count(&ask, &answer, began.elapsed(), clock.counts(began));
            if let (Ask::Reserve(of), Answer::Booked(id)) = (ask, answer) {
                worker.remember(id, of);
            }
        }
        tally
    });
    let mut all = Tally::new();
    futures::future::join_all(workers).await.into_iter().for_each(|tally| all.add(tally));
    all
}

async fn grpc_ask(client: &Client, scene: &Scene, ask: &Ask) -> Answer {
    let result = match ask {
        Ask::Reserve(of) => client.book(of.request(scene)).await.map(|booking| Answer::Booked(booking.booking_id)),
        Ask::Cancel { booking_id, key, .. } => {
            let request =
                v1::BookingStepRequest { booking_id: booking_id.clone(), expected_revision: None, idempotency_key: key.clone() };
            client.cancel(request).await.map(|_| Answer::Cancelled)
        }
        Ask::Availability { property, from, room_type } => {
            let request = v1::AvailabilityRequest {
                property_id: scene.properties[*property].clone(),
                from: date(*from),
                to: date(from + 14),
                room_type: scene.room_types[*room_type].clone(),
                ..Default::default()
            };
            client.get_availability(request).await.map(|_| Answer::Seen)
        }
    };
    result.unwrap_or_else(|error| refused_or_failed(&error.code, error.detail))
}

fn refused_or_failed(code: &ErrorCode, detail: String) -> Answer {
    match code {
        ErrorCode::Service(Code::SoldOut | Code::Restricted) => Answer::Refused,
        _ => Answer::Failed(format!("{code}: {detail}")),
    }
}

/// Two streams to every node that leads some of the properties; each asks for its node's properties only.
async fn stream(client: &Client, scene: &Scene, mix: Mix, concurrency: usize, clock: Clock) -> anyhow::Result<Tally> {
    let mut led: HashMap<&str, Vec<usize>> = HashMap::new();
    for (property, leader) in scene.leaders.iter().enumerate() {
        led.entry(leader).or_default().push(property);
    }
    let streams: Vec<(&str, Arc<[usize]>)> =
        led.iter().flat_map(|(node, own)| [(*node, Arc::from(own.as_slice())), (*node, Arc::from(own.as_slice()))]).collect();
    let window = (concurrency / streams.len()).max(1);
    let runs = streams
        .into_iter()
        .enumerate()
        .map(|(number, (node, own))| one_stream(client, scene, mix, window, clock, number, node, own));
    let mut all = Tally::new();
    for tally in futures::future::join_all(runs).await {
        all.add(tally?);
    }
    Ok(all)
}

#[allow(clippy::too_many_arguments, reason = "one call site, each argument its own thing")]
async fn one_stream(
    client: &Client,
    scene: &Scene,
    mix: Mix,
    window: usize,
    clock: Clock,
    number: usize,
    node: &str,
    own: Arc<[usize]>,
) -> anyhow::Result<Tally> {
    let (requests, mut replies) = client.book_many(node, window).await?;
    let mut worker = Worker::new(number);
    let mut tally = Tally::new();
    let mut waiting: HashMap<u64, (Ask, Instant)> = HashMap::with_capacity(window);
    let mut tag = 0;
    loop {
        while waiting.len() < window && Instant::now() < clock.ends {
            let ask = worker.next(scene, mix, Some(&own));
            let Ask::Reserve(of) = &ask else { continue };
            let book = Some(of.request(scene));
            tag += 1;
            requests.send(v1::BookManyRequest { tag, book, with_receipt: false }).await.context("the stream has ended")?;
            waiting.insert(tag, (ask, Instant::now()));
        }
        if waiting.is_empty() {
            return Ok(tally);
        }
        let Some(reply) = replies.message().await? else { anyhow::bail!("the stream has ended") };
        let Some((ask, began)) = waiting.remove(&reply.tag) else { continue };
        let answer = match (reply.booking, reply.refusal) {
            (Some(booking), _) => Answer::Booked(booking.booking_id),
            (None, Some(refusal)) => refused_or_failed(&ErrorCode::of_service(&refusal.code), refusal.detail),
            (None, None) => Answer::Failed("an empty answer".into()),
        };
        tally.count(&ask, &answer, began.elapsed(), clock.counts(began));
    }
}
