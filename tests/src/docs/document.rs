//! A document, its `console` blocks, and the files that it shows.

use std::path::Path;

use super::console::{Step, steps};
use super::directive::{Comment, Directive, Kind, begins, parse};

/// A Markdown file.
pub struct Document {
    /// Relative to the workspace, for messages.
    pub path: String,
    pub lines: Vec<String>,
    pub blocks: Vec<Block>,
}

/// A `console` block, or a file.
#[derive(Debug)]
pub struct Block {
    /// The line of its opening fence, from 1.
    pub line: usize,
    pub kind: Kind,
    /// A command ends with an exit code other than 0.
    pub fails: bool,
    /// The role whose key is set from here on.
    pub role: Option<String>,
    /// Blanks before each line, in a list.
    pub indent: usize,
    pub steps: Vec<Step>,
    /// A name and a text, to be written before the steps run.
    pub file: Option<(String, String)>,
}

impl Document {
    /// Reads a file of the workspace. The errors are lines `path:line: what is wrong`.
    pub fn read(workspace: &Path, path: &str) -> Result<Document, Vec<String>> {
        let text = std::fs::read_to_string(workspace.join(path)).map_err(|e| vec![format!("{path}: {e}")])?;
        Document::parse(path, &text)
    }

    pub fn parse(path: &str, text: &str) -> Result<Document, Vec<String>> {
        let lines: Vec<String> = text.lines().map(str::to_string).collect();
        let mut reader = Reader { lines: &lines, at: 0, last: None, blocks: Vec::new(), errors: Vec::new() };
        while reader.at < lines.len() {
            reader.next();
        }
        let Reader { blocks, errors, .. } = reader;
        match errors.is_empty() {
            true => Ok(Document { path: path.to_string(), lines, blocks }),
            false => Err(errors.iter().map(|(line, what)| format!("{path}:{line}: {what}")).collect()),
        }
    }
}

struct Reader<'a> {
    lines: &'a [String],
    /// The next line to read, from 0.
    at: usize,
    /// What holds for a block without a comment.
    last: Option<Kind>,
    blocks: Vec<Block>,
    errors: Vec<(usize, String)>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) {
        let line = &self.lines[self.at];
        match () {
            () if begins(line) => self.comment(),
            () if opens(line) == Some("console") => self.block(None, &[]),
            () if opens(line).is_some() => drop(self.fenced()),
            () => self.at += 1,
        }
    }

    /// A comment and the block after it.
    fn comment(&mut self) {
        let first = self.at;
        let from_here = &self.lines[first..];
        let Some(length) = from_here.iter().position(|line| line.trim_end().ends_with("-->")) else {
            self.at = self.lines.len();
            return self.errors.push((first + 1, "the comment has no end (`-->`)".to_string()));
        };
        self.at = first + length + 1;
        let directive = match parse(&self.lines[first]) {
            Ok(Comment::Run(directive)) => directive,
            Ok(Comment::File(name)) => return self.file(first + 1, name),
            Err(what) => return self.errors.push((first + 1, what)),
        };
        if self.lines.get(self.at).and_then(|line| opens(line)) != Some("console") {
            return self.errors.push((first + 1, "no console block follows the comment".to_string()));
        }
        let hidden: Vec<(usize, &str)> = (1..length).map(|n| (first + n + 1, self.lines[first + n].as_str())).collect();
        // `-->` may stand after the last hidden line or on a line of its own.
        let last = self.lines[first + length].trim_end().trim_end_matches("-->").trim_end();
        let last = (length > 0 && !last.is_empty()).then_some((first + length + 1, last));
        self.block(Some(directive), &hidden.into_iter().chain(last).collect::<Vec<_>>());
    }

    fn block(&mut self, directive: Option<Directive>, hidden: &[(usize, &'a str)]) {
        let fence = self.at + 1;
        let indent = indent_of(&self.lines[self.at]);
        let shown = self.fenced();
        let Some(kind) = directive.as_ref().map(|directive| directive.kind.clone()).or_else(|| self.last.clone()) else {
            let what =
                "the first console block of a document needs a comment before it: <!-- docs-test: dev -->, tls, shell or skip";
            return self.errors.push((fence, what.to_string()));
        };
        self.last = Some(kind.clone());
        let lines: Vec<(usize, &str)> = hidden.iter().copied().chain(shown).collect();
        let (fails, role) = directive.map_or((false, None), |directive| (directive.fails, directive.role));
        let steps = match (steps(&lines), &kind) {
            (Ok(steps), _) => steps,
            // What is not run may have any form.
            (Err(_), Kind::Skip(_)) => Vec::new(),
            (Err(error), _) => return self.errors.push(error),
        };
        self.blocks.push(Block { line: fence, kind, fails, role, indent, steps, file: None });
    }

    /// A block of any language after `<!-- docs-test: file NAME -->`.
    fn file(&mut self, comment: usize, name: String) {
        if self.lines.get(self.at).and_then(|line| opens(line)).is_none() {
            return self.errors.push((comment, "no fenced block follows the comment".to_string()));
        }
        let fence = self.at + 1;
        let indent = indent_of(&self.lines[self.at]);
        let text: String = self.fenced().into_iter().map(|(_, line)| format!("{line}\n")).collect();
        let Some(kind) = self.last.clone() else {
            return self.errors.push((comment, "a file needs a console block before it, which says where".to_string()));
        };
        self.blocks.push(Block {
            line: fence,
            kind,
            fails: false,
            role: None,
            indent,
            steps: Vec::new(),
            file: Some((name, text)),
        });
    }

    /// The numbered lines of the fenced block that begins here, without their indentation. Continues after it.
    fn fenced(&mut self) -> Vec<(usize, &'a str)> {
        let indent = indent_of(&self.lines[self.at]);
        let first = self.at + 1;
        let length = self.lines[first..].iter().position(|line| line.trim() == "```");
        let end = length.map_or(self.lines.len(), |length| first + length);
        self.at = end + 1;
        let unindented = |line: &'a String| line.get(indent..).unwrap_or_else(|| line.trim_start());
        self.lines[first..end].iter().enumerate().map(|(n, line)| (first + n + 1, unindented(line))).collect()
    }
}

/// The language of a fence that opens a block.
fn opens(line: &str) -> Option<&str> {
    line.trim().strip_prefix("```").map(str::trim)
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::{Document, Kind};

    fn read(text: &str) -> Result<Document, Vec<String>> {
        Document::parse("a.md", text)
    }

    #[test]
    fn blocks_take_the_kind_of_the_block_before() {
        let text = "text\n<!-- docs-test: shell fails -->\n```console\n$ a\n```\n\n```toml\n$ b\n```\n```console\n$ c\n```\n\
                    <!-- docs-test: skip a reason -->\n```console\nfree text\n```\n";
        let document = read(text).unwrap();
        let seen: Vec<_> = document.blocks.iter().map(|block| (block.line, block.kind.clone(), block.fails)).collect();
        let skip = Kind::Skip("a reason".to_string());
        assert_eq!(seen, [(3, Kind::Shell, true), (10, Kind::Shell, false), (14, skip, false)]);
        assert_eq!(document.blocks[1].steps[0].line, 11);
    }

    #[test]
    fn hidden_lines_of_the_comment_come_first() {
        let document = read("<!-- docs-test: dev\n$ book\nbooked\n$ look\n-->\n```console\nseen\n$ next\n```\n").unwrap();
        let block = &document.blocks[0];
        let commands: Vec<_> = block.steps.iter().map(|step| (step.line, step.command.as_str())).collect();
        assert_eq!(commands, [(2, "book"), (4, "look"), (8, "next")]);
        assert_eq!(block.steps[1].expected, ["seen"]);
        assert_eq!(block.steps[1].output, 6..7);
    }

    #[test]
    fn a_block_of_any_language_can_be_a_file() {
        let document =
            read("<!-- docs-test: shell -->\n```console\n$ a\n```\n<!-- docs-test: file a.py -->\n```python\nb\n  c\n```\n")
                .unwrap();
        assert_eq!(document.blocks[1].kind, Kind::Shell);
        assert_eq!(document.blocks[1].file, Some(("a.py".to_string(), "b\n  c\n".to_string())));
        assert_eq!(read("<!-- docs-test: file a.py -->\ntext\n").err().unwrap(), ["a.md:1: no fenced block follows the comment"]);
    }

    #[test]
    fn an_indented_block_loses_its_indentation() {
        let document = read("- item\n\n  <!-- docs-test: shell -->\n  ```console\n  $ a\n    b\n\n  ```\n").unwrap();
        assert_eq!(document.blocks[0].steps[0].expected, ["  b", ""]);
    }

    #[test]
    fn mistakes_are_reported_with_file_and_line() {
        let first =
            "the first console block of a document needs a comment before it: <!-- docs-test: dev -->, tls, shell or skip";
        let table = [
            ("text\n```console\n$ a\n```\n", format!("a.md:2: {first}")),
            ("<!-- docs-test: dev -->\ntext\n", "a.md:1: no console block follows the comment".to_string()),
            ("<!-- docs-test: dve -->\n```console\n```\n", "a.md:1: dve is none of dev, tls, shell, skip, file".to_string()),
            ("<!-- docs-test: dev\n", "a.md:1: the comment has no end (`-->`)".to_string()),
            (
                "<!-- docs-test: dev -->\n```console\ntext\n```\n",
                "a.md:3: a console block begins with a command (`$ ...`)".to_string(),
            ),
        ];
        for (text, message) in table {
            assert_eq!(read(text).err().unwrap()[0], message, "{text}");
        }
    }
}
