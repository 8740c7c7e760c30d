//! The text and the exit code of a command's error.

use keyrack_client::ClientError;

use super::connection::explain;
use super::usage::Usage;

/// Exit codes: [`std::process::ExitCode::FAILURE`] is for a refusal or a failure.
pub const WRONG_USAGE: u8 = 2;

/// The error and its sources as one sentence.
pub fn text(error: &anyhow::Error) -> String {
    let texts: Vec<String> = error
        .chain()
        .map(|cause| match cause.downcast_ref::<ClientError>() {
            Some(refusal) => explain(refusal, None),
            None => cause.to_string(),
        })
        .collect();
    texts.join(": ")
}

/// Whether the command was used wrongly. No node was asked then.
pub fn is_wrong_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<Usage>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_shown_with_its_sources_and_wrong_usage_is_recognised() {
        let error = anyhow::Error::new(Usage::NothingToChange).context("cannot change lisbon-alfama");
        assert!(text(&error).starts_with("cannot change lisbon-alfama: there is nothing to change."), "{}", text(&error));
        assert!(is_wrong_usage(&error) && !is_wrong_usage(&anyhow::anyhow!("other")));
    }
}
