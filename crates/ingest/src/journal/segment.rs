//! The files of one segment.

use super::wal::Mend;
use super::{JournalError, SegmentNo, files};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Bytes of a page of the database. Larger ones cost small appends more disk, smaller ones large appends more time.
pub(super) const PAGE_BYTES: usize = 8192;

const TABLE: &str = "CREATE TABLE frames (id INTEGER PRIMARY KEY, records INTEGER NOT NULL, checksum INTEGER NOT NULL, \
                     bytes BLOB NOT NULL)";

pub(super) fn database(dir: &Path, number: SegmentNo) -> PathBuf {
    dir.join(format!("{number}.db"))
}

pub(super) fn log(dir: &Path, number: SegmentNo) -> PathBuf {
    dir.join(format!("{number}.db-wal"))
}

/// The database that a damaged segment is copied to.
pub(super) fn mended(dir: &Path, number: SegmentNo, how: Mend) -> PathBuf {
    let how = match how {
        Mend::Keep => "kept",
        Mend::Drop => "dropped",
    };
    dir.join(format!("{number}.mended.{how}"))
}

pub(super) fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// The bytes of an empty segment's database. Made in memory: a journal on a full disk must open.
pub(super) fn template() -> Result<Vec<u8>, JournalError> {
    let make = || {
        let connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "page_size", PAGE_BYTES as i64)?;
        connection.execute_batch(TABLE)?;
        connection.serialize("main").map(|bytes| bytes.to_vec())
    };
    let mut bytes = make().map_err(JournalError::store("prepare", SegmentNo(0), Path::new("")))?;
    // Version for writing and reading: 2 is WAL
    // (<https://www.sqlite.org/fileformat2.html#file_format_version_numbers>).
    if let Some(versions) = bytes.get_mut(18..20) {
        versions.fill(2);
    }
    Ok(bytes)
}

/// Makes the empty segment `number`, durably.
pub(super) fn create(dir: &Path, number: SegmentNo, template: &[u8]) -> Result<(), JournalError> {
    remove_file(&log(dir, number))?;
    write_durably(&database(dir, number), template)
}

/// Opens a segment's database alone. Its log is never checkpointed, neither by size nor when it is closed.
///
/// A second connection to the same segment waits a moment, then fails.
pub(super) fn connect(database: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    // Alone, SQLite keeps the index of its log in memory: no third file.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -2048)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Unlinks both files of a segment. The database goes first: a log alone is not a segment.
pub(super) fn unlink(dir: &Path, number: SegmentNo) -> Result<(), JournalError> {
    remove_file(&database(dir, number))?;
    remove_file(&log(dir, number))?;
    for how in [Mend::Keep, Mend::Drop] {
        unlink_database(&mended(dir, number, how))?;
    }
    sync_dir(dir)
}

pub(super) fn unlink_database(database: &Path) -> Result<(), JournalError> {
    remove_file(database)?;
    remove_file(&log_of(database))
}

pub(super) fn remove_file(path: &Path) -> Result<(), JournalError> {
    files::remove_file(path).map_err(JournalError::io("remove", path))
}

pub(super) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
    files::write_durably(path, bytes).map_err(JournalError::io("write", path))
}

pub(super) fn sync_dir(dir: &Path) -> Result<(), JournalError> {
    files::sync_dir(dir).map_err(JournalError::io("sync", dir))
}

/// Cuts a file to `len` bytes, durably.
pub(super) fn cut(path: &Path, len: u64) -> Result<(), JournalError> {
    let cut = || {
        let file = File::options().write(true).open(path)?;
        file.set_len(len)?;
        file.sync_all()
    };
    cut().map_err(JournalError::io("cut", path))
}
