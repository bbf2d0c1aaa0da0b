//! The floor: one write, one fdatasync, a file per segment.

use crate::{Failure, Store};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

struct Bare {
    dir: PathBuf,
    file: File,
    number: u64,
    at: u64,
    sealed: Option<PathBuf>,
    recycle: bool,
}

/// Files grow with each append, so each sync also commits a new length.
pub fn appending(dir: &Path) -> Result<Box<dyn Store>, Failure> {
    open(dir, false)
}

/// Forgotten files are written over: after the first two segments a sync has no metadata to commit.
pub fn recycling(dir: &Path) -> Result<Box<dyn Store>, Failure> {
    open(dir, true)
}

fn open(dir: &Path, recycle: bool) -> Result<Box<dyn Store>, Failure> {
    let file = File::create_new(dir.join("0"))?;
    File::open(dir)?.sync_all()?;
    Ok(Box::new(Bare { dir: dir.into(), file, number: 0, at: 0, sealed: None, recycle }))
}

impl Store for Bare {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), Failure> {
        let mut frame = Vec::with_capacity(records.iter().map(|r| r.len() + 12).sum());
        for record in records {
            frame.extend_from_slice(&(record.len() as u32).to_le_bytes());
            frame.extend_from_slice(&[0; 8]);
            frame.extend_from_slice(record);
        }
        self.file.write_all_at(&frame, self.at)?;
        self.at += frame.len() as u64;
        Ok(self.file.sync_data()?)
    }

    fn rotate(&mut self) -> Result<(), Failure> {
        let current = self.dir.join(self.number.to_string());
        self.number += 1;
        let next = self.dir.join(self.number.to_string());
        self.at = 0;
        match self.sealed.replace(current) {
            Some(old) if self.recycle => {
                std::fs::rename(old, &next)?;
                self.file = File::options().write(true).open(next)?;
            }
            old => {
                if let Some(old) = old {
                    std::fs::remove_file(old)?;
                }
                self.file = File::create_new(next)?;
            }
        }
        Ok(File::open(&self.dir)?.sync_all()?)
    }
}
