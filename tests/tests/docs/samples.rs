//! The harness itself, with small documents: one that is true, one that is not, and one with mistakes.

use keyrack_tests::docs::{Document, Outcome, play, rewritten};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/samples");

fn text_of(name: &str) -> String {
    std::fs::read_to_string(format!("{FOLDER}/{name}")).unwrap()
}

fn document(name: &str) -> Document {
    Document::parse(name, &text_of(name)).unwrap()
}

async fn played(name: &str) -> Outcome {
    play(&document(name)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_true_document_passes() {
    let outcome = played("true.md").await;
    assert_eq!(outcome.failures.join("\n") + &outcome.differences.join("\n"), "");
    assert_eq!(outcome.skipped, ["true.md:59: long-running build"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_untrue_sentence_is_reported_with_its_line() {
    let outcome = played("untrue.md").await;
    let reports: Vec<&str> = outcome.differences.iter().chain(&outcome.failures).map(|text| text.trim_end()).collect();
    assert_eq!(
        reports,
        [
            "untrue.md:5: the output differs (exit code 0)\n    $ printf 'one\\ntwo\\n'\n      one\n    - 2\n    + two",
            "untrue.md:8: the output differs (exit code 0)\n    $ echo 'DBL  238.00 EUR'\n    - DBL  239.00 EUR\n    + DBL  238.00 EUR",
            "untrue.md:10: the command ends with exit code 3\n    $ (exit 3)",
            "untrue.md:14: the comment says `fails`, but every command ends with exit code 0",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_untrue_document_is_rewritten_and_then_true() {
    let document = document("untrue.md");
    let outcome = play(&document).await;
    let text = rewritten(&document, &outcome.edits);
    assert_ne!(text, text_of("untrue.md"));
    let again = play(&Document::parse("untrue.md", &text).unwrap()).await;
    assert_eq!(again.differences, Vec::<String>::new());
    assert_eq!(rewritten(&document, &[]), text_of("untrue.md"), "without edits nothing changes");
}

/// A cluster with sample hotels, its keys, and values that are learned and used again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_about_a_cluster_passes() {
    let outcome = played("cluster.md").await;
    assert_eq!(outcome.failures.join("\n") + &outcome.differences.join("\n"), "");
}
