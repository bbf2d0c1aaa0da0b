//! Every type that Arrow and Parquet can hold: counted, or named as not compared; never a panic.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, Date64Array, DictionaryArray, DurationSecondArray,
    FixedSizeBinaryArray, Float32Array, Int8Array, Int32Array, IntervalDayTimeArray, LargeStringArray, MapArray,
    RunArray, StringArray, StringViewArray, Time32SecondArray, Time64NanosecondArray, UInt16Array,
    builder::{Int32Builder, MapBuilder, StringBuilder},
    types::{Int8Type, Int32Type, IntervalDayTime},
};
use arrow_cast::cast;
use arrow_schema::DataType;

use crate::data::{batch, integers, texts, write};
use crate::support::{Dir, column, value};

const ROWS: usize = 300;

fn words() -> impl Iterator<Item = String> {
    (0..ROWS).map(|i| format!("word {}", i % 7))
}

fn map() -> MapArray {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    for i in 0..ROWS {
        builder.keys().append_value("k");
        builder.values().append_value(i as i32);
        builder.append(true).unwrap();
    }
    builder.finish()
}

/// Types that both formats hold.
fn common() -> Vec<(&'static str, ArrayRef)> {
    let n = ROWS as i32;
    let dictionary: DictionaryArray<Int8Type> =
        words().map(Some).collect::<Vec<_>>().iter().map(Option::as_deref).collect();
    let keys = Int32Array::from_iter_values((0..n).map(|i| i % 3));
    let numbers = DictionaryArray::<Int32Type>::try_new(keys, integers([10, 20, 30])).unwrap();
    vec![
        ("i8", Arc::new(Int8Array::from_iter_values((0..n).map(|i| (i % 100) as i8)))),
        ("u16", Arc::new(UInt16Array::from_iter_values((0..n).map(|i| i as u16)))),
        ("f16", cast(&Float32Array::from_iter_values((0..n).map(|i| i as f32)), &DataType::Float16).unwrap()),
        ("large_text", Arc::new(LargeStringArray::from_iter_values(words()))),
        ("text_view", Arc::new(StringViewArray::from_iter_values(words()))),
        ("dictionary", Arc::new(dictionary)),
        ("dictionary_of_numbers", Arc::new(numbers)),
        ("binary", Arc::new(BinaryArray::from_iter_values((0..n).map(|i| [0xff, i as u8])))),
        ("binary_view", Arc::new(BinaryViewArray::from_iter_values((0..n).map(|i| [0xff, i as u8])))),
        ("fixed", Arc::new(FixedSizeBinaryArray::try_from_iter((0..n).map(|i| [0xfe, i as u8])).unwrap())),
        ("date64", Arc::new(Date64Array::from_iter_values((0..i64::from(n)).map(|i| i * 86_400_000)))),
        ("time32", Arc::new(Time32SecondArray::from_iter_values(0..n))),
        ("time64", Arc::new(Time64NanosecondArray::from_iter_values(0..i64::from(n)))),
        ("map", Arc::new(map())),
    ]
}

/// Types that only Arrow files hold.
fn arrow_only() -> Vec<(&'static str, ArrayRef)> {
    let n = ROWS as i64;
    let ends = Int32Array::from_iter_values([100, 200, ROWS as i32]);
    let runs = RunArray::<Int32Type>::try_new(&ends, &StringArray::from(vec!["a", "b", "c"])).unwrap();
    let interval = (0..ROWS).map(|i| IntervalDayTime::new(i as i32, 0));
    vec![
        ("duration", Arc::new(DurationSecondArray::from_iter_values(0..n))),
        ("interval", Arc::new(IntervalDayTimeArray::from_iter_values(interval))),
        ("runs", Arc::new(runs)),
    ]
}

#[test]
fn every_type_is_like_itself() {
    let dir = Dir::new("types");
    write(&dir.file("t.parquet"), &batch(common()));
    let all: Vec<_> = common().into_iter().chain(arrow_only()).collect();
    write(&dir.file("t.arrow"), &batch(all.clone()));
    write(&dir.file("t.arrows"), &batch(all));
    for file in ["t.parquet", "t.arrow", "t.arrows"] {
        let result = dir.check(file, file, "--metrics all --html page.html").code(0).json();
        assert_eq!(result["verdict"], "ok", "{file}: {}", result["reason"]);
        for name in ["i8", "u16", "f16", "large_text", "text_view", "dictionary", "time32"] {
            assert_eq!(value(&result, name, "psi"), 0.0, "{file} {name}");
            assert_eq!(value(&result, name, "invalid_rate"), 0.0, "{file} {name}");
        }
        let reason = column(&result, "map")["reason"].as_str().unwrap();
        assert!(reason.contains("nested values"), "{file}: {reason}");
        dir.run(&format!("init {file} --out model.yaml --force")).code(0);
        dir.check(file, file, "--model model.yaml").code(0);
        for name in ["dictionary", "dictionary_of_numbers", "i8", "binary", "map"] {
            // Odd segments are refused or checked.
            dir.check(file, file, &format!("--columns i8 --segment {name}"));
            dir.check(file, file, &format!("--columns i8 --by {name}"));
        }
    }
}

/// The same words as every kind of text: no change of type, no drift.
#[test]
fn texts_of_every_kind_are_the_same() {
    let dir = Dir::new("texts");
    let plain: ArrayRef = texts(words());
    write(&dir.file("plain.parquet"), &batch(vec![("t", plain)]));
    for (name, array) in common() {
        if matches!(name, "large_text" | "text_view" | "dictionary") {
            for suffix in ["parquet", "arrow"] {
                let file = format!("{name}.{suffix}");
                assert_eq!(array.len(), ROWS);
                write(&dir.file(&file), &batch(vec![("t", array.clone())]));
                for (r, c) in [("plain.parquet", file.as_str()), (file.as_str(), "plain.parquet")] {
                    let result = dir.check(r, c, "--metrics all").code(0).json();
                    assert_eq!(result["schema_changes"].as_array().unwrap().len(), 0, "{r} {c}");
                    assert_eq!(value(&result, "t", "psi"), 0.0, "{r} {c}");
                }
            }
        }
    }
}
