//! SQLite in WAL mode with `synchronous = FULL`: the write-ahead log is synced by every commit.

use crate::{Failure, Store};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// One database; a segment is a table, checkpoints run as they do by default.
struct OneFile {
    connection: Connection,
    number: u64,
}

pub fn one_file(dir: &Path) -> Result<Box<dyn Store>, Failure> {
    let connection = connect(&dir.join("journal.db"), 8_192, 1000)?;
    connection.execute_batch("CREATE TABLE s0 (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)")?;
    Ok(Box::new(OneFile { connection, number: 0 }))
}

impl Store for OneFile {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), Failure> {
        insert(&mut self.connection, &format!("INSERT INTO s{} (bytes) VALUES (?)", self.number), records)
    }

    fn rotate(&mut self) -> Result<(), Failure> {
        self.number += 1;
        let mut commands =
            format!("BEGIN; CREATE TABLE s{} (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);", self.number);
        if let Some(old) = self.number.checked_sub(2) {
            commands += &format!("DROP TABLE s{old};");
        }
        Ok(self.connection.execute_batch(&(commands + "COMMIT"))?)
    }
}

/// A database per segment that is never checkpointed: what was written stays in the log until the files are removed.
struct FilePerSegment<const PAGE: u32> {
    dir: PathBuf,
    connection: Connection,
    sealed: Option<Connection>,
    number: u64,
}

pub fn file_per_segment<const PAGE: u32>(dir: &Path) -> Result<Box<dyn Store>, Failure> {
    let connection = segment(dir, PAGE, 0)?;
    Ok(Box::new(FilePerSegment::<PAGE> { dir: dir.into(), connection, sealed: None, number: 0 }))
}

fn segment(dir: &Path, page_bytes: u32, number: u64) -> Result<Connection, Failure> {
    let connection = connect(&dir.join(format!("{number}.db")), page_bytes, 0)?;
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.execute_batch("CREATE TABLE records (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)")?;
    Ok(connection)
}

impl<const PAGE: u32> Store for FilePerSegment<PAGE> {
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), Failure> {
        insert(&mut self.connection, "INSERT INTO records (bytes) VALUES (?)", records)
    }

    fn rotate(&mut self) -> Result<(), Failure> {
        self.number += 1;
        let next = segment(&self.dir, PAGE, self.number)?;
        let current = std::mem::replace(&mut self.connection, next);
        if let Some(old) = self.sealed.replace(current) {
            drop(old);
            for suffix in ["db", "db-wal", "db-shm"] {
                let path = self.dir.join(format!("{}.{suffix}", self.number - 2));
                if path.exists() {
                    std::fs::remove_file(path)?;
                }
            }
        }
        Ok(())
    }
}

fn connect(path: &Path, page_bytes: u32, checkpoint_pages: u32) -> Result<Connection, Failure> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "page_size", page_bytes)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "wal_autocheckpoint", checkpoint_pages)?;
    Ok(connection)
}

fn insert(connection: &mut Connection, statement: &str, records: &[Vec<u8>]) -> Result<(), Failure> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached(statement)?;
        for record in records {
            insert.execute([record.as_slice()])?;
        }
    }
    Ok(transaction.commit()?)
}

pub fn read(dir: &Path) -> Result<Vec<u64>, Failure> {
    let connection = connect(&dir.join("journal.db"), 8_192, 1000)?;
    let mut statement = connection.prepare("SELECT bytes FROM s0")?;
    let mut rows = statement.query([])?;
    let mut numbers = Vec::new();
    while let Some(row) = rows.next()? {
        numbers.extend(crate::faults::number(row.get_ref(0)?.as_blob()?));
    }
    Ok(numbers)
}
