//! Reads a request's body as strict JSON, bounded in bytes and time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header;
use axum::http::request::Parts;
use bytes::BytesMut;
use http_body_util::BodyExt;
use keyrack_proto::json::NO_ROOMS;
use keyrack_texts::Detail;
use serde::de::DeserializeOwned;

use super::shape::lists_are_in_place;
use crate::access::Operation;
use crate::convert::Problem;
use crate::edge::refused_body::RefusedBody;

/// The limits of a request's body. The listener puts them into the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// The most bytes.
    pub bytes: usize,
    /// The time within which the body must arrive.
    pub timeout: Duration,
}

/// The most bytes that are read of a body that is too large.
const DRAIN_BYTES: usize = 32 << 20;

/// The most characters of a path in a refusal.
const MOST_PATH: usize = 100;

/// The most bytes of a body from somebody who has not signed in.
const STRANGERS_BODY_BYTES: usize = 4 << 10;

/// Reads and parses the body of a request that has no caller.
pub async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let (mut parts, body) = request.into_parts();
    if let Some(limits) = parts.extensions.get_mut::<BodyLimits>() {
        limits.bytes = limits.bytes.min(STRANGERS_BODY_BYTES);
    }
    let bytes = read(&parts, body).await?;
    parse(&parts, &bytes)
}

/// Reads a body.
pub async fn read(parts: &Parts, body: Body) -> Result<Bytes, Problem> {
    let limits = parts.extensions.get::<BodyLimits>().copied();
    let limits = limits.unwrap_or(BodyLimits { bytes: 1 << 20, timeout: Duration::from_secs(15) });
    let collected = tokio::time::timeout(limits.timeout, collect(body, limits.bytes)).await;
    collected.map_err(|_| Problem::new(Detail::BodyLate { seconds: limits.timeout.as_secs() }))?
}

/// Keeps at most `limit` bytes. A larger body is still read, up to [`DRAIN_BYTES`]: many clients send the whole body before they
/// read the answer, and would otherwise only see a broken connection.
async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let (mut kept, mut arrived) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|error| RefusedBody::problem_of(&error).cloned().unwrap_or_else(|| Problem::new(Detail::BodyIncomplete)))?;
        let Ok(data) = frame.into_data() else { continue };
        arrived += data.len();
        if arrived <= limit {
            kept.extend_from_slice(&data);
        } else if arrived > DRAIN_BYTES {
            break;
        }
    }
    if arrived > limit { Err(Problem::new(Detail::BodyTooLarge { limit_bytes: limit as u64 })) } else { Ok(kept.freeze()) }
}

/// Parses a JSON body. Only the fields that the operation declares may have lists.
pub fn parse<T: DeserializeOwned>(parts: &Parts, bytes: &[u8]) -> Result<T, Problem> {
    let declared = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(Detail::ContentType));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new(Detail::BodyNotUtf8))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let parsed = serde_path_to_error::deserialize(&mut json).map_err(|refused| wrong_body(&refused))?;
    json.end().map_err(|cause| wrong_json(&cause))?;
    let http = parts.extensions.get::<Operation>().and_then(|operation| operation.entry().http);
    if !lists_are_in_place(text, http.map_or(&[], |http| http.lists)) {
        return Err(Problem::new(Detail::BodyMisplacedList));
    }
    Ok(parsed)
}

fn wrong_json(cause: &serde_json::Error) -> Problem {
    Problem::new(Detail::BodyNotJson { line: cause.line() as u64, column: cause.column() as u64 })
}

/// Says where a body is wrong and what belongs there. serde's own message quotes the body, which may have guest data.
fn wrong_body(refused: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let cause = refused.inner();
    if !cause.is_data() {
        return wrong_json(cause);
    }
    let (line, column) = (cause.line() as u64, cause.column() as u64);
    let words = cause.to_string();
    let path = match (refused.path().to_string().as_str(), repeated(&words)) {
        (".", None) => "body".to_owned(),
        (".", Some(field)) => field.to_owned(),
        (path, None) => shown(path),
        (path, Some(field)) => format!("{}.{field}", shown(path)),
    };
    if words.starts_with(NO_ROOMS) {
        return Problem::new(Detail::NoRooms);
    }
    Problem::new(if words.starts_with("unknown field") {
        Detail::BodyUnknownField { path, line, column }
    } else if words.starts_with("duplicate field") {
        Detail::BodyRepeatedField { path, line, column }
    } else {
        Detail::BodyWrongValue { path, expected: expected(&words), line, column }
    })
}

/// The field that is in an object twice. serde's path ends before it.
fn repeated(words: &str) -> Option<&str> {
    words.strip_prefix("duplicate field `")?.split('`').next()
}

/// A path as it is shown: the name of an unknown field is the caller's text.
fn shown(path: &str) -> String {
    let letters = path.chars().filter(|letter| !letter.is_control()).take(MOST_PATH);
    letters.collect()
}

/// What belongs in the place of a wrong value, by the end of serde's message: the key of a text.
fn expected(words: &str) -> &'static str {
    let wanted = words.rsplit_once("expected ").map_or("", |(_, wanted)| wanted);
    let first = wanted.split(" at line").next().unwrap_or_default();
    match first {
        "a string" => "text",
        "u8" | "u16" | "u32" | "u64" | "usize" => "number",
        "f32" | "f64" => "decimal",
        "a boolean" => "boolean",
        "a sequence" => "list",
        first if first.starts_with("struct ") || first.starts_with("a map") => "object",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use keyrack_proto::v1;

    use super::*;

    fn refused(body: &str) -> Detail {
        let request = Request::builder().header(header::CONTENT_TYPE, "application/json").body(()).expect("a request");
        let (parts, ()) = request.into_parts();
        *parse::<v1::BookRequest>(&parts, body.as_bytes()).expect_err("refused").detail
    }

    #[test]
    fn a_wrong_body_is_refused_with_the_place_and_what_belongs_there() {
        for (body, path, wanted) in [
            (r#"{"arrival": 7}"#, "arrival", "text"),
            (r#"{"guest": {"name": "Ada", "phone": true}}"#, "guest.phone", "text"),
            (r#"{"rooms": [{"adults": 2}, {"adults": "2"}]}"#, "rooms[1].adults", "number"),
            (r#"{"rooms": [{"adults": -1}]}"#, "rooms[0].adults", "number"),
            (r#"{"rooms": [{"quantity": 1.5}]}"#, "rooms[0].quantity", "number"),
            (r#"{"rooms": {}}"#, "rooms", "list"),
            (r#"{"guest": "Ada"}"#, "guest", "object"),
            (r#""#, "", ""),
        ] {
            match refused(body) {
                Detail::BodyWrongValue { path: found, expected, .. } => assert_eq!((found.as_str(), expected), (path, wanted)),
                Detail::BodyNotJson { line: 1, .. } => assert_eq!(body, ""),
                other => panic!("{body}: {other:?}"),
            }
        }
        match refused("{\n  \"guest\": {\"nickname\": \"A\"}}") {
            Detail::BodyUnknownField { path, line: 2, .. } => assert_eq!(path, "guest.nickname"),
            other => panic!("{other:?}"),
        }
        match refused(r#"{"arrival": "2027-01-01", "arrival": "2027-01-02"}"#) {
            Detail::BodyRepeatedField { path, .. } => assert_eq!(path, "arrival"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(refused(r#"{"arrival": "#), Detail::BodyNotJson { .. }));
        assert!(matches!(refused(r#"{} {}"#), Detail::BodyNotJson { .. }));
    }
}
