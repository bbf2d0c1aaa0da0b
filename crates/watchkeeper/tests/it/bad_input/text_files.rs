//! CSV and NDJSON that are not well formed: the message has the line.

use crate::data::{rows, write};
use crate::support::Dir;

const GOOD: &str = "a,b\n1,x\n2,y\n3,x\n";

fn dir(name: &str) -> Dir {
    let dir = Dir::new(name);
    dir.write("good.csv", GOOD);
    dir
}

/// Each content is refused on either side, with all parts in the message.
fn refused(dir: &Dir, file: &str, cases: &[(&[u8], &[&str])]) {
    for (content, parts) in cases {
        dir.write(file, content);
        dir.check(file, "good.csv", "").refused(parts);
        dir.check("good.csv", file, "").refused(parts);
    }
}

#[test]
fn bad_bytes_and_ragged_lines_of_csv_are_told_with_their_line() {
    let dir = dir("csv");
    let cases: &[(&[u8], &[&str])] = &[
        (b"a,b\n1,x\n2,caf\xe9\n3,x\n", &["`bad.csv` is damaged or not CSV", "UTF-8", "line 3"]),
        (b"a,caf\xe9\n1,x\n", &["`bad.csv`", "UTF-8", "line 1"]),
        (b"a,b\n1,x\n2,y,z\n", &["`bad.csv`", "number of fields for line 3, expected 2 got 3"]),
        (b"a,b\n1,x\n2\n3,y\n", &["`bad.csv`", "number of fields for line 3, expected 2 got 1"]),
        (b"a,b,a\n1,x,2\n", &["`bad.csv` has two columns named `a`; names must be unique"]),
        (b"\n\n\n", &["`bad.csv`", "no columns"]),
    ];
    refused(&dir, "bad.csv", cases);
}

/// The place is that of the file, however many rows come before it, and in whichever file it is.
#[test]
fn a_bad_line_far_down_is_told_with_its_line() {
    let dir = dir("far");
    let mut content = String::from("a,b\n");
    for row in 0..30_000 {
        content.push_str(&format!("{row},x\n"));
    }
    dir.write("far/1.csv", &content);
    dir.write("far/2.csv", format!("{content}1,2,3\n"));
    dir.check("far", "good.csv", "").refused(&["far/2.csv`", "line 30002, expected 2 got 3"]);
    let mut bytes = content.clone().into_bytes();
    bytes.extend_from_slice(b"7,\xff\xfe\n");
    dir.write("far/2.csv", bytes);
    dir.check("good.csv", "far", "").refused(&["far/2.csv`", "line 30002", "UTF-8"]);
}

#[test]
fn bad_lines_of_ndjson_are_told_with_their_line() {
    let dir = dir("ndjson");
    let cases: &[(&[u8], &[&str])] = &[
        (b"{\"a\": 1}\n{\"a\": 2\n", &["`bad.ndjson` is damaged or not NDJSON", "line 2"]),
        (b"{\"a\": 1}\n7\n", &["line 2: expected an object, found `a number`"]),
        (b"{\"a\": 1}\n[1, 2]\n", &["line 2: expected an object, found `an array`"]),
        (b"{\"a\": 1}\n{\"a\": \"caf\xe9\"}\n", &["line 2", "UTF-8"]),
        (b"{\n  \"a\": 1\n}\n", &["line 1"]),
        (b"{}\n{}\n", &["`bad.ndjson` has no columns"]),
        (b"\n\n", &["`bad.ndjson`", "nothing but white space"]),
    ];
    refused(&dir, "bad.ndjson", cases);
}

/// Beyond the lines that names and types are taken from, another reader is at work.
#[test]
fn a_bad_ndjson_line_far_down_is_told() {
    let dir = dir("far_ndjson");
    let good: String = (0..20_000).map(|row| format!("{{\"a\": {row}, \"b\": \"x\"}}\n")).collect();
    for (line, part) in [
        (&b"{\"a\": 1, \"b\": }"[..], "line 20001: expected value at column 15"),
        (b"[1]", "line 20001: expected an object, found `an array`"),
        (b"{\"a\": 1", "line 20001: EOF while parsing an object at column 7"),
        (b"{\"a\": \"\xff\"}", "line 20001: it is not UTF-8 text"),
    ] {
        dir.write("far.ndjson", [good.as_bytes(), line, b"\n"].concat());
        dir.check("far.ndjson", "good.csv", "").refused(&["`far.ndjson` is damaged or not NDJSON", part]);
    }
}

/// Things that look odd and are not wrong.
#[test]
fn odd_but_sound_text_files_are_read() {
    let dir = Dir::new("odd");
    write(&dir.file("good.csv"), &rows(1, 300, 0.0));
    let text = dir.read("good.csv");
    let semicolons: String = "a;b\n".to_owned() + &"1;x\n2;y\n".repeat(100);
    let commas: String = "a,b\n".to_owned() + &"1,x\n2,y\n".repeat(100);
    dir.write("commas.csv", &commas);
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("good.csv", "crlf.csv", text.replace('\n', "\r\n").into_bytes()),
        ("good.csv", "bom.csv", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("good.csv", "no_last_newline.csv", text.trim_end().as_bytes().to_vec()),
        ("commas.csv", "semicolons.csv", semicolons.into_bytes()),
        ("commas.csv", "tabs.tsv", commas.replace(',', "\t").into_bytes()),
        ("commas.csv", "bars.txt", commas.replace(',', "|").into_bytes()),
        ("commas.csv", "quoted.csv", commas.replace("a,b", "\"a\",\"b\"").into_bytes()),
        ("commas.csv", "bom.ndjson", "\u{feff}{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2, \"b\": \"y\"}\n".into()),
        ("commas.csv", "blank_lines.ndjson", "\n{\"a\": 1, \"b\": \"x\"}\n\n{\"b\": \"y\", \"a\": 2}\n\n".into()),
        ("commas.csv", "break_in_quotes.csv", (commas.clone() + "1,\"x\ny, z\"\n").into_bytes()),
    ];
    for (like, file, content) in cases {
        dir.write(file, content);
        let result = dir.check(like, file, "").code(0).json();
        assert_eq!(result["schema_changes"].as_array().unwrap().len(), 0, "{file}");
        assert_eq!(result["columns"].as_array().unwrap().len(), if like == "good.csv" { 7 } else { 2 }, "{file}");
    }
    let result = dir.check("commas.csv", "break_in_quotes.csv", "").json();
    assert_eq!(result["current"]["rows"], 201);
}
