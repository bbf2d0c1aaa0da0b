//! redb: a table per segment, which is deleted as a whole.

use crate::{Failure, Store};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::path::Path;

struct Redb {
    database: Database,
    number: u64,
    record: u64,
}

pub fn open(dir: &Path) -> Result<Box<dyn Store>, Failure> {
    Ok(Box::new(Redb { database: Database::create(dir.join("redb"))?, number: 0, record: 0 }))
}

impl Store for Redb {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), Failure> {
        let name = self.number.to_string();
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        {
            let mut table = transaction.open_table(TableDefinition::<u64, &[u8]>::new(&name))?;
            for record in records {
                table.insert(self.record, record.as_slice())?;
                self.record += 1;
            }
        }
        Ok(transaction.commit()?)
    }

    fn rotate(&mut self) -> Result<(), Failure> {
        self.number += 1;
        let Some(old) = self.number.checked_sub(2) else { return Ok(()) };
        let transaction = self.database.begin_write()?;
        transaction.delete_table(TableDefinition::<u64, &[u8]>::new(&old.to_string()))?;
        Ok(transaction.commit()?)
    }
}

pub fn read(dir: &Path) -> Result<Vec<u64>, Failure> {
    let database = Database::open(dir.join("redb"))?;
    let transaction = database.begin_read()?;
    let table = transaction.open_table(TableDefinition::<u64, &[u8]>::new("0"))?;
    let mut numbers = Vec::new();
    for entry in table.iter()? {
        numbers.extend(crate::faults::number(entry?.1.value()));
    }
    Ok(numbers)
}
