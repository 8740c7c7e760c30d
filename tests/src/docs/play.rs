//! Runs the blocks of a document and collects what differs.

use std::collections::BTreeMap;

use super::console::Step;
use super::directive::Kind;
use super::document::{Block, Document};
use super::matching::{Capture, Expected, matched};
use super::report::{Place, diff};
use super::scene::Scene;
use super::session::Output;
use super::update::{Edit, renewed};
use super::values::Piece;

/// What came of a document.
#[derive(Default)]
pub struct Outcome {
    /// One text for each step that failed.
    pub failures: Vec<String>,
    /// One text for each step whose output differs.
    pub differences: Vec<String>,
    /// `path:line: reason` of each block that was not run.
    pub skipped: Vec<String>,
    /// The commands that ran.
    pub commands: usize,
    /// For each difference, the real output.
    pub edits: Vec<Edit>,
}

/// Programs that run until they are stopped.
const LONG: [&str; 2] = ["keyrackd dev", "keyrackd run"];

/// Runs all blocks. Each kind of block has one shell and one cluster.
pub async fn play(document: &Document) -> Outcome {
    let mut player = Player { document, scenes: BTreeMap::new(), outcome: Outcome::default() };
    for block in &document.blocks {
        if let Kind::Skip(reason) = &block.kind {
            player.outcome.skipped.push(format!("{}:{}: {reason}", document.path, block.line));
        } else if let Err(cause) = player.block(block).await {
            // The shell or the cluster is of no use any more.
            let rest = format!("{}:{}: {cause}. The rest of the document was not run", document.path, block.line);
            player.outcome.failures.push(rest);
            break;
        }
    }
    player.outcome
}

struct Player<'a> {
    document: &'a Document,
    scenes: BTreeMap<Kind, Scene>,
    outcome: Outcome,
}

impl Player<'_> {
    async fn block(&mut self, block: &Block) -> Result<(), String> {
        if !self.scenes.contains_key(&block.kind) {
            let scene = Scene::set(&block.kind, self.document).await?;
            self.scenes.insert(block.kind.clone(), scene);
        }
        let scene = self.scenes.get_mut(&block.kind).expect("it was made above");
        if let Some(role) = &block.role {
            scene.act_as(role)?;
        }
        if let Some((name, text)) = &block.file {
            scene.write(name, text);
        }
        let mut has_failed = false;
        for step in &block.steps {
            self.outcome.commands += 1;
            let mut act = Act { document: self.document, block, step, scene, outcome: &mut self.outcome };
            let code = if is_long(&step.command) { act.start().await? } else { act.run()? };
            has_failed |= code != 0;
        }
        if block.fails && !has_failed {
            let what = "the comment says `fails`, but every command ends with exit code 0";
            self.outcome.failures.push(format!("{}:{}: {what}", self.document.path, block.line));
        }
        Ok(())
    }
}

/// One step in its scene.
struct Act<'a> {
    document: &'a Document,
    block: &'a Block,
    step: &'a Step,
    scene: &'a mut Scene,
    outcome: &'a mut Outcome,
}

impl Act<'_> {
    /// Runs a command to its end. `Err` if the document cannot continue.
    fn run(&mut self) -> Result<i32, String> {
        let command = self.command();
        let (output, code) = self.scene.session.run(&command);
        let code = match code {
            Ok(code) => code,
            Err(cause) => {
                self.fail(&command, &cause, &shown(&output));
                return Err(cause);
            }
        };
        self.scene.stage.use_test_ports(&self.scene.ports);
        let may_fail = self.block.fails && !self.step.expected.is_empty() || command.trim_end().ends_with("; echo $?");
        if code != 0 && !may_fail {
            let what = format!("the command ends with exit code {code}");
            self.fail(&command, &what, &shown(&output));
        } else {
            self.compare(&command, code, &output);
        }
        Ok(code)
    }

    /// Starts a command that does not end, and waits until it has shown what the document shows.
    async fn start(&mut self) -> Result<i32, String> {
        let command = self.command();
        let (output, started) = self.scene.session.start_long(&command);
        started?;
        let mut expected = self.expected();
        expected.push(Expected::AnyLines);
        let is_dev = command.contains(LONG[0]);
        let probe = || match self.step.expected.is_empty() {
            // `dev` prints to stdout once it is ready.
            true => (!is_dev || !output.out().is_empty()).then(Vec::new),
            false => matched(&expected, &output.out(), &output.err()),
        };
        match Scene::wait_for(probe).await {
            Some(captures) => self.scene.known.learn(&captures),
            None => self.differs(&command, "it does not show this within a minute", &output),
        }
        self.scene.session.watch();
        Ok(0)
    }

    fn compare(&mut self, command: &str, code: i32, output: &Output) {
        if self.step.expected.is_empty() {
            return;
        }
        match self.captures(output) {
            Some(captures) => self.scene.known.learn(&captures),
            None => self.differs(command, &format!("the output differs (exit code {code})"), output),
        }
    }

    fn captures(&self, output: &Output) -> Option<Vec<Capture>> {
        matched(&self.expected(), &output.out(), &output.err())
    }

    /// Reports the difference, and proposes the real output for the document.
    fn differs(&mut self, command: &str, what: &str, output: &Output) {
        let report = self.report(command, what, &self.difference(output));
        self.outcome.differences.push(report);
        let text = output.out() + &output.err();
        let actual: Vec<&str> = text.trim_end().lines().collect();
        let (known, ports) = (&self.scene.known, &self.scene.ports);
        let in_document = |line: &str| known.in_document(&ports.of_document(line));
        let text = renewed(&self.step.expected, &self.expected(), &actual, in_document);
        let indent = " ".repeat(self.block.indent);
        let text = text.iter().map(|line| format!("{indent}{line}").trim_end().to_string()).collect();
        self.outcome.edits.push(Edit { lines: self.step.output.clone(), text });
    }

    fn difference(&self, output: &Output) -> Vec<String> {
        let text = output.out() + &output.err();
        diff(&self.expected(), &text.trim_end().lines().collect::<Vec<_>>())
    }

    fn fail(&mut self, command: &str, what: &str, below: &[String]) {
        let report = self.report(command, what, below);
        self.outcome.failures.push(report);
    }

    fn report(&self, command: &str, what: &str, below: &[String]) -> String {
        Place { path: &self.document.path, line: self.step.line, command }.report(what, below)
    }

    fn command(&self) -> String {
        self.scene.known.in_command(&self.scene.ports.of_test(&self.step.command))
    }

    fn expected(&self) -> Vec<Expected> {
        let in_test = |piece| match piece {
            Piece::Text(text) => Piece::Text(self.scene.ports.of_test(&text)),
            piece => piece,
        };
        let read = |line: &str| self.scene.known.in_line(line).into_iter().map(in_test).collect();
        self.step.expected.iter().map(|line| Expected::of(line, read)).collect()
    }
}

/// Whether a command runs until it is stopped. With `&` the shell itself puts it into the background.
fn is_long(command: &str) -> bool {
    let command = command.split(" #").next().unwrap_or_default().trim();
    let assigns = |word: &&str| word.contains('=');
    let words: Vec<&str> = command.split_whitespace().skip_while(assigns).collect();
    let begins = LONG.iter().any(|program| words.join(" ").starts_with(program));
    begins && !command.ends_with('&') && !["--help", "-h", ";", "|"].iter().any(|other| command.contains(other))
}

fn shown(output: &Output) -> Vec<String> {
    (output.out() + &output.err()).lines().map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::is_long;

    #[test]
    fn a_daemon_in_the_foreground_is_long() {
        let table = [
            ("keyrackd dev", true),
            ("keyrackd dev --tls   # with TLS; and more", true),
            ("KEYRACK_LOG_FORMAT=text keyrackd run --config a.toml", true),
            ("keyrackd run --config a.toml 2> log &", false),
            ("for n in 1 2; do keyrackd run --config $n.toml & done", false),
            ("keyrackd run --help", false),
            ("keyrackd run --config broken.toml; echo $?", false),
            ("keyrackd config check --config a.toml", false),
        ];
        for (command, long) in table {
            assert_eq!(is_long(command), long, "{command}");
        }
    }
}
