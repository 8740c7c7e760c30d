//! The OpenAPI document, as JSON and as a page without scripts or external files.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use base64ct::{Base64, Encoding};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The rendered OpenAPI document.
pub struct Rendered {
    json: Bytes,
    page: Bytes,
}

impl Rendered {
    /// Renders the document.
    pub fn new(document: &utoipa::openapi::OpenApi) -> Rendered {
        // Strings and numbers only, so serialization cannot fail.
        let json = serde_json::to_value(document).unwrap_or_default();
        Rendered { page: render(&json).into(), json: json.to_string().into() }
    }
}

/// `/openapi.json`.
pub async fn openapi(rendered: Extension<Arc<Rendered>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], rendered.json.clone()).into_response()
}

/// `/docs`.
pub async fn page(rendered: Extension<Arc<Rendered>>) -> Response {
    ([(header::CONTENT_SECURITY_POLICY, policy())], Html(rendered.page.clone())).into_response()
}

/// Allows the page's own style and nothing else.
fn policy() -> String {
    let hash = Base64::encode_string(&Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2433}\
h1{margin-bottom:0}h2{margin-top:2.5rem;border-bottom:1px solid #d6dbe6}details{border:1px solid #d6dbe6;border-radius:6px;\
margin:.5rem 0;padding:.5rem .8rem}summary{cursor:pointer}code,pre{font-family:ui-monospace,monospace;font-size:.9em}\
pre{background:#f4f6fa;padding:.8rem;overflow:auto;border-radius:6px}b.m{display:inline-block;width:4.5em;color:#0a5}\
table{border-collapse:collapse}td,th{text-align:left;padding:.15rem 1rem .15rem 0;vertical-align:top}";

fn render(document: &Value) -> String {
    let mut page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Keyrack API</title><style>{STYLE}</style><h1>Keyrack API</h1><p>{} Machine-readable: \
         <a href=/openapi.json>/openapi.json</a>.</p><p>Send <code>Authorization: Bearer &lt;api key&gt;</code> with every \
         request and a new <code>Idempotency-Key</code> with every new POST. If the outcome of a request is unknown, repeat it \
         with the same key.</p>",
        text(&document["info"]["description"])
    );
    let mut groups: BTreeMap<String, String> = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            render_operation(groups.entry(text(&operation["tags"][0])).or_default(), path, method, operation);
        }
    }
    for (group, operations) in groups {
        // Writing to a string cannot fail.
        let _ = write!(page, "<h2>{group}</h2>{operations}");
    }
    page.push_str("<h2>Bodies</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let pretty = serde_json::to_string_pretty(&schema["properties"]).unwrap_or_default();
        let _ =
            write!(page, "<details id=\"{name}\"><summary><code>{name}</code></summary><pre>{}</pre></details>", escape(&pretty));
    }
    page.push_str("</html>");
    page
}

fn render_operation(page: &mut String, path: &str, method: &str, operation: &Value) {
    let summary = text(&operation["summary"]);
    let method = method.to_uppercase();
    let _ = write!(page, "<details><summary><b class=m>{method}</b> <code>{}</code> {summary}</summary>", escape(path));
    let _ = write!(page, "<p>{}</p><table>", text(&operation["description"]));
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let required = if parameter["required"] == Value::Bool(true) { "required" } else { "" };
        let (name, place, words) = (text(&parameter["name"]), text(&parameter["in"]), text(&parameter["description"]));
        let _ = write!(page, "<tr><td><code>{name}</code><td>{place}<td>{required}<td>{words}");
    }
    page.push_str("</table>");
    let _ = write!(page, "<pre>{}</pre>", escape(&example(path, &method, operation)));
    let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    if let Some(name) = body.as_str().and_then(|reference| reference.rsplit('/').next()) {
        let _ = write!(page, "<p>Body: <a href=\"#{name}\"><code>{name}</code></a></p>");
    }
    let answers = operation["responses"].as_object().into_iter().flatten();
    let statuses: Vec<&str> = answers.map(|(status, _)| status.as_str()).collect();
    let _ = write!(page, "<p>Answers: {}</p></details>", statuses.join(", "));
}

/// A command line that calls the operation. Values to replace are in capital letters.
fn example(path: &str, method: &str, operation: &Value) -> String {
    let mut url = String::new();
    for (place, part) in path.split(['{', '}']).enumerate() {
        url += &if place % 2 == 0 { part.to_owned() } else { part.to_ascii_uppercase() };
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let required = parameters.filter(|parameter| parameter["required"] == Value::Bool(true));
    let (mut query, mut headers) = (Vec::new(), String::new());
    for parameter in required {
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = name.replace('-', "_").to_ascii_uppercase();
        match parameter["in"].as_str() {
            Some("query") => query.push(format!("{name}={value}")),
            Some("header") => headers += &format!(" -H '{name}: {value}'"),
            _ => {}
        }
    }
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let has_body = operation["requestBody"].is_object();
    let body = if has_body { " -H 'Content-Type: application/json' --data @BODY.json" } else { "" };
    let method = if method == "GET" { String::new() } else { format!(" -X {method}") };
    format!("curl{method} -H 'Authorization: Bearer KEY'{headers}{body} 'https://NODE:7110{url}{query}'")
}

/// Text with `code` between backticks.
fn text(value: &Value) -> String {
    let mut html = String::new();
    for (place, part) in escape(value.as_str().unwrap_or_default()).split('`').enumerate() {
        html += &if place % 2 == 0 { part.to_owned() } else { format!("<code>{part}</code>") };
    }
    html
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::http::document;

    #[test]
    fn the_page_has_its_style_one_heading_a_group_and_an_example_for_each_operation() {
        let page = Rendered::new(&document()).page;
        let page = std::str::from_utf8(&page).expect("text");
        let style = page.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
        let hash = Base64::encode_string(&Sha256::digest(style));
        assert!(policy().contains(&format!("style-src 'sha256-{hash}'")), "a browser accepts the style");
        let mut headings: Vec<&str> = page.split("<h2>").skip(1).filter_map(|rest| rest.split("</h2>").next()).collect();
        let all = headings.len();
        headings.sort_unstable();
        headings.dedup();
        assert!(all > 5 && headings.len() == all, "{headings:?}");
        let operations = page.split("<h2>Bodies</h2>").next().unwrap_or_default();
        assert!(!operations.contains('`'), "no raw backticks");
        assert_eq!(operations.matches("<summary>").count(), operations.matches("<pre>curl").count());
        assert!(operations.contains("curl -X POST"), "a change names its method");
    }
}
