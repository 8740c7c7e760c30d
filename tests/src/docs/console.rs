//! The lines of a block: which are commands and which are their output.

use std::ops::Range;
use std::process::{Command, Stdio};

/// A command and what the document shows below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line of the command in the document, from 1.
    pub line: usize,
    /// As bash gets it, with line breaks.
    pub command: String,
    /// Without the indentation of the block.
    pub expected: Vec<String>,
    /// The lines of the output in the document, counted from 0.
    pub output: Range<usize>,
}

const PROMPT: &str = "$ ";
const CONTINUED: &str = "> ";

/// Splits numbered lines (from 1). The error has the line that is wrong.
pub fn steps(lines: &[(usize, &str)]) -> Result<Vec<Step>, (usize, String)> {
    let mut steps: Vec<Step> = Vec::new();
    let mut rest = lines.iter();
    while let Some((number, line)) = rest.next() {
        let Some(first) = line.strip_prefix(PROMPT) else {
            let Some(step) = steps.last_mut() else {
                return Err((*number, "a console block begins with a command (`$ ...`)".to_string()));
            };
            step.expected.push(line.to_string());
            // The comment's hidden lines and the block's lines do not follow each other in the document.
            if step.output.is_empty() {
                step.output = number - 1..*number;
            }
            step.output.end = *number;
            continue;
        };
        let mut command = first.to_string();
        let mut end = *number;
        while !is_complete(&command) {
            let Some((next, line)) = rest.next() else {
                return Err((*number, "the command is not complete: a quote or a here-document is open".to_string()));
            };
            command.push('\n');
            command.push_str(line.strip_prefix(CONTINUED).unwrap_or(line));
            end = *next;
        }
        steps.push(Step { line: *number, command, expected: Vec::new(), output: end..end });
    }
    Ok(steps)
}

/// Whether bash would run the text and not ask for another line. Only bash itself knows that.
fn is_complete(command: &str) -> bool {
    if command.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1 {
        return false;
    }
    let mut bash = Command::new("bash");
    bash.args(["-n", "-c", command]).env("LC_ALL", "C").stdin(Stdio::null());
    let said = bash.output().expect("bash is installed").stderr;
    let said = String::from_utf8_lossy(&said);
    !["unexpected end of file", "unexpected EOF", "here-document"].iter().any(|open| said.contains(open))
}

#[cfg(test)]
mod tests {
    use super::{is_complete, steps};

    fn split(text: &str) -> Vec<(String, Vec<String>)> {
        let lines: Vec<(usize, &str)> = (1..).zip(text.lines()).collect();
        steps(&lines).unwrap().into_iter().map(|step| (step.command, step.expected)).collect()
    }

    #[test]
    fn a_command_goes_on_while_bash_would_ask_for_more() {
        let table = [
            ("echo a", true),
            ("echo a   # it's a comment", true),
            ("echo a \\", false),
            ("echo a \\\\", true),
            ("echo 'a", false),
            ("echo \"$(date", false),
            ("cat <<EOF\na", false),
            ("cat <<EOF\na\nEOF", true),
            ("for n in 1 2; do", false),
            ("for n in 1 2; do echo $n; done", true),
            ("true &&", false),
            ("echo )", true),
        ];
        for (command, complete) in table {
            assert_eq!(is_complete(command), complete, "{command}");
        }
    }

    #[test]
    fn commands_and_outputs_are_told_apart() {
        let found = split("$ echo 'a\n> b'\na\nb\n$ true\n$ cat <<EOF\n$ no command\nEOF\n$ no command\n\nend");
        let shown = |lines: &[&str]| lines.iter().map(|line| line.to_string()).collect::<Vec<_>>();
        assert_eq!(found[0], ("echo 'a\nb'".to_string(), shown(&["a", "b"])));
        assert_eq!(found[1], ("true".to_string(), shown(&[])));
        assert_eq!(found[2].0, "cat <<EOF\n$ no command\nEOF");
        assert_eq!(found[3], ("no command".to_string(), shown(&["", "end"])));
    }

    #[test]
    fn the_lines_of_the_output_are_known() {
        let lines: Vec<(usize, &str)> = (10..).zip("$ echo 'a\nb'\na\nb\n$ true\n$ false".lines()).collect();
        let found = steps(&lines).unwrap();
        assert_eq!([found[0].output.clone(), found[1].output.clone()], [11..13, 14..14]);
        assert_eq!(found.iter().map(|step| step.line).collect::<Vec<_>>(), [10, 14, 15]);
    }

    #[test]
    fn output_without_a_command_and_an_open_quote_are_refused() {
        assert_eq!(steps(&[(7, "text")]).unwrap_err(), (7, "a console block begins with a command (`$ ...`)".to_string()));
        assert_eq!(steps(&[(7, "$ echo 'a"), (8, "b")]).unwrap_err().0, 7);
    }
}
