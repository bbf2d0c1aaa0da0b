//! Tables of unusual shape: very many columns, one very large value.

use std::time::Instant;

use arrow_array::ArrayRef;

use crate::data::{batch, floats, texts, write};
use crate::support::{Dir, column};
use watchkeeper_stats::random::Xoshiro256;

#[test]
fn twenty_thousand_columns() {
    let dir = Dir::new("wide");
    let names: Vec<String> = (0..20_000).map(|i| format!("column_{i}")).collect();
    let table = |seed: u64| {
        let mut random = Xoshiro256::new(seed);
        let columns: Vec<(&str, ArrayRef)> = names
            .iter()
            .map(|name| (name.as_str(), floats((0..50).map(|_| random.normal()).collect::<Vec<_>>())))
            .collect();
        batch(columns)
    };
    for suffix in ["parquet", "csv"] {
        let (r, c) = (format!("r.{suffix}"), format!("c.{suffix}"));
        write(&dir.file(&r), &table(1));
        write(&dir.file(&c), &table(2));
        let start = Instant::now();
        let result = dir.check(&r, &c, "--html page.html").json();
        println!("20,000 columns of {suffix}: {:?}", start.elapsed());
        assert_eq!(result["columns"].as_array().unwrap().len(), 20_000);
        assert_ne!(result["verdict"], "critical", "{}", result["reason"]);
    }
}

#[test]
fn one_text_of_fifty_megabytes() {
    let dir = Dir::new("text");
    let long = "x y ".repeat(50 << 18);
    let mut short: Vec<&str> = vec!["a b c"; 300];
    write(&dir.file("r.parquet"), &batch(vec![("t", texts(short.clone()))]));
    short[7] = &long;
    for suffix in ["parquet", "csv", "ndjson"] {
        let file = format!("c.{suffix}");
        write(&dir.file(&file), &batch(vec![("t", texts(short.clone()))]));
        let start = Instant::now();
        for (r, c) in [("r.parquet", file.as_str()), (file.as_str(), "r.parquet")] {
            let run = dir.check(r, c, "--metrics all --html page.html --markdown page.md");
            let result = run.json();
            assert_eq!(column(&result, "t")["measurements"][0]["metric"], "psi");
            // Nobody wants the text back whole.
            assert!(run.stdout.len() + dir.read("page.md").len() < 200_000);
            assert!(dir.read("page.html").len() < 1_500_000);
        }
        println!("a text of 50 MB in {suffix}: {:?}", start.elapsed());
    }
}
