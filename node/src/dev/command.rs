//! The command: starts the nodes, loads the samples, prints the addresses, waits, and stops the nodes.

use std::time::Duration;

use serde_json::json;

use super::nodes::Nodes;
use super::options::Options;
use super::programs::sibling_program;
use super::samples;
use super::setup::Setup;
use crate::config::Config;
use crate::messages::dev::{STOPPING, starting};
use crate::process::{note, say, stop_signal};

/// How long the cluster may take to become ready.
const READY: Duration = Duration::from_secs(60);

/// Runs until it receives a stop signal.
pub async fn dev(options: Options) -> anyhow::Result<()> {
    let setup = Setup::prepare(&options)?;
    if !options.json {
        note(starting(options.nodes, &options.data));
    }
    let mut nodes = Nodes::start(&setup, options.in_process).await?;
    tokio::select! {
        ready = nodes.ready(READY) => ready?,
        () = stop_signal(false) => return nodes.stop().await,
    }
    if !options.no_samples {
        samples::load(&setup).await?;
    }
    let banner = if options.json { format!("{}\n", describe(&setup, &nodes)) } else { welcome(&setup, &nodes) };
    say(&banner)?;
    tokio::select! {
        () = nodes.watch() => {}
        () = stop_signal(false) => {}
    }
    if !options.json {
        note(STOPPING);
    }
    nodes.stop().await
}

fn describe(setup: &Setup, nodes: &Nodes) -> serde_json::Value {
    let node = |config: &Config| {
        let peer = config.own_peer();
        json!({"id": config.node, "http": peer.map(|p| &p.http), "grpc": peer.map(|p| &p.grpc), "pid": nodes.pid(config.node)})
    };
    let keys = &setup.keys;
    let (certificate, key) = &setup.operator;
    let operator = |config: &Config| format!("https://{}", config.listen.operator);
    json!({
        "nodes": setup.configs.iter().map(node).collect::<Vec<_>>(),
        "keys": {"operator": keys.operator, "manager": keys.manager, "channel": keys.channel, "desk": keys.desk, "auditor": keys.auditor},
        "ca": setup.trust,
        "operator": {"url": setup.configs.first().map(operator), "cert": certificate, "key": key},
    })
}

fn welcome(setup: &Setup, nodes: &Nodes) -> String {
    let mut text = String::from("\nKeyrack is running. Every node answers every request.\n\n");
    for config in &setup.configs {
        let Some(peer) = config.own_peer() else { continue };
        let pid = nodes.pid(config.node);
        text += &format!("  node {}  {:<11} {}   gRPC {}   pid {pid}\n", config.node, peer.region, peer.http, peer.grpc);
    }
    let keys = &setup.keys;
    text += "\nAPI keys of this cluster:\n\n";
    for (role, key) in [
        ("operator", &keys.operator),
        ("manager", &keys.manager),
        ("channel", &keys.channel),
        ("desk", &keys.desk),
        ("auditor", &keys.auditor),
    ] {
        text += &format!("  {role:<9} {key}\n");
    }
    let http = setup.configs.first().and_then(Config::own_peer).map_or("", |peer| &peer.http);
    let (arrival, departure) = samples::next_weekend();
    let booking = format!(
        r#"{{"propertyId":"lisbon-alfama","arrival":"{arrival}","departure":"{departure}","rooms":[{{"roomType":"DBL","ratePlan":"BAR","quantity":1,"adults":2}}],"guest":{{"name":"Ada Lovelace","email":"ada@example.org"}}}}"#
    );
    text += &format!(
        "\nTry, in another terminal:\n\n\
         1. List the free rooms in Lisbon.\n\n   curl -s -H 'Authorization: Bearer {channel}' '{http}/v1/properties/lisbon-alfama/availability?from={arrival}&to={departure}'\n\n\
         2. Book a room. If you run the same line again, you get the same booking and not a second one.\n\n   curl -s -H 'Authorization: Bearer {channel}' -H 'Idempotency-Key: my-first-booking' -H 'Content-Type: application/json' {http}/v1/bookings -d '{booking}'\n\n\
         3. Book a room with the command line.\n\n   KEYRACK_ENDPOINT={http} KEYRACK_API_KEY={channel} {keyrack} book lisbon-alfama {arrival} {departure} DBL BAR --guest 'Grace Hopper'\n\n\
         4. List the nodes as an operator, who has another port and a certificate.\n\n   KEYRACK_ENDPOINT=https://{operator} KEYRACK_CA={ca} KEYRACK_CERT={cert} KEYRACK_CERT_KEY={cert_key} {keyrack} node list\n\n\
         The API is described at {http}/docs. Ctrl-C stops the cluster. Start it again with the same command: it keeps its data.\n",
        channel = keys.channel,
        operator = setup.configs.first().map_or("", |config| &config.listen.operator),
        ca = setup.trust.display(),
        cert = setup.operator.0.display(),
        cert_key = setup.operator.1.display(),
        keyrack = sibling_program("keyrack"),
    );
    text
}
