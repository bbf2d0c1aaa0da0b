//! What the table targets share: bytes into a file, the file through everything that reads tables.

use std::path::PathBuf;
use std::sync::OnceLock;

use watchkeeper::infer::infer_columns;
use watchkeeper::table::Table;

/// Reads `bytes` as a table of the format that `suffix` names: opens it, infers its columns, scans all of it.
///
/// Any of these may refuse; none may panic. What was opened must agree with itself: every scan gives the same number
/// of rows, one array per column that was asked for, arrays as long as their batch.
pub fn read_table(bytes: &[u8], suffix: &str) {
    let path = file(suffix);
    if std::fs::write(path, bytes).is_err() {
        return;
    }
    let Some(text) = path.to_str() else { return };
    let Ok(table) = Table::open(text) else { return };
    let _ = infer_columns(&table);
    let all: Vec<usize> = (0..table.columns.len()).collect();
    let Some(rows) = rows_of(&table, &all) else { return };
    for &column in &all {
        if let Some(alone) = rows_of(&table, &[column]) {
            assert_eq!(alone, rows, "column {column} alone has another number of rows than all together");
        }
    }
}

fn rows_of(table: &Table, columns: &[usize]) -> Option<u64> {
    let mut rows = 0;
    let outcome = table.scan_batches(columns, &mut |first_row, batch| {
        assert_eq!(first_row, rows, "batches follow one another");
        assert_eq!(batch.num_columns(), columns.len(), "one array per column asked for");
        rows += batch.num_rows() as u64;
        Ok(())
    });
    outcome.is_ok().then_some(rows)
}

/// One file per process, so that targets can run side by side.
fn file(suffix: &str) -> &'static PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| std::env::temp_dir().join(format!("watchkeeper-fuzz-{}.{suffix}", std::process::id())))
}
