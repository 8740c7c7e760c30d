//! The parts of a Markdown text that name things: headings, links, inline code.

/// A piece of code in the prose, or a command of a console block.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// From 1.
    pub line: usize,
    pub text: String,
    /// A command of a console block.
    pub is_command: bool,
}

/// A link that is not in code.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    pub line: usize,
    /// `operations.md#upgrade`.
    pub target: String,
}

/// The code of a text: `...` in the prose, and the first lines of commands in console blocks.
pub fn code_of(text: &str) -> Vec<Code> {
    let mut found = Vec::new();
    for (part, line, fence) in parts(text) {
        match fence {
            Some("console") => {
                let commands =
                    (line..).zip(part.lines()).filter_map(|(line, text)| Some((line, text.trim().strip_prefix("$ ")?)));
                found.extend(commands.map(|(line, text)| Code { line, text: text.to_string(), is_command: true }));
            }
            Some(_) => {}
            None => {
                let spans = spans(&part).into_iter();
                found.extend(spans.map(|(at, code)| {
                    let text = code.split_whitespace().collect::<Vec<_>>().join(" ");
                    Code { line: line + breaks(&part[..at]), text, is_command: false }
                }));
            }
        }
    }
    found
}

/// The links `[text](target)` of a text.
pub fn links_of(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    for (part, line, _) in parts(text).into_iter().filter(|(_, _, fence)| fence.is_none()) {
        let mut prose = part.clone();
        for (at, code) in spans(&part) {
            prose.replace_range(at..at + code.len(), &"x".repeat(code.len()));
        }
        for (at, _) in prose.match_indices("](") {
            let target = &prose[at + 2..];
            let Some(end) = target.find([')', ' ', '\n']) else { continue };
            found.push(Link { line: line + breaks(&prose[..at]), target: target[..end].to_string() });
        }
    }
    found
}

/// The anchors of the headings, as GitHub makes them. A repeated heading gets a number.
pub fn anchors_of(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (part, _, _) in parts(text).into_iter().filter(|(_, _, fence)| fence.is_none()) {
        for heading in part.lines().filter_map(heading) {
            let anchor = anchor(heading);
            let again = (1..).map(|n| format!("{anchor}-{n}"));
            let free = std::iter::once(anchor.clone()).chain(again).find(|anchor| !anchors.contains(anchor));
            anchors.extend(free);
        }
    }
    anchors
}

/// Paragraphs and fenced blocks, each with its first line and, if it is fenced, the language.
fn parts(text: &str) -> Vec<(String, usize, Option<&str>)> {
    let mut parts: Vec<(String, usize, Option<&str>)> = Vec::new();
    let mut fence = None;
    let mut continues = false;
    for (number, line) in (1..).zip(text.lines()) {
        let language = line.trim_start().strip_prefix("```");
        match (fence, language) {
            (Some(_), Some("")) => (fence, continues) = (None, false),
            (None, Some(language)) => (fence, continues) = (Some(language.trim()), false),
            (None, None) if line.trim().is_empty() => continues = false,
            _ if continues => {
                let (part, _, _) = parts.last_mut().expect("a part that continues was pushed before");
                part.push('\n');
                part.push_str(line);
            }
            _ => {
                parts.push((line.to_string(), number, fence));
                continues = true;
            }
        }
    }
    parts
}

/// The code between backticks, with its position.
fn spans(paragraph: &str) -> Vec<(usize, &str)> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(open) = paragraph[at..].find('`').map(|found| at + found) {
        let ticks = paragraph[open..].len() - paragraph[open..].trim_start_matches('`').len();
        let begin = open + ticks;
        let fence = &paragraph[open..begin];
        let closes = |end: &usize| {
            let end = begin + end;
            !paragraph[..end].ends_with('`') && !paragraph[end + ticks..].starts_with('`')
        };
        let Some(length) = paragraph[begin..].match_indices(fence).map(|(end, _)| end).find(closes) else {
            at = begin;
            continue;
        };
        spans.push((begin, &paragraph[begin..begin + length]));
        at = begin + length + ticks;
    }
    spans
}

fn breaks(text: &str) -> usize {
    text.matches('\n').count()
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    ((1..=6).contains(&level) && rest.starts_with(' ')).then(|| rest.trim())
}

fn anchor(heading: &str) -> String {
    let mut text = String::new();
    let mut rest = heading;
    // Of a link, only the text counts.
    while let Some((before, link)) = rest.split_once("](") {
        text += before;
        rest = link.split_once(')').map_or("", |(_, rest)| rest);
    }
    text += rest;
    let kept = text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c)).collect::<String>();
    kept.replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::{anchors_of, code_of, links_of};

    #[test]
    fn headings_become_githubs_anchors() {
        let text =
            "# Set up\n## `config check`: what, and *why*?\n```\n# no heading\n```\n## Set up\n### See [this](a.md)\n#no\n";
        assert_eq!(anchors_of(text), ["set-up", "config-check-what-and-why", "set-up-1", "see-this"]);
    }

    #[test]
    fn code_and_commands_are_found_with_their_lines() {
        let text =
            "a `one` b `two\nthree` ``a ` b``\n\n```console\n$ make run   # now\nout `no`\n```\n```toml\n`no`\n```\n`last`";
        let found: Vec<_> = code_of(text).into_iter().map(|code| (code.line, code.text, code.is_command)).collect();
        let expected =
            [(1, "one", false), (1, "two three", false), (2, "a ` b", false), (5, "make run   # now", true), (11, "last", false)];
        assert_eq!(found, expected.map(|(line, text, command)| (line, text.to_string(), command)));
    }

    #[test]
    fn links_are_found_outside_of_code() {
        let text = "[a](b.md#c) and `[no](no)`\n[d](e.md \"title\"), ![f](g.png)\n```\n[no](no)\n```\n";
        let found: Vec<_> = links_of(text).into_iter().map(|link| (link.line, link.target)).collect();
        assert_eq!(found, [(1, "b.md#c"), (2, "e.md"), (2, "g.png")].map(|(line, target)| (line, target.to_string())));
    }
}
