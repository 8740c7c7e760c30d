//! A reader of `text/event-stream`.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use crate::{Api, PATIENCE};

/// An open stream of events.
pub struct EventStream {
    response: reqwest::Response,
    buffer: String,
}

/// One event of a stream: its cursor and its JSON.
pub struct Event {
    pub id: String,
    pub data: Value,
}

impl EventStream {
    /// Opens `path` as a stream, after `last_event_id` if there is one.
    pub async fn open(api: &Api, path: &str, last_event_id: Option<&str>) -> EventStream {
        let mut call = api.get(path).header("Accept", "text/event-stream");
        if let Some(id) = last_event_id {
            call = call.header("Last-Event-ID", id);
        }
        let response = call.timeout(Duration::from_secs(600)).open().await;
        assert_eq!(response.status().as_u16(), 200, "{path} streams");
        let kind = response.headers().get("Content-Type").and_then(|v| v.to_str().ok());
        assert!(kind.unwrap_or_default().starts_with("text/event-stream"), "got {kind:?}");
        EventStream { response, buffer: String::new() }
    }

    /// The next event; comments that keep the connection alive are skipped.
    pub async fn next(&mut self) -> Event {
        timeout(PATIENCE, async {
            loop {
                while let Some(block) = self.take_block() {
                    if let Some(event) = parse(&block) {
                        return event;
                    }
                }
                let chunk = self.response.chunk().await.unwrap().expect("the stream stays open");
                self.buffer.push_str(&String::from_utf8_lossy(&chunk).replace("\r\n", "\n"));
            }
        })
        .await
        .expect("an event comes")
    }

    /// Everything that arrives until the node ends the stream.
    pub async fn rest(mut self) -> String {
        // A broken connection also ends the stream.
        while let Ok(Some(chunk)) = self.response.chunk().await {
            self.buffer.push_str(&String::from_utf8_lossy(&chunk));
        }
        self.buffer
    }

    fn take_block(&mut self) -> Option<String> {
        let end = self.buffer.find("\n\n")?;
        let block = self.buffer[..end].to_string();
        self.buffer.drain(..end + 2);
        Some(block)
    }
}

fn parse(block: &str) -> Option<Event> {
    let (mut id, mut data) = (String::new(), String::new());
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => id = value.to_string(),
            "data" => data.push_str(value),
            _ => {}
        }
    }
    if data.is_empty() {
        return None;
    }
    let data = serde_json::from_str(&data).unwrap_or_else(|e| panic!("not JSON ({e}): {data}"));
    Some(Event { id, data })
}
