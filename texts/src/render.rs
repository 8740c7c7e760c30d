//! Finds a message in a language's file and fills in its arguments.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use keyrack_proto::Code;

use crate::{Detail, Language};

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<[Bundle; 4]> = LazyLock::new(|| Language::ALL.map(bundle));

/// The title of a code.
pub fn title(code: Code, language: Language) -> String {
    message(language, &format!("title-{}", code.as_str().replace('_', "-")), None)
}

impl Detail {
    /// The sentence about this case.
    pub fn text(&self, language: Language) -> String {
        message(language, self.id(), Some(&self.arguments()))
    }
}

/// A message that no file has is shown as its id. `tests/complete.rs` shows that there is none.
fn message(language: Language, id: &str, arguments: Option<&FluentArgs>) -> String {
    let bundle = &BUNDLES[language as usize];
    let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { return id.to_owned() };
    bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned()
}

fn bundle(language: Language) -> Bundle {
    let text = match language {
        Language::English => include_str!("../en/problems.ftl"),
        Language::German => include_str!("../de/problems.ftl"),
        Language::French => include_str!("../fr/problems.ftl"),
        Language::Spanish => include_str!("../es/problems.ftl"),
    };
    // A damaged message is left out of the resource. The tests find that; a running node shows the message's id.
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
    let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
    // The marks would end up in logs and terminals.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}
