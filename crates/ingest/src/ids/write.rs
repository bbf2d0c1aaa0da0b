//! Writing a run: entries in the order of their keys, in one pass, with memory for one page per section.

use super::entry::{Key, Value};
use super::filter::{self, Block};
use super::layout::{self, BLOCKS, ENTRIES, FENCES, Facts, Histogram, PAGE, Page};
use crate::journal::SegmentNo;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Pages that are written together.
const BATCH: usize = 64;

/// Pages of one section, buffered.
struct Section {
    buffer: Vec<u8>,
    page: Page,
    next: u64,
}

impl Section {
    fn new(at: u64) -> Self {
        Self { buffer: Vec::with_capacity(BATCH * PAGE), page: [0; PAGE], next: at }
    }

    fn end_page(&mut self, file: &File) -> io::Result<()> {
        layout::seal(&mut self.page, self.next);
        self.buffer.extend_from_slice(&self.page);
        self.page = [0; PAGE];
        self.next += 1;
        if self.buffer.len() >= BATCH * PAGE { self.flush(file) } else { Ok(()) }
    }

    fn flush(&mut self, file: &File) -> io::Result<()> {
        let first = self.next - (self.buffer.len() / PAGE) as u64;
        file.write_all_at(&self.buffer, first * PAGE as u64)?;
        self.buffer.clear();
        Ok(())
    }
}

pub(super) struct RunWriter {
    file: File,
    facts: Facts,
    entries: Section,
    filter: Section,
    fences: Vec<u64>,
    block: Block,
    block_number: u64,
}

impl RunWriter {
    /// At most `most` entries will come, whose days to keep lie in `oldest..=newest`.
    pub(super) fn create(path: &Path, most: u64, (oldest, newest): (u16, u16), covers: SegmentNo) -> io::Result<Self> {
        let pages = most.div_ceil(ENTRIES);
        let fences_at = 1 + pages;
        let filter_at = fences_at + pages.div_ceil(FENCES);
        let days = Histogram::new(oldest, newest);
        let blocks = filter::blocks(most);
        let facts = Facts { entries: 0, blocks, fences_at, filter_at, covers, newest: oldest, days };
        Ok(Self {
            file: File::create(path)?,
            facts,
            entries: Section::new(1),
            filter: Section::new(filter_at),
            fences: Vec::new(),
            block: Block::default(),
            block_number: 0,
        })
    }

    /// The next entry; its key is larger than those before.
    pub(super) fn push(&mut self, key: Key, value: Value) -> io::Result<()> {
        let place = self.facts.entries % ENTRIES;
        if place == 0 {
            self.fences.push(key.high);
        }
        layout::put_entry(&mut self.entries.page, place, key, value);
        self.facts.entries += 1;
        if place + 1 == ENTRIES {
            self.entries.end_page(&self.file)?;
        }
        let block = filter::block(key, self.facts.blocks);
        while self.block_number < block {
            self.end_block()?;
        }
        self.block.add(key);
        self.facts.newest = self.facts.newest.max(value.keep_day());
        self.facts.days.add(value.keep_day());
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        if !self.facts.entries.is_multiple_of(ENTRIES) {
            self.entries.end_page(&self.file)?;
        }
        while self.block_number < self.facts.blocks {
            self.end_block()?;
        }
        if !self.facts.blocks.is_multiple_of(BLOCKS) {
            self.filter.end_page(&self.file)?;
        }
        let mut fences = Section::new(self.facts.fences_at);
        for chunk in self.fences.chunks(FENCES as usize) {
            layout::put(&mut fences.page, chunk.iter().copied());
            fences.end_page(&self.file)?;
        }
        for section in [&mut self.entries, &mut self.filter, &mut fences] {
            section.flush(&self.file)?;
        }
        self.file.write_all_at(&self.facts.encode(), 0)?;
        self.file.sync_all()
    }

    fn end_block(&mut self) -> io::Result<()> {
        let place = (self.block_number % BLOCKS) as usize;
        let words = self.filter.page.chunks_exact_mut(8).skip(place * 8);
        for (to, word) in words.zip(self.block.0) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        self.block = Block::default();
        self.block_number += 1;
        if place as u64 + 1 == BLOCKS { self.filter.end_page(&self.file) } else { Ok(()) }
    }
}
