//! Reading a run.

use super::entry::{Key, Value};
use super::error::IdsError;
use super::filter::{self, Block};
use super::layout::{self, BLOCKS, ENTRIES, FENCES, Facts, PAGE, Page};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An immutable sorted file of entries.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) number: u64,
    path: PathBuf,
    file: File,
    pub(super) facts: Facts,
    /// The first key of each page of entries; its high part.
    fences: Vec<u64>,
}

/// The blocks of a run's filter in memory.
pub(super) type Filter = Arc<Vec<Block>>;

pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number}.run"))
}

impl Run {
    pub(super) fn open(dir: &Path, number: u64) -> Result<Self, IdsError> {
        let path = path(dir, number);
        let file = File::open(&path).map_err(IdsError::io("open", &path))?;
        let bytes = file.metadata().map_err(IdsError::io("examine", &path))?.len();
        let mut page = [0; PAGE];
        let damaged = || IdsError::Damaged { path: path.clone(), page: 0 };
        file.read_exact_at(&mut page, 0).map_err(|_| damaged())?;
        let facts = Facts::decode(&page).ok_or_else(damaged)?;
        if bytes != (facts.filter_at + facts.blocks.div_ceil(BLOCKS)) * PAGE as u64 {
            return Err(damaged());
        }
        let mut run = Self { number, path, file, facts, fences: Vec::new() };
        let pages = run.facts.entry_pages();
        let mut fences = Vec::with_capacity(usize::try_from(pages).unwrap_or(0));
        for at in 0..pages.div_ceil(FENCES) {
            let page = run.page(run.facts.fences_at + at)?;
            fences.extend(words(&page).take(FENCES as usize));
        }
        fences.truncate(usize::try_from(pages).unwrap_or(usize::MAX));
        run.fences = fences;
        Ok(run)
    }

    pub(super) fn file_bytes(&self) -> u64 {
        (self.facts.filter_at + self.facts.blocks.div_ceil(BLOCKS)) * PAGE as u64
    }

    pub(super) fn filter_bytes(&self) -> u64 {
        self.facts.blocks * size_of::<Block>() as u64
    }

    pub(super) fn fence_bytes(&self) -> u64 {
        (self.fences.capacity() * 8) as u64
    }

    pub(super) fn load_filter(&self) -> Result<Filter, IdsError> {
        let mut blocks = Vec::with_capacity(usize::try_from(self.facts.blocks).unwrap_or(0));
        for at in 0..self.facts.blocks.div_ceil(BLOCKS) {
            let page = self.page(self.facts.filter_at + at)?;
            let mut words = words(&page);
            for _ in 0..BLOCKS.min(self.facts.blocks - at * BLOCKS) {
                let mut block = Block::default();
                block.0.iter_mut().zip(&mut words).for_each(|(to, word)| *to = word);
                blocks.push(block);
            }
        }
        Ok(Arc::new(blocks))
    }

    /// False if the key is not in the run for sure.
    #[inline]
    pub(super) fn may_have(&self, filter: &[Block], key: Key) -> bool {
        let block = filter::block(key, self.facts.blocks);
        filter.get(block as usize).is_none_or(|block| block.has(key))
    }

    /// Reads one page, rarely a second one.
    pub(super) fn get(&self, key: Key) -> Result<Option<Value>, IdsError> {
        // The last page that begins below or at the key; pages before it may end with the same high part.
        let mut at = self.fences.partition_point(|fence| *fence <= key.high);
        while let Some(before) = at.checked_sub(1) {
            if let Some(value) = self.search(before as u64, key)? {
                return Ok(Some(value));
            }
            if self.fences.get(before) != Some(&key.high) {
                return Ok(None);
            }
            at = before;
        }
        Ok(None)
    }

    fn search(&self, at: u64, key: Key) -> Result<Option<Value>, IdsError> {
        let page = self.page(1 + at)?;
        let (mut low, mut high) = (0, ENTRIES.min(self.facts.entries - at * ENTRIES));
        while low < high {
            let middle = low.midpoint(high);
            let Some((found, value)) = layout::entry(&page, middle) else { return Ok(None) };
            match found.cmp(&key) {
                std::cmp::Ordering::Equal => return Ok(Some(value)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    fn page(&self, number: u64) -> Result<Page, IdsError> {
        let mut page = [0; PAGE];
        self.file.read_exact_at(&mut page, number * PAGE as u64).map_err(IdsError::io("read", &self.path))?;
        if layout::is_right(&page, number) {
            Ok(page)
        } else {
            Err(IdsError::Damaged { path: self.path.clone(), page: number })
        }
    }

    /// Reads every page of entries and of the filter.
    pub(super) fn verify(&self) -> Result<(), IdsError> {
        let filter = self.facts.filter_at..self.facts.filter_at + self.facts.blocks.div_ceil(BLOCKS);
        (1..=self.facts.entry_pages()).chain(filter).try_for_each(|number| self.page(number).map(drop))
    }

    /// All entries in order, page by page.
    pub(super) fn scan(self: Arc<Self>) -> Scan {
        Scan { run: self, next: 0, page: [0; PAGE] }
    }
}

pub(super) struct Scan {
    run: Arc<Run>,
    next: u64,
    page: Page,
}

impl Scan {
    pub(super) fn next(&mut self) -> Result<Option<(Key, Value)>, IdsError> {
        if self.next >= self.run.facts.entries {
            return Ok(None);
        }
        let place = self.next % ENTRIES;
        if place == 0 {
            self.page = self.run.page(1 + self.next / ENTRIES)?;
        }
        self.next += 1;
        Ok(layout::entry(&self.page, place))
    }
}

fn words(page: &Page) -> impl Iterator<Item = u64> {
    page.chunks_exact(8).filter_map(<[u8]>::first_chunk::<8>).map(|bytes| u64::from_le_bytes(*bytes))
}
