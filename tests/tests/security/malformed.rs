//! The table of malformed requests. Each has one fault; without it the request would book a room.

use keyrack_tests::{Hotel, fresh_key};
use serde_json::{Value, json};

pub struct MalformedRequest {
    pub what: String,
    pub bytes: Vec<u8>,
    pub then: Expected,
}

/// The required outcome of a request.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// A problem document with this status and code.
    Problem(u16, &'static str),
    /// One of these statuses or no answer, and then the end of the connection.
    CutOff(&'static [u16]),
}

use Expected::{CutOff, Problem};

const FIELD: Expected = Problem(400, "invalid_field");
const JSON: Expected = Problem(400, "invalid_json");
const UTF8: Expected = Problem(400, "invalid_utf8");
const NOT_FOUND: Expected = Problem(404, "not_found");
const NOT_HTTP: Expected = CutOff(&[400]);

pub fn rows(hotel: &Hotel) -> Vec<MalformedRequest> {
    let rows = [paths(hotel), framing(hotel), headers(hotel), not_json(hotel), wrong_json(hotel), too_much(hotel)];
    rows.into_iter().flatten().collect()
}

fn row(what: impl Into<String>, then: Expected, bytes: impl Into<Vec<u8>>) -> MalformedRequest {
    MalformedRequest { what: what.into(), bytes: bytes.into(), then }
}

/// A GET with this text between method and version.
fn get(hotel: &Hotel, target: &[u8]) -> Vec<u8> {
    let key = hotel.api.api_key();
    let rest = format!(" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n");
    [b"GET ".as_slice(), target, rest.as_bytes()].concat()
}

/// A POST with these header lines (each ends with CR LF) and `Connection`. The length is added unless the lines have
/// it.
fn post(path: &str, lines: &str, body: &[u8]) -> Vec<u8> {
    let told = lines.contains("Content-Length") || lines.contains("Transfer-Encoding");
    let length = if told { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let head = format!("POST {path} HTTP/1.1\r\n{lines}{length}Connection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

const HOST: &str = "Host: localhost\r\n";
const TYPE: &str = "Content-Type: application/json\r\n";

fn bearer(hotel: &Hotel) -> String {
    format!("Authorization: Bearer {}\r\n", hotel.api.api_key())
}

fn key() -> String {
    format!("Idempotency-Key: {}\r\n", fresh_key())
}

/// All header lines that a booking needs.
fn lines(hotel: &Hotel) -> String {
    format!("{HOST}{}{}{TYPE}", bearer(hotel), key())
}

fn good(hotel: &Hotel) -> Value {
    hotel.request("2027-03-01", "2027-03-02")
}

fn paths(hotel: &Hotel) -> Vec<MalformedRequest> {
    let targets: &[(&[u8], Expected)] = &[
        (b"/v1/properties/../../etc/passwd", NOT_FOUND),
        (b"/v1/properties/../bookings", NOT_FOUND),
        (b"/../../../../etc/passwd", NOT_FOUND),
        (b"/v1/./properties", NOT_FOUND),
        (b"/v1/properties/%2e%2e", FIELD),
        (b"/v1/properties/%2e%2e/%2e%2e/etc/passwd", NOT_FOUND),
        (b"/v1/properties/..%2f..%2fetc%2fpasswd", FIELD),
        (b"/v1/properties/..%252f..%252fetc", FIELD),
        (b"/v1/properties/..\\..\\etc", FIELD),
        (b"/v1/properties/%5c..%5cetc", FIELD),
        (b"/v1/properties/%00", FIELD),
        (b"/v1/properties/RAW%00.json", FIELD),
        (b"/v1/properties/%0d%0aX-Injected:%20yes", FIELD),
        (b"/v1/properties/%c0%ae%c0%ae", NOT_FOUND),
        (b"/v1/properties/%e0%80%ae", NOT_FOUND),
        (b"/v1/properties/%ff", NOT_FOUND),
        (b"/v1/properties/%zz", FIELD),
        (b"//v1/properties", NOT_FOUND),
        (b"/v1//properties", NOT_FOUND),
        (b"/v1/properties/", NOT_FOUND),
        (b"/v1/properties;admin=true", NOT_FOUND),
        (b"/V1/properties", NOT_FOUND),
        (b"/v1/properties/RAW/", NOT_FOUND),
        (b"/log/1/tile/../../../keyring", NOT_FOUND),
        (b"/log/1/tile/0/%2e%2e/%2e%2e/keyring", NOT_FOUND),
        (b"/log/1/tile/entries/..%2f..%2fkeyring", NOT_FOUND),
        (b"/log/%2e%2e/checkpoint", NOT_FOUND),
        (b"/log/01/checkpoint", NOT_FOUND),
        (b"/log/99999999999999999999/checkpoint", NOT_FOUND),
        (b"*", NOT_FOUND),
        (b"v1/properties", NOT_HTTP),
        (b"file:///etc/passwd", CutOff(&[400, 404])),
        (b"http://elsewhere.example/v1/principals", NOT_FOUND),
        (b"/v1/properties/\x00", NOT_HTTP),
        (b"/v1/properties/\xc0\xae", NOT_HTTP),
        (b"/v1/prop erties", NOT_HTTP),
        (b"/v1/bookings?propertyId=RAW&propertyId=RAW", FIELD),
        (b"/v1/bookings?propertyId=RAW&colour=red", FIELD),
        (b"/v1/bookings?propertyId=%ff", FIELD),
        (b"/v1/bookings?propertyId=RAW&limit=-1", FIELD),
        (b"/v1/bookings?propertyId=RAW&limit=1e3", FIELD),
        (b"/v1/bookings?propertyId=RAW&limit=99999999999999999999", FIELD),
        (b"/v1/bookings?propertyId=RAW&arrivalFrom=9999999-01-01", Problem(400, "invalid_date")),
        (b"/v1/properties?near=nan,nan&radiusKm=5", FIELD),
        (b"/v1/properties?near=1,1&radiusKm=inf", FIELD),
        (b"/v1/properties?near=1,1&radiusKm=NaN", FIELD),
        (b"/v1/properties?near=1e400,1&radiusKm=5", FIELD),
        (b"/v1/events?after=1.99999999999999999999", Problem(400, "invalid_cursor")),
    ];
    let named = |target: &[u8]| format!("GET {}", String::from_utf8_lossy(target).escape_debug());
    targets.iter().map(|(target, then)| row(named(target), *then, get(hotel, target))).collect()
}

fn framing(hotel: &Hotel) -> Vec<MalformedRequest> {
    let body = good(hotel).to_string();
    let length = body.len();
    let with = |more: &str| post("/v1/bookings", &format!("{}{more}", lines(hotel)), body.as_bytes());
    let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    let coded = |more: &str| post("/v1/bookings", &format!("{}{more}", lines(hotel)), chunked.as_bytes());
    let mut rows = vec![
        row("two lengths", NOT_HTTP, with(&format!("Content-Length: {length}\r\nContent-Length: 5\r\n"))),
        row("a list of lengths", NOT_HTTP, with(&format!("Content-Length: {length}, {length}\r\n"))),
        row("a positive length", NOT_HTTP, with(&format!("Content-Length: +{length}\r\n"))),
        row("a negative length", NOT_HTTP, with("Content-Length: -1\r\n")),
        row("a hexadecimal length", NOT_HTTP, with("Content-Length: 0xff\r\n")),
        row("a length that overflows", NOT_HTTP, with("Content-Length: 99999999999999999999\r\n")),
        row("an empty length", NOT_HTTP, with("Content-Length:\r\n")),
        row("the coding identity", NOT_HTTP, coded("Transfer-Encoding: identity\r\n")),
        row("chunked, then more", NOT_HTTP, coded("Transfer-Encoding: chunked, identity\r\n")),
        row("an unknown coding", NOT_HTTP, coded("Transfer-Encoding: xchunked\r\n")),
        row("two codings", NOT_HTTP, coded("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")),
        row("a space after a coding's name", NOT_HTTP, coded("Transfer-Encoding : chunked\r\n")),
        row("a folded line", NOT_HTTP, with("X-Long: one\r\n two\r\n")),
        row("a space before the colon", NOT_HTTP, with("X-Space : one\r\n")),
        row("a line without a colon", NOT_HTTP, with("X-Nothing\r\n")),
        row("a CR alone", NOT_HTTP, with("X-Cr: one\rX-Two: two\r\n")),
        row("a NUL in a header", NOT_HTTP, with("X-Nul: one\0two\r\n")),
        row("a name that is not a token", NOT_HTTP, with("X(y): one\r\n")),
        row("TLS on a plain socket", NOT_HTTP, [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), &[0; 64]].concat()),
        row("HTTP/0.9", NOT_HTTP, "GET /v1/properties\r\n\r\n"),
    ];
    let get = |method: &str, version: &str| {
        let auth = bearer(hotel);
        format!("{method} /v1/bookings {version}\r\n{HOST}{auth}Connection: close\r\n\r\n")
    };
    rows.push(row("HTTP/3.0 in words", NOT_HTTP, get("GET", "HTTP/3.0")));
    rows.push(row("no version", NOT_HTTP, get("GET", "")));
    for method in ["TRACE", "PATCH", "get", "BOOK", "OPTIONS"] {
        rows.push(row(method, Problem(405, "method_not_allowed"), get(method, "HTTP/1.1")));
    }
    rows
}

fn headers(hotel: &Hotel) -> Vec<MalformedRequest> {
    let body = good(hotel).to_string();
    let book = |lines: String| post("/v1/bookings", &lines, body.as_bytes());
    let (auth, good) = (bearer(hotel), lines(hotel));
    let without_host = format!("{auth}{}{TYPE}", key());
    let bad_key = Problem(400, "invalid_idempotency_key");
    let unauthenticated = Problem(401, "unauthenticated");
    let unsupported = Problem(415, "unsupported_media_type");
    let typed = |media_type: &str| book(format!("{HOST}{auth}{}Content-Type: {media_type}\r\n", key()));
    let keyed = |value: &str| book(format!("{HOST}{auth}{TYPE}Idempotency-Key: {value}\r\n"));
    vec![
        row("the same Authorization twice", unauthenticated, book(format!("{good}{auth}"))),
        row("another Authorization", unauthenticated, book(format!("{good}Authorization: Bearer x\r\n"))),
        row("two Idempotency-Keys", bad_key, book(format!("{good}{}", key()))),
        row("no Host", CutOff(&[400]), book(without_host.clone())),
        row("two Hosts", CutOff(&[400]), book(format!("{good}Host: elsewhere.example\r\n"))),
        row("an invalid Host", CutOff(&[400]), book(format!("{without_host}Host: a b/c\r\n"))),
        row("two Content-Types", CutOff(&[400, 415]), book(format!("{good}Content-Type: text/plain\r\n"))),
        row("two If-Matches", CutOff(&[400, 412]), book(format!("{good}If-Match: \"1\"\r\nIf-Match: \"2\"\r\n"))),
        row("an unsupported coding", unsupported, book(format!("{good}Content-Encoding: gzip\r\n"))),
        row("an unknown coding", unsupported, book(format!("{good}Content-Encoding: zip-bomb\r\n"))),
        row("a form", unsupported, typed("application/x-www-form-urlencoded")),
        row("text", unsupported, typed("text/plain")),
        row("nearly JSON", unsupported, typed("application/jsonp")),
        row("a key with a space", bad_key, keyed("one two")),
        row("a key of 201 letters", bad_key, keyed(&"k".repeat(201))),
        row("a key beyond ASCII", bad_key, keyed("sch\u{f6}n")),
        row("an empty key", CutOff(&[400]), keyed("")),
    ]
}

fn not_json(hotel: &Hotel) -> Vec<MalformedRequest> {
    let good = good(hotel).to_string();
    let send = |body: &[u8]| post("/v1/bookings", &lines(hotel), body);
    let place = |from: &str, to: &[u8]| {
        let (before, after) = good.split_once(from).unwrap();
        send(&[before.as_bytes(), to, after.as_bytes()].concat())
    };
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        row("a byte that is not UTF-8", UTF8, place("Ada", b"\xff")),
        row("an overlong slash", UTF8, place("Ada", b"\xc0\xaf")),
        row("a surrogate in UTF-8", UTF8, place("Ada", b"\xed\xa0\x80")),
        row("half a letter", UTF8, place("Ada", b"\xc3")),
        row("a lone high surrogate", JSON, place("Ada", b"\\ud800")),
        row("a lone low surrogate", JSON, place("Ada", b"\\udc00")),
        row("a NUL in a text", JSON, place("Ada", b"\0")),
        row("a line end in a text", JSON, place("Ada", b"\n")),
        row("an invalid escape", JSON, place("Ada", b"\\x41")),
        row("UTF-16", CutOff(&[400]), send(&utf16)),
        row("a byte order mark", JSON, send(format!("\u{feff}{good}").as_bytes())),
        row("a word after it", JSON, send(format!("{good} more").as_bytes())),
        row("two documents", JSON, send(format!("{good}{good}").as_bytes())),
        row("a NUL after it", JSON, send(format!("{good}\0").as_bytes())),
        row("half of it", JSON, send(&good.as_bytes()[..good.len() / 2])),
        row("a surplus comma", JSON, send(good.replacen('}', ",}", 1).as_bytes())),
        row("a comment", JSON, send(format!("/* */{good}").as_bytes())),
        row("names without quotes", JSON, send(b"{propertyId: 1}")),
        row("single quotes", JSON, send(good.replace('"', "'").as_bytes())),
        row("a space", JSON, send(b" ")),
        row("NaN", JSON, place("\"quantity\":1", b"\"quantity\":NaN")),
        row("Infinity", JSON, place("\"quantity\":1", b"\"quantity\":Infinity")),
        row("minus Infinity", JSON, place("\"quantity\":1", b"\"quantity\":-Infinity")),
        row("1e400", JSON, place("\"quantity\":1", b"\"quantity\":1e400")),
        row("a leading zero", JSON, place("\"quantity\":1", b"\"quantity\":01")),
        row("a hexadecimal number", JSON, place("\"quantity\":1", b"\"quantity\":0x1")),
        row("400 digits", JSON, place("\"quantity\":1", format!("\"quantity\":{}", "9".repeat(400)).as_bytes())),
    ]
}

fn wrong_json(hotel: &Hotel) -> Vec<MalformedRequest> {
    let good = good(hotel).to_string();
    let send = |body: &str| post("/v1/bookings", &lines(hotel), body.as_bytes());
    let quantity = |text: &str| send(&good.replace("\"quantity\":1", &format!("\"quantity\":{text}")));
    let twice = |member: &str| send(&good.replacen('{', &format!("{{{member},"), 1));
    let levels = |open: &str, close: &str, member: &str| {
        let deep = format!("{}{}", open.repeat(10_000), close.repeat(10_000));
        send(&good.replacen('{', &format!("{{\"{member}\":{deep},"), 1))
    };
    let mut rows = vec![
        row("a property twice", FIELD, twice("\"propertyId\":\"OTHER\"")),
        row("the same property twice", FIELD, twice("\"propertyId\":\"RAW\"")),
        row("rooms twice", FIELD, twice("\"rooms\":[]")),
        row("a guest twice", FIELD, twice("\"guest\":null")),
        row("a quantity twice", FIELD, send(&good.replace("\"quantity\":1", "\"quantity\":1,\"quantity\":50"))),
        row("a name twice", FIELD, send(&good.replace("\"name\":", "\"name\":\"Eve\",\"name\":"))),
        row("an escaped name twice", FIELD, twice("\"property\\u0049d\":\"OTHER\"")),
        row("an unknown field", Problem(400, "unknown_field"), twice("\"isAdmin\":true")),
        row("a prototype", Problem(400, "unknown_field"), twice("\"__proto__\":{}")),
        row("10,000 lists deep", CutOff(&[400]), levels("[", "]", "channelRef")),
        row("10,000 objects deep", CutOff(&[400]), send(&format!("{}1{}", "{\"guest\":".repeat(10_000), "}".repeat(10_000)))),
        row("10,000 deep in an unknown field", CutOff(&[400]), levels("[", "]", "unknown")),
        row("10,000 open brackets", CutOff(&[400]), send(&"[".repeat(10_000))),
        row("a list in place of a room", FIELD, send(&with(hotel, "rooms", json!([["DLX", "FLEX", 1, 1, []]])))),
        row("a list in place of the guest", FIELD, send(&with(hotel, "guest", json!(["Ada", "ada@example.com", "1"])))),
        row("a list in place of the payment", FIELD, send(&with(hotel, "payment", json!(["tok"])))),
    ];
    for number in ["-1", "1.5", "1.0", "4294967296", "18446744073709551616", "1e2", "true", "\"1\"", "[1]", "{}"] {
        rows.push(row(format!("a quantity of {number}"), FIELD, quantity(number)));
    }
    for document in ["[]", "null", "true", "1", "\"text\"", "[{}]"] {
        rows.push(row(format!("the document {document}"), FIELD, send(document)));
    }
    rows
}

fn with(hotel: &Hotel, member: &str, value: Value) -> String {
    let mut request = good(hotel);
    request[member] = value;
    request.to_string()
}

fn too_much(hotel: &Hotel) -> Vec<MalformedRequest> {
    let book = |member: &str, value: Value| post("/v1/bookings", &lines(hotel), with(hotel, member, value).as_bytes());
    let long = |length: usize| "x".repeat(length);
    let room = json!({"roomType": "DLX", "ratePlan": "FLEX", "adults": 1});
    let ari = |lines_of: usize| {
        let updates = vec![json!({"roomType": "DLX"}); lines_of];
        post("/v1/properties/RAW/ari", &lines(hotel), json!({"updates": updates}).to_string().as_bytes())
    };
    let many: String = (0..200).map(|n| format!("X-{n}: y\r\n")).collect();
    let guest = |member: &str| book("guest", json!({"name": "Ada", "email": "a@example.com", "phone": "1", member: long(201)}));
    vec![
        row(
            "a path of 9,000 bytes",
            Problem(414, "uri_too_long"),
            get(hotel, format!("/v1/properties/{}", long(9_000)).as_bytes()),
        ),
        row(
            "a query of 9,000",
            Problem(414, "uri_too_long"),
            get(hotel, format!("/v1/properties?city={}", long(9_000)).as_bytes()),
        ),
        row("a path of 100,000", CutOff(&[414, 431]), get(hotel, format!("/{}", long(100_000)).as_bytes())),
        row(
            "a header of 20,000",
            CutOff(&[431]),
            post("/v1/bookings", &format!("{}X-Y: {}\r\n", lines(hotel), long(20_000)), b"{}"),
        ),
        row("a name of 20,000", CutOff(&[431]), post("/v1/bookings", &format!("{}{}: y\r\n", lines(hotel), long(20_000)), b"{}")),
        row("200 headers", CutOff(&[431]), post("/v1/bookings", &format!("{}{many}", lines(hotel)), b"{}")),
        row("a method of 20,000", CutOff(&[400, 431]), format!("{} / HTTP/1.1\r\n{HOST}\r\n", "G".repeat(20_000))),
        row("a body of 2 MB", Problem(413, "payload_too_large"), book("channelRef", json!(long(2_000_000)))),
        row("100,000 lines", Problem(413, "payload_too_large"), ari(100_000)),
        row("1,001 lines", FIELD, ari(1_001)),
        row("15,000 lines", FIELD, ari(15_000)),
        row("10,000 rooms", Problem(400, "too_many_rooms"), book("rooms", json!(vec![room.clone(); 10_000]))),
        row("51 rooms", Problem(400, "too_many_rooms"), book("rooms", json!(vec![room; 51]))),
        row("a property of 65 letters", FIELD, book("propertyId", json!(long(65)))),
        row("a property in the path", FIELD, get(hotel, format!("/v1/properties/{}", long(65)).as_bytes())),
        row("a booking of 1,000", NOT_FOUND, get(hotel, format!("/v1/bookings/bk_{}", long(1_000)).as_bytes())),
        row("a reference of 201", FIELD, book("channelRef", json!(long(201)))),
        row("a token of 201", FIELD, book("payment", json!({"token": long(201)}))),
        row("a name of 201", FIELD, guest("name")),
        row("an email of 201", FIELD, guest("email")),
        row("a phone of 201", FIELD, guest("phone")),
        row("an arrival of 10,000", CutOff(&[400]), book("arrival", json!(long(10_000)))),
        row(
            "a cursor of 4,000",
            Problem(400, "invalid_cursor"),
            get(hotel, format!("/v1/bookings?propertyId=RAW&cursor={}", "0".repeat(4_000)).as_bytes()),
        ),
    ]
}
