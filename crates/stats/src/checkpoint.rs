//! State as words: what a detector must keep to go on after a restart, bit for bit.
//!
//! Words are `u64`: counts as they are, floats by their bits. So infinities survive text formats that have none, and
//! a loaded detector gives exactly the answers of the one that was saved. Parameters are not part of the state: load
//! into a detector made with the same parameters.

use thiserror::Error;

/// A state that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("saved state of {found} words does not fit a {detector}: {expected}")]
pub struct CheckpointError {
    /// Which detector was to load it.
    pub detector: &'static str,
    /// Number of words given.
    pub found: usize,
    /// What was expected.
    pub expected: &'static str,
}

/// Saves its state to words and loads it again.
pub trait Checkpoint {
    /// The state as words, of bounded length.
    fn save(&self) -> Vec<u64>;

    /// Replaces the state.
    ///
    /// # Errors
    /// [`CheckpointError`] when the words cannot be a state of this detector; the state is then unchanged.
    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError>;
}

/// Reads words in the order in which they were written.
pub(crate) struct Reader<'a> {
    detector: &'static str,
    words: &'a [u64],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(detector: &'static str, words: &'a [u64]) -> Self {
        Self { detector, words, at: 0 }
    }

    pub(crate) fn error(&self, expected: &'static str) -> CheckpointError {
        CheckpointError { detector: self.detector, found: self.words.len(), expected }
    }

    pub(crate) fn count(&mut self) -> Result<u64, CheckpointError> {
        let word = self.words.get(self.at).copied().ok_or_else(|| self.error("more words"))?;
        self.at += 1;
        Ok(word)
    }

    /// A float that may be infinite but is a number.
    pub(crate) fn float(&mut self) -> Result<f64, CheckpointError> {
        let value = f64::from_bits(self.count()?);
        if value.is_nan() { Err(self.error("numbers")) } else { Ok(value) }
    }

    /// A length of at most `most`.
    pub(crate) fn length(&mut self, most: usize) -> Result<usize, CheckpointError> {
        usize::try_from(self.count()?).ok().filter(|&n| n <= most).ok_or_else(|| self.error("a shorter list"))
    }

    pub(crate) fn end(self) -> Result<(), CheckpointError> {
        if self.at == self.words.len() { Ok(()) } else { Err(self.error("fewer words")) }
    }
}
