//! The OpenAPI document, as JSON and as a page without scripts or external files.

use std::fmt::Write;
use std::sync::Arc;

use axum::Extension;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

/// The rendered OpenAPI document.
pub struct Rendered {
    json: String,
    page: String,
}

impl Rendered {
    /// Renders the document.
    pub fn new(document: &utoipa::openapi::OpenApi) -> Rendered {
        // Strings and numbers only, so serialization cannot fail.
        let json = serde_json::to_value(document).unwrap_or_default();
        Rendered { page: render(&json), json: json.to_string() }
    }
}

/// `/openapi.json`.
pub async fn openapi(rendered: Extension<Arc<Rendered>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], rendered.json.clone()).into_response()
}

/// `/docs`.
pub async fn page(rendered: Extension<Arc<Rendered>>) -> Html<String> {
    Html(rendered.page.clone())
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
    let mut tag = String::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let group = text(&operation["tags"][0]);
            if group != tag {
                // Writing to a string cannot fail.
                let _ = write!(page, "<h2>{group}</h2>");
                tag = group;
            }
            render_operation(&mut page, path, method, operation);
        }
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
    let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    if let Some(name) = body.as_str().and_then(|reference| reference.rsplit('/').next()) {
        let _ = write!(page, "<p>Body: <a href=\"#{name}\"><code>{name}</code></a></p>");
    }
    let answers = operation["responses"].as_object().into_iter().flatten();
    let statuses: Vec<&str> = answers.map(|(status, _)| status.as_str()).collect();
    let _ = write!(page, "<p>Answers: {}</p></details>", statuses.join(", "));
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
