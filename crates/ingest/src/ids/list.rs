//! Which runs make up the index: one small file, replaced as a whole.

use super::error::IdsError;
use crate::journal::{SegmentNo, files};
use std::fmt::Write as _;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

const NAME: &str = "runs";
const TITLE: &str = "watchkeeper ids 1";

/// The runs, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct List {
    pub(super) covers: Option<SegmentNo>,
    pub(super) runs: Vec<u64>,
    /// Ids were lost, and not all of them are made again.
    pub(super) incomplete: bool,
    /// Larger than the number of any run so far.
    pub(super) next: u64,
}

impl List {
    /// `None` when there is none.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, IdsError> {
        let path = dir.join(NAME);
        match std::fs::read(&path) {
            Ok(bytes) => {
                let list = std::str::from_utf8(&bytes).ok().and_then(Self::parse);
                list.map(Some).ok_or(IdsError::Damaged { path, page: 0 })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(IdsError::io("read", path)(error)),
        }
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), IdsError> {
        let path = dir.join(NAME);
        files::write_durably(&path, self.text().as_bytes()).map_err(IdsError::io("write", path))
    }

    fn text(&self) -> String {
        let mut text = format!("{TITLE}\nnext {}\n", self.next);
        if let Some(covers) = self.covers {
            let _ = writeln!(text, "covers {covers}");
        }
        if self.incomplete {
            text.push_str("incomplete 1\n");
        }
        for run in &self.runs {
            let _ = writeln!(text, "run {run}");
        }
        let _ = writeln!(text, "checksum {:016x}", xxh3_64(text.as_bytes()));
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let mut list = Self::default();
        for line in text.lines().skip(1) {
            let (word, number) = line.split_once(' ')?;
            match word {
                "next" => list.next = number.parse().ok()?,
                "covers" => list.covers = Some(SegmentNo(number.parse().ok()?)),
                "incomplete" => list.incomplete = true,
                "run" => list.runs.push(number.parse().ok()?),
                _ => {}
            }
        }
        (list.text() == text).then_some(list)
    }
}
