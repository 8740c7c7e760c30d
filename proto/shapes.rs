//! Writes the shapes of all messages as Rust: for each field, what a decoded element of it takes. `src/bounded.rs` reads them.

use std::collections::BTreeMap;
use std::fmt::Write;

use tonic_prost_build::FileDescriptorSet;

/// A list, a text and bytes in a decoded message.
const LIST_BYTES: usize = 24;
const BYTES_BYTES: usize = 32;
const NUMBER_BYTES: usize = 8;
/// An element that is a text or bytes has its own allocation too.
const ELEMENT_BYTES: usize = 48;

/// The types of fields in a descriptor.
const STRING: i32 = 9;
const MESSAGE: i32 = 11;
const BYTES: i32 = 12;
/// The label of a list.
const REPEATED: i32 = 3;

struct Field {
    number: i32,
    kind: i32,
    is_list: bool,
    message: String,
}

/// The source of a table: the messages in the order of their names.
pub fn of(descriptors: &FileDescriptorSet) -> String {
    let mut messages: BTreeMap<String, Vec<Field>> = BTreeMap::new();
    for file in &descriptors.file {
        for message in &file.message_type {
            assert!(message.nested_type.is_empty(), "{}: no message has others inside", message.name());
            let fields = message.field.iter().map(|field| Field {
                number: field.number(),
                kind: field.r#type.unwrap_or_default(),
                is_list: field.label == Some(REPEATED),
                message: field.type_name().trim_start_matches('.').to_owned(),
            });
            messages.insert(format!("{}.{}", file.package(), message.name()), fields.collect());
        }
    }
    let place = |name: &str| messages.keys().position(|known| known == name).expect("every message is known");
    let mut source = String::from("static SHAPES: &[(&str, &[(u32, Field)])] = &[\n");
    for (name, fields) in &messages {
        let _ = write!(source, "    ({name:?}, &[");
        for Field { number, kind, is_list, message } in fields {
            let element = match (*kind, *is_list) {
                (MESSAGE, true) => {
                    format!("Field::Message {{ place: {}, element: {} }}", place(message), size(&messages, message))
                }
                (MESSAGE, false) => format!("Field::Message {{ place: {}, element: 0 }}", place(message)),
                (STRING | BYTES, true) => format!("Field::Bytes {{ element: {ELEMENT_BYTES} }}"),
                (STRING | BYTES, false) => "Field::Bytes { element: 0 }".to_owned(),
                (_, is_list) => format!("Field::Number {{ element: {} }}", if is_list { NUMBER_BYTES } else { 0 }),
            };
            let _ = write!(source, "({number}, {element}), ");
        }
        source.push_str("]),\n");
    }
    source.push_str("];\n");
    source
}

/// The size of a decoded message without what its lists, texts and bytes point to. The alternatives of a `oneof` are added up, so this is
/// an upper bound.
fn size(messages: &BTreeMap<String, Vec<Field>>, name: &str) -> usize {
    let fields = messages.get(name).map(Vec::as_slice).unwrap_or_default();
    let one = |field: &Field| match (field.kind, field.is_list) {
        (_, true) => LIST_BYTES,
        (MESSAGE, false) => NUMBER_BYTES + size(messages, &field.message),
        (STRING | BYTES, false) => BYTES_BYTES,
        (_, false) => NUMBER_BYTES,
    };
    fields.iter().map(one).sum()
}
