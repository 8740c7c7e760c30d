//! Every text exists in every language, with the same arguments, and none is left over.

use std::collections::BTreeSet;

use keyrack_proto::Code;
use keyrack_texts::{Detail, Language, title};

fn file(language: Language) -> String {
    let path = format!("{}/{}/problems.ftl", env!("CARGO_MANIFEST_DIR"), language.tag());
    std::fs::read_to_string(&path).unwrap_or_else(|cause| panic!("cannot read {path}: {cause}"))
}

fn ids(language: Language) -> Vec<String> {
    let text = file(language);
    let id = |line: &str| line.split_once(" = ").map(|(id, _)| id.to_owned());
    text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase())).filter_map(id).collect()
}

/// The arguments that a message's lines name, such as `$shard`, in their order.
fn arguments(language: Language, id: &str) -> Vec<String> {
    let text = file(language);
    let start = text.find(&format!("\n{id} = ")).unwrap_or_else(|| panic!("{language:?} has no {id}")) + 1;
    let message: String = text[start..]
        .lines()
        .enumerate()
        .take_while(|(at, line)| *at == 0 || line.starts_with([' ', '}']))
        .map(|(_, line)| line)
        .collect();
    let mut named: Vec<String> = Vec::new();
    for rest in message.split('$').skip(1) {
        let name = rest.split(|c: char| c != '_' && !c.is_alphanumeric()).next().unwrap_or("").to_owned();
        // A selector names its argument once more in each variant.
        if !named.contains(&name) {
            named.push(name);
        }
    }
    named
}

#[test]
fn every_code_has_a_title_in_every_language() {
    for language in Language::ALL {
        for code in Code::ALL {
            let title = title(*code, language);
            assert!(!title.starts_with("title-") && !title.ends_with('.'), "{language:?} {code}: {title}");
        }
    }
}

#[test]
fn every_detail_is_a_sentence_in_every_language() {
    for language in Language::ALL {
        for detail in Detail::samples() {
            let text = detail.text(language);
            assert_ne!(text, detail.id(), "{language:?} has no {}", detail.id());
            assert!(text.ends_with('.') && !text.contains(['{', '}', '\n']), "{language:?} {}: {text}", detail.id());
        }
    }
}

#[test]
fn the_files_have_the_same_messages_in_the_same_order() {
    let mut expected: Vec<String> = Code::ALL.iter().map(|code| format!("title-{}", code.as_str().replace('_', "-"))).collect();
    expected.extend(Detail::samples().iter().map(|detail| detail.id().to_owned()));
    let english = ids(Language::English);
    let (have, want): (BTreeSet<_>, BTreeSet<_>) = (english.iter().collect(), expected.iter().collect());
    assert_eq!(have.symmetric_difference(&want).collect::<Vec<_>>(), Vec::<&&String>::new(), "messages missing or left over");
    assert_eq!(english.len(), expected.len(), "a message is in the file twice");
    for language in Language::ALL {
        assert_eq!(ids(language), english, "{language:?}");
    }
}

/// Two arguments in the wrong order turn a sentence into its opposite: "departure must be after arrival". Today no
/// translation needs another order than the English text.
#[test]
fn translations_show_the_same_arguments_in_the_same_order() {
    for id in ids(Language::English) {
        let english = arguments(Language::English, &id);
        for language in Language::ALL {
            assert_eq!(arguments(language, &id), english, "{language:?} {id}");
        }
    }
}

#[test]
fn a_detail_shows_its_arguments() {
    let detail = Detail::SoldOut { room_type: "DBL".into(), night: "2027-03-01".into(), more: 2 };
    assert_eq!(
        detail.text(Language::English),
        "DBL has too few rooms on 2027-03-01 and on 2 more nights. See nights for the rooms that are left."
    );
    let one = Detail::SoldOut { room_type: "DBL".into(), night: "2027-03-01".into(), more: 0 };
    assert_eq!(one.text(Language::German), "DBL hat am 2027-03-01 zu wenige Zimmer. nights nennt die freien Zimmer.");
    let large = Detail::BodyTooLarge { limit_bytes: 1_048_576 };
    assert_eq!(large.text(Language::English), "A body has at most 1048576 bytes. Send less, or split the request.");
}
