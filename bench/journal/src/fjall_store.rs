//! fjall: a keyspace per segment, which is deleted as a whole.

use crate::{Failure, Store};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use std::path::Path;

struct Fjall {
    database: Database,
    segment: Keyspace,
    number: u64,
    record: u64,
    sealed: Option<Keyspace>,
}

pub fn open(dir: &Path) -> Result<Box<dyn Store>, Failure> {
    let database = Database::builder(dir.join("fjall")).worker_threads(1).open()?;
    let segment = database.keyspace("0", KeyspaceCreateOptions::default)?;
    Ok(Box::new(Fjall { database, segment, number: 0, record: 0, sealed: None }))
}

impl Store for Fjall {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), Failure> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for record in records {
            batch.insert(&self.segment, self.record.to_be_bytes(), record.as_slice());
            self.record += 1;
        }
        Ok(batch.commit()?)
    }

    fn rotate(&mut self) -> Result<(), Failure> {
        self.number += 1;
        let next = self.database.keyspace(&self.number.to_string(), KeyspaceCreateOptions::default)?;
        let current = std::mem::replace(&mut self.segment, next);
        if let Some(old) = self.sealed.replace(current) {
            self.database.delete_keyspace(old)?;
        }
        Ok(())
    }
}

pub fn read(dir: &Path) -> Result<Vec<u64>, Failure> {
    let database = Database::builder(dir.join("fjall")).worker_threads(1).open()?;
    let segment = database.keyspace("0", KeyspaceCreateOptions::default)?;
    let mut numbers = Vec::new();
    for guard in segment.iter() {
        numbers.extend(crate::faults::number(&guard.value()?));
    }
    Ok(numbers)
}
