//! One failure to inject: a command, its surroundings, and the message that must come.

use std::path::Path;

/// A row of a table: the command line, the exit code, words of the cause, and a word of the hint (empty: there is none).
pub type Row = (&'static str, i32, &'static [&'static str], &'static str);

/// A command that fails, or that must not fail although its output does.
#[derive(Clone)]
pub struct Case {
    pub program: &'static str,
    /// What is wrong, if the command line does not show it.
    pub about: String,
    /// The arguments as a shell splits them. `{name}` is a place of the fixture.
    pub line: String,
    pub code: i32,
    /// Words of the cause. All of them must be in the message.
    pub says: Vec<String>,
    /// A word of the hint.
    pub hint: &'static str,
    pub environment: Vec<(&'static str, String)>,
    /// Files in the case's own folder, which is also its working directory: name and text.
    pub files: Vec<(&'static str, String)>,
    /// Commands that must succeed before.
    pub first: Vec<&'static str>,
    /// Then changes the case's own folder.
    pub prepare: Option<fn(&Path)>,
    pub streams: Streams,
    pub shape: Shape,
    /// Whether the mode of a file must count, even if the test runs as root.
    pub is_without_root_rights: bool,
}

/// What is connected to standard input, output and error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// Nothing, and two files.
    Files,
    /// Standard output is a pipe. Its reader closes it after the first line.
    FirstLine,
    /// Standard output is a pipe without a reader.
    ClosedPipe,
    /// Standard output is a full disk.
    FullOutput,
    /// Standard error is a full disk.
    FullError,
    /// Standard output is not open.
    NoOutput,
    /// None of the three is open.
    NoneOpen,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One message on standard error.
    Message,
    /// One message on standard error, after a log or notes.
    MessageAfterLog,
    /// The message is in the JSON, or in the verdict, on standard output.
    OnOutput,
    /// The help, on standard error.
    Help,
    /// No message.
    Silent,
}

impl Case {
    fn new(program: &'static str, &(line, code, says, hint): &Row) -> Case {
        Case {
            program,
            about: String::new(),
            line: line.to_owned(),
            code,
            says: says.iter().map(|word| (*word).to_owned()).collect(),
            hint,
            environment: Vec::new(),
            files: Vec::new(),
            prepare: None,
            first: Vec::new(),
            streams: Streams::Files,
            shape: Shape::Message,
            is_without_root_rights: false,
        }
    }

    /// Sets a variable of the environment.
    pub fn set(mut self, name: &'static str, value: impl Into<String>) -> Case {
        self.environment.push((name, value.into()));
        self
    }

    /// Adds a file to the case's own folder.
    pub fn file(mut self, name: &'static str, text: impl Into<String>) -> Case {
        self.files.push((name, text.into()));
        self
    }

    /// Changes the case's own folder before the command.
    pub fn prepared(self, prepare: fn(&Path)) -> Case {
        Case { prepare: Some(prepare), ..self }
    }

    /// The command line in one line, for reports.
    pub fn described(&self) -> String {
        let variables: Vec<String> = self.environment.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        let streams = if self.streams == Streams::Files { String::new() } else { format!(" [{:?}]", self.streams) };
        let about = if self.about.is_empty() { String::new() } else { format!(" with {:?}", self.about) };
        format!("{}{} {}{streams}{about}", variables.concat(), self.program, self.line)
    }
}

/// The cases of a table for `keyrack`.
pub fn keyrack(rows: &[Row]) -> Vec<Case> {
    rows.iter().map(|row| Case::new("keyrack", row)).collect()
}

/// The cases of a table for `keyrackd`.
pub fn keyrackd(rows: &[Row]) -> Vec<Case> {
    rows.iter().map(|row| Case::new("keyrackd", row)).collect()
}

/// The cases of a table for `keyrack-jepsen`.
pub fn jepsen(rows: &[Row]) -> Vec<Case> {
    rows.iter().map(|row| Case::new("keyrack-jepsen", row)).collect()
}

/// Each case at this endpoint with this key. Both may be places.
pub fn at(endpoint: &str, key: &str, cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().map(|case| case.set("KEYRACK_ENDPOINT", endpoint).set("KEYRACK_API_KEY", key)).collect()
}

/// Each case with these streams.
pub fn with_streams(streams: Streams, shape: Shape, cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().map(|case| Case { streams, shape, ..case }).collect()
}

/// Each case as a user for whom the modes of files count.
pub fn without_root_rights(cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().map(|case| Case { is_without_root_rights: true, ..case }).collect()
}

/// Each case with this form of the output.
pub fn shaped(shape: Shape, cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().map(|case| Case { shape, ..case }).collect()
}

/// Splits a command line at blanks. Single quotes keep blanks together and make empty arguments.
pub fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), None::<String>, false);
    for letter in line.chars() {
        match letter {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            ' ' if !is_quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    assert!(!is_quoted, "a quote is not closed: {line}");
    words.extend(word);
    words
}
