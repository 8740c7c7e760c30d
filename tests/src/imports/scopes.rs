//! The names that blocks within a function bring into scope, from the outermost block inwards.

use super::names::{Binding, NamePath, Names};

#[derive(Default)]
pub struct Scopes {
    blocks: Vec<Names>,
}

impl Scopes {
    pub fn enter(&mut self, names: Names) {
        self.blocks.push(names);
    }

    pub fn leave(&mut self) {
        self.blocks.pop();
    }

    /// The meanings of a path outside all blocks. Empty if a block itself defines the name.
    pub fn seen_from_outside(&self, path: &NamePath) -> Vec<NamePath> {
        let mut path = path.clone();
        let mut through_globs = Vec::new();
        for names in self.blocks.iter().rev() {
            if path.leading_colon {
                break;
            }
            match names.bindings(&path.segments[0]).first() {
                Some(Binding::Import(import)) => path = go_on(import, &path.segments[1..]),
                Some(Binding::Item | Binding::Module(_)) => return Vec::new(),
                None => through_globs.extend(names.globs.iter().map(|glob| go_on(glob, &path.segments))),
            }
        }
        through_globs.insert(0, path);
        through_globs
    }
}

fn go_on(path: &NamePath, further: &[String]) -> NamePath {
    NamePath { leading_colon: path.leading_colon, segments: [&path.segments, further].concat() }
}
