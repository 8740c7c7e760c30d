//! Formats texts and numbers for a page.

const STYLE: &str = include_str!("page.css");

/// A whole document. Its content security policy keeps a browser from loading or running anything, in case a text is not
/// escaped.
pub(super) fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{}</style></head>\n<body><main>\n{body}</main></body></html>\n",
        escaped(title),
        STYLE,
    )
}

/// Escapes text so that it is no markup, inside quotes too. Control characters become U+FFFD.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            '\n' | '\t' => safe.push(' '),
            other if other.is_control() => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

/// At most `most` characters, followed by an ellipsis if the text is longer.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// 1234567 as 1,234,567.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// "1 fault", "2 faults".
pub(super) fn plural(number: u64, one: &str) -> String {
    format!("{} {one}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// A duration, with three digits: "850 µs", "3.20 ms", "1.25 s", "2 min 5 s".
pub(super) fn took(ns: u64) -> String {
    let (value, unit) = match ns {
        0..1_000_000 => return format!("{} µs", ns / 1_000),
        1_000_000..1_000_000_000 => (ns as f64 / 1e6, "ms"),
        1_000_000_000..120_000_000_000 => (ns as f64 / 1e9, "s"),
        _ => return format!("{} min {} s", ns / 60_000_000_000, ns / 1_000_000_000 % 60),
    };
    match value {
        value if value < 10.0 => format!("{value:.2} {unit}"),
        value if value < 100.0 => format!("{value:.1} {unit}"),
        value => format!("{value:.0} {unit}"),
    }
}

/// A time of the run, in seconds.
pub(super) fn at(ns: u64) -> String {
    format!("{}.{:03} s", ns / 1_000_000_000, ns / 1_000_000 % 1_000)
}

/// A table; the cells are markup.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = String::from("<div class=\"wide\"><table><thead><tr>");
    for head in heads {
        table += &format!("<th>{head}</th>");
    }
    table += "</tr></thead><tbody>\n";
    for row in rows {
        table += "<tr>";
        for cell in row {
            // Numbers get digits of equal width and no line breaks.
            let number = cell.starts_with(|first: char| first.is_ascii_digit()) && cell.len() < 14;
            table += &format!("<td{}>{cell}</td>", if number { " class=\"n\"" } else { "" });
        }
        table += "</tr>\n";
    }
    table + "</tbody></table></div>\n"
}
