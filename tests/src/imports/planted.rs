//! Cycles planted in invented sources, each in a different way. Each must be found, and a clean tree must pass.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Imports, Layers, Package, file_cycles, folder_cycles, imports_of, layer_violations, proposed_floors};

/// Reads a package with these files. Their paths are below `src`.
fn imports(files: &[(&str, &str)]) -> Imports {
    let texts: BTreeMap<String, String> =
        files.iter().map(|(path, text)| (format!("hotel/src/{path}"), text.to_string())).collect();
    let roots = ["lib.rs", "main.rs"].map(|root| format!("hotel/src/{root}"));
    let roots = roots.into_iter().filter(|root| texts.contains_key(root)).collect();
    imports_of(&Package { folder: "hotel".into(), library: "hotel".into(), roots, texts: Arc::new(texts) })
}

/// `b.rs` imports from `a.rs`. The code `a` is added to `a.rs` and may import back.
fn circle_through(a: &str) -> Vec<String> {
    let b = "pub struct B; pub struct Q; pub mod inner { pub struct D; }\nfn back() { crate::a::low() }";
    let imports = imports(&[
        ("lib.rs", "mod a; mod b; mod face; pub use b::{B, Q};"),
        ("a.rs", &format!("pub fn low() {{}}\n{a}")),
        ("b.rs", b),
        ("face/mod.rs", "mod c; pub use c::C; pub use crate::b::B as Renamed; pub use crate::b::inner::*;"),
        ("face/c.rs", "pub struct C;"),
    ]);
    assert_eq!(imports.unresolved, Vec::<String>::new());
    file_cycles(&imports)
}

#[test]
fn a_cycle_is_found_for_every_way_to_name_an_import() {
    for (way, a) in [
        ("a use", "use crate::b::B;"),
        ("a re-export", "use crate::B;"),
        ("a re-export under another name", "use crate::face::Renamed;"),
        ("a glob among re-exports", "use crate::face::D;"),
        ("super", "use super::b::B;"),
        ("a nested group", "use crate::{face::{self, C}, b::{inner::D, B as _}};"),
        ("another name", "use crate::b::B as Other;"),
        ("a glob import", "use crate::b::*; fn f(_: B) {}"),
        ("a full path in a type", "fn f(_: Vec<crate::b::B>) {}"),
        ("a full path in an expression", "fn f() { let _ = super::b::B; }"),
        ("a path through a module that is imported whole", "use crate::b; fn f() { let _ = b::inner::D; }"),
        ("a path in a macro's arguments", "fn f() { println!(\"{:?}\", 0..crate::b::inner::D) }"),
        ("a use within a function", "fn f() { use crate::b::inner; let _ = inner::D; }"),
        ("an attribute", "#[serde(default, with = \"crate::b::inner\")] struct S;"),
        ("an inline module", "mod deep { use super::super::b::B; }"),
        ("a pub use that the code itself uses", "pub use crate::b::B; fn f(_: B) {}"),
        ("$crate in a macro by example", "macro_rules! made { () => { $crate::b::B } }"),
        ("an impl", "impl Iterator for crate::b::B {}"),
    ] {
        let circles = circle_through(a);
        assert_eq!(circles.len(), 1, "through {way}: {circles:?}");
        let lines: Vec<&str> = circles[0].lines().collect();
        assert_eq!(lines[0], "hotel/src/a.rs, hotel/src/b.rs", "through {way}");
        assert!(lines[1].starts_with("  hotel/src/a.rs -> hotel/src/b.rs: "), "through {way}: {}", lines[1]);
        assert_eq!(lines[2], "  hotel/src/b.rs -> hotel/src/a.rs: low", "through {way}");
    }
}

#[test]
fn code_that_only_looks_like_an_import_makes_no_cycle() {
    for (why, a) in [
        ("compiled only for tests", "#[cfg(test)] mod tests { use crate::b::B; }"),
        ("compiled only for tests", "#[cfg(all(test, unix))] use crate::b::B;"),
        ("a re-export that is not used", "pub use crate::b::B;"),
        ("a re-export that is not used", "pub(crate) use crate::b::{B, inner};"),
        ("a module that is imported whole and not used", "use crate::b;"),
        ("a name of another crate", "use ::b::B; fn f(_: other::b::B) {}"),
        ("a variable", "pub use crate::b::*; fn f(inner: u8) { g!(inner); }"),
        ("a field", "pub use crate::b::B; fn f(s: S) { println!(\"{}\", s.B) }"),
        ("an item that the function defines", "pub use crate::b::B; fn f() { struct B; let _ = B; }"),
        ("a comment", "// crate::b::B\n/// [`crate::b::B`]\nfn f() {}"),
    ] {
        assert_eq!(circle_through(a), Vec::<String>::new(), "{why}: {a}");
    }
}

#[test]
fn a_child_that_uses_its_parents_items_makes_a_cycle_and_a_re_export_does_not() {
    let child = "use super::Shared; pub struct Child(Shared);";
    let parent = "mod child; pub struct Shared; fn f(_: child::Child) {}";
    let circle = imports(&[("lib.rs", "mod room;"), ("room/mod.rs", parent), ("room/child.rs", child)]);
    assert_eq!(file_cycles(&circle).len(), 1);
    let face = "mod child; mod shared; pub use child::Child; pub use shared::Shared;";
    let shared = ("room/shared.rs", "pub struct Shared;");
    let clean = imports(&[("lib.rs", "mod room;"), ("room/mod.rs", face), ("room/child.rs", child), shared]);
    assert_eq!(file_cycles(&clean), Vec::<String>::new());
    assert_eq!(folder_cycles(&clean), Vec::<String>::new());
}

#[test]
fn macros_by_example_count_where_they_are_used() {
    let above = "macro_rules! refuse { () => { crate::b::f() } }\nmod b;";
    let circle = imports(&[("lib.rs", "mod a;"), ("a/mod.rs", above), ("a/b.rs", "pub fn f() { refuse!() }")]);
    assert_eq!(circle.unresolved, Vec::<String>::new());
    let names: Vec<String> = circle.edges.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["hotel/src/a/b.rs -> hotel/src/a/mod.rs: refuse!"]);
    let handed_on = "macro_rules! refuse { () => {} }\npub(crate) use refuse;";
    let circle = imports(&[("lib.rs", "mod a; mod b;"), ("a.rs", handed_on), ("b.rs", "use crate::a::refuse;")]);
    assert_eq!(circle.edges.len(), 1);
    let made = "macro_rules! id { ($n:ident) => { pub struct $n; } }\nid!(Room);";
    let circle = imports(&[("lib.rs", "mod a; mod b;"), ("a.rs", made), ("b.rs", "use crate::a::Room;")]);
    assert_eq!(circle.edges.len(), 1);
}

#[test]
fn folders_can_form_a_cycle_when_their_files_do_not() {
    let imports = imports(&[
        ("lib.rs", "mod low; mod high; pub use low::Base;"),
        ("low/mod.rs", "mod base; mod odd; pub use base::Base;"),
        ("low/base.rs", "pub struct Base;"),
        ("low/odd.rs", "use crate::high::top;"),
        ("high/mod.rs", "mod inner; pub use inner::top;"),
        ("high/inner.rs", "use crate::Base; pub fn top() {}\npub fn other(_: Base) {}"),
    ]);
    assert_eq!(file_cycles(&imports), Vec::<String>::new());
    let circles = folder_cycles(&imports);
    let lines: Vec<&str> = circles.iter().flat_map(|circle| circle.lines()).collect();
    assert_eq!(
        lines,
        [
            "hotel/src: high, low",
            "  hotel/src/high/inner.rs -> hotel/src/low/base.rs: Base",
            "  hotel/src/low/odd.rs -> hotel/src/high/inner.rs: top",
        ]
    );
}

#[test]
fn a_cycle_of_folders_is_reported_beside_the_cycle_of_files_in_it() {
    let imports = imports(&[
        ("lib.rs", "mod low; mod high; mod odd;"),
        ("low.rs", "use crate::high::X; pub struct Low;"),
        ("high/mod.rs", "mod x; mod y; mod z; pub use x::X; pub use z::Z;"),
        ("high/x.rs", "use crate::low::Low; pub struct X;"),
        ("high/y.rs", "use crate::odd::Odd;"),
        ("high/z.rs", "pub struct Z;"),
        ("odd.rs", "use crate::high::Z; pub struct Odd;"),
    ]);
    assert_eq!(file_cycles(&imports).len(), 1);
    let circles = folder_cycles(&imports);
    assert_eq!(circles.len(), 1, "{circles:?}");
    assert!(circles[0].starts_with("hotel/src: high, low, odd\n"), "{circles:?}");
}

#[test]
fn a_file_and_its_folder_count_as_one_module() {
    let imports = imports(&[
        ("lib.rs", "mod store; mod key;"),
        ("store.rs", "mod disk; mod row; pub use disk::Disk;"),
        ("store/disk.rs", "pub struct Disk; fn f(_: crate::key::Key) {}"),
        ("store/row.rs", "pub struct Row;"),
        ("key.rs", "pub struct Key; use crate::store::row::Row;"),
    ]);
    assert_eq!(file_cycles(&imports), Vec::<String>::new());
    assert!(folder_cycles(&imports)[0].starts_with("hotel/src: key, store\n"));
}

#[test]
fn a_binary_imports_its_library_and_a_cycle_within_the_binary_is_found() {
    let imports = imports(&[
        ("lib.rs", "mod a; pub use a::A;"),
        ("a.rs", "pub struct A;"),
        ("main.rs", "mod cli; use hotel::A; fn main() { cli::run(A) } pub const NAME: u8 = 0;"),
        ("cli.rs", "pub fn run(_: hotel::A) { crate::NAME; }"),
    ]);
    let edges: Vec<String> = imports.edges.iter().map(ToString::to_string).collect();
    assert!(edges.contains(&"hotel/src/cli.rs -> hotel/src/a.rs: A".to_string()), "{edges:?}");
    assert_eq!(file_cycles(&imports).len(), 1);
}

#[test]
fn an_unresolved_path_is_reported() {
    let used_from_outside = "use other::{Thing, f}; mod inner { use super::Thing; use super::super::a::f; }";
    let imports =
        imports(&[("lib.rs", "mod a; mod c;"), ("a.rs", "use crate::b::B; fn f() { super::g() }"), ("c.rs", used_from_outside)]);
    assert_eq!(imports.unresolved, ["hotel/src/a.rs: crate::b::B", "hotel/src/a.rs: super::g"]);
}

#[test]
fn imports_against_the_floors_and_modules_without_a_floor_are_reported() {
    let imports = imports(&[
        ("lib.rs", "mod top; mod mid; mod low; mod new; pub const BASE: u8 = 0;"),
        ("top.rs", "use crate::low::Low; pub struct Top;"),
        ("mid.rs", "use crate::low::Low; use crate::top::Top;"),
        ("low.rs", "use crate::BASE; pub struct Low;"),
        ("new.rs", ""),
    ]);
    let floors = |floors| layer_violations(&imports, &Layers { folder: "hotel/src", floors });
    assert_eq!(
        floors(&["top", "mid gone", "low"]),
        [
            "hotel/src: new has no floor",
            "hotel/src: gone has a floor but is not a module",
            "low is below lib.rs: hotel/src/low.rs -> hotel/src/lib.rs: BASE",
            "mid is below top: hotel/src/mid.rs -> hotel/src/top.rs: Top",
        ]
    );
    assert_eq!(floors(&["mid new", "top", "low", "lib.rs"]), Vec::<String>::new());
    assert_eq!(proposed_floors(&imports, "hotel/src"), ["mid new", "top", "low", "lib.rs"]);
}
