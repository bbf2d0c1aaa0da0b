//! Writes the seeds of `profile_bytes` into `corpus/profile_bytes`. Run again when the encoding version changes:
//! `cargo run --example seeds` in this folder.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray};
use watchkeeper_profile::{BaselineBuilder, BaselineOptions, Kind};

fn main() -> std::io::Result<()> {
    let numbers = (0..40).map(|i| if i % 7 == 0 { None } else { Some(f64::from(i % 9) * 1.5 - 3.0) });
    let words = ["a", "b", "b", "", "c", "b"];
    let texts = ["one two three four", "five six seven eight nine", ""];
    let columns: [(&str, Kind, ArrayRef); 6] = [
        ("numeric", Kind::Numeric, Arc::new(numbers.collect::<Float64Array>())),
        ("outside", Kind::Numeric, Arc::new(Float64Array::from(vec![1.0, f64::INFINITY, f64::NAN, -1e300, 1e300]))),
        ("boolean", Kind::Boolean, Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("categorical", Kind::Categorical, Arc::new(StringArray::from(words.to_vec()))),
        ("text", Kind::Text, Arc::new(StringArray::from(texts.to_vec()))),
        ("presence", Kind::Presence, Arc::new(StringArray::from(vec![Some("x"), None]))),
    ];
    for (name, kind, array) in columns {
        let mut builder = BaselineBuilder::new(kind, BaselineOptions { sample: true, ..BaselineOptions::default() });
        builder.push(0, &array);
        let baseline = builder.finish();
        std::fs::write(format!("corpus/profile_bytes/{name}.grid"), baseline.grid.encode())?;
        std::fs::write(format!("corpus/profile_bytes/{name}.profile"), baseline.profile.encode())?;
    }
    Ok(())
}
