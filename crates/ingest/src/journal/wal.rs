//! Reads SQLite's write-ahead log as bytes: to tell a torn tail from damage, and to save what lies behind damage.
//!
//! SQLite itself stops at the first frame of the log whose checksum is wrong, whatever follows, and says nothing. The
//! checksum of each frame of the log continues the one before, which is stored: so the chain can be taken up again
//! behind a bad frame. Here *page frame* is SQLite's frame: 24 bytes and a page.
//!
//! Source: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.

use super::segment::PAGE_BYTES;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

const HEADER: usize = 32;
const PAGE_HEAD: usize = 24;
pub(super) const PAGE_FRAME: usize = PAGE_HEAD + PAGE_BYTES;
/// Checksums over little-endian words; the lowest bit says big-endian.
const MAGIC: u32 = 0x377f_0682;
const VERSION: u32 = 3_007_000;

type Sum = (u32, u32);

/// What a log holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Bytes of the file.
    pub(super) len: u64,
    /// Where the last commit ends before which everything is right.
    pub(super) whole: u64,
    /// Where the first bad page frame begins, if one is complete in length.
    pub(super) bad: Option<u64>,
    /// Commits whose last page frame is right and lies behind the first bad one.
    pub(super) commits_behind: u64,
    /// All commits, of bad page frames as well. Each append is one.
    pub(super) commits: u64,
}

/// Checks each page frame of the log at `path`. A missing log is an empty one. Memory: one page.
pub(super) fn scan(path: &Path) -> io::Result<Scan> {
    let mut scan = Scan::default();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(scan),
        Err(error) => return Err(error),
    };
    scan.len = file.metadata()?.len();
    scan.whole = scan.len.min(HEADER as u64);
    let mut at = HEADER as u64;
    each(file, |page, right| {
        let next = at + PAGE_FRAME as u64;
        scan.commits += u64::from(commits(page));
        match (right, scan.bad) {
            (true, None) if commits(page) => scan.whole = next,
            (true, Some(_)) if commits(page) => scan.commits_behind += 1,
            (false, None) => scan.bad = Some(at),
            _ => {}
        }
        at = next;
        Ok(())
    })?;
    Ok(scan)
}

/// How to copy a damaged log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mend {
    /// Bad pages as they are. Right if little of a page is wrong.
    Keep,
    /// Without bad pages: their former versions count. Right if nothing of a page is left.
    Drop,
}

/// Writes the log at `from` again with right checksums, so that SQLite reads all of it. What depends on a bad page
/// fails its own checksum.
pub(super) fn mend(from: &Path, to: &Path, how: Mend) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(to)?);
    let mut head = [0; HEADER];
    for (place, word) in head.chunks_exact_mut(4).zip([MAGIC, VERSION, PAGE_BYTES as u32, 0, 1, 1]) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    let mut sum = add((0, 0), head.split_at(HEADER - 8).0, false);
    head.split_at_mut(HEADER - 8).1.copy_from_slice(&stored(sum));
    out.write_all(&head)?;
    let file = File::open(from)?;
    let written = u32::try_from(file.metadata()?.len() / PAGE_FRAME as u64).unwrap_or(u32::MAX).saturating_add(2);
    each(file, |page, right| {
        // No page has a number beyond the pages that were written, and page 1 holds the schema.
        let number = word(page, 0);
        if right || (how == Mend::Keep && number > 1 && number <= written) {
            let mut head = [0; PAGE_HEAD];
            let (numbers, content) = (page.split_at(8).0, page.split_at(PAGE_HEAD).1);
            sum = add(add(sum, numbers, false), content, false);
            let salt = [0, 0, 0, 1, 0, 0, 0, 1];
            for (place, byte) in head.iter_mut().zip(numbers.iter().chain(&salt).chain(&stored(sum))) {
                *place = *byte;
            }
            out.write_all(&head)?;
            out.write_all(content)?;
        }
        Ok(())
    })?;
    out.into_inner()?.sync_data()
}

/// Calls `with` for each page frame that has its full length, and whether it is right.
fn each(file: File, mut with: impl FnMut(&[u8], bool) -> io::Result<()>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let mut head = [0; HEADER];
    if !fill(&mut reader, &mut head)? {
        return Ok(());
    }
    let big = word(&head, 0) & 1 == 1;
    let sum = add((0, 0), head.split_at(HEADER - 8).0, big);
    let header_is_right =
        word(&head, 0) & !1 == MAGIC && word(&head, 8) == PAGE_BYTES as u32 && read_sum(&head, 24) == sum;
    let mut salt = header_is_right.then(|| read_sum(&head, 16));
    let mut before = header_is_right.then_some((sum, sum));
    let mut page = vec![0; PAGE_FRAME];
    while fill(&mut reader, &mut page)? {
        let of_this_log = *salt.get_or_insert_with(|| read_sum(&page, 8)) == read_sum(&page, 8);
        let written = read_sum(&page, 16);
        let follows = |sum: Sum| add(add(sum, page.split_at(8).0, big), page.split_at(PAGE_HEAD).1, big);
        let right = before.is_some_and(|(stored, _)| follows(stored) == written)
            || before.is_some_and(|(stored, counted)| stored != counted && follows(counted) == written);
        let counted = before.map_or(written, |(_, counted)| follows(counted));
        before = Some((written, if right { written } else { counted }));
        with(&page, right && of_this_log)?;
    }
    Ok(())
}

/// False at the end of the file, also when it ends within `buffer`.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A commit's last page frame carries the size of the database.
fn commits(page: &[u8]) -> bool {
    word(page, 4) != 0
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk::<4>).map_or(0, |word| u32::from_be_bytes(*word))
}

fn read_sum(bytes: &[u8], at: usize) -> Sum {
    (word(bytes, at), word(bytes, at + 4))
}

fn stored(sum: Sum) -> [u8; 8] {
    ((u64::from(sum.0) << 32) | u64::from(sum.1)).to_be_bytes()
}

fn add(sum: Sum, bytes: &[u8], big: bool) -> Sum {
    let read = |word: &[u8]| {
        let word = word.first_chunk::<4>().copied().unwrap_or_default();
        if big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    };
    bytes.chunks_exact(8).fold(sum, |(mut first, mut second), pair| {
        let (a, b) = pair.split_at(4);
        first = first.wrapping_add(read(a)).wrapping_add(second);
        second = second.wrapping_add(read(b)).wrapping_add(first);
        (first, second)
    })
}
