//! Names and their numbers.

use std::collections::HashMap;

/// Names, numbered in the order of their first use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    places: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    /// The number of a name. A new name gets the next number.
    pub fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.names.len() as u32;
        self.places.insert(name.to_owned(), place);
        self.names.push(name.to_owned());
        place
    }

    /// All names by number.
    pub fn all(&self) -> &[String] {
        &self.names
    }

    /// The name with this number; `?` if there is none.
    pub fn name(&self, place: u32) -> &str {
        self.names.get(place as usize).map_or("?", String::as_str)
    }
}
