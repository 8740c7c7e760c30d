//! The text of a command's error.

/// The error and its sources as one sentence. A source that the text already has is left out.
pub fn text(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_follow_and_are_not_repeated() {
        let error = anyhow::anyhow!("it is empty").context("cannot use a.pem: it is empty").context("node 1");
        assert_eq!(text(&error), "node 1: cannot use a.pem: it is empty");
    }
}
