//! The error of a measurement that found a broken promise.

/// A measurement found a broken promise. The text says which one.
#[derive(Debug)]
pub struct BrokenPromise(pub String);

impl std::fmt::Display for BrokenPromise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BrokenPromise {}
