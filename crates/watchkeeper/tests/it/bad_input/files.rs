//! Files that are missing, empty, damaged, or not what their names say.

use crate::data::{batch, integers, normals, rows, write, write_parquet};
use crate::support::{Dir, Run};

/// A folder with a good Parquet file `good.parquet`.
fn dir(name: &str) -> Dir {
    let dir = Dir::new(name);
    write(&dir.file("good.parquet"), &rows(1, 500, 0.0));
    dir
}

/// Checks the file on either side: the message is the same.
fn on_both_sides(dir: &Dir, file: &str, see: impl Fn(&Run)) {
    see(&dir.check(file, "good.parquet", ""));
    see(&dir.check("good.parquet", file, ""));
}

#[test]
fn a_missing_file_is_named() {
    let dir = dir("missing");
    for name in ["none.parquet", "none/*.parquet", "none/"] {
        on_both_sides(&dir, name, |run| run.refused(&["no file matches", &format!("`{name}`")]));
    }
    dir.run("init none.csv").refused(&["no file matches `none.csv`"]);
}

#[test]
fn a_folder_without_data_is_refused() {
    let dir = dir("folder");
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    on_both_sides(&dir, "empty", |run| run.refused(&["no file matches `empty`"]));
    dir.write("hidden/.part.parquet", "x");
    dir.write("hidden/_SUCCESS", "");
    on_both_sides(&dir, "hidden", |run| run.refused(&["no file matches `hidden`"]));
    dir.write("other/readme.md", "# Notes");
    on_both_sides(&dir, "other", |run| {
        run.refused(&["cannot tell the format of", "readme.md`", "expected a suffix .parquet, .csv"]);
    });
}

#[test]
fn a_bad_pattern_is_refused() {
    let dir = dir("pattern");
    on_both_sides(&dir, "x[", |run| run.refused(&["`x[` is not a valid file pattern"]));
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let dir = dir("permission");
    let path = dir.write("closed.csv", "a\n1\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&path).is_ok() {
        return; // The superuser reads everything.
    }
    on_both_sides(&dir, "closed.csv", |run| run.refused(&["cannot read `closed.csv`: Permission denied"]));
}

#[test]
fn a_file_that_is_not_what_its_suffix_says_is_told() {
    let dir = dir("suffix");
    std::fs::copy(dir.path().join("good.parquet"), dir.file("parquet.csv")).unwrap();
    std::fs::copy(dir.path().join("good.parquet"), dir.file("parquet.ndjson")).unwrap();
    std::fs::copy(dir.path().join("good.parquet"), dir.file("parquet.feather")).unwrap();
    write(&dir.file("x.arrow"), &rows(1, 50, 0.0));
    std::fs::rename(dir.path().join("x.arrow"), dir.path().join("arrow.parquet")).unwrap();
    dir.write("text.parquet", "a,b\n1,2\n");
    dir.write("text.arrow", "a,b\n1,2\n");
    dir.write("text.ndjson", "a,b\n1,2\n");
    dir.write("lines.parquet", "{\"a\": 1}\n");
    dir.write("array.json", "[{\"a\": 1}, {\"a\": 2}]");
    dir.write("array_spread.json", "\n[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n");
    dir.write("zip.csv", b"PK\x03\x04\x14\x00\x00\x00\x08\x00abc");
    let cases = [
        ("parquet.csv", "is not CSV: it looks like Parquet"),
        ("parquet.ndjson", "is not NDJSON: it looks like Parquet"),
        ("parquet.feather", "is not Arrow IPC: it looks like Parquet"),
        ("arrow.parquet", "is not Parquet: it looks like Arrow IPC"),
        ("text.parquet", "is not Parquet: it looks like text"),
        ("text.arrow", "is not Arrow IPC: it looks like text"),
        ("text.ndjson", "is not NDJSON: it looks like text"),
        ("lines.parquet", "is not Parquet: it looks like JSON"),
        ("array.json", "is not NDJSON: it holds one JSON array; write one object a line (`jq -c '.[]'`)"),
        ("array_spread.json", "is not NDJSON: it holds one JSON array"),
        ("zip.csv", "is not CSV: it looks like binary data of another kind"),
    ];
    for (file, message) in cases {
        on_both_sides(&dir, file, |run| run.refused(&[&format!("`{file}` {message}")]));
    }
}

#[test]
fn an_empty_file_is_told() {
    let dir = dir("empty");
    for file in ["zero.parquet", "zero.csv", "zero.ndjson", "zero.arrow", "zero"] {
        dir.write(file, "");
        on_both_sides(&dir, file, |run| run.refused(&[&format!("`{file}` is empty (0 bytes)")]));
    }
}

#[test]
fn a_side_without_rows_is_told() {
    let dir = dir("no-rows");
    let nothing = rows(1, 500, 0.0).slice(0, 0);
    for file in ["nothing.parquet", "nothing.arrow", "nothing.arrows", "nothing.csv"] {
        write(&dir.file(file), &nothing);
        dir.check(file, "good.parquet", "").refused(&["the reference", &format!("`{file}` has no rows")]);
        dir.check("good.parquet", file, "").refused(&["the current data", &format!("`{file}` has no rows")]);
        dir.check("good.parquet", file, "--by ts").refused(&["has no rows"]);
        dir.check("good.parquet", file, "--segment city").refused(&["has no rows"]);
    }
    dir.write("blank.ndjson", "\n\n");
    on_both_sides(&dir, "blank.ndjson", |run| run.refused(&["`blank.ndjson` is not NDJSON", "white space"]));
}

/// Cuts a Parquet file at every kind of place: magic, pages, footer, last byte.
#[test]
fn a_truncated_parquet_file_is_told() {
    let dir = dir("truncated");
    write_parquet(&dir.file("whole.parquet"), &rows(2, 4000, 0.0), 1000);
    let whole = std::fs::read(dir.path().join("whole.parquet")).unwrap();
    let size = whole.len();
    let cuts =
        [4, 7, 8, 11, 12, 100, size / 3, size / 2, size * 9 / 10, size - 500, size - 9, size - 8, size - 4, size - 1];
    for cut in cuts {
        dir.write("cut.parquet", &whole[..cut]);
        on_both_sides(&dir, "cut.parquet", |run| run.refused(&["`cut.parquet` is damaged or not Parquet: "]));
    }
}

/// The footer is whole, so that the damage shows only when the pages are read.
#[test]
fn damaged_pages_are_told_with_the_column() {
    let dir = dir("pages");
    let table = batch(vec![("x", normals(3, 20_000, 0.0)), ("n", integers((0..20_000).map(|i| i % 97)))]);
    write_parquet(&dir.file("whole.parquet"), &table, 5000);
    let whole = std::fs::read(dir.path().join("whole.parquet")).unwrap();
    let footer = 8 + u32::from_le_bytes(whole[whole.len() - 8..whole.len() - 4].try_into().unwrap()) as usize;
    let mut told = 0;
    for part in 1..20 {
        // Bytes fall out of the middle: what comes after them is moved, and the last pages are missing.
        let at = (whole.len() - footer) * part / 20;
        let mut hole = whole[..at].to_vec();
        hole.extend_from_slice(&whole[at + 64..whole.len() - footer]);
        hole.extend_from_slice(&whole[whole.len() - footer..]);
        dir.write("hole.parquet", &hole);
        // Bytes are changed in place.
        let mut noise = whole.clone();
        noise[at..at + 64].iter_mut().for_each(|byte| *byte ^= 0x5a);
        dir.write("noise.parquet", &noise);
        for file in ["hole.parquet", "noise.parquet"] {
            for run in [dir.check(file, "whole.parquet", ""), dir.check("whole.parquet", file, "")] {
                // Changed values may still be values; never a panic (`Dir::run` looks), never a code beyond 2.
                if run.code == Some(2) {
                    told += 1;
                    run.refused(&[&format!("`{file}` is damaged or not Parquet: ")]);
                }
            }
        }
    }
    assert!(told >= 19, "{told}");
}

#[test]
fn damaged_arrow_files_are_told() {
    let dir = dir("arrow");
    for name in ["whole.arrow", "whole.arrows"] {
        write(&dir.file(name), &rows(2, 2000, 0.0));
        let whole = std::fs::read(dir.path().join(name)).unwrap();
        for part in 1..12 {
            let cut = name.replace("whole", "cut");
            dir.write(&cut, &whole[..whole.len() * part / 12]);
            on_both_sides(&dir, &cut, |run| run.refused(&[&format!("`{cut}` is damaged or not Arrow IPC: ")]));
        }
    }
}

#[test]
fn one_side_is_of_one_format() {
    let dir = dir("mixed");
    write(&dir.file("side/a.parquet"), &rows(1, 50, 0.0));
    write(&dir.file("side/b.csv"), &rows(2, 50, 0.0));
    on_both_sides(&dir, "side", |run| {
        run.refused(&["a.parquet` is Parquet", "b.csv` is CSV", "must be of one format"]);
    });
}
