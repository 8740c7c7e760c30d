//! The comment before a block: `<!-- docs-test: dev as manager -->`.

/// Where a block runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Against `keyrackd dev`, over plain HTTP.
    Dev,
    /// Against three nodes with TLS.
    Tls,
    /// Without a cluster.
    Shell,
    /// Not at all, for this reason.
    Skip(String),
}

/// A comment that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comment {
    Run(Directive),
    /// The block is written to this file, where the blocks before it run.
    File(String),
}

/// How a `console` block runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    pub kind: Kind,
    /// A command of the block ends with an exit code other than 0.
    pub fails: bool,
    /// The role whose key is set from this block on.
    pub role: Option<String>,
}

const BEGIN: &str = "<!-- docs-test:";
const ROLES: [&str; 5] = ["operator", "manager", "channel", "desk", "auditor"];

/// Whether a comment for this test begins in the line.
pub fn begins(line: &str) -> bool {
    line.trim_start().starts_with(BEGIN)
}

/// Reads the first line of a comment. The line may end with `-->`.
pub fn parse(line: &str) -> Result<Comment, String> {
    let text = line.trim().strip_prefix(BEGIN).ok_or("this is no docs-test comment")?;
    let text = text.trim_end_matches("-->").trim();
    let mut words = text.split_whitespace();
    let kind = match words.next() {
        Some("dev") => Kind::Dev,
        Some("tls") => Kind::Tls,
        Some("shell") => Kind::Shell,
        Some("skip") => {
            let reason = text.trim_start_matches("skip").trim();
            if reason.is_empty() {
                return Err("skip needs a reason".to_string());
            }
            return Ok(Comment::Run(Directive { kind: Kind::Skip(reason.to_string()), fails: false, role: None }));
        }
        Some("file") => {
            return match (words.next(), words.next()) {
                (Some(name), None) if !name.starts_with(['/', '.']) => Ok(Comment::File(name.to_string())),
                _ => Err("file needs one name in the working folder".to_string()),
            };
        }
        other => return Err(format!("{} is none of dev, tls, shell, skip, file", other.unwrap_or("an empty comment"))),
    };
    let mut directive = Directive { kind, fails: false, role: None };
    while let Some(word) = words.next() {
        match word {
            "fails" => directive.fails = true,
            "as" => match words.next().filter(|role| ROLES.contains(role)) {
                Some(role) => directive.role = Some(role.to_string()),
                None => return Err(format!("`as` needs one of {}", ROLES.join(", "))),
            },
            word => return Err(format!("{word} is none of fails, as ROLE")),
        }
    }
    Ok(Comment::Run(directive))
}

#[cfg(test)]
mod tests {
    use super::{Comment, Directive, Kind, parse};

    #[test]
    fn each_form_of_a_comment_is_read() {
        let plain = |kind: Kind| Directive { kind, fails: false, role: None };
        let table = [
            ("<!-- docs-test: dev -->", plain(Kind::Dev)),
            ("  <!-- docs-test: tls -->", plain(Kind::Tls)),
            ("<!-- docs-test: shell", plain(Kind::Shell)),
            ("<!-- docs-test: shell fails -->", Directive { fails: true, ..plain(Kind::Shell) }),
            ("<!-- docs-test: dev as manager -->", Directive { role: Some("manager".into()), ..plain(Kind::Dev) }),
            ("<!-- docs-test: skip long-running build -->", plain(Kind::Skip("long-running build".into()))),
        ];
        for (line, expected) in table {
            assert_eq!(parse(line), Ok(Comment::Run(expected)), "{line}");
        }
        assert_eq!(parse("<!-- docs-test: file check.py -->"), Ok(Comment::File("check.py".to_string())));
    }

    #[test]
    fn a_comment_that_is_not_understood_is_refused() {
        let table = [
            ("<!-- docs-test: -->", "an empty comment is none of dev, tls, shell, skip, file"),
            ("<!-- docs-test: cluster -->", "cluster is none of dev, tls, shell, skip, file"),
            ("<!-- docs-test: skip -->", "skip needs a reason"),
            ("<!-- docs-test: file ../a -->", "file needs one name in the working folder"),
            ("<!-- docs-test: dev as guest -->", "`as` needs one of operator, manager, channel, desk, auditor"),
            ("<!-- docs-test: dev quickly -->", "quickly is none of fails, as ROLE"),
        ];
        for (line, message) in table {
            assert_eq!(parse(line), Err(message.to_string()), "{line}");
        }
    }
}
